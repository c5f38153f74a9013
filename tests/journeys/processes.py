"""Havn as it runs in production: every service's API and worker a process of its own, asked over TLS, and the issuer another."""

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
        trusted = ssl.create_default_context(cafile=certificate["ssl_certfile"])
        self.client = httpx.AsyncClient(verify=trusted, timeout=30, trust_env=False)
        self._folder = folder
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._tokens: dict[tuple[str, ...], str] = {}
        parts = [f"{name} {action}" for name in evidence.NAMES for action in ("api", "worker")]
        self.ports = dict(zip(["issuer", *parts], free_ports(len(parts) + 1), strict=True))
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
    def running(self) -> dict[str, int]:
        """The processes' numbers, by what they are called."""
        return {called: process.pid for called, process in self._running.items()}

    async def start(self) -> None:
        """Migrate, then start everything and wait until all of it is ready."""
        migrations = [self._run(name, f"{name} migrate") for name in evidence.NAMES]
        for migration in migrations:
            assert await asyncio.to_thread(migration.wait, READY_SECONDS) == 0, self.said()
        await asyncio.gather(*(self.begin(part) for part in self.ports))

    async def begin(self, part: str, *, port: int | None = None) -> None:
        """Start one process and wait until it is ready. With `port`, one more of its kind."""
        called = f"{part} {port}" if port else part
        process = self._run(called, part, HAVN_PORT=str(port or self.ports[part]))
        self._running[called] = process
        path = "/oidc/jwks" if part == "issuer" else f"/{part.split(maxsplit=1)[0]}/health/ready"
        origin = "https://localhost" if part.endswith("api") else "http://127.0.0.1"
        address = f"{origin}:{port or self.ports[part]}{path}"
        async with asyncio.timeout(READY_SECONDS):
            while not await self._answers(address):
                assert process.poll() is None, self.said(called)
                await asyncio.sleep(0.05)

    def kill(self, called: str) -> None:
        """kill -9."""
        process = self._running.pop(called)
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
        for called in list(self._running):
            self.kill(called)

    def said(self, called: str = "*") -> str:
        """The end of what the processes have written."""
        return "\n".join(
            f"--- {path.stem}\n{path.read_text()[-2000:]}" for path in sorted(self._folder.glob(f"{called}.log"))
        )

    def _run(self, called: str, part: str, **settings: str) -> subprocess.Popen[bytes]:
        name, _, action = part.partition(" ")
        # The issuer is on this machine, and a worker serves nothing but health.
        settings |= self._tls if part.endswith("api") else {}
        module = ["shared.dev.process"] if part == "issuer" else [f"services.{name}", action or called.split()[1]]
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
    with ExitStack() as stack:
        found: list[int] = []
        for port in random.sample(range(12_000, 20_000), 1_000):
            listener = stack.enter_context(socket.socket())
            try:
                listener.bind(("127.0.0.1", port))
            except OSError:
                continue
            found.append(port)
            if len(found) == count:
                return found
    raise RuntimeError("No free ports.")
