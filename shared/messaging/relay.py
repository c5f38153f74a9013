"""Events leave in the transaction that made them true: a history that is kept, and a queue that the relay empties.

The relay selects what is still in the queue, never "id > last": a transaction that commits late would be passed by.
"""

import asyncio
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import asyncpg
from sqlalchemy.engine import URL

from shared.contract.events import cloud_event
from shared.messaging.messages import Bus, Message
from shared.observability.logs import log
from shared.observability.metrics import DEAD_LETTERS, EVENTS_PUBLISHED, OUTBOX_OLDEST, OUTBOX_PENDING

RELAY_LOCK = 0x6861766E  # "havn"
BATCH = 500


_PENDING = """
    SELECT h.position, h.event_id, h.key, h.sequence, h.type, h.occurred_at, h.traceparent, h.payload
    FROM outbox o JOIN event_history h USING (position) ORDER BY h.position LIMIT $1
"""
_STATE = """
    SELECT count(*) AS pending,
           coalesce(extract(epoch FROM now() - min(h.occurred_at)), 0)::float AS oldest,
           (SELECT count(*) FROM dead_letter WHERE replayed_at IS NULL) AS dead
    FROM outbox o JOIN event_history h USING (position)
"""


class Relay:
    """Moves one service's events from its queue to the bus. Of many relays one leads: it holds an advisory lock on the
    very connection it works through, so a lost lock is a lost connection."""

    def __init__(self, service: str, url: URL, bus: Bus, *, poll_seconds: float) -> None:
        self._service = service
        self._dsn = url.set(drivername="postgresql").render_as_string(hide_password=False)
        self._bus = bus
        self._poll_seconds = poll_seconds
        self._wake = asyncio.Event()
        self.is_leader = False

    def wake(self) -> None:
        """There is something to send; without this the next poll finds it."""
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
        try:
            while not await connection.fetchval("SELECT pg_try_advisory_lock($1)", RELAY_LOCK):
                await asyncio.sleep(self._poll_seconds)
            self.is_leader = True
            while True:
                self._wake.clear()
                if not await self.send_pending(connection):
                    await self._pause(connection)
        finally:
            await connection.close(timeout=2)

    async def send_pending(self, connection: "asyncpg.Connection[Any]") -> int:
        """One pass: publish what waits, in order, and take from the queue what the bus has taken. Says how many."""
        rows = await connection.fetch(_PENDING, BATCH)
        if not rows:
            return 0
        messages = {row["position"]: message_of(self._service, row) for row in rows}
        taken = await self._bus.publish(list(messages.values()))
        sent = [position for position, message in messages.items() if message.id in taken]
        await connection.execute("DELETE FROM outbox WHERE position = ANY($1::bigint[])", sent)
        EVENTS_PUBLISHED.labels(self._service).inc(len(sent))
        return len(sent)

    async def _pause(self, connection: "asyncpg.Connection[Any]") -> None:
        state = await connection.fetchrow(_STATE)
        OUTBOX_PENDING.labels(self._service).set(state["pending"])
        OUTBOX_OLDEST.labels(self._service).set(state["oldest"])
        # Counted here, as letters are also replayed by other processes and by themselves.
        DEAD_LETTERS.labels(self._service).set(state["dead"])
        try:
            async with asyncio.timeout(self._poll_seconds):
                await self._wake.wait()
        except TimeoutError:
            pass


async def relay_connection(dsn: str) -> "asyncpg.Connection[Any]":
    """A connection of the runtime role that may read the whole queue (as Havn itself)."""
    connection = await asyncpg.connect(
        dsn, timeout=5, command_timeout=30, server_settings={"application_name": "havn relay", "havn.org": "havn"}
    )
    await connection.set_type_codec("jsonb", encoder=json.dumps, decoder=json.loads, schema="pg_catalog")
    return connection


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
        value=json.dumps(event, separators=(",", ":")).encode(),
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
