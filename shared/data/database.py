"""One service's database, and the one-transaction rule: everything of a request or an event commits together, here."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import URL, make_url, text
from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker, create_async_engine

from shared.data import audit, outbox
from shared.data.keys import KeyRing
from shared.data.unit_of_work import UnitOfWork
from shared.data.vault import Vault
from shared.identity.actor import Actor
from shared.kernel.clock import Clock
from shared.kernel.settings import Settings

SERVICES = ("accommodation", "identification", "referrals", "stats")


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
        self._engine: AsyncEngine = create_async_engine(
            url,
            pool_size=pool_size,
            max_overflow=pool_size,
            pool_timeout=5,
            hide_parameters=True,  # an error's text must not carry a name
            connect_args={"timeout": 5, "command_timeout": 30, "server_settings": _server_settings()},
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
