"""Whose turn it is: a client that asks much at once, as its rate lets it for a moment, stands in a line of its own, and what
others ask does not wait behind all of it (docs/adr/0016)."""

import asyncio
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
        return self._lines.get(client) or self._lines.setdefault(client, _Line(self._most))

    def _most(self) -> int:
        is_shared = asyncio.get_running_loop().time() < self._shared_until
        return self._at_once if is_shared else self._alone


class _Line:
    def __init__(self, most: Callable[[], int]) -> None:
        self._most = most
        self._in_hand: dict[_InHand, float] = {}
        """Since when each has its turn, by the clock of the event loop; the first for the longest."""
        self._waiting: dict[_InHand, asyncio.Future[None]] = {}
        self._looks: asyncio.TimerHandle | None = None
        """When it is looked next whether a turn is slow: only while somebody waits for one, as most of the time nobody does."""

    async def join(self, request: "_InHand") -> None:
        """Wait for the turn of this request."""
        if self._waiting or len(self._in_hand) >= self._most():
            await self._wait(request)
        else:
            self._in_hand[request] = asyncio.get_running_loop().time()

    def leave(self, request: "_InHand") -> None:
        """Its turn is over, unless it was given away; the next have theirs."""
        self._in_hand.pop(request, None)
        self._call_next()

    async def _wait(self, request: "_InHand") -> None:
        ready = self._waiting[request] = asyncio.get_running_loop().create_future()
        self._look_later()
        try:
            await ready
        except asyncio.CancelledError:
            self._waiting.pop(request, None)
            self.leave(request)  # it may have come to be its turn
            raise

    def _call_next(self) -> None:
        while self._waiting and len(self._in_hand) < self._most():
            request = next(iter(self._waiting))
            ready = self._waiting.pop(request)
            if not ready.cancelled():
                self._in_hand[request] = asyncio.get_running_loop().time()
                ready.set_result(None)

    def _look_later(self) -> None:
        if self._waiting and self._in_hand and self._looks is None:
            first = next(iter(self._in_hand.values()))
            self._looks = asyncio.get_running_loop().call_at(first + SLOW_SECONDS, self._look)

    def _look(self) -> None:
        """What is slow gives its turn to the next."""
        self._looks = None
        now = asyncio.get_running_loop().time()
        for request in [each for each, since in self._in_hand.items() if since + SLOW_SECONDS <= now]:
            del self._in_hand[request]
        self._call_next()
        self._look_later()


class _InHand:
    """A request that is waited for, and then has its turn until the block ends or it has taken too long."""

    def __init__(self, line: _Line | None) -> None:
        self._line = line

    async def __aenter__(self) -> None:
        if self._line:
            await self._line.join(self)

    async def __aexit__(self, *_: object) -> None:
        if self._line:
            self._line.leave(self)
