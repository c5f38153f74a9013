"""Nights as PostgreSQL keeps them: a range of dates that its constraints understand."""

from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy.dialects.postgresql import Range

from services.accommodation.case.terms import terms_on
from shared.kernel.clock import COPENHAGEN

Nights = Range[date]
"""The nights from the first day to the last, which is not slept: `[from_on, to_on)`, open where nobody has set an end."""


def nights(from_on: date | None, to_on: date | None) -> Nights:
    """The nights from the one day until, but not on, the other; None where that end is open."""
    return Range(from_on, to_on, bounds="[)")


def first_of(found: Nights) -> date:
    """The first night of a stay or an approval, which always has one."""
    if found.lower is None:
        raise ValueError("These nights have no beginning.")
    return found.lower


def covers(found: Nights, wanted: Nights) -> bool:
    """Whether all of these nights are among those that were found; asked of every place, so without what `Range` asks of bounds
    that nights do not have."""
    begins = found.lower is None or (wanted.lower is not None and found.lower <= wanted.lower)
    return begins and (found.upper is None or (wanted.upper is not None and wanted.upper <= found.upper))


def common(one: Nights, other: Nights) -> Nights:
    """The nights that are among both; where there are none it `covers` nothing."""
    if other.lower is None and other.upper is None:
        return one
    lower = one.lower if other.lower is None or (one.lower and one.lower > other.lower) else other.lower
    upper = one.upper if other.upper is None or (one.upper and one.upper < other.upper) else other.upper
    return nights(lower, upper)


ALWAYS: Final = nights(None, None)
NIGHT: Final = timedelta(days=1)


def days(from_on: date | None, until: date | None) -> Nights:
    """The nights of a period whose last day is part of it, as every `*_until` is. Most have neither beginning nor end, and these
    are made once."""
    return nights(from_on, until + NIGHT if until else None) if from_on or until else ALWAYS


def last_of(found: Nights) -> date | None:
    """The last night; None where there is no end."""
    return found.upper - NIGHT if found.upper else None


def night_of(moment: datetime) -> date:
    """The day on whose evening the night began: who comes before the morning has come for yesterday's night (docs/rules.md,
    housing-6)."""
    here = moment.astimezone(COPENHAGEN)
    is_morning = here.hour >= terms_on(here.date()).morning_hour
    return here.date() if is_morning else here.date() - NIGHT
