"""After SC01, nothing that was said in confidence is found outside the answers to those who may read it."""

import base64
import io
import json
import logging
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import redirect_stderr
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import httpx
import pytest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from services.demo.raid import REFERRAL
from services.everything import SERVICES
from shared.http.peers import Peers
from shared.messaging.messages import Message
from shared.observability.logs import configure_logging
from shared.observability.tracing import configure_tracing
from tests.contracts.operations import DOCUMENTS
from tests.journeys.sc01 import PLANTED, Story
from tests.shared.leaks import disguises, leaks, stored_values
from tests.world import Partner, World

NAMES = tuple(service.name for service in SERVICES)
REFERRALS = "/referrals/v1/referrals"
WORD = "Malee Sukhumwong, 1405981AB2"


@pytest.fixture
def stderr(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """What a production process would write."""
    written = io.StringIO()
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setattr(logging, "raiseExceptions", logging.raiseExceptions)
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    with redirect_stderr(written):
        configure_logging("production")
    yield written
    logging.captureWarnings(capture=False)
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture
def spans() -> Iterator[InMemorySpanExporter]:
    exporter = InMemorySpanExporter()
    configure_tracing("leaks", None, exporter)
    yield exporter
    configure_tracing("leaks", None)


@pytest.fixture
async def on_the_bus(havn: World, monkeypatch: pytest.MonkeyPatch) -> list[Message]:
    """Everything that goes over the bus."""
    seen: list[Message] = []
    bus = havn.application.platform.bus
    publish = bus.publish

    async def watched(messages: list[Message]) -> set[str]:
        seen.extend(messages)
        return await publish(messages)

    monkeypatch.setattr(bus, "publish", watched)
    return seen


@pytest.fixture
async def havn_after_sc01(
    havn: World, stderr: io.StringIO, spans: InMemorySpanExporter, on_the_bus: list[Message]
) -> Story:
    story = Story(havn)
    await story.play()
    return story


@pytest.mark.parametrize("word", PLANTED)
def test_the_search_finds_a_word_in_each_of_its_disguises(word: str) -> None:
    text = f"before {word} after"
    for shift in range(3):
        assert leaks(base64.b64encode(b"x" * shift + text.encode()), [word])
    for hidden in (text.encode(), text.upper().encode(), text.encode("utf-16"), text.encode().hex().encode()):
        assert leaks(b"\x00" + hidden, [word])
    assert all(len(trace) >= 4 for trace in disguises(word).values())
    assert not leaks(b"nothing of the kind", [word])


async def test_no_column_of_any_table_holds_a_planted_word(havn_after_sc01: Story) -> None:
    havn = havn_after_sc01.havn
    for service in NAMES:
        values = await stored_values(havn, service)
        assert len(values) > 50
        assert [f"{place}: {found}" for place, value in values if (found := leaks(value))] == []


async def test_but_those_who_may_read_it_find_every_word(havn_after_sc01: Story) -> None:
    """Without this the search above would also praise a Havn that has forgotten everything."""
    cmm = havn_after_sc01.havn.partner("cmm")
    referral = await cmm.get(f"{REFERRALS}/{havn_after_sc01.referral_id}", purpose="identification")
    for word in (
        "Malee",
        "Sukhumwong",
        "1405981AB2",
        "Fourteen hours a day, passports held",
        "the blue bakery",
        "Kanok",
    ):
        assert word in referral.text


async def test_nothing_on_the_bus_holds_a_planted_word(havn_after_sc01: Story, on_the_bus: list[Message]) -> None:
    assert len({message.id for message in on_the_bus}) > 10
    for message in on_the_bus:
        assert (
            leaks(message.value + f"|{message.key}|{message.id}|{message.traceparent}|{message.topic}".encode()) == []
        )


async def test_a_dead_letter_holds_no_planted_word(havn: World, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail(*_: Any, **__: Any) -> None:
        raise ValueError(WORD)

    with monkeypatch.context() as patched:
        patched.setattr(Peers, "get", fail)
        answer = await havn.partner("politi-oestjylland").post(REFERRALS, REFERRAL)
        assert answer.status_code == 201
        await havn.settled()
    letters = await havn.sql("identification", "SELECT * FROM dead_letter")
    assert letters
    for letter in letters:
        assert leaks("|".join(str(value) for value in letter.values()).encode() + letter["value"]) == []


async def test_logs_spans_and_metrics_hold_no_planted_word(
    havn_after_sc01: Story, stderr: io.StringIO, spans: InMemorySpanExporter, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_: Any) -> None:
        raise ValueError(WORD)

    havn = havn_after_sc01.havn
    with monkeypatch.context() as patched:
        patched.setattr("shared.contract.types.Shown.tagged", crash)
        assert (await havn.partner("politi-oestjylland").post(REFERRALS, REFERRAL)).status_code == 500
    for answer in [answer async for answer in provoked(havn, havn_after_sc01.referral_id)]:
        assert answer.status_code >= 400
    lines = [json.loads(line) for line in stderr.getvalue().splitlines()]
    assert len(lines) > 40
    assert leaks(stderr.getvalue().encode()) == []
    finished = spans.get_finished_spans()
    assert len(finished) > 40
    assert leaks("\n".join(span.to_json() for span in finished).encode()) == []
    for service in NAMES:
        exposed = await havn.client.get(f"/{service}/metrics")
        assert b"havn_http_requests_total" in exposed.content
        assert leaks(exposed.content) == []


def spoilt(value: Any, word: str) -> Iterator[Any]:
    """The document with the word in the place of each of its values in turn, and as the name of one field more."""
    yield word
    if isinstance(value, dict):
        yield value | {word: word}
        for name, inner in value.items():
            for changed in spoilt(inner, word):
                yield value | {name: changed}
    if isinstance(value, list):
        yield [*value, word]
        for place, inner in enumerate(value[:1]):
            for changed in spoilt(inner, word):
                yield [*value[:place], changed, *value[place + 1 :]]


async def provoked(havn: World, referral_id: str) -> AsyncIterator[httpx.Response]:
    """Answers 4xx to requests that carry a planted word wherever a word can stand."""
    police, cmm = havn.partner("politi-oestjylland"), havn.partner("cmm")
    path = f"{REFERRALS}/{referral_id}"
    yield await cmm.post(f"{path}/complete", {"outcome": WORD})
    yield await police.post(f"{path}/accept", {"reason": WORD})
    yield await police.post(f"{path}/decline", {"reason": WORD})
    yield await police.get(f"{REFERRALS}/{quote(WORD)}")
    yield await police.get(f"{REFERRALS}/{uuid4()}", purpose=WORD)
    yield await police.get(REFERRALS, status=WORD, since=WORD, cursor=WORD)
    yield await police.get(f"/referrals/v1/{quote(WORD)}")
    yield await police.get(f"/{quote(WORD)}")
    yield await police.request("POST", REFERRALS, content=WORD, headers={"content-type": "application/json"})
    yield await police.request(
        "POST", REFERRALS, content=f'{{"{WORD}": 1, "{WORD}": 2}}', headers={"content-type": "application/json"}
    )
    for address in (REFERRALS, f"{path}/withdraw"):
        yield await police.request("POST", address, content=WORD, headers={"content-type": WORD.replace(" ", "")})
    yield await havn.client.get(path, headers={"authorization": f"Bearer {WORD}"})
    yield await havn.client.get(path, params={"access_token": WORD})
    yield await police.request("POST", f"{path}/withdraw", json={"reason": 1}, headers={"if-match": f'"{WORD}"'})


async def test_no_refusal_repeats_what_was_sent(havn: World) -> None:
    story = Story(havn)
    await story.refer()
    answers = [answer async for answer in provoked(havn, story.referral_id)]
    assert {answer.status_code for answer in answers} >= {400, 401, 403, 404, 409, 415, 422}
    for answer in answers:
        assert leaks(answer.content + str(answer.headers).encode()) == [], (
            f"{answer.request.method} {answer.request.url}"
        )


async def test_no_invalid_field_of_a_referral_is_repeated(havn: World) -> None:
    police = havn.partner("politi-oestjylland")
    refused = warned = 0
    for body in spoilt(REFERRAL, WORD):
        answer = await police.post(REFERRALS, body)
        if answer.status_code == 201:  # a place for free text, or read as not given and named in a warning
            warnings = answer.json()["warnings"]
            warned += bool(warnings)
            assert leaks(json.dumps(warnings).encode()) == [], warnings
            continue
        refused += 1
        assert answer.status_code == 422
        assert leaks(answer.content) == [], answer.text
    assert refused > 20
    assert warned > 9


def operations(service: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Every operation that takes a body: its method, its path, and that body with the word in each field."""
    schema = DOCUMENTS[service]
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
            name = content.get("schema", {}).get("$ref", "").rsplit("/")[-1]
            if name:
                fields = schema["components"]["schemas"][name].get("properties", {})
                yield method.upper(), path, dict.fromkeys([*fields, WORD], WORD)


@pytest.mark.parametrize("service", ["accommodation", "identification", "referrals"])
async def test_no_operation_repeats_a_word_that_it_refuses(havn: World, service: str) -> None:
    orgs: list[Partner] = [havn.partner(org, *ROLES) for org in ("cmm", "us", "reden", "politi-oestjylland")]
    statuses = []
    for method, path, body in operations(service):
        address = "/".join(str(uuid4()) if part.startswith("{") else part for part in path.split("/"))
        headers = {"idempotency-key": str(uuid4()), "if-match": '"x"'}
        for partner in orgs:
            answer = await partner.request(method, address, json=body, headers=headers)
            assert 400 <= answer.status_code < 500, f"{method} {path}"
            assert leaks(answer.content) == [], f"{method} {path}: {answer.text}"
            statuses.append(answer.status_code)
    assert statuses.count(422) >= 4


ROLES = ("caseworker", "lawyer", "decider", "facility_manager", "admin")
