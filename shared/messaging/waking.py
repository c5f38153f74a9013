"""Waking the relay of another process: an API's commit is sent at once, and not at the relay's next look."""

import asyncio
from typing import Final

from shared.data.database import Database
from shared.data.unit_of_work import UnitOfWork
from shared.observability.logs import log

CHANNEL: Final = "havn_outbox"
PAUSE_SECONDS: Final = 0.01
"""For so long one call stands for all that is committed after it."""

# A transaction of its own, after the one it is about: PostgreSQL lets those that notify commit one at a time, and requests are
# not to wait for each other. Nothing is lost with it, so nobody waits for the disk.
_CALL: Final = f"BEGIN; SET LOCAL synchronous_commit = off; NOTIFY {CHANNEL}; COMMIT"


class Waker:
    """Calls the relay that leads, wherever it runs, when there is something to send. A call that fails is no loss: the relay
    looks by itself now and then."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._wake = asyncio.Event()

    def wake(self, work: UnitOfWork) -> None:
        """What this unit of work has committed is to be sent, where that is events."""
        if work.events:
            self._wake.set()

    async def run(self) -> None:
        """Call when woken, until cancelled."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            try:
                async with self._database.connection() as connection:
                    await connection.execute(_CALL)
            except Exception as error:
                log.info("the relay was not called", reason=type(error).__name__)
            await asyncio.sleep(PAUSE_SECONDS)
