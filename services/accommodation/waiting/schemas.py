"""What HTTP gives of the waiting list."""

from uuid import UUID

from services.accommodation.placements.codes import WaitingCriterion
from shared.contract.types import Answer, Day, Moment


class Waiting(Answer):
    """A request that waits, and why it stands where it does: by these points, then by who asked first; who is parked after their
    own no stands last until that day. `position` is among all `of` that wait."""

    request_id: UUID
    case_id: UUID
    requested_at: Moment
    from_on: Day
    position: int
    of: int
    more_urgent: int
    asked_earlier: int
    points: dict[WaitingCriterion, int]
    parked_until: Day | None
    rules: str
    why: str
    why_da: str
