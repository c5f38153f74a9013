"""Time is passed in: the domain asks a clock that it is given, and judges days in Copenhagen."""

from calendar import monthrange
from contextlib import AbstractContextManager
from contextvars import ContextVar
from datetime import UTC, date, datetime, time, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

COPENHAGEN = ZoneInfo("Europe/Copenhagen")


class Clock(Protocol):
    def now(self) -> datetime:
        """The domain's moment, aware and in UTC."""


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)


_judged_at: ContextVar[datetime | None] = ContextVar("judged_at", default=None)


class _Judging:
    __slots__ = ("_now", "_token")

    def __init__(self, now: datetime) -> None:
        self._now = now

    def __enter__(self) -> None:
        self._token = _judged_at.set(self._now)

    def __exit__(self, *_: object) -> None:
        _judged_at.reset(self._token)


def judged_at(now: datetime) -> AbstractContextManager[None]:
    """While the block runs, what a request says has happened is judged by this instant: that of its unit of work. By hand: a
    generator would be four more calls for each request."""
    return _Judging(now)


def instant_of_judging() -> datetime | None:
    """The instant by which the present request is judged; None outside of one, where nothing lies ahead."""
    return _judged_at.get()


def on_date(moment: datetime) -> date:
    """The Danish calendar day of an aware moment."""
    return moment.astimezone(COPENHAGEN).date()


def start_of(day: date) -> datetime:
    """The instant at which a Danish calendar day begins."""
    return datetime.combine(day, time(), tzinfo=COPENHAGEN).astimezone(UTC)


def end_of(day: date) -> datetime:
    """The instant at which a Danish calendar day is over: the beginning of the next one, 23, 24 or 25 hours later."""
    return start_of(day + timedelta(days=1))


def whole_years(since: date, on: date) -> int:
    """How many years have passed since that day: who was born on it is so old."""
    return on.year - since.year - ((on.month, on.day) < (since.month, since.day))


def months_after(day: date, months: int) -> date:
    """The same day so many months later; where that month is shorter, its last day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
