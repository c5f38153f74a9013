"""P8: cold start and resident memory of `havn up` beside a uvicorn hello world; memory without PostgreSQL's own."""

import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

from benchmarks.figures import Figure, ratio, spread

ROUNDS = 5
HAVN_PORT, HELLO_PORT = 18201, 18202
GOAL_MB, GOAL_SECONDS = 160, 2.5
HELLO = f"""
import uvicorn
async def app(scope, receive, send):
    await send({{"type": "http.response.start", "status": 200, "headers": []}})
    await send({{"type": "http.response.body", "body": b"hello"}})
uvicorn.run(app, port={HELLO_PORT}, log_level="critical", lifespan="off")
"""


def main() -> list[Figure]:
    with tempfile.TemporaryDirectory(prefix="havn-p8-") as folder:
        environment = os.environ | {"HAVN_HOME": folder, "HAVN_PORT": str(HAVN_PORT)}
        command = [str(Path(sys.executable).parent / "havn"), "up"]
        ready = f"http://127.0.0.1:{HAVN_PORT}/stats/health/ready"
        first, _ = _once(command, environment, ready)
        havn, hello = [], []
        for turn in range(ROUNDS):
            havn.append(_once(command, environment, ready))
            hello.append(_once([sys.executable, "-c", HELLO], dict(os.environ), f"http://127.0.0.1:{HELLO_PORT}/"))
            print(f"round {turn + 1} of {ROUNDS}: havn {havn[-1][0]:.2f} s, hello {hello[-1][0]:.2f} s", flush=True)
    print("\nP8  start until ready, and resident memory when ready")
    print(f"  havn, the very first time (makes its databases): {first:.2f} s")
    for name, runs in (("havn", havn), ("hello", hello)):
        print(
            f"  {name:6} {statistics.median(s for s, _ in runs):6.2f} s {statistics.median(mb for _, mb in runs):6.0f} MB"
        )
    hello_world = "uvicorn hello world"
    return [
        Figure("P8", "start until ready", "", spread((s for s, _ in havn), unit=" s"), f"<= {GOAL_SECONDS} s"),
        Figure(
            "P8", "start until ready", hello_world, ratio([s for s, _ in havn], [s for s, _ in hello], places=1), ""
        ),
        Figure(
            "P8",
            "memory, all in one process",
            "",
            spread((m for _, m in havn), unit=" MB", places=0),
            f"<= {GOAL_MB} MB",
        ),
        Figure("P8", "memory", hello_world, ratio([m for _, m in havn], [m for _, m in hello], places=1), ""),
    ]


def _once(command: list[str], environment: dict[str, str], address: str) -> tuple[float, float]:
    """Seconds until `address` answers, and the process's resident megabytes then."""
    started = time.perf_counter()
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while not _answers(address):
            if process.poll() is not None:
                raise RuntimeError(f"{command[0]} ended with {process.returncode}")
            time.sleep(0.01)
        seconds = time.perf_counter() - started
        status = Path(f"/proc/{process.pid}/status").read_text()
        return seconds, int(status.split("VmRSS:")[1].split()[0]) / 1024
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(15)


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=1) as answer:
            return bool(answer.status == 200)
    except (OSError, urllib.error.URLError):
        return False
