"""The hardened protocol, spoken to in raw bytes: what could be read in two ways is refused, the honest are served."""

import hashlib
import socket
import ssl
import time
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import pytest
from cryptography.hazmat.primitives import hashes

from shared.http.server import HardenedProtocol, MalformedRequest, require_one_meaning
from tests.shared.http.raw_http import (
    GET,
    HIDDEN,
    PATIENCE_SECONDS,
    POST,
    Listener,
    answers_to,
    connect,
    hears,
    listening,
    problem,
    self_signed,
    send,
    statuses,
    until_closed,
)

LINGER_SECONDS = 0.5


class Impatient(HardenedProtocol):
    DEADLINE_SECONDS: ClassVar[float] = 0.6
    LINGER_SECONDS: ClassVar[float] = LINGER_SECONDS


class Brief(HardenedProtocol):
    """The deadlines of production with a body limit that a test can send."""

    MAX_BODY_BYTES: ClassVar[int] = 1000
    LINGER_SECONDS: ClassVar[float] = LINGER_SECONDS


@pytest.fixture(scope="module", params=["asyncio", "uvloop"])
def havn(request: pytest.FixtureRequest) -> Iterator[Listener]:
    with listening(loop=request.param, http=Brief) as listener:
        yield listener


@pytest.fixture(scope="module")
def impatient() -> Iterator[Listener]:
    with listening(http=Impatient) as listener:
        yield listener


@pytest.fixture(autouse=True)
def _forget(request: pytest.FixtureRequest) -> None:
    for name in ("havn", "impatient"):
        if name in request.fixturenames:
            request.getfixturevalue(name).served.clear()
            request.getfixturevalue(name).left.clear()


EMPTY_CHUNKS = b"\r\n\r\n0\r\n\r\n"
SMUGGLING = {
    "content-length and chunked": POST + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + HIDDEN,
    "chunked and content-length": POST + b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n" + HIDDEN,
    "content-length twice": POST + b"Content-Length: 0\r\nContent-Length: 37\r\n\r\n" + HIDDEN,
    "content-length twice, the same": POST + b"Content-Length: 0\r\nContent-Length: 0\r\n\r\n" + HIDDEN,
    "content-length list": POST + b"Content-Length: 0, 37\r\n\r\n" + HIDDEN,
    "content-length with a sign": POST + b"Content-Length: +5\r\n\r\nhello" + HIDDEN,
    "content-length negative": POST + b"Content-Length: -1\r\n\r\n" + HIDDEN,
    "content-length in hex": POST + b"Content-Length: 0x5\r\n\r\nhello" + HIDDEN,
    "content-length without end": POST + b"Content-Length: 99999999999999999999999\r\n\r\n" + HIDDEN,
    "transfer-encoding xchunked": POST + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + HIDDEN,
    "transfer-encoding chunked, identity": POST + b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n" + HIDDEN,
    "transfer-encoding gzip, chunked": POST + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n" + HIDDEN,
    "transfer-encoding twice": POST
    + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n"
    + HIDDEN,
    "transfer-encoding in 1.0": b"POST / HTTP/1.0\r\nHost: havn\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    + HIDDEN,
    "bare line feeds": b"GET /open HTTP/1.1\nHost: havn\n\n" + HIDDEN,
    "bare line feed after a header": b"GET /open HTTP/1.1\r\nHost: havn\nX-A: b\r\n\r\n" + HIDDEN,
    "space before the colon": POST + b"Content-Length : 5\r\n\r\nhello" + HIDDEN,
    "folded header": GET + b"X-A: b\r\n Content-Length: 5\r\n\r\n" + HIDDEN,
    "space before the first header": b"GET /open HTTP/1.1\r\n Host: havn\r\n\r\n" + HIDDEN,
    "no host": b"GET /open HTTP/1.1\r\n\r\n" + HIDDEN,
    "empty host": b"GET /open HTTP/1.1\r\nHost:\r\n\r\n" + HIDDEN,
    "two hosts": GET + b"Host: havn\r\n\r\n" + HIDDEN,
    "host with a path": b"GET /open HTTP/1.1\r\nHost: havn/evil?\r\n\r\n" + HIDDEN,
    "host with a user": b"GET /open HTTP/1.1\r\nHost: havn@evil\r\n\r\n" + HIDDEN,
    "bad chunk end": POST + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabcX\r\n0\r\n\r\n" + HIDDEN,
    "chunk longer than it says": POST + b"Transfer-Encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n" + HIDDEN,
    "bad chunk size": POST + b"Transfer-Encoding: chunked\r\n\r\n0x3\r\nabc\r\n0\r\n\r\n" + HIDDEN,
    "line feed after chunk size": POST + b"Transfer-Encoding: chunked\r\n\r\n3\nabc\r\n0\r\n\r\n" + HIDDEN,
    "trailer": POST + b"Transfer-Encoding: chunked\r\n\r\n0\r\nAuthorization: x\r\n\r\n" + HIDDEN,
    "NUL in a header": GET + b"X-A: b\x00c\r\n\r\n" + HIDDEN,
    "escape in a header": GET + b"X-A: \x1b[2Jc\r\n\r\n" + HIDDEN,
    "NUL in the path": b"GET /op\x00en HTTP/1.1\r\nHost: havn\r\n\r\n" + HIDDEN,
    "encoded line end in the path": b"GET /op%0d%0aen HTTP/1.1\r\nHost: havn\r\n\r\n" + HIDDEN,
    "encoded NUL in the query": b"GET /open?a=%00 HTTP/1.1\r\nHost: havn\r\n\r\n" + HIDDEN,
    "absolute form": b"GET http://evil/open HTTP/1.1\r\nHost: havn\r\n\r\n" + HIDDEN,
    "path of a user": b"GET @evil HTTP/1.1\r\nHost: havn\r\n\r\n" + HIDDEN,
    "fragment": b"GET /open#evil HTTP/1.1\r\nHost: havn\r\n\r\n" + HIDDEN,
    "asterisk": b"OPTIONS * HTTP/1.1\r\nHost: havn\r\n\r\n" + HIDDEN,
    "TRACE": b"TRACE /open HTTP/1.1\r\nHost: havn\r\n\r\n" + HIDDEN,
    "CONNECT": b"CONNECT evil:443 HTTP/1.1\r\nHost: havn\r\n\r\n" + HIDDEN,
    "version 2.0": b"GET /open HTTP/2.0\r\nHost: havn\r\n\r\n" + HIDDEN,
    "version 0.9": b"GET /open\r\n\r\n" + HIDDEN,
    "authorization twice": GET + b"Authorization: DPoP a\r\nAuthorization: DPoP b\r\n\r\n" + HIDDEN,
    "20 KB of headers": GET + b"".join(b"X-%d: %s\r\n" % (n, b"a" * 1000) for n in range(20)) + b"\r\n" + HIDDEN,
    "65 headers": GET + b"".join(b"X-%d: a\r\n" % n for n in range(64)) + b"\r\n" + HIDDEN,
    "a header of 70 KB": GET + b"X-A: " + b"a" * 70_000 + b"\r\n\r\n" + HIDDEN,
    "a header of 1 MB": GET + b"X-A: " + b"a" * 1_000_000 + b"\r\n\r\n" + HIDDEN,
    "a header without end": GET + b"X-A: " + b"a" * 1_000_000,
    "a target of 20 KB": b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\nHost: havn\r\n\r\n" + HIDDEN,
    "a trailer without end": POST + b"Transfer-Encoding: chunked\r\n\r\n0\r\nX-A: " + b"a" * 1_000_000,
    "TLS to the wrong port": bytes.fromhex("16030100c8010000c40303") + b"\x00" * 200,
}


@pytest.mark.parametrize("sent", SMUGGLING.values(), ids=SMUGGLING.keys())
def test_t037_what_has_two_readings_is_refused_and_nothing_after_it_is_served(havn: Listener, sent: bytes) -> None:
    got = answers_to(havn, sent)

    assert statuses(got) in ([400], [413], [])
    assert havn.served == []


@pytest.mark.parametrize("sent", SMUGGLING.values(), ids=SMUGGLING.keys())
def test_t037_the_same_byte_by_byte(havn: Listener, sent: bytes) -> None:
    with connect(havn) as line:
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for at in range(120):
            send(line, sent[at : at + 1])
        send(line, sent[120:])
        got = until_closed(line)

    assert statuses(got) in ([400], [413], [])
    assert havn.served == []


def test_a_refusal_is_a_problem_document_that_does_not_quote_the_request(havn: Listener) -> None:
    got = answers_to(havn, b"GET /open HTTP/1.1\r\nHost: havn\r\nHost: Karla-Testesen\r\n\r\n")

    head = got.split(b"\r\n\r\n")[0].lower()
    assert b"content-type: application/problem+json" in head
    assert b"connection: close" in head
    assert b"Karla" not in got
    told = problem(got)
    assert told["type"].endswith("/MalformedRequest")
    assert (told["status"], told["title"]) == (400, "Malformed request")
    assert told["instance"] == "urn:trace:" + told["trace_id"]


def test_t056_an_answer_has_a_date_and_names_no_server(havn: Listener) -> None:
    for sent in (GET + b"Connection: close\r\n\r\n", GET + b"Host: two\r\n\r\n"):
        head = answers_to(havn, sent).split(b"\r\n\r\n")[0].lower()
        assert b"\r\ndate: " in head
        assert b"\r\nserver:" not in head


def test_a_connection_serves_one_request_after_another(havn: Listener) -> None:
    with connect(havn) as line:
        for number in range(3):
            line.sendall(b"GET /%d HTTP/1.1\r\nHost: havn:8000\r\nX-Empty:\r\n\r\n" % number)
            assert hears(line, b"served /%d" % number)


def test_requests_sent_together_are_answered_in_order(havn: Listener) -> None:
    got = answers_to(
        havn,
        b"GET /slow HTTP/1.1\r\nHost: havn\r\n\r\n"
        + POST
        + b"Content-Length: 5\r\n\r\nhello"
        + POST
        + b"Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    )

    assert statuses(got) == [200, 200, 200]
    assert havn.served == ["/slow", "/open", "/open"]


def test_a_refused_request_behind_honest_ones_costs_them_nothing(havn: Listener) -> None:
    honest = b"GET /slow HTTP/1.1\r\nHost: havn\r\n\r\nGET /next HTTP/1.1\r\nHost: havn\r\n\r\n"

    for refused in (SMUGGLING["no host"], SMUGGLING["bad chunk end"]):
        havn.served.clear()
        got = answers_to(havn, honest + refused)
        assert statuses(got) == [200, 200]
        assert got.count(b"connection: close") == 1
        assert havn.served == ["/slow", "/next"]


def test_an_answered_request_whose_body_turns_out_broken_gets_no_second_answer(havn: Listener) -> None:
    with connect(havn) as line:
        line.sendall(b"POST /early HTTP/1.1\r\nHost: havn\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc")
        assert hears(line, b"served /early")
        send(line, b"X\r\n0\r\n\r\n" + HIDDEN)

        assert until_closed(line) == b""
    assert havn.served == []


def test_the_application_of_a_refused_request_learns_that_nobody_waits_for_it(havn: Listener) -> None:
    with connect(havn) as line:
        # A path of its own: what the test before left behind may arrive late.
        line.sendall(POST.replace(b"/open", b"/refused") + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc")
        time.sleep(0.1)
        send(line, b"X\r\n0\r\n\r\n")
        assert statuses(until_closed(line)) == [400]
        time.sleep(0.1)

    assert (havn.served.count("/refused"), havn.left.count("/refused")) == (0, 1)


def test_a_refusal_reaches_a_client_that_is_still_sending(havn: Listener) -> None:
    with connect(havn) as line:
        line.sendall(POST + b"Content-Length: 100000000\r\n\r\n")
        for _ in range(3):
            time.sleep(0.05)
            line.sendall(b"a" * 10_000)  # would raise when the line was reset
        assert statuses(until_closed(line)) == [413]


@pytest.mark.parametrize(
    "headers",
    [
        [(b"content-length", b"5"), (b"transfer-encoding", b"chunked")],
        [(b"content-length", b"+5")],
        [(b"content-length", b"5, 5")],
        [(b"content-length", b"")],
        [(b"content-length", "٥".encode())],
        [(b"content-length", b"5"), (b"content-length", b"5")],
        [(b"x-a", b"b\x00")],
        [(b"x-a", b"b\rc")],
        [(b"x-a", b"b\nc")],
        [(b"x-a", b"\x7f")],
    ],
)
def test_t037_a_laxer_parser_would_not_open_the_door(headers: list[tuple[bytes, bytes]]) -> None:
    with pytest.raises(MalformedRequest):
        require_one_meaning(headers, "1.1")


def test_a_request_to_speak_another_protocol_is_served_as_it_is_and_is_the_last(havn: Listener) -> None:
    got = answers_to(havn, GET + b"Connection: Upgrade\r\nUpgrade: h2c\r\n\r\n" + HIDDEN)

    assert statuses(got) == [200]
    assert havn.served == ["/open"]


def test_http_1_0_with_a_host_is_served(havn: Listener) -> None:
    assert statuses(answers_to(havn, b"GET /open HTTP/1.0\r\nHost: havn\r\n\r\n")) == [200]


def test_a_client_that_asks_first_whether_to_send_its_body_is_told_so(havn: Listener) -> None:
    with connect(havn) as line:
        line.sendall(POST + b"Content-Length: 5\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n")
        assert line.recv(65536).startswith(b"HTTP/1.1 100 ")
        line.sendall(b"hello")
        assert statuses(until_closed(line)) == [200]


def test_t039_a_body_at_the_limit_is_taken(havn: Listener) -> None:
    sent = POST + b"Content-Length: 1000\r\nConnection: close\r\n\r\n" + b"a" * 1000

    assert statuses(answers_to(havn, sent)) == [200]


@pytest.mark.parametrize(
    "sent",
    [
        POST + b"Content-Length: 1001\r\n\r\n" + b"a" * 1001,
        POST + b"Content-Length: 100000000\r\n\r\n" + b"a" * 300_000,
        POST + b"Transfer-Encoding: chunked\r\n\r\n" + b"64\r\n" + b"a" * 100 + b"\r\n" + b"3e8\r\n" + b"a" * 1000,
    ],
)
def test_t039_a_body_over_the_limit_is_413_and_never_served(havn: Listener, sent: bytes) -> None:
    got = answers_to(havn, sent)

    assert statuses(got) == [413]
    assert problem(got)["type"].endswith("/BodyTooLarge")
    assert havn.served == []


def test_t046_forwarded_headers_are_not_believed(havn: Listener) -> None:
    answers_to(havn, GET + b"X-Forwarded-For: 192.0.2.7\r\nX-Forwarded-Proto: https\r\nConnection: close\r\n\r\n")

    assert havn.scopes[-1]["client"][0] == "127.0.0.1"
    assert havn.scopes[-1]["scheme"] == "http"


DRIPS = {
    "headers": (b"GET /open HTTP/1.1\r\nHost: havn\r\n", b"X-A: a\r\n"),
    "target": (b"GET /", b"a"),
    "body": (POST + b"Content-Length: 100\r\n\r\n", b"a"),
    "chunks": (POST + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\na\r\n"),
}


@pytest.mark.parametrize(("start", "drop"), DRIPS.values(), ids=DRIPS.keys())
def test_t038_a_request_that_trickles_in_is_ended_at_the_deadline(
    impatient: Listener, start: bytes, drop: bytes
) -> None:
    with connect(impatient) as line:
        began = time.monotonic()
        send(line, start)
        line.settimeout(0.1)
        got = b""
        while time.monotonic() - began < PATIENCE_SECONDS:
            try:
                got = line.recv(65536)
                break
            except TimeoutError:
                send(line, drop)

    assert 0.5 < time.monotonic() - began < PATIENCE_SECONDS
    assert problem(got)["type"].endswith("/RequestTooSlow")
    assert impatient.served == []


@pytest.mark.parametrize("before", [b"", GET + b"\r\n"], ids=["a new line", "a line that was served once"])
def test_t038_line_ends_between_requests_do_not_keep_a_connection(impatient: Listener, before: bytes) -> None:
    with connect(impatient) as line:
        if before:
            line.sendall(before)
            assert hears(line, b"served /open")
        began = time.monotonic()
        line.settimeout(0.1)
        got: bytes | None = None
        while got is None and time.monotonic() - began < PATIENCE_SECONDS:
            send(line, b"\r\n")
            try:
                got = line.recv(65536)
            except TimeoutError:
                continue
            except ConnectionResetError:
                got = b""

    assert got == b""


def test_t038_a_connection_that_says_nothing_is_closed(impatient: Listener) -> None:
    assert answers_to(impatient, b"") == b""


def test_the_deadline_is_for_the_request_not_for_its_answer(impatient: Listener) -> None:
    with connect(impatient) as line:
        for _ in range(4):
            line.sendall(b"GET /slow HTTP/1.1\r\nHost: havn\r\n\r\n")
            assert hears(line, b"served /slow")


def test_the_wait_before_the_first_byte_does_not_count(impatient: Listener) -> None:
    with connect(impatient) as line:
        time.sleep(0.4)
        line.sendall(b"GET /open HTTP/1.1\r\n")
        time.sleep(0.4)
        line.sendall(b"Host: havn\r\nConnection: close\r\n\r\n")
        assert statuses(until_closed(line)) == [200]


def test_t038_only_the_hosts_that_were_named_are_served() -> None:
    with listening(allowed_hosts=["havn.example", "[::1]"]) as listener:
        for host, status in {
            b"havn.example": 200,
            b"HAVN.example:443": 200,
            b"[::1]:8000": 200,
            b"evil.example": 421,
            b"havn.example.evil.example": 421,
        }.items():
            sent = b"GET / HTTP/1.1\r\nConnection: close\r\nHost: " + host + b"\r\n\r\n"
            assert statuses(answers_to(listener, sent)) == [status], host


def test_t013_the_application_sees_the_certificate_of_the_client(tmp_path: Path) -> None:
    certificate, files = self_signed(tmp_path)
    with listening(**files, ssl_ca_certs=files["ssl_certfile"], ssl_cert_reqs=ssl.CERT_REQUIRED) as listener:
        context = ssl.create_default_context(cafile=files["ssl_certfile"])
        context.load_cert_chain(files["ssl_certfile"], files["ssl_keyfile"])
        with context.wrap_socket(connect(listener), server_hostname="havn.example") as line:
            line.sendall(GET + b"Connection: close\r\n\r\n")
            assert statuses(until_closed(line)) == [200]
        with context.wrap_socket(connect(listener), server_hostname="havn.example") as line:
            line.sendall(SMUGGLING["no host"])
            assert statuses(until_closed(line)) == [400]

    seen = listener.scopes[0]["extensions"]["tls"]["client_cert_der"]
    assert hashlib.sha256(seen).digest() == certificate.fingerprint(hashes.SHA256())


def test_without_tls_there_is_no_certificate(havn: Listener) -> None:
    answers_to(havn, GET + b"Connection: close\r\n\r\n")

    assert havn.scopes[-1]["extensions"]["tls"] == {"client_cert_der": None}
