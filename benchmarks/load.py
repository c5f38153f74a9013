"""A small load generator: keep-alive connections that each send one request after the other."""

import asyncio
import time
from collections.abc import Callable, Iterator

CONNECTIONS = 16


def request(path: str, body: bytes, headers: dict[str, str]) -> bytes:
    """The bytes of one POST."""
    lines = {"host": "127.0.0.1", "content-type": "application/json", "content-length": str(len(body))} | headers
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"POST {path} HTTP/1.1\r\n{head}\r\n".encode() + body


async def _answer(reader: asyncio.StreamReader) -> int:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
    length = int(head.split("content-length:")[1].split("\r\n")[0])
    await reader.readexactly(length)
    return int(head[9:12])


async def _connection(port: int, requests: Iterator[bytes], until: float) -> int:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    done = 0
    while time.perf_counter() < until:
        writer.write(next(requests))
        if await _answer(reader) != 201:
            raise RuntimeError("the server did not answer 201")
        done += 1
    writer.close()
    return done


async def rate(port: int, make: Callable[[], bytes], *, seconds: float) -> float:
    """Answered requests per second over that time, on all connections together."""

    def endless() -> Iterator[bytes]:
        while True:
            yield make()

    requests = endless()
    started = time.perf_counter()
    done = await asyncio.gather(*(_connection(port, requests, started + seconds) for _ in range(CONNECTIONS)))
    return sum(done) / (time.perf_counter() - started)
