"""What HTTP gives of deadlines, of the on-call, and of alerts."""

from datetime import date
from uuid import UUID

from shared.contract.codes import DeadlineKind, DeadlineState
from shared.contract.types import Answer, Day, Moment

Until = Moment | Day
"""An instant, or a day whose end is meant."""


class DeadlineDetails(Answer):
    """A clock that runs out, and for whom. `due_on` is the last day that counts; `due_at` the instant when it is over."""

    kind: DeadlineKind
    case_id: UUID
    due_at: Moment
    due_on: date
    state: DeadlineState
    for_org: str


class OnCallDetails(Answer):
    """How often the on-call was alerted of this case, and when somebody has taken it."""

    case_id: UUID
    alerts: int
    first_alerted_at: Moment
    acknowledged_at: Moment | None


class AlertDetails(Answer):
    """An alert to people; `number` counts the times that the same thing was told. `sent_at` is null until every
    configured channel has taken it."""

    alert_id: UUID
    kind: DeadlineKind
    case_id: UUID
    for_org: str
    due_at: Moment | None
    number: int
    raised_at: Moment
    sent_at: Moment | None
    attempts: int
    last_error: str | None
    acknowledged_at: Moment | None
