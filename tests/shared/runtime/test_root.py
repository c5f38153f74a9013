"""What an address answers beside its services: the events' document, open to everybody; a page only where one is handed in."""

import asyncio
import json
from pathlib import Path

import httpx
import pytest
from fastapi import APIRouter
from starlette.types import ASGIApp

from services.everything import SERVICES
from shared.data.database import Database
from shared.kernel.settings import Settings
from shared.messaging.waking import Waker
from shared.runtime import running
from shared.runtime.root import root_app
from tests.contracts.served import free_port
from tests.shared.lone_service import COMMITTED
from tests.world import World

ASYNCAPI = (Path(__file__).parents[3] / "docs" / "asyncapi.json").read_text(encoding="utf-8")


async def test_asyncapi_is_open_to_everybody_and_is_the_file_in_docs(havn: World) -> None:
    served = await havn.client.get("/asyncapi.json")
    assert served.headers["content-type"] == "application/json"
    assert served.text == ASYNCAPI


async def test_what_is_not_there_is_404_as_everywhere(havn: World) -> None:
    for path in ("/", "/nothing", "/asyncapi.json/more"):
        answer = await havn.client.get(path)
        assert (path, answer.status_code, answer.json()["title"]) == (path, 404, "No such path")
    assert (await havn.client.post("/asyncapi.json")).status_code == 405


async def test_a_page_that_is_handed_in_answers() -> None:
    welcome = APIRouter()
    welcome.get("/")(lambda: "Welcome.")
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(root_app(welcome)), base_url="http://havn.test"
    ) as client:
        assert (await client.get("/")).json() == "Welcome."


@pytest.fixture
def apart(tmp_path: Path) -> Settings:
    """Of a service that is a process of its own."""
    issuer = {"issuer": "https://i.example", "jwks_uri": "https://i.example/jwks", "organisations": ["us"]}
    (tmp_path / "issuers.json").write_text(json.dumps([issuer]))
    return Settings(
        home=tmp_path,
        port=free_port(),
        kafka="127.0.0.1:1",
        issuers=tmp_path / "issuers.json",
        token_url="https://issuer.example/token",
    )


async def test_the_api_of_one_service_answers_it_too(
    databases: str, apart: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    async def ask(app: ASGIApp, *_: object, **__: object) -> None:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://havn.test") as client:
            asked.extend(
                [await client.get(path) for path in ("/asyncapi.json", "/referrals/openapi.json", "/stats/docs")]
            )

    monkeypatch.setattr(running, "serve", ask)
    await running.run_api(next(service for service in SERVICES if service.name == "referrals"), apart, databases)
    events, ours, theirs = asked
    assert events.text == ASYNCAPI
    assert ours.json()["info"]["title"] == "Havn referrals"
    assert theirs.status_code == 404


async def test_the_api_of_one_service_calls_the_relay_after_its_commits(
    databases: str, apart: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []

    class Noting(Waker):
        def __init__(self, database: Database) -> None:
            super().__init__(database)
            self._of = database

        async def run(self) -> None:
            self._of.on_commit(COMMITTED)
            await self._wake.wait()
            seen.append("woken")
            try:
                await asyncio.Event().wait()
            finally:
                seen.append("ended")

    async def wait(*_: object, **__: object) -> None:
        async with asyncio.timeout(15):
            while not seen:
                await asyncio.sleep(0.01)

    monkeypatch.setattr(running, "Waker", Noting)
    monkeypatch.setattr(running, "serve", wait)
    await running.run_api(next(service for service in SERVICES if service.name == "referrals"), apart, databases)
    await asyncio.sleep(0)
    assert seen == ["woken", "ended"]
