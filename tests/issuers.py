"""Issuers of tokens that somebody else has made: Keycloak, and the certified `oidc-provider`, for the length of a test."""

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

from services.everything import SERVICES
from shared.contract.organisations import Scope, kind_of, scopes_of
from shared.identity.keycloak_realm import DEVELOPMENT_SECRET, keycloak_realm
from tests.parts import SHORT_LIVED, skip_or_fail
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


class Keycloak:
    def __init__(self, folder: Path) -> None:
        self._folder, self._port = folder, free_port()
        self.address = f"http://127.0.0.1:{self._port}"
        self.issuer = f"{self.address}/realms/havn"
        self.jwks_uri = f"{self.issuer}/protocol/openid-connect/certs"
        self._client = httpx.Client(timeout=60, trust_env=False)

    def start(self, organisations: Sequence[str]) -> None:
        self._run("start")
        realm = keycloak_realm([service.name for service in SERVICES], is_development=True)
        realm["clients"] = [client for client in realm["clients"] if client["clientId"] in organisations]
        self._administer("POST", "/admin/realms", realm)

    def token(self, org: str, role: str) -> str:
        asked = {"client_id": org, "client_secret": DEVELOPMENT_SECRET, "scope": f"role:{role}"}
        return self._token("havn", grant_type="client_credentials", **asked)

    def rotate(self) -> None:
        realm = self._administer("GET", "/admin/realms/havn")
        key = keycloak_realm([])["components"]["org.keycloak.keys.KeyProvider"][0]
        key |= {"name": "second", "providerType": "org.keycloak.keys.KeyProvider", "parentId": realm["id"]}
        key["config"] |= {"priority": ["300"], "enabled": ["true"], "active": ["true"]}
        self._administer("POST", "/admin/realms/havn/components", key)

    def stop(self) -> None:
        self._run("stop")

    def _administer(self, method: str, path: str, body: Any = None) -> Any:
        token = self._token("master", grant_type="password", client_id="admin-cli", username="admin", password="admin")
        headers = {"authorization": f"Bearer {token}"}
        answer = self._client.request(method, self.address + path, headers=headers, json=body)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    def _token(self, realm: str, **asked: str) -> str:
        answer = self._client.post(f"{self.address}/realms/{realm}/protocol/openid-connect/token", data=asked)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["access_token"])

    def _run(self, action: str) -> None:
        command = [str(TOOLS / "keycloak"), action, str(self._port), str(self._folder)]
        with (self._folder / f"{action}.txt").open("w+") as said:  # a file: the server inherits the outputs
            java = os.environ | {"JAVA_TOOL_OPTIONS": SHORT_LIVED}
            ended = subprocess.run(command, stdout=said, stderr=subprocess.STDOUT, timeout=1200, check=False, env=java)
            said.seek(0)
            assert ended.returncode == 0, said.read()


@contextmanager
def keycloak(folder: Path, identities: Sequence[Identity]) -> Iterator[ForeignIssuer]:
    """A running Keycloak with these organisations; skips or fails where there is no Java or Maven."""
    if missing := [program for program in ("java", "mvn") if shutil.which(program) is None]:
        skip_or_fail(f"A real Keycloak needs {' and '.join(missing)}.")
    found = Keycloak(folder)
    try:
        found.start([org for org, _ in identities])
        yield found
    finally:
        found.stop()


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
