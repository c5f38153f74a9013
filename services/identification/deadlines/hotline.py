"""When the hotline is open; outside these hours the on-call is alerted (docs/rules.md, deadline-7)."""

from datetime import datetime, time
from typing import Final, Self

from pydantic import model_validator

from services.identification import tables
from shared.kernel.clock import COPENHAGEN
from shared.rules.decision_tables import Dated, Versions
from shared.rules.working_days import is_weekday


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


HOURS: Final = Versions(tables.FOLDER, "hotline", HotlineHours)


def is_open(at: datetime, hours: HotlineHours | None = None) -> bool:
    """Whether somebody answers the hotline at that moment; where no table covers the day, nobody is known to."""
    there = at.astimezone(COPENHAGEN)
    hours = hours or HOURS.find(there.date())
    if hours is None:
        return False
    opens, closes = hours.weekdays if is_weekday(there.date()) else hours.weekends_and_holidays
    return opens <= there.time() < closes
