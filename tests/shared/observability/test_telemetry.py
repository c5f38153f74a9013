"""Traces join across HTTP and the bus, metrics count by route template, and neither holds what somebody sent."""

import json
import re
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest
from fastapi import APIRouter, FastAPI, Request
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from shared.observability.logs import bind_organisation, log
from shared.observability.metrics import (
    CONSUMER_LAG,
    DEAD_LETTERS,
    EVENTS_HANDLED,
    EVENTS_PUBLISHED,
    OUTBOX_OLDEST,
    OUTBOX_PENDING,
    exposition,
)
from shared.observability.tracing import (
    Telemetry,
    configure_tracing,
    consumer_span,
    current_trace_id,
    current_traceparent,
)

CANARY = "Karla-Testesen-711178-1234"
TRACE_ID = "0af7651916cd43dd8448eb211c80319c"
TRACEPARENT = f"00-{TRACE_ID}-b7ad6b7169203331-01"


@pytest.fixture
def spans() -> Iterator[InMemorySpanExporter]:
    exporter = InMemorySpanExporter()
    configure_tracing("test", None, exporter)
    yield exporter
    configure_tracing("test", None)


@pytest.fixture
def service(request: pytest.FixtureRequest) -> str:
    """A name of its own for each test: the metrics of a process are one."""
    return re.sub(r"\W", "_", request.node.name)


@pytest.fixture
async def client(service: str, spans: InMemorySpanExporter) -> AsyncIterator[httpx.AsyncClient]:
    inner = APIRouter(prefix="/v1")

    @inner.get("/persons/{person_id}")
    async def person(person_id: str, request: Request) -> dict[str, Any]:
        request.state.actor_org = "ngo-reden"
        bind_organisation("ngo-reden")  # as every endpoint does
        return {"trace_id": current_trace_id(), "traceparent": current_traceparent()}

    @inner.post("/failures/{person_id}")
    async def failure(person_id: str) -> None:
        raise RuntimeError(person_id)

    outer = APIRouter(prefix="/referrals")
    outer.include_router(inner)
    app = FastAPI()
    app.include_router(outer)
    transport = httpx.ASGITransport(Telemetry(app, service=service), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://havn") as found:
        yield found


def only(spans: InMemorySpanExporter) -> ReadableSpan:
    (span,) = spans.get_finished_spans()
    return span


def metrics_of(service: str) -> list[str]:
    return [line for line in exposition().decode().splitlines() if f'service="{service}"' in line]


async def test_the_trace_of_the_caller_goes_on_through_us_and_back(
    client: httpx.AsyncClient, spans: InMemorySpanExporter
) -> None:
    answer = await client.get("/referrals/v1/persons/1", headers={"traceparent": TRACEPARENT})

    span = only(spans)
    assert answer.json()["trace_id"] == TRACE_ID
    assert answer.headers["traceparent"] == answer.json()["traceparent"]
    assert answer.headers["traceparent"].startswith(f"00-{TRACE_ID}-{span.context.span_id:016x}-")
    assert span.parent is not None
    assert span.parent.span_id == 0xB7AD6B7169203331


@pytest.mark.parametrize(
    "headers",
    [
        [],
        [("traceparent", "nonsense")],
        [("traceparent", "00-" + "0" * 32 + "-b7ad6b7169203331-01")],
        [("traceparent", TRACEPARENT), ("traceparent", TRACEPARENT.replace("0af7", "0af8"))],
    ],
    ids=["none", "nonsense", "zeros", "two"],
)
async def test_without_one_sound_traceparent_a_trace_begins(
    client: httpx.AsyncClient, spans: InMemorySpanExporter, headers: list[tuple[str, str]]
) -> None:
    answer = await client.get("/referrals/v1/persons/1", headers=headers)

    assert only(spans).parent is None
    assert TRACE_ID not in answer.headers["traceparent"]


async def test_a_caller_cannot_switch_our_traces_off_or_write_into_them(
    client: httpx.AsyncClient, spans: InMemorySpanExporter
) -> None:
    unsampled = TRACEPARENT.removesuffix("01") + "00"
    await client.get(
        "/referrals/v1/persons/1",
        headers={"traceparent": unsampled, "tracestate": f"a={CANARY}", "baggage": f"name={CANARY}"},
    )

    assert only(spans).context.trace_id == int(TRACE_ID, 16)
    assert CANARY not in only(spans).to_json()


async def test_a_span_knows_the_route_and_not_what_was_asked_for(
    client: httpx.AsyncClient, spans: InMemorySpanExporter, service: str
) -> None:
    await client.get(f"/referrals/v1/persons/{CANARY}?name={CANARY}", headers={"user-agent": CANARY})

    span = only(spans)
    assert span.name == "GET /referrals/v1/persons/{person_id}"
    assert span.kind is SpanKind.SERVER
    assert dict(span.attributes or {}) == {
        "havn.org": "ngo-reden",
        "havn.service": service,
        "http.request.method": "GET",
        "http.route": "/referrals/v1/persons/{person_id}",
        "http.response.status_code": 200,
    }
    assert CANARY not in span.to_json()


async def test_a_failure_is_told_by_its_type(
    client: httpx.AsyncClient, spans: InMemorySpanExporter, service: str
) -> None:
    answer = await client.post(f"/referrals/v1/failures/{CANARY}")

    span = only(spans)
    assert answer.status_code == 500
    assert span.status.status_code is StatusCode.ERROR
    assert span.events == ()
    assert span.attributes is not None
    assert span.attributes["error.type"] == "RuntimeError"
    assert CANARY not in span.to_json()
    assert any('status="500"' in line for line in metrics_of(service))


async def test_metrics_are_labelled_by_route_template(client: httpx.AsyncClient, service: str) -> None:
    await client.get(f"/referrals/v1/persons/{CANARY}")
    await client.get("/referrals/v1/persons/2")
    await client.put("/referrals/v1/persons/3")
    await client.get(f"/elsewhere/{CANARY}")
    await client.request(CANARY, "/referrals/v1/persons/4")

    found = metrics_of(service)
    person = f'route="/referrals/v1/persons/{{person_id}}",service="{service}"'
    counted = {line for line in found if line.startswith("havn_http_requests_total")}
    assert counted == {
        f'havn_http_requests_total{{method="GET",{person},status="200"}} 2.0',
        f'havn_http_requests_total{{method="PUT",{person},status="405"}} 1.0',
        f'havn_http_requests_total{{method="OTHER",{person},status="405"}} 1.0',
        f'havn_http_requests_total{{method="GET",route="unmatched",service="{service}",status="404"}} 1.0',
    }
    assert f'havn_http_request_seconds_count{{method="GET",{person}}} 2.0' in found
    assert CANARY not in exposition().decode()


def test_the_queues_are_measured(service: str) -> None:
    OUTBOX_PENDING.labels(service).set(3)
    OUTBOX_OLDEST.labels(service).set(1.5)
    DEAD_LETTERS.labels(service).set(1)
    EVENTS_PUBLISHED.labels(service).inc()
    EVENTS_HANDLED.labels(service).inc(2)
    CONSUMER_LAG.labels("stats", service).set(4)

    assert set(metrics_of(service)) == {
        f'havn_outbox_pending{{service="{service}"}} 3.0',
        f'havn_outbox_oldest_seconds{{service="{service}"}} 1.5',
        f'havn_dead_letters{{service="{service}"}} 1.0',
        f'havn_events_published_total{{service="{service}"}} 1.0',
        f'havn_events_handled_total{{service="{service}"}} 2.0',
    }
    assert f'havn_consumer_lag{{group="stats",topic="{service}"}} 4.0'.encode() in exposition()


async def test_each_request_leaves_one_line_with_its_trace(
    client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture, service: str
) -> None:
    caplog.set_level("INFO", logger="shared.observability.tracing")
    await client.get(f"/referrals/v1/persons/{CANARY}?name={CANARY}", headers={"traceparent": TRACEPARENT})

    (told,) = [record.msg for record in caplog.records if record.name == "shared.observability.tracing"]
    assert isinstance(told, dict)
    assert told["event"] == "request answered"
    assert (told["org"], told["status"], told["trace_id"]) == ("ngo-reden", 200, TRACE_ID)
    assert told["route"] == "/referrals/v1/persons/{person_id}"
    assert CANARY not in json.dumps(told)


async def test_the_organisation_of_one_request_is_not_that_of_the_next(
    client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", logger="shared.observability.tracing")
    await client.get("/referrals/v1/persons/1")
    await client.get("/nowhere")

    told: list[Any] = [record.msg for record in caplog.records if record.name == "shared.observability.tracing"]
    assert [line.get("org") for line in told] == ["ngo-reden", None]


def test_a_trace_goes_through_the_outbox_and_the_bus(spans: InMemorySpanExporter) -> None:
    with consumer_span(TRACEPARENT, "record"):
        kept_with_the_event = current_traceparent()
    with consumer_span(kept_with_the_event, "handle"):
        assert current_trace_id() == TRACE_ID

    recorded, handled = spans.get_finished_spans()
    assert handled.kind is SpanKind.CONSUMER
    assert handled.parent is not None
    assert handled.parent.span_id == recorded.context.span_id


def test_an_event_without_a_trace_begins_one_even_inside_another(spans: InMemorySpanExporter) -> None:
    with consumer_span(TRACEPARENT, "outer"), consumer_span(None, "inner"):
        assert current_trace_id() != TRACE_ID


def test_a_handler_that_fails_marks_its_span_without_the_message(spans: InMemorySpanExporter) -> None:
    with pytest.raises(ValueError, match=CANARY), consumer_span(None, "handle"):
        raise ValueError(CANARY)

    assert only(spans).status.status_code is StatusCode.ERROR
    assert CANARY not in only(spans).to_json()


@pytest.mark.parametrize("given", [None, TRACEPARENT, TRACEPARENT.removesuffix("01") + "03", "nonsense"])
def test_a_span_that_nobody_reads_is_its_ids_and_they_are_as_of_one_that_is_read(
    spans: InMemorySpanExporter, given: str | None
) -> None:
    def ids() -> tuple[str, str]:
        with consumer_span(given, "handle") as span:
            assert span.is_recording() is is_read
            known = current_traceparent() or ""
            assert re.fullmatch(r"00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}", known)
            assert known.split("-")[1] == current_trace_id() != "0" * 32
            return (known.split("-")[1] if given and given != "nonsense" else "", known.split("-")[3])

    is_read = True
    read = ids()
    configure_tracing("test", None)
    is_read = False
    assert ids() == read
    with consumer_span(given, "one"):
        one = current_traceparent()
    with consumer_span(given, "other"):
        assert current_traceparent() != one
    assert len(spans.get_finished_spans()) == 1


def test_outside_any_span_there_is_no_traceparent() -> None:
    assert current_traceparent() is None
    assert current_trace_id() == "0" * 32


def test_spans_go_to_the_collector_that_is_configured(monkeypatch: pytest.MonkeyPatch) -> None:
    addresses: list[str] = []

    class Exporter(InMemorySpanExporter):
        def __init__(self, endpoint: str) -> None:
            super().__init__()
            addresses.append(endpoint)

    monkeypatch.setattr("opentelemetry.exporter.otlp.proto.http.trace_exporter.OTLPSpanExporter", Exporter)
    for given in ("http://collector:4318", "http://collector:4318/", "http://collector:4318/v1/traces"):
        configure_tracing("referrals", given)
    configure_tracing("test", None)

    assert addresses == ["http://collector:4318/v1/traces"] * 3


def test_the_log_of_telemetry_is_the_log() -> None:
    from shared.observability import logs

    assert log is logs.log
