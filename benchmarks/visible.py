"""P4: how long from the answer to a referral until its case is there in another service, at a steady pace: all of Havn in one
process on the bus within it; and its four APIs and four workers as processes of their own, on Apache Kafka, as `havn serve`
starts them. Of those eight the memory, too, that each has for itself (P8)."""

import asyncio
import json
import random
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg

from benchmarks.figures import Figure
from benchmarks.load import Lines
from benchmarks.people import person
from benchmarks.servers import BODY, PATH
from benchmarks.started import havn_at, token_for
from shared.data.database import address_of, service_url
from shared.data.embedded import EmbeddedPostgres
from tests.journeys.processes import Harbour
from tests.parts import SHORT_LIVED, RealKafka

PORT = 18303
PER_SECOND, PER_SECOND_APART, SECONDS = 10, 50, 20
GOAL_MS, GOAL_MB = 200, 500
_LOOK_SECONDS = 0.005
_OPENED = "SELECT DISTINCT referral_id FROM case_referral WHERE referral_id = ANY($1)"


def main() -> list[Figure]:
    with tempfile.TemporaryDirectory(prefix="havn-p4-") as home:
        server = EmbeddedPostgres(Path(home))
        try:
            with havn_at(PORT, home=home, database_url=server.url, HAVN_RATE_LIMIT="none") as origin:
                token = token_for("politi-oestjylland", origin)
                took = asyncio.run(_measure(Lines(PORT), token, server.url, PER_SECOND))
            apart, megabytes = asyncio.run(_apart(Path(home)))
        finally:
            server.stop()
    print(f"\nP8  MB that each of them has for itself: {', '.join(f'{each:.0f}' for each in megabytes)}")
    eight = "eight processes, each for itself, and of what they are forked from"
    return [
        _figure(took, PER_SECOND, "one process"),
        _figure(apart, PER_SECOND_APART, "eight processes on Kafka"),
        Figure("P8", f"memory of {eight}", "", f"**{sum(megabytes):.0f}** MB", f"<= {GOAL_MB} MB"),
    ]


def _figure(took: Sequence[float], per_second: int, where: str) -> Figure:
    p95 = statistics.quantiles(took, n=20)[-1] * 1000
    print(
        f"\nP4  {len(took)} referrals, {per_second} a second, {where}: median {statistics.median(took) * 1000:.0f} ms"
    )
    what = f"p95 until a case is there, {per_second} referrals a second, {where}"
    return Figure("P4", what, "", f"**{p95:.0f}** ms", f"< {GOAL_MS} ms")


async def _apart(folder: Path) -> tuple[list[float], list[float]]:
    """The same, eight processes, asked over TLS; and the MB that each of them, and the one that they are forked from, has for
    itself when all are ready."""
    # A broker has been up for weeks: what Java spends on compiling one that is new is no part of it.
    server, kafka = EmbeddedPostgres(folder / "apart"), RealKafka(folder, java=SHORT_LIVED)
    kafka.start()
    harbour = Harbour(folder, server.url, kafka.bootstrap, HAVN_RATE_LIMIT="none")
    try:
        await harbour.start()
        token = harbour.partner("politi-oestjylland").token
        megabytes = [*map(_megabytes_of, harbour.serving.values())]
        lines = Lines(harbour.ports["referrals api"], tls=harbour.trusted)
        return await _measure(lines, token, server.url, PER_SECOND_APART), megabytes
    finally:
        await harbour.close()
        kafka.wipe()
        server.stop()


def _megabytes_of(process: int) -> float:
    """What nobody shares with it (proc_pid_smaps(5)): a page of a library that eight have is there once."""
    lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith("Private_")) / 1024


async def _measure(lines: Lines, token: str, server_url: str, per_second: int) -> list[float]:
    url = service_url(server_url, "identification")
    looking = await asyncpg.connect(address_of(url))
    waiting: dict[UUID, float] = {}
    took: list[float] = []
    chance = random.Random(1)

    async def refer() -> None:
        headers = {"authorization": f"Bearer {token}", "idempotency-key": str(uuid4())}
        body = BODY | {"subjects": [_somebody(chance)]}
        answer = await lines.post(PATH, json.dumps(body).encode(), headers)
        waiting[UUID(answer["referral_id"])] = time.perf_counter()

    async def look() -> None:  # one looker for all, or many who wait would slow down what they wait for
        found = await looking.fetch(_OPENED, [*waiting])
        took.extend(time.perf_counter() - waiting.pop(row["referral_id"]) for row in found)
        await asyncio.sleep(_LOOK_SECONDS)

    for _ in range(per_second):  # to warm up
        await refer()
        while waiting:
            await look()
    took.clear()
    started = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for number in range(per_second * SECONDS):
            while time.perf_counter() < started + number / per_second:
                await look()
            group.create_task(refer())
        while len(took) < per_second * SECONDS:
            await look()
    lines.close()
    await looking.close()
    return took


def _somebody(chance: random.Random) -> dict[str, Any]:
    """Who is not like the others, so that it is not asked of each who else it may be."""
    return {"reference": "P01", **person(chance).recorded}
