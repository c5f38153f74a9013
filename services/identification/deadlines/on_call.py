"""The on-call: alerted at once outside hotline hours, and again until somebody has taken it (docs/rules.md, deadline-6)."""

from datetime import datetime, timedelta
from uuid import UUID

from services.identification.case import changes
from services.identification.case import repository as cases
from services.identification.case.models import Case
from services.identification.deadlines import repository, rules
from services.identification.deadlines.models import OnCallWatch
from shared.alerts.queue import Alert, raise_alert
from shared.contract.codes import DeadlineKind
from shared.contract.events import OnCallAcknowledged, OnCallAlerted
from shared.contract.organisations import CENTRE
from shared.data.unit_of_work import UnitOfWork
from shared.http.etag import ExpectedVersion
from shared.kernel.clock import on_date
from shared.kernel.errors import Conflict, Forbidden


class OnlyTheOnCall(Forbidden):
    """The on-call is CMM's."""


class OnCallNotAlerted(Conflict):
    """There is nothing to acknowledge."""


def begin(work: UnitOfWork, case_id: UUID, *, due_at: datetime, watch: OnCallWatch | None) -> OnCallWatch:
    """The on-call watches over the case from now on, anew where it has before, and is alerted; custody ends at `due_at`."""
    if watch is None:
        watch = OnCallWatch(case_id=case_id, started_at=work.now, alerts=0, next_at=work.now)
        repository.add(work, watch)
    watch.started_at, watch.alerts, watch.acknowledged_at, watch.acknowledged_by = work.now, 0, None, None
    _alert(work, watch, at=work.now, due_at=due_at)
    return watch


async def acknowledge(work: UnitOfWork, *, case_id: UUID, expected: ExpectedVersion) -> tuple[Case, OnCallWatch]:
    """Somebody on call has taken it: no further alert. The first to say so stays the one who did."""
    case = await cases.lock_case(work, case_id, expected)
    if work.actor.org != CENTRE:
        raise OnlyTheOnCall("Only CMM, whose on-call was alerted, acknowledges.")
    watch = await repository.watch_of(work, case)
    if watch is None:
        raise OnCallNotAlerted("The on-call was not alerted of this case; there is nothing to acknowledge.")
    if watch.acknowledged_at is None:
        watch.acknowledged_at, watch.acknowledged_by, watch.next_at = work.now, work.actor.subject, None
        await repository.acknowledge_alerts(work, case, kind=DeadlineKind.ON_CALL)
        work.record(OnCallAcknowledged(case_id=case.id, occurred_at=work.now))
        await changes.case_changed(work, case)
    return case, watch


async def alert_again(work: UnitOfWork) -> None:
    """Sweep: whoever has not answered is alerted again; once, however long the sweep was away, and on the half hours that
    began with the first alert."""
    for watch, due_at in await repository.take_unanswered(work):
        if watch.next_at:
            repeat = _repeat_after(watch.next_at)
            at = watch.next_at + (work.now - watch.next_at) // repeat * repeat
            _alert(work, watch, at=at, due_at=due_at)


def _alert(work: UnitOfWork, watch: OnCallWatch, *, at: datetime, due_at: datetime | None) -> None:
    """Alert the on-call, and again after a while unless somebody acknowledges."""
    watch.alerts += 1
    watch.next_at = at + _repeat_after(at)
    work.record(OnCallAlerted(case_id=watch.case_id, occurred_at=at, number=watch.alerts))
    raise_alert(work, Alert(DeadlineKind.ON_CALL, watch.case_id, CENTRE, due_at=due_at, number=watch.alerts))


def _repeat_after(at: datetime) -> timedelta:
    """How long the on-call has before the next alert."""
    return timedelta(minutes=rules.terms_on(on_date(at)).on_call_repeat_minutes)
