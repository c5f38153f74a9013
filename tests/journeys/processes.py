"""Havn as it runs in production: every service's API and worker a process of its own, asked over TLS, and the issuer another.
They are what `havn serve` starts; one more of a kind is started by itself, as a platform starts it."""

import asyncio
import json
import os
import random
import secrets
import signal
import socket
import ssl
import subprocess
import sys
from base64 import b64encode
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import psutil

from services.demo import seed
from shared.dev.process import trusted_issuers
from shared.kernel.clock import COPENHAGEN
from tests.journeys import evidence
from tests.shared.http.raw_http import self_signed
from tests.world import Partner

ROOT = Path(__file__).parent.parent.parent
READY_SECONDS = 60


class Harbour:
    """The processes of one Havn, on a database server and a broker that are there."""

    def __init__(self, folder: Path, server_url: str, bootstrap: str, **settings: str) -> None:
        self.server_url = server_url
        self.bootstrap = bootstrap
        _, certificate = self_signed(folder, "localhost")
        self.trusted = ssl.create_default_context(cafile=certificate["ssl_certfile"])
        self.client = httpx.AsyncClient(verify=self.trusted, timeout=30, trust_env=False)
        self._folder = folder
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._tokens: dict[tuple[str, ...], str] = {}
        parts = [f"{name} {action}" for action in ("api", "worker") for name in evidence.NAMES]
        first = free_ports_from(len(parts) + 1)
        self.ports = {part: first + number for number, part in enumerate([*parts, "issuer"])}
        self.issuer = f"http://127.0.0.1:{self.ports['issuer']}"
        self.addresses = {name: f"https://localhost:{self.ports[f'{name} api']}" for name in evidence.NAMES}
        issuers = folder / "issuers.json"
        issuers.write_text(trusted_issuers(self.issuer))
        self._tls = {"HAVN_TLS_CERTIFICATE": certificate["ssl_certfile"], "HAVN_TLS_KEY": certificate["ssl_keyfile"]}
        self._environment = {name: value for name, value in os.environ.items() if not name.startswith("HAVN_")} | {
            "HAVN_DATABASE_URL": server_url,
            "HAVN_KAFKA": bootstrap,
            "HAVN_HOME": str(folder),
            "HAVN_MASTER_KEY": b64encode(secrets.token_bytes(32)).decode(),
            "HAVN_ISSUERS": str(issuers),
            "HAVN_TOKEN_URL": f"{self.issuer}/oidc/token",
            "HAVN_SERVICE_URLS": json.dumps(self.addresses),
            "HAVN_SERVICE_CA": certificate["ssl_certfile"],
            **settings,
        }

    @property
    def serving(self) -> dict[str, int]:
        """The process of each part that serves, by what it is called; the one that they are forked from is `serve`."""
        found = {"serve": self._running["serve"].pid}
        for process in psutil.Process(found["serve"]).children():
            ports = {each.laddr.port for each in process.net_connections() if each.status == psutil.CONN_LISTEN}
            found |= {part: process.pid for part, port in self.ports.items() if port in ports}
        return found

    async def start(self) -> None:
        """Migrate, then start everything and wait until all of it is ready."""
        migrating = self._run("migrate", ["services.cli", "migrate"])
        assert await asyncio.to_thread(migrating.wait, READY_SECONDS) == 0, self.said()
        self._running["issuer"] = self._run("issuer", ["shared.dev.process"], HAVN_PORT=str(self.ports["issuer"]))
        await asyncio.gather(self.until_ready("issuer"), self.serve())

    async def serve(self) -> None:
        """Start all services' processes and wait until they are ready."""
        settings = self._tls | {"HAVN_PORT": str(min(self.ports.values()))}
        self._running["serve"] = self._run("serve", ["services.cli", "serve"], **settings)
        await asyncio.gather(*(self.until_ready(part) for part in self.ports if part != "issuer"))

    async def begin(self, part: str, port: int) -> None:
        """Start one more process of this kind, and wait until it is ready."""
        name, action = part.split()
        # A worker serves nothing but health, and that to whoever asks.
        settings = (self._tls if action == "api" else {}) | {"HAVN_PORT": str(port)}
        self._running[f"{part} {port}"] = self._run(f"{part} {port}", [f"services.{name}", action], **settings)
        await self.until_ready(part, port)

    async def until_ready(self, part: str, port: int | None = None) -> None:
        """Wait until it can do its work: the one that was started with all, or one more of its kind, at its port."""
        path = "/oidc/jwks" if part == "issuer" else f"/{part.split(maxsplit=1)[0]}/health/ready"
        origin = "https://localhost" if part.endswith("api") else "http://127.0.0.1"
        async with asyncio.timeout(READY_SECONDS):
            while not await self._answers(f"{origin}:{port or self.ports[part]}{path}"):
                assert all(process.poll() is None for process in self._running.values()), self.said()
                await asyncio.sleep(0.05)

    def kill(self, serving: int) -> None:
        """kill -9 one of those that serve."""
        process = psutil.Process(serving)
        process.kill()
        process.wait()

    async def terminate(self, called: str, within: float) -> int:
        """SIGTERM; gives the exit status."""
        process = self._running.pop(called)
        process.send_signal(signal.SIGTERM)
        try:
            return await asyncio.to_thread(process.wait, within)
        finally:
            process.kill()
            process.wait()

    async def close(self) -> None:
        await self.client.aclose()
        for process in self._running.values():
            process.kill()
            process.wait()

    def said(self, called: str = "*") -> str:
        """The end of what the processes have written."""
        return "\n".join(
            f"--- {path.stem}\n{path.read_text()[-2000:]}" for path in sorted(self._folder.glob(f"{called}.log"))
        )

    def _run(self, called: str, module: list[str], **settings: str) -> subprocess.Popen[bytes]:
        with (self._folder / f"{called}.log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", *module],
                cwd=ROOT,
                env=self._environment | settings,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    async def _answers(self, address: str) -> bool:
        try:
            return (await self.client.get(address)).status_code == 200
        except httpx.HTTPError:
            return False

    # What a Story needs of a World.

    def partner(self, org: str, *roles: str) -> "DistantPartner":
        """A client of this organisation, with a token from the issuer's own endpoint."""
        if (org, *roles) not in self._tokens:
            asked = {"grant_type": "client_credentials", "client_id": org, "client_secret": "dev"}
            answer = httpx.post(
                f"{self.issuer}/oidc/token", data=asked | {"role": roles or ("caseworker",)}, trust_env=False
            )
            assert answer.status_code == 200, answer.text
            self._tokens[org, *roles] = answer.json()["access_token"]
        return DistantPartner(self.client, self._tokens[org, *roles], self.addresses)

    async def settled(self, within: float = 60) -> None:
        """Wait until every event told so far has taken effect everywhere."""
        await evidence.settled(self.server_url, within=within)


@dataclass
class DistantPartner(Partner):
    """A partner who knows each service by its own address, and whose story ends now."""

    addresses: dict[str, str] = field(default_factory=dict)

    async def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        if "json" in options:
            options["json"] = moved(options["json"])
        return await super().request(method, self.addresses[path.split("/")[1]] + path, **options)


def moved(told: Any) -> Any:
    """The same, with every day and moment moved so that the story ends now: real processes have the real clock."""
    return seed.moved(told, datetime.now(COPENHAGEN))


def free_ports(count: int) -> list[int]:
    """As many different ports that nobody listens at; below the range the system hands out to clients."""
    found = set[int]()
    while len(found) < count:
        found.add(free_ports_from(1))
    return [*found]


def free_ports_from(count: int) -> int:
    """The first of so many ports next to each other that nobody listens at."""
    for first in random.sample(range(12_000, 20_000), 1_000):
        with ExitStack() as stack:
            try:
                for port in range(first, first + count):
                    stack.enter_context(socket.socket()).bind(("127.0.0.1", port))
            except OSError:
                continue
            return first
    raise RuntimeError("No free ports.")
