"""Who is ready: a worker that can do all of its work; an API that can take what comes, and has once shown that it is known."""

import asyncio
import subprocess
import sys
import time
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import make_url

from services.everything import SERVICES
from shared.http.peers import IssuedTokens, PeerAway
from shared.kernel.settings import Settings
from shared.runtime import readiness
from shared.runtime.readiness import Readiness
from shared.runtime.service import create_app, create_operations_app, database_of
from tests.shared.runtime.test_exposure import production
from tests.shared.runtime.test_start import ROOT, environment, free_port
from tests.world import World


class Tokens:
    def __init__(self) -> None:
        self.trouble: str | None = None
        self.asked = 0

    async def token(self) -> str:
        self.asked += 1
        if self.trouble:
            raise PeerAway(self.trouble)
        return "token"

    def forget(self) -> None:
        pass


class Database:
    async def ping(self) -> None:
        pass


class Platform:
    def __init__(self) -> None:
        self.tokens = Tokens()
        self.bus: Any = type("Bus", (), {"healthy": None})()

    def tokens_of(self, _: str) -> Tokens:
        return self.tokens


@pytest.fixture
def platform() -> Platform:
    return Platform()


@pytest.fixture(autouse=True)
def _asks_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readiness, "TOKEN_SECONDS", 0.0)


def of(platform: Platform, *, is_worker: bool) -> Readiness:
    return Readiness("referrals", Database(), platform, is_worker=is_worker)  # type: ignore[arg-type]


@pytest.mark.parametrize("is_worker", [True, False])
async def test_whose_own_service_gets_no_token_is_not_ready_and_says_why(platform: Platform, is_worker: bool) -> None:
    asked = of(platform, is_worker=is_worker)
    platform.tokens.trouble = "The token issuer refuses havn-referrals (HTTP 401)."
    assert await asked.trouble() == (
        "The token issuer refuses havn-referrals (HTTP 401). See HAVN_TOKEN_URL and HAVN_SERVICE_CLIENT_SECRET."
    )
    platform.tokens.trouble = None
    assert await asked.trouble() is None


async def test_an_issuer_that_goes_away_later_keeps_no_referral_out(platform: Platform) -> None:
    api, worker = of(platform, is_worker=False), of(platform, is_worker=True)
    assert (await api.trouble(), await worker.trouble()) == (None, None)
    platform.tokens.trouble = "Away."
    assert await api.trouble() is None
    assert await worker.trouble() is not None


async def test_only_a_worker_waits_for_the_bus(platform: Platform) -> None:
    platform.bus.healthy = "Group stats has not reached Kafka yet."
    assert await of(platform, is_worker=False).trouble() is None
    assert await of(platform, is_worker=True).trouble() == "Group stats has not reached Kafka yet."


async def test_probes_do_not_make_us_ask_the_issuer_each_time(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readiness, "TOKEN_SECONDS", 60.0)
    asked = of(platform, is_worker=True)
    platform.tokens.trouble = "Away."
    for _ in range(5):
        assert await asked.trouble() is not None
    assert platform.tokens.asked == 1


async def test_who_asks_while_the_issuer_is_asked_is_not_said_to_be_ready(platform: Platform) -> None:
    goes_on = asyncio.Event()

    async def slow() -> str:
        await goes_on.wait()
        raise PeerAway("Away.")

    platform.tokens.token = slow  # type: ignore[method-assign]
    asked = of(platform, is_worker=False)
    waiting = [asyncio.create_task(asked.trouble()) for _ in range(3)]
    await asyncio.sleep(0.01)
    goes_on.set()
    assert None not in await asyncio.gather(*waiting)


@pytest.mark.parametrize("answer", [{"error": "invalid_client"}, [], {"access_token": "t", "expires_in": "soon"}])
async def test_an_answer_that_is_no_token_is_an_issuer_that_is_away(answer: Any) -> None:
    transport = httpx.MockTransport(lambda _: httpx.Response(200, json=answer))
    async with httpx.AsyncClient(transport=transport) as client:
        with pytest.raises(PeerAway, match="No token from the issuer for havn-stats"):
            await IssuedTokens(client, "https://i.example/token", client_id="havn-stats", secret="s").token()


async def test_a_refusal_of_the_issuer_is_said_with_its_status() -> None:
    transport = httpx.MockTransport(lambda _: httpx.Response(401))
    async with httpx.AsyncClient(transport=transport) as client:
        with pytest.raises(PeerAway, match=r"The token issuer refuses havn-stats \(HTTP 401\)"):
            await IssuedTokens(client, "https://i.example/token", client_id="havn-stats", secret="s").token()


async def test_where_operations_have_a_port_of_their_own_they_are_there_alone(havn: World, tmp_path: Path) -> None:
    service = next(each for each in SERVICES if each.name == "referrals")
    platform = havn.application.platform
    apart = type(platform)(
        **{name: getattr(platform, name) for name in platform.__dataclass_fields__}
        | {"settings": Settings(home=tmp_path, operations_port=free_port())}
    )
    database = havn.application.databases["referrals"]
    api = create_app(service, apart, database)
    operations = create_operations_app(service, apart, database, api=api)
    paths = [f"/referrals/{path}" for path in ("health/live", "health/ready", "metrics", "openapi.json")]
    for app, status in ((api, 404), (operations, 200)):
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://havn.test") as client:
            answers = {path: (await client.get(path)).status_code for path in paths}
            assert answers == dict.fromkeys(paths, status)
            assert (await client.get("/referrals/v1/referrals")).status_code == (401 if status == 404 else 404)


@pytest.mark.row(157)
async def test_who_lives_says_which_release_it_is_with_or_without_a_database(havn: World, tmp_path: Path) -> None:
    service = next(each for each in SERVICES if each.name == "referrals")
    platform = havn.application.platform
    built = replace(platform, settings=Settings(home=tmp_path, commit="0123abcd"))
    away = database_of(service, replace(built, server_url="postgresql://127.0.0.1:9/havn"))
    app = create_operations_app(service, built, away)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://havn.test") as client:
        live, ready = await client.get("/referrals/health/live"), await client.get("/referrals/health/ready")
    await away.close()
    assert (live.status_code, live.json()) == (
        200,
        {"status": "alive", "version": version("havn"), "commit": "0123abcd"},
    )
    assert (ready.status_code, ready.json()["detail"]) == (503, "The database does not answer.")


@pytest.mark.slow
def test_production_without_a_token_of_its_own_is_not_ready_and_its_port_for_partners_shows_nothing(
    server_url: str, tmp_path: Path
) -> None:
    settings = production(tmp_path)
    url = make_url(server_url).set(database="production").render_as_string(hide_password=False)
    port, operations = free_port(), free_port()
    given = environment(
        tmp_path / "home",
        port,
        HAVN_ENV="production",
        HAVN_DATABASE_URL=url,
        HAVN_ISSUERS=str(settings.issuers),
        HAVN_MASTER_KEY="AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        HAVN_TOKEN_URL=f"https://127.0.0.1:{free_port()}/token",
        HAVN_SERVICE_CLIENT_SECRET="known",
        HAVN_OPERATIONS_PORT=str(operations),
        HAVN_PUBLIC_ORIGIN="https://havn.example",
    )
    process = subprocess.Popen([sys.executable, "-m", "services"], cwd=ROOT, env=given, stderr=subprocess.PIPE)
    try:
        ready = asyncio.run(_first_answer(f"http://127.0.0.1:{operations}/referrals/health/ready", process))
        assert ready.status_code == 503
        assert "No token from the issuer for havn-referrals (ConnectError)" in ready.json()["detail"]
        with httpx.Client(trust_env=False, headers={"host": "havn.example"}) as client:
            ours = f"http://127.0.0.1:{port}"
            for path in ("/referrals/health/ready", "/referrals/metrics", "/referrals/openapi.json", "/oidc/jwks"):
                assert client.get(ours + path).json()["type"].endswith("/NoSuchPath")
            assert client.get(f"{ours}/referrals/v1/referrals").status_code == 401
            assert client.get(ours, headers={"host": "evil.example"}).status_code == 421
            assert "openapi" not in client.get(ours).text
    finally:
        process.terminate()
        _, said = process.communicate(timeout=20)
    assert process.returncode == 0, said


async def _first_answer(url: str, process: "subprocess.Popen[bytes]") -> httpx.Response:
    until = time.monotonic() + 120
    async with httpx.AsyncClient(trust_env=False, timeout=20) as client:
        while time.monotonic() < until and process.poll() is None:
            try:
                return await client.get(url)
            except httpx.TransportError:
                await asyncio.sleep(0.2)
    process.kill()
    raise AssertionError(process.communicate())
