"""The programs that are compared, each as a process of its own: python -m benchmarks.servers NAME DATABASE_URL PORT."""

import json
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import uvicorn
import uvloop
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.types import ASGIApp

from benchmarks import plain
from services.everything import SERVICES
from shared.contract.directory import organisations
from shared.data.database import address_of, runtime_password, service_url
from shared.data.keys import key_provider
from shared.dev.development import Development
from shared.http.server import server_config
from shared.kernel.settings import Settings
from shared.runtime.platform import make_platform
from shared.runtime.service import create_app, database_of
from shared.runtime.serving import serve, take_port

PATH = "/referrals/v1/referrals"
BODY = {
    "kind": "identification",
    "channel": "police_operation",
    "urgency": "urgent",
    "occurred_at": "2026-03-02T09:30:00+01:00",
    "municipality": "0751",
    "reason": "Fourteen hours a day, passports held.",
    "subjects": [{"reference": "P01", "given_name": "Malee", "stated_age": 24, "citizenships": ["THA"]}],
}


def havn(database_url: str, port: int) -> tuple[ASGIApp, str]:
    """Havn's referrals service without its worker, and a token."""
    settings = Settings(port=port)
    development = Development(settings, {entry.id: entry.kind for entry in organisations()})
    platform = make_platform(settings, server_url=database_url, client_id="havn-referrals", development=development)
    service = next(service for service in SERVICES if service.name == "referrals")
    database = database_of(service, platform)
    app = create_app(service, platform, database)
    return app, development.issuer.token("politi-oestjylland")


def raw(database_url: str, path: str) -> Starlette:
    """Starlette and asyncpg, sending as the runtime role, under row level security, the nine statements that Havn sent for this
    request on 2026-11-26 (post_referral.json), with values of the same kind; nothing else. They stay as they were then: a Havn
    that sends fewer is faster for it."""
    settings = Settings()
    password = runtime_password(settings, key_provider(settings).ring())
    url = service_url(database_url, "referrals", role_password=password)
    statements = _frozen()
    pool: list[asyncpg.Pool[Any]] = []

    async def submit(request: Request) -> JSONResponse:
        await request.json()
        fresh: dict[Any, Any] = {}
        async with pool[0].acquire() as connection, connection.transaction():
            for statement, values in statements:
                await connection.fetch(statement, *[_fresh(value, fresh) for value in values])
        return JSONResponse({"referral_id": str(uuid4()), "status": "submitted"}, 201)

    async def open_pool() -> None:
        address = address_of(url)
        pool.append(await asyncpg.create_pool(address, min_size=8, max_size=16, reset=_no_reset))

    app = Starlette(routes=[Route(path, submit, methods=["POST"])])
    app.router.lifespan_context = _lifespan(open_pool)
    return app


async def _no_reset(_: Any) -> None:
    """Nothing outlives a transaction."""


def _frozen() -> list[tuple[str, list[Any]]]:
    kept = json.loads((Path(__file__).parent / "post_referral.json").read_text())
    return [(each["sql"], [_value(value) for value in each["values"]]) for each in kept]


def _value(kept: Any) -> Any:
    if isinstance(kept, list):
        return [_value(each) for each in kept]
    if not isinstance(kept, dict):
        return kept
    ((kind, text),) = kept.items()
    read: dict[str, Callable[[str], Any]] = {
        "uuid": UUID,
        "bytes": bytes.fromhex,
        "time": datetime.fromisoformat,
    }
    return read[kind](text)


def _lifespan(start: Any) -> Any:
    from contextlib import asynccontextmanager

    @asynccontextmanager
    async def run(_: Any) -> Any:
        await start()
        yield

    return run


def _fresh(value: Any, fresh: dict[Any, Any]) -> Any:
    """The same value, but for ids and hashes, which must be new in each request (and the same within it)."""
    if isinstance(value, UUID):
        return fresh.setdefault(value, uuid4())
    if isinstance(value, bytes) and len(value) == 32:
        return fresh.setdefault(value, uuid4().bytes + uuid4().bytes)
    if isinstance(value, list):
        return [_fresh(each, fresh) for each in value]
    if isinstance(value, str) and '"key":' in value:
        told = json.loads(value)
        for row in told:
            row["key"] = str(_fresh(UUID(row["key"]), fresh))
        return json.dumps(told)
    return value


def main() -> None:
    name, database_url, port = sys.argv[1], sys.argv[2], int(sys.argv[3])
    if name == "havn":
        app, token = havn(database_url, port)
        print(token, flush=True)
        settings = Settings(port=port)
        uvloop.run(serve(app, settings, take_port(settings), ready=lambda: None))
    else:
        app = {"tutorial": plain.tutorial, "plain": plain.asynchronous, "raw": raw}[name](database_url, PATH)
        uvicorn.Server(server_config(app, host="127.0.0.1", port=port)).run()


if __name__ == "__main__":
    main()
