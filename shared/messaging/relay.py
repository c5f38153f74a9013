"""Events leave in the transaction that made them true: a history that is kept, and a queue that the relay empties.

The relay selects what is still in the queue, never "id > last": a transaction that commits late would be passed by.
"""

import asyncio
import math
import time
from collections.abc import Collection, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any

import asyncpg
from pydantic_core import to_json
from sqlalchemy.engine import URL

from shared.contract.events import cloud_event
from shared.data.database import address_of, read_json
from shared.messaging.messages import Bus, Message
from shared.messaging.waking import CHANNEL
from shared.observability.logs import log
from shared.observability.metrics import DEAD_LETTERS, EVENTS_PUBLISHED, OUTBOX_OLDEST, OUTBOX_PENDING

RELAY_LOCK = 0x6861766E  # "havn"
BATCH = 500
MOST_UNDER_WAY = 8
STATE_SECONDS = 1.0
"""So often at most the queue is counted for those who watch."""

WAITING = """
    SELECT h.* FROM outbox o CROSS JOIN LATERAL (
        SELECT position, event_id, key, sequence, type, occurred_at, traceparent, payload FROM event_history
        WHERE position = o.position OFFSET 0
    ) h WHERE h.key NOT IN (SELECT unnest($2::varchar[])) ORDER BY o.position LIMIT $1
"""
"""Along the queue, each event by its position: OFFSET 0 keeps PostgreSQL from going along the history, where it has counted that
and never the queue."""
_STATE = """
    SELECT (SELECT count(*) FROM outbox) AS pending,
           coalesce((SELECT extract(epoch FROM now() - occurred_at) FROM event_history
                     WHERE position = (SELECT min(position) FROM outbox)), 0)::float AS oldest,
           (SELECT count(*) FROM dead_letter WHERE replayed_at IS NULL) AS dead
"""


_ALONG_THE_QUEUE = {"plan_cache_mode": "force_generic_plan"} | dict.fromkeys(
    ("enable_seqscan", "enable_hashjoin", "enable_mergejoin", "enable_sort"), "off"
)
"""One plan for ever: along the queue in its order, each event fetched by its position, as far as the batch goes. Left to choose,
PostgreSQL plans each time (with accommodation's policies that takes longer than the pass itself), and of a queue that it has
last seen short, or of thousands of keys under way, it reads the whole history."""


UnderWay = dict["asyncio.Task[set[str]]", Mapping[int, Message]]
"""What the bus has been given and has not answered yet: batches by position."""


class Relay:
    """Moves one service's events from its queue to the bus. Of many relays one leads: it holds an advisory lock on the
    very connection it works through, so a lost lock is a lost connection.

    Several batches are under way at once, each of other keys: within a key nothing overtakes, and whoever is slow to take one
    batch does not keep the others from the next."""

    def __init__(self, service: str, url: URL, bus: Bus, *, poll_seconds: float) -> None:
        self._service = service
        self._dsn = address_of(url)
        self._bus = bus
        self._poll_seconds = poll_seconds
        self._wake = asyncio.Event()
        self._counted_at = -math.inf
        self.is_leader = False

    def wake(self) -> None:
        """There is something to send; without this, and without a call from another process, the next poll finds it."""
        self._wake.set()

    async def run(self) -> None:
        """Lead, or wait to lead, until cancelled. Trouble is logged and tried again; the events stay in the queue."""
        while True:
            try:
                await self._connected()
            except Exception as error:
                # Whatever it was (most often the database), the events are still in the queue and the next try sends them.
                log.warning("relay starts again", service=self._service, reason=type(error).__name__)
            self.is_leader = False
            await asyncio.sleep(self._poll_seconds)

    async def _connected(self) -> None:
        connection = await relay_connection(self._dsn)
        under_way: UnderWay = {}
        try:
            while not await connection.fetchval("SELECT pg_try_advisory_lock($1)", RELAY_LOCK):
                await asyncio.sleep(self._poll_seconds)
            self.is_leader = True
            await connection.add_listener(CHANNEL, lambda *_: self.wake())
            while True:
                self._wake.clear()
                await self._send_more(connection, under_way)
                await self._count(connection)
                await self._something_happens(under_way)
                await self._clear_away(connection, under_way)
        except asyncio.CancelledError:
            with suppress(Exception):  # then it is sent once more after the next start
                await self._clear_away(connection, under_way)
            raise
        finally:
            for batch in under_way:
                batch.cancel()
            await _close(connection)

    async def _send_more(self, connection: "asyncpg.Connection[Any]", under_way: UnderWay) -> None:
        """Give the bus what waits, as far as nothing of its key is under way."""
        is_full = True
        while is_full and len(under_way) < MOST_UNDER_WAY:
            keys = {message.key for batch in under_way.values() for message in batch.values()}
            messages = await self._waiting(connection, keys)
            if messages:
                under_way[asyncio.create_task(self._bus.publish(list(messages.values())))] = messages
            is_full = len(messages) == BATCH

    async def _something_happens(self, under_way: UnderWay) -> None:
        """Return when a batch was answered, when there is more to send and room for it, or at the next poll."""
        woken = asyncio.create_task(self._wake.wait())
        awaited = {*under_way} if len(under_way) >= MOST_UNDER_WAY else {woken, *under_way}
        try:
            await asyncio.wait(awaited, timeout=self._poll_seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            woken.cancel()

    async def _clear_away(self, connection: "asyncpg.Connection[Any]", under_way: UnderWay) -> None:
        """Take from the queue what the bus has taken of the batches that it has answered. What it refused is sent again; where
        it took nothing, after a while."""
        answered = [batch for batch in under_way if batch.done()]
        messages = {position: message for batch in answered for position, message in under_way[batch].items()}
        await self._forget_sent(connection, messages, set().union(*(batch.result() for batch in answered)))
        for batch in answered:
            del under_way[batch]
        if not all(batch.result() for batch in answered):
            await asyncio.sleep(self._poll_seconds)

    async def send_pending(self, connection: "asyncpg.Connection[Any]") -> int:
        """One pass: publish what waits, in order, and take from the queue what the bus has taken. Says how many."""
        messages = await self._waiting(connection, set())
        if not messages:
            return 0
        return await self._forget_sent(connection, messages, await self._bus.publish(list(messages.values())))

    async def _waiting(self, connection: "asyncpg.Connection[Any]", but: Collection[str]) -> dict[int, Message]:
        """The first of what waits, by position, without these keys."""
        rows = await connection.fetch(WAITING, BATCH, list(but))
        return {row["position"]: message_of(self._service, row) for row in rows}

    async def _forget_sent(
        self, connection: "asyncpg.Connection[Any]", messages: Mapping[int, Message], taken: Collection[str]
    ) -> int:
        """Take these from the queue, as far as they were taken; says how many."""
        sent = [position for position, message in messages.items() if message.id in taken]
        if sent:
            await connection.execute("DELETE FROM outbox WHERE position = ANY($1::bigint[])", sent)
            EVENTS_PUBLISHED.labels(self._service).inc(len(sent))
        return len(sent)

    async def _count(self, connection: "asyncpg.Connection[Any]") -> None:
        if time.monotonic() - self._counted_at < STATE_SECONDS:
            return
        self._counted_at = time.monotonic()
        state = await connection.fetchrow(_STATE)
        OUTBOX_PENDING.labels(self._service).set(state["pending"])
        OUTBOX_OLDEST.labels(self._service).set(state["oldest"])
        # Counted here, as letters are also replayed by other processes and by themselves.
        DEAD_LETTERS.labels(self._service).set(state["dead"])


async def relay_connection(dsn: str) -> "asyncpg.Connection[Any]":
    """A connection of the runtime role that may read the whole queue (as Havn itself)."""
    settings = {"application_name": "havn relay", "havn.org": "havn"} | _ALONG_THE_QUEUE
    connection = await asyncpg.connect(dsn, timeout=5, command_timeout=30, server_settings=settings)
    await read_json(connection)
    return connection


async def _close(connection: "asyncpg.Connection[Any]") -> None:
    """Close it, and cut it where it does not close: whoever is to end would otherwise hear of that instead, and go on."""
    try:
        await connection.close(timeout=2)
    except Exception:
        connection.terminate()


def message_of(service: str, row: Mapping[str, Any]) -> Message:
    """A recorded event as it travels: a row of the history, or what has its attributes."""
    event = cloud_event(
        service=service,
        event_id=row["event_id"],
        type_=row["type"],
        key=row["key"],
        sequence=row["sequence"],
        occurred_at=row["occurred_at"],
        payload=row["payload"],
    )
    return Message(
        topic=f"havn.{service}",
        key=row["key"],
        id=str(row["event_id"]),
        value=to_json(event),
        traceparent=row["traceparent"],
    )


async def replay(connection: "asyncpg.Connection[Any]", *, since: datetime | None = None) -> int:
    """Put the history (from `since` on) back into the queue: a broker that lost everything is refilled, and whoever
    has handled an event already passes it by. Says how many events will be sent."""
    done = await connection.execute(
        "INSERT INTO outbox (position) SELECT position FROM event_history WHERE $1::timestamptz IS NULL OR occurred_at >= $1"
        " ON CONFLICT DO NOTHING",
        since,
    )
    return int(done.split()[-1])
