"""One client's flood beside the others: how long they wait for their answers with it and without, in turns of one run."""

import asyncio
import multiprocessing
import statistics
import tempfile
import time
from pathlib import Path

import asyncpg

from benchmarks.figures import Figure, ratio
from benchmarks.started import havn_at, token_for
from shared.data.embedded import EmbeddedPostgres

PORT = 18301
ORIGIN = f"http://127.0.0.1:{PORT}"
ROUNDS, SECONDS = 5, 8.0
OF_CAPACITY = 0.15
"""Of what this machine can serve, so much is one client's rate, and so much do all the others ask together. Production's 50 a
second are that of a machine that serves 330."""
FLOODING = 16
"""Connections on which the flood asks as fast as it is answered."""
ASKING = ("politi-oestjylland", "us", "cmm", "amiami")
GOAL = 1.5
PATH = "/referrals/v1/referrals?limit=10"


def main() -> list[Figure]:
    with tempfile.TemporaryDirectory(prefix="havn-flood-") as home:
        server = EmbeddedPostgres(Path(home))
        asyncio.run(_wait_for_no_disk(server.url))
        try:
            with havn_at(PORT, home=home, database_url=server.url, HAVN_RATE_LIMIT="none"):
                capacity = _capacity()
            print(f"This machine serves {capacity:.0f} such requests a second.", flush=True)
            share = capacity * OF_CAPACITY
            rate = f"{share:.2f}/{max(1, round(4 * share))}"
            with havn_at(PORT, home=home, database_url=server.url, HAVN_RATE_LIMIT=rate):
                return _measure(share)
        finally:
            server.stop()


def _capacity() -> float:
    counts = multiprocessing.Array("i", [0, 0])
    _flood(token_for("reden", ORIGIN), 2.0, counts)
    counts[0] = 0
    _flood(token_for("reden", ORIGIN), SECONDS, counts)
    return float(counts[0] / SECONDS)


async def _wait_for_no_disk(url: str) -> None:
    """What is measured is Havn, not a disk that other programs use."""
    connection = await asyncpg.connect(url)
    await connection.execute("ALTER SYSTEM SET fsync = off")
    await connection.execute("ALTER SYSTEM SET synchronous_commit = off")
    await connection.execute("SELECT pg_reload_conf()")
    await connection.close()


def _measure(share: float) -> list[Figure]:
    pace = len(ASKING) / share  # of each, that all together ask as much as one client may
    _round(pace, flooded=False, seconds=3)
    quiet, flooded, served = [], [], []
    for turn in range(ROUNDS):
        times, _ = _round(pace, flooded=False)
        quiet.append(_p95(times))
        times, answered = _round(pace, flooded=True)
        flooded.append(_p95(times))
        served.append(answered)
        print(f"round {turn + 1} of {ROUNDS}: {quiet[-1]:.1f} ms alone, {flooded[-1]:.1f} ms beside it", flush=True)
    print(f"\nFlood  {len(ASKING)} clients, {1 / pace:.1f} requests a second each; the flood on {FLOODING} connections")
    print(f"  the others' p95 alone:     {statistics.median(quiet):6.1f} ms")
    print(f"  the others' p95 beside it: {statistics.median(flooded):6.1f} ms")
    taken, refused = (statistics.median(each[at] for each in served) / SECONDS for at in (0, 1))
    print(f"  the flood: {taken:.0f} a second answered, {refused:.0f} a second refused (rate {share:.1f})")
    return [Figure("flood", "the others' p95 beside one client's flood", "alone", ratio(flooded, quiet), f"<= {GOAL}")]


def _round(pace: float, *, flooded: bool, seconds: float = SECONDS) -> tuple[list[float], tuple[int, int]]:
    counts = multiprocessing.Array("i", [0, 0])
    # A process of its own: what it costs to ask is not to be measured.
    flood = multiprocessing.Process(target=_flood, args=(token_for("reden", ORIGIN), seconds, counts))
    if flooded:
        flood.start()
        time.sleep(0.5)
    times = asyncio.run(_ask([token_for(each, ORIGIN) for each in ASKING], pace, seconds - 1 if flooded else seconds))
    if flooded:
        flood.join()
    return times, (counts[0], counts[1])


async def _ask(tokens: list[str], pace: float, seconds: float) -> list[float]:
    """Milliseconds of every answer, each asked for at its own time, whether or not the one before has come."""
    times: list[float] = []

    async def once(token: str) -> None:
        started = time.perf_counter()
        status = await _get(await asyncio.open_connection("127.0.0.1", PORT), token, close=True)
        if status != 200:
            raise RuntimeError(f"an honest request was answered {status}")
        times.append((time.perf_counter() - started) * 1000)

    async with asyncio.TaskGroup() as group:
        until = time.perf_counter() + seconds
        while time.perf_counter() < until:
            for token in tokens:
                group.create_task(once(token))
                await asyncio.sleep(pace / len(tokens))
    return times


def _flood(token: str, seconds: float, counts: "multiprocessing.sharedctypes.SynchronizedArray[int]") -> None:
    async def one(until: float) -> None:
        line = await asyncio.open_connection("127.0.0.1", PORT)
        while time.perf_counter() < until:
            counts[0 if await _get(line, token) == 200 else 1] += 1
        line[1].close()

    async def all_of_them() -> None:
        await asyncio.gather(*(one(time.perf_counter() + seconds) for _ in range(FLOODING)))

    asyncio.run(all_of_them())


async def _get(line: tuple[asyncio.StreamReader, asyncio.StreamWriter], token: str, *, close: bool = False) -> int:
    reader, writer = line
    end = "connection: close\r\n" if close else ""
    writer.write(f"GET {PATH} HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer {token}\r\n{end}\r\n".encode())
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
    await reader.readexactly(int(head.split("content-length:")[1].split("\r\n")[0]))
    if close:
        writer.close()
    return int(head[9:12])


def _p95(times: list[float]) -> float:
    return statistics.quantiles(times, n=20)[18]
