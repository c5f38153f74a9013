"""Danish working days (hverdage): which days are public holidays, and what date is so many working days ahead.

Public holidays come from the library `holidays`, which knows the movable feasts and that Store Bededag was one until 2023.
1 May, Grundlovsdag and 24 and 31 December are no public holidays by law, only days off by agreement, so they count."""

from datetime import date, timedelta
from functools import cache
from typing import Final

FRIDAY: Final = 4
SATURDAY: Final = 5


@cache
def _public_holidays(year: int) -> frozenset[date]:
    # Imported here: it knows the whole world's calendars, and a start that needs none does not wait for them.
    import holidays

    return frozenset(holidays.country_holidays("DK", years=year, categories=(holidays.PUBLIC,)))


def is_public_holiday(day: date) -> bool:
    """A helligdag; Sundays are days of rest of their own."""
    return day in _public_holidays(day.year)


def is_weekday(day: date, *, saturday_counts: bool = False) -> bool:
    """A hverdag. Public holidays never count; whether Saturday does is for the caller to say (docs/rules.md, deadline-8)."""
    return day.weekday() <= (SATURDAY if saturday_counts else FRIDAY) and not is_public_holiday(day)


def add_weekdays(day: date, number: int, *, saturday_counts: bool = False) -> date:
    """The last of `number` weekdays after `day`, which itself is not counted; `day` where there are none to count."""
    while number > 0:
        day += timedelta(days=1)
        number -= is_weekday(day, saturday_counts=saturday_counts)
    return day
