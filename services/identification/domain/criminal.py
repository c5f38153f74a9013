"""The criminal track: it runs beside the identification, and never decides it (domain, section 2)."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.identification import repository
from services.identification.domain import lifecycle
from services.identification.domain.lifecycle import Step
from services.identification.models.cases import Case
from services.identification.models.criminal import CriminalRecord
from services.identification.schemas.criminal import CriminalStepTaken
from services.identification.schemas.person import SealedText
from shared.contract import events
from shared.data import outbox
from shared.http.etag import Match
from shared.identity.actor import Actor


async def record_step(
    session: AsyncSession, *, actor: Actor, case_id: UUID, taken: CriminalStepTaken, match: Match, now: datetime
) -> tuple[Case, CriminalRecord]:
    """Record a step; neither the status nor any decision changes by it."""
    case = await repository.cases.lock_case(
        session, actor, case_id, match, parts=repository.records.with_the_prosecution(actor)
    )
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
    await repository.records.add(session, step, operation="criminal.add", note=note)
    told = taken.model_dump(exclude={"note"})
    outbox.record(session, events.CriminalStepRecorded(case_id=case.id, occurred_at=now, **told))
    return case, step
