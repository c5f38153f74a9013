"""Closing a case and reopening it. A person does both; no deadline ever closes a case."""

from datetime import date
from uuid import UUID

from services.identification.case import changes, lifecycle
from services.identification.case import repository as cases
from services.identification.case.lifecycle import Step
from services.identification.case.models import Case
from services.identification.case.schemas import SealedText
from services.identification.decisions import repository
from services.identification.decisions.models import Appeal, Closure
from services.identification.decisions.schemas import ClosureReport, ReopeningReport
from services.identification.records import repository as records
from shared.alerts.queue import Alert, raise_alert
from shared.contract import events
from shared.contract.codes import DeadlineKind
from shared.contract.organisations import CENTRE
from shared.data.itself import as_itself
from shared.data.unit_of_work import UnitOfWork
from shared.http.etag import ExpectedVersion
from shared.kernel.clock import on_date
from shared.kernel.errors import Conflict, Unprocessable


class AppealStillOpen(Conflict):
    """A case is not closed while somebody hears an appeal in it."""


class ClosedBeforeDecision(Unprocessable):
    """The work cannot have ended before it was decided."""


async def close(work: UnitOfWork, *, case_id: UUID, report: ClosureReport, expected: ExpectedVersion) -> Case:
    """End the work on a decided case; CMM also on an undecided one whose only referral was withdrawn. Where the person lives in a
    place all the same, CMM is alerted (docs/rules.md, process-18)."""
    case = await cases.lock_case(work, case_id, expected)
    if not _is_referred_by_nobody(work, case):
        lifecycle.check(case, Step.CLOSE)
    if open_ones := await _open_appeals(work, case):
        # Who closes need not know of a case that was merged into this one.
        known = [each for each in open_ones if work.actor.org == CENTRE or each.case_id == case.id]
        where = f"cases/{known[0].case_id}/appeals/{known[0].id}" if known else ".../appeals/{appeal_id}"
        raise AppealStillOpen(f"An appeal is open; record its outcome first: POST {where}/outcome.")
    made = (await repository.decisions_of(work, [case.id]))[case.id]
    decided_on = max((decision.decided_on for decision in made if decision.is_current), default=None)
    if decided_on and report.on < decided_on:
        raise ClosedBeforeDecision(f"The case was decided on {decided_on}; give that day or a later one.")
    closure = Closure(case_id=case.id, closed_on=report.on, recorded_at=work.now, recorded_by=work.actor.org)
    await records.add(work, closure, operation="case.close", reason=SealedText(text=report.reason))
    case.status = lifecycle.after(case.status, Step.CLOSE)
    case.closed_on = report.on
    case.last_follow_up_on = max(report.on, case.last_follow_up_on or report.on)
    work.record(events.CaseClosed(case_id=case.id, occurred_at=work.now, on=report.on))
    if await cases.is_housed(work, case.id):
        raise_alert(work, Alert(DeadlineKind.ENDED_WHILE_HOUSED, case.id, CENTRE))
    await changes.case_changed(work, case)
    return case


def _is_referred_by_nobody(work: UnitOfWork, case: Case) -> bool:
    is_withdrawn = case.source_withdrawn_at is not None and case.status not in lifecycle.DECIDED
    return is_withdrawn and work.actor.org == CENTRE


async def _open_appeals(work: UnitOfWork, case: Case) -> list[Appeal]:
    """The appeals that are open in the case, or in one that was merged into it: it is one person who waits."""
    async with as_itself(work):
        family = await cases.family_of(work, case.id)
        filed = (await records.by_case(work, family, Appeal)).values()
    return [appeal for appeals in filed for appeal in appeals if appeal.is_open]


async def reopen(work: UnitOfWork, *, case_id: UUID, report: ReopeningReport, expected: ExpectedVersion) -> Case:
    """Work on a closed case again."""
    case = await cases.lock_case(work, case_id, expected)
    await reopen_locked(work, case, on=on_date(work.now), reason=SealedText(text=report.reason))
    await changes.case_changed(work, case)
    return case


async def reopen_locked(work: UnitOfWork, case: Case, *, on: date, reason: SealedText | None) -> None:
    """Reopen a closed, locked case; one that nobody has decided is undecided again."""
    made = (await repository.decisions_of(work, [case.id]))[case.id]
    lifecycle.take(case, Step.REOPEN if made else Step.REOPEN_UNDECIDED)
    case.closed_on = None
    closures = await records.records_of(work, case.id, Closure)
    closure = next(each for each in closures if each.reopened_on is None)
    closure.reopened_on, closure.reopened_by = on, work.actor.org
    await records.change(work, closure, operation="case.reopen", reopening=reason)
    work.record(events.CaseReopened(case_id=case.id, occurred_at=work.now, on=on))
