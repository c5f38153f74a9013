"""What HTTP gives of the forecast."""

from uuid import UUID

from shared.contract.codes import Region
from shared.contract.types import Answer, Day, Moment


class ExpectedNight(Answer):
    """How many beds somebody will have that night. `off_by` is how many beds forecasts so many nights ahead were off on average
    in the past weeks, `week_before_off_by` the same of expecting as many as on the same day of the week before; null where there
    are fewer than four weeks of history."""

    on: Day
    expected: float
    off_by: float | None
    week_before_off_by: float | None


class ExpectedAt(Answer):
    """A facility, its places tonight, and the nights to come."""

    facility_id: UUID
    region: Region
    capacity: int
    nights: list[ExpectedNight]


class Forecasts(Answer):
    as_of: Moment
    items: list[ExpectedAt]
