"""Running Havn: everything in one process on the embedded default, or one service as a process of its own."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress

import httpx
import uvloop
from aiokafka.errors import KafkaError
from fastapi import APIRouter
from starlette.types import ASGIApp, Receive, Scope, Send

from shared.contract.events.base import TOPICS
from shared.data.database import DatabaseAddressInvalid, runtime_password, server_address
from shared.data.embedded import EmbeddedPostgres, PostgresRefused, check_home
from shared.data.keys import MasterKeyMissing, key_provider
from shared.data.known_key import check_master_key
from shared.data.limits import StoredCounts
from shared.data.migrations import DatabaseAway, DatabaseNewer, is_migrated, migrate
from shared.http.limits import LimitsInDatabase
from shared.http.problems import no_such_path
from shared.kernel.settings import Settings, SettingsInvalid, read_settings
from shared.messaging.kafka import KafkaAway, make_topics, reach_kafka
from shared.messaging.kafka_reader import BusFault
from shared.messaging.messages import Bus
from shared.messaging.waking import Waker
from shared.observability.logs import configure_logging, log
from shared.observability.tracing import configure_tracing
from shared.runtime.platform import (
    ConfigurationRefused,
    Development,
    Platform,
    certificate_of,
    check_configuration,
    check_exposure,
    kafka_security,
    make_platform,
)
from shared.runtime.root import root_app
from shared.runtime.service import Service, Worker, create_app, create_operations_app, database_of, working
from shared.runtime.serving import PortTaken, serve, take_only_port, take_operations_port, take_port

TOPICS_SECONDS = 10.0

PERMANENT_REFUSALS = (SettingsInvalid, MasterKeyMissing, DatabaseAddressInvalid, DatabaseNewer, ConfigurationRefused)
"""What stays as it is until somebody mends it: to start again is of no use."""
REFUSALS = (*PERMANENT_REFUSALS, PortTaken, PostgresRefused, DatabaseAway, KafkaAway)
"""What keeps Havn from starting; each is one sentence for the person at the keyboard."""


def status_of(refusal: BaseException) -> int:
    """The exit status by which a platform knows whether to try again: 78 (EX_CONFIG) when it need not."""
    return os.EX_CONFIG if isinstance(refusal, PERMANENT_REFUSALS) else 1


class Dispatcher:
    """One address for several services: the first part of the path says whose it is."""

    def __init__(self) -> None:
        self.apps: dict[str, ASGIApp] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
            return
        first = scope["path"].split("/", 2)[1] if scope["path"].startswith("/") else ""
        app = self.apps.get(first) or self.apps.get("")
        if app is None:
            app = no_such_path()
        await app(scope, receive, send)


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


class Application:
    """Some services standing on one platform: the address they answer at, and their workers."""

    def __init__(
        self,
        services: Sequence[Service],
        platform: Platform,
        dispatcher: Dispatcher,
        *,
        welcome: APIRouter | None = None,
    ) -> None:
        self.platform = platform
        self.asgi = dispatcher
        self.operations = Dispatcher()
        """Health, metrics and OpenAPI, where they have a port of their own."""
        self.databases = {service.name: database_of(service, platform) for service in services}
        self.workers = {service.name: Worker(service, platform, self.databases[service.name]) for service in services}
        for service in services:
            database = self.databases[service.name]
            dispatcher.apps[service.name] = app = create_app(service, platform, database)
            self.operations.apps[service.name] = create_operations_app(service, platform, database, api=app)
        dispatcher.apps[""], self.operations.apps[""] = root_app(welcome), root_app()
        if platform.development:
            dispatcher.apps |= platform.development.pages(do_what_is_due=self.sweep)

    async def sweep(self) -> None:
        """Do what is due by the domain's clock, in every service."""
        for worker in self.workers.values():
            await worker.sweep()

    async def close(self) -> None:
        for database in self.databases.values():
            await database.close()
        await self.platform.close()


@asynccontextmanager
async def open_application(
    services: Sequence[Service],
    settings: Settings,
    server_url: str,
    *,
    development: Development | None = None,
    bus: Bus | None = None,
    welcome: APIRouter | None = None,
) -> AsyncIterator[Application]:
    """All these services in this process, their workers at work, until the block ends; `welcome` answers `/`. The databases
    must be migrated."""
    dispatcher = Dispatcher()
    platform = make_platform(
        settings,
        server_url=server_url,
        client_id=f"havn-{services[0].name}" if len(services) == 1 else "havn",
        transport=httpx.ASGITransport(dispatcher) if development or len(services) > 1 else None,
        development=development,
        bus=bus,
    )
    application = Application(services, platform, dispatcher, welcome=welcome)
    try:
        async with working(list(application.workers.values()), platform):
            yield application
    finally:
        await application.close()


async def migrate_all(
    services: Sequence[str], settings: Settings, server_url: str, *, with_topics: bool = True
) -> list[str]:
    """Bring these services' databases up to date, and make the topics where there is a Kafka. Says what was changed."""
    ring = key_provider(settings).ring()
    for name in services:
        await check_master_key(server_url, name, ring)
    password = runtime_password(settings, ring)
    changed = [name for name in services if await migrate(server_url, name, role_password=password)]
    if settings.kafka and with_topics:
        try:
            async with asyncio.timeout(TOPICS_SECONDS):
                await make_topics(settings.kafka, TOPICS, security=kafka_security(settings))
        except (KafkaError, BusFault, OSError, TimeoutError) as error:
            raise KafkaAway(
                f"The Kafka at {settings.kafka} does not make our topics ({type(error).__name__}); look at its log."
            ) from error
    return changed


async def check_surroundings(settings: Settings, development: Development | None = None) -> bool:
    """Refuse what cannot work before anything is made: settings, a given key, a Kafka that is away. Raises REFUSALS.

    Says whether Kafka answers, where there should be one: where Havn has run before, it starts without, as a new address would
    be a mistake and an old one is an outage. What comes in waits in the outbox."""
    check_configuration(settings, development)
    if not settings.kafka:
        return True
    try:
        await reach_kafka(settings.kafka, kafka_security(settings))
    except KafkaAway as away:
        if not await has_run_before(settings):
            raise
        log.warning("kafka does not answer: what comes in waits in the outbox", reason=type(away.__cause__).__name__)
        return False
    return True


async def has_run_before(settings: Settings) -> bool:
    """Whether there are databases of a Havn already where these settings lead; False too when their server does not answer."""
    if address := server_address(settings):
        return await is_migrated(address, "referrals")
    return (settings.home / "postgres" / "PG_VERSION").is_file()


@asynccontextmanager
async def database_server(settings: Settings) -> AsyncIterator[str]:
    """The address of the database server: the configured one, or the embedded one, started here and stopped at the end."""
    if address := server_address(settings):
        yield address
        return
    server = await asyncio.to_thread(EmbeddedPostgres, settings.home)
    try:
        yield server.url
    finally:
        await asyncio.to_thread(server.stop)


async def run_everything(
    names: Sequence[str],
    load: Callable[[], Sequence[Service]],
    settings: Settings,
    ready: Callable[[], None],
    *,
    development: Development | None = None,
    welcome: APIRouter | None = None,
) -> None:
    """All services in one process, from nothing to serving, until a signal ends it in order. They are loaded, in a thread of its
    own, while the database starts and is migrated: what is refused is refused before that."""
    check_exposure(settings)
    certificate = certificate_of(settings)
    async with AsyncExitStack() as stack:
        listener = stack.enter_context(take_port(settings))
        operations = stack.enter_context(take_operations_port(settings))
        is_kafka_there = await check_surroundings(settings, development)
        if not server_address(settings):
            check_home(settings.home)
        loading = asyncio.create_task(asyncio.to_thread(load))
        server_url = await stack.enter_async_context(database_server(settings))
        await migrate_all(names, settings, server_url, with_topics=is_kafka_there)
        services = await loading
        application = await stack.enter_async_context(
            open_application(services, settings, server_url, development=development, welcome=welcome)
        )
        apart = (application.operations, operations) if operations else None
        await serve(application.asgi, settings, listener, ready=ready, operations=apart, certificate=certificate)


async def run_api(service: Service, settings: Settings, server_url: str) -> None:
    """One service's web application; its worker is another process."""
    certificate = certificate_of(settings)
    with take_port(settings) as listener, take_operations_port(settings) as operations:
        platform = make_platform(settings, server_url=server_url, client_id=f"havn-{service.name}")
        database = database_of(service, platform)
        waker = Waker(database)
        database.on_commit = waker.wake
        limits = LimitsInDatabase(StoredCounts(database.url), settings.rate, settings.misses_an_hour)
        api = create_app(service, platform, database, limits=limits)
        app, apart = Dispatcher(), Dispatcher()
        app.apps = {service.name: api, "": root_app()}
        apart.apps = {service.name: create_operations_app(service, platform, database, api=api), "": root_app()}
        waking = asyncio.create_task(waker.run())
        try:
            await serve(
                app,
                settings,
                listener,
                ready=lambda: log.info("api ready", service=service.name),
                operations=(apart, operations) if operations else None,
                certificate=certificate,
            )
        finally:
            waking.cancel()
            await limits.close()
            await database.close()
            await platform.close()


async def run_worker(service: Service, settings: Settings, server_url: str) -> None:
    """One service's worker: relay, consumer, clock. It serves its health and metrics alone, to whoever asks under any name."""
    with take_only_port(settings) as listener:
        async with open_application([service], settings, server_url) as application:
            app = create_operations_app(service, application.platform, application.databases[service.name])
            await serve(
                app, settings, listener, ready=lambda: log.info("worker ready", service=service.name), hosts=None
            )


async def run_migration(service: Service, settings: Settings, server_url: str) -> None:
    """One service's database brought up to date, and the topics made."""
    await migrate_all([service.name], settings, server_url)


_ACTIONS: dict[str, Callable[[Service, Settings, str], Awaitable[None]]] = {
    "api": run_api,
    "worker": run_worker,
    "migrate": run_migration,
}


def run(service: Service) -> None:
    """The command line of one service's process: api, worker or migrate."""
    if len(sys.argv) != 2 or sys.argv[1] not in _ACTIONS:
        sys.exit(f"python -m services.{service.name} api|worker|migrate")
    run_process(service, sys.argv[1])


def run_process(service: Service, name: str) -> None:
    """Do in this process what is called `name` (api, worker or migrate), by the settings in its environment, to its end. What is
    refused is a sentence and an exit status."""
    try:
        _run(service, name)
    except REFUSALS as refusal:
        sys.stderr.write(f"{refusal}\n")
        sys.exit(status_of(refusal))


def parts_of(services: Sequence[Service], settings: Settings) -> dict[str, Callable[[], None]]:
    """What runs when every service's API and worker is a process of its own on this machine, by name: first the APIs, at
    HAVN_PORT and the ports after it, then the workers; the operations ports count up alike. Each finds the others there unless
    HAVN_SERVICE_URLS says where. Raises ConfigurationRefused where none of them could start."""
    _check_apart(settings)
    scheme = "https" if settings.tls_certificate else "http"
    addresses = {service.name: f"{scheme}://localhost:{settings.port + n}" for n, service in enumerate(services)}

    def part(service: Service, name: str, number: int) -> Callable[[], None]:
        ports = {"HAVN_PORT": settings.port, "HAVN_OPERATIONS_PORT": settings.operations}
        given = {variable: str(first + number) for variable, first in ports.items() if first}
        given["HAVN_SERVICE_URLS"] = json.dumps(settings.service_urls or addresses)

        def run_it() -> None:
            os.environ.update(given)
            run_process(service, name)

        return run_it

    named = [(service, name) for name in ("api", "worker") for service in services]
    return {f"{service.name} {name}": part(service, name, number) for number, (service, name) in enumerate(named)}


def _check_apart(settings: Settings) -> None:
    """Refuse what no process of one service alone could work with."""
    if not settings.kafka:
        raise ConfigurationRefused("A service as a process of its own needs HAVN_KAFKA; `havn up` runs all in one.")
    check_configuration(settings)


def _run(service: Service, name: str) -> None:
    settings = read_settings()
    configure_logging(settings.env)
    configure_tracing(f"havn-{service.name}", settings.otlp_endpoint)

    async def go() -> None:
        if name != "migrate":
            _check_apart(settings)
        elif settings.kafka:
            await reach_kafka(settings.kafka, kafka_security(settings))
        async with database_server(settings) as server_url:
            await _ACTIONS[name](service, settings, server_url)

    with suppress(KeyboardInterrupt):
        uvloop.run(go())
