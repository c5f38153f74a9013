"""What RFC 9110 lets a client write is read as it is meant, and what would be passed over in silence is refused."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI, Request
from starlette.middleware.errors import ServerErrorMiddleware
from starlette.responses import StreamingResponse

from services.demo.raid import REFERRAL
from services.everything import SERVICES
from shared.contract.organisations import scopes_of
from shared.http.server import MAX_BODY_BYTES
from shared.http.wire import speaks_http
from shared.identity.actor import Assurance
from tests.contracts.operations import OPERATIONS, Operation
from tests.shared.http.raw_http import answers_to, listening, problem, statuses
from tests.world import ORGANISATIONS, Partner, World

REFERRALS = "/referrals/v1/referrals"


@pytest.fixture
async def plain() -> AsyncIterator[httpx.AsyncClient]:
    """An application that says what reached it."""
    app = FastAPI(openapi_url=None)

    @app.get("/seen")
    async def seen(request: Request) -> dict[str, Any]:
        return {"method": request.method, "headers": request.headers.items()}

    @app.get("/endless")
    async def endless() -> StreamingResponse:
        async def parts() -> AsyncIterator[bytes]:
            while True:
                yield b"more"

        return StreamingResponse(parts())

    @app.put("/things/{name}")
    async def put(name: str) -> None:
        pass

    @app.get("/things/first")
    async def first() -> None:
        pass

    speaks_http(app, service="wire")
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://havn.test") as client:
        yield client


# Headers


async def test_white_space_around_a_value_is_no_part_of_it(plain: httpx.AsyncClient) -> None:
    headers = [(b"idempotency-key", b" \tkey 1\t "), (b"x-inner", b"a  b")]
    seen = (await plain.get("/seen", headers=headers)).json()["headers"]
    assert ["idempotency-key", "key 1"] in seen
    assert ["x-inner", "a  b"] in seen


async def test_a_list_on_several_lines_is_one_list(plain: httpx.AsyncClient) -> None:
    headers = [(b"if-match", b'"a"'), (b"x-other", b"1"), (b"If-Match", b'"b", "c" ')]
    seen = (await plain.get("/seen", headers=headers)).json()["headers"]
    assert [value for name, value in seen if name == "if-match"] == ['"a", "b", "c"']


@pytest.mark.parametrize("written", ["Bearer {}", "bearer {}", "Bearer  {}", "  Bearer    {}  ", "BEARER {}\t"])
async def test_a_token_is_found_however_many_spaces_stand_around_it(havn: World, written: str) -> None:
    headers = {"authorization": written.format(havn.partner("cmm").token)}
    assert (await havn.client.get(REFERRALS, headers=headers)).status_code == 200


@pytest.mark.parametrize("written", ["Bearer", "Bearer  ", "Bearer a b", "Basic {}", "{}"])
async def test_what_is_no_bearer_token_stays_none(havn: World, written: str) -> None:
    headers = {"authorization": written.format(havn.partner("cmm").token)}
    assert (await havn.client.get(REFERRALS, headers=headers)).status_code == 401


async def test_a_key_is_the_same_key_with_white_space_around_it(havn: World) -> None:
    police = havn.partner("politi-oestjylland")
    first = await police.post(REFERRALS, REFERRAL, idempotency_key="the key")
    again = await police.post(REFERRALS, REFERRAL, idempotency_key="  the key ")
    assert (again.headers["idempotency-replayed"], again.content) == ("true", first.content)


# HEAD, OPTIONS, Allow


async def test_head_is_answered_as_get_without_its_body(havn: World) -> None:
    cmm = havn.partner("cmm")
    for path in (REFERRALS, "/referrals/health/live", "/referrals/openapi.json", "/asyncapi.json", "/oidc/jwks"):
        got, head = [await cmm.request(method, path) for method in ("GET", "HEAD")]
        assert (head.status_code, head.content) == (200, b"")
        assert head.headers["content-length"] == got.headers["content-length"] == str(len(got.content))
        assert head.headers["content-type"] == got.headers["content-type"]


async def test_head_is_refused_as_get_is(havn: World) -> None:
    head = await havn.client.head(REFERRALS)
    assert (head.status_code, head.content) == (401, b"")
    assert head.headers["www-authenticate"] == "Bearer"
    missing = await havn.partner("reden").request("HEAD", f"{REFERRALS}/{uuid4()}", params={"purpose": "support"})
    assert (missing.status_code, missing.content) == (404, b"")


async def test_head_of_what_never_ends_is_answered(plain: httpx.AsyncClient) -> None:
    head = await plain.head("/endless")
    assert (head.status_code, head.content) == (200, b"")


async def test_a_head_is_read_as_get_and_recorded_as_head(plain: httpx.AsyncClient) -> None:
    from shared.observability.metrics import HTTP_REQUESTS

    def counted(method: str) -> float:
        return float(HTTP_REQUESTS.labels("wire", method, "/seen", "200")._value.get())

    before = counted("HEAD"), counted("GET")
    await plain.head("/seen")
    assert (counted("HEAD"), counted("GET")) == (before[0] + 1, before[1])


async def test_allow_is_said_once_and_names_all_methods_of_the_path(plain: httpx.AsyncClient, havn: World) -> None:
    for client, method, path, allowed in (
        (plain, "DELETE", "/things/first", "GET, HEAD, PUT"),  # of two routes that serve the path
        (plain, "GET", "/things/second", "PUT"),
        (havn.client, "DELETE", REFERRALS, "GET, HEAD, POST"),
        (havn.client, "OPTIONS", REFERRALS, "GET, HEAD, POST"),
        (havn.client, "HEAD", "/identification/v1/routing", "POST"),
        (havn.client, "POST", "/referrals/health/live", "GET, HEAD, OPTIONS"),
        (havn.client, "DELETE", "/asyncapi.json", "GET, HEAD"),
        (havn.client, "PATCH", "/dev/clock", "GET, HEAD, PUT"),
    ):
        answer = await client.request(method, path)
        assert (path, answer.status_code, answer.headers.get_list("allow")) == (path, 405, [allowed])
        for each in allowed.split(", "):
            assert (await client.request(each, path)).status_code != 405


@pytest.mark.parametrize("service", [service.name for service in SERVICES])
async def test_probes_ask_as_they_like(havn: World, service: str) -> None:
    for path in (f"/{service}/health/live", f"/{service}/health/ready"):
        options = await havn.client.options(path)
        assert (options.status_code, options.headers["allow"]) == (204, "GET, HEAD, OPTIONS")
        assert (await havn.client.head(path)).status_code == 200
        assert (await havn.client.get(path, params={"any": "thing"})).status_code == 200


def test_probes_need_no_host_and_may_have_any() -> None:
    with listening(allowed_hosts=["havn.example"]) as listener:
        for path in (b"/stats/health/live", b"/stats/health/ready", b"/stats/health/ready?a=b"):
            for rest in (b" HTTP/1.0\r\n\r\n", b" HTTP/1.1\r\nHost: 192.0.2.7:9000\r\nConnection: close\r\n\r\n"):
                assert statuses(answers_to(listener, b"GET " + path + rest)) == [200]
        for path in (b"/stats/metrics", b"/stats/health/other", b"/a/stats/health/ready", b"/stats/v1/health/live"):
            assert statuses(answers_to(listener, b"GET " + path + b" HTTP/1.0\r\n\r\n")) == [400]
            told = problem(answers_to(listener, b"GET " + path + b" HTTP/1.1\r\nHost: evil.example\r\n\r\n"))
            assert (told["status"], told["type"].rpartition("/")[2]) == (421, "MisdirectedRequest")


# Paths


async def test_a_path_that_nobody_serves_says_so_and_what_is_not_yours_does_not(havn: World) -> None:
    cmm = havn.partner("cmm")
    for path in ("/referrals/v1/referals", f"{REFERRALS}/", "/nothing", "/identification/v2/cases", "/oidc/nothing"):
        answer = await cmm.request("GET", path)
        assert (path, answer.status_code, answer.json()["type"].rpartition("/")[2]) == (path, 404, "NoSuchPath")
    missing = await cmm.get(f"{REFERRALS}/{uuid4()}", purpose="support")
    assert missing.json()["type"].endswith("/NotFound")


async def test_every_answer_has_a_trace_outside_the_services_too(havn: World) -> None:
    for path in ("/nothing", "/asyncapi.json", "/oidc/nothing", "/dev/clock", "/oidc/jwks", "/referrals/health/live"):
        answer = await havn.client.get(path)
        trace_id = answer.headers["traceparent"].split("-")[1]
        assert int(trace_id, 16) > 0
        if answer.status_code == 404:
            assert answer.json()["trace_id"] == trace_id


# Query


def places(answer: httpx.Response) -> list[list[Any]]:
    assert answer.status_code == 422, answer.text
    return [each["loc"] for each in answer.json()["errors"]]


@pytest.fixture
def cmm(havn: World) -> Partner:
    return havn.partner("cmm")


async def test_a_mistyped_parameter_is_refused_not_passed_over(cmm: Partner) -> None:
    answer = await cmm.get(REFERRALS, boxx="incoming")
    assert answer.json()["type"].endswith("/QueryNotUnderstood")
    assert places(answer) == [["query", "boxx"]]
    assert places(await cmm.request("GET", f"{REFERRALS}?boxx=a&limit=2&more")) == [
        ["query", "boxx"],
        ["query", "more"],
    ]


async def test_a_parameter_is_said_once(cmm: Partner) -> None:
    assert places(await cmm.request("GET", f"{REFERRALS}?limit=1&limit=2")) == [["query", "limit"]]
    assert places(await cmm.request("GET", "/stats/v1/victims?by=year&by=gender")) == [["query", "by"]]
    assert places(await cmm.request("GET", f"{REFERRALS}?purpose=support&purpose=support")) == [["query", "purpose"]]


async def test_a_parameter_of_several_forms_is_named_by_its_name_alone(cmm: Partner) -> None:
    found = places(await cmm.get("/identification/v1/deadlines", until="soon"))
    assert found
    assert {tuple(each) for each in found} == {("query", "until")}


async def test_a_name_that_could_be_somebodys_is_not_said_back(cmm: Partner) -> None:
    answer = await cmm.request("GET", f"{REFERRALS}?610190-1234=Karla")
    assert places(answer) == [["query", "?"]]
    assert "610190" not in answer.text


async def test_a_purpose_is_taken_everywhere_and_is_one(cmm: Partner) -> None:
    for path in (REFERRALS, "/referrals/v1/organisations", "/identification/v1/indicator-sets", "/stats/v1/victims"):
        assert (await cmm.get(path, purpose="support")).status_code in (200, 404)
        assert places(await cmm.get(path, purpose="curiosity")) == [["query", "purpose"]]
    made = await cmm.request("POST", "/identification/v1/routing?purpose=support", json={"residence_basis": "visa"})
    assert made.status_code == 200


async def test_a_change_with_a_mistyped_parameter_changes_nothing(havn: World) -> None:
    police = havn.partner("politi-oestjylland")
    answer = await police.request(
        "POST", f"{REFERRALS}?dry_run=true", json=REFERRAL, headers={"idempotency-key": str(uuid4())}
    )
    assert places(answer) == [["query", "dry_run"]]
    assert (await police.get(REFERRALS)).json()["items"] == []
    assert await havn.sql("referrals", "SELECT FROM idempotency") == []


async def test_who_may_not_ask_is_refused_before_what_is_asked(havn: World) -> None:
    assert (await havn.client.get(REFERRALS, params={"boxx": "a"})).status_code == 401
    assert (await havn.partner("cmm", "dashboard").get(REFERRALS, boxx="a")).status_code == 403


async def test_login_and_pages_pass_over_what_they_do_not_know(havn: World) -> None:
    for path in ("/oidc/.well-known/openid-configuration", "/asyncapi.json", "/referrals/metrics", "/dev/clock"):
        assert (await havn.client.get(path, params={"session_state": "a", "iss": "b"})).status_code == 200


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/stats/v1/victims?by=height", "by"),
        ("/stats/v1/victims?by=year,year", "by"),
        ("/stats/v1/victims?from=2025&to=2020", "from"),
        (f"{REFERRALS}?limit=1000", "limit"),
        (f"{REFERRALS}?since=yesterday", "since"),
    ],
)
async def test_an_error_in_the_query_says_so(havn: World, path: str, name: str) -> None:
    answer = await havn.partner("cmm", "caseworker", "statistician").request("GET", path)
    assert places(answer)[0][:2] == ["query", name]


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
async def test_every_operation_refuses_what_it_does_not_know(havn: World, operation: Operation) -> None:
    who = next(org for org, kind in ORGANISATIONS.items() if operation.scope in scopes_of(kind))
    partner = havn.partner(who, operation.roles[0], scopes=[operation.scope], assurance=Assurance.HIGH)
    answer = await partner.request(operation.method, f"{operation.address({})}?no_such=1")
    assert places(answer) == [["query", "no_such"]]


# What one of ours answers passes through none of FastAPI's own


async def test_a_body_over_the_limit_is_413_behind_whatever_server_havn_stands(havn: World) -> None:
    partner = havn.partner("politi-oestjylland")
    for size, status in ((MAX_BODY_BYTES, 400), (MAX_BODY_BYTES + 1, 413)):
        headers = {"content-type": "application/json", "idempotency-key": str(uuid4())}
        answer = await partner.request("POST", REFERRALS, content=b"x" * size, headers=headers)
        assert answer.status_code == status, answer.text
        assert answer.headers["content-type"] == "application/problem+json"


async def test_an_endpoint_answers_without_fastapi_and_what_none_takes_with_it(
    havn: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    met = list[str]()
    handle = ServerErrorMiddleware.__call__

    async def noting(self: ServerErrorMiddleware, scope: Any, receive: Any, send: Any) -> None:
        met.append(scope["path"])
        await handle(self, scope, receive, send)

    monkeypatch.setattr(ServerErrorMiddleware, "__call__", noting)
    partner = havn.partner("politi-oestjylland")
    assert (await partner.get(REFERRALS)).status_code == 200
    assert met == []
    absent = await partner.get("/referrals/v1/nothing")
    assert (absent.status_code, absent.json()["type"]) == (404, "https://havn.dk/problems/NoSuchPath")
    assert "traceparent" in absent.headers
    assert met == ["/referrals/v1/nothing"]
