"""The numbers that housing goes by and no law fixes: a dated table, so that they change on a day and what was before stays."""

from datetime import date, timedelta
from typing import Annotated, Final, Self

from pydantic import Field, model_validator

from services.accommodation import tables
from shared.rules.decision_tables import Dated, Versions

_Number = Annotated[int, Field(gt=0)]
_DaysBefore = Annotated[tuple[Annotated[int, Field(ge=0)], ...], Field(min_length=1)]


class HousingTerms(Dated):
    """One version of them, each with the rule in docs/rules.md that it belongs to."""

    morning_hour: Annotated[int, Field(ge=0, le=23)]
    """Who comes before this hour has come for yesterday's night (housing-6)."""
    own_bed_months: _Number
    """How old a child is that takes a place of its own (housing-5)."""
    notice_weekdays: _Number
    """Within so many the leader of a § 110 hostel notifies the acting municipality (deadline-9)."""
    saturday_counts: bool
    """Whether Saturday is one of them (deadline-8)."""
    approval_announced_days: _DaysBefore
    """So many days before its end an approval is announced, the earliest first (housing-17)."""
    stay_announced_days: _DaysBefore
    """And a stay (housing-7)."""
    request_waits_hours: _Number
    """A request that waits longer for a place has waited too long (housing-18)."""
    parked_days: _Number
    """For so long others come first after the person's own no (housing-14)."""
    revealed_minutes: _Number
    """For so long a secret address that was shown may be used, before it is read anew (housing-19)."""
    most_open_requests: _Number
    """So many requests for one person wait for a place at most (housing-12)."""
    regions_left_open: _Number
    """At least so many are left where the person can be (housing-26)."""

    @model_validator(mode="after")
    def _are_announced_in_order(self) -> Self:
        for days in (self.approval_announced_days, self.stay_announced_days):
            if list(days) != sorted(set(days), reverse=True):
                raise ValueError("what ends is announced earlier first, and on a day once")
        return self

    @property
    def parked(self) -> timedelta:
        return timedelta(days=self.parked_days)

    @property
    def revealed_for(self) -> timedelta:
        return timedelta(minutes=self.revealed_minutes)

    @property
    def request_waits(self) -> timedelta:
        return timedelta(hours=self.request_waits_hours)


TERMS: Final = Versions(tables.FOLDER, "housing", HousingTerms)


def terms_on(day: date) -> HousingTerms:
    """Those in force on that day; of a day before the first version, the first."""
    return TERMS.or_first(day)
