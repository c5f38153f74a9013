"""Appeals: while one is open the person is not removed; its outcome never overwrites the decision."""

from collections.abc import Sequence
from uuid import UUID

from services.identification.case import changes, lifecycle
from services.identification.case import repository as cases
from services.identification.case.codes import CaseStatus
from services.identification.case.lifecycle import Step
from services.identification.case.models import Case
from services.identification.case.schemas import SealedText
from services.identification.decisions import closing, repository
from services.identification.decisions.models import Appeal, Decision
from services.identification.decisions.schemas import AppealFiling, AppealResult, Statement
from services.identification.records import repository as records
from shared.contract import events
from shared.contract.codes import AppealOutcome, Outcome
from shared.data.unit_of_work import UnitOfWork
from shared.http.etag import ExpectedVersion
from shared.kernel.errors import Conflict, Unprocessable

DECIDED_ANEW = frozenset({AppealOutcome.REFERRED_BACK, AppealOutcome.CHANGED})
"""Outcomes after which the authority has a further decision to record."""


class NothingToAppeal(Conflict):
    """An appeal is about a decision."""


class AppealsNothing(Unprocessable):
    """The decision that is appealed is not one of this case."""


class FiledBeforeDecision(Unprocessable):
    """Nobody appeals what is not decided yet."""


class AppealAlreadyDecided(Conflict):
    """An appeal has one outcome."""


class DecidedBeforeFiled(Unprocessable):
    """An appeal cannot be decided before it was filed."""


async def file_appeal(
    work: UnitOfWork, *, case_id: UUID, filing: AppealFiling, expected: ExpectedVersion
) -> tuple[Case, Appeal]:
    """Record that a decision is appealed, in the case in which it was made, whatever was merged since. From now on the person is
    not removed; a closed case stays closed."""
    case, made = await repository.lock_decided(work, case_id, expected)
    lifecycle.check(case, Step.APPEAL)
    decision = _appealed(made, filing.decision_id)
    if filing.filed_on < decision.decided_on:
        raise FiledBeforeDecision(f"The decision is of {decision.decided_on}; an appeal is filed then or later.")
    appeal = Appeal(
        case_id=case.id,
        decision_id=decision.id,
        filed_on=filing.filed_on,
        filed_by=filing.filed_by,
        recorded_at=work.now,
        recorded_by=work.actor.org,
    )
    statement = Statement(body=filing.body, grounds=filing.grounds)
    await records.add(work, appeal, operation="appeal.add", statement=statement)
    case.removal_hold = True
    work.record(
        events.AppealFiled(
            case_id=case.id,
            occurred_at=work.now,
            appeal_id=appeal.id,
            filed_on=appeal.filed_on,
            decision_id=decision.id,
        )
    )
    await changes.case_changed(work, case)
    return case, appeal


def _appealed(made: Sequence[Decision], decision_id: UUID | None) -> Decision:
    """The decision named; else the current one that somebody has reason to appeal: a negative one, the latest."""
    if not made:
        raise NothingToAppeal("Nothing has been decided in this case, so there is nothing to appeal yet.")
    if decision_id is None:
        current = [each for each in made if each.is_current]
        return max(current, key=lambda each: (each.outcome is not Outcome.ASSESSED_TRAFFICKED, each.recorded_at))
    for each in made:
        if each.id == decision_id:
            return each
    raise AppealsNothing("`decision_id` is not a decision of this case; leave it out for the one that stands.")


async def record_outcome(
    work: UnitOfWork, *, case_id: UUID, appeal_id: UUID, result: AppealResult, expected: ExpectedVersion
) -> tuple[Case, Appeal]:
    """Record what became of an appeal. Where the authority has to decide anew, the case is open for that again."""
    # It was filed here, whatever was merged since.
    case = await cases.lock_case(work, case_id, expected, even_merged=True)
    appeal = await records.record_of(work, case, Appeal, appeal_id)
    if not appeal.is_open:
        raise AppealAlreadyDecided(f"This appeal was decided on {appeal.decided_on}; file another one instead.")
    if result.decided_on < appeal.filed_on:
        raise DecidedBeforeFiled(f"The appeal was filed on {appeal.filed_on}; it is decided then or later.")
    appeal.outcome, appeal.decided_on = result.outcome, result.decided_on
    reasons = SealedText(text=result.reasons) if result.reasons else None
    await records.change(work, appeal, operation="appeal.decide", reasons=reasons)
    filed = await records.records_of(work, case.id, Appeal)
    case.removal_hold = any(each.is_open for each in filed)
    await _lead_back(work, case, appeal)
    work.record(
        events.AppealDecided(
            case_id=case.id,
            occurred_at=work.now,
            appeal_id=appeal.id,
            outcome=result.outcome,
            decided_on=result.decided_on,
            removal_hold=case.removal_hold,
        )
    )
    await changes.case_changed(work, case)
    return case, appeal


async def _lead_back(work: UnitOfWork, case: Case, appeal: Appeal) -> None:
    """Open the case for a further decision, with `replaces`; unless one has taken the appealed decision's place already.

    Referred back, the identification is pending again, so that nobody is removed before it is decided anew."""
    made = (await repository.decisions_of(work, [case.id]))[case.id]
    stands = any(each.id == appeal.decision_id and each.is_current for each in made)
    if appeal.outcome not in DECIDED_ANEW or not stands or appeal.decided_on is None:
        return
    if case.status is CaseStatus.CLOSED:
        await closing.reopen_locked(work, case, on=appeal.decided_on, reason=None)
    if appeal.outcome is AppealOutcome.REFERRED_BACK:
        lifecycle.take(case, Step.REFER_BACK)
