"""Every way to fail is a problem document that helps, and quotes nobody."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import asyncpg
import httpx
import pytest
from fastapi import FastAPI
from pydantic import BaseModel, field_validator
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolExhausted
from starlette.responses import StreamingResponse

from shared.data.outages import is_outage
from shared.http.problems import problem, render_errors
from shared.kernel import errors
from shared.kernel.errors import DomainError, NotFound, SpokenValueError
from shared.observability.tracing import Telemetry
from tests.world import World

NAME = "Malee Sukhumwong"


class Refused(Exception):
    """A driver's error, with PostgreSQL's word for it."""

    def __init__(self, sqlstate: str) -> None:
        super().__init__(f"DETAIL: Key (name)=({NAME}) already exists.")
        self.sqlstate = sqlstate


class PlaceTaken(errors.Conflict):
    """An error of a domain."""


class Named(BaseModel):
    name: str
    age: int = 1

    @field_validator("name")
    @classmethod
    def _not_empty(cls, name: str) -> str:
        if name == "spoken":
            raise SpokenValueError("Choose another name.")
        if name == "unspoken":
            raise ValueError(f"{name} is {NAME}")
        return name


TO_RAISE: list[Exception] = []


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    app = FastAPI()

    @app.get("/fail")
    async def fail() -> None:
        raise TO_RAISE.pop()

    @app.get("/begin")
    async def begin() -> StreamingResponse:
        async def parts() -> AsyncIterator[bytes]:
            yield b"first"
            raise RuntimeError(NAME)

        return StreamingResponse(parts())

    @app.post("/named")
    async def named(body: Named) -> None:
        pass

    render_errors(app)
    app.add_middleware(Telemetry, service="errors")
    transport = httpx.ASGITransport(app)  # an exception that gets out fails the test
    async with httpx.AsyncClient(transport=transport, base_url="http://havn") as found:
        yield found


async def failing_with(client: httpx.AsyncClient, error: Exception) -> httpx.Response:
    TO_RAISE.append(error)
    return await client.get("/fail")


async def test_a_domain_error_is_a_problem_document_named_after_its_class(client: httpx.AsyncClient) -> None:
    answer = await failing_with(client, PlaceTaken("Place 4 is taken.", headers={"x-more": "1"}, allowed=["decline"]))
    trace_id = answer.headers["traceparent"].split("-")[1]
    assert answer.status_code == 409
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-more"] == "1"
    assert answer.json() == {
        "type": "https://havn.dk/problems/PlaceTaken",
        "title": "Place taken",
        "status": 409,
        "detail": "Place 4 is taken.",
        "instance": f"urn:trace:{trace_id}",
        "trace_id": trace_id,
        "allowed": ["decline"],
    }


async def test_what_is_missing_and_what_is_not_yours_are_the_same_answer(client: httpx.AsyncClient) -> None:
    class CaseNotFound(NotFound):
        """One kind."""

    class ReferralNotFound(NotFound):
        """Another."""

    answers = [(await failing_with(client, kind())).json() for kind in (CaseNotFound, ReferralNotFound, NotFound)]
    for answer in answers:
        answer.pop("trace_id"), answer.pop("instance")
    assert answers[0] == answers[1] == answers[2]
    assert answers[0]["type"].endswith("/NotFound")


@pytest.mark.parametrize("kind", [kind for kind in DomainError.__subclasses__() if kind.__module__ == errors.__name__])
def test_each_kind_of_error_has_an_error_status(kind: type[DomainError]) -> None:
    assert 400 <= kind.status < 600


OUTAGES: list[Exception] = [
    ConnectionRefusedError(),
    ConnectionResetError(),
    TimeoutError(),
    OSError(),
    PoolExhausted(),
    asyncpg.InternalClientError(),
    DBAPIError("", {}, Refused("08006"), connection_invalidated=True),
    *(
        OperationalError("", {}, Refused(state))
        for state in ("08006", "40001", "40P01", "53300", "55P03", "57014", "57P01")
    ),
]
FAULTS: list[Exception] = [
    RuntimeError(NAME),
    KeyError(NAME),
    IntegrityError("", {}, Refused("23505")),
    OperationalError("", {}, Refused("42501")),
    DBAPIError("", {}, ValueError(NAME)),
]


def _told(error: Exception) -> str:
    return f"{type(error).__name__} {getattr(getattr(error, 'orig', None), 'sqlstate', '')}"


@pytest.mark.parametrize("error", OUTAGES, ids=_told)
async def test_trouble_that_passes_is_503_and_says_when_to_come_back(
    client: httpx.AsyncClient, error: Exception
) -> None:
    assert is_outage(error)
    answer = await failing_with(client, error)
    assert answer.status_code == 503
    assert answer.json()["type"].endswith("/Unavailable")
    assert int(answer.headers["retry-after"]) > 0


@pytest.mark.parametrize("error", FAULTS, ids=_told)
async def test_anything_else_is_500_and_tells_nothing_but_the_trace(
    client: httpx.AsyncClient, error: Exception
) -> None:
    assert not is_outage(error)
    answer = await failing_with(client, error)
    assert answer.status_code == 500
    assert answer.json()["type"].endswith("/InternalError")
    assert answer.json()["trace_id"] == answer.headers["traceparent"].split("-")[1]
    assert NAME not in answer.text
    assert type(error).__name__ not in answer.text


async def test_an_answer_that_broke_off_is_not_continued_as_a_problem(client: httpx.AsyncClient) -> None:
    with pytest.raises(RuntimeError):
        await client.get("/begin")


INVALID = {
    "a wrong type": ({"name": "x", "age": NAME}, ["body", "age"]),
    "a missing field": ({}, ["body", "name"]),
    "a validator's own words": ({"name": "unspoken"}, ["body", "name"]),
    "words that may be shown": ({"name": "spoken"}, ["body", "name"]),
}


@pytest.mark.parametrize(("body", "place"), INVALID.values(), ids=INVALID)
async def test_invalid_input_is_told_by_place_and_rule(
    client: httpx.AsyncClient, body: dict[str, str], place: list[str]
) -> None:
    answer = await client.post("/named", json=body)
    assert answer.status_code == 422
    (told,) = answer.json()["errors"]
    assert told["loc"] == place
    assert told["msg"]
    assert NAME not in answer.text
    assert (told["msg"] == "Choose another name.") == (body.get("name") == "spoken")


@pytest.mark.parametrize(("method", "path", "status"), [("GET", f"/{NAME}", 404), ("DELETE", "/fail", 405)])
async def test_the_frameworks_own_refusals_look_the_same(
    client: httpx.AsyncClient, method: str, path: str, status: int
) -> None:
    answer = await client.request(method, path)
    assert answer.status_code == status
    assert answer.json()["status"] == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert NAME not in answer.text


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("NothingGrantsAPeriod", "Nothing grants a period"),
        ("AChildCannotDecline", "A child cannot decline"),
        ("IdempotencyKeyReused", "Idempotency key reused"),
    ],
)
def test_a_title_is_the_name_in_words(name: str, title: str) -> None:
    assert f'"title":"{title}"'.encode() in problem(name=name, status=422, detail="").body


async def test_who_leaves_in_the_middle_of_a_request_is_no_failure_of_ours(
    havn: World, caplog: pytest.LogCaptureFixture
) -> None:
    headers = {"authorization": f"Bearer {havn.partner('cmm').token}", "content-type": "application/json"}
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": "/identification/v1/routing",
        "raw_path": b"/identification/v1/routing",
        "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()] + [(b"host", b"havn.test")],
        "server": ("havn.test", 80),
        "client": ("127.0.0.1", 5),
        "root_path": "",
    }
    pieces = iter([{"type": "http.request", "body": b'{"citizen', "more_body": True}, {"type": "http.disconnect"}])
    sent: list[Any] = []

    async def receive() -> Any:
        return next(pieces)

    async def send(message: Any) -> None:
        sent.append(message)

    await havn.application.asgi(scope, receive, send)
    assert sent[0]["status"] == 400
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []


async def test_the_log_says_which_organisation_asked_also_of_what_was_refused(
    havn: World, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", logger="shared.observability.tracing")
    await havn.partner("cmm").get("/identification/v1/cases")
    await havn.partner("kommune-0751").post("/identification/v1/cases", {})
    await havn.client.get("/identification/v1/cases")
    lines: list[Any] = [line.msg for line in caplog.records if line.name == "shared.observability.tracing"]
    assert [(line.get("org"), line["status"]) for line in lines] == [
        ("cmm", 200),
        ("kommune-0751", 403),
        (None, 401),
    ]


async def test_the_place_of_an_error_is_one_in_the_request_and_names_no_form_that_a_value_may_have(havn: World) -> None:
    asked = {"case_id": "01900000-0000-7000-8000-000000000001", "from_on": "2026-03-10", "needs": {"children": "two"}}
    refused = await havn.partner("cmm").post("/accommodation/v1/placement-requests", asked)
    assert refused.status_code == 422
    assert {tuple(error["loc"]) for error in refused.json()["errors"]} == {("body", "needs", "children")}
    missing = await havn.partner("cmm").post("/accommodation/v1/placement-requests", {"needs": {}})
    assert ("body", "case_id") in {tuple(error["loc"]) for error in missing.json()["errors"]}


AVAILABLE = "/accommodation/v1/availability"
OF_THE_QUERY: list[tuple[str, dict[str, str], list[str]]] = [
    (AVAILABLE, {"from": "2026-03-09", "avoid_municipalities": "0101,9999"}, ["avoid_municipalities"]),
    (AVAILABLE, {"from": "2026-03-09", "to": "2026-03-09"}, ["to"]),
    ("/accommodation/v1/costs", {"from": "2026-03-09", "to": "2026-03-01"}, ["to"]),
    ("/accommodation/v1/matches", {"request_ids": "x", "purpose": "accommodation"}, ["request_ids"]),
    ("/stats/v1/victims", {"by": "weight"}, ["by"]),
    ("/stats/v1/victims", {"by": "year,year"}, ["by"]),
    ("/stats/v1/flow", {"from": "2026", "to": "2025"}, ["from"]),
]


@pytest.mark.parametrize(("path", "asked", "named"), OF_THE_QUERY)
async def test_what_we_refuse_of_a_query_names_its_parameter(
    havn: World, path: str, asked: dict[str, str], named: list[str]
) -> None:
    refused = await havn.partner("cmm").get(path, **asked)
    assert refused.status_code == 422, refused.text
    assert [error["loc"] for error in refused.json()["errors"]] == [["query", each] for each in named]


ABOUT_A_BODY = {
    *("AnswerMissing", "AppealsNothing", "AppointedBeforeRequest", "AppointmentMissing", "AssessedBeforeNotice"),
    *("ClosedBeforeDecision", "CustodyOutOfOrder", "DecidedBeforeFiled", "DecidedBeforeReferral", "DraftIncomplete"),
    *("EndsBeforeItBegins", "EndsBeforeStart", "EvidenceDamaged", "EvidenceInfected", "EvidenceKindRefused"),
    *("ExpiryOutOfRange", "ExtensionBeforeEnd", "FiledBeforeDecision", "FollowUpOutOfTime", "FoundBeforeMissing"),
    *("HandedOutBeforeGrant", "IdempotencyKeyReused", "IndicatorSetUnknown", "IndicatorUnknown"),
    *("MissingBeforeFound", "NamesAnAnonymousPerson", "NoPlaceOfItsOwn", "NobodyToApprove", "NotAChild", "NotAChoice"),
    *("NotASupervision", "NotItsSupervision", "NothingToExtend", "NothingToReplace", "NothingToSearchBy"),
    *("NotifiedBeforeDecision", "OnePerson", "OperatorUnknown", "OtherFormUnexplained", "OutsideTheStay"),
    *("PeriodKindUnclear", "PlanOutOfOrder", "ReassessedTooLate", "ReassessedTooSoon", "RecipientUnknown"),
    *("RefusedForGood", "ReplacesNothing", "ReportedBeforeMissing", "RequestDayMissing", "RequestedBeforeDecision"),
    *("UnitAcceptsMore", "ZonesShowWhere"),
}
"""What is refused of a body alone, so that no parameter is to be named."""


def test_every_422_of_ours_is_about_a_body_or_says_which_parameter_it_is_about(havn: World) -> None:
    """QueryNotUnderstood names its own, each."""
    kinds = {found.__name__: found.parameter for found in subclasses_of(errors.Unprocessable)}
    assert {name for name, parameter in kinds.items() if parameter is None} == ABOUT_A_BODY | {"QueryNotUnderstood"}


def subclasses_of(kind: type[errors.Unprocessable]) -> Iterator[type[errors.Unprocessable]]:
    for found in kind.__subclasses__():
        if found.__module__.startswith(("shared.", "services.")):
            yield found
        yield from subclasses_of(found)
