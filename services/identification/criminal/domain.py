"""The criminal track: it runs beside the identification, and never decides it (docs/rules.md, process-10)."""

from uuid import UUID

from services.identification.case import lifecycle
from services.identification.case import repository as cases
from services.identification.case.lifecycle import Step
from services.identification.case.models import Case
from services.identification.case.schemas import SealedText
from services.identification.criminal.models import CriminalRecord
from services.identification.criminal.schemas import CriminalStepTaken
from services.identification.records import repository as records
from shared.contract import events
from shared.data.unit_of_work import UnitOfWork
from shared.http.etag import ExpectedVersion


async def record_step(
    work: UnitOfWork, *, case_id: UUID, taken: CriminalStepTaken, expected: ExpectedVersion
) -> tuple[Case, CriminalRecord]:
    """Record a step; neither the status nor any decision changes by it."""
    case = await cases.lock_case(work, case_id, expected, parts=records.with_the_prosecution(work.actor))
    lifecycle.check(case, Step.FOLLOW_THE_COURTS)
    step = CriminalRecord(
        case_id=case.id,
        kind=taken.kind,
        section=taken.section,
        taken_on=taken.on,
        recorded_at=work.now,
        recorded_by=work.actor.org,
    )
    note = SealedText(text=taken.note) if taken.note else None
    await records.add(work, step, operation="criminal.add", note=note)
    fields = taken.model_dump(exclude={"note"})
    work.record(events.CriminalStepRecorded(case_id=case.id, occurred_at=work.now, **fields))
    return case, step
