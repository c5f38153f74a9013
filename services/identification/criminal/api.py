"""Endpoints of the criminal track."""

from uuid import UUID

from services.identification.case.policies import Caseworker, Reader
from services.identification.case.schemas import SealedText
from services.identification.criminal import domain
from services.identification.criminal.models import CriminalRecord
from services.identification.criminal.schemas import CriminalStepDetails, CriminalStepReceipt, CriminalStepTaken
from services.identification.records import repository as records
from shared.contract.types import Tagged
from shared.http.paging import Page, Pages
from shared.http.parameters import IfMatch, PurposeOfReading
from shared.runtime.service import service_router

router = service_router()


@router.post("/cases/{case_id}/criminal-track", status_code=201)
async def record_criminal_step(
    work: Caseworker, case_id: UUID, taken: CriminalStepTaken, expected: IfMatch
) -> Tagged[CriminalStepReceipt]:
    """Record a step of the criminal track; the prosecution may, in a case whose id it knows. It changes no decision."""
    case, step = await domain.record_step(work, case_id=case_id, taken=taken, expected=expected)
    return CriminalStepReceipt(step_id=step.id, kind=step.kind, section=step.section, on=step.taken_on).tagged(case)


@router.get("/cases/{case_id}/criminal-track")
async def list_criminal_steps(
    work: Reader, case_id: UUID, pages: Pages, purpose: PurposeOfReading
) -> Page[CriminalStepDetails]:
    """The criminal track, for those who work on the case; the prosecution reads the steps that it recorded itself."""
    parts = records.with_the_prosecution(work.actor)
    case = await records.read_case(work, case_id, operation="criminal.list", purpose=purpose, parts=parts)
    rows = await records.list_records(work, case.id, CriminalRecord, after=pages.after, limit=pages.limit)
    notes = await records.opened(work, rows, "note", SealedText)
    items = [
        CriminalStepDetails(
            step_id=row.id,
            kind=row.kind,
            section=row.section,
            on=row.taken_on,
            recorded_by=row.recorded_by,
            note=notes[row.id].text if row.id in notes else None,
        )
        for row in rows
    ]
    return pages.page(items, rows, records.position)
