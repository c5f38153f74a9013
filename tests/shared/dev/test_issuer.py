"""The development issuer, spoken to as a partner's system and a developer's browser would."""

import base64
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from joserfc.jwk import ECKey

from shared.contract.organisations import OrganisationKind, Scope, scopes_of
from shared.dev.issuer import DevelopmentOnly, DevIssuer
from shared.dev.oauth import OAuthError
from shared.identity.actor import Actor, Assurance, Role
from shared.identity.tokens import Refusal, TokenRefused, TokenVerifier
from shared.kernel.settings import Environment

URL = "http://127.0.0.1:8000/oidc"


class Clock:
    def __init__(self) -> None:
        self.seconds = 1_795_350_000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def issuer(clock: Clock) -> DevIssuer:
    return DevIssuer(URL, environment="development", now=clock)


@pytest.fixture
def verifier(issuer: DevIssuer, clock: Clock) -> TokenVerifier:
    return TokenVerifier({issuer.trusted: issuer.keys}, now=clock)


@pytest.fixture
async def browser(issuer: DevIssuer) -> AsyncIterator[httpx.AsyncClient]:
    app = FastAPI()
    app.include_router(issuer.router)
    assert not app.openapi()["paths"]
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as client:
        yield client


def asking(**changed: Any) -> dict[str, Any]:
    whole = {
        "grant_type": "client_credentials",
        "client_id": "politi-oestjylland",
        "client_secret": "dev",
    } | changed
    return {name: value for name, value in whole.items() if value is not ...}


async def granted(browser: httpx.AsyncClient, verifier: TokenVerifier, **changed: Any) -> Actor:
    answer = await browser.post("/oidc/token", data=asking(**changed))
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    body = answer.json()
    assert (body["token_type"], body["expires_in"]) == ("Bearer", 3600)
    return await verifier.verify(body["access_token"])


async def test_an_organisation_gets_a_token_for_all_that_its_kind_may_have(
    browser: httpx.AsyncClient, verifier: TokenVerifier
) -> None:
    actor = await granted(browser, verifier)
    assert actor == Actor(
        org="politi-oestjylland",
        kind=OrganisationKind.POLICE,
        subject="politi-oestjylland",
        client_id="politi-oestjylland",
        roles=frozenset({Role.CASEWORKER}),
        scopes=scopes_of(OrganisationKind.POLICE),
        assurance=Assurance.SUBSTANTIAL,
        issuer=URL,
    )


@pytest.mark.parametrize(
    "org", ["cmm", "us", "anklagemyndigheden", "3f", "kommune-0751", "sygehus-odense", "socialtilsyn-nord", "iom"]
)
async def test_every_organisation_of_the_contract_is_a_client(
    browser: httpx.AsyncClient, verifier: TokenVerifier, org: str
) -> None:
    assert (await granted(browser, verifier, client_id=org)).org == org


async def test_scopes_roles_and_assurance_can_be_chosen(browser: httpx.AsyncClient, verifier: TokenVerifier) -> None:
    actor = await granted(
        browser, verifier, client_id="us", scope="cases:read cases:decide", role=["decider", "lawyer"], nsis_loa="high"
    )
    assert actor.scopes == {Scope.CASES_READ, Scope.CASES_DECIDE}
    assert actor.roles == {Role.DECIDER, Role.LAWYER}
    assert actor.assurance is Assurance.HIGH


async def test_who_acts_for_a_client_can_be_chosen(browser: httpx.AsyncClient, verifier: TokenVerifier) -> None:
    assert (await granted(browser, verifier, subject="karen.j-2_a")).subject == "karen.j-2_a"
    assert (await granted(browser, verifier, subject="")).subject == "politi-oestjylland"
    for client, subject in (("politi-oestjylland", "two words"), ("cmm", "k" * 65), ("havn-referrals", "karen")):
        refused = await browser.post("/oidc/token", data=asking(client_id=client, subject=subject))
        assert (refused.status_code, refused.json()["error"]) == (400, "invalid_request"), subject


async def test_a_parameter_without_a_value_counts_as_left_out(
    browser: httpx.AsyncClient, verifier: TokenVerifier
) -> None:
    actor = await granted(browser, verifier, scope="", role="", nsis_loa="")
    assert actor.scopes == scopes_of(OrganisationKind.POLICE)
    assert actor.roles == {Role.CASEWORKER}


def basic(client_id: str, secret: str) -> dict[str, str]:
    encoded = base64.b64encode(f"{quote(client_id)}:{quote(secret)}".encode()).decode()
    return {"authorization": f"Basic {encoded}"}


async def test_a_client_may_authenticate_in_the_header(browser: httpx.AsyncClient, verifier: TokenVerifier) -> None:
    form = {"grant_type": "client_credentials"}
    answer = await browser.post("/oidc/token", data=form, headers=basic("kommune-0751", "dev"))
    assert (await verifier.verify(answer.json()["access_token"])).org == "kommune-0751"


async def test_a_service_of_havn_gets_the_role_system_and_little_else(
    browser: httpx.AsyncClient, verifier: TokenVerifier, issuer: DevIssuer
) -> None:
    actor = await granted(browser, verifier, client_id="havn-referrals")
    assert actor == replace(Actor.system("referrals"), issuer=URL)
    assert await verifier.verify(issuer.service_token("havn-referrals")) == actor


@pytest.mark.parametrize(
    ("changed", "status", "error"),
    [
        ({"client_id": "politiet"}, 401, "invalid_client"),
        ({"client_id": "kommune-75"}, 401, "invalid_client"),
        ({"client_id": "havn"}, 401, "invalid_client"),
        ({"client_id": "havn-"}, 401, "invalid_client"),
        ({"client_id": "pages"}, 401, "invalid_client"),
        ({"client_secret": "hemmelig"}, 401, "invalid_client"),
        ({"client_secret": ...}, 401, "invalid_client"),
        ({"client_secret": "dév"}, 401, "invalid_client"),
        ({"client_id": "nobody", "scope": "nothing"}, 401, "invalid_client"),
        ({"client_id": ...}, 400, "invalid_request"),
        ({"client_id": ["cmm", "us"]}, 400, "invalid_request"),
        ({"scope": "cases:decide"}, 400, "invalid_scope"),
        ({"scope": "cases:read admin"}, 400, "invalid_scope"),
        ({"scope": "everything"}, 400, "invalid_scope"),
        ({"scope": ["cases:read", "stats:read"]}, 400, "invalid_request"),
        ({"role": "root"}, 400, "invalid_request"),
        ({"role": ["caseworker", "root"]}, 400, "invalid_request"),
        ({"client_id": "havn-stats", "role": "admin"}, 400, "invalid_request"),
        ({"nsis_loa": "highest"}, 400, "invalid_request"),
        ({"grant_type": ...}, 400, "invalid_request"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"grant_type": "authorization_code"}, 400, "invalid_request"),
        ({"grant_type": "authorization_code", "code": "x"}, 400, "invalid_request"),
        ({"role": "caseworker" * 1000}, 413, "invalid_request"),
        ({"role": ["caseworker"] * 100}, 400, "invalid_request"),
    ],
)
async def test_a_wrong_request_is_told_so_in_the_words_of_rfc_6749(
    browser: httpx.AsyncClient, changed: dict[str, Any], status: int, error: str
) -> None:
    answer = await browser.post("/oidc/token", data=asking(**changed))
    assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert set(answer.json()) == {"error", "error_description"}
    assert ("www-authenticate" in answer.headers) == (status == 401)
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "authorization", ["Basic", "Basic ====", "Bearer dev", "Basic Y21t", "Basic /////w==", "Basic æ", ""]
)
async def test_a_header_that_authenticates_nobody_is_401(browser: httpx.AsyncClient, authorization: str) -> None:
    form = {"grant_type": "client_credentials"}
    headers = {b"authorization": authorization.encode("latin-1")}
    answer = await browser.post("/oidc/token", data=form, headers=headers)
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


async def test_a_client_authenticates_in_one_way_only_and_as_one_client(browser: httpx.AsyncClient) -> None:
    twice = await browser.post("/oidc/token", data=asking(), headers=basic("politi-oestjylland", "dev"))
    assert (twice.status_code, twice.json()["error"]) == (400, "invalid_request")
    other = await browser.post("/oidc/token", data=asking(client_secret=...), headers=basic("cmm", "dev"))
    assert (other.status_code, other.json()["error"]) == (401, "invalid_client")


async def test_t021_parameters_in_the_address_or_in_json_are_refused(browser: httpx.AsyncClient) -> None:
    for answer in (
        await browser.post("/oidc/token", params=asking()),
        await browser.post("/oidc/token", params={"client_secret": "dev"}, data=asking()),
        await browser.post("/oidc/token", json=asking()),
        await browser.post("/oidc/token"),
    ):
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


FORM = {"content-type": "application/x-www-form-urlencoded"}
_words = st.sampled_from(
    [
        "grant_type",
        "client_credentials",
        "authorization_code",
        "client_id",
        "cmm",
        "client_secret",
        "dev",
        "role",
        "&",
        "=",
        "%",
        "%ff",
        "%00",
        "+",
        "scope",
        "code",
        "code_verifier",
        "redirect_uri",
        "http://127.0.0.1/",
        ";",
        "[" * 3000,
    ]
)


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.binary(max_size=200) | st.lists(_words, max_size=30).map(lambda words: "".join(words).encode()))
async def test_no_body_makes_the_issuer_fail(browser: httpx.AsyncClient, body: bytes) -> None:
    for path in ("/oidc/token", "/oidc/authorize"):
        answer = await browser.post(path, content=body, headers=FORM)
        assert answer.status_code in {200, 303, 400, 401, 413}
        assert answer.status_code == 303 or answer.status_code == 200 or "error" in answer.json()


async def test_discovery_leads_to_the_keys_that_verify_the_tokens(browser: httpx.AsyncClient) -> None:
    document = (await browser.get("/oidc/.well-known/openid-configuration")).json()
    assert document["issuer"] == URL
    assert document["code_challenge_methods_supported"] == ["S256"]
    assert set(Scope) <= set(document["scopes_supported"])
    [key] = (await browser.get(document["jwks_uri"])).json()["keys"]
    assert (key["kty"], key["crv"], key["alg"], key["use"]) == ("EC", "P-256", "ES256", "sig")
    assert "d" not in key
    token = (await browser.post(document["token_endpoint"], data=asking())).json()["access_token"]
    head = json.loads(base64.urlsafe_b64decode(token.split(".")[0] + "=="))
    assert head == {"alg": "ES256", "kid": key["kid"], "typ": "at+jwt"}


async def test_a_token_lives_for_an_hour(verifier: TokenVerifier, issuer: DevIssuer, clock: Clock) -> None:
    token = issuer.token("cmm")
    clock.seconds += 3599
    assert await verifier.verify(token)
    clock.seconds += 1
    with pytest.raises(TokenRefused) as refused:
        await verifier.verify(token)
    assert refused.value.reason == Refusal.EXPIRED


async def test_the_command_line_gets_tokens_on_the_same_terms(verifier: TokenVerifier, issuer: DevIssuer) -> None:
    chosen = issuer.token("us", roles=[Role.DECIDER], scopes=[Scope.CASES_DECIDE], assurance=Assurance.HIGH)
    actor = await verifier.verify(chosen)
    assert actor.roles == {Role.DECIDER}
    assert actor.scopes == {Scope.CASES_DECIDE}
    assert actor.assurance is Assurance.HIGH
    with pytest.raises(OAuthError, match="invalid_scope"):
        issuer.token("politi-fyn", scopes=[Scope.CASES_DECIDE])
    with pytest.raises(OAuthError, match="invalid_client"):
        issuer.token("politiet")


async def test_no_two_tokens_are_the_same(issuer: DevIssuer) -> None:
    assert issuer.token("cmm") != issuer.token("cmm")


@pytest.mark.parametrize("environment", ["production", Environment.PRODUCTION])
def test_t020_the_development_issuer_cannot_be_built_in_production(environment: str) -> None:
    with pytest.raises(DevelopmentOnly):
        DevIssuer(URL, environment=environment)


async def test_a_kept_key_keeps_tokens_valid_over_a_restart_and_a_new_one_ends_them(clock: Clock) -> None:
    pem = ECKey.generate_key("P-256").as_pem(private=True)
    before = DevIssuer(URL, environment="development", private_key_pem=pem, now=clock)
    after = DevIssuer(URL, environment="development", private_key_pem=pem, now=clock)
    anew = DevIssuer(URL, environment="development", now=clock)
    assert await TokenVerifier({after.trusted: after.keys}, now=clock).verify(before.token("cmm"))
    with pytest.raises(TokenRefused):
        await TokenVerifier({anew.trusted: anew.keys}, now=clock).verify(before.token("cmm"))
