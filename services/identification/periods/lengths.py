"""The reflection and the restitution period: how long, when to warn, how far it may grow.

Udlændingeloven § 33(14): 30 days from the decision, extended for special reasons or for cooperation on a prepared
return, at most 120 days in all, counted from the start. No deadline closes a case by itself.
"""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final, NamedTuple, Self

from pydantic import Field, model_validator

from services.identification import tables
from services.identification.case.models import Case
from services.identification.periods.models import GrantedPeriod
from shared.contract.codes import Authority, PeriodKind, ResidenceBasis
from shared.contract.countries import is_danish_citizen
from shared.kernel.errors import Conflict, Unprocessable
from shared.rules.decision_tables import Dated, Versions

LEGAL_STAY: Final = frozenset(
    {
        ResidenceBasis.DANISH_CITIZEN,
        ResidenceBasis.EU_RIGHT_OF_RESIDENCE,
        ResidenceBasis.RESIDENCE_PERMIT,
        ResidenceBasis.VISA,
        ResidenceBasis.VISA_FREE,
    }
)
_GIVEN: Final = frozenset(
    {ResidenceBasis.DANISH_CITIZEN, ResidenceBasis.EU_RIGHT_OF_RESIDENCE, ResidenceBasis.RESIDENCE_PERMIT}
)
"""What nobody has by a period that departure ends, unless it was given or found out since."""
STAY_THAT_RUNS_OUT: Final = frozenset({ResidenceBasis.RESIDENCE_PERMIT, ResidenceBasis.VISA, ResidenceBasis.VISA_FREE})


class PeriodTerms(Dated):
    """How periods are counted, for decisions made while this version is in force. Lengths are in days."""

    days: int = Field(gt=0)
    cap_days: int = Field(gt=0)
    first_day_counts: bool = False
    alert_days: tuple[int, ...] = ()
    alert_days_before_cap: int = Field(ge=0)

    @model_validator(mode="after")
    def _cap_holds_the_period(self) -> Self:
        if self.cap_days < self.days:
            raise ValueError("cap_days must be at least days")
        return self

    def day(self, number: int, *, starts_on: date) -> date:
        """The date of that day of a period."""
        # Whether the day of the decision is itself day 1 is an assumption about the law, so it is configuration.
        return starts_on + timedelta(days=number - 1 if self.first_day_counts else number)


TERMS: Final = Versions(tables.FOLDER, "periods", PeriodTerms)


class PeriodDates(NamedTuple):
    """Where a period starts, its last day, and the last day that any extension may reach."""

    starts_on: date
    ends_on: date
    cap_on: date


@dataclass(frozen=True, slots=True)
class Period:
    """A granted period. `ends_on` and `cap_on` are days that still belong to it."""

    kind: PeriodKind
    starts_on: date
    ends_on: date
    cap_on: date


class AlertDays(NamedTuple):
    """The days on which those who carry the case are warned, in order: of the period's end, and of its cap."""

    of_end: tuple[date, ...]
    of_cap: tuple[date, ...]


@dataclass(frozen=True, slots=True)
class LegalStatus:
    """The person's legal status at the decision; a later change of status does not change the period."""

    residence_basis: ResidenceBasis
    asylum_pending: bool = False
    residence_valid_until: date | None = None

    @property
    def is_asylum_seeker(self) -> bool:
        return self.asylum_pending or self.residence_basis is ResidenceBasis.ASYLUM_SEEKER

    def has_expired(self, on: date) -> bool:
        """A permit, visa or visa-free stay whose last day lies before `on`."""
        ends_on = self.residence_valid_until
        return self.residence_basis in STAY_THAT_RUNS_OUT and ends_on is not None and ends_on < on


class PastTheCap(Conflict):
    """The period may not last longer in total than the law allows."""


class ExtensionBeforeEnd(Unprocessable):
    """An extension must end later than the period it extends."""


class PeriodKindUnclear(Unprocessable):
    """The legal status at the decision does not say which of the two periods the person has."""


def period_from(decided_on: date, terms: PeriodTerms | None = None) -> PeriodDates:
    """The period that a positive decision of that day gives, by the terms given or those in force that day."""
    terms = terms or TERMS.on(decided_on)
    return PeriodDates(
        starts_on=decided_on,
        ends_on=terms.day(terms.days, starts_on=decided_on),
        cap_on=terms.day(terms.cap_days, starts_on=decided_on),
    )


def kind_of_period(authority: Authority, legal_status: LegalStatus, *, decided_on: date) -> PeriodKind:
    """Reflection where US decided, restitution where CMM did, unless the person had no legal stay by then, as after an appeal
    that was referred back to it (docs/rules.md, deadline-1); after a court's judgment the legal status tells.

    Raises PeriodKindUnclear when it does not: unknown status, Dublin, displaced Ukrainians, a case under review.
    """
    if authority is Authority.US:
        return PeriodKind.REFLECTION
    if authority is Authority.CMM:
        return PeriodKind.REFLECTION if _lacks_legal_stay(legal_status, decided_on) else PeriodKind.RESTITUTION
    if authority is Authority.NEEDS_REVIEW:
        raise PeriodKindUnclear(
            "A lawyer must settle which authority decides before a period can be given.",
            danish=(
                "En jurist skal først fastlægge, hvilken myndighed der afgør sagen; indtil da kan ingen periode gives."
            ),
        )
    if _lacks_legal_stay(legal_status, decided_on):
        return PeriodKind.REFLECTION
    if legal_status.residence_basis in LEGAL_STAY:
        return PeriodKind.RESTITUTION
    raise PeriodKindUnclear(
        "Record the person's legal status at the decision; it decides which period is given.",
        danish="Registrér personens opholdsgrundlag ved afgørelsen; det afgør, hvilken periode der gives.",
    )


def _lacks_legal_stay(legal_status: LegalStatus, on: date) -> bool:
    return (
        legal_status.is_asylum_seeker
        or legal_status.residence_basis is ResidenceBasis.NO_LEGAL_STAY
        or legal_status.has_expired(on)
    )


def departure_deadline_suspended(kind: PeriodKind, *, may_stay: bool) -> bool:
    """Whether the end of the period is no removal date because the person may stay meanwhile."""
    return kind is PeriodKind.REFLECTION and may_stay


def is_suspended(case: Case, period: GrantedPeriod) -> bool:
    """Whether the period's end is no removal date now: an asylum case is pending, or the person has been given a stay since that
    lasts beyond it (docs/rules.md, deadline-4)."""
    now = LegalStatus(case.residence_basis, case.asylum_pending, case.residence_valid_until)
    may_stay = now.is_asylum_seeker or _was_given_a_stay(case, now, beyond=period.ends_on)
    return departure_deadline_suspended(period.kind, may_stay=may_stay)


def _was_given_a_stay(case: Case, now: LegalStatus, *, beyond: date) -> bool:
    return is_danish_citizen(case.citizenships) or (
        now.residence_basis in _GIVEN and not case.unpermitted_work and not now.has_expired(beyond)
    )


def departure_deadline(period: Period, *, is_suspended: bool) -> date | None:
    """The day by which the person must have left; None under legal stay, and while the person may stay (`is_suspended`)."""
    return period.ends_on if period.kind is PeriodKind.REFLECTION and not is_suspended else None


def extension(period: Period, *, until: date, on: date) -> Period:
    """The period with its end moved to `until`, as granted on the day `on`, also once it has ended: nobody else could give the
    person what is left of it until its cap, which stays where it was."""
    if until <= period.ends_on:
        raise ExtensionBeforeEnd(f"An extension must end after {period.ends_on}, when the period ends now.")
    if until < on:
        raise ExtensionBeforeEnd(
            f"An extension must not be over already: name {on} or a later day.",
            danish=f"En forlængelse må ikke være forbi allerede: nævn {on} eller en senere dag.",
        )
    if until > period.cap_on:
        raise PastTheCap(f"The period may last until {period.cap_on} at most.", cap_on=period.cap_on.isoformat())
    return replace(period, ends_on=until)


def alert_days(period: Period, terms: PeriodTerms) -> AlertDays:
    """Certain days of the period, as many days before the end that an extension gave it, and some days before the cap."""
    of_end = {terms.day(day, starts_on=period.starts_on) for day in terms.alert_days}
    of_end |= {period.ends_on - timedelta(days=terms.days - day) for day in terms.alert_days}
    before_cap = period.cap_on - timedelta(days=terms.alert_days_before_cap)
    return AlertDays(of_end=tuple(sorted(day for day in of_end if day <= period.ends_on)), of_cap=(before_cap,))
