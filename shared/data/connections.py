"""The connections to one database: made when there is none to spare, and handed from one who asks to the next.

A pool of asyncpg's own has timers, a task and a stand-in for each time that a connection is handed out: a twentieth of what a
small request costs."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final

PATIENCE_SECONDS: Final = 5.0
"""So long a request waits for a connection, and a connection for the server."""
SPARE_SECONDS: Final = 300.0
"""So long a connection that nobody needs stays open."""
ANSWER_SECONDS: Final = 30.0
"""So long a statement waits for what the server says. The server itself gives up after as long (`statement_timeout`); this is for
one that says nothing any more."""


class Connection:
    """asyncpg's, whose server is waited for so long and no longer: after that the connection is cut. One timer sees to it for as
    long as it is open; asyncpg's own would be one for each statement, each a seventh of what sending it costs."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self._loop = asyncio.get_running_loop()
        self._asked_at: float | None = None
        self._look()

    def _look(self) -> None:
        if self.is_closed():
            return
        now = self._loop.time()
        waits_since = now if self._asked_at is None else self._asked_at
        if now >= waits_since + ANSWER_SECONDS:
            self.terminate()
        else:
            self._loop.call_at(waits_since + ANSWER_SECONDS, self._look)

    async def fetch(self, text: str, *values: Any) -> list[Any]:
        """The statement's records."""
        self._asked_at = self._loop.time()
        try:
            records: list[Any] = await self._connection.fetch(text, *values)
            return records
        finally:
            self._asked_at = None

    async def execute(self, text: str, *values: Any) -> str:
        """What the server says it has done."""
        self._asked_at = self._loop.time()
        try:
            status: str = await self._connection.execute(text, *values)
            return status
        finally:
            self._asked_at = None

    async def executemany(self, text: str, several: Sequence[Sequence[Any]]) -> None:
        """Send the statement with all of these values in one message."""
        self._asked_at = self._loop.time()
        try:
            await self._connection.executemany(text, several)
        finally:
            self._asked_at = None

    def is_closed(self) -> bool:
        return bool(self._connection.is_closed())

    def is_in_transaction(self) -> bool:
        return bool(self._connection.is_in_transaction())

    def terminate(self) -> None:
        """Cut it, whatever is under way."""
        self._connection.terminate()

    async def close(self) -> None:
        await self._connection.close()


class Connections:
    """At most so many, in nobody's hands or in those of one who asks."""

    def __init__(self, make: Callable[[], Awaitable[Connection]], most: int) -> None:
        self._make = make
        self._most = most
        self._room = asyncio.Semaphore(most)
        self._spare: list[tuple[Connection, float]] = []
        """Those in nobody's hands, and since when by the clock of the event loop; the one that was given back last is next."""
        self.in_use = 0

    async def take(self) -> Connection:
        """A connection that is open and in no transaction; whoever takes it gives it back. Raises TimeoutError, or what asyncpg
        raises where there is no server."""
        if self._spare and not self._room.locked():
            return await self._next()
        async with asyncio.timeout(PATIENCE_SECONDS):
            return await self._next()

    async def _next(self) -> Connection:
        await self._room.acquire()
        self.in_use += 1
        try:
            while self._spare:
                connection, _ = self._spare.pop()
                if not connection.is_closed():
                    return connection
            return await self._make()
        except BaseException:
            self.in_use -= 1
            self._room.release()
            raise

    def give_back(self, connection: Connection) -> None:
        """The next who asks has it; where it was left in the middle of a transaction, it is ended and nobody has it."""
        self.in_use -= 1
        self._room.release()
        if connection.is_closed():
            return
        if connection.is_in_transaction():
            connection.terminate()
            return
        now = asyncio.get_running_loop().time()
        self._spare.append((connection, now))
        if self._spare[0][1] < now - SPARE_SECONDS:
            self._spare.pop(0)[0].terminate()

    def renew(self) -> None:
        """End those in nobody's hands: what they have learned of the tables no longer holds."""
        spare, self._spare = self._spare, []
        for connection, _ in spare:
            connection.terminate()

    async def close(self) -> None:
        """End all, each when whoever has it has given it back."""
        for _ in range(self._most):
            await self._room.acquire()
        spare, self._spare = self._spare, []
        for connection, _ in spare:
            await connection.close()
        for _ in range(self._most):
            self._room.release()
