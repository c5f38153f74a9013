"""What was told of cases, and who saw what of them: records that are only ever added to."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.identification.models.cases import CaseParty, Part
from services.identification.repository.cases import UNLISTED, WORKING, CaseNotFound, find_case, is_one_of
from shared.data import audit
from shared.data.outbox import RecordedEvent
from shared.http.paging import CursorInvalid
from shared.identity.actor import Actor

_WRITING = text("""
    SELECT virtualtransaction FROM pg_locks
    WHERE locktype = 'advisory' AND classid = 1751217774 AND objid = 1 AND objsubid = 2
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
""")
_LOOKS, _PAUSE_SECONDS = 50, 0.01
_FEW = 200
# Who has to do with few cases reads their histories; who has to do with many reads the history and leaves out the others'.
# OFFSET keeps the cast out of the join: row level security lets no index serve a condition that could tell what it is given.
_OF_FEW = text("""
    SELECT * FROM event_history
    WHERE key = ANY (:keys) AND position > :after AND position <= :settled
    ORDER BY position LIMIT :most
""")
_OF_MANY = text("""
    SELECT h.*, p.part FROM (
        SELECT *, key::uuid AS case_id FROM event_history WHERE position > :after AND position <= :settled
        ORDER BY position OFFSET 0) h
    JOIN case_party p ON p.case_id = h.case_id
    WHERE p.org = :org AND p.part NOT IN ('municipality', 'prosecution')
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
    values = {"after": after, "settled": settled, "most": most}
    listed = select(CaseParty).where(col(CaseParty.org) == actor.org, ~is_one_of(CaseParty.part, UNLISTED))
    parts = {str(party.case_id): party.part for party in await session.scalars(listed.limit(_FEW + 1))}
    if len(parts) <= _FEW:
        rows = (await session.execute(_OF_FEW, values | {"keys": list(parts)})).mappings()
        return [{**row, "case_id": UUID(row["key"]), "part": parts[row["key"]]} for row in rows]
    rows = (await session.execute(_OF_MANY, values | {"org": actor.org})).mappings()
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
