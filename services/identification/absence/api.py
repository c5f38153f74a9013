"""Endpoints of missing and found."""

from uuid import UUID

from services.identification.absence import domain
from services.identification.absence.models import Absence
from services.identification.absence.schemas import AbsenceDetails, FoundReport, MissingReport
from services.identification.case.policies import Caseworker, Reader
from services.identification.records import repository as records
from shared.contract.types import Tagged
from shared.http.paging import Page, Pages
from shared.http.parameters import IfMatch, PurposeOfReading
from shared.runtime.service import service_router

router = service_router()


@router.post("/cases/{case_id}/missing")
async def report_missing(
    work: Caseworker, case_id: UUID, report: MissingReport, expected: IfMatch
) -> Tagged[AbsenceDetails]:
    """The person is missing: the case says so beside its status. For a child CMM is alerted with high priority."""
    case, found = await domain.report_missing(work, case_id=case_id, report=report, expected=expected)
    return _details(found).tagged(case)


@router.post("/cases/{case_id}/found")
async def report_found(
    work: Caseworker, case_id: UUID, report: FoundReport, expected: IfMatch
) -> Tagged[AbsenceDetails]:
    """The person was found."""
    case, found = await domain.report_found(work, case_id=case_id, report=report, expected=expected)
    return _details(found).tagged(case)


@router.get("/cases/{case_id}/absences")
async def list_absences(work: Reader, case_id: UUID, pages: Pages, purpose: PurposeOfReading) -> Page[AbsenceDetails]:
    """When the person was missing, for those who work on the case; every read is kept with its purpose."""
    case = await records.read_case(work, case_id, operation="absence.list", purpose=purpose)
    rows = await records.list_records(work, case.id, Absence, after=pages.after, limit=pages.limit)
    return pages.page([_details(row) for row in rows], rows, records.position)


def _details(found: Absence) -> AbsenceDetails:
    return AbsenceDetails(
        absence_id=found.id,
        missing=found.found_on is None,
        **found.model_dump(include=set(AbsenceDetails.model_fields)),
    )
