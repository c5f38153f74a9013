"""What was told of cases, and who saw what of them: records that are only ever added to."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.identification.models.cases import Part
from services.identification.repository.cases import UNLISTED, WORKING, CaseNotFound, find_case
from shared import audit
from shared.auth import Actor
from shared.outbox import RecordedEvent
from shared.paging import CursorInvalid

_WRITING = text("""
    SELECT virtualtransaction FROM pg_locks
    WHERE locktype = 'advisory' AND classid = 1751217774 AND objid = 1 AND objsubid = 2
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
""")
_LOOKS, _PAUSE_SECONDS = 50, 0.01
_TOLD = text("""
    SELECT h.position, h.event_id, h.key, h.sequence, h.type, h.occurred_at, h.payload, p.case_id, p.part
    FROM event_history h JOIN case_party p ON p.case_id::text = h.key
    WHERE p.org = :org AND p.part <> ALL (:unlisted) AND h.position > :after AND h.position <= :settled
    ORDER BY h.position LIMIT :most
""")
_ACCESSES = text("SELECT * FROM accesses_of(:case_id, :after, :most)")


async def position_of(session: AsyncSession, event_id: UUID | None) -> int:
    """Where the event stands in the history; 0 without one. Raises CursorInvalid when it never was told."""
    if event_id is None:
        return 0
    found = await session.scalar(select(RecordedEvent.position).where(RecordedEvent.event_id == event_id))
    if found is None:
        raise CursorInvalid("`after` is the id of an event that this list has given; start again without it.")
    return found


async def last_settled(session: AsyncSession, *, after: int) -> int:
    """A position up to which nothing can be added to the history any more, the last one where nobody is slow.

    Whoever may hold a lower position than the last one there is has said that it writes (migration 0007), and is waited for;
    who begins later draws higher ones. When somebody does not end, nothing new is settled: the reader asks again."""
    last = await session.scalar(select(func.max(RecordedEvent.position))) or 0
    if last <= after:
        return after
    writing = set(await session.scalars(_WRITING))
    for _ in range(_LOOKS):
        if not writing:
            return last
        await asyncio.sleep(_PAUSE_SECONDS)
        writing &= set(await session.scalars(_WRITING))
    return after


async def told_after(
    session: AsyncSession, actor: Actor, *, after: int, settled: int, most: int
) -> Sequence[Mapping[str, Any]]:
    """The next events of the cases that the actor's lists show, with its part in each, in the order of the history."""
    values = {"org": actor.org, "unlisted": sorted(UNLISTED), "after": after, "settled": settled, "most": most}
    rows = (await session.execute(_TOLD, values)).mappings()
    return [{**row, "part": Part(row["part"])} for row in rows]


def note_feed(session: AsyncSession, case_ids: set[UUID]) -> None:
    audit.record(session, operation="event.list", object_ids=sorted(case_ids))


async def accesses_of(
    session: AsyncSession, actor: Actor, case_id: UUID, *, after: int, limit: int
) -> Sequence[Mapping[str, Any]]:
    """Who saw or changed something of the case, or tried, in order, up to one more than `limit`; for those who work on it.
    That this was asked is itself kept."""
    case, part = await find_case(session, actor, case_id, operation="case.access_log")
    if part not in WORKING:
        raise CaseNotFound
    values = {"case_id": case.id, "after": after, "most": limit + 1}
    return [dict(row) for row in (await session.execute(_ACCESSES, values)).mappings()]
