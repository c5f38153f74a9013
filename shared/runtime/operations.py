"""What an operator does to the events by hand: look at dead letters, try them again, send the history anew."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime

import asyncpg
import httpx

from shared.data.database import Database, address_of, runtime_password, service_url
from shared.data.keys import key_provider
from shared.data.unit_of_work import UnitOfWork
from shared.http.peers import IssuedTokens, Peers
from shared.identity.actor import Actor
from shared.kernel.clock import SystemClock
from shared.kernel.settings import Settings
from shared.messaging import rebuilding, relay
from shared.messaging.consumer import Consumer
from shared.messaging.inbox import DeadLetter, dead_letters
from shared.runtime.platform import NEIGHBOUR_SECONDS, SERVICE_CLIENT_SECRET, trust_of
from shared.runtime.service import Service


@asynccontextmanager
async def _database(service: Service, settings: Settings, server_url: str) -> AsyncIterator[Database]:
    ring = key_provider(settings).ring()
    url = service_url(server_url, service.name, role_password=runtime_password(settings, ring))
    database = Database(url, ring=ring, clock=SystemClock(), pool_size=2)
    try:
        yield database
    finally:
        await database.close()


@asynccontextmanager
async def transaction_of(service: Service, settings: Settings, server_url: str) -> AsyncIterator[UnitOfWork]:
    """A unit of work in this service's database, as Havn itself."""
    async with (
        _database(service, settings, server_url) as database,
        database.transaction(Actor.system(service.name)) as work,
    ):
        yield work


async def list_dead_letters(service: Service, settings: Settings, server_url: str) -> Sequence[DeadLetter]:
    """The events of this service's inbox that wait for a replay, oldest first."""
    async with transaction_of(service, settings, server_url) as work:
        return await dead_letters(work)


async def replay_dead_letters(service: Service, settings: Settings, server_url: str) -> tuple[int, int]:
    """Try them again, in order per case; says how many took effect and how many remain. Neighbours are asked over HTTP."""
    async with _database(service, settings, server_url) as database, peers_of(service.name, settings) as peers:
        return await Consumer(service.name, database, service.handlers, settings=settings, peers=peers).replay()


@asynccontextmanager
async def peers_of(service: str, settings: Settings) -> AsyncIterator[Peers]:
    """The other services as the running one asks them: over the same TLS, as itself. Raises ConfigurationRefused."""
    services, issuers = trust_of(settings)
    secret = settings.service_client_secret
    async with (
        httpx.AsyncClient(verify=services, timeout=NEIGHBOUR_SECONDS, trust_env=False) as neighbours,
        httpx.AsyncClient(verify=issuers, timeout=NEIGHBOUR_SECONDS, trust_env=False) as issuer,
    ):
        tokens = IssuedTokens(
            issuer,
            settings.token_url or f"{settings.origin}/oidc/token",
            client_id=f"havn-{service}",
            secret=secret.get_secret_value() if secret else SERVICE_CLIENT_SECRET,
        )
        yield Peers(settings, tokens, neighbours)


async def rebuild(service: Service, settings: Settings, server_url: str, *, progress: rebuilding.Progress) -> int:
    """Empty a service that is made of events, and let it take the histories of those it listens to once more; says how many
    events that were. The server's address is the owner's, and all their databases are on it."""
    password = runtime_password(settings, key_provider(settings).ring())
    async with AsyncExitStack() as stack:
        histories = {}
        for name in sorted({event.service for event in service.handlers}):
            url = service_url(server_url, name, role_password=password)
            histories[name] = await relay.relay_connection(address_of(url))
            stack.push_async_callback(histories[name].close)
        owner = await asyncpg.connect(address_of(service_url(server_url, service.name)))
        stack.push_async_callback(owner.close)
        database = await stack.enter_async_context(_database(service, settings, server_url))
        peers = await stack.enter_async_context(peers_of(service.name, settings))
        consumer = Consumer(service.name, database, service.handlers, settings=settings, peers=peers)
        await rebuilding.empty(owner, sorted(service.metadata.tables))
        return await rebuilding.take_all(consumer.deliver, histories, progress=progress)


async def replay_events(service: Service, settings: Settings, server_url: str, *, since: datetime | None) -> int:
    """Put the service's history back into its queue, from where a running relay sends it. Says how many events."""
    password = runtime_password(settings, key_provider(settings).ring())
    connection = await relay.relay_connection(address_of(service_url(server_url, service.name, role_password=password)))
    try:
        return await relay.replay(connection, since=since)
    finally:
        await connection.close()
