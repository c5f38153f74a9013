"""How much one client may ask: a rate, so that nobody's flood is everybody's, and a budget for ids that are not its own, so that
nobody finds a case by trying.

A rate is counted as GCRA counts (one instant per client, no windows to race against); docs/adr/0016 says why by our own hand.
"""

import asyncio
import hashlib
import math
import re
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Final, Protocol
from uuid import UUID

from fastapi import Request, Response

from shared.contract.organisations import HAVN
from shared.data.limits import StoredCounts
from shared.data.outages import is_outage
from shared.http.handling import handling_of
from shared.identity.actor import Actor
from shared.kernel.errors import NotFound, TooManyRequests
from shared.kernel.settings import Settings
from shared.observability.logs import log

Handle = Callable[[Request], Coroutine[Any, Any, Response]]

REQUESTS: Final = "requests"
SUBMISSIONS: Final = "submissions"
"""The rate of its own of what must come with an Idempotency-Key: no reading keeps a referral from being posted."""
MISSES: Final = "misses"
MISSES_SECONDS: Final = 3600.0
HELD_SECONDS: Final = 0.5
"""So long a refused request is held before it is answered: a client that asks again at once is slowed, and keeps nobody busy."""
APART_SECONDS: Final = 0.1
"""So far apart a client's refusals leave, on however many connections it asks."""
HELD_AT_MOST_SECONDS: Final = 5.0
_ID: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_MOST_CLIENTS: Final = 10_000


class RateExceeded(TooManyRequests):
    """More requests than one client may make."""


class TooManyMisses(TooManyRequests):
    """The client has asked for as many ids that are not its own as it may in an hour; what is its own it still gets."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a client has left of one rate or budget."""

    name: str
    quota: int
    remaining: int
    seconds: float
    """Until the quota is whole again; where the request is refused, until there is room for one."""
    is_refused: bool = False

    @property
    def headers(self) -> dict[str, str]:
        """As draft-ietf-httpapi-ratelimit-headers has them, and Retry-After where the request is refused."""
        seconds = math.ceil(max(0.0, self.seconds))
        said = {"ratelimit": f'"{self.name}";r={self.remaining};t={seconds}'}
        said["ratelimit-policy"] = f'"{self.name}";q={self.quota}'
        return said | ({"retry-after": str(max(1, seconds))} if self.is_refused else {})

    @property
    def raw_headers(self) -> list[tuple[bytes, bytes]]:
        """The same as a response holds them."""
        return [(name.encode("ascii"), value.encode("ascii")) for name, value in self.headers.items()]


class Limits(Protocol):
    """Counts for one service. None: that is not limited."""

    async def take(self, client: str, pool: str) -> Allowance | None:
        """One request of the client's, counted in this pool."""

    async def miss(self, client: str, asked: bytes) -> Allowance | None:
        """The client has asked for what is not its own; the same again costs nothing."""


class LimitsInProcess:
    """Counts in this process alone: right where there is no other."""

    def __init__(
        self, rate: tuple[float, int] | None, misses: int | None, *, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._rate = rate
        self._misses = misses
        self._now = now
        self._full_at: dict[tuple[str, str], float] = {}
        self._missed: dict[str, dict[bytes, float]] = {}

    async def take(self, client: str, pool: str) -> Allowance | None:
        if self._rate is None:
            return None
        now, key = self._now(), (client, pool)
        if len(self._full_at) > _MOST_CLIENTS:
            self._full_at = {known: at for known, at in self._full_at.items() if at > now}
        before = max(self._full_at.get(key, now), now)
        found = allowance(pool, self._rate, before - now)
        if not found.is_refused:
            self._full_at[key] = before + 1 / self._rate[0]
        return found

    async def miss(self, client: str, asked: bytes) -> Allowance | None:
        if self._misses is None:
            return None
        now = self._now()
        known = self._missed.setdefault(client, {})
        for old in [each for each, at in known.items() if at <= now - MISSES_SECONDS]:
            del known[old]
        is_repeated = asked in known
        if not is_repeated and len(known) < self._misses:
            known[asked] = now
            is_repeated = True
        first = min(known.values(), default=now)
        return misses_left(self._misses, len(known), first + MISSES_SECONDS - now, is_refused=not is_repeated)


class LimitsInDatabase:
    """Counts for all processes of a service, in its database. While that does not answer nothing is refused here."""

    def __init__(self, counts: StoredCounts, rate: tuple[float, int] | None, misses: int | None) -> None:
        self._counts = counts
        self._rate = rate
        self._misses = misses

    async def take(self, client: str, pool: str) -> Allowance | None:
        if self._rate is None:
            return None
        per_second, burst = self._rate
        try:
            used = await self._counts.used(client, pool, per_second=per_second, burst=burst)
        except Exception as error:
            _require_outage(error)
            return None
        return allowance(pool, self._rate, used)

    async def miss(self, client: str, asked: bytes) -> Allowance | None:
        if self._misses is None:
            return None
        try:
            used, is_known, seconds = await self._counts.missed(
                client, asked, budget=self._misses, seconds=MISSES_SECONDS
            )
        except Exception as error:
            _require_outage(error)
            return None
        return misses_left(self._misses, used, seconds, is_refused=not is_known)

    async def close(self) -> None:
        await self._counts.close()


def _require_outage(error: Exception) -> None:
    if not is_outage(error):
        raise error
    log.warning("clients are not counted: the database does not answer", reason=type(error).__name__)


def allowance(pool: str, rate: tuple[float, int], used_seconds: float) -> Allowance:
    """What is left when one more is asked for and what was asked before fills the rate for so many seconds yet."""
    per_second, burst = rate
    room = burst - used_seconds * per_second  # requests that fit
    if room < 1 - 1e-9:
        return Allowance(pool, burst, 0, (1 - room) / per_second, is_refused=True)
    return Allowance(pool, burst, int(room + 1e-9) - 1, used_seconds + 1 / per_second)


def misses_left(budget: int, used: int, seconds: float, *, is_refused: bool) -> Allowance:
    """What is left of the budget for other ids when so many were asked for, the first of which counts so long yet."""
    return Allowance(MISSES, budget, max(0, budget - used), seconds, is_refused=is_refused)


def limits_in_process(settings: Settings) -> Limits:
    """Limits as the settings have them, counted here."""
    return LimitsInProcess(settings.rate, settings.misses_an_hour)


async def counted(handle: Handle, request: Request) -> Response:
    """What `handle` answers, which calls `take_one` as soon as it knows who asks. What is asked for in vain is counted here."""
    try:
        response = await handle(request)
    except NotFound as missing:
        if not missing.is_public:
            await count_miss(request, handling_of(request).actor)
        raise
    response.raw_headers.extend(handling_of(request).allowance)
    return response


async def take_one(request: Request, actor: Actor) -> None:
    """Count this request, and keep what is left for the answer's headers. Raises RateExceeded, a little later than at once."""
    if actor.org == HAVN:  # our own services ask for what events bring about, and wait for nobody
        return
    limits: Limits = request.app.state.limits
    handling = handling_of(request)
    found = await limits.take(client_of(actor), handling.pool)
    if found and found.is_refused:
        await asyncio.sleep(_seconds_to_hold(client_of(actor), time.monotonic()))
        raise RateExceeded("Too many requests; go on when Retry-After has passed.", headers=found.headers)
    if found:
        handling.allowance = found.raw_headers


_last_refusal: dict[str, float] = {}


def _seconds_to_hold(client: str, now: float) -> float:
    """How long this refusal waits for those of the same client before it."""
    if len(_last_refusal) > _MOST_CLIENTS:
        _last_refusal.clear()
    goes_at = max(now + HELD_SECONDS, _last_refusal.get(client, 0.0) + APART_SECONDS)
    _last_refusal[client] = min(goes_at, now + HELD_AT_MOST_SECONDS)
    return _last_refusal[client] - now


async def count_miss(request: Request, actor: Actor) -> None:
    """Count what the request asked for and may not see. Raises TooManyMisses when the budget is used up."""
    asked = await _asked(request)
    if actor.org == HAVN or not asked:
        return
    limits: Limits = request.app.state.limits
    found = await limits.miss(client_of(actor), hashlib.sha256(asked.encode()).digest())
    if found and found.is_refused:
        raise TooManyMisses(
            "Too many different ids that are not yours; what is yours you still get. Go on when Retry-After has passed.",
            headers=found.headers,
        )


def client_of(actor: Actor) -> str:
    """Who is counted: a client of an organisation."""
    return f"{actor.org} {actor.client_id}"


async def _asked(request: Request) -> str:
    """The ids that the path names, or else the query or body, however they are spelled; empty where there are none."""
    named = sorted(str(value).lower() for value in request.path_params.values())
    if not named:
        given = f"{request.url.query} {(await request.body()).decode('utf-8', 'replace')}".lower()
        named = sorted({str(UUID(found)) for found in _ID.findall(given)})
    return " ".join(named)
