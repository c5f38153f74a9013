"""Who sees which part of a case: one table, the same for list, detail and status."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.identification import repository
from services.identification.domain import decisions
from services.identification.models.cases import Case, CaseReferral, Part
from services.identification.models.decisions import Decision, GrantedPeriod, PeriodExtension
from services.identification.schemas.cases import CaseDeadline, CaseDetails, CaseGlimpse, CaseState, TimelineEntry
from services.identification.schemas.decisions import DecisionDetails, ExtensionDetails, PeriodDetails
from services.identification.schemas.routing import RoutingOfCase
from shared.auth import Actor
from shared.clock import COPENHAGEN
from shared.codes import Authority, CaseStatus, Outcome, PeriodKind
from shared.organisations import OrganisationKind
from shared.outbox import RecordedEvent

CUSTODY = timedelta(hours=72)

# The pending flag is for those who could remove the person (domain, section 7); an outcome is for those who work on the
# case, until a consent says otherwise.
_MAY_KNOW: dict[Part, frozenset[str]] = {
    Part.CENTRE: frozenset({"pending", "status", "authority", "outcome"}),
    Part.AUTHORITY: frozenset({"pending", "status", "authority", "outcome"}),
    Part.REFERRER: frozenset({"status", "authority", "glimpse"}),
    Part.REMOVAL: frozenset({"pending"}),
    Part.PROSECUTION: frozenset({"status", "authority"}),
}
_SEES_PENDING = frozenset({OrganisationKind.POLICE, OrganisationKind.IMMIGRATION_AUTHORITY})


def may_know(actor: Actor, part: Part) -> frozenset[str]:
    """Which of pending, status, authority and outcome this actor may know, by its part in the case and its kind;
    `glimpse` stands for the status and the opening day as the case itself shows them."""
    known = _MAY_KNOW[part]
    return known | {"pending"} if actor.kind in _SEES_PENDING else known


@dataclass(frozen=True, slots=True)
class Parts:
    """What hangs on some cases, read with one statement each."""

    decisions: dict[UUID, list[Decision]]
    periods: dict[UUID, list[GrantedPeriod]]
    extensions: dict[UUID, list[PeriodExtension]]
    referrals: dict[UUID, list[CaseReferral]]

    @classmethod
    async def read(cls, session: AsyncSession, case_ids: Sequence[UUID]) -> "Parts":
        return cls(
            await repository.decisions.decisions_of(session, case_ids),
            await repository.decisions.periods_of(session, case_ids),
            await repository.decisions.extensions_of(session, case_ids),
            await repository.cases.referrals_of(session, case_ids),
        )


async def see_cases(
    session: AsyncSession, actor: Actor, found: Sequence[tuple[Case, Part]]
) -> list[CaseDetails | CaseGlimpse]:
    """Each case as the actor may see it."""
    parts = await Parts.read(session, [case.id for case, part in found if part in repository.cases.WORKING])
    return [
        _details(case, parts) if part in repository.cases.WORKING else _glimpse(actor, case, part)
        for case, part in found
    ]


def see_state(actor: Actor, case: Case, part: Part, made: Sequence[Decision], *, now: datetime) -> CaseState:
    """Where the case stands, as far as the actor may know."""
    known = may_know(actor, part)
    current = [decision for decision in made if decision.is_current]
    return CaseState(
        case_id=case.id,
        identification_pending=is_pending(case) if "pending" in known else None,
        status=case.status if "status" in known else None,
        deciding_authority=deciding_authority(case) if "authority" in known else None,
        outcome=_standing(current).outcome if current and "outcome" in known else None,
        as_of=now,
    )


def _standing(current: Sequence[Decision]) -> Decision:
    """Of several authorities' decisions the one that recognised the person; else the latest."""
    return max(current, key=lambda each: (each.outcome is Outcome.ASSESSED_TRAFFICKED, each.recorded_at))


def is_pending(case: Case) -> bool:
    """Nobody is to be removed while this is so."""
    return case.status not in (CaseStatus.DECIDED, CaseStatus.CLOSED)


def deciding_authority(case: Case) -> Authority | None:
    return None if case.authority is Authority.NEEDS_REVIEW else case.authority


def _glimpse(actor: Actor, case: Case, part: Part) -> CaseGlimpse:
    known = may_know(actor, part)
    return CaseGlimpse(
        case_id=case.id,
        status=case.status if "glimpse" in known else None,
        opened_on=case.opened_on if "glimpse" in known else None,
        identification_pending=is_pending(case) if "pending" in known else None,
    )


def _details(case: Case, parts: Parts) -> CaseDetails:
    granted = parts.periods[case.id]
    return CaseDetails(
        case_id=case.id,
        status=case.status,
        missing=case.missing,
        opened_on=case.opened_on,
        channel=case.channel,
        municipality=case.municipality,
        referral_ids=sorted({referral.referral_id for referral in parts.referrals[case.id]}),
        gender=case.gender,
        age_group=case.age_group,
        citizenships=case.citizenships,
        residence_basis=case.residence_basis,
        routing=RoutingOfCase.model_validate(case),
        deciding_authority=deciding_authority(case),
        identification_pending=is_pending(case),
        removal_hold=case.removal_hold,
        decisions=[_decision(decision) for decision in parts.decisions[case.id]],
        periods=[see_period(case, period, parts.extensions[case.id]) for period in granted],
        deadlines=_deadlines(case, granted),
        linked=[],
    )


def _decision(decision: Decision) -> DecisionDetails:
    return DecisionDetails(decision_id=decision.id, **decision.model_dump(include=set(DecisionDetails.model_fields)))


def see_period(case: Case, period: GrantedPeriod, extensions: Sequence[PeriodExtension]) -> PeriodDetails:
    """A period with what has become of it."""
    return PeriodDetails(
        period_id=period.id,
        kind=period.kind,
        starts_on=period.starts_on,
        ends_on=period.ends_on,
        cap_on=period.cap_on,
        departure_deadline_suspended=decisions.is_suspended(case, period),
        extensions=[
            ExtensionDetails(until=each.until, reason=each.reason) for each in extensions if each.period_id == period.id
        ],
    )


def _deadlines(case: Case, granted: Sequence[GrantedPeriod]) -> list[CaseDeadline]:
    """What runs out for the person, soonest first. A day has run out when the next one begins in Copenhagen."""
    found = []
    if case.custody_since and is_pending(case):
        found.append(CaseDeadline(kind="custody", due_at=case.custody_since + CUSTODY))
    for period in granted:
        found.append(CaseDeadline(kind=f"{period.kind}_period", due_at=_end_of(period.ends_on)))
        found.append(CaseDeadline(kind="period_cap", due_at=_end_of(period.cap_on)))
        if period.kind is PeriodKind.REFLECTION and not decisions.is_suspended(case, period):
            found.append(CaseDeadline(kind="departure", due_at=_end_of(period.ends_on)))
    return sorted(found, key=lambda deadline: deadline.due_at)


def _end_of(day: date) -> datetime:
    return datetime.combine(day + timedelta(days=1), time(), tzinfo=COPENHAGEN)


_SENTENCES = {
    "case-opened": "The case was opened.",
    "case-referred": "A further referral of the person came in from {referred_by}.",
    "case-routed": "{authority} decides (rule {rule}).",
    "interview-held": "An interview was held.",
    "recommendation-made": "CMM recommended {outcome}.",
    "decision-made": "{authority} decided {outcome} on {decided_on}.",
    "decision-replaced": "An earlier decision was replaced.",
    "period-granted": "A {kind} period was granted from {starts_on} to {ends_on}, at most to {cap_on}.",
    "period-extended": "The period was extended to {ends_on}.",
}


def see_event(event: RecordedEvent) -> TimelineEntry:
    """One line of the case's history."""
    kind = event.type.split(".")[-2]
    summary = _SENTENCES.get(kind, kind.replace("-", " ").capitalize() + ".").format(**event.payload)
    return TimelineEntry(at=event.occurred_at, kind=kind, actor_org=event.actor_org, summary=summary)
