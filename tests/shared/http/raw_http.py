"""A server that speaks the hardened protocol, in a thread, and a client that sends it raw bytes."""

import asyncio
import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import uvicorn
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from starlette.types import Receive, Scope, Send

from shared.http.server import server_config

PATIENCE_SECONDS = 15.0
HIDDEN = b"GET /hidden HTTP/1.1\r\nHost: havn\r\n\r\n"
POST = b"POST /open HTTP/1.1\r\nHost: havn\r\n"
GET = b"GET /open HTTP/1.1\r\nHost: havn\r\n"


@dataclass
class Listener:
    """An application that says which path it served, and remembers it; `/slow` takes its time."""

    served: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    """Paths of requests whose client was gone before their body was complete."""
    scopes: list[Scope] = field(default_factory=list)
    port: int = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
            return
        if scope["path"] != "/early":
            body = await _body(receive)
            if body is None:
                self.left.append(scope["path"])
                return
            self.served.append(scope["path"])
            self.scopes.append(scope)
        if scope["path"] == "/slow":
            await asyncio.sleep(0.3)
        text = f"served {scope['path']}".encode()
        headers = [(b"content-length", str(len(text)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": text})


async def _lifespan(receive: Receive, send: Send) -> None:
    for _ in range(2):
        message = await receive()
        await send({"type": message["type"] + ".complete"})


async def _body(receive: Receive) -> bytes | None:
    body = b""
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        body += message["body"]
        if not message["more_body"]:
            return bytes(body)


@contextmanager
def listening(**overrides: Any) -> Iterator[Listener]:
    listener = Listener()
    door = socket.create_server(("127.0.0.1", 0))
    listener.port = door.getsockname()[1]
    server = uvicorn.Server(server_config(listener, host="127.0.0.1", port=listener.port, **overrides))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [door]})
    thread.start()
    try:
        until = time.monotonic() + PATIENCE_SECONDS
        while not server.started and time.monotonic() < until:
            time.sleep(0.005)
        yield listener
    finally:
        server.should_exit = True
        thread.join(PATIENCE_SECONDS)
        door.close()


def connect(listener: Listener) -> socket.socket:
    return socket.create_connection(("127.0.0.1", listener.port), timeout=PATIENCE_SECONDS)


def send(line: socket.socket, sent: bytes) -> None:
    # The server may have hung up already; what it answered is what counts.
    with suppress(BrokenPipeError, ConnectionResetError):
        line.sendall(sent)


def hears(line: socket.socket, end: bytes) -> bool:
    """Whether an answer that ends so arrives before the line closes."""
    got = b""
    while not got.endswith(end):
        more = line.recv(65536)
        if not more:
            return False
        got += more
    return True


def until_closed(line: socket.socket) -> bytes:
    """All that comes before the server closes; a server that does not close fails by the socket's timeout."""
    got = b""
    try:
        while more := line.recv(65536):
            got += more
    except ConnectionResetError:
        pass
    return got


def answers_to(listener: Listener, sent: bytes) -> bytes:
    with connect(listener) as line:
        send(line, sent)
        return until_closed(line)


def statuses(got: bytes) -> list[int]:
    return [int(part[:3]) for part in got.split(b"HTTP/1.1 ")[1:]]


def problem(got: bytes) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(got.split(b"\r\n\r\n", 1)[1])
    return found


def self_signed(directory: Path, host: str = "havn.example") -> tuple[x509.Certificate, dict[str, str]]:
    """A certificate for this host that both ends may use, and uvicorn's settings for it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, host)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    certfile, keyfile = directory / "certificate.pem", directory / "key.pem"
    certfile.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    keyfile.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return certificate, {"ssl_certfile": str(certfile), "ssl_keyfile": str(keyfile)}
