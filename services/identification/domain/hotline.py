"""When the hotline is open; outside these hours the on-call is alerted (domain, section 4)."""

from datetime import datetime, time
from functools import cache
from pathlib import Path
from typing import Final, Self

from pydantic import model_validator

from shared import decision_tables
from shared.clock import COPENHAGEN
from shared.decision_tables import Dated, NoTableInForce
from shared.working_days import is_weekday

TABLES: Final = Path(__file__).parents[1] / "tables"


class HotlineHours(Dated):
    """From when until when, by the clock in Copenhagen; at the second time the hotline is closed."""

    weekdays: tuple[time, time]
    weekends_and_holidays: tuple[time, time]

    @model_validator(mode="after")
    def _closes_after_it_opens(self) -> Self:
        for opens, closes in (self.weekdays, self.weekends_and_holidays):
            if closes <= opens:
                raise ValueError("the hotline closes after it opens")
        return self


def is_open(at: datetime, hours: HotlineHours | None = None) -> bool:
    """Whether somebody answers the hotline at that moment; where no table covers the day, nobody is known to."""
    there = at.astimezone(COPENHAGEN)
    try:
        hours = hours or decision_tables.version_on(_versions(), there.date())
    except NoTableInForce:
        return False
    opens, closes = hours.weekdays if is_weekday(there.date()) else hours.weekends_and_holidays
    return opens <= there.time() < closes


@cache
def _versions() -> tuple[HotlineHours, ...]:
    return decision_tables.load_versions(TABLES, "hotline", HotlineHours)
