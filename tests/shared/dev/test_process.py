"""The development issuer as a process of its own: what it serves, whom it is trusted for, and that it is for development."""

import json
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from shared.dev.issuer import DevelopmentOnly
from shared.dev.process import issuer_app, trusted_issuers
from shared.identity.issuer_keys import LocalKeys
from shared.identity.tokens import TokenVerifier, TrustedIssuer
from shared.kernel.settings import Environment, Settings

ROOT = Path(__file__).parents[3]
ORIGIN = "http://issuer.test:8000"


@pytest.fixture
def client() -> httpx.AsyncClient:
    app = issuer_app(Settings(public_origin=ORIGIN))
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=ORIGIN)


async def test_its_tokens_are_taken_by_who_trusts_it_as_it_says(client: httpx.AsyncClient) -> None:
    asked = {"grant_type": "client_credentials", "client_id": "politi-oestjylland", "client_secret": "dev"}
    token = (await client.post("/oidc/token", data=asked)).json()["access_token"]
    [entry] = json.loads(trusted_issuers(ORIGIN))
    jwks = (await client.get(entry["jwks_uri"].removeprefix(ORIGIN))).json()["keys"]
    actor = await TokenVerifier({TrustedIssuer.model_validate(entry): LocalKeys(jwks)}).verify(token)
    assert actor.org == "politi-oestjylland"
    assert (
        jwt.decode(token, KeySet.import_key_set({"keys": jwks}), algorithms=["ES256"]).claims["iss"] == entry["issuer"]
    )


async def test_it_describes_itself_under_its_own_name(client: httpx.AsyncClient) -> None:
    found = (await client.get("/oidc/.well-known/openid-configuration")).json()
    assert found["issuer"] == f"{ORIGIN}/oidc"
    assert found["token_endpoint"] == f"{ORIGIN}/oidc/token"


def test_it_does_not_exist_in_production() -> None:
    production = Settings().model_copy(update={"env": Environment.PRODUCTION})
    with pytest.raises(DevelopmentOnly):
        issuer_app(production)


def test_its_process_ends_with_a_sentence_in_production() -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "shared.dev.process"],
        cwd=ROOT,
        env={
            "HAVN_ENV": "production",
            "HAVN_DATABASE_URL": "postgresql://db/havn",
            "HAVN_ISSUERS": "x",
            "HAVN_MASTER_KEY": "x",
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 1
    assert ended.stderr.strip() == "The development issuer does not start in production; configure real issuers."
