"""The on-call: alerted at once outside hotline hours, and again until somebody has taken it (docs/rules.md, deadline-6)."""

from uuid import UUID

from services.identification.case import changes
from services.identification.case import repository as cases
from services.identification.case.models import Case
from services.identification.deadlines import domain, repository
from services.identification.deadlines.models import OnCallWatch
from shared.contract.codes import DeadlineKind
from shared.contract.events import OnCallAcknowledged
from shared.contract.organisations import CENTRE
from shared.data.unit_of_work import UnitOfWork
from shared.http.etag import ExpectedVersion
from shared.kernel.errors import Conflict, Forbidden


class OnlyTheOnCall(Forbidden):
    """The on-call is CMM's."""


class OnCallNotAlerted(Conflict):
    """There is nothing to acknowledge."""


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
            repeat = domain.repeat_after(watch.next_at)
            at = watch.next_at + (work.now - watch.next_at) // repeat * repeat
            domain.alert_on_call(work, watch, at=at, due_at=due_at)
