"""A service as the four of them are: what it is made of, its web application, its worker, its migration."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, FastAPI, Response
from sqlalchemy import MetaData

from shared.alerts.queue import AlertSender
from shared.data.database import Database, service_url
from shared.data.unit_of_work import UnitOfWork
from shared.http.docs_page import docs_page
from shared.http.endpoint import Endpoint
from shared.http.limits import Limits, limits_in_process
from shared.http.lines import Lines
from shared.http.openapi import PROBLEMS, describe, subjects_of
from shared.http.problems import problem
from shared.http.routes import Routes
from shared.http.server import MAX_BODY_BYTES
from shared.http.wire import WithinOurs, speaks_http
from shared.identity.actor import Actor
from shared.kernel.release import release
from shared.messaging.consumer import Consumer, Handlers
from shared.messaging.messages import Bus
from shared.messaging.relay import Relay
from shared.observability.logs import log
from shared.observability.metrics import CONNECTIONS, CONSUMER_LAG, EXPOSITION_TYPE, MOST_CONNECTIONS, exposition
from shared.runtime.platform import Platform
from shared.runtime.readiness import Readiness

LAG_SECONDS = 15.0
"""How often Kafka is asked what waits: as often as Prometheus usually comes by."""

Sweep = Callable[[UnitOfWork], Awaitable[bool | None]]
"""Does what the clock makes due; it may run at any time and any number of times. True when there is more to do: it is
called again then, in a transaction of its own."""


@dataclass(frozen=True, slots=True)
class Service:
    """What sets one service apart from the others."""

    name: str
    description: str
    router: APIRouter
    handlers: Handlers
    metadata: MetaData
    sweeps: Sequence[Sweep] = ()
    raises_alerts: bool = False
    """Its database has the table of `shared/alerts/queue.py`, and its worker sends what stands there."""
    is_made_of_events: bool = False
    """Its tables hold what the others' events say and nothing else: they can be made anew from these."""

    @property
    def endpoints(self) -> list[Endpoint]:
        """What it answers, in the order in which it is defined."""
        return [route for route in self.router.routes if isinstance(route, Endpoint)]


def service_router(*packages: APIRouter) -> APIRouter:
    """A router whose endpoints all go through `Endpoint`: its own, after those of these packages."""
    router = APIRouter(route_class=Endpoint)
    for package in packages:
        # Not included one by one: `Service.endpoints` are the router's own, and FastAPI would ask each whether it has changed.
        router.routes.extend(package.routes)
    return router


def database_of(service: Service, platform: Platform) -> Database:
    """The service's database, as its runtime role."""
    url = service_url(platform.server_url, service.name, role_password=platform.runtime_password)
    return Database(url, ring=platform.ring, clock=platform.clock)


def published(service: Service, *, origin: str, with_docs: bool = True, with_document: bool = True) -> FastAPI:
    """The service's endpoints under `/{service}/v1` and their OpenAPI document: all that partners are promised.

    It needs nothing that runs, and answers nothing before `create_app` gives it a platform."""
    base = f"/{service.name}"
    app = WithinOurs(
        title=f"Havn {service.name}",
        version="1",
        description=service.description,
        openapi_url=f"{base}/openapi.json" if with_document else None,
        docs_url=None,
        redoc_url=None,
        swagger_ui_oauth2_redirect_url=None,
        openapi_tags=subjects_of(service.router),
        responses=PROBLEMS,
        max_body_size=MAX_BODY_BYTES,
        redirect_slashes=False,
        generate_unique_id_function=lambda route: route.name,
    )
    app.include_router(service.router, prefix=f"{base}/v1")
    if with_docs:
        app.include_router(docs_page(base, title=app.title, origin=origin))
    describe(app, origin=origin)
    return app


def create_app(service: Service, platform: Platform, database: Database, *, limits: Limits | None = None) -> FastAPI:
    """The service's web application: `/{service}/v1/...`, and docs, health and metrics where those have no port of their own.
    `limits` are those of several processes in common; without, this process counts for itself."""
    settings = platform.settings
    is_apart = settings.operations is not None
    app = published(service, origin=settings.origin, with_docs=not settings.is_production, with_document=not is_apart)
    app.state.platform = platform
    app.state.database = database
    app.state.peers = platform.peers_of(service.name)
    app.state.limits = limits or limits_in_process(settings)
    app.state.lines = Lines()
    if not is_apart:
        app.include_router(_operations(service, database, platform), prefix=f"/{service.name}")
    app.add_middleware(Routes, prefix=f"/{service.name}/v1", endpoints=service.endpoints)
    return speaks_http(app, service=service.name)


def create_operations_app(
    service: Service, platform: Platform, database: Database, *, api: FastAPI | None = None
) -> FastAPI:
    """`/{service}/health/...` and `/{service}/metrics`: what a worker answers as a process of its own, and, with the OpenAPI
    document of `api`, what the web application answers at the port for operations."""
    app = FastAPI(title=f"Havn {service.name}: operations", openapi_url=None)
    app.include_router(_operations(service, database, platform, is_worker=api is None), prefix=f"/{service.name}")
    if api:

        @app.get(f"/{service.name}/openapi.json", include_in_schema=False)
        async def document() -> dict[str, Any]:
            return api.openapi()

    return speaks_http(app, service=service.name)


def _operations(service: Service, database: Database, platform: Platform, *, is_worker: bool = False) -> APIRouter:
    """Health and metrics: for the platform, open, and without data about anybody."""
    router = APIRouter(include_in_schema=False)
    readiness = Readiness(service.name, database, platform, is_worker=is_worker)

    @router.get("/health/live")
    async def live() -> dict[str, str | None]:
        return {"status": "alive", **release(platform.settings)}

    @router.get("/health/ready")
    async def ready() -> Response:
        if trouble := await readiness.trouble():
            return problem(name="NotReady", status=503, detail=trouble)
        return Response('{"status":"ready"}', media_type="application/json")

    @router.options("/health/live")
    @router.options("/health/ready")
    async def methods() -> Response:
        return Response(status_code=204, headers={"allow": "GET, HEAD, OPTIONS"})

    @router.get("/metrics")
    async def metrics() -> Response:
        CONNECTIONS.labels(service.name).set(database.connections)
        MOST_CONNECTIONS.labels(service.name).set(database.most_connections)
        return Response(exposition(), media_type=EXPOSITION_TYPE)

    return router


class Worker:
    """What a service does without being asked: send its events, take the others', do what the clock makes due."""

    def __init__(self, service: Service, platform: Platform, database: Database) -> None:
        self.consumer = Consumer(
            service.name,
            database,
            service.handlers,
            settings=platform.settings,
            peers=platform.peers_of(service.name),
        )
        self.relay = Relay(service.name, database.url, platform.bus, poll_seconds=platform.settings.relay_poll_seconds)
        self.alerts = AlertSender(
            service.name,
            database,
            platform.alert_channels,
            poll_seconds=platform.settings.alert_poll_seconds,
            retry_seconds=platform.settings.retry_seconds,
        )
        self._service = service
        self._platform = platform
        self._database = database
        if service.handlers:
            platform.bus.subscribe(f"havn.{service.name}", self.consumer.topics, self.consumer.deliver)

    async def sweep(self) -> None:
        """Do what is due by the domain's clock. Each subject has transactions of its own; one that fails keeps no other back,
        and is raised at the end."""
        failures = []
        for sweep in self._service.sweeps:
            try:
                while await self._sweep_once(sweep):
                    pass
            except Exception as error:
                failures.append(error)
        if failures:
            raise failures[0]

    async def _sweep_once(self, sweep: Sweep) -> bool:
        async with self._database.transaction(Actor.system(self._service.name)) as work:
            return bool(await sweep(work))

    async def run(self) -> None:
        """Work until cancelled."""
        self._database.on_commit = self._wake
        async with asyncio.TaskGroup() as group:
            group.create_task(self.relay.run())
            if self._service.raises_alerts:
                group.create_task(self.alerts.run())
            group.create_task(self._sweep_now_and_then())

    def _wake(self, work: UnitOfWork) -> None:
        if work.events:
            self.relay.wake()
        if work.alerts:
            self.alerts.wake()

    async def _sweep_now_and_then(self) -> None:
        while True:
            await asyncio.sleep(self._platform.settings.sweep_seconds)
            try:
                await self.sweep()
            except Exception as error:
                log.error("sweep failed; it runs again", service=self._service.name, exc_info=error)


async def measure_lag(bus: Bus) -> None:
    """Say what each group has yet to handle, as a metric, until cancelled; the last number stands while Kafka is away."""
    while True:
        await asyncio.sleep(LAG_SECONDS)
        asking = asyncio.create_task(_note_lag(bus))
        try:
            await asyncio.shield(asking)
        except asyncio.CancelledError:
            await asking  # within seconds; a question that is broken off leaves its connections to Kafka open
            raise


async def _note_lag(bus: Bus) -> None:
    try:
        for (group, topic), count in (await bus.lag()).items():
            CONSUMER_LAG.labels(group, topic).set(count)
    except Exception as error:
        log.warning("the lag is not known", reason=type(error).__name__)


@asynccontextmanager
async def working(workers: Sequence[Worker], platform: Platform) -> AsyncIterator[None]:
    """The workers run, and the bus delivers, while the block lasts; then they end in order: nothing half done."""
    tasks = [asyncio.create_task(worker.run()) for worker in workers]
    lag = asyncio.create_task(measure_lag(platform.bus))
    await platform.bus.start()
    try:
        yield
    finally:
        lag.cancel()
        await platform.bus.stop()
        for task in tasks:
            task.cancel()
        for task in (*tasks, lag):
            with suppress(asyncio.CancelledError):
                await task
