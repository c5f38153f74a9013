"""Partners whose tokens come from an issuer of somebody else's make: a whole story, through a change of keys and an outage."""

import asyncio
import json
import subprocess
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from joserfc.jws import extract_compact

from tests.issuers import ForeignIssuer, Identity, keycloak, oidc_provider
from tests.shared.runtime.test_start import HAVN, ROOT, environment, free_port, wait_until_ready
from tools.story import Havn, play_sc01

pytestmark = [pytest.mark.slow, pytest.mark.kafka, pytest.mark.xdist_group("issuers")]

WHO_ACTS: Sequence[Identity] = (
    ("politi-oestjylland", "caseworker"),
    *(("cmm", role) for role in ("caseworker", "lawyer", "decider", "statistician")),
    ("us", "caseworker"),
    ("us", "decider"),
    ("reden", "caseworker"),
    ("reden", "facility_manager"),
)
OUTAGE_SECONDS = 4.0


@dataclass
class Place:
    """A Havn that believes a foreign issuer, and that issuer."""

    havn: Havn
    foreign: ForeignIssuer


def started(home: Path, port: int, **settings: str) -> subprocess.Popen[str]:
    given = environment(home, port, **settings)
    nowhere = subprocess.DEVNULL
    return subprocess.Popen(HAVN, cwd=ROOT, env=given, stdout=nowhere, stderr=nowhere, text=True)


@pytest.fixture(scope="module", params=[keycloak, oidc_provider], ids=["keycloak", "oidc-provider"])
async def place(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Place]:
    running: Callable[[Path, Sequence[Identity]], AbstractContextManager[ForeignIssuer]] = request.param
    with running(tmp_path_factory.mktemp("issuer"), WHO_ACTS) as foreign:
        folder, port = tmp_path_factory.mktemp("home"), free_port()
        issuers = folder / "issuers.json"
        trusted = {
            "issuer": foreign.issuer,
            "jwks_uri": foreign.jwks_uri,
            "organisations": [org for org, _ in WHO_ACTS],
        }
        issuers.write_text(json.dumps([trusted]))
        process = started(folder / "home", port, HAVN_ISSUERS=str(issuers))
        try:
            await asyncio.to_thread(wait_until_ready, process, port)
            async with httpx.AsyncClient(timeout=30, trust_env=False) as client:
                kept: dict[Identity, str] = {}

                async def token(org: str, role: str) -> str:
                    if (org, role) not in kept:
                        kept[org, role] = await asyncio.to_thread(foreign.token, org, role)
                    return kept[org, role]

                yield Place(Havn(f"http://127.0.0.1:{port}", client, token), foreign)
        finally:
            process.terminate()
            process.wait(30)


async def status_with(place: Place, token: str) -> int:
    headers = {"authorization": f"Bearer {token}"}
    return (
        await place.havn.client.get(f"{place.havn.origin}/referrals/v1/organisations?limit=1", headers=headers)
    ).status_code


async def test_tokens_are_taken_through_a_whole_story_a_change_of_keys_and_an_outage(place: Place) -> None:
    await play_sc01(place.havn)

    tokens = [await asyncio.to_thread(place.foreign.token, "us", "caseworker")]
    answers: list[int] = []
    is_over = asyncio.Event()

    async def ask_all_the_time() -> None:
        while not is_over.is_set():
            answers.extend([await status_with(place, token) for token in tokens])
            await asyncio.sleep(0.02)

    asking = asyncio.create_task(ask_all_the_time())
    await asyncio.to_thread(place.foreign.rotate)
    tokens.append(await asyncio.to_thread(place.foreign.token, "us", "caseworker"))
    await asyncio.sleep(1)
    old, new = (extract_compact(token.encode()).headers()["kid"] for token in tokens)
    assert old != new
    is_over.set()
    await asking
    assert len(answers) > 10
    assert set(answers) == {200}

    await asyncio.to_thread(place.foreign.stop)
    until, during = time.monotonic() + OUTAGE_SECONDS, []
    while time.monotonic() < until:
        during += [await status_with(place, token) for token in tokens]
        await asyncio.sleep(0.05)
    assert set(during) == {200}, "keys that were fetched hold while the issuer is away"


async def test_a_token_that_the_issuer_has_not_signed_is_refused(place: Place) -> None:
    forged = (await place.havn.token("us", "caseworker"))[:-8] + "AAAAAAAA"
    assert await status_with(place, forged) == 401
