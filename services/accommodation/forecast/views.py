"""What HTTP shows of the forecast; a tenth of a bed is fine enough."""

from collections.abc import Sequence
from datetime import datetime

from services.accommodation.forecast.domain import Forecast
from services.accommodation.forecast.schemas import ExpectedAt, ExpectedNight, Forecasts


def see_forecasts(found: Sequence[Forecast], *, now: datetime) -> Forecasts:
    """What is to be expected in each facility."""
    return Forecasts(
        as_of=now,
        items=[
            ExpectedAt(
                facility_id=each.counted.facility_id,
                region=each.counted.region,
                capacity=each.counted.capacity,
                nights=[
                    ExpectedNight(
                        on=night.on,
                        expected=round(night.expected, 1),
                        off_by=_rounded(night.off_by),
                        week_before_off_by=_rounded(night.week_before_off_by),
                    )
                    for night in each.nights
                ],
            )
            for each in found
        ],
    )


def _rounded(number: float | None) -> float | None:
    return None if number is None else round(number, 1)
