"""The domain's clock as a developer sets it, and `/dev/clock`, where it is set."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from fastapi import APIRouter

from shared.contract.types import Answer, Body, Moment


class DevelopmentClock:
    """A clock that a developer may set and stop (`PUT /dev/clock`). Tokens are never judged by it."""

    def __init__(self) -> None:
        self._stopped_at: datetime | None = None

    def now(self) -> datetime:
        return self._stopped_at or datetime.now(UTC)

    def set(self, moment: datetime | None) -> None:
        """Stop the clock at an aware moment; None lets it run with the system's again."""
        self._stopped_at = moment.astimezone(UTC) if moment else None


class ClockSetting(Body):
    """The moment to stop the domain's clock at; null lets it run."""

    now: Moment | None


class ClockReading(Answer):
    now: Moment


def clock_router(clock: DevelopmentClock, *, do_what_is_due: Callable[[], Awaitable[None]]) -> APIRouter:
    """`GET` and `PUT /dev/clock`."""
    router = APIRouter(prefix="/dev", include_in_schema=False)

    @router.get("/clock")
    async def read_clock() -> ClockReading:
        return ClockReading(now=clock.now())

    @router.put("/clock")
    async def set_clock(setting: ClockSetting) -> ClockReading:
        """Set what the domain takes for now; what is due by then is done before the answer."""
        clock.set(setting.now)
        await do_what_is_due()
        return ClockReading(now=clock.now())

    return router
