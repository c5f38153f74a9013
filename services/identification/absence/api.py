"""Endpoints of missing and found, and of the question whether somebody is missing who left a place without notice."""

from collections.abc import Sequence
from uuid import UUID

from services.identification.absence import domain
from services.identification.absence.models import Absence, Disappearance
from services.identification.absence.schemas import (
    AbsenceDetails,
    DisappearanceDetails,
    FoundReport,
    MissingReport,
    NotMissingReport,
)
from services.identification.case.policies import Caseworker, Reader
from services.identification.case.schemas import SealedText
from services.identification.records import repository as records
from shared.contract.types import Tagged
from shared.data.unit_of_work import UnitOfWork
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


@router.post("/cases/{case_id}/not-missing")
async def report_not_missing(
    work: Caseworker, case_id: UUID, report: NotMissingReport, expected: IfMatch
) -> Tagged[DisappearanceDetails]:
    """The person left a place without notice, and is not missing; where they are, POST .../missing answers the same question."""
    case, answered = await domain.deny(work, case_id=case_id, report=report, expected=expected)
    return (await _asked(work, [answered]))[0].tagged(case)


@router.get("/cases/{case_id}/disappearances")
async def list_disappearances(
    work: Reader, case_id: UUID, pages: Pages, purpose: PurposeOfReading
) -> Page[DisappearanceDetails]:
    """When the person left a place without notice, and whether they were missing, for those who work on the case."""
    case = await records.read_case(work, case_id, operation="disappearance.list", purpose=purpose)
    rows = await records.list_records(work, case.id, Disappearance, after=pages.after, limit=pages.limit)
    return pages.page(await _asked(work, rows), rows, records.position)


async def _asked(work: UnitOfWork, rows: Sequence[Disappearance]) -> list[DisappearanceDetails]:
    reasons = await records.opened(work, rows, "reason", SealedText)
    return [
        DisappearanceDetails(
            disappearance_id=row.id,
            since=row.since,
            asked_at=row.recorded_at,
            answered_at=row.answered_at,
            answered_by=row.answered_by,
            missing=row.is_missing,
            reason=reasons[row.id].text if row.id in reasons else None,
        )
        for row in rows
    ]


def _details(found: Absence) -> AbsenceDetails:
    return AbsenceDetails(
        absence_id=found.id,
        missing=found.found_on is None,
        **found.model_dump(include=set(AbsenceDetails.model_fields)),
    )
