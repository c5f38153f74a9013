"""`havn demo`: the raid of SC01 played line by line, from the referral to the figure, as its partners call it."""

import asyncio
import os
import secrets
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any
from uuid import uuid4

import httpx
from rich.console import Console
from rich.table import Table

from services.demo.facilities import open_facilities
from services.demo.raid import Raid, StepFailed
from shared.kernel.settings import Settings

START_SECONDS = 60


class Partners:
    """Organisations as clients of a running Havn: each gets its token from the issuer, as a partner does."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client
        self._tokens: dict[tuple[str, str], str] = {}

    async def ask(
        self, organisation: str, role: str, method: str, path: str, body: Any, **options: str
    ) -> httpx.Response:
        """Send one request as this organisation and role."""
        headers = {name.replace("_", "-"): value for name, value in options.items()}
        if method == "POST":
            headers.setdefault("idempotency-key", str(uuid4()))
        headers["authorization"] = f"Bearer {await self._token(organisation, role)}"
        content = {} if body is None else {"json": body}
        return await self._client.request(method, path, headers=headers, **content)

    async def _token(self, organisation: str, role: str) -> str:
        if (organisation, role) not in self._tokens:
            asked = {
                "grant_type": "client_credentials",
                "client_id": organisation,
                "client_secret": "dev",
                "role": role,
            }
            answer = await self._client.post("/oidc/token", data=asked)
            self._tokens[organisation, role] = answer.raise_for_status().json()["access_token"]
        return self._tokens[organisation, role]


def play(settings: Settings, out: Console) -> int:
    """Tell the story against a running Havn, or against one started for it; says the exit status."""
    try:
        if _answers(settings.origin):
            out.print(
                f"Playing against the Havn at {settings.origin}. Its clock is set to March 2026 and let go afterwards.\n",
                soft_wrap=True,
            )
            asyncio.run(_play(settings.origin, out))
        else:
            with _havn_of_its_own(out) as origin:
                asyncio.run(_play(origin, out))
    except (StepFailed, httpx.HTTPError) as error:
        out.print(f"\nThe story stopped: {error}", style="red", soft_wrap=True)
        return 1
    return 0


def _answers(origin: str) -> bool:
    with suppress(httpx.HTTPError):
        return httpx.get(f"{origin}/stats/health/ready", trust_env=False, timeout=2).status_code == 200
    return False


@contextmanager
def _havn_of_its_own(out: Console) -> Iterator[str]:
    """A Havn on a database that is thrown away afterwards."""
    port = 8790
    origin = f"http://127.0.0.1:{port}"
    out.print("No Havn is running; starting one on a database that is thrown away.\n")
    with tempfile.TemporaryDirectory(prefix="havn-demo-") as home:
        environment = os.environ | {"HAVN_HOME": home, "HAVN_PORT": str(port), "HAVN_PUBLIC_ORIGIN": ""}
        process = subprocess.Popen(
            [sys.executable, "-m", "services"], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        )
        try:
            until = time.monotonic() + START_SECONDS
            while not _answers(origin):
                if process.poll() is not None or time.monotonic() > until:
                    said = process.stderr.read().decode().strip() if process.stderr else ""
                    raise StepFailed(f"Havn did not start. {said}")
                time.sleep(0.1)
            yield origin
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(15)


async def _play(origin: str, out: Console) -> None:
    async with httpx.AsyncClient(base_url=origin, trust_env=False, timeout=30) as client:
        raid = Raid(Partners(client).ask, identifier=f"740598{secrets.randbelow(10)}{secrets.token_hex(2).upper()}")
        try:
            await _story(raid, out)
        finally:
            await client.put("/dev/clock", json={"now": None})


async def _story(raid: Raid, out: Console) -> None:
    def line(day: str, what: str) -> None:
        out.print(f"[bold]{day}[/bold]  {what}", soft_wrap=True)

    before = sum(row["count"] for row in (await raid.figure(expected=0))["rows"])
    await raid.refer()
    line("2 March", f"Østjyllands Politi refers three women: referral {raid.referral_id}")
    for name, routing in (await raid.routings()).items():
        line("       ", f"{name}: rule {routing['rule']} says {routing['authority']}. {routing['why']}")
    await raid.settle()
    line("       ", "A lawyer of CMM settles P01 and P02: CMM decides.")
    await raid.interview()
    line("3-4 Mar", "CMM interviews all three with a Thai interpreter.")
    await raid.decide()
    line("9 March", "CMM recommends. CMM decides P01 trafficked and P02 not; US decides P03 trafficked.")
    for name, period in (await raid.grant()).items():
        line("       ", f"{name}: {period['kind']} period to {period['ends_on']}, at most to {period['cap_on']}.")
    await raid.open_shelter()
    line("       ", "Reden has a shelter in Jutland with two places, at a secret address.")
    for organisation, name in (("cmm", "P01"), ("us", "P03")):
        placement = await raid.place(organisation, name)
        payer = await raid.payer_of(organisation, placement)
        line("       ", f"{name} has {placement['status']} at the shelter; {payer} pays.")
    third = await raid.request_place("cmm", "P02")
    line("       ", _room_for_another(raid, third["matches"]))
    names = await open_facilities(raid)
    line("       ", f"For whoever comes next there are {', '.join(names)}: a facility of each kind, with room.")
    table = await raid.figure(expected=before + 2)
    counted = sum(row["count"] for row in table["rows"])
    out.print(
        f"\n[bold]Persons assessed as trafficked[/bold], as of {table['as_of']}: {_counted(counted, before)}",
        soft_wrap=True,
    )
    shown = Table(*(name.replace("_", " ") for name in table["dimensions"]), "persons")
    for row in table["rows"]:
        shown.add_row(*(str(row[name]) for name in table["dimensions"]), str(row["count"]))
    out.print(shown)


def _room_for_another(raid: Raid, matches: dict[str, Any]) -> str:
    """What the matching found for somebody who comes when both places are taken."""
    elsewhere = len(matches["items"]) - len(raid.places_of_the_shelter(matches))
    if elsewhere < len(matches["items"]):
        return f"The shelter still has room: {_count(len(matches['items']) - elsewhere)} there would do for P02."
    if not elsewhere:
        return "Both places of the shelter are taken, and no other facility has one for P02."
    return f"Both places of the shelter are taken; elsewhere {_count(elsewhere)} would do for P02."


def _count(count: int) -> str:
    return "one place" if count == 1 else f"{count} places"


def _counted(counted: int, before: int) -> str:
    """How many there are now, and how many of them are this story's."""
    if not before:
        return f"{counted}, both from this raid" if counted == 2 else str(counted)
    return f"{counted}, of whom {before} were counted before this raid"
