"""How many beds somebody will have on the next nights, from nothing but how many had one each night before (docs/rules.md,
housing-31): the last night falls back to what is usual, night by night, as fast as it did in the past, with what each day of the
week usually differs. How far off that was is found by forecasting past nights from the nights before them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import dropwhile, pairwise
from statistics import fmean
from typing import Final

from services.accommodation.case.nights import NIGHT, night_of
from services.accommodation.forecast import repository
from services.accommodation.forecast.repository import Counted
from shared.data.unit_of_work import UnitOfWork

AHEAD: Final = 14
WEEK: Final = 7
HISTORY: Final = timedelta(days=168)
"""Of how many nights what is usual is learned, and the past error."""
USUAL: Final = 56
"""Nights that say what is usual; before there are that many, as many as there are."""
CHECKED: Final = 28
"""On how many past nights a forecast is made again, to see how far off it was."""


@dataclass(frozen=True, slots=True)
class NightAhead:
    """A night to come. `off_by` is how many beds forecasts so many nights ahead were off, `week_before_off_by` the same for who
    expects as many as on the same day of the last week that is known; None where there is too little history."""

    on: date
    expected: float
    off_by: float | None
    week_before_off_by: float | None


@dataclass(frozen=True, slots=True)
class Forecast:
    """What is to be expected in a facility."""

    counted: Counted
    nights: Sequence[NightAhead]


async def forecasts(work: UnitOfWork) -> list[Forecast]:
    """Of each facility whose places the actor may count: the next fourteen nights, tonight first."""
    tonight = night_of(work.now)
    counted = await repository.nights_of_each(work, tonight - HISTORY, tonight)
    return [Forecast(each, ahead_of(each, tonight)) for each in counted]


def ahead_of(counted: Counted, tonight: date) -> list[NightAhead]:
    """The nights from tonight on, with the past error of each so many nights ahead."""
    # Before somebody was there first it had no places, or Havn did not know of them.
    had = list(dropwhile(lambda number: not number, counted.nights))
    expected = expect(had, first=tonight) if had else [0.0] * AHEAD
    errors = past_errors(had, tonight)
    return [
        NightAhead(
            on=tonight + ahead * NIGHT,
            expected=min(each, float(counted.capacity)),
            off_by=errors.ours[ahead] if errors else None,
            week_before_off_by=errors.week_before[ahead] if errors else None,
        )
        for ahead, each in enumerate(expected)
    ]


def expect(had: Sequence[int], *, first: date) -> list[float]:
    """How many are expected on each of the nights from `first` on, the one after the last that was counted."""
    recent = had[-USUAL:]
    usual = fmean(recent)
    of_weekday = _by_weekday(recent, usual, last=first - NIGHT)
    last = had[-1] - of_weekday[(first - NIGHT).weekday()]
    stays = _persistence(recent)
    return [
        max(
            0.0,
            usual + stays ** (ahead + 1) * (last - usual) + of_weekday[(first + ahead * NIGHT).weekday()],
        )
        for ahead in range(AHEAD)
    ]


def as_a_week_before(had: Sequence[int]) -> list[float]:
    """What it is held against: as many as on the same day of the last week that was counted."""
    return [float(had[-WEEK + ahead % WEEK]) for ahead in range(AHEAD)]


def _by_weekday(had: Sequence[int], usual: float, *, last: date) -> Mapping[int, float]:
    """By how many each day of the week differs from what is usual; drawn to nothing where few nights say so."""
    found = dict.fromkeys(range(WEEK), 0.0)
    by_day: dict[int, list[int]] = {}
    for back, number in enumerate(reversed(had)):
        by_day.setdefault((last - back * NIGHT).weekday(), []).append(number)
    for weekday, numbers in by_day.items():
        found[weekday] = (fmean(numbers) - usual) * len(numbers) / (len(numbers) + WEEK)
    return found


def _persistence(had: Sequence[int]) -> float:
    """How much of what was unusual on a night is left on the next, 0 to 1: the correlation of each night with the one before."""
    mean = fmean(had)
    spread = sum((each - mean) ** 2 for each in had)
    if not spread:
        return 1.0
    together = sum((one - mean) * (other - mean) for one, other in pairwise(had))
    return min(1.0, max(0.0, together / spread))


@dataclass(frozen=True, slots=True)
class Errors:
    """How many beds past forecasts were off on average, by how many nights ahead they were made."""

    ours: Sequence[float]
    week_before: Sequence[float]


def past_errors(had: Sequence[int], tonight: date) -> Errors | None:
    """Forecasts of nights that were counted since, each from the nights before it alone; None without two weeks before them."""
    begins = [len(had) - AHEAD - back for back in range(CHECKED) if len(had) - AHEAD - back >= 2 * WEEK]
    if not begins:
        return None
    ours, week_before = [[0.0] * AHEAD for _ in range(2)]
    for begin in begins:
        before, came = had[:begin], had[begin : begin + AHEAD]
        first = tonight - (len(had) - begin) * NIGHT
        for sums, said in ((ours, expect(before, first=first)), (week_before, as_a_week_before(before))):
            for ahead, (number, came_true) in enumerate(zip(said, came, strict=True)):
                sums[ahead] += abs(number - came_true)
    return Errors([each / len(begins) for each in ours], [each / len(begins) for each in week_before])
