"""The three programs that are compared, each as a process of its own: python -m benchmarks.servers NAME DATABASE_URL PORT."""

import asyncio
import json
import sys
from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import uvicorn
from fastapi import Depends, FastAPI
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlmodel import Field, SQLModel
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.types import ASGIApp

from services.everything import SERVICES
from shared.contract.directory import organisations
from shared.data.database import service_url
from shared.dev.development import Development
from shared.http.server import server_config
from shared.kernel.settings import Settings
from shared.runtime.platform import make_platform
from shared.runtime.service import create_app, database_of

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


def havn(database_url: str, port: int) -> tuple[ASGIApp, str, list[tuple[str, Sequence[Any]]]]:
    """Havn's referrals service without its worker; with a token, and the statements of its latest request."""
    settings = Settings(port=port)
    development = Development(settings, {entry.id: entry.kind for entry in organisations()})
    platform = make_platform(settings, server_url=database_url, client_id="havn-referrals", development=development)
    service = next(service for service in SERVICES if service.name == "referrals")
    database = database_of(service, platform)
    sent: list[tuple[str, Sequence[Any]]] = []

    @event.listens_for(database._engine.sync_engine, "before_cursor_execute")
    def note(_: Any, __: Any, statement: str, parameters: Any, ___: Any, many: bool) -> None:
        sent.append((statement, parameters if not many else parameters[0]))

    app = create_app(service, platform, database)
    token = development.issuer.token("politi-oestjylland")
    return app, token, sent


class PlainReferral(SQLModel, table=True):
    """The plain way: no seal, no audit, no outbox, no roles."""

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    kind: str
    channel: str
    urgency: str
    occurred_at: str
    municipality: str
    reason: str


class PlainSubject(SQLModel, table=True):
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    referral_id: UUID = Field(foreign_key="plainreferral.id")
    reference: str
    given_name: str
    stated_age: int
    citizenships: str


class PlainSubjectIn(SQLModel):
    reference: str
    given_name: str
    stated_age: int
    citizenships: list[str]


class PlainReferralIn(SQLModel):
    kind: str
    channel: str
    urgency: str
    occurred_at: str
    municipality: str
    reason: str
    subjects: list[PlainSubjectIn]


def plain(database_url: str) -> FastAPI:
    """FastAPI and SQLModel as their tutorials write them: two inserts and a commit."""
    engine = create_async_engine(service_url(database_url, "referrals"), pool_size=8, max_overflow=8)
    sessions = async_sessionmaker(engine, expire_on_commit=False)
    app = FastAPI()

    async def get_session() -> Any:
        async with sessions() as session:
            yield session

    @app.on_event("startup")
    async def make_tables() -> None:
        async with engine.begin() as connection:
            await connection.run_sync(
                lambda sync: SQLModel.metadata.create_all(sync, [PlainReferral.__table__, PlainSubject.__table__])  # type: ignore[attr-defined]
            )

    @app.post(PATH, status_code=201)
    async def submit(given: PlainReferralIn, session: AsyncSession = Depends(get_session)) -> dict[str, Any]:
        referral = PlainReferral(**given.model_dump(exclude={"subjects"}))
        session.add(referral)
        await session.flush()
        for subject in given.subjects:
            citizenships = ",".join(subject.citizenships)
            session.add(
                PlainSubject(
                    referral_id=referral.id, **subject.model_dump(exclude={"citizenships"}), citizenships=citizenships
                )
            )
        await session.commit()
        return {"referral_id": str(referral.id), "status": "submitted"}

    return app


def raw(database_url: str, statements: list[tuple[str, list[Any]]]) -> Starlette:
    """Starlette and asyncpg, sending the very statements that Havn sends, with values of the same kind; nothing else."""
    url = service_url(database_url, "referrals").set(drivername="postgresql").render_as_string(hide_password=False)
    pool: list[asyncpg.Pool[Any]] = []

    async def submit(request: Request) -> JSONResponse:
        await request.json()
        fresh: dict[Any, Any] = {}
        async with pool[0].acquire() as connection, connection.transaction():
            for statement, values in statements:
                await connection.fetch(statement, *[_fresh(value, fresh) for value in values])
        return JSONResponse({"referral_id": str(uuid4()), "status": "submitted"}, 201)

    async def open_pool() -> None:
        pool.append(await asyncpg.create_pool(url, min_size=8, max_size=16))

    app = Starlette(routes=[Route(PATH, submit, methods=["POST"])])
    app.router.lifespan_context = _lifespan(open_pool)
    return app


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
    if isinstance(value, list) and value and isinstance(value[0], str) and len(value[0]) == 36:
        return [str(_fresh(UUID(each), fresh)) for each in value]
    if isinstance(value, str) and '"key":' in value:
        told = json.loads(value)
        for row in told:
            row["key"] = str(_fresh(UUID(row["key"]), fresh))
        return json.dumps(told)
    return value


def serve(app: ASGIApp, port: int) -> None:
    uvicorn.Server(server_config(app, host="127.0.0.1", port=port)).run()


def main() -> None:
    name, database_url, port = sys.argv[1], sys.argv[2], int(sys.argv[3])
    if name == "havn":
        app, token, _ = havn(database_url, port)
        print(token, flush=True)
        serve(app, port)
    elif name == "plain":
        serve(plain(database_url), port)
    else:
        serve(raw(database_url, asyncio.run(_recorded(database_url))), port)


async def _recorded(database_url: str) -> list[tuple[str, list[Any]]]:
    """What one request makes Havn send, beyond opening and closing the transaction."""
    import httpx

    app, token, sent = havn(database_url, 1)
    headers = {"authorization": f"Bearer {token}", "idempotency-key": str(uuid4())}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://havn") as client:
        for _ in range(2):
            sent.clear()
            headers["idempotency-key"] = str(uuid4())
            answer = await client.post(PATH, json=BODY, headers=headers)
            assert answer.status_code == 201, answer.text
    return [(statement, list(values)) for statement, values in sent]


if __name__ == "__main__":
    main()
