"""Deadlines, the on-call's watch, and alerts, as they are shown."""

from datetime import datetime

from services.identification.case.models import Deadline
from services.identification.deadlines import rows
from services.identification.deadlines.models import OnCallWatch
from services.identification.deadlines.schemas import AlertDetails, DeadlineDetails, OnCallDetails
from shared.alerts.queue import RaisedAlert
from shared.contract.codes import DeadlineKind


def see_deadline(row: Deadline, *, now: datetime) -> DeadlineDetails:
    """A deadline and its state."""
    return DeadlineDetails(
        kind=row.kind,
        case_id=row.case_id,
        due_at=row.due_at,
        due_on=row.due_on,
        state=rows.state_of(row, now=now),
        for_org=row.for_org,
    )


def see_on_call(watch: OnCallWatch) -> OnCallDetails:
    """How often the on-call was alerted."""
    return OnCallDetails(first_alerted_at=watch.started_at, **watch.model_dump(include=set(OnCallDetails.model_fields)))


def see_alert(alert: RaisedAlert) -> AlertDetails:
    """An alert and what has become of it."""
    names = set(AlertDetails.model_fields) - {"alert_id", "kind"}
    return AlertDetails(
        alert_id=alert.id, kind=DeadlineKind(alert.kind), **{name: getattr(alert, name) for name in names}
    )
