"""A Havn to be measured: in another process and asked over the network, as partners ask; or within this one, with its database
in reach."""

import gc
import json
import os
import signal
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import httpx

from services.everything import SERVICES
from shared.contract.as_given import Checks
from shared.contract.directory import organisations
from shared.data.database import address_of, service_url
from shared.data.embedded import EmbeddedPostgres
from shared.dev.development import Development
from shared.kernel.settings import Settings
from shared.runtime.running import Application, migrate_all, open_application

_READY_SECONDS = 120.0
_ENDED_SECONDS = 30.0


@contextmanager
def havn_at(port: int, *, home: str, database_url: str, folder: Path | None = None, **settings: str) -> Iterator[str]:
    """All services at this port of this machine, over that database, until the block ends; gives their address. They are those
    of this process, or of the clone in that folder, with its own environment."""
    python = folder / ".venv" / "bin" / "python" if folder else sys.executable
    origin = f"http://127.0.0.1:{port}"
    environment = os.environ | {"HAVN_HOME": home, "HAVN_PORT": str(port), "HAVN_DATABASE_URL": database_url} | settings
    process = subprocess.Popen(
        [python, "-m", "services"], cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        _wait_until_ready(origin)
        yield origin
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(_ENDED_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            raise


def _wait_until_ready(origin: str) -> None:
    until = time.monotonic() + _READY_SECONDS
    while time.monotonic() < until:
        try:
            with urllib.request.urlopen(f"{origin}/referrals/health/ready", timeout=5):
                return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("Havn did not start")


def token_for(organisation: str, origin: str, role: str = "caseworker") -> str:
    """What somebody of the organisation in this role shows there."""
    asked = {
        "grant_type": "client_credentials",
        "client_id": organisation,
        "client_secret": "dev",
        "role": role,
    }
    with urllib.request.urlopen(f"{origin}/oidc/token", urllib.parse.urlencode(asked).encode(), timeout=20) as answer:
        return str(json.load(answer)["access_token"])


@dataclass(frozen=True)
class Within:
    """A Havn within this process."""

    application: Application
    development: Development
    client: httpx.AsyncClient
    database: "asyncpg.Connection[Any]"
    """Of one service, as its owner."""


def asking(
    application: Application, token: str, path: str, method: str = "GET", body: Any = None
) -> Callable[[], Awaitable[tuple[int, bytes]]]:
    """A request as a server hands it over, as often as it is called, without what a client would cost; each time with an
    Idempotency-Key of its own. Gives status and body."""
    before, _, query = path.partition("?")
    headers = [(b"host", b"havn"), (b"accept", b"*/*"), (b"authorization", f"Bearer {token}".encode())]
    sent = b"" if body is None else json.dumps(body).encode()
    if sent:
        headers += [(b"content-type", b"application/json"), (b"content-length", str(len(sent)).encode())]
    scope: dict[str, Any] = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "server": ("havn", 80),
        "client": ("127.0.0.1", 1),
        "root_path": "",
        "path": before,
        "raw_path": before.encode(),
        "query_string": query.encode(),
    }

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": sent, "more_body": False}

    async def ask() -> tuple[int, bytes]:
        statuses: list[int] = []
        parts: list[bytes] = []

        async def send(message: Any) -> None:
            if message["type"] == "http.response.start":
                statuses.append(message["status"])
            else:
                parts.append(message.get("body", b""))

        key = [] if method == "GET" else [(b"idempotency-key", str(uuid4()).encode())]
        await application.asgi(scope | {"headers": headers + key}, receive, send)
        return statuses[0], b"".join(parts)

    return ask


@contextmanager
def as_in_production() -> Iterator[None]:
    """Answers are not checked, and what the start has made is left out of the collector's rounds."""
    Checks.are_on = False
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        Checks.are_on = True
        gc.unfreeze()


@asynccontextmanager
async def havn_within(home: Path, service: str) -> AsyncIterator[Within]:
    """All services in this process, over a database of its own in that folder, whose sweeps do not come by meanwhile."""
    server = EmbeddedPostgres(home)
    try:
        settings = Settings(home=home, sweep_seconds=3600)
        development = Development(settings, {entry.id: entry.kind for entry in organisations()})
        await migrate_all([each.name for each in SERVICES], settings, server.url)
        url = service_url(server.url, service)
        database = await asyncpg.connect(address_of(url))
        async with open_application(SERVICES, settings, server.url, development=development) as application:
            transport = httpx.ASGITransport(application.asgi)
            gc.freeze()  # as every process that serves does when it has started
            async with httpx.AsyncClient(transport=transport, base_url="http://havn", timeout=60) as client:
                yield Within(application, development, client, database)
        await database.close()
    finally:
        server.stop()
