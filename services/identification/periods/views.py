"""A period as it is shown."""

from collections.abc import Sequence

from services.identification.case.models import Case
from services.identification.periods import lengths
from services.identification.periods.models import GrantedPeriod, PeriodExtension
from services.identification.periods.schemas import ExtensionDetails, PeriodDetails


def see_period(case: Case, period: GrantedPeriod, extensions: Sequence[PeriodExtension]) -> PeriodDetails:
    """A period with what has become of it."""
    return PeriodDetails(
        period_id=period.id,
        kind=period.kind,
        starts_on=period.starts_on,
        ends_on=period.ends_on,
        cap_on=period.cap_on,
        departure_deadline_suspended=lengths.is_suspended(case, period),
        extensions=[
            ExtensionDetails(until=each.until, reason=each.reason) for each in extensions if each.period_id == period.id
        ],
    )
