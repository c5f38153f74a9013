"""What HTTP shows of people who are kept apart."""

from services.accommodation.case.schemas import Remark
from services.accommodation.separations.models import Separation
from services.accommodation.separations.schemas import SeparationDetails


def see_separation(separation: Separation, reason: Remark) -> SeparationDetails:
    """Two people who are kept apart, and why."""
    return SeparationDetails(
        separation_id=separation.id,
        reason=reason.text,
        **separation.model_dump(include={"case_id", "other_case_id", "because", "noted_at", "ended_at"}),
    )
