"""The page at `/`: what somebody sees who opens Havn's address, and what in it can be tried."""

import json
import re
import shlex
from collections.abc import AsyncIterator
from html.parser import HTMLParser
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

from services.everything import SERVICES
from services.welcome import LANGUAGES, command, language_of, page_in, welcome_page
from shared.kernel.settings import Environment, Settings
from shared.runtime.root import root_app
from tests.world import World

NAMES = [service.name for service in SERVICES]
WAYS = ("police", "shelter", "municipality", "dashboard")
PRODUCTION = Settings(
    env=Environment.PRODUCTION,
    public_origin="https://havn.example",
    database_url=SecretStr("postgresql://db.example/havn"),
    issuers=Path("issuers.json"),
    master_key=SecretStr("none"),
)
FOLDER = Path(__file__).parents[2] / "services" / "welcome"


def client_of(settings: Settings) -> httpx.AsyncClient:
    app = root_app(welcome_page(NAMES, settings))
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=settings.origin)


@pytest.fixture
async def development() -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(Settings()) as client:
        yield client


@pytest.fixture
async def production() -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(PRODUCTION) as client:
        yield client


class Links(HTMLParser):
    """Everything on a page that a browser fetches or goes to, and whether every element is closed."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.targets: list[str] = []
        self.open: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.targets += [value or "" for name, value in attrs if name in {"href", "src", "action", "style"}]
        if tag not in {"meta", "link"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("", "da"),
        ("en-GB,en;q=0.9,da;q=0.8", "en"),
        ("da,en;q=0.9", "da"),
        ("en;q=0.3,da;q=0.9", "da"),
        ("fr", "da"),
        ("fr,en;q=0.1", "en"),
        ("en;q=0", "da"),
        ("en;q=nonsense", "da"),
        ("*", "da"),
    ],
)
def test_the_browsers_language_is_spoken_and_danish_to_everybody_else(accepted: str, language: str) -> None:
    assert language_of(None, accepted) == language


async def test_the_switch_overrides_the_browser(development: httpx.AsyncClient) -> None:
    page = await development.get("/", params={"lang": "en"}, headers={"accept-language": "da"})
    assert page.headers["content-language"] == "en"
    assert '<html lang="en">' in page.text
    assert 'href="/?lang=da"' in page.text
    back = await development.get("/", params={"lang": "da"}, headers={"accept-language": "en"})
    assert '<html lang="da">' in back.text
    assert 'href="/?lang=en"' in back.text


async def test_a_browser_gets_the_page_and_a_program_the_links(development: httpx.AsyncClient) -> None:
    page = await development.get("/", headers={"accept": "text/html,application/json;q=0.9,*/*;q=0.8"})
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    links = (await development.get("/", headers={"accept": "application/json"})).json()
    assert links["openapi"] == [f"/{name}/openapi.json" for name in NAMES]
    assert links["asyncapi"] == "/asyncapi.json"


async def test_the_page_fetches_nothing_from_elsewhere_and_runs_nothing(development: httpx.AsyncClient) -> None:
    page = await development.get("/")
    policy = page.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'self'; ")
    assert "unsafe" not in policy
    assert "<script" not in page.text
    for target in Links(page.text).targets:
        assert target.startswith(("/", "#", "data:,")), target
    assert "@import" not in (await development.get("/welcome.css")).text


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("is_development", [True, False])
def test_the_page_is_whole(language: str, is_development: bool) -> None:
    page = page_in(language, "http://havn.example", is_development=is_development)
    assert Links(page).open == []
    assert page.count("<h1>") == 1
    for way in WAYS:
        assert f'id="{way}"' in page


def test_both_languages_say_the_same_things() -> None:
    danish, english = (json.loads((FOLDER / f"{language}.json").read_text()) for language in LANGUAGES)
    assert danish.keys() == english.keys()
    assert danish["ways"].keys() == english["ways"].keys() == set(WAYS)
    assert len(danish["promises"]) == len(english["promises"])


async def test_production_names_no_development_issuer(production: httpx.AsyncClient) -> None:
    for headers in ({"accept": "text/html"}, {"accept": "application/json"}):
        answer = await production.get("/", headers=headers)
        assert answer.status_code == 200
        for word in ("/oidc", "/dev/", "havn token", "havn demo", "/docs", "127.0.0.1"):
            assert word not in answer.text, word


async def test_every_address_on_the_page_answers(
    havn: World, development: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(havn.application.asgi.apps, "", root_app(welcome_page(NAMES, Settings())))
    links = (await development.get("/", headers={"accept": "application/json"})).json()
    shown = {target for target in Links((await development.get("/")).text).targets if target.startswith("/")}
    for address in shown | {*links["docs"], *links["openapi"], links["asyncapi"], links["issuer"]}:
        assert (await havn.client.get(address)).status_code == 200, address


@pytest.mark.parametrize("way", WAYS)
async def test_every_example_works_as_it_stands(havn: World, way: str) -> None:
    line = shlex.split(command(way, "http://havn.test", is_development=True).replace("\\\n", ""))
    found = re.search(r"havn token ([a-z0-9-]+)(?: --role ([a-z_]+))?", " ".join(line))
    assert found
    body = json.loads(line[line.index("-d") + 1]) if "-d" in line else None
    caller = havn.partner(found[1], found[2] or "caseworker")
    headers = {"idempotency-key": "police-1"} if body else {}
    answer = await caller.request("POST" if body else "GET", line[2], json=body, headers=headers)
    assert answer.is_success, answer.text
