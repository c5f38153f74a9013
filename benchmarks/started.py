"""A Havn of its own in another process, and tokens for it: what is measured is asked over the network, as partners ask."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

_READY_SECONDS = 120.0


@contextmanager
def havn_at(port: int, *, home: str, database_url: str, **settings: str) -> Iterator[str]:
    """All services at this port of this machine, over that database, until the block ends; gives their address."""
    origin = f"http://127.0.0.1:{port}"
    environment = os.environ | {"HAVN_HOME": home, "HAVN_PORT": str(port), "HAVN_DATABASE_URL": database_url} | settings
    process = subprocess.Popen(
        [sys.executable, "-m", "services"], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        _wait_until_ready(origin)
        yield origin
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def _wait_until_ready(origin: str) -> None:
    until = time.monotonic() + _READY_SECONDS
    while time.monotonic() < until:
        try:
            with urllib.request.urlopen(f"{origin}/referrals/health/ready", timeout=5):
                return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("Havn did not start")


def token_for(organisation: str, origin: str) -> str:
    """What the organisation's caseworker shows there."""
    asked = {
        "grant_type": "client_credentials",
        "client_id": organisation,
        "client_secret": "dev",
        "role": "caseworker",
    }
    with urllib.request.urlopen(f"{origin}/oidc/token", urllib.parse.urlencode(asked).encode(), timeout=20) as answer:
        return str(json.load(answer)["access_token"])
