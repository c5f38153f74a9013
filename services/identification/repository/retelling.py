"""All cases and all that was told of them, for Havn itself: the history is held against what is stored."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.identification.models.cases import Case
from shared.contract.events import EVENTS, Event
from shared.data.outbox import RecordedEvent


async def next_cases(session: AsyncSession, *, after: UUID, limit: int) -> list[Case]:
    """The cases that follow `after` in the order of their ids."""
    return list(await session.scalars(select(Case).where(col(Case.id) > after).order_by(col(Case.id)).limit(limit)))


async def events_of(session: AsyncSession, case_ids: Sequence[UUID]) -> dict[UUID, list[Event]]:
    """What was told of these cases, in order, with one statement."""
    told: dict[UUID, list[Event]] = {case_id: [] for case_id in case_ids}
    query = select(RecordedEvent).where(RecordedEvent.key.in_([str(case_id) for case_id in case_ids]))
    for recorded in await session.scalars(query.order_by(RecordedEvent.key, RecordedEvent.sequence)):
        told[UUID(recorded.key)].append(EVENTS[recorded.type].model_validate(recorded.payload))
    return told
