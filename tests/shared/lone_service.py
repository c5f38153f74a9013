"""One service's database with nobody at work in it: no relay and no consumer but those the test runs itself."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
from sqlalchemy import URL

from shared.contract.events import Event, PeriodExtended
from shared.data.database import Database, address_of
from shared.data.keys import KeyRing
from shared.dev.clock import DevelopmentClock
from shared.http.peers import LocalTokens, Peers
from shared.identity.actor import Actor
from shared.kernel.settings import Settings
from shared.messaging import relay
from shared.messaging.consumer import Consumer, Handlers
from shared.messaging.messages import Message
from shared.messaging.relay import Relay, relay_connection

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
ITSELF = Actor.system("referrals")
COMMITTED: Any = SimpleNamespace(events=["told"], alerts=[])
"""What is looked at of a unit of work that has committed an event."""
EVENT_TABLES = (
    "event_history",
    "outbox",
    "event_sequence",
    "inbox",
    "dead_letter",
    "audit",
    "data_key",
    "idempotency",
    "noted",
)


@dataclass
class CollectingBus:
    """Keeps what it takes. `refuses` says which messages it does not take."""

    taken: list[Message] = field(default_factory=list)
    refuses: Callable[[Message], bool] = lambda message: False

    async def publish(self, messages: Sequence[Message]) -> set[str]:
        accepted = [message for message in messages if not self.refuses(message)]
        self.taken += accepted
        return {message.id for message in accepted}


class LoneService:
    """The referrals service's database, its event tables and its roles; `noted` is a table for effects."""

    def __init__(self, owner: URL, runtime: URL, ring: KeyRing, settings: Settings) -> None:
        self.owner, self.runtime, self.ring, self.settings = owner, runtime, ring, settings
        self.clock = DevelopmentClock()
        self.clock.set(NOON)
        self.database = self.open_database()

    def open_database(self, pool_size: int = 8) -> Database:
        return Database(self.runtime, ring=self.ring, clock=self.clock, pool_size=pool_size)

    def relay(self, bus: Any, *, poll_seconds: float = 0.02) -> Relay:
        return Relay("referrals", self.runtime, bus, poll_seconds=poll_seconds)

    def consumer(self, handlers: Handlers, *, database: Database | None = None) -> Consumer:
        client = httpx.AsyncClient(transport=httpx.MockTransport(lambda request: httpx.Response(503)))
        peers = Peers(self.settings, LocalTokens(lambda: "token"), client)
        return Consumer("referrals", database or self.database, handlers, settings=self.settings, peers=peers)

    async def sql(self, statement: str, *values: Any) -> list[asyncpg.Record]:
        """As owner, past every wall."""
        return await _fetch(self.owner, statement, *values)

    async def sql_as_runtime(self, statement: str, *values: Any, org: str = "havn") -> list[asyncpg.Record]:
        return await _fetch(self.runtime, statement, *values, org=org)

    async def count(self, table: str) -> int:
        return int((await self.sql(f"SELECT count(*) FROM {table}"))[0][0])

    @asynccontextmanager
    async def relay_line(self) -> AsyncIterator[Any]:
        """The connection that a relay works through."""
        connection = await relay_connection(address_of(self.runtime))
        try:
            yield connection
        finally:
            await connection.close()

    async def tell(self, *events: PeriodExtended) -> None:
        """Record these events in one transaction."""
        async with self.database.transaction(ITSELF) as work:
            for event in events:
                work.record(event)

    async def empty(self) -> None:
        # Deleted, not truncated: TRUNCATE makes new files for every table, which takes far longer than a test's few rows.
        emptied = " ".join(f"DELETE FROM {table};" for table in EVENT_TABLES)
        await self.sql(f"DO $$ BEGIN SET LOCAL session_replication_role = replica; {emptied} END $$")


async def _fetch(url: URL, statement: str, *values: Any, org: str | None = None) -> list[asyncpg.Record]:
    named = {} if org is None else {"havn.org": org}
    connection = await asyncpg.connect(address_of(url), server_settings=named)
    try:
        found: list[asyncpg.Record] = await connection.fetch(statement, *values)
        return found
    finally:
        await connection.close()


def extended(case_id: UUID, number: int = 0) -> PeriodExtended:
    """An event of the case; its period's id tells which: the `number`th."""
    return PeriodExtended(case_id=case_id, occurred_at=NOON, period_id=UUID(int=number), ends_on=date(2026, 4, 8))


def message_of(event: Event, sequence: int, event_id: UUID | None = None) -> Message:
    """The event as its service's relay would send it."""
    row = {
        "event_id": event_id or uuid4(),
        "key": event.key,
        "sequence": sequence,
        "type": event.type,
        "occurred_at": event.occurred_at,
        "traceparent": None,
        "payload": event.model_dump(mode="json"),
    }
    return relay.message_of(event.service, row)


def story_of(case_id: UUID, length: int) -> list[Message]:
    """The first `length` events of a case: sequence and number are 1, 2, 3 ..."""
    return [message_of(extended(case_id, number), number) for number in range(1, length + 1)]


async def until(claim: Callable[[], Any]) -> None:
    """Wait until the claim (plain or awaitable) holds."""
    async with asyncio.timeout(20):
        while True:
            holds = claim()
            if await holds if asyncio.iscoroutine(holds) else holds:
                return
            await asyncio.sleep(0.01)
