"""Whose turn it is: a client that asks much at once, as its rate lets it for a moment, stands in a line of its own, and what
others ask does not wait behind all of it (docs/adr/0016)."""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Final
from weakref import WeakValueDictionary

from shared.contract.organisations import HAVN
from shared.http.limits import client_of
from shared.identity.actor import Actor

AT_ONCE: Final = 2
"""So many requests of one client a process of a service has in hand: one while the database works on the other."""
AT_ONCE_ALONE: Final = 12
"""So many while nobody else asks: there is nobody to be held up."""
ALONE_SECONDS: Final = 1.0
"""Nobody else asks when nobody has for so long."""
SLOW_SECONDS: Final = 0.25
"""Whatever takes longer gives its turn to the next: nothing that is slow holds up all that its client asks."""


class Lines:
    """A line for each client, in which its requests wait for those before them."""

    def __init__(self, at_once: int = AT_ONCE, alone: int = AT_ONCE_ALONE) -> None:
        self._at_once, self._alone = at_once, alone
        self._lines: WeakValueDictionary[str, _Line] = WeakValueDictionary()
        self._last = ""
        """Who asked last."""
        self._shared_until = 0.0
        """Until when more than one client counts as asking, by the clock of the event loop."""

    def of(self, actor: Actor) -> "_InHand":
        """When the block is entered it is the turn of one request of the actor's client; until then others of it are answered."""
        if actor.org == HAVN:  # our own services wait for nobody
            return _InHand(None)
        return _InHand(self._line(client_of(actor), asyncio.get_running_loop().time()))

    def _line(self, client: str, now: float) -> "_Line":
        if self._last not in ("", client):
            self._shared_until = now + ALONE_SECONDS
        self._last = client
        return self._lines.setdefault(client, _Line(self._most))

    def _most(self) -> int:
        is_shared = asyncio.get_running_loop().time() < self._shared_until
        return self._at_once if is_shared else self._alone


class _Line:
    def __init__(self, most: Callable[[], int]) -> None:
        self._most = most
        self._in_hand = 0
        self._waiting: deque[asyncio.Future[None]] = deque()

    async def join(self) -> None:
        """Wait for the turn of one request."""
        if self._in_hand < self._most() and not self._waiting:
            self._in_hand += 1
            return
        ready = asyncio.get_running_loop().create_future()
        self._waiting.append(ready)
        try:
            await ready
        except asyncio.CancelledError:
            if not ready.cancelled():  # it had come to be its turn
                self.leave()
            elif ready in self._waiting:
                self._waiting.remove(ready)
            raise

    def leave(self) -> None:
        """The turn is over; the next have theirs."""
        self._in_hand -= 1
        while self._waiting and self._in_hand < self._most():
            if not (ready := self._waiting.popleft()).cancelled():
                ready.set_result(None)
                self._in_hand += 1


class _InHand:
    """A request that is waited for, and then has its turn until the block ends or it has taken too long."""

    def __init__(self, line: _Line | None) -> None:
        self._line = line
        self._slow: asyncio.TimerHandle | None = None

    async def __aenter__(self) -> None:
        if self._line:
            await self._line.join()
            self._slow = asyncio.get_running_loop().call_later(SLOW_SECONDS, self._end)

    async def __aexit__(self, *_: object) -> None:
        if self._slow:
            self._slow.cancel()
        self._end()

    def _end(self) -> None:
        line, self._line = self._line, None
        if line:
            line.leave()
