"""Which deadlines run for a person, computed from what is known of the case; when each alerts, and its state.

Hours are elapsed hours, days are Danish calendar days and end at midnight in Copenhagen. No deadline ever closes a case.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import count, takewhile
from typing import Final
from uuid import UUID

from pydantic import Field

from services.identification import tables
from services.identification.case.codes import CaseStatus
from services.identification.case.lifecycle import DECIDED
from services.identification.case.models import Deadline
from services.identification.periods import lengths
from services.identification.periods.lengths import Period, PeriodDates
from shared.contract.codes import Authority, DeadlineKind, DeadlineState, PeriodKind
from shared.contract.organisations import CENTRE, IMMIGRATION, organisation_of
from shared.kernel.clock import end_of, months_after, on_date, start_of
from shared.rules.decision_tables import Dated, Versions

PERIOD_DEADLINES: Final = {
    PeriodKind.REFLECTION: DeadlineKind.REFLECTION_PERIOD,
    PeriodKind.RESTITUTION: DeadlineKind.RESTITUTION_PERIOD,
}
_INSTANT: Final = timedelta(microseconds=1)


class DeadlineTerms(Dated):
    """How long the deadlines are that no law counts in days of a period; in force on the day one starts."""

    custody_hours: int = Field(gt=0)
    child_assessment_hours: int = Field(gt=0)
    decision_days: int = Field(gt=0)
    warn_at_percent: int = Field(gt=0, lt=100)
    on_call_repeat_minutes: int = Field(gt=0)


TERMS: Final = Versions(tables.FOLDER, "clocks", DeadlineTerms)


@dataclass(frozen=True, slots=True)
class GivenPeriod:
    """A granted period, and whether the decision that gave it stands."""

    ref: str
    period: Period
    stands: bool
    is_suspended: bool


@dataclass(frozen=True, slots=True)
class Assessment:
    """The latest assessment of the danger."""

    ref: str
    assessed_on: date
    reassess_on: date


@dataclass(frozen=True, slots=True)
class SentBack:
    """On appeal the case was referred back, to be decided again."""

    ref: str
    on: date


@dataclass(frozen=True, slots=True)
class DeadlineBasis:
    """All of a case that a deadline depends on."""

    opened_at: datetime
    status: CaseStatus = CaseStatus.REFERRED
    authority: Authority = Authority.CMM
    has_ended: bool = False
    """Closed, merged into another case, or erased."""
    custody_since: datetime | None = None
    custody_ended_at: datetime | None = None
    on_call_since: datetime | None = None
    on_call_has_it: bool = False
    municipality: str | None = None
    child_since: datetime | None = None
    child_notified_at: datetime | None = None
    child_assessed_at: datetime | None = None
    sent_back: SentBack | None = None
    periods: tuple[GivenPeriod, ...] = ()
    risk: Assessment | None = None
    departed_on: date | None = None
    reintegration_until: date | None = None
    followed_up: frozenset[int] = frozenset()

    @property
    def is_held(self) -> bool:
        """In custody while it is not decided whether the person is a victim."""
        is_in_custody = self.custody_since is not None and self.custody_ended_at is None
        return is_in_custody and self.status not in DECIDED and not self.has_ended and self.departed_on is None

    @property
    def decided_by(self) -> str:
        """Who decides, and gives the period: US where the table says so, otherwise CMM, which also settles what is open."""
        return IMMIGRATION if self.authority is Authority.US else CENTRE


@dataclass(frozen=True, slots=True)
class ComputedDeadline:
    """A time that runs out. Before `due_at`, those whom it runs for are alerted at `alerts`."""

    kind: DeadlineKind
    ref: str
    starts_at: datetime
    due_at: datetime
    due_on: date
    for_org: str
    alerts: tuple[datetime, ...]
    done: bool


def deadlines_of(basis: DeadlineBasis) -> list[ComputedDeadline]:
    """Every deadline of the case, with those that are done."""
    here = basis.departed_on is None
    found = [
        *_custody(basis),
        *_child(basis, done=basis.child_assessed_at is not None or not here),
        *_decision(basis, done=basis.status in DECIDED or not here),
        *(deadline for given in basis.periods for deadline in _period(basis, given, done=not (given.stands and here))),
        *_risk(basis, done=not here),
        *_return(basis),
    ]
    return [_ended(deadline) for deadline in found] if basis.has_ended else found


def _ended(deadline: ComputedDeadline) -> ComputedDeadline:
    return ComputedDeadline(
        deadline.kind,
        deadline.ref,
        deadline.starts_at,
        deadline.due_at,
        deadline.due_on,
        deadline.for_org,
        deadline.alerts,
        done=True,
    )


def _custody(basis: DeadlineBasis) -> Iterator[ComputedDeadline]:
    if basis.custody_since is None:
        return
    done = not basis.is_held
    terms = terms_on(on_date(basis.custody_since))
    due_at = end_of_custody(basis.custody_since)
    yield _by_the_hour(DeadlineKind.CUSTODY, basis.custody_since, due_at, CENTRE, terms, done=done)
    if basis.on_call_since is not None:
        due_at = basis.on_call_since + timedelta(minutes=terms.on_call_repeat_minutes)
        yield ComputedDeadline(
            DeadlineKind.ON_CALL,
            "",
            basis.on_call_since,
            due_at,
            on_date(due_at),
            CENTRE,
            (),
            done=done or basis.on_call_has_it,
        )


def end_of_custody(since: datetime) -> datetime:
    """Hours that elapse, whatever summer time does meanwhile."""
    return since + timedelta(hours=terms_on(on_date(since)).custody_hours)


def _child(basis: DeadlineBasis, *, done: bool) -> Iterator[ComputedDeadline]:
    """The municipality's hours from when it was notified; CMM's, to find the municipality, while none was."""
    starts_at = basis.child_notified_at or basis.child_since
    if starts_at is None:
        return
    terms = terms_on(on_date(starts_at))
    due_at = starts_at + timedelta(hours=terms.child_assessment_hours)
    is_notified = basis.municipality is not None and basis.child_notified_at is not None
    for_org = organisation_of(str(basis.municipality)) if is_notified else CENTRE
    yield _by_the_hour(DeadlineKind.CHILD_NOTIFICATION, starts_at, due_at, for_org, terms, done=done)


def _decision(basis: DeadlineBasis, *, done: bool) -> Iterator[ComputedDeadline]:
    opened_on = on_date(basis.opened_at)
    terms = terms_on(opened_on)
    due_on = opened_on + timedelta(days=terms.decision_days)
    sent_back = basis.sent_back
    yield _by_the_day(
        DeadlineKind.DECISION, "", basis.opened_at, due_on, basis.decided_by, terms, done=done or sent_back is not None
    )
    if sent_back:
        terms = terms_on(sent_back.on)
        due_on = sent_back.on + timedelta(days=terms.decision_days)
        starts_at = start_of(sent_back.on)
        yield _by_the_day(DeadlineKind.DECISION, sent_back.ref, starts_at, due_on, basis.decided_by, terms, done=done)


def _period(basis: DeadlineBasis, given: GivenPeriod, *, done: bool) -> Iterator[ComputedDeadline]:
    period = given.period
    for_org = basis.decided_by if period.kind is PeriodKind.REFLECTION else CENTRE
    terms = lengths.TERMS.on(period.starts_on)
    dates = PeriodDates(period.starts_on, period.ends_on, period.cap_on)
    days = {alert.due_on for alert in lengths.alerts(dates, terms) if alert.name != "period_cap"}
    # An extended period is warned of again before its new end, as many days ahead as before the first one.
    days |= {period.ends_on - timedelta(days=terms.days - day) for day in terms.alert_days}
    cap_days = {alert.due_on for alert in lengths.alerts(dates, terms) if alert.name == "period_cap"}
    starts_at = start_of(period.starts_on)
    for kind, due_on, warn_on in (
        (PERIOD_DEADLINES[period.kind], period.ends_on, days),
        (DeadlineKind.PERIOD_CAP, period.cap_on, cap_days),
    ):
        alerts = tuple(start_of(day) for day in sorted(warn_on) if day <= due_on)
        yield ComputedDeadline(kind, given.ref, starts_at, end_of(due_on), due_on, for_org, alerts, done)
    if lengths.departure_deadline(period, asylum_pending=given.is_suspended):
        deadline_terms = terms_on(period.starts_on)
        yield _by_the_day(
            DeadlineKind.DEPARTURE, given.ref, starts_at, period.ends_on, for_org, deadline_terms, done=done
        )


def _risk(basis: DeadlineBasis, *, done: bool) -> Iterator[ComputedDeadline]:
    if basis.risk:
        terms = terms_on(basis.risk.assessed_on)
        starts_at = start_of(basis.risk.assessed_on)
        kind = DeadlineKind.RISK_REASSESSMENT
        yield _by_the_day(kind, basis.risk.ref, starts_at, basis.risk.reassess_on, CENTRE, terms, done=done)


def _return(basis: DeadlineBasis) -> Iterator[ComputedDeadline]:
    """After the departure the person is followed up every month, until reintegration ends."""
    if basis.departed_on is None or basis.reintegration_until is None:
        return
    departed_on, until = basis.departed_on, basis.reintegration_until
    terms = terms_on(departed_on)
    months = list(takewhile(lambda month: months_after(departed_on, month) <= until, count(1)))
    for month in months:
        starts_at = start_of(months_after(departed_on, month - 1))
        due_on, done = months_after(departed_on, month), month in basis.followed_up
        yield _by_the_day(DeadlineKind.FOLLOW_UP, str(month), starts_at, due_on, CENTRE, terms, done=done)
    done = basis.followed_up.issuperset(months[-1:])
    yield _by_the_day(DeadlineKind.REINTEGRATION, "", start_of(departed_on), until, CENTRE, terms, done=done)


def _by_the_hour(
    kind: DeadlineKind, starts_at: datetime, due_at: datetime, for_org: str, terms: DeadlineTerms, *, done: bool
) -> ComputedDeadline:
    alerts = (_warning(starts_at, due_at, terms),)
    return ComputedDeadline(kind, "", starts_at, due_at, on_date(due_at), for_org, alerts, done)


def _by_the_day(
    kind: DeadlineKind, ref: str, starts_at: datetime, due_on: date, for_org: str, terms: DeadlineTerms, *, done: bool
) -> ComputedDeadline:
    """A deadline that ends with a day; one that is set to a day before its start is over at once."""
    due_at = end_of(due_on)
    alerts = (_warning(starts_at, due_at, terms),) if starts_at < due_at else ()
    return ComputedDeadline(kind, ref, starts_at, due_at, due_on, for_org, alerts, done)


def _warning(starts_at: datetime, due_at: datetime, terms: DeadlineTerms) -> datetime:
    return starts_at + (due_at - starts_at) * terms.warn_at_percent / 100


def terms_on(on: date) -> DeadlineTerms:
    """The terms in force on that day; before the first table, those of the first."""
    return TERMS.find(on) or TERMS.all[0]


# ---------------------------------------------------------------- a deadline as it is kept


def set_row(row: Deadline, deadline: ComputedDeadline, *, now: datetime) -> None:
    """Make the row be this deadline. An alert that was given is not given again; after a move only what still lies ahead is."""
    alerted = row.alerted_until
    has_moved = row.due_at != deadline.due_at
    if alerted is not None and has_moved and deadline.due_at <= alerted:
        alerted = deadline.due_at - _INSTANT
    kept = [] if has_moved or alerted is None else [instant for instant in row.alerts if instant <= alerted]
    row.alerts = kept + [instant for instant in deadline.alerts if alerted is None or instant > alerted]
    row.alerted_until = alerted
    row.starts_at, row.due_at, row.due_on, row.for_org = (
        deadline.starts_at,
        deadline.due_at,
        deadline.due_on,
        deadline.for_org,
    )
    row.done_at = (row.done_at or now) if deadline.done else None
    row.next_alert_at = _next(row)


def end_row(row: Deadline, *, now: datetime) -> None:
    """Nothing known of the case gives this deadline any more."""
    row.done_at = row.done_at or now
    row.next_alert_at = None


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
