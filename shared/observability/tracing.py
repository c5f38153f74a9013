"""What Havn tells its operators, none of it with personal data: traces here, `logs` and `metrics` beside it.

A span knows a request by method and route template. The trace goes on through the outbox and the bus as W3C
`traceparent`; a caller's `tracestate` and baggage are not taken in, for they may hold anything.
"""

from collections.abc import MutableMapping
from contextlib import AbstractContextManager
from functools import cache
from time import perf_counter
from typing import Any

import structlog
from opentelemetry import trace
from opentelemetry.context import Context, attach, detach
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SimpleSpanProcessor, SpanExporter
from opentelemetry.sdk.trace.sampling import ALWAYS_ON
from opentelemetry.trace import NonRecordingSpan, Span, SpanContext, SpanKind, Status, StatusCode, TraceFlags
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from prometheus_client import Counter, Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.observability.logs import error_type, log
from shared.observability.metrics import HTTP_REQUESTS, HTTP_SECONDS

__all__ = ["Telemetry", "configure_tracing", "consumer_span", "current_trace_id", "current_traceparent"]

TEMPLATE = "havn.template"
"""Where a request's scope says which template its path has (`shared/http/routes.py`)."""
UNMATCHED = "unmatched"
"""The route of a request that no route took: its path is the caller's text, so it is not recorded."""
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_propagator = TraceContextTextMapPropagator()
_log = log.bind()
"""Made once: each request has a line."""


class _Tracing:
    """The tracer in use. Spans are made before configuration too, so that every answer has a trace id."""

    def __init__(self) -> None:
        self.use(_provider("havn"), is_exported=False)

    def use(self, provider: TracerProvider, *, is_exported: bool) -> None:
        self.provider = provider
        self.tracer = provider.get_tracer("havn")
        self.is_exported = is_exported
        """Whether anybody reads what a span says. Otherwise it is no more than its ids, by which logs, audit and answers meet."""


def _provider(service_name: str) -> TracerProvider:
    # ALWAYS_ON: a caller's "not sampled" flag must not switch off our own record of what it did.
    return TracerProvider(sampler=ALWAYS_ON, resource=Resource.create({"service.name": service_name}))


_tracing = _Tracing()


def configure_tracing(
    service_name: str, otlp_endpoint: str | None, exporter: SpanExporter | None = None
) -> TracerProvider:
    """Send this process's spans to `otlp_endpoint` (OTLP over HTTP, the base address) or to `exporter`, or nowhere.

    The caller shuts the returned provider down when the process ends, which sends what still waits.
    """
    provider = _provider(service_name)
    if exporter is not None:
        provider.add_span_processor(SimpleSpanProcessor(exporter))
    if otlp_endpoint is not None:
        # Imported here: it brings an HTTP client that nobody needs who exports nothing.
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

        address = otlp_endpoint.rstrip("/").removesuffix("/v1/traces") + "/v1/traces"
        provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=address)))
    _tracing.provider.shutdown()
    _tracing.use(provider, is_exported=exporter is not None or otlp_endpoint is not None)
    return provider


def current_traceparent() -> str | None:
    """The current span as W3C `traceparent`, to be kept with an event or sent on; None outside any span."""
    span = trace.get_current_span().get_span_context()
    if not span.is_valid:
        return None
    return f"00-{span.trace_id:032x}-{span.span_id:016x}-{span.trace_flags:02x}"


def current_trace_id() -> str:
    """32 hex digits, by which logs, spans, audit and problem documents find each other; zeros outside any span."""
    return trace.format_trace_id(trace.get_current_span().get_span_context().trace_id)


def consumer_span(traceparent: str | None, name: str) -> AbstractContextManager[Span]:
    """Handling an event, as part of the trace in which it was published."""
    return _Spanned(SpanKind.CONSUMER, traceparent, name)


class _Spanned:
    """The block as a span, below the one that `traceparent` names. By hand: a generator would be four more calls for each
    request, and `start_as_current_span` three context managers within one another."""

    __slots__ = ("_span", "_token")
    _span: Span

    def __init__(self, kind: SpanKind, traceparent: str | None, name: str) -> None:
        # A parent is only ever the given one: asyncio may run us in the context of another request.
        parent = _propagator.extract({"traceparent": traceparent}, context=Context()) if traceparent else Context()
        if _tracing.is_exported:
            self._span = _tracing.tracer.start_span(
                name, context=parent, kind=kind, record_exception=False, set_status_on_exception=False
            )
        else:
            self._span = NonRecordingSpan(_begun(trace.get_current_span(parent).get_span_context()))

    def __enter__(self) -> Span:
        self._token = attach(trace.set_span_in_context(self._span))
        return self._span

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        if error is not None:
            _mark_failed(self._span, error_type(error))
        detach(self._token)
        self._span.end()


def _begun(parent: SpanContext) -> SpanContext:
    """The ids of a new span below this one, as the SDK makes them; of a new trace where there is none."""
    ids = _tracing.provider.id_generator
    if parent.is_valid:
        trace_id, flags = parent.trace_id, parent.trace_flags & TraceFlags.RANDOM_TRACE_ID
    else:
        trace_id, flags = ids.generate_trace_id(), TraceFlags.RANDOM_TRACE_ID
    return SpanContext(
        trace_id, ids.generate_span_id(), is_remote=False, trace_flags=TraceFlags(flags | TraceFlags.SAMPLED)
    )


def _mark_failed(span: Span, reason: str) -> None:
    span.set_attribute("error.type", reason)
    span.set_status(Status(StatusCode.ERROR))


class Telemetry:
    """ASGI middleware: one server span, one log line and one measurement for each request, and `traceparent` on its
    answer. Pure ASGI, so that the context of the request's span is the one its endpoint and transaction run in."""

    def __init__(self, app: ASGIApp, *, service: str) -> None:
        self._app = app
        self._service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        structlog.contextvars.clear_contextvars()
        started = perf_counter()
        status = 500  # what the caller gets when the application raises before it answers

        async def send_traced(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message = _with_traceparent(message)
            await send(message)

        with _Spanned(SpanKind.SERVER, _traceparent_of(scope), _method_of(scope)) as span:
            try:
                await self._app(scope, receive, send_traced)
            finally:
                self._record(span, scope, status, perf_counter() - started)

    def _record(self, span: Span, scope: Scope, status: int, seconds: float) -> None:
        method, route = _method_of(scope), route_of(scope)
        if span.is_recording():
            self._describe(span, method, route, status, scope.get("state", {}).get("actor_org"))
        _requests(self._service, method, route, status).inc()
        _seconds(self._service, method, route).observe(seconds)
        is_routine = route.endswith("/metrics") or "/health/" in route
        (_log.debug if is_routine else _log.info)(
            "request answered",
            service=self._service,
            method=method,
            route=route,
            status=status,
            duration_ms=round(seconds * 1000, 1),
        )

    def _describe(self, span: Span, method: str, route: str, status: int, organisation: str | None) -> None:
        span.update_name(f"{method} {route}")
        said: dict[str, str | int] = {
            "havn.service": self._service,
            "http.request.method": method,
            "http.route": route,
            "http.response.status_code": status,
        }
        if organisation:
            said["havn.org"] = organisation
        span.set_attributes(said)
        if status >= 500:
            _mark_failed(span, str(status))


@cache
def _requests(service: str, method: str, route: str, status: int) -> Counter:
    """The count of such answers: found once, not for each, and there are no more than routes have methods and statuses."""
    return HTTP_REQUESTS.labels(service, method, route, str(status))


@cache
def _seconds(service: str, method: str, route: str) -> Histogram:
    return HTTP_SECONDS.labels(service, method, route)


def route_of(scope: MutableMapping[str, Any]) -> str:
    """The template of the route that took the request ("/referrals/v1/referrals/{referral_id}"), after routing."""
    # FastAPI keeps the path with the prefixes of included routers apart from the route, which has only its own part.
    included = scope.get("fastapi", {}).get("effective_route_context")
    path = scope.get(TEMPLATE) or getattr(included, "path", None) or getattr(scope.get("route"), "path", None)
    return path if isinstance(path, str) else UNMATCHED


def _method_of(scope: Scope) -> str:
    method: str = scope["method"]
    return method if method in _METHODS else "OTHER"


def _traceparent_of(scope: Scope) -> str | None:
    given = [value for name, value in scope["headers"] if name == b"traceparent"]
    return given[0].decode("latin-1") if len(given) == 1 else None


def _with_traceparent(message: Message) -> Message:
    traceparent = current_traceparent()
    if traceparent is None:
        return message
    headers = [*message.get("headers", []), (b"traceparent", traceparent.encode("ascii"))]
    return {**message, "headers": headers}
