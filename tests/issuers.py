"""An issuer of tokens that somebody else has made, the certified `oidc-provider`, for the length of a test."""

import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Protocol

import httpx
from joserfc.jwk import ECKey

from shared.contract.organisations import Scope, kind_of, scopes_of
from tests.parts import skip_or_fail
from tests.shared.runtime.test_start import free_port

TOOLS = Path(__file__).parent.parent / "tools"
CACHE = Path(os.environ.get("HAVN_PARTS_CACHE") or Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache") / "havn-parts")
OIDC_PROVIDER = "oidc-provider@9.13.3"
Identity = tuple[str, str]
"""An organisation, and the role in which somebody there acts."""


class ForeignIssuer(Protocol):
    issuer: str
    jwks_uri: str

    def token(self, org: str, role: str) -> str: ...

    def rotate(self) -> None:
        """Sign with a new key from now on; what the old one has signed is still valid."""
        ...

    def stop(self) -> None: ...


class OidcProvider:
    def __init__(self, folder: Path, modules: Path, identities: Sequence[Identity]) -> None:
        self._folder, self._modules, self._port = folder, modules, free_port()
        self.issuer = f"http://127.0.0.1:{self._port}"
        self.jwks_uri = f"{self.issuer}/jwks"
        self._keys: list[dict[str, Any]] = []
        self._process: subprocess.Popen[str] | None = None
        self._clients = [
            {
                "client_id": f"{org}.{role}",
                "client_secret": "made up for a test, and long enough",
                "claims": {"org": org, "roles": [role], "nsis_loa": "substantial"},
            }
            for org, role in identities
        ]

    def token(self, org: str, role: str) -> str:
        client = next(each for each in self._clients if each["client_id"] == f"{org}.{role}")
        asked = {name: client[name] for name in ("client_id", "client_secret")} | {
            "grant_type": "client_credentials",
            "scope": " ".join(sorted(scopes_of(kind_of(org)))),
        }
        answer = httpx.post(f"{self.issuer}/token", data=asked, trust_env=False)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["access_token"])

    def rotate(self) -> None:
        """Its keys are those that it was started with, so it starts anew, with the new one first."""
        self.stop()
        key = ECKey.generate_key("P-256", {"use": "sig", "alg": "ES256", "kid": f"key-{len(self._keys)}"})
        self._keys.insert(0, dict(key.as_dict(private=True)))
        settings = self._folder / "settings.json"
        settings.write_text(json.dumps({"keys": self._keys, "scopes": [*Scope], "clients": self._clients}))
        with (self._folder / "oidc-provider.txt").open("a") as said:
            self._process = subprocess.Popen(
                ["node", str(TOOLS / "oidc_provider.mjs"), str(self._port), str(settings)],
                cwd=self._modules,
                stdout=said,
                stderr=said,
                text=True,
            )
        for _ in range(300):
            with suppress(httpx.TransportError):
                if httpx.get(self.jwks_uri, trust_env=False).status_code == 200:
                    return
            time.sleep(0.1)
        raise AssertionError((self._folder / "oidc-provider.txt").read_text())

    start = rotate

    def stop(self) -> None:
        if self._process:
            self._process.terminate()
            self._process.wait(20)


@contextmanager
def oidc_provider(folder: Path, identities: Sequence[Identity]) -> Iterator[ForeignIssuer]:
    """A running oidc-provider with a client for each of these; skips or fails where there is no Node."""
    if missing := [program for program in ("node", "npm") if shutil.which(program) is None]:
        skip_or_fail(f"The issuer oidc-provider needs {' and '.join(missing)}.")
    modules = CACHE.expanduser() / OIDC_PROVIDER
    if not (modules / "node_modules" / "oidc-provider").is_dir():
        modules.mkdir(parents=True, exist_ok=True)
        command = ["npm", "install", "--no-save", "--no-audit", "--no-fund", "--prefix", str(modules), OIDC_PROVIDER]
        subprocess.run(command, check=True, capture_output=True, timeout=300)
    found = OidcProvider(folder, modules, identities)
    try:
        found.start()
        yield found
    finally:
        found.stop()
