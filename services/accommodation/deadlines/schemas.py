"""What HTTP gives of deadlines and notices."""

from uuid import UUID

from services.accommodation.deadlines.codes import HousingDeadline
from shared.contract.codes import DeadlineState
from shared.contract.types import Answer, Day, Moment


class HousingDeadlineDetails(Answer):
    """What runs out, for whom; `due_on` is the last day that counts."""

    kind: HousingDeadline
    case_id: UUID | None
    placement_id: UUID | None
    request_id: UUID | None = None
    offer_id: UUID | None = None
    facility_id: UUID | None = None
    notice_id: UUID | None = None
    due_on: Day
    due_at: Moment
    acting_municipality: str | None
    state: DeadlineState
    for_org: str


class NoticeDetails(Answer):
    """Exactly what a notice to the acting municipality contains: that somebody was admitted, when, by which operator."""

    notice_id: UUID
    case_id: UUID
    operator: str
    acting_municipality: str | None
    admitted_on: Day
    due_on: Day
    given_at: Moment | None
    acknowledged_at: Moment | None
