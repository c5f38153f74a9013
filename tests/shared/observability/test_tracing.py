"""One trace leads from a partner's request through outbox, bus and consumer to the fetch at the neighbour, and on."""

from collections.abc import Iterator
from uuid import uuid4

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind

from services.demo.raid import REFERRAL
from shared.observability.tracing import configure_tracing
from tests.journeys.sc01 import PLANTED
from tests.world import World

TRACE_ID = "0af7651916cd43dd8448eb211c80319c"
PARTNERS_SPAN = 0xB7AD6B7169203331
SUBMIT = "POST /referrals/v1/referrals"
FETCH = "GET /referrals/v1/referrals/{referral_id}"
OPEN = "identification handles havn.referrals"
TELL = "referrals handles havn.identification"


@pytest.fixture
def spans() -> Iterator[InMemorySpanExporter]:
    exporter = InMemorySpanExporter()
    configure_tracing("test", None, exporter)
    yield exporter
    configure_tracing("test", None)


def of_trace(spans: InMemorySpanExporter, trace_id: str = TRACE_ID) -> list[ReadableSpan]:
    found = spans.get_finished_spans()
    return [span for span in found if span.context and span.context.trace_id == int(trace_id, 16)]


def only(spans: list[ReadableSpan], name: str) -> ReadableSpan:
    (span,) = [span for span in spans if span.name == name]
    return span


def parent_of(span: ReadableSpan) -> int:
    assert span.parent
    return span.parent.span_id


def id_of(span: ReadableSpan) -> int:
    assert span.context
    return int(span.context.span_id)


async def refer(havn: World, **headers: str) -> str:
    answer = await havn.partner("politi-oestjylland").post("/referrals/v1/referrals", REFERRAL, **headers)
    assert answer.status_code == 201, answer.text
    await havn.settled()
    return str(answer.headers["traceparent"])


@pytest.mark.row(159)
async def test_one_trace_from_the_request_to_the_neighbour(havn: World, spans: InMemorySpanExporter) -> None:
    told = await refer(havn, traceparent=f"00-{TRACE_ID}-{PARTNERS_SPAN:016x}-01")

    found = of_trace(spans)
    submit, opened, fetch = only(found, SUBMIT), only(found, OPEN), only(found, FETCH)
    assert parent_of(submit) == PARTNERS_SPAN
    assert told == f"00-{TRACE_ID}-{id_of(submit):016x}-01"
    assert parent_of(opened) == id_of(submit), "The event carries the trace of the request that recorded it."
    assert parent_of(fetch) == id_of(opened), "The neighbour is asked within the handling of the event."
    assert (submit.kind, opened.kind, fetch.kind) == (SpanKind.SERVER, SpanKind.CONSUMER, SpanKind.SERVER)


async def test_what_the_handler_tells_goes_on_in_the_trace(havn: World, spans: InMemorySpanExporter) -> None:
    await refer(havn, traceparent=f"00-{TRACE_ID}-{PARTNERS_SPAN:016x}-01")

    found = of_trace(spans)
    opened = only(found, OPEN)
    answers = [span for span in found if span.name == TELL]
    assert len(answers) >= len(REFERRAL["subjects"])
    assert {parent_of(span) for span in answers} == {id_of(opened)}


async def test_the_trace_stands_with_every_event(havn: World, spans: InMemorySpanExporter) -> None:
    await refer(havn, traceparent=f"00-{TRACE_ID}-{PARTNERS_SPAN:016x}-01")

    for service in ("referrals", "identification"):
        kept = await havn.sql(service, "SELECT DISTINCT traceparent FROM event_history")
        assert kept
        assert all(row["traceparent"].startswith(f"00-{TRACE_ID}-") for row in kept)


async def test_two_requests_are_two_traces(havn: World, spans: InMemorySpanExporter) -> None:
    one, other = uuid4().hex, uuid4().hex
    await refer(havn, traceparent=f"00-{one}-{PARTNERS_SPAN:016x}-01")
    await refer(havn, traceparent=f"00-{other}-{PARTNERS_SPAN:016x}-01")

    for trace_id in (one, other):
        assert only(of_trace(spans, trace_id), OPEN)
        assert only(of_trace(spans, trace_id), FETCH)


async def test_no_span_of_the_trace_holds_anything_personal(havn: World, spans: InMemorySpanExporter) -> None:
    await refer(havn, traceparent=f"00-{TRACE_ID}-{PARTNERS_SPAN:016x}-01")

    for span in of_trace(spans):
        written = span.to_json()
        assert not [word for word in PLANTED if word in written], span.name
