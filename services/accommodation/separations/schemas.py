"""What HTTP takes and gives of people who are kept apart."""

from uuid import UUID

from services.accommodation.separations.codes import ApartBecause
from shared.contract.personal import PersonalText
from shared.contract.types import Answer, Body, Moment, example


class SeparationReport(Body):
    """Two people who may not live in one facility, and why."""

    model_config = example(
        case_id="019cadab-2340-7d3e-9a52-3f6f0f0c8e21",
        other_case_id="019cadab-2340-7d3e-9a52-3f6f0f0c8e21",
        because="unsafe_co_victim",
        reason="She still calls the man who brought them here.",
    )

    case_id: UUID
    other_case_id: UUID
    because: ApartBecause
    reason: PersonalText


class SeparationDetails(Answer):
    """Two people who are kept apart, and why; until `ended_at`."""

    separation_id: UUID
    case_id: UUID
    other_case_id: UUID
    because: ApartBecause
    reason: PersonalText
    noted_at: Moment
    ended_at: Moment | None
    together_in: list[UUID]
    """The facilities in which both have a place on the same night, from tonight on, though they are kept apart: one of them is to
    be moved."""
