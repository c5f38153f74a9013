"""Clocks, custody, the on-call and its alerts."""

from datetime import datetime

from services.identification.domain import custody, deadlines
from services.identification.models.cases import Case
from services.identification.models.deadlines import Deadline, OnCallWatch
from services.identification.schemas.deadlines import (
    AlertDetails,
    CustodyDetails,
    CustodyStanding,
    DeadlineDetails,
    OnCallDetails,
)
from shared.alerts.queue import RaisedAlert


def see_deadline(row: Deadline, *, now: datetime) -> DeadlineDetails:
    """A clock as it stands."""
    return DeadlineDetails(
        kind=row.kind,
        case_id=row.case_id,
        due_at=row.due_at,
        due_on=row.due_on,
        state=deadlines.state_of(row, now=now),
        for_org=row.for_org,
    )


def see_standing_custody(case: Case) -> CustodyStanding | None:
    """The last detention that is known of, if any."""
    if case.custody_since is None:
        return None
    return CustodyStanding(since=case.custody_since, ended_at=case.custody_ended_at, reason=case.custody_end_reason)


def see_custody(case: Case) -> CustodyDetails:
    """How long the person is or was held."""
    return CustodyDetails(
        case_id=case.id,
        since=case.custody_since,
        ended_at=case.custody_ended_at,
        reason=case.custody_end_reason,
        proposals=custody.proposals(case),
    )


def see_on_call(watch: OnCallWatch) -> OnCallDetails:
    """How often the on-call was alerted."""
    return OnCallDetails(first_alerted_at=watch.started_at, **watch.model_dump(include=set(OnCallDetails.model_fields)))


def see_alert(alert: RaisedAlert) -> AlertDetails:
    """An alert and what has become of it."""
    names = set(AlertDetails.model_fields) - {"alert_id"}
    return AlertDetails(alert_id=alert.id, **{name: getattr(alert, name) for name in names})
