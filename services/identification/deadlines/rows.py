"""A deadline as it is kept: the row that shows a computed deadline, the alerts that wait in it, and its state.

No alert of one end is given twice, whatever is set how often in between."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from services.identification.case.models import Deadline
from services.identification.deadlines.rules import ComputedDeadline
from shared.contract.codes import DeadlineState

_INSTANT: Final = timedelta(microseconds=1)


def new_row(deadline: ComputedDeadline, *, case_id: UUID, now: datetime) -> Deadline:
    """A deadline that has just begun; nothing of it is published."""
    row = Deadline(
        case_id=case_id,
        kind=deadline.kind,
        ref=deadline.ref,
        starts_at=deadline.starts_at,
        due_at=deadline.due_at,
        due_on=deadline.due_on,
        for_org=deadline.for_org,
        alerts=[],
    )
    set_row(row, deadline, now=now)
    return row


def set_row(row: Deadline, deadline: ComputedDeadline, *, now: datetime) -> None:
    """Make the row be this deadline. An alert that was given is not given again; after a move only what still lies ahead is."""
    alerted = row.alerted_until
    has_moved = row.due_at != deadline.due_at
    if alerted is not None and has_moved and deadline.due_at <= alerted:
        alerted = deadline.due_at - _INSTANT  # it turns out to be over already, which is still to be published
    kept = [] if has_moved or alerted is None else [instant for instant in row.alerts if instant <= alerted]
    row.alerts = kept + [instant for instant in deadline.alerts if alerted is None or instant > alerted]
    row.alerted_until = alerted
    row.starts_at, row.due_at = deadline.starts_at, deadline.due_at
    row.due_on, row.for_org = deadline.due_on, deadline.for_org
    row.done_at = (row.done_at or now) if deadline.done else None
    row.next_alert_at = _next(row)


def end_row(row: Deadline, *, now: datetime) -> None:
    """Nothing known of the case gives this deadline any more."""
    row.done_at = row.done_at or now
    row.next_alert_at = None


def fire(row: Deadline, *, until: datetime) -> list[tuple[datetime, DeadlineState]]:
    """The alerts that are due up to that moment, in order; from now on they count as given."""
    alerted = [instant for instant in _waiting(row) if instant <= until]
    if alerted:
        row.alerted_until = alerted[-1]
    row.next_alert_at = _next(row)
    return [(instant, DeadlineState.PASSED if instant == row.due_at else DeadlineState.DUE) for instant in alerted]


def state_of(row: Deadline, *, now: datetime) -> DeadlineState:
    """The state of the deadline, where every alert up to now was given."""
    if row.done_at is not None:
        return DeadlineState.DONE
    if row.due_at <= now:
        return DeadlineState.PASSED
    return DeadlineState.DUE if any(instant <= now for instant in row.alerts) else DeadlineState.RUNNING


def _waiting(row: Deadline) -> Iterable[datetime]:
    if row.done_at is not None:
        return []
    alerted = row.alerted_until
    return [instant for instant in (*row.alerts, row.due_at) if alerted is None or instant > alerted]


def _next(row: Deadline) -> datetime | None:
    return min(_waiting(row), default=None)
