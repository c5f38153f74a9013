"""The history of a service's events as a feed reads it: in order, from any event on, and never past one that is still to come."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Uuid, bindparam, func, select, text

from shared.data.unit_of_work import UnitOfWork

# Positions are drawn before their transactions commit, and one that commits late must not be passed by. Whoever writes
# history says so by a shared lock before the first position is drawn, and until the transaction ends; it waits for nobody.
# A reader looks who is writing, and waits for those. Where a reader stands says nothing of anybody, and stays when its part in
# what it read of last has ended.
FEED_SQL = (
    """DO $do$ BEGIN
CREATE FUNCTION say_that_history_is_written() RETURNS trigger LANGUAGE plpgsql AS $fn$
BEGIN PERFORM pg_advisory_xact_lock_shared(1751217774, 1); RETURN NULL; END $fn$;
CREATE TRIGGER history_is_written BEFORE INSERT ON event_history
    FOR EACH STATEMENT EXECUTE FUNCTION say_that_history_is_written();
END $do$""",
    """DO $do$ BEGIN
CREATE FUNCTION position_of_event(of_event uuid) RETURNS bigint LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public
    RETURN (SELECT position FROM event_history WHERE event_id = of_event);
CREATE FUNCTION last_position() RETURNS bigint LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public
    RETURN (SELECT max(position) FROM event_history);
END $do$""",
)
"""For the migration of a service that has a feed; identification's is older, in its migrations 0007 and 0014."""

_POSITION = select(func.position_of_event(bindparam("event_id", type_=Uuid)))
_LAST_POSITION = select(func.last_position())
_WRITING = text("""
    SELECT virtualtransaction FROM pg_locks
    WHERE locktype = 'advisory' AND classid = 1751217774 AND objid = 1 AND objsubid = 2
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
""")
_LOOKS, _PAUSE_SECONDS = 50, 0.01
# OFFSET keeps all but the keys out of what is asked by key: for the sake of the rest a plan that is made once for all values
# reads the whole history along its positions.
_OF_SOME = text("""
    SELECT * FROM (SELECT * FROM event_history WHERE key = ANY (:keys) OFFSET 0) h
    WHERE position > :after AND position <= :settled ORDER BY position LIMIT :most
""")
_OF_ALL = text("""
    SELECT * FROM event_history WHERE position > :after AND position <= :settled ORDER BY position LIMIT :most
""")


async def position_of(work: UnitOfWork, event_id: UUID | None) -> int | None:
    """Where the event stands in the history; 0 without one, None for one that never was recorded."""
    if event_id is None:
        return 0
    found: int | None = await work.session.scalar(_POSITION, {"event_id": event_id})
    return found


async def last_position(work: UnitOfWork) -> int:
    """Where the history ends; 0 while it is empty."""
    found: int | None = await work.session.scalar(_LAST_POSITION)
    return found or 0


async def last_settled(work: UnitOfWork, *, after: int) -> int:
    """A position up to which nothing can be added to the history any more, the last one where nobody is slow.

    Whoever may hold a lower position than the last one there is has said that it writes (`FEED_SQL`), and is waited for;
    who begins later draws higher ones. When somebody does not end, nothing new is settled: the reader asks again."""
    last = await last_position(work)
    if last <= after:
        return after
    writing = set(await work.session.scalars(_WRITING))
    for _ in range(_LOOKS):
        if not writing:
            return last
        await asyncio.sleep(_PAUSE_SECONDS)
        writing &= set(await work.session.scalars(_WRITING))
    return after


async def recorded_after(
    work: UnitOfWork, *, after: int, settled: int, most: int, keys: Collection[str] | None
) -> Sequence[Mapping[str, Any]]:
    """The next events in the order of the history, as far as row level security shows them: those with these keys, or all."""
    values: dict[str, Any] = {"after": after, "settled": settled, "most": most}
    if keys is None:
        return [*(await work.session.execute(_OF_ALL, values)).mappings()]
    return [*(await work.session.execute(_OF_SOME, values | {"keys": list(keys)})).mappings()]
