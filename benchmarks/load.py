"""A small load generator: keep-alive connections that each send one request after the other."""

import asyncio
import json
import ssl
import time
from collections.abc import Callable, Coroutine, Iterator, Mapping
from typing import Any

CONNECTIONS = 16


def request(path: str, body: bytes, headers: Mapping[str, str]) -> bytes:
    """The bytes of one POST."""
    lines = {"host": "127.0.0.1", "content-type": "application/json", "content-length": str(len(body))} | {**headers}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"POST {path} HTTP/1.1\r\n{head}\r\n".encode() + body


async def _created(reader: asyncio.StreamReader) -> bytes:
    """The body of a 201; RuntimeError for any other answer."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
    body = await reader.readexactly(int(head.split("content-length:")[1].split("\r\n")[0]))
    if int(head[9:12]) != 201:
        raise RuntimeError(f"the server answered {head[9:12]}")
    return body


class Lines:
    """Connections to one server that are kept open, one for each request under way; over TLS where a context says so."""

    def __init__(self, port: int, *, tls: ssl.SSLContext | None = None) -> None:
        self._port, self._tls = port, tls
        self._free: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def post(self, path: str, body: bytes, headers: Mapping[str, str]) -> Any:
        """The JSON of the answer."""
        reader, writer = line = await self._line()
        writer.write(request(path, body, headers))
        answer = await _created(reader)
        self._free.append(line)
        return json.loads(answer)

    async def _line(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        while self._free:
            line = self._free.pop()
            if not line[0].at_eof():  # the server ends those that were not needed for a while
                return line
        host = "localhost" if self._tls else "127.0.0.1"  # the name that the certificate has
        return await asyncio.open_connection(host, self._port, ssl=self._tls)

    def close(self) -> None:
        for _, writer in self._free:
            writer.close()


async def _connection(port: int, requests: Iterator[bytes], until: float) -> int:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    done = 0
    while time.perf_counter() < until:
        writer.write(next(requests))
        await _created(reader)
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


async def paced(port: int, make: Callable[[], bytes], *, per_second: float, seconds: float) -> list[float]:
    """Seconds until each answer, of requests sent at that pace whether or not the one before was answered, as long as one of the
    connections is free."""
    took: list[float] = []
    free: asyncio.Queue[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = asyncio.Queue()
    for _ in range(CONNECTIONS):
        free.put_nowait(await asyncio.open_connection("127.0.0.1", port))

    async def once(due: float) -> None:
        reader, writer = await free.get()
        writer.write(make())
        await _created(reader)
        took.append(time.perf_counter() - due)
        free.put_nowait((reader, writer))

    await at_pace(per_second, seconds, once)
    while not free.empty():
        free.get_nowait()[1].close()
    return took


async def at_pace(per_second: float, seconds: float, once: Callable[[float], Coroutine[Any, Any, None]]) -> None:
    """Begin `once`, with when it was due, so often a second, whether or not the ones before have ended; returns when all have."""
    began = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for number in range(int(per_second * seconds)):
            due = began + number / per_second
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            group.create_task(once(due))
