"""Running Havn: everything in one process on the embedded default, or one service as a process of its own."""

import asyncio
import errno
import gc
import signal
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress

import httpx
import uvicorn
import uvloop
from fastapi import APIRouter
from starlette.types import ASGIApp, Receive, Scope, Send

from shared.contract.events.base import TOPICS
from shared.data.database import runtime_password
from shared.data.embedded import EmbeddedPostgres, PostgresRefused
from shared.data.keys import MasterKeyMissing, key_provider
from shared.data.migrations import DatabaseAway, DatabaseNewer, migrate
from shared.http.problems import problem
from shared.http.server import server_config
from shared.kernel.settings import Settings, SettingsInvalid, read_settings
from shared.messaging.kafka import KafkaAway, make_topics, reach_kafka
from shared.messaging.messages import Bus
from shared.observability.logs import configure_logging, log
from shared.observability.tracing import configure_tracing
from shared.runtime.platform import ConfigurationRefused, Development, Platform, check_configuration, make_platform
from shared.runtime.root import root_app
from shared.runtime.service import Service, Worker, create_app, create_operations_app, database_of, working

GRACE_SECONDS = 5


class PortTaken(Exception):
    """We cannot listen at our port; mostly because something else does."""


REFUSALS = (
    SettingsInvalid,
    PortTaken,
    PostgresRefused,
    MasterKeyMissing,
    DatabaseAway,
    DatabaseNewer,
    ConfigurationRefused,
    KafkaAway,
)
"""What keeps Havn from starting; each is one sentence for the person at the keyboard."""


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
            app = problem(name="NotFound", status=404, detail="There is nothing here that you may see.")
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
        self.databases = {service.name: database_of(service, platform) for service in services}
        self.workers = {service.name: Worker(service, platform, self.databases[service.name]) for service in services}
        for service in services:
            dispatcher.apps[service.name] = create_app(service, platform, self.databases[service.name])
        dispatcher.apps[""] = root_app(welcome)
        if platform.development:
            dispatcher.apps |= platform.development.pages(do_what_is_due=self.sweep)

    async def sweep(self) -> None:
        """Do what is due by the domain's clock, in every service."""
        for worker in self.workers.values():
            await worker.sweep()

    async def close(self) -> None:
        for database in self.databases.values():
            await database.close()


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
        transport=httpx.ASGITransport(dispatcher) if development else None,
        development=development,
        bus=bus,
    )
    application = Application(services, platform, dispatcher, welcome=welcome)
    try:
        async with working(list(application.workers.values()), platform):
            yield application
    finally:
        await application.close()


async def migrate_all(services: Sequence[str], settings: Settings, server_url: str) -> list[str]:
    """Bring these services' databases up to date, and make the topics where there is a Kafka. Says what was changed."""
    password = runtime_password(settings, key_provider(settings).ring())
    changed = [name for name in services if await migrate(server_url, name, role_password=password)]
    if settings.kafka:
        await make_topics(settings.kafka, TOPICS)
    return changed


def take_port(settings: Settings) -> socket.socket:
    """The listening socket, before anything else is touched; PortTaken when somebody has the port."""
    listener = socket.socket(socket.AF_INET6 if ":" in settings.host else socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
        listener.listen(1024)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            sentence = (
                f"Port {settings.port} is taken ({error.strerror}); stop what uses it or set HAVN_PORT to another."
            )
        else:
            place = f"{settings.host}, port {settings.port}"
            sentence = f"Havn cannot listen at {place} ({error.strerror}); mend HAVN_HOST or HAVN_PORT."
        raise PortTaken(sentence) from None
    return listener


async def serve(app: ASGIApp, settings: Settings, listener: socket.socket, *, ready: Callable[[], None]) -> None:
    """Answer until SIGINT or SIGTERM; then let what is under way finish."""
    server = uvicorn.Server(
        server_config(app, host=settings.host, port=settings.port, timeout_graceful_shutdown=GRACE_SECONDS)
    )

    def stop() -> None:
        server.should_exit = True

    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop)
    # Not `serve`: it takes the signals for itself and ends the process before the workers have ended in order.
    serving = asyncio.create_task(server._serve([listener]))  # noqa: SLF001
    while not server.started and not serving.done():
        await asyncio.sleep(0.01)
    if not serving.done():
        # What the start has made stays until the end: the collector need not look at it, nor take it apart on the way out.
        gc.freeze()
        ready()
    await serving


async def check_surroundings(settings: Settings, development: Development | None = None) -> None:
    """Refuse what cannot work before anything is made: settings, a given key, a Kafka that is away. Raises REFUSALS."""
    check_configuration(settings, development)
    if settings.kafka:
        await reach_kafka(settings.kafka)


@asynccontextmanager
async def database_server(settings: Settings) -> AsyncIterator[str]:
    """The address of the database server: the configured one, or the embedded one, started here and stopped at the end."""
    if settings.database_url:
        yield settings.database_url.get_secret_value()
        return
    server = await asyncio.to_thread(EmbeddedPostgres, settings.home)
    try:
        yield server.url
    finally:
        await asyncio.to_thread(server.stop)


async def run_everything(
    services: Sequence[Service],
    settings: Settings,
    ready: Callable[[], None],
    *,
    development: Development | None = None,
    welcome: APIRouter | None = None,
) -> None:
    """All services in one process, from nothing to serving, until a signal ends it in order."""
    async with AsyncExitStack() as stack:
        listener = stack.enter_context(take_port(settings))
        await check_surroundings(settings, development)
        server_url = await stack.enter_async_context(database_server(settings))
        await migrate_all([service.name for service in services], settings, server_url)
        application = await stack.enter_async_context(
            open_application(services, settings, server_url, development=development, welcome=welcome)
        )
        await serve(application.asgi, settings, listener, ready=ready)


async def run_api(service: Service, settings: Settings, server_url: str) -> None:
    """One service's web application; its worker is another process."""
    with take_port(settings) as listener:
        platform = make_platform(settings, server_url=server_url, client_id=f"havn-{service.name}")
        database = database_of(service, platform)
        app = Dispatcher()
        app.apps = {service.name: create_app(service, platform, database), "": root_app()}
        try:
            await serve(app, settings, listener, ready=lambda: log.info("api ready", service=service.name))
        finally:
            await database.close()


async def run_worker(service: Service, settings: Settings, server_url: str) -> None:
    """One service's worker: relay, consumer, clock. At its port it tells its health and metrics."""
    with take_port(settings) as listener:
        async with open_application([service], settings, server_url) as application:
            app = create_operations_app(service, application.platform, application.databases[service.name])
            await serve(app, settings, listener, ready=lambda: log.info("worker ready", service=service.name))


async def run_migration(service: Service, settings: Settings, server_url: str) -> None:
    """One service's database brought up to date, and the topics made."""
    await migrate_all([service.name], settings, server_url)


Action = Callable[[Service, Settings, str], Awaitable[None]]


def run(service: Service) -> None:
    """The command line of one service's process: api, worker or migrate."""
    actions: dict[str, Action] = {"api": run_api, "worker": run_worker, "migrate": run_migration}
    if len(sys.argv) != 2 or sys.argv[1] not in actions:
        sys.exit(f"python -m services.{service.name} api|worker|migrate")
    try:
        _run(service, sys.argv[1], actions[sys.argv[1]])
    except REFUSALS as refusal:
        sys.exit(str(refusal))


def _run(service: Service, name: str, action: Action) -> None:
    settings = read_settings()
    configure_logging(settings.env)
    configure_tracing(f"havn-{service.name}", settings.otlp_endpoint)

    async def go() -> None:
        if name != "migrate" and not settings.kafka:
            raise ConfigurationRefused("A service as a process of its own needs HAVN_KAFKA; `havn up` runs all in one.")
        if name == "migrate" and settings.kafka:
            await reach_kafka(settings.kafka)
        async with database_server(settings) as server_url:
            await action(service, settings, server_url)

    with suppress(KeyboardInterrupt):
        uvloop.run(go())
