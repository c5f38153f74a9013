"""Endpoints of custody."""

from uuid import UUID

from services.identification.case.policies import Dutiful
from services.identification.custody import domain, views
from services.identification.custody.schemas import CustodyDetails, CustodyEndReport, CustodyReport
from shared.contract.types import Tagged
from shared.http.parameters import IfMatch
from shared.runtime.service import service_router

router = service_router()


@router.post("/cases/{case_id}/custody", status_code=201)
async def hold_in_custody(
    work: Dutiful, case_id: UUID, report: CustodyReport, expected: IfMatch
) -> Tagged[CustodyDetails]:
    """The person is detained; 72 hours run, and CMM is alerted at once, its on-call outside hotline hours. The police that has
    referred the person says so with the referral or here; so do those who work on the case."""
    case, arrest = await domain.hold(work, case_id=case_id, report=report, expected=expected)
    return views.see_custody(case, arrest).tagged(case)


@router.post("/cases/{case_id}/custody/end")
async def end_custody(
    work: Dutiful, case_id: UUID, report: CustodyEndReport, expected: IfMatch
) -> Tagged[CustodyDetails]:
    """The person is no longer detained: released, placed at a shelter instead (`placed_34`), remanded."""
    case, ended = await domain.end(work, case_id=case_id, report=report, expected=expected)
    return views.see_custody(case, ended).tagged(case)
