"""What a service knows by events alone is made anew from the histories of those who recorded them."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Any

import asyncpg

from shared.messaging.messages import Deliver, Message
from shared.messaging.relay import BATCH, message_of

Progress = Callable[[int, int], None]
"""Is called after every batch, with how many events were taken and how many there are."""

# By position, as no relay may ask: an event that is committed late with an earlier one is still in the queue, and the bus brings
# it.
_NEXT = """
    SELECT position, event_id, key, sequence, type, occurred_at, traceparent, payload
    FROM event_history WHERE position > $1 ORDER BY position LIMIT $2
"""


async def empty(owner: "asyncpg.Connection[Any]", tables: Sequence[str]) -> None:
    """Forget what events have made of these tables, how far they were taken, and what was put aside. Waits for whoever is taking
    some at this moment."""
    # The inbox first, as who takes an event begins with it: the two wait for each other and do not deadlock.
    names = ", ".join(f'"{table}"' for table in ("inbox", "dead_letter", *tables))
    await owner.execute(f"TRUNCATE {names}")


async def take_all(deliver: Deliver, histories: Mapping[str, "asyncpg.Connection[Any]"], *, progress: Progress) -> int:
    """Deliver the whole history of each of these services, read through its connection; says how many events that were."""
    counted = {name: await each.fetchval("SELECT count(*) FROM event_history") for name, each in histories.items()}
    taken = 0
    for name, connection in histories.items():
        async for messages in _history(name, connection):
            await deliver(messages)
            taken += len(messages)
            progress(taken, max(taken, sum(counted.values())))
    return taken


async def _history(service: str, connection: "asyncpg.Connection[Any]") -> AsyncIterator[list[Message]]:
    """All of it, in order; while one batch is handled the next one is read."""
    rows = await connection.fetch(_NEXT, 0, BATCH)
    while rows:
        reading = asyncio.ensure_future(connection.fetch(_NEXT, rows[-1]["position"], BATCH))
        try:
            yield [message_of(service, row) for row in rows]
            rows = await reading
        finally:
            reading.cancel()
