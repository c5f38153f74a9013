"""What HTTP shows of people who are kept apart."""

from services.accommodation.separations.repository import Apart
from services.accommodation.separations.schemas import SeparationDetails


def see_separation(apart: Apart) -> SeparationDetails:
    """Two people who are kept apart, and why."""
    separation = apart.separation
    return SeparationDetails(
        separation_id=separation.id,
        reason=apart.reason.text,
        together_in=apart.together_in,
        **separation.model_dump(include={"case_id", "other_case_id", "because", "noted_at", "ended_at"}),
    )
