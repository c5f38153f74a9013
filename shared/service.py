"""A service as the four of them are: what it is made of, its web application, its worker, its migration."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime

from fastapi import APIRouter, FastAPI, Response
from sqlalchemy import MetaData
from sqlalchemy.ext.asyncio import AsyncSession

from shared.auth import Actor
from shared.consumer import Consumer, Handlers
from shared.db import Database, service_url
from shared.endpoint import Endpoint
from shared.errors import problem, render_errors
from shared.logs import log
from shared.metrics import EXPOSITION_TYPE, exposition
from shared.outbox import Relay
from shared.platform import Platform
from shared.telemetry import Telemetry

MAX_BODY_BYTES = 1024 * 1024

Sweep = Callable[[AsyncSession, datetime], Awaitable[None]]
"""Does what the clock makes due; it may run at any time and any number of times."""


@dataclass(frozen=True, slots=True)
class Service:
    """What sets one service apart from the others."""

    name: str
    description: str
    router: APIRouter
    handlers: Handlers
    metadata: MetaData
    sweep: Sweep | None = None


def service_router() -> APIRouter:
    """A router whose endpoints all go through `Endpoint`."""
    return APIRouter(route_class=Endpoint)


def database_of(service: Service, platform: Platform) -> Database:
    """The service's database, as its runtime role."""
    url = service_url(platform.server_url, service.name, role_password=platform.runtime_password)
    return Database(url, ring=platform.ring, clock=platform.clock)


def create_app(service: Service, platform: Platform, database: Database) -> FastAPI:
    """The service's web application: `/{service}/v1/...`, docs, health and metrics."""
    base = f"/{service.name}"
    app = FastAPI(
        title=f"Havn {service.name}",
        version="1",
        description=service.description,
        openapi_url=f"{base}/openapi.json",
        docs_url=None if platform.settings.is_production else f"{base}/docs",
        redoc_url=None,
        responses=_PROBLEMS,
        max_body_size=MAX_BODY_BYTES,
        redirect_slashes=False,
    )
    app.state.platform = platform
    app.state.database = database
    app.include_router(service.router, prefix=f"{base}/v1")
    app.include_router(_operations(database), prefix=base)
    render_errors(app)
    _describe_security(app, platform)
    app.add_middleware(Telemetry, service=service.name)
    return app


_PROBLEM = {
    "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
}
_PROBLEMS: dict[int | str, dict[str, object]] = {
    status: {"description": description, **_PROBLEM}
    for status, description in {
        400: "The request could not be read.",
        401: "No valid token, or one that is not sure enough.",
        403: "The token lacks a scope or role.",
        404: "Does not exist, or is not yours.",
        409: "The state does not allow it; the answer says what it does allow.",
        412: "Changed since you read it.",
        413: "Larger than 1 MiB.",
        415: "Not JSON in UTF-8.",
        422: "Not as this contract says; `errors` says where.",
        428: "If-Match is missing.",
        503: "The database is away; try again.",
    }.items()
}
_PROBLEM_SCHEMA = {
    "type": "object",
    "description": "RFC 9457. `type` ends in the error's name.",
    "required": ["type", "title", "status", "detail", "instance", "trace_id"],
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "instance": {"type": "string"},
        "trace_id": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {"type": "object", "properties": {"loc": {"type": "array"}, "msg": {"type": "string"}}},
        },
    },
}


def _describe_security(app: FastAPI, platform: Platform) -> None:
    made = app.openapi

    def openapi() -> dict[str, object]:
        schema = made()
        components = schema.setdefault("components", {})
        components.setdefault("schemas", {})["Problem"] = _PROBLEM_SCHEMA
        components["securitySchemes"] = {
            "oidc": {
                "type": "openIdConnect",
                "openIdConnectUrl": f"{platform.settings.origin}/oidc/.well-known/openid-configuration",
            }
        }
        return schema

    app.openapi = openapi  # type: ignore[method-assign]


def _operations(database: Database) -> APIRouter:
    """Health and metrics: for the platform, open, and without data about anybody."""
    router = APIRouter(include_in_schema=False)

    @router.get("/health/live")
    async def live() -> dict[str, str]:
        return {"status": "alive"}

    @router.get("/health/ready")
    async def ready() -> Response:
        try:
            async with asyncio.timeout(3):
                await database.ping()
        except Exception as error:
            log.warning("not ready", reason=type(error).__name__)
            return problem(name="NotReady", status=503, detail="The database does not answer.")
        return Response('{"status":"ready"}', media_type="application/json")

    @router.get("/metrics")
    async def metrics() -> Response:
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
            clock=platform.clock,
            peers=platform.peers,
        )
        self.relay = Relay(service.name, database.url, platform.bus, poll_seconds=platform.settings.relay_poll_seconds)
        self._service = service
        self._platform = platform
        self._database = database
        if service.handlers:
            platform.bus.subscribe(f"havn.{service.name}", self.consumer.topics, self.consumer.deliver)

    async def sweep(self) -> None:
        """Do what is due by the domain's clock."""
        if self._service.sweep:
            async with self._database.transaction(Actor.system(self._service.name)) as session:
                await self._service.sweep(session, self._platform.clock.now())

    async def run(self) -> None:
        """Work until cancelled."""
        self._database.on_commit = self.relay.wake
        async with asyncio.TaskGroup() as group:
            group.create_task(self.relay.run())
            group.create_task(self._sweep_now_and_then())

    async def _sweep_now_and_then(self) -> None:
        while True:
            await asyncio.sleep(self._platform.settings.sweep_seconds)
            try:
                await self.sweep()
            except Exception as error:
                log.error("sweep failed; it runs again", service=self._service.name, exc_info=error)


@asynccontextmanager
async def working(workers: Sequence[Worker], platform: Platform) -> AsyncIterator[None]:
    """The workers run, and the bus delivers, while the block lasts; then they end in order: nothing half done."""
    tasks = [asyncio.create_task(worker.run()) for worker in workers]
    await platform.bus.start()
    try:
        yield
    finally:
        await platform.bus.stop()
        for task in tasks:
            task.cancel()
        for task in tasks:
            with suppress(asyncio.CancelledError):
                await task
