"""The connections to one database: made when there is none to spare, and handed from one who asks to the next.

A pool of asyncpg's own has timers, a task and a stand-in for each time that a connection is handed out: a tenth of what a small
request costs."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final

PATIENCE_SECONDS: Final = 5.0
"""So long a request waits for a connection, and a connection for the server."""
SPARE_SECONDS: Final = 300.0
"""So long a connection that nobody needs stays open."""

Connection = Any
"""asyncpg's, whose records have no types that say more."""


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
