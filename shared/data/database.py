"""One service's database, and the one-transaction rule: everything of a request or an event commits together, here."""

import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg
from sqlalchemy import URL, make_url, text
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker, create_async_engine

from shared.data import audit, outbox
from shared.data.keys import KeyRing
from shared.data.unit_of_work import UnitOfWork
from shared.data.vault import Vault
from shared.identity.actor import Actor
from shared.kernel.clock import Clock
from shared.kernel.settings import Settings, SslMode, is_this_machine


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
    address = url.set(drivername="postgresql").render_as_string(hide_password=False)

    async def connect(*_: Any, **__: Any) -> Any:
        return await asyncpg.connect(address, **(connecting or {}))

    return create_async_engine(url.set(query={}), async_creator=connect, **options)


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


class Database:
    """Hands out transactions. `on_commit` is called after each commit that recorded an event, to wake the relay."""

    def __init__(self, url: URL, *, ring: KeyRing, clock: Clock, pool_size: int = 8) -> None:
        self.url = url
        self._clock = clock
        self._vault = Vault(ring)
        self.on_commit: Callable[[], None] = lambda: None
        self._engine: AsyncEngine = make_engine(
            url,
            connecting={"timeout": 5, "command_timeout": 30, "server_settings": _server_settings()},
            pool_size=pool_size,
            max_overflow=pool_size,
            pool_timeout=5,
            hide_parameters=True,  # an error's text must not carry a name
        )
        self._sessions = async_sessionmaker(self._engine, expire_on_commit=False, autoflush=False)

    @asynccontextmanager
    async def transaction(self, actor: Actor) -> AsyncIterator[UnitOfWork]:
        """A unit of work on behalf of `actor`, at this instant. It commits when the block ends, and only then;
        any exception, the commit's own included, leaves nothing behind."""
        async with self._sessions() as session:
            work = UnitOfWork(session, actor, self._clock.now(), self._vault)
            # Row level security reads who is asking from here; it ends with the transaction.
            await session.execute(text("SELECT set_config('havn.org', :org, true)"), {"org": actor.org})
            yield work
            await self._commit(work)

    async def _commit(self, work: UnitOfWork) -> None:
        await work.session.flush()
        await audit.write(work)
        recorded = await outbox.write(work)
        await work.session.commit()
        if recorded:
            self.on_commit()

    async def ping(self) -> None:
        """Raises when the database does not answer."""
        async with self._engine.connect() as connection:
            await connection.execute(text("SELECT 1"))

    async def close(self) -> None:
        await self._engine.dispose()


def _server_settings() -> dict[str, Any]:
    return {
        "application_name": "havn",
        "timezone": "UTC",
        "statement_timeout": "30000",
        "lock_timeout": "10000",
        "idle_in_transaction_session_timeout": "60000",
    }
