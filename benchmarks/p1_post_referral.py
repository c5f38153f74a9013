"""P1: an authenticated, audited, sealed POST /referrals/v1/referrals, beside (a) the same SQL sent by a raw program and
(b) the plain FastAPI + SQLModel way, as their tutorials have it and asynchronous: of the API alone, and, beside the latter, of
all of `havn up` with its workers in one process. They take turns in one run; ratios with their spread are what counts, of
requests, of the CPU time that a process needs for one, and of how long the slowest wait at half the load that each can bear."""

import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

from benchmarks.figures import Figure, ratio
from benchmarks.load import paced, rate, request
from benchmarks.servers import BODY, PATH
from benchmarks.started import havn_at, token_for
from shared.data.embedded import EmbeddedPostgres
from shared.kernel.settings import Settings
from shared.runtime.running import migrate_all

ROUNDS, SECONDS, WARM_UP = 7, 4.0, 2.0
PORTS = {"havn": 18101, "raw": 18102, "plain": 18103, "tutorial": 18105}
WHOLE_PORT = 18104
_RAW = "raw Starlette + asyncpg, nine statements"
_PLAIN, _TUTORIAL = (
    "plain FastAPI + SQLModel, asynchronous on asyncpg",
    "plain FastAPI + SQLModel, as in their tutorials",
)


def main() -> list[Figure]:
    with tempfile.TemporaryDirectory(prefix="havn-p1-") as folder:
        home = Path(folder)
        server = EmbeddedPostgres(home)
        processes = []
        try:
            os.environ["HAVN_HOME"] = str(home)
            asyncio.run(migrate_all(["referrals"], Settings(home=home), server.url))
            processes = [_start(name, server.url, port) for name, port in PORTS.items()]
            token = (processes[0].stdout.readline() if processes[0].stdout else b"").decode().strip()
            for port in PORTS.values():
                _wait_for(port)
            pids = {name: each.pid for name, each in zip(PORTS, processes, strict=True)}
            figures = asyncio.run(_measure(token, pids))
            with havn_at(WHOLE_PORT, home=folder, database_url=server.url, HAVN_RATE_LIMIT="none") as origin:
                return figures + asyncio.run(_measure_whole(token_for("politi-oestjylland", origin)))
        finally:
            for process in processes:
                process.terminate()
                process.wait()
            server.stop()


def _start(name: str, url: str, port: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-m", "benchmarks.servers", name, url, str(port)], stdout=subprocess.PIPE)


def _wait_for(port: int) -> None:
    for _ in range(200):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=1)
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"nothing answers at port {port}")


def _asking(token: str | None) -> Callable[[], bytes]:
    """What makes the request: with a token and a key of its own each time, or the same for a program that asks for neither."""
    body = json.dumps(BODY).encode()
    if token is None:
        same = request(PATH, body, {})
        return lambda: same
    return lambda: request(PATH, body, {"authorization": f"Bearer {token}", "idempotency-key": str(uuid4())})


async def _measure(token: str, processes: dict[str, int]) -> list[Figure]:
    ask = {name: _asking(token if name == "havn" else None) for name in PORTS}
    for name, port in PORTS.items():
        await rate(port, ask[name], seconds=WARM_UP)
    rates: dict[str, list[float]] = {name: [] for name in PORTS}
    costs: dict[str, list[float]] = {name: [] for name in PORTS}
    tails: dict[str, list[float]] = {name: [] for name in PORTS}
    for turn in range(ROUNDS):
        for name, port in PORTS.items():
            before = _cpu_seconds(processes[name])
            rates[name].append(await rate(port, ask[name], seconds=SECONDS))
            costs[name].append((_cpu_seconds(processes[name]) - before) / (rates[name][-1] * SECONDS) * 1e6)
            took = sorted(await paced(port, ask[name], per_second=rates[name][-1] / 2, seconds=SECONDS))
            tails[name].append(took[int(len(took) * 0.99)] / statistics.median(took))
        said = (f"{name} {rates[name][-1]:.0f}/s, {costs[name][-1]:.0f} us CPU" for name in PORTS)
        print(f"round {turn + 1} of {ROUNDS}: " + "; ".join(said), flush=True)
    print("\nP1  POST /referrals/v1/referrals, one process each, 16 connections")
    return [
        Figure("P1", "requests", _RAW, ratio(rates["havn"], rates["raw"]), ">= 0.6"),
        Figure("P1", "CPU", _RAW, ratio(costs["havn"], costs["raw"]), "<= 2.2"),
        Figure("P1", "p99/p50 at half the load", _RAW, ratio(tails["havn"], tails["raw"]), "<= 1.5"),
        Figure("P1", "requests", _TUTORIAL, ratio(rates["havn"], rates["tutorial"]), ">= 1.5"),
        Figure("P1", "requests", _PLAIN, ratio(rates["havn"], rates["plain"]), ">= 1.5"),
    ]


async def _measure_whole(token: str) -> list[Figure]:
    """All of Havn with its workers, asked from outside."""
    whole, plain = _asking(token), _asking(None)
    await rate(WHOLE_PORT, whole, seconds=WARM_UP)
    ours, theirs = [], []
    for _ in range(ROUNDS):
        ours.append(await rate(WHOLE_PORT, whole, seconds=SECONDS))
        theirs.append(await rate(PORTS["plain"], plain, seconds=SECONDS))
    return [Figure("P1", "requests from outside, `havn up`", _PLAIN, ratio(ours, theirs), ">= 0.7")]


def _cpu_seconds(process: int) -> float:
    """The CPU time that a process has used (proc_pid_stat(5): utime and stime)."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
