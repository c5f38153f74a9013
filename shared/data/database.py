"""One service's database, and the one-transaction rule: everything of a request or an event commits together, here."""

import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

import asyncpg
from pydantic_core import from_json
from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from shared.data import begin_and_end
from shared.data.connections import PATIENCE_SECONDS, Connection, Connections
from shared.data.keys import KeyRing
from shared.data.reading import ReadingSession
from shared.data.session import Heard, Session
from shared.data.unit_of_work import UnitOfWork
from shared.data.vault import Vault
from shared.identity.actor import Actor
from shared.kernel.clock import Clock
from shared.kernel.settings import Settings, SslMode, is_this_machine

_STATEMENTS_KEPT = 500
"""Prepared for each connection; a service has some hundred forms of statements."""


class DatabaseAddressInvalid(Exception):
    """HAVN_DATABASE_URL, or what else says how its server is reached, cannot be used; the sentence says why."""


def server_address(settings: Settings) -> str | None:
    """HAVN_DATABASE_URL, with the TLS that the settings ask for as `sslmode` and `sslrootcert`; None where it is unset. Raises
    DatabaseAddressInvalid."""
    if not settings.database_url:
        return None
    try:
        url = make_url(settings.database_url.get_secret_value())
        mode = SslMode(str(url.query["sslmode"])) if "sslmode" in url.query else _mode(settings, url)
    except (ArgumentError, ValueError):  # whose own words would repeat the password
        raise DatabaseAddressInvalid(
            f"HAVN_DATABASE_URL is no address, or its sslmode is none of {', '.join(SslMode)}."
        ) from None
    if mode is not None:
        url = url.update_query_dict({"sslmode": mode.value})
    if mode in (SslMode.VERIFY_CA, SslMode.VERIFY_FULL):
        authority = str(url.query.get("sslrootcert") or settings.database_ca or _trusted_by_this_machine())
        if not Path(authority).is_file():
            raise DatabaseAddressInvalid(
                f"HAVN_DATABASE_CA: there is no file {authority} to check the database server by (sslmode={mode})."
            )
        url = url.update_query_dict({"sslrootcert": authority})
    return url.render_as_string(hide_password=False)


def _mode(settings: Settings, url: URL) -> SslMode | None:
    host = str(url.query.get("host") or url.host or "")
    is_near = not host or host.startswith("/") or is_this_machine(host)
    return settings.database_sslmode or (SslMode.VERIFY_FULL if settings.is_production and not is_near else None)


def _trusted_by_this_machine() -> str:
    paths = ssl.get_default_verify_paths()
    return paths.cafile or paths.openssl_cafile


def make_engine(url: URL, *, connecting: dict[str, Any] | None = None, **options: Any) -> AsyncEngine:
    """An engine whose connections asyncpg makes from the whole address, so that it also takes PostgreSQL's own parameters."""
    address = address_of(url)

    async def connect(*_: Any, **__: Any) -> Any:
        return await asyncpg.connect(address, **(connecting or {}))

    return create_async_engine(url.set(query={}), async_creator=connect, **options)


def address_of(url: URL) -> str:
    """The whole address, password and all, as PostgreSQL's own programs and asyncpg take it."""
    return url.set(drivername="postgresql").render_as_string(hide_password=False)


def service_url(server: str, service: str, *, role_password: str | None = None) -> URL:
    """The service's own database on this server: as owner, or with `role_password` as its runtime role.

    The database is named after the given one (`havn` where the address names none): `havn_referrals`.
    The runtime role has the database's name, owns nothing, and is held by row level security."""
    url = make_url(server).set(drivername="postgresql+asyncpg")
    prefix = url.database if url.database not in (None, "", "postgres") else "havn"
    url = url.set(database=f"{prefix}_{service}")
    return url.set(username=url.database, password=role_password) if role_password else url


def runtime_password(settings: Settings, ring: KeyRing) -> str:
    """The runtime roles' password: configured, or derived from the master key, so that nobody has to keep it."""
    if settings.runtime_password:
        return settings.runtime_password.get_secret_value()
    return ring.derived("database role").hex()


class ConnectionLost(ConnectionError):
    """The database went away in the middle of a transaction: nothing of it took effect."""


class Database:
    """Hands out transactions. `on_commit` is called with each unit of work that has committed events or alerts, to wake who sends
    them."""

    def __init__(self, url: URL, *, ring: KeyRing, clock: Clock, pool_size: int = 8) -> None:
        self.url = url
        self.clock = clock
        self.vault = Vault(ring)
        self.on_commit: Callable[[UnitOfWork], None] = lambda _: None
        self.on_statement: Heard = lambda _, __: None
        """Called with every statement that a transaction sends, and its values: for those who count or compare them."""
        self.most_connections = 2 * pool_size
        self._connections = Connections(self._connect, self.most_connections)

    def transaction(
        self, actor: Actor, *, key: bytes | None = None, only_reads: bool = False, asks_by_key: bool = False
    ) -> "_Transaction":
        """A unit of work on behalf of `actor`, at this instant; with the hash of an Idempotency-Key it holds that key. One that
        only reads has plain rows, and what it adds is what was noted of it (`shared/data/reading.py`). One that
        `asks_by_key`, and for no range and no list, has its statements planned once for each connection. It commits when the
        block ends, and only then; any exception, the commit's own included (KeyTaken among them), leaves nothing behind.
        """
        return _Transaction(self, actor, key, only_reads=only_reads, asks_by_key=asks_by_key)

    async def _connect(self) -> Connection:
        connection = await asyncpg.connect(
            address_of(self.url),
            timeout=PATIENCE_SECONDS,
            statement_cache_size=_STATEMENTS_KEPT,
            server_settings=_server_settings(),
        )
        await read_json(connection)
        return Connection(connection)

    def connection(self) -> "_InUse":
        """A connection on behalf of nobody, outside every transaction, until the block ends. The next has it as it is left."""
        return _InUse(self._connections)

    async def ping(self) -> None:
        """Raises when the database does not answer."""
        async with self.connection() as connection:
            await connection.fetch("SELECT 1")

    @property
    def connections(self) -> int:
        """How many of `most_connections` are in use at this moment."""
        return self._connections.in_use

    async def close(self) -> None:
        await self._connections.close()


class _InUse:
    """A connection that somebody has until the block ends. Raises ConnectionLost where it was cut meanwhile."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    async def __aenter__(self) -> Connection:
        self._connection = await self._connections.take()
        return self._connection

    async def __aexit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        self.end(error)

    def end(self, error: BaseException | None) -> None:
        """The block ends, with this error if there is one."""
        try:
            if error is not None:
                self._look_at(error)
        finally:
            self._connections.give_back(self._connection)

    def _look_at(self, error: BaseException) -> None:
        if isinstance(error, asyncpg.InterfaceError) and self._connection.is_closed():
            raise ConnectionLost(type(error).__name__) from error
        if isinstance(error, asyncpg.InternalClientError):
            self._connection.terminate()  # it no longer knows what the server has said; nobody else gets it
        if isinstance(error, asyncpg.InvalidCachedStatementError):
            self._connections.renew()  # a table was changed: the others have prepared the same


class _Transaction:
    """A unit of work until the block ends. By hand: a generator would be two more frames for each message of every request."""

    def __init__(
        self, database: Database, actor: Actor, key: bytes | None, *, only_reads: bool, asks_by_key: bool
    ) -> None:
        self._database, self._actor, self._key = database, actor, key
        self._kind, self._asks_by_key = ReadingSession if only_reads else Session, asks_by_key
        self._in_use = database.connection()

    async def __aenter__(self) -> UnitOfWork:
        self._connection = await self._in_use.__aenter__()
        try:
            return await self._begin()
        except BaseException as error:
            await self.__aexit__(type(error), error, None)
            raise

    async def __aexit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        try:
            if error is None:
                await self._commit()
            else:
                await _roll_back(self._connection, error)
        except BaseException as failed:
            error = failed
            raise
        finally:
            self._in_use.end(error)

    async def _begin(self) -> UnitOfWork:
        session = self._kind(self._connection, self._database.on_statement)
        kept_before = await begin_and_end.begin(session, self._actor.org, self._key, asks_by_key=self._asks_by_key)
        now, vault = self._database.clock.now(), self._database.vault
        self._work = UnitOfWork(session, self._actor, now, vault, kept_before, answer_key=self._key)
        return self._work

    async def _commit(self) -> None:
        try:
            await self._work.session.flush()
            await begin_and_end.end(self._work)
        except BaseException as error:
            await _roll_back(self._connection, error)
            raise
        if self._work.events or self._work.alerts:
            self._database.on_commit(self._work)


async def _roll_back(connection: Connection, cause: BaseException) -> None:
    """End the transaction without a trace. Where that fails, the connection is at fault, and is what the caller hears of; unless
    the caller is to end, which nothing may take the place of: whoever goes on after a fault would go on after its own end."""
    try:
        await connection.execute("ROLLBACK")
    except Exception:
        if isinstance(cause, Exception):
            raise


async def read_json(connection: Any) -> None:
    """From now on JSON is read as what it says; it is written by the statement's own types, as text."""
    for name in ("json", "jsonb"):
        await connection.set_type_codec(name, schema="pg_catalog", encoder=str, decoder=from_json)


def _server_settings() -> dict[str, Any]:
    return {
        "application_name": "havn",
        "timezone": "UTC",
        "standard_conforming_strings": "on",
        "statement_timeout": "30000",
        "lock_timeout": "10000",
        "idle_in_transaction_session_timeout": "60000",
    }
