"""Havn as tests see it: all services on one platform, partners who call them, and a way to wait until the events are through."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

import asyncpg
import httpx

from shared.contract.directory import organisations
from shared.contract.organisations import Scope
from shared.data.database import address_of, service_url
from shared.dev.development import Development
from shared.identity.actor import Assurance, Role
from shared.kernel.settings import Settings
from shared.messaging.messages import Bus
from shared.runtime.running import Application, open_application
from shared.runtime.service import Service

ORGANISATIONS = {entry.id: entry.kind for entry in organisations()}
PATIENCE_SECONDS = 60
_counting: ContextVar[list[str] | None] = ContextVar("counting", default=None)


@dataclass
class Partner:
    """One organisation's client: it has a token, and sends an Idempotency-Key with every POST."""

    client: httpx.AsyncClient
    token: str

    async def get(self, path: str, **params: Any) -> httpx.Response:
        given = {name: value for name, value in params.items() if value is not None}
        return await self.request("GET", path, params=given or None)

    async def post(self, path: str, body: Any = None, **headers: str) -> httpx.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.request("POST", path, json=body, headers={"idempotency-key": str(uuid4())} | named)

    async def put(self, path: str, body: Any, **headers: str) -> httpx.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.request("PUT", path, json=body, headers=named)

    async def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        headers = {"authorization": f"Bearer {self.token}"} | (options.pop("headers", None) or {})
        if options.get("json", 0) is None:
            options.pop("json")
        return await self.client.request(method, path, headers=headers, **options)


class World:
    """A running Havn whose insides a test may look at."""

    def __init__(self, application: Application, development: Development, server_url: str) -> None:
        self.application = application
        self.development = development
        self.server_url = server_url
        self.client = httpx.AsyncClient(transport=httpx.ASGITransport(application.asgi), base_url="http://havn.test")
        self._lines: dict[str, asyncpg.Connection[Any]] = {}
        self._emptying: dict[str, str] = {}
        self._tokens: dict[tuple[Any, ...], str] = {}
        self._turn = asyncio.Lock()

    async def close(self) -> None:
        for line in self._lines.values():
            await line.close()
        await self.client.aclose()

    def partner(
        self,
        org: str,
        *roles: Role | str,
        scopes: Iterable[Scope] | None = None,
        assurance: Assurance = Assurance.SUBSTANTIAL,
        subject: str | None = None,
    ) -> Partner:
        """A client of this organisation; roles default to caseworker, scopes to all that its kind may have, and who acts
        (`subject`) to the organisation itself. Whoever asks for the same again has the same token for an hour."""
        asked = (org, roles, None if scopes is None else frozenset(scopes), assurance, subject)
        if asked not in self._tokens:
            self._tokens[asked] = self.development.issuer.token(
                org,
                roles=[Role(role) for role in roles] or [Role.CASEWORKER],
                scopes=asked[2],
                assurance=assurance,
                subject=subject,
            )
        return Partner(self.client, self._tokens[asked])

    async def set_clock(self, moment: str | datetime | None) -> None:
        """Stop the domain's clock (ISO text or aware datetime); what is due then is done."""
        told = moment.isoformat() if isinstance(moment, datetime) else moment
        answer = await self.client.put("/dev/clock", json={"now": told})
        assert answer.status_code == 200, answer.text

    async def sql(self, service: str, statement: str, *values: Any) -> list[asyncpg.Record]:
        """Run SQL in a service's database as its owner, past every wall."""
        async with self._turn:
            found: list[asyncpg.Record] = await (await self._line(service)).fetch(statement, *values)
            return found

    async def _line(self, service: str) -> "asyncpg.Connection[Any]":
        # Kept from test to test: making one takes longer than what most are asked.
        if service not in self._lines or self._lines[service].is_closed():
            url = service_url(self.server_url, service)
            self._lines[service] = await asyncpg.connect(address_of(url))
        return self._lines[service]

    @contextmanager
    def statements(self, service: str) -> Iterator[list[str]]:
        """The SQL statements that the service sends for what the block asks; not those of its sweeps meanwhile."""
        database, sent = self.application.databases[service], list[str]()

        def note(statement: str, _: Sequence[Any]) -> None:
            if _counting.get() is sent:
                sent.append(statement)

        before, database.on_statement = database.on_statement, note
        token = _counting.set(sent)
        try:
            yield sent
        finally:
            _counting.reset(token)
            database.on_statement = before

    async def sql_as_runtime(self, service: str, statement: str, *values: Any, org: str = "") -> list[asyncpg.Record]:
        """Run SQL as the service's runtime role; without `org`, on behalf of nobody."""
        url = service_url(self.server_url, service, role_password=self.application.platform.runtime_password)
        connection = await asyncpg.connect(address_of(url), server_settings={"havn.org": org})
        try:
            found: list[asyncpg.Record] = await connection.fetch(statement, *values)
            return found
        finally:
            await connection.close()

    @asynccontextmanager
    async def meanwhile(self, service: str) -> "AsyncIterator[asyncpg.Connection[Any]]":
        """A transaction of somebody else's in a service's database, as its owner; committed when the block ends."""
        connection = await asyncpg.connect(address_of(service_url(self.server_url, service)))
        try:
            async with connection.transaction():
                yield connection
        finally:
            await connection.close()

    async def events(self, service: str, type_ending: str = "") -> list[dict[str, Any]]:
        """Everything the service has told, in order: the payloads, with `type`, `key` and `sequence`."""
        rows = await self.sql(
            service,
            "SELECT type, key, sequence, payload::text FROM event_history WHERE type LIKE '%' || $1 || '%' ORDER BY position",
            type_ending,
        )
        import json

        return [
            json.loads(row["payload"]) | {"type": row["type"], "key": row["key"], "sequence": row["sequence"]}
            for row in rows
        ]

    async def settled(self, within: float = PATIENCE_SECONDS) -> None:
        """Wait until every event told so far has taken effect everywhere.

        Two looks at everything, both quiet, and nothing told between them: what is handled while we look may tell more.
        """
        deadline = asyncio.get_running_loop().time() + within
        told_when_quiet = -1
        while True:
            counts = [await self._counts(name) for name in self.application.workers]
            told, unsent = (sum(column) for column in zip(*counts, strict=True))
            lag = sum((await self.application.platform.bus.lag()).values())
            is_quiet = unsent + lag == 0
            if is_quiet and told == told_when_quiet:
                return
            told_when_quiet = told if is_quiet else -1
            assert asyncio.get_running_loop().time() < deadline, f"{unsent} events unsent, {lag} unread"
            if not is_quiet:
                await asyncio.sleep(0.01)

    async def _counts(self, service: str) -> tuple[int, int]:
        """How many events the service has ever told, and how many of them are unsent."""
        statement = "SELECT (SELECT count(*) FROM event_history), (SELECT count(*) FROM outbox)"
        told, unsent = (await self.sql(service, statement))[0]
        return told, unsent

    async def forget_everything(self) -> None:
        """An empty Havn: all rows gone but the seeded directory, the clock running."""
        await self.settled()
        for service in self.application.workers:
            if service not in self._emptying:
                self._emptying[service] = await self._statement_that_empties(service)
            await self.sql(service, self._emptying[service])
        self.development.clock.set(None)

    async def _statement_that_empties(self, service: str) -> str:
        rows = await self.sql(
            service,
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
            " AND tablename NOT IN ('alembic_version', 'organisation')",
        )
        # TRUNCATE makes new files for every table and index; for a test's few rows that takes a hundred times as long.
        emptied = " ".join(f"DELETE FROM {row['tablename']};" for row in rows)
        return f"DO $$ BEGIN SET LOCAL session_replication_role = replica; {emptied} END $$"


@asynccontextmanager
async def open_world(
    services: Sequence[Service], settings: Settings, server_url: str, *, bus: Bus | None = None
) -> AsyncIterator[World]:
    """A Havn of these services on migrated databases, until the block ends."""
    development = Development(settings, ORGANISATIONS)
    async with open_application(services, settings, server_url, development=development, bus=bus) as application:
        world = World(application, development, server_url)
        try:
            yield world
        finally:
            await world.close()
