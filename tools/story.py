"""SC01, and a stream of referrals, played against a Havn that runs elsewhere, with tokens of its Keycloak.

    python -m tools.story sc01 --origin https://localhost:8443 --realm http://127.0.0.1:8080/realms/havn --trust root.crt
    python -m tools.story crowd --until FILE ...     refers until FILE is there; not one request may fail, no event be lost

Used by tools/compose-check and tools/cluster-check."""

import argparse
import asyncio
import secrets
import ssl
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx

from services.demo.raid import Raid
from shared.identity.keycloak_realm import DEVELOPMENT_SECRET
from shared.kernel.clock import COPENHAGEN
from tests.journeys.crowd import referral
from tests.journeys.processes import moved

NAMES = ("accommodation", "identification", "referrals", "stats")
AT_ONCE = 3
PAUSE_SECONDS = 0.3
"""Some eight a second in all, which two cores also make cases of, with everything else on them."""
RENEWED_SECONDS = 120.0
SETTLED_SECONDS = 180.0
"""When for so long not one more has arrived, what is missing is lost; a slow machine may take longer for all of them."""
LOOKED_AT = 20
BEGUN = "crowd: the first referral is taken"
"""What the checks wait for before they take something away: on a busy machine it takes long until the first request is sent."""
REFERRALS = "/referrals/v1/referrals"


@dataclass
class Havn:
    """One that is reached through its proxy, or, where it has none, at an address for each service."""

    origin: str
    client: httpx.AsyncClient
    token: Callable[[str, str], Awaitable[str]]
    """An access token of this organisation in this role."""

    async def ask(self, org: str, role: str, method: str, path: str, body: Any, **options: str) -> httpx.Response:
        """Send one request as this organisation and role; what it tells has happened up to now."""
        headers = {name.replace("_", "-"): value for name, value in options.items()}
        if method == "POST":
            headers.setdefault("idempotency-key", str(uuid4()))
        headers["authorization"] = f"Bearer {await self.token(org, role)}"
        content = {} if body is None else {"json": moved(body)}
        service = path.split("/")[1]
        address = self.origin.format(service=service, number=NAMES.index(service) + 1) + path
        return await self.client.request(method, address, headers=headers, **content)


@dataclass
class Realm:
    """Keycloak's, as `havn keycloak-realm --development` made it; a token is asked for anew before it runs out."""

    address: str
    client: httpx.AsyncClient
    _kept: dict[tuple[str, str], tuple[str, float]] = field(default_factory=dict)

    async def token(self, org: str, role: str) -> str:
        found, until = self._kept.get((org, role), ("", 0.0))
        if time.monotonic() < until:
            return found
        asked = {
            "grant_type": "client_credentials",
            "client_id": org,
            "client_secret": DEVELOPMENT_SECRET,
            "scope": f"role:{role}",
        }
        answer = await self.client.post(f"{self.address}/protocol/openid-connect/token", data=asked)
        token: str = answer.raise_for_status().json()["access_token"]
        self._kept[org, role] = (token, time.monotonic() + RENEWED_SECONDS)
        return token


async def play_sc01(havn: Havn) -> None:
    """The whole story, from the raid to the figure."""
    identifier = f"740598{secrets.randbelow(10)}{secrets.token_hex(2).upper()}"
    raid = Raid(havn.ask, sets_clock=False, identifier=identifier)
    year = datetime.now(COPENHAGEN).year
    before = sum(row["count"] for row in (await raid.figure(expected=0, year=year))["rows"])
    await raid.refer()
    await raid.settle()
    await raid.interview()
    await raid.decide()
    await raid.grant()
    table = await raid.figure(expected=before + 2, year=year)
    counted = sum(row["count"] for row in table["rows"]) - before
    if counted != 2:
        raise SystemExit(f"SC01: {counted} persons are counted instead of 2.")
    await asyncio.sleep(3)  # accommodation hears of it as statistics did
    await raid.open_shelter()
    placements = [await raid.place("cmm", "P01"), await raid.place("us", "P03")]
    assert {each["status"] for each in placements} == {"arrived"}, placements
    print(f"SC01: referral {raid.referral_id}, two persons counted, two placed")


class Stream:
    """Referrals, some at once, until it is told to stop; `promised` are those that were answered 201."""

    def __init__(self, havn: Havn) -> None:
        self._havn = havn
        self.promised: list[str] = []
        self.answers: Counter[str] = Counter()

    async def run(self, until: Path) -> None:
        await asyncio.gather(*(self._refer(until) for _ in range(AT_ONCE)))

    async def _refer(self, until: Path) -> None:
        while not until.exists():  # noqa: ASYNC240  (a few times a second)
            try:
                answer = await self._havn.ask("reden", "caseworker", "POST", REFERRALS, referral(1))
            except httpx.TransportError as error:
                self.answers[type(error).__name__] += 1
                continue
            self.answers[str(answer.status_code)] += 1
            if answer.status_code == 201:
                if not self.promised:
                    print(BEGUN, flush=True)
                self.promised.append(answer.json()["referral_id"])
            await asyncio.sleep(PAUSE_SECONDS)

    async def lost(self) -> list[str]:
        """The promised referrals for whose people no case has been opened, nor told of, when everything had its time."""
        waiting, until = list(self.promised), time.monotonic() + SETTLED_SECONDS
        while waiting and time.monotonic() < until:
            looked_at, waiting = waiting[:LOOKED_AT], waiting[LOOKED_AT:]
            missing = [each for each in looked_at if not await self._has_its_cases(each)]
            if len(missing) < len(looked_at):
                until = time.monotonic() + SETTLED_SECONDS
            if missing:
                await asyncio.sleep(0.5)
            waiting += missing
        return sorted(waiting)

    async def _has_its_cases(self, referral_id: str) -> bool:
        path = f"{REFERRALS}/{referral_id}?purpose=support"
        answer = await self._havn.ask("reden", "caseworker", "GET", path, None)
        return answer.status_code == 200 and all(each["case_id"] for each in answer.json()["subjects"])


async def play_crowd(havn: Havn, until: Path) -> None:
    stream = Stream(havn)
    await stream.run(until)
    failed = sum(count for answer, count in stream.answers.items() if answer != "201")
    lost = await stream.lost()
    print(
        f"crowd: {len(stream.promised)} referrals taken, {failed} requests failed, {len(lost)} events lost",
        dict(stream.answers),
    )
    if failed or lost or not stream.promised:
        raise SystemExit(1)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("story", choices=["sc01", "crowd"])
    parser.add_argument(
        "--origin", required=True, help="where Havn is; {service} stands for the service, {number} for its place"
    )
    parser.add_argument("--realm", required=True, help="Keycloak's realm")
    parser.add_argument("--trust", type=Path, help="PEM file of who signed the proxy's certificate")
    parser.add_argument("--until", type=Path, help="the crowd ends when this file is there")
    return parser.parse_args()


async def main() -> None:
    asked = arguments()
    trusted = ssl.create_default_context(cafile=asked.trust) if asked.trust else True
    async with httpx.AsyncClient(verify=trusted, timeout=30, trust_env=False) as client:
        havn = Havn(asked.origin, client, Realm(asked.realm, client).token)
        await (play_sc01(havn) if asked.story == "sc01" else play_crowd(havn, asked.until))


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
