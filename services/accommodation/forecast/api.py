"""The endpoint of the forecast."""

from services.accommodation.case.policies import Reader
from services.accommodation.forecast import domain, views
from services.accommodation.forecast.schemas import Forecasts
from shared.runtime.service import service_router

router = service_router()


@router.get("/forecast")
async def read_forecast(work: Reader) -> Forecasts:
    """How many beds will be taken on the next fourteen nights, tonight first, and how far off earlier forecasts were: for
    operators in their own facilities, for CMM in all, for US in those that it may know of. From counts of past nights alone."""
    return views.see_forecasts(await domain.forecasts(work), now=work.now)
