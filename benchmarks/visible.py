"""P4: how long from the answer to a referral until its case is there in another service, at a steady pace, all of Havn in one
process on the bus within it."""

import asyncio
import json
import random
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg

from benchmarks.figures import Figure
from benchmarks.load import post
from benchmarks.people import person
from benchmarks.servers import BODY, PATH
from benchmarks.started import havn_at, token_for
from shared.data.database import service_url
from shared.data.embedded import EmbeddedPostgres

PORT = 18303
PER_SECOND, SECONDS, GOAL_MS = 10, 20, 200
_LOOK_SECONDS = 0.005
_OPENED = "SELECT DISTINCT referral_id FROM case_referral WHERE referral_id = ANY($1)"


def main() -> list[Figure]:
    with tempfile.TemporaryDirectory(prefix="havn-p4-") as home:
        server = EmbeddedPostgres(Path(home))
        try:
            with havn_at(PORT, home=home, database_url=server.url, HAVN_RATE_LIMIT="none") as origin:
                took = asyncio.run(_measure(token_for("politi-oestjylland", origin), server.url))
        finally:
            server.stop()
    p95 = statistics.quantiles(took, n=20)[-1] * 1000
    print(f"\nP4  {len(took)} referrals, {PER_SECOND} a second: median {statistics.median(took) * 1000:.0f} ms")
    what = f"p95 until a case is there, {PER_SECOND} referrals a second, one process"
    return [Figure("P4", what, "", f"**{p95:.0f}** ms", f"< {GOAL_MS} ms")]


async def _measure(token: str, server_url: str) -> list[float]:
    url = service_url(server_url, "identification").set(drivername="postgresql")
    looking = await asyncpg.connect(url.render_as_string(hide_password=False))
    waiting: dict[UUID, float] = {}
    took: list[float] = []
    chance = random.Random(1)

    async def refer() -> None:
        answer = await post(PORT, PATH, json.dumps(BODY | {"subjects": [_somebody(chance)]}).encode(), _headers(token))
        waiting[UUID(answer["referral_id"])] = time.perf_counter()

    async def look() -> None:  # one looker for all, or many who wait would slow down what they wait for
        found = await looking.fetch(_OPENED, [*waiting])
        took.extend(time.perf_counter() - waiting.pop(row["referral_id"]) for row in found)
        await asyncio.sleep(_LOOK_SECONDS)

    for _ in range(PER_SECOND):  # to warm up
        await refer()
        while waiting:
            await look()
    took.clear()
    started = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for number in range(PER_SECOND * SECONDS):
            while time.perf_counter() < started + number / PER_SECOND:
                await look()
            group.create_task(refer())
        while len(took) < PER_SECOND * SECONDS:
            await look()
    await looking.close()
    return took


def _somebody(chance: random.Random) -> dict[str, Any]:
    """Who is not like the others, so that it is not asked of each who else it may be."""
    return {"reference": "P01", **person(chance).recorded}


def _headers(token: str) -> dict[str, Any]:
    return {"authorization": f"Bearer {token}", "idempotency-key": str(uuid4())}
