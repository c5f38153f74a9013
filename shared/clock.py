"""Time is passed in: the domain asks a clock that it is given, and judges days in Copenhagen."""

from datetime import UTC, date, datetime
from typing import Protocol
from zoneinfo import ZoneInfo

COPENHAGEN = ZoneInfo("Europe/Copenhagen")


class Clock(Protocol):
    def now(self) -> datetime:
        """The domain's moment, aware and in UTC."""


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)


class DevelopmentClock:
    """A clock that a developer may set and stop (`PUT /dev/clock`). Tokens are never judged by it."""

    def __init__(self) -> None:
        self._stopped_at: datetime | None = None

    def now(self) -> datetime:
        return self._stopped_at or datetime.now(UTC)

    def set(self, moment: datetime | None) -> None:
        """Stop the clock at an aware moment; None lets it run with the system's again."""
        self._stopped_at = moment.astimezone(UTC) if moment else None


def on_date(moment: datetime) -> date:
    """The Danish calendar day of an aware moment."""
    return moment.astimezone(COPENHAGEN).date()
