"""Signing in at the development issuer: authorization code with PKCE, and the page where a developer picks a role."""

import base64
import json
import re
import secrets
from collections.abc import AsyncIterator
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest
from authlib.oauth2.rfc7636 import create_s256_code_challenge  # type: ignore[import-untyped]
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.contract.organisations import OrganisationKind, Scope
from shared.dev.issuer import DevIssuer
from shared.identity.actor import Assurance, Role
from shared.identity.tokens import Refusal, TokenRefused, TokenVerifier

URL = "http://127.0.0.1:8000/oidc"
REDIRECT = "http://127.0.0.1:8000/pages/callback"
VERIFIER = "v" * 43
CHALLENGE = create_s256_code_challenge(VERIFIER)
FORM = {"content-type": "application/x-www-form-urlencoded"}


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
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as client:
        yield client


def sign_in(**changed: Any) -> dict[str, Any]:
    whole = {
        "response_type": "code",
        "client_id": "pages",
        "redirect_uri": REDIRECT,
        "state": "s1",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
    } | changed
    return {name: value for name, value in whole.items() if value is not ...}


@settings(deadline=None, max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(redirect=st.text(max_size=60) | st.sampled_from(["http://[", "http://127.0.0.1:99999999/", "http://[::1]:x/"]))
async def test_no_query_makes_the_sign_in_page_fail(browser: httpx.AsyncClient, redirect: str) -> None:
    answer = await browser.get("/oidc/authorize", params=sign_in(redirect_uri=redirect))
    assert answer.status_code in {200, 400}


def told(answer: httpx.Response) -> dict[str, str]:
    """What the browser is sent back to the client with."""
    assert answer.status_code == 303
    address = urlsplit(answer.headers["location"])
    assert f"{address.scheme}://{address.netloc}{address.path}" == REDIRECT
    return {name: values[0] for name, values in parse_qs(address.query).items()}


async def code_for(browser: httpx.AsyncClient, **changed: Any) -> str:
    chosen = {"org": "cmm", "role": "lawyer", "nsis_loa": "high"}
    back = told(await browser.post("/oidc/authorize", data=sign_in(**(chosen | changed))))
    assert (back["state"], back["iss"]) == ("s1", URL)
    return back["code"]


def exchanging(code: str, /, **changed: Any) -> dict[str, Any]:
    whole = {
        "grant_type": "authorization_code",
        "client_id": "pages",
        "code": code,
        "redirect_uri": REDIRECT,
        "code_verifier": VERIFIER,
    } | changed
    return {name: value for name, value in whole.items() if value is not ...}


async def test_a_developer_signs_in_as_the_lawyer_of_the_national_centre(
    browser: httpx.AsyncClient, verifier: TokenVerifier
) -> None:
    page = await browser.get("/oidc/authorize", params=sign_in(scope="openid cases:read cases:write", nonce="n1"))
    hidden = dict(re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', page.text))
    form = {name: unescape(value) for name, value in hidden.items()} | {"org": "cmm", "role": "lawyer"}
    code = told(await browser.post("/oidc/authorize", data=form))["code"]
    answer = (await browser.post("/oidc/token", data=exchanging(code))).json()
    actor = await verifier.verify(answer["access_token"])
    assert (actor.org, actor.client_id, actor.subject) == ("cmm", "pages", "cmm.lawyer")
    assert actor.roles == {Role.LAWYER}
    assert actor.assurance is Assurance.SUBSTANTIAL
    assert actor.scopes == {Scope.CASES_READ, Scope.CASES_WRITE}
    id_token = json.loads(base64.urlsafe_b64decode(answer["id_token"].split(".")[1] + "=="))
    assert (id_token["aud"], id_token["nonce"], id_token["sub"]) == ("pages", "n1", "cmm.lawyer")
    with pytest.raises(TokenRefused) as refused:
        await verifier.verify(answer["id_token"])
    assert refused.value.reason == Refusal.TYPE


async def test_a_person_gets_of_the_scopes_asked_for_those_that_the_organisation_may_have(
    browser: httpx.AsyncClient, verifier: TokenVerifier
) -> None:
    code = await code_for(browser, org="reden", scope="cases:read cases:decide")
    answer = (await browser.post("/oidc/token", data=exchanging(code))).json()
    assert answer["scope"] == "cases:read"
    assert "id_token" not in answer


async def test_a_code_is_used_once_rightly_or_not(browser: httpx.AsyncClient) -> None:
    code = await code_for(browser)
    assert (await browser.post("/oidc/token", data=exchanging(code))).status_code == 200
    again = await browser.post("/oidc/token", data=exchanging(code))
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")
    guessed = await code_for(browser)
    wrong = await browser.post("/oidc/token", data=exchanging(guessed, code_verifier="w" * 43))
    assert (wrong.status_code, wrong.json()["error"]) == (400, "invalid_grant")
    right = await browser.post("/oidc/token", data=exchanging(guessed))
    assert (right.status_code, right.json()["error"]) == (400, "invalid_grant")


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"redirect_uri": "http://127.0.0.1:8000/elsewhere"}, "invalid_grant"),
        ({"redirect_uri": ...}, "invalid_grant"),
        ({"code": "invented"}, "invalid_grant"),
        ({"code_verifier": "short"}, "invalid_request"),
        ({"code_verifier": ...}, "invalid_request"),
        ({"code_verifier": "v" * 44}, "invalid_grant"),
        ({"client_id": "cmm"}, "invalid_client"),
    ],
)
async def test_a_code_is_nothing_without_all_that_belongs_to_it(
    browser: httpx.AsyncClient, changed: dict[str, Any], error: str
) -> None:
    answer = await browser.post("/oidc/token", data=exchanging(await code_for(browser), **changed))
    assert answer.json()["error"] == error


async def test_a_code_lives_for_a_minute(browser: httpx.AsyncClient, clock: Clock) -> None:
    first, second = await code_for(browser), await code_for(browser)
    clock.seconds += 59
    assert (await browser.post("/oidc/token", data=exchanging(first))).status_code == 200
    clock.seconds += 1
    assert (await browser.post("/oidc/token", data=exchanging(second))).json()["error"] == "invalid_grant"


@pytest.mark.parametrize(
    "redirect_uri",
    [
        "https://evil.example/callback",
        "http://127.0.0.1:8000@evil.example/",
        "http://127.0.0.1.evil.example/",
        "http://127.0.0.1:8000\\@evil.example/",
        "http://127.0.0.1:8000",
        "//evil.example/",
        "javascript:alert(1)",
        "http://127.0.0.1:8000/#fragment",
        "http://127.0.0.1:8000/\r\nset-cookie: a=b",
        "http://[/",
    ],
)
async def test_nobody_is_sent_to_an_address_that_is_not_ours(browser: httpx.AsyncClient, redirect_uri: str) -> None:
    for answer in (
        await browser.get("/oidc/authorize", params=sign_in(redirect_uri=redirect_uri)),
        await browser.post("/oidc/authorize", data=sign_in(redirect_uri=redirect_uri, org="cmm", role="lawyer")),
    ):
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"code_challenge": ...}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge_method": ...}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": ...}, "invalid_request"),
        ({"scope": "everything"}, "invalid_scope"),
        ({"nonce": ["a", "b"]}, "invalid_request"),
    ],
)
async def test_a_wrong_sign_in_is_told_to_the_client(
    browser: httpx.AsyncClient, changed: dict[str, Any], error: str
) -> None:
    asked = sign_in(**changed)
    for answer in (
        await browser.get("/oidc/authorize", params=asked),
        await browser.post("/oidc/authorize", data=asked | {"org": "cmm", "role": "lawyer"}),
    ):
        back = told(answer)
        assert (back["error"], back["state"], back["iss"]) == (error, "s1", URL)
        assert "code" not in back


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"org": "havn-referrals"}, "access_denied"),
        ({"org": "havn"}, "invalid_client"),
        ({"org": "politiet"}, "invalid_client"),
        ({"role": "root"}, "invalid_request"),
        ({"nsis_loa": "highest"}, "invalid_request"),
        ({"org": "3f", "scope": "admin"}, "invalid_scope"),
        ({"org": ...}, "invalid_request"),
    ],
)
async def test_a_choice_that_does_not_exist_is_told_to_the_client(
    browser: httpx.AsyncClient, changed: dict[str, Any], error: str
) -> None:
    answer = await browser.post("/oidc/authorize", data=sign_in(**({"org": "cmm", "role": "lawyer"} | changed)))
    assert told(answer)["error"] == error


async def test_an_unknown_client_has_no_sign_in_page(browser: httpx.AsyncClient) -> None:
    answer = await browser.get("/oidc/authorize", params=sign_in(client_id="cmm"))
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


async def test_the_page_is_danish_and_english_on_request(browser: httpx.AsyncClient) -> None:
    danish = await browser.get("/oidc/authorize", params=sign_in())
    english = await browser.get("/oidc/authorize", params=sign_in(lang="en"))
    assert '<html lang="da">' in danish.text
    assert "sagsbehandler" in danish.text
    assert '<html lang="en">' in english.text
    assert "caseworker" in english.text
    [switch] = re.findall(r'<a hreflang="en"[^>]*href="([^"]*)"', danish.text)
    assert (await browser.get(unescape(switch))).text == english.text


async def test_the_page_offers_the_organisations_it_was_given(clock: Clock) -> None:
    app = FastAPI()
    offered = {"kommune-0751": OrganisationKind.MUNICIPALITY, "politi-fyn": OrganisationKind.POLICE}
    app.include_router(DevIssuer(URL, offered, environment="development", now=clock).router)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1:8000") as browser:
        page = (await browser.get("/oidc/authorize", params=sign_in())).text
    assert re.findall(r"<option>([^<]*)</option>", page) == ["politi-fyn", "kommune-0751"]


async def test_what_is_carried_through_the_page_cannot_become_markup(browser: httpx.AsyncClient) -> None:
    attack = f'"><script>{secrets.token_hex(4)}</script>'
    page = await browser.get("/oidc/authorize", params=sign_in(state=attack, nonce=attack))
    assert "<script" not in page.text
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "form-action 'self' http://127.0.0.1:8000;" in policy


async def test_a_flood_of_sign_ins_does_not_fill_the_memory(browser: httpx.AsyncClient, issuer: DevIssuer) -> None:
    form = urlencode(sign_in(org="cmm", role="lawyer"))
    for _ in range(1010):
        assert (await browser.post("/oidc/authorize", content=form, headers=FORM)).status_code == 303
    assert len(issuer._codes) <= 1000
