"""How bytes from the network become requests: one reading of each, within limits, or a refusal and a closed line.

Whatever two servers in a row could read differently is how requests are smuggled past the first, so nothing is repaired
here. uvicorn's protocol has no deadline and few limits; this one adds them, in the callbacks of its parser.
"""

import asyncio
import json
import re
import secrets
import sys
from collections import deque
from collections.abc import Collection, Sequence
from http import HTTPStatus
from typing import Any, ClassVar, cast
from urllib.parse import unquote_to_bytes

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from shared.http.language import ask_for
from shared.http.problems import PROBLEM_MEDIA_TYPE, document
from shared.kernel.errors import BadRequest, DomainError, PayloadTooLarge
from shared.observability.logs import log

Headers = Sequence[tuple[bytes, bytes]]

MAX_BODY_BYTES = 1024 * 1024
_HOST = re.compile(rb"([A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*\.?|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?")
_TARGET = re.compile(rb"/[\x21\x22\x24-\x7e]*")  # a path of our own: visible ASCII without "#"
# Load balancers ask by address, some in HTTP/1.0 without a Host; what is answered depends on neither.
_PROBE = re.compile(rb"/[a-z]+/health/(live|ready)")
_CONTROL = re.compile(rb"[\x00-\x1f\x7f]")
_CONTROL_IN_VALUE = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")
# Said twice, one reader takes the first and another the last.
_SAID_ONCE = frozenset(
    {b"host", b"content-length", b"transfer-encoding", b"content-type", b"content-encoding"}
    | {b"authorization", b"idempotency-key"}
)


class MalformedRequest(BadRequest):
    """The bytes are not one request with one meaning."""


class RequestTooSlow(BadRequest):
    """The request was not complete within the deadline."""


class HeadersTooLarge(BadRequest):
    """More headers, or longer ones, than any partner needs."""


class BodyTooLarge(PayloadTooLarge):
    """The body is longer than Havn takes."""


def body_too_large(most: int) -> BodyTooLarge:
    """The refusal of a body of more bytes than that."""
    return BodyTooLarge(f"The body is longer than {most} bytes.")


class MisdirectedRequest(DomainError):
    """The request is for a server of another name."""

    status = 421


class HardenedProtocol(HttpToolsProtocol):
    """One connection. A request that breaks a rule is answered by a problem document, when nothing else is being
    answered on the line, and the connection ends with it: what follows has lost its frame."""

    DEADLINE_SECONDS: ClassVar[float] = 10.0
    MAX_HEAD_BYTES: ClassVar[int] = 16 * 1024
    MAX_HEADERS: ClassVar[int] = 64
    MAX_BODY_BYTES: ClassVar[int] = MAX_BODY_BYTES
    LINGER_SECONDS: ClassVar[float] = 1.0
    ALLOWED_HOSTS: ClassVar[frozenset[str] | None] = None
    """Host headers that are served, without port, in lower case; None: all. Probes of health may have any, or none."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._deadline: asyncio.TimerHandle | None = None
        self._lingering: asyncio.TimerHandle | None = None
        self._refusal: DomainError | None = None
        self._served: RequestResponseCycle | None = None
        self._is_in_head = self._is_in_body = False
        self._messages = self._stage_bytes = self._body_bytes = 0
        self._has_spoken = False
        tls = transport.get_extra_info("ssl_object")
        self._certificate: bytes | None = tls.getpeercert(True) if tls else None  # noqa: FBT003
        self._arm()

    def connection_lost(self, exc: Exception | None) -> None:
        self._disarm()
        if self._lingering:
            self._lingering.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._refusal:
            return
        if not self._has_spoken:
            self._has_spoken = True
            self._disarm()  # the wait for the first byte is no part of the request
        if self._served is None or self._served.response_complete:
            # Line ends between requests begin none, but they do end uvicorn's wait for the next.
            self._arm()
        stage = self._stage()
        super().data_received(data)
        self._count_stage(len(data) if self._stage() == stage else 0)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._messages += 1
        self._body_bytes = self._headers_seen = self._head_bytes = 0
        self._is_in_head, self._is_in_body = True, False
        self._arm()

    def on_url(self, url: bytes) -> None:
        super().on_url(url)
        self._count_head(len(url))

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self._is_in_head:
            # uvicorn would add it to the headers of a request that has already been judged by them.
            raise MalformedRequest("Send no trailers after the body.")
        self._headers_seen += 1
        self._count_head(len(name) + len(value))
        if self._headers_seen > self.MAX_HEADERS:
            raise _too_many_headers()
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        require_plain_target(self.parser.get_method(), self.url, self.parser.get_http_version())
        require_one_meaning(self.headers, self.parser.get_http_version())
        if not _PROBE.fullmatch(self.url.partition(b"?")[0]):
            require_host(self.headers, self.ALLOWED_HOSTS)
        length = int(dict(self.headers).get(b"content-length", b"0"))
        if length > self.MAX_BODY_BYTES:
            raise self._too_large()
        extensions = cast("dict[str, Any]", self.scope).setdefault("extensions", {})
        extensions["tls"] = {"client_cert_der": self._certificate}
        super().on_headers_complete()
        self._is_in_head, self._is_in_body = False, True
        if self.parser.should_upgrade():
            # We speak no other protocol, and the parser skips what follows: this request is the last on the line.
            self.cycle.keep_alive = False

    def on_body(self, body: bytes) -> None:
        self._body_bytes += len(body)
        if self._body_bytes > self.MAX_BODY_BYTES:
            raise self._too_large()
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._disarm()
        self._is_in_body = False
        super().on_message_complete()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        self._served = cycle
        super()._start_asgi_task(cycle, app)

    def send_400_response(self, msg: str) -> None:
        """uvicorn calls this while it handles what the parser, or a callback above, has raised."""
        self._refuse(_reason() or MalformedRequest("The request is not well-formed HTTP/1.1."))

    def _stage(self) -> tuple[int, bool, bool]:
        return self._messages, self._is_in_head, self._is_in_body

    def _count_stage(self, more: int) -> None:
        """The parser hands over a header, or a trailer, when it is whole, and would collect an endless one."""
        self._stage_bytes = self._stage_bytes + more if more else 0
        if self._refusal:
            return
        if self._is_in_head and self._stage_bytes > self.MAX_HEAD_BYTES:
            self._refuse(_too_many_headers())
        if self._is_in_body and self._stage_bytes > 2 * self.MAX_BODY_BYTES:  # twice: chunks have frames
            self._refuse(self._too_large())

    def _unsupported_upgrade_warning(self) -> None:
        """Nothing to warn of: no other protocol is offered."""

    def _count_head(self, length: int) -> None:
        self._head_bytes += length
        if self._head_bytes > self.MAX_HEAD_BYTES:
            raise _too_many_headers()

    def _too_large(self) -> BodyTooLarge:
        return body_too_large(self.MAX_BODY_BYTES)

    def _arm(self) -> None:
        """Start the deadline, unless it runs: a request that trickles in does not get more time for it."""
        if self._deadline is None:
            self._deadline = self.loop.call_later(self.DEADLINE_SECONDS, self._expire)

    def _disarm(self) -> None:
        if self._deadline:
            self._deadline.cancel()
            self._deadline = None

    def _expire(self) -> None:
        self._deadline = None
        if self._is_in_head or self._is_in_body:
            self._refuse(RequestTooSlow(f"The request was not complete within {self.DEADLINE_SECONDS:g} seconds."))
        else:
            self.transport.close()

    def _refuse(self, refusal: DomainError) -> None:
        """Take nothing more from this connection, and end it without ever sending an answer that is not due."""
        self._refusal = refusal
        self._disarm()
        self._unset_keepalive_if_required()
        if self.transport.is_closing():
            return
        trace_id = secrets.token_hex(16)  # of a trace that never began: it joins the answer to this line
        log.warning("request refused", reason=type(refusal).__name__, trace_id=trace_id)
        refused = self.cycle if self._is_in_body else None
        if refused is not None:
            refused.disconnected = True  # its application may be running: what it answers is not sent
            refused.message_event.set()
        earlier = [self._served, *(cycle for cycle, _ in reversed(self.pipeline))]
        due = [cycle for cycle in earlier if cycle and cycle is not refused and not cycle.response_complete]
        if due:
            self._end_after(due[-1])
        elif refused is not None and refused.response_started:
            self.transport.close()
        else:
            ask_for(dict(self.headers or ()).get(b"accept-language", b"").decode("latin-1"))
            self.transport.write(_answer(refusal, self.server_state.default_headers, trace_id))
            self._hang_up()

    def _end_after(self, last: RequestResponseCycle) -> None:
        """Requests before the refused one were in order and get their answers."""
        self.pipeline = deque(waiting for waiting in self.pipeline if not waiting[0].disconnected)
        last.keep_alive = False

    def _hang_up(self) -> None:
        """Close our direction first: if both were closed while bytes still arrive, the answer would be lost."""
        if not self.transport.can_write_eof():
            self.transport.close()
            return
        self.transport.write_eof()
        self.flow.resume_reading()
        self._lingering = self.loop.call_later(self.LINGER_SECONDS, self.transport.close)


def require_plain_target(method: bytes, target: bytes, version: str) -> None:
    """Refuse what is not a request for a path of ours in HTTP/1.0 or 1.1."""
    if version not in {"1.0", "1.1"}:
        raise MalformedRequest("Speak HTTP/1.1.")
    if method in {b"TRACE", b"CONNECT"}:
        raise MalformedRequest("TRACE and CONNECT are not served.")
    if not _TARGET.fullmatch(target):
        raise MalformedRequest("Ask for a path that starts with /, without host, fragment or unencoded characters.")
    if _CONTROL.search(unquote_to_bytes(target)):
        raise MalformedRequest("The path or query holds a control character.")


def require_one_meaning(headers: Headers, version: str) -> None:
    """Refuse headers that leave open where the body ends, or what was meant."""
    names = [name for name, _ in headers]
    if any(names.count(name) > 1 for name in _SAID_ONCE):
        raise MalformedRequest("A header that is sent once was sent more than once.")
    if any(_CONTROL_IN_VALUE.search(value) for _, value in headers):
        raise MalformedRequest("A header holds a control character.")
    said = dict(headers)
    length, encoding = said.get(b"content-length"), said.get(b"transfer-encoding")
    if length is not None and encoding is not None:
        raise MalformedRequest("Send either Content-Length or Transfer-Encoding.")
    if length is not None and not re.fullmatch(rb"[0-9]{1,18}", length):
        raise MalformedRequest("Content-Length is a plain number.")
    if encoding is not None and (encoding.lower() != b"chunked" or version == "1.0"):
        raise MalformedRequest("The only Transfer-Encoding is chunked, in HTTP/1.1.")


def require_host(headers: Headers, allowed: Collection[str] | None) -> None:
    """Refuse a request without exactly one Host that is a name, and one that is none of `allowed` if there is such a list:
    whoever made a browser, or a proxy, believe that another name is ours has its request refused here."""
    hosts = [value for name, value in headers if name == b"host"]
    found = _HOST.fullmatch(hosts[0]) if len(hosts) == 1 else None
    if found is None:
        raise MalformedRequest("Send one Host header with the name of this server.")
    if allowed is not None and found.group(1).decode("ascii").lower() not in allowed:
        raise MisdirectedRequest("This server does not answer to that Host; ask it by an address that it is known by.")


def _too_many_headers() -> HeadersTooLarge:
    return HeadersTooLarge("The headers are too many or too long.")


def _reason() -> DomainError | None:
    """What a callback raised, which the parser wraps in an error of its own."""
    error = sys.exception()
    return error.__context__ if error and isinstance(error.__context__, DomainError) else None


def _answer(refusal: DomainError, default_headers: Headers, trace_id: str) -> bytes:
    name = type(refusal).__name__
    problem = document(
        name=name, status=refusal.status, detail=refusal.detail, danish=refusal.danish, trace_id=trace_id
    )
    body = json.dumps(problem).encode("ascii")
    headers = [
        *default_headers,
        (b"content-type", PROBLEM_MEDIA_TYPE.encode("ascii")),
        (b"content-length", str(len(body)).encode("ascii")),
        (b"cache-control", b"no-store"),
        (b"connection", b"close"),
    ]
    status = f"HTTP/1.1 {refusal.status} {HTTPStatus(refusal.status).phrase}".encode("ascii")
    return b"\r\n".join([status, *(name + b": " + value for name, value in headers), b"", body])


def server_config(
    app: ASGIApp, *, host: str, port: int, allowed_hosts: Collection[str] | None = None, **overrides: Any
) -> uvicorn.Config:
    """How Havn is served: by the hardened protocol, believing no proxy header and telling no version. `allowed_hosts`
    are names without port; `overrides` are further arguments of uvicorn's (TLS, for one)."""
    protocol: type[HardenedProtocol] = overrides.pop("http", HardenedProtocol)
    if allowed_hosts is not None:
        names = frozenset(name.lower() for name in allowed_hosts)
        protocol = type(protocol.__name__, (protocol,), {"ALLOWED_HOSTS": names})
    settings: dict[str, Any] = {
        "http": protocol,
        "ws": "none",
        "lifespan": "on",
        "proxy_headers": False,
        "server_header": False,
        "date_header": True,
        "access_log": False,
        "log_config": None,
        "timeout_graceful_shutdown": 20,
    }
    return uvicorn.Config(app, host=host, port=port, **(settings | overrides))
