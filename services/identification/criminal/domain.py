"""The criminal track: it runs beside the identification, and never decides it (domain, section 2)."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.identification.case import lifecycle
from services.identification.case import repository as cases
from services.identification.case.lifecycle import Step
from services.identification.case.models import Case
from services.identification.case.schemas import SealedText
from services.identification.criminal.models import CriminalRecord
from services.identification.criminal.schemas import CriminalStepTaken
from services.identification.records import repository as records
from shared.contract import events
from shared.data import outbox
from shared.http.etag import Match
from shared.identity.actor import Actor


async def record_step(
    session: AsyncSession, *, actor: Actor, case_id: UUID, taken: CriminalStepTaken, match: Match, now: datetime
) -> tuple[Case, CriminalRecord]:
    """Record a step; neither the status nor any decision changes by it."""
    case = await cases.lock_case(session, actor, case_id, match, parts=records.with_the_prosecution(actor))
    lifecycle.check(case, Step.FOLLOW_THE_COURTS)
    step = CriminalRecord(
        case_id=case.id,
        kind=taken.kind,
        section=taken.section,
        taken_on=taken.on,
        recorded_at=now,
        recorded_by=actor.org,
    )
    note = SealedText(text=taken.note) if taken.note else None
    await records.add(session, step, operation="criminal.add", note=note)
    told = taken.model_dump(exclude={"note"})
    outbox.record(session, events.CriminalStepRecorded(case_id=case.id, occurred_at=now, **told))
    return case, step
