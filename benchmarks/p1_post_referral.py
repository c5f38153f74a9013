"""P1: an authenticated, audited, sealed POST /referrals/v1/referrals, beside (a) the same SQL sent by a raw program and
(b) the plain FastAPI + SQLModel way. The three take turns in one run; ratios with their spread are what counts, of requests and
of the CPU time that a process needs for one."""

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

from benchmarks.load import rate, request
from benchmarks.servers import BODY, PATH
from shared.data.embedded import EmbeddedPostgres
from shared.kernel.settings import Settings
from shared.runtime.running import migrate_all

ROUNDS, SECONDS, WARM_UP = 7, 4.0, 2.0
PORTS = {"havn": 18101, "raw": 18102, "plain": 18103}


def main() -> None:
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
            asyncio.run(_measure(token, {name: each.pid for name, each in zip(PORTS, processes, strict=True)}))
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


async def _measure(token: str, processes: dict[str, int]) -> None:
    body = json.dumps(BODY).encode()
    plain = request(PATH, body, {})

    def authorised() -> bytes:
        return request(PATH, body, {"authorization": f"Bearer {token}", "idempotency-key": str(uuid4())})

    makers: dict[str, Callable[[], bytes]] = {"havn": authorised, "raw": lambda: plain, "plain": lambda: plain}
    for name, port in PORTS.items():
        await rate(port, makers[name], seconds=WARM_UP)
    rates: dict[str, list[float]] = {name: [] for name in PORTS}
    costs: dict[str, list[float]] = {name: [] for name in PORTS}
    for turn in range(ROUNDS):
        for name, port in PORTS.items():
            before = _cpu_seconds(processes[name])
            rates[name].append(await rate(port, makers[name], seconds=SECONDS))
            costs[name].append((_cpu_seconds(processes[name]) - before) / (rates[name][-1] * SECONDS) * 1e6)
        said = (f"{name} {rates[name][-1]:.0f}/s, {costs[name][-1]:.0f} us CPU" for name in PORTS)
        print(f"round {turn + 1} of {ROUNDS}: " + "; ".join(said), flush=True)
    print("\nP1  POST /referrals/v1/referrals, one process each, 16 connections")
    for name in PORTS:
        print(
            f"  {name:6} {statistics.median(rates[name]):7.0f} requests/s {statistics.median(costs[name]):7.0f} us CPU for one"
        )
    for name, what, goal in (
        ("raw", "raw Starlette + asyncpg with the nine statements of 2026-11-26", "requests >= 0.6, CPU <= 2.2"),
        ("plain", "plain FastAPI + SQLModel, unsealed, unaudited", "requests >= 1.5"),
    ):
        print(f"  Havn / {what} (goal: {goal})")
        _ratio("requests", rates["havn"], rates[name])
        _ratio("CPU", costs["havn"], costs[name])


def _cpu_seconds(process: int) -> float:
    """The CPU time that a process has used (proc_pid_stat(5): utime and stime)."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _ratio(what: str, ours: list[float], theirs: list[float]) -> None:
    ratios = sorted(mine / other for mine, other in zip(ours, theirs, strict=True))
    print(f"    {what:8} {statistics.median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})")
