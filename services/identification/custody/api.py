from uuid import UUID

from fastapi import Response

from services.identification.case.policies import Caseworker
from services.identification.custody import domain, views
from services.identification.custody.schemas import CustodyDetails, CustodyEndReport, CustodyReport
from shared.http.endpoint import IfMatch, Now, Session
from shared.http.etag import tag
from shared.runtime.service import service_router

router = service_router()


@router.post("/cases/{case_id}/custody", status_code=201)
async def hold_in_custody(
    case_id: UUID, report: CustodyReport, response: Response, session: Session, actor: Caseworker, now: Now,
    match: IfMatch,
) -> CustodyDetails:  # fmt: skip
    """The person is detained; 72 hours run, and CMM is alerted at once, its on-call outside hotline hours. The police say
    so with a referral; CMM and US here."""
    case = await domain.hold(session, actor=actor, case_id=case_id, report=report, match=match, now=now)
    tag(response, case)
    return views.see_custody(case)


@router.post("/cases/{case_id}/custody/end")
async def end_custody(
    case_id: UUID, report: CustodyEndReport, response: Response, session: Session, actor: Caseworker, now: Now,
    match: IfMatch,
) -> CustodyDetails:  # fmt: skip
    """The person is no longer detained: released, placed at a shelter instead (`placed_34`), remanded."""
    case = await domain.end(session, actor=actor, case_id=case_id, report=report, match=match, now=now)
    tag(response, case)
    return views.see_custody(case)
