"""The deadlines that run for a person: set by what is known, published when they run out. No deadline ever closes a case."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final, TypeVar
from uuid import UUID

from services.identification.case.codes import CaseStatus
from services.identification.case.models import Case, Deadline
from services.identification.deadlines import hotline, on_call, repository, rows, rules
from services.identification.deadlines.models import OnCallWatch
from services.identification.deadlines.rules import (
    AccessAsked,
    Assessment,
    ComputedDeadline,
    DeadlineBasis,
    GivenPeriod,
    SentBack,
)
from services.identification.decisions import repository as decisions_repository
from services.identification.decisions.models import Appeal, Decision
from services.identification.decisions.standing import standing
from services.identification.periods import lengths
from services.identification.periods import repository as periods_repository
from services.identification.periods.lengths import Period
from services.identification.risk.models import RiskAssessment
from shared.alerts.queue import Alert, raise_alert
from shared.contract.codes import AppealOutcome, Authority, DeadlineKind, DeadlineState, Outcome
from shared.contract.events import CustodyBegan, DeadlineApproaching
from shared.contract.organisations import CENTRE
from shared.data.itself import as_itself
from shared.data.unit_of_work import UnitOfWork
from shared.observability.metrics import DEADLINES_PASSED

BATCH: Final = 500
CASES_AT_ONCE: Final = 100

Key = tuple[DeadlineKind, str]
RowT = TypeVar("RowT")
Ask = Callable[[UnitOfWork, Sequence[UUID]], Awaitable[Mapping[UUID, list[RowT]]]]


async def set_deadlines(work: UnitOfWork, case: Case, *, is_new: bool) -> None:
    """Set the deadlines of a locked case by what is now known of it, and record at once what is due. It follows every
    change of which somebody says `changes.case_changed`."""
    await _set_deadlines(work, [case], is_new=is_new)


async def set_missing_deadlines(work: UnitOfWork) -> bool:
    """Sweep: cases that an earlier Havn left without deadlines get theirs."""
    cases = await repository.take_without_deadlines(work, limit=CASES_AT_ONCE)
    if cases:
        await _set_deadlines(work, cases, is_late=True)
    return len(cases) == CASES_AT_ONCE


async def set_deadlines_of_merged(work: UnitOfWork) -> bool:
    """Sweep: merged cases whose work goes on for others than it did, because a part in the surviving case began or ended. For
    whom it goes on there, no deadline runs under the merged case; for everybody else it runs on (docs/rules.md, identity-3)."""
    cases = await repository.take_merged_anew(work, limit=CASES_AT_ONCE)
    if cases:
        await _set_deadlines(work, cases, is_late=True)
    return len(cases) == CASES_AT_ONCE


async def _set_deadlines(
    work: UnitOfWork, cases: Sequence[Case], *, is_new: bool = False, is_late: bool = False
) -> None:
    """Of a custody that an earlier Havn left without a deadline (`is_late`) no beginning is published, and no alert is raised
    once it is over."""
    case_ids = [case.id for case in cases]
    for case in cases:
        case.has_deadlines = True
    async with as_itself(work):
        asked = Asked(work, case_ids, frozenset() if is_new else await repository.recorded_of(work, case_ids))
        kept = await asked.rows("deadline", repository.lock_deadlines)
        watches = await asked.rows("on_call", repository.watches_of)
        due = []
        known = await _basis_of(asked, cases)
        await repository.note_for_whom_it_goes_on(
            work, {case.id: known[case.id].goes_on_elsewhere_for for case in cases if case.merged_into}
        )
        for case_id, basis in known.items():
            of_case = {(row.kind, row.ref): row for row in kept[case_id]}
            watch = next(iter(watches[case_id]), None)
            if watch and not basis.is_held:
                watch.next_at = None
            since = _newly_held_since(basis, of_case.get((DeadlineKind.CUSTODY, "")))
            if since and not is_late:
                work.record(CustodyBegan(case_id=case_id, occurred_at=work.now, since=since))
            if since and not (is_late and rules.end_of_custody(since) <= work.now):
                watch = _alert_of_custody(work, case_id, since=since, watch=watch)
            due += _set(work, case_id, rules.deadlines_of(_with_on_call(basis, watch)), of_case)
        _record_due(work, due, until=work.now)


def _set(
    work: UnitOfWork, case_id: UUID, deadlines: Iterable[ComputedDeadline], kept: dict[Key, Deadline]
) -> list[Deadline]:
    """Make the rows of a case show its deadlines; gives those that do. The others are done."""
    found = []
    for deadline in deadlines:
        row = kept.pop((deadline.kind, deadline.ref), None)
        if row is None:
            row = rows.new_row(deadline, case_id=case_id, now=work.now)
            repository.add(work, row)
        else:
            rows.set_row(row, deadline, now=work.now)
        found.append(row)
    for row in kept.values():
        rows.end_row(row, now=work.now)
    return found


# ---------------------------------------------------------------- custody is alerted of at once


def _newly_held_since(basis: DeadlineBasis, custody: Deadline | None) -> datetime | None:
    """Since when the person is held, where no deadline of that runs yet."""
    is_known = custody is not None and custody.done_at is None
    return basis.custody_since if basis.is_held and not is_known else None


def _alert_of_custody(
    work: UnitOfWork, case_id: UUID, *, since: datetime, watch: OnCallWatch | None
) -> OnCallWatch | None:
    """CMM is alerted at once when somebody is held; the on-call outside hotline hours, until somebody has taken it.

    Gives the on-call's watch over the case, if there is or was one."""
    due_at = rules.end_of_custody(since)
    if hotline.is_open(work.now):
        raise_alert(work, Alert(DeadlineKind.CUSTODY, case_id, CENTRE, due_at=due_at))
        return watch
    return on_call.begin(work, case_id, due_at=due_at, watch=watch)


def _with_on_call(basis: DeadlineBasis, watch: OnCallWatch | None) -> DeadlineBasis:
    if watch is None:
        return basis
    return replace(basis, on_call_since=watch.started_at, on_call_has_it=watch.next_at is None)


# ---------------------------------------------------------------- what is due


async def fire_due(work: UnitOfWork) -> bool:
    """Sweep: record of every deadline what has come due since the last time, in order and once."""
    found = await repository.take_due(work, limit=BATCH)
    is_full = len(found) == BATCH
    # Of a full batch only what lies before everything that was left out.
    until = found[-1].next_alert_at if is_full else work.now
    _record_due(work, found, until=until or work.now)
    return is_full


def _record_due(work: UnitOfWork, deadlines: Iterable[Deadline], *, until: datetime) -> None:
    due = [(instant, state, row) for row in deadlines for instant, state in rows.fire(row, until=until)]
    for instant, state, row in sorted(due, key=lambda each: (each[0], each[2].due_at, each[2].kind, each[2].ref)):
        work.record(
            DeadlineApproaching(
                case_id=row.case_id,
                occurred_at=instant,
                kind=row.kind,
                due_at=row.due_at,
                due_on=row.due_on,
                state=state,
                for_org=row.for_org,
            )
        )
        if row.kind is DeadlineKind.FOLLOW_UP and state is DeadlineState.PASSED:
            # Nobody has heard of who returned: that the month's follow-up was not made is no contact either (SC13).
            raise_alert(work, Alert(row.kind, row.case_id, row.for_org, due_at=row.due_at, number=int(row.ref)))


async def count_passed(work: UnitOfWork) -> bool:
    """Sweep: the gauge of deadlines that have run out."""
    passed = await repository.passed(work)
    for kind in DeadlineKind:
        DEADLINES_PASSED.labels(kind).set(passed.get(kind, 0))
    return False


# ---------------------------------------------------------------- what is known


@dataclass(frozen=True, slots=True)
class Asked:
    """Some locked cases, and of which tables there is anything for them."""

    work: UnitOfWork
    case_ids: Sequence[UUID]
    recorded: frozenset[str]

    async def rows(self, table: str, ask: Ask[RowT]) -> Mapping[UUID, list[RowT]]:
        """The table's rows of each case, which `ask` asks for where there are any."""
        return await ask(self.work, self.case_ids) if table in self.recorded else {each: [] for each in self.case_ids}


async def _basis_of(asked: Asked, cases: Sequence[Case]) -> dict[UUID, DeadlineBasis]:
    """All that the deadlines of these cases depend on, with one statement for each kind of it that there is."""
    decisions = await asked.rows("decision", decisions_repository.decisions_of)
    granted = await asked.rows("period", periods_repository.periods_of)
    appeals = await asked.rows("appeal", repository.appeals_of)
    risks = await asked.rows("risk_assessment", repository.risks_of)
    plans = await asked.rows("return_plan", repository.returns_of)
    follow_ups = await asked.rows("return_follow_up", repository.follow_ups_of)
    access_asked = await asked.rows("access_request", repository.access_asked_of)
    goes_on = await repository.going_on_elsewhere(asked.work, cases)
    merged = [case.id for case in cases if case.merged_into and risks[case.id]]
    assessed_anew = await repository.assessed_since_merged(asked.work, merged)
    found = {}
    for case in cases:
        stands = standing(decisions[case.id])
        plan = next(iter(plans[case.id]), None)
        found[case.id] = DeadlineBasis(
            opened_at=case.opened_at,
            status=case.status,
            authority=case.authority,
            has_ended=case.status is CaseStatus.CLOSED or case.erased_at is not None,
            goes_on_elsewhere_for=goes_on[case.id],
            custody_since=case.custody_since.astimezone(UTC) if case.custody_since else None,
            custody_ended_at=case.custody_ended_at,
            municipality=case.municipality,
            child_since=case.child_since,
            child_notified_at=case.child_notified_at,
            child_assessed_at=case.child_assessed_at,
            representative_requested_on=case.representative_requested_on,
            representative_appointed_on=case.representative_appointed_on,
            sent_back=_sent_back(decisions[case.id], appeals[case.id]),
            periods=tuple(
                GivenPeriod(
                    ref=str(each.id),
                    period=Period(each.kind, each.starts_on, each.ends_on, each.cap_on),
                    stands=each.decision_id in stands,
                    is_suspended=lengths.is_suspended(case, each),
                )
                for each in granted[case.id]
            ),
            risk=None if case.id in assessed_anew else _risk_of(risks[case.id]),
            departed_on=plan.departed_on if plan else None,
            reintegration_until=plan.reintegration_until if plan else None,
            followed_up=frozenset(each.month for each in follow_ups[case.id]),
            access_asked=tuple(
                AccessAsked(str(each["id"]), each["requested_on"], each["answer_by"], each["is_answered"])
                for each in access_asked[case.id]
            ),
        )
    return found


def _risk_of(standing: Sequence[RiskAssessment]) -> Assessment | None:
    return next((Assessment(str(each.id), each.assessed_on, each.reassess_on) for each in standing), None)


def _sent_back(decisions: Sequence[Decision], appeals: Sequence[Appeal]) -> SentBack | None:
    """The last time that somebody had to decide anew: an appeal was referred back to the authority, or a higher court took a
    recognition back."""
    recognised = {
        each.id
        for each in decisions
        if (each.authority, each.outcome) == (Authority.COURT, Outcome.ASSESSED_TRAFFICKED)
    }
    found = [
        SentBack(str(each.id), each.decided_on)
        for each in decisions
        if each.replaces in recognised and each.id not in recognised
    ]
    found += [
        SentBack(str(each.id), each.decided_on)
        for each in appeals
        if each.outcome is AppealOutcome.REFERRED_BACK and each.decided_on
    ]
    return max(found, key=lambda each: each.on, default=None)
