"""Which deadlines run for a person, computed from what is known of the case: until when, for whom, and when each alerts.

Hours are elapsed hours, days are Danish calendar days and end at midnight in Copenhagen. No deadline ever closes a case.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import partial
from itertools import count, takewhile
from typing import Final

from pydantic import Field

from services.identification import tables
from services.identification.case.codes import CaseStatus
from services.identification.case.lifecycle import DECIDED
from services.identification.deadlines.codes import GIVEN_HERE, PERIOD_DEADLINES
from services.identification.periods import lengths
from services.identification.periods.lengths import Period
from shared.contract.codes import Authority, DeadlineKind, PeriodKind
from shared.contract.organisations import CENTRE, IMMIGRATION, REPRESENTATION, organisation_of
from shared.kernel.clock import end_of, months_after, on_date, start_of
from shared.rules.decision_tables import Dated, Versions


class DeadlineTerms(Dated):
    """How long the deadlines are that no law counts in days of a period; in force on the day one starts."""

    custody_hours: int = Field(gt=0)
    child_assessment_hours: int = Field(gt=0)
    decision_days: int = Field(gt=0)
    warn_at_percent: int = Field(gt=0, lt=100)
    on_call_repeat_minutes: int = Field(gt=0)
    representative_days: int | None = Field(default=None, gt=0)
    """None: no deadline of that kind."""


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
    """Somebody has to decide anew: on appeal the case was referred back, or a higher court took a recognition back."""

    ref: str
    on: date


@dataclass(frozen=True, slots=True)
class AccessAsked:
    """Somebody has asked for what is held of the person."""

    ref: str
    requested_on: date
    answer_by: date
    is_answered: bool


@dataclass(frozen=True, slots=True)
class DeadlineBasis:
    """All of a case that a deadline depends on."""

    opened_at: datetime
    status: CaseStatus = CaseStatus.REFERRED
    authority: Authority = Authority.CMM
    has_ended: bool = False
    """Closed, or erased."""
    goes_on_elsewhere_for: frozenset[str] = frozenset()
    """The organisations for which the work goes on in the case that this one was merged into: no deadline runs for them here.
    The others learn of no merge."""
    custody_since: datetime | None = None
    custody_ended_at: datetime | None = None
    on_call_since: datetime | None = None
    on_call_has_it: bool = False
    municipality: str | None = None
    child_since: datetime | None = None
    child_notified_at: datetime | None = None
    child_assessed_at: datetime | None = None
    representative_requested_on: date | None = None
    representative_appointed_on: date | None = None
    sent_back: SentBack | None = None
    periods: tuple[GivenPeriod, ...] = ()
    risk: Assessment | None = None
    """None, too, once the danger was assessed where the work on a merged case goes on."""
    departed_on: date | None = None
    reintegration_until: date | None = None
    followed_up: frozenset[int] = frozenset()
    access_asked: tuple[AccessAsked, ...] = ()
    """In this case, and in those that were merged into it."""

    @property
    def is_held(self) -> bool:
        """In custody while it is not decided whether the person is a victim."""
        is_in_custody = self.custody_since is not None and self.custody_ended_at is None
        is_here = not self.has_ended and CENTRE not in self.goes_on_elsewhere_for and self.departed_on is None
        return is_in_custody and self.status not in DECIDED and is_here

    def is_over(self, deadline: "ComputedDeadline") -> bool:
        """Whether it runs here no longer, as the work has ended or goes on elsewhere for whom it runs."""
        goes_on_elsewhere = deadline.for_org in self.goes_on_elsewhere_for and deadline.kind not in GIVEN_HERE
        return self.has_ended or goes_on_elsewhere

    @property
    def decided_by(self) -> str:
        """Who decides, and gives the period: US where the table says so, otherwise CMM, which also settles what is open."""
        return IMMIGRATION if self.authority is Authority.US else CENTRE


@dataclass(frozen=True, slots=True, kw_only=True)
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
        *_representative(basis, done=basis.representative_appointed_on is not None or not here),
        *_decision(basis, done=basis.status in DECIDED or not here),
        *(deadline for given in basis.periods for deadline in _period(basis, given, done=not (given.stands and here))),
        *_risk(basis, done=not here),
        *_return(basis),
    ]
    ended = [replace(deadline, done=True) if basis.is_over(deadline) else deadline for deadline in found]
    return [*ended, *_access(basis)]


def end_of_custody(since: datetime) -> datetime:
    """Hours that elapse, whatever summer time does meanwhile."""
    return since + timedelta(hours=terms_on(on_date(since)).custody_hours)


def terms_on(on: date) -> DeadlineTerms:
    """The terms in force on that day; before the first table, those of the first."""
    return TERMS.or_first(on)


# ---------------------------------------------------------------- each deadline


def _custody(basis: DeadlineBasis) -> Iterator[ComputedDeadline]:
    since = basis.custody_since
    if since is None:
        return
    done = not basis.is_held
    terms, due_at = terms_on(on_date(since)), end_of_custody(since)
    alerts = _at_percent(terms, since, due_at)
    yield _by_the_hour(DeadlineKind.CUSTODY, starts_at=since, due_at=due_at, for_org=CENTRE, alerts=alerts, done=done)
    if basis.on_call_since is not None:
        yield _by_the_hour(
            DeadlineKind.ON_CALL,
            starts_at=basis.on_call_since,
            due_at=basis.on_call_since + timedelta(minutes=terms.on_call_repeat_minutes),
            for_org=CENTRE,
            alerts=(),
            done=done or basis.on_call_has_it,
        )


def _child(basis: DeadlineBasis, *, done: bool) -> Iterator[ComputedDeadline]:
    """The municipality's hours from when it was notified; CMM's, to find the municipality, while none was."""
    starts_at = basis.child_notified_at or basis.child_since
    if starts_at is None:
        return
    terms = terms_on(on_date(starts_at))
    due_at = starts_at + timedelta(hours=terms.child_assessment_hours)
    is_notified = basis.municipality is not None and basis.child_notified_at is not None
    yield _by_the_hour(
        DeadlineKind.CHILD_NOTIFICATION,
        starts_at=starts_at,
        due_at=due_at,
        for_org=organisation_of(str(basis.municipality)) if is_notified else CENTRE,
        alerts=_at_percent(terms, starts_at, due_at),
        done=done,
    )


def _representative(basis: DeadlineBasis, *, done: bool) -> Iterator[ComputedDeadline]:
    """From the day on which Familieretshuset was asked to appoint a child's representative."""
    requested_on = basis.representative_requested_on
    terms = terms_on(requested_on) if requested_on else None
    if requested_on is None or terms is None or terms.representative_days is None:
        return
    starts_at, due_on = start_of(requested_on), requested_on + timedelta(days=terms.representative_days)
    yield _by_the_day(
        DeadlineKind.REPRESENTATIVE,
        starts_at=starts_at,
        due_on=due_on,
        for_org=REPRESENTATION,
        alerts=_at_percent(terms, starts_at, end_of(due_on)),
        done=done or basis.child_since is None,
    )


def _decision(basis: DeadlineBasis, *, done: bool) -> Iterator[ComputedDeadline]:
    """From the opening, and once more from the day on which an appeal or a higher court sent the case back."""
    sent_back = basis.sent_back
    yield _one_decision(basis, ref="", starts_at=basis.opened_at, done=done or sent_back is not None)
    if sent_back:
        yield _one_decision(basis, ref=sent_back.ref, starts_at=start_of(sent_back.on), done=done)


def _one_decision(basis: DeadlineBasis, *, ref: str, starts_at: datetime, done: bool) -> ComputedDeadline:
    starts_on = on_date(starts_at)
    terms = terms_on(starts_on)
    due_on = starts_on + timedelta(days=terms.decision_days)
    return _by_the_day(
        DeadlineKind.DECISION,
        ref=ref,
        starts_at=starts_at,
        due_on=due_on,
        for_org=basis.decided_by,
        alerts=_at_percent(terms, starts_at, end_of(due_on)),
        done=done,
    )


def _period(basis: DeadlineBasis, given: GivenPeriod, *, done: bool) -> Iterator[ComputedDeadline]:
    """The end of the period, the cap of all its extensions, and the departure that its end may ask for."""
    period, starts_at = given.period, start_of(given.period.starts_on)
    for_org = basis.decided_by if period.kind is PeriodKind.REFLECTION else CENTRE
    of_period = partial(_by_the_day, ref=given.ref, starts_at=starts_at, for_org=for_org, done=done)
    alerts = lengths.alert_days(period, lengths.TERMS.on(period.starts_on))
    yield of_period(PERIOD_DEADLINES[period.kind], due_on=period.ends_on, alerts=_at_midnight(alerts.of_end))
    yield of_period(DeadlineKind.PERIOD_CAP, due_on=period.cap_on, alerts=_at_midnight(alerts.of_cap))
    due_on = lengths.departure_deadline(period, is_suspended=given.is_suspended)
    if due_on:
        warned = _at_percent(terms_on(period.starts_on), starts_at, end_of(due_on))
        yield of_period(DeadlineKind.DEPARTURE, due_on=due_on, alerts=warned)


def _risk(basis: DeadlineBasis, *, done: bool) -> Iterator[ComputedDeadline]:
    risk = basis.risk
    if risk is None:
        return
    starts_at = start_of(risk.assessed_on)
    yield _by_the_day(
        DeadlineKind.RISK_REASSESSMENT,
        ref=risk.ref,
        starts_at=starts_at,
        due_on=risk.reassess_on,
        for_org=CENTRE,
        alerts=_at_percent(terms_on(risk.assessed_on), starts_at, end_of(risk.reassess_on)),
        done=done,
    )


def _return(basis: DeadlineBasis) -> Iterator[ComputedDeadline]:
    """After the departure the person is followed up every month, until reintegration ends."""
    if basis.departed_on is None or basis.reintegration_until is None:
        return
    departed_on, until = basis.departed_on, basis.reintegration_until
    terms = terms_on(departed_on)
    months = list(takewhile(lambda month: months_after(departed_on, month) <= until, count(1)))
    for month in months:
        starts_at, due_on = start_of(months_after(departed_on, month - 1)), months_after(departed_on, month)
        yield _by_the_day(
            DeadlineKind.FOLLOW_UP,
            ref=str(month),
            starts_at=starts_at,
            due_on=due_on,
            for_org=CENTRE,
            alerts=_at_percent(terms, starts_at, end_of(due_on)),
            done=month in basis.followed_up,
        )
    yield _by_the_day(
        DeadlineKind.REINTEGRATION,
        starts_at=start_of(departed_on),
        due_on=until,
        for_org=CENTRE,
        alerts=_at_percent(terms, start_of(departed_on), end_of(until)),
        done=basis.followed_up.issuperset(months[-1:]),
    )


def _access(basis: DeadlineBasis) -> Iterator[ComputedDeadline]:
    """A request for access is answered whether the case is closed or not; of a merged case it runs where the work goes on."""
    for asked in basis.access_asked:
        starts_at = start_of(asked.requested_on)
        yield _by_the_day(
            DeadlineKind.ACCESS_REQUEST,
            ref=asked.ref,
            starts_at=starts_at,
            due_on=asked.answer_by,
            for_org=CENTRE,
            alerts=_at_percent(terms_on(asked.requested_on), starts_at, end_of(asked.answer_by)),
            done=asked.is_answered or CENTRE in basis.goes_on_elsewhere_for,
        )


# ---------------------------------------------------------------- how a deadline ends, and when it alerts


def _by_the_hour(
    kind: DeadlineKind, *, starts_at: datetime, due_at: datetime, for_org: str, alerts: tuple[datetime, ...], done: bool
) -> ComputedDeadline:
    """A deadline that ends at an instant."""
    return ComputedDeadline(
        kind=kind,
        ref="",
        starts_at=starts_at,
        due_at=due_at,
        due_on=on_date(due_at),
        for_org=for_org,
        alerts=alerts,
        done=done,
    )


def _by_the_day(
    kind: DeadlineKind,
    *,
    ref: str = "",
    starts_at: datetime,
    due_on: date,
    for_org: str,
    alerts: tuple[datetime, ...],
    done: bool,
) -> ComputedDeadline:
    """A deadline that ends with a day; one that is set to a day before its start is over at once."""
    return ComputedDeadline(
        kind=kind,
        ref=ref,
        starts_at=starts_at,
        due_at=end_of(due_on),
        due_on=due_on,
        for_org=for_org,
        alerts=alerts,
        done=done,
    )


def _at_percent(terms: DeadlineTerms, starts_at: datetime, due_at: datetime) -> tuple[datetime, ...]:
    """When that much of the time is gone; never of what is over before it starts."""
    is_to_run = starts_at < due_at
    return (starts_at + (due_at - starts_at) * terms.warn_at_percent / 100,) if is_to_run else ()


def _at_midnight(days: Iterable[date]) -> tuple[datetime, ...]:
    """As each of these days begins."""
    return tuple(start_of(day) for day in days)
