"""Birth dates as people write them, without their day, or with a year of two digits: how old somebody is by them at least.

Whoever may be a child is to be protected as one, so the least counts of what can be meant (docs/rules.md, child-6)."""

import re
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any, Final

from shared.kernel.clock import months_after, whole_years
from shared.kernel.text import in_plain_dashes, in_plain_digits

OLDEST: Final = 120
_LONGEST: Final = 100
"""Characters of a text in which an age or a date is looked for. A whole story is for people to read."""
_YEAR: Final = re.compile(r"(?<![0-9])(?<![0-9]{6}-)(?:19|20)[0-9]{2}(?![0-9])")
"""Four digits after six and a dash are the end of a CPR number."""
_TOGETHER: Final = re.compile(r"(?<![0-9])[0-9]{8}(?![0-9])")
_YEAR_AND_MONTH: Final = re.compile(r"\s*([0-9]{4})[-/.](0?[1-9]|1[0-2])(?![0-9])")
_BETWEEN: Final = r"[\W_]{1,3}"
_SHORT_DATE: Final = re.compile(
    rf"(?<![0-9])([0-9]{{1,2}}|[x?]{{1,2}}){_BETWEEN}([0-9]{{1,2}}|[^\W\d_]+|\?{{1,2}}){_BETWEEN}([0-9]{{2}})(?![0-9])",
    re.IGNORECASE,
)
"""`12.05.10`, `12/05-10`, `XX.05.10`, `12. maj 10`."""
_LONG_NUMBER: Final = re.compile("[0-9]{3}")
_ANOTHER: Final = re.compile(r"[^\W\d_]{2}|[,;()]")
"""What stands between a year and a date that is not its end: `1990 eller 12.05.10`."""
_TIME_OF_DAY: Final = re.compile(r"\bkl\b")
_DATE_TOGETHER: Final = re.compile(r"(?<![0-9])([0-9]{2})([0-9]{2})([0-9]{2})(?:-?[0-9]{4})?(?![0-9])")
"""`120510`, also where the rest of a CPR number follows."""
DATE_FOR_AN_AGE: Final = re.compile(
    r"(?<![0-9])(?:[0-9]{1,2}\.[0-9]{1,2}\.[0-9]{2}|[0-9]{1,2}[-/.]0[0-9][-/.][0-9]{2}|[0-9]{6})(?![0-9])"
)
"""What is a birth date also where an age is asked for, and not three ages: `10, 11, 12`."""
_AHEAD: Final = 18
"""Months. A date that lies so far ahead was a slip, or no birth date at all: it is of no other century."""
_MONTHS: Final = 12
_LONGEST_MONTH: Final = 31


def whole_day(written: Any) -> str | None:
    """A whole date in other digits or dashes than ours, in ours; None where it is none, or needs no reading."""
    plain = in_plain_dashes(written) if isinstance(written, str) and to_read(written) else None
    return plain if plain and plain != written and _is_a_day(plain) else None


def least_age(written: Any, *, on: date) -> int | None:
    """The least that somebody can be on that day of whose birth only the year, or the year and the month, can be read. None where
    nothing can be, nobody alive was born then, or it is a whole date, which needs no reading."""
    if isinstance(written, bool) or not isinstance(written, str | int):
        return None
    text = in_plain_digits(to_read(written))
    return None if _is_a_day(text) else _least(text, on=on)


def least_age_by_short_date(written: Any, *, on: date) -> int | None:
    """The least that somebody can be on that day of whose birth date the year is written with two digits: of the orders and the
    days that can be meant, the latest that is not ahead. None where no such date stands there, or it may lie ahead."""
    if isinstance(written, bool) or not isinstance(written, str | int):
        return None
    text = in_plain_dashes(to_read(written))
    if isinstance(written, int):
        text = text.zfill(6) if len(text) == 5 else text  # the zero that it began with
    apart = [found for found in _SHORT_DATE.finditer(text) if not _is_an_end(found, _LONG_NUMBER)]
    apart = [found for found in apart if ":" not in found[0]] or apart  # a time of day beside a date
    together = [found for found in _DATE_TOGETHER.finditer(text) if not _is_an_end(found, _YEAR)]
    ages = [_least_of_orders(*_parts(found), is_surely_a_date=bool(apart), on=on) for found in apart or together]
    return min((age for age in ages if age is not None), default=None)


def age_by_birth(text: str, *, on: date) -> int | None:
    """How old somebody is by a birth date that stands where an age is asked for; where it may be three ages as well, the least
    counts."""
    readings = [_least(text, on=on)]
    for short in DATE_FOR_AN_AGE.findall(text):
        readings.append(least_age_by_short_date(short, on=on))
        parts = re.split("[./-]", short)
        if all(part[0] != "0" and int(part) <= OLDEST for part in parts):
            readings += map(int, parts)
    return min((each for each in readings if each is not None), default=None)


def to_read(written: str | int) -> str:
    """What is read of it: nothing where there is too much."""
    text = str(written).strip()
    return text if len(text) <= _LONGEST else ""


def _is_an_end(found: re.Match[str], of: re.Pattern[str]) -> bool:
    """Whether what looks like a short date is the end of a date whose year has four digits, or a time of day behind one."""
    before = list(of.finditer(found.string, 0, found.start()))
    if not before:
        return False
    between = found.string[before[-1].end() : found.start()]
    return ":" in found[0] or _TIME_OF_DAY.search(between) is not None or _ANOTHER.search(between) is None


def _parts(found: re.Match[str]) -> tuple[int, int, int]:
    first, middle, last = (int(part) if part.isdigit() else 0 for part in found.groups())
    return first, middle, last


def _least_of_orders(first: int, middle: int, last: int, *, is_surely_a_date: bool, on: date) -> int | None:
    """The age by the latest date that the three can be, in the orders that people write: the year last, or first."""

    def days(*orders: tuple[int, int, int]) -> list[date]:
        return [day for order in orders if (day := _latest(*order, on=on))]

    born = days((last, middle, first), (last, first, middle))
    if not born and is_surely_a_date and first <= _LONGEST_MONTH:
        # 31.02.10: there is no such day, or it lies ahead; the year was meant all the same.
        born = days((last, 0, 0))
    born += days((first, middle, last))
    if not born and is_surely_a_date:
        born = days((first, last, middle)) or days((last, 0, 0), (first, 0, 0))
    possible = [day for day in born if day <= on]
    if len(possible) < len(born):
        # Where one of them lies ahead, another of the last century would make an adult of whom nothing is known.
        possible = [day for day in possible if day.year >= _century(on)]
    return whole_years(max(possible), on) if possible else None


def _century(on: date) -> int:
    return on.year // 100 * 100


def _latest(year: int, month: int, day: int, *, on: date) -> date | None:
    """The latest day that is not ahead and can be meant, of a year of two digits; a month or a day of 0 is unknown. Where there
    is none in this century, one that lies ahead by so little that no other is meant."""
    if month > _MONTHS or day > _LONGEST_MONTH:
        return None
    days = list(_days_of(_century(on) + year, month, day))
    if found := max((each for each in days if each <= on), default=None):
        return found
    soon = min(days, default=None)
    if soon and soon <= months_after(on, _AHEAD):
        return soon
    return max(_days_of(_century(on) - 100 + year, month, day), default=None)


def _days_of(year: int, month: int, day: int) -> Iterable[date]:
    for in_month in [month] if month else range(1, _MONTHS + 1):
        first = date(year, in_month, 1)
        days = (months_after(first, 1) - first).days
        for in_day in [day] if day else range(1, days + 1):
            if in_day <= days:
                yield first.replace(day=in_day)


def _least(text: str, *, on: date) -> int | None:
    together = [part for found in _TOGETHER.findall(text) for part in (found[:4], found[4:])]
    found = [int(year) for year in (*_YEAR.findall(text), *together) if year[:2] in ("19", "20")]
    year = max((each for each in found if each <= on.year), default=None)
    if year is None:
        return None
    first, last = date(year, 1, 1), date(year, 12, 31)
    if (known := _YEAR_AND_MONTH.match(text)) and int(known[1]) == year:
        first = first.replace(month=int(known[2]))
        last = months_after(first, 1) - timedelta(days=1)
    age = whole_years(min(last, on), on)
    return age if first <= on and age <= OLDEST else None


def _is_a_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
