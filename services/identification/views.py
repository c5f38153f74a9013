"""What is shown of a case: the same for list, detail and status, as the visibility table says."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import chain
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.identification import repository, visibility
from services.identification.domain import children, custody, deadlines, lifecycle, periods, support
from services.identification.domain.retention import MEASURES, Rule
from services.identification.models.appeals import Appeal
from services.identification.models.cases import Case, CaseReferral, Part
from services.identification.models.consents import Consent, Disclosure
from services.identification.models.deadlines import Deadline, OnCallWatch
from services.identification.models.decisions import Decision, GrantedPeriod, PeriodExtension
from services.identification.models.drafts import Draft
from services.identification.models.legal_status import LegalStatusEntry
from services.identification.models.links import CaseLink
from services.identification.models.retention import LegalHold, RetentionRun
from services.identification.models.risk import RiskAssessment
from services.identification.models.support import SupportMeasure
from services.identification.schemas.appeals import AppealSummary
from services.identification.schemas.cases import CaseDetails, CaseGlimpse, CaseState, TimelineEntry
from services.identification.schemas.children import ChildProtection
from services.identification.schemas.consents import (
    AccessEntry,
    ConsentState,
    ConsentWords,
    DisclosureState,
    DisclosureWords,
    HoldState,
    RetentionForecast,
    RetentionReport,
    RetentionRule,
    Withdrawal,
)
from services.identification.schemas.deadlines import AlertDetails, CustodyDetails, DeadlineDetails, OnCallDetails
from services.identification.schemas.decisions import DecisionDetails, ExtensionDetails, PeriodDetails
from services.identification.schemas.drafts import DraftHead
from services.identification.schemas.legal_status import LegalStatusDetails, LegalStatusHistory, Particulars
from services.identification.schemas.links import Linked
from services.identification.schemas.risk import RiskStanding
from services.identification.schemas.routing import RoutingOfCase
from services.identification.visibility import Fact, cut
from shared.alerts import RaisedAlert
from shared.auth import Actor
from shared.codes import Authority, Outcome
from shared.outbox import RecordedEvent


@dataclass(frozen=True, slots=True)
class Parts:
    """What hangs on some cases, read with one statement each."""

    decisions: dict[UUID, list[Decision]]
    periods: dict[UUID, list[GrantedPeriod]]
    extensions: dict[UUID, list[PeriodExtension]]
    referrals: dict[UUID, list[CaseReferral]]
    appeals: dict[UUID, list[Appeal]]
    support: dict[UUID, list[SupportMeasure]]
    deadlines: dict[UUID, list[Deadline]]
    links: dict[UUID, list[CaseLink]]
    risks: dict[UUID, list[RiskAssessment]]
    merged: dict[UUID, list[UUID]]
    read_at: datetime

    @classmethod
    async def read(cls, session: AsyncSession, actor: Actor, case_ids: Sequence[UUID]) -> "Parts":
        merged = await repository.merging.all_merged_into(session, actor, case_ids)
        return cls(
            await repository.decisions.decisions_of(session, case_ids),
            await repository.decisions.periods_of(session, case_ids),
            await repository.decisions.extensions_of(session, case_ids),
            await repository.cases.referrals_of(session, [*case_ids, *chain.from_iterable(merged.values())]),
            await repository.records.by_case(session, case_ids, Appeal),
            await repository.records.by_case(session, case_ids, SupportMeasure),
            await repository.deadlines.running_of(session, case_ids),
            await repository.links.links_of(session, actor, case_ids),
            await repository.deadlines.risks_of(session, case_ids),
            merged,
            session.info["now"],
        )


async def see_cases(
    session: AsyncSession, actor: Actor, found: Sequence[tuple[Case, Part]]
) -> list[CaseDetails | CaseGlimpse]:
    """Each case as the actor may see it."""
    known = await facts_of(session, actor, found)
    whole = [case.id for case, _ in found if Fact.FILE in known[case.id] and case.erased_at is None]
    parts = await Parts.read(session, actor, whole)
    outcomes = [case_id for case_id, facts in known.items() if case_id not in whole and Fact.OUTCOME in facts]
    decided = await repository.decisions.decisions_of(session, outcomes) if outcomes else {}
    return [
        _details(case, parts) if case.id in whole else _glimpse(case, known[case.id], decided.get(case.id, []))
        for case, _ in found
    ]


async def facts_of(
    session: AsyncSession, actor: Actor, found: Sequence[tuple[Case, Part]]
) -> dict[UUID, frozenset[Fact]]:
    """What the actor may know of each case, by the visibility table; with at most one statement."""
    lent = [case.id for case, part in found if part not in repository.cases.WORKING]
    leaves = await repository.consents.leaves_of(session, actor.org, lent)
    return {case.id: visibility.may_know(actor, part, leaves.get(case.id, ())) for case, part in found}


async def see_state(session: AsyncSession, actor: Actor, case: Case, part: Part, *, now: datetime) -> CaseState:
    """Where the case stands, as far as the actor may know."""
    known = (await facts_of(session, actor, [(case, part)]))[case.id]
    made = (await repository.decisions.decisions_of(session, [case.id]))[case.id] if Fact.OUTCOME in known else []
    return CaseState(**cut(known, case_id=case.id, as_of=now, **_standing_of(case, made)))


def _standing_of(case: Case, made: Sequence[Decision]) -> dict[str, Any]:
    current = [decision for decision in made if decision.is_current]
    return {
        "identification_pending": is_pending(case),
        "status": case.status,
        "deciding_authority": deciding_authority(case),
        "outcome": _standing(current).outcome if current else None,
    }


def _standing(current: Sequence[Decision]) -> Decision:
    """Of several authorities' decisions the one that recognised the person; else the latest."""
    return max(current, key=lambda each: (each.outcome is Outcome.ASSESSED_TRAFFICKED, each.recorded_at))


def is_pending(case: Case) -> bool:
    """Nobody is to be removed while this is so."""
    return case.status not in lifecycle.DECIDED


def deciding_authority(case: Case) -> Authority | None:
    return None if case.authority is Authority.NEEDS_REVIEW else case.authority


def _glimpse(case: Case, known: frozenset[Fact], made: Sequence[Decision]) -> CaseGlimpse:
    return CaseGlimpse(**cut(known, case_id=case.id, opened_on=case.opened_on, **_standing_of(case, made)))


def _details(case: Case, parts: Parts) -> CaseDetails:
    visibility.check(CaseDetails.model_fields)
    granted = parts.periods[case.id]
    return CaseDetails(
        case_id=case.id,
        status=case.status,
        missing=case.missing,
        opened_on=case.opened_on,
        channel=case.channel,
        municipality=case.municipality,
        referral_ids=sorted(
            {referral.referral_id for each in (case.id, *parts.merged[case.id]) for referral in parts.referrals[each]}
        ),
        gender=case.gender,
        age_group=case.age_group,
        age_group_at_exploitation=case.age_group_at_exploitation,
        citizenships=case.citizenships,
        residence_basis=case.residence_basis,
        routing=RoutingOfCase.model_validate(case),
        deciding_authority=deciding_authority(case),
        identification_pending=is_pending(case),
        removal_hold=case.removal_hold,
        decisions=[see_decision(decision) for decision in parts.decisions[case.id]],
        appeals=[see_appeal(appeal) for appeal in parts.appeals[case.id]],
        periods=[see_period(case, period, parts.extensions[case.id]) for period in granted],
        has_contact_person=support.has_contact_person(parts.support[case.id]),
        support_to_open=support.is_to_be_opened(parts.decisions[case.id], parts.support[case.id]),
        closed_on=case.closed_on,
        child_protection=see_child_protection(case) if children.is_child(case) else None,
        risk=next((RiskStanding.model_validate(standing) for standing in parts.risks[case.id]), None),
        deadlines=[see_deadline(row, now=parts.read_at) for row in parts.deadlines[case.id]],
        proposals=custody.proposals(case),
        linked=[Linked(case_id=each.other_case_id, relation=each.relation) for each in parts.links[case.id]],
        merged_into=case.merged_into,
        merged=parts.merged[case.id],
    )


def see_legal_status(
    entries: Sequence[tuple[LegalStatusEntry, Particulars | None]], *, today: date
) -> LegalStatusHistory:
    """The history, with what holds today marked: the last that has begun, of entries in their order."""
    begun = [entry.id for entry, _ in entries if entry.valid_from <= today]
    return LegalStatusHistory(
        items=[
            LegalStatusDetails(
                legal_status_id=entry.id,
                holds=entry.id in begun[-1:],
                source=words.source if words else None,
                **entry.model_dump(
                    include=set(LegalStatusDetails.model_fields) - {"legal_status_id", "holds", "source"}
                ),
            )
            for entry, words in entries
        ]
    )


def see_draft(draft: Draft) -> DraftHead:
    """A draft without what it holds."""
    return DraftHead(draft_id=draft.id, **draft.model_dump(include={"saved_at", "remind_on", "delete_on"}))


def see_child_protection(case: Case) -> ChildProtection:
    """How far the protection of a child has come."""
    return ChildProtection(case_id=case.id, **case.model_dump(include=set(ChildProtection.model_fields) - {"case_id"}))


def see_decision(decision: Decision) -> DecisionDetails:
    """A decision without its reasons."""
    return DecisionDetails(decision_id=decision.id, **decision.model_dump(include=set(DecisionDetails.model_fields)))


def see_appeal(appeal: Appeal) -> AppealSummary:
    """An appeal without its words."""
    return AppealSummary(appeal_id=appeal.id, **appeal.model_dump(include=set(AppealSummary.model_fields)))


def see_period(case: Case, period: GrantedPeriod, extensions: Sequence[PeriodExtension]) -> PeriodDetails:
    """A period with what has become of it."""
    return PeriodDetails(
        period_id=period.id,
        kind=period.kind,
        starts_on=period.starts_on,
        ends_on=period.ends_on,
        cap_on=period.cap_on,
        departure_deadline_suspended=periods.is_suspended(case, period),
        extensions=[
            ExtensionDetails(until=each.until, reason=each.reason) for each in extensions if each.period_id == period.id
        ],
    )


def see_deadline(row: Deadline, *, now: datetime) -> DeadlineDetails:
    """A clock as it stands."""
    return DeadlineDetails(
        kind=row.kind,
        case_id=row.case_id,
        due_at=row.due_at,
        due_on=row.due_on,
        state=deadlines.state_of(row, now=now),
        for_org=row.for_org,
    )


def see_custody(case: Case) -> CustodyDetails:
    """How long the person is or was held."""
    return CustodyDetails(
        case_id=case.id,
        since=case.custody_since,
        ended_at=case.custody_ended_at,
        reason=case.custody_end_reason,
        proposals=custody.proposals(case),
    )


def see_on_call(watch: OnCallWatch) -> OnCallDetails:
    """How often the on-call was alerted."""
    return OnCallDetails(first_alerted_at=watch.started_at, **watch.model_dump(include=set(OnCallDetails.model_fields)))


def see_alert(alert: RaisedAlert) -> AlertDetails:
    """An alert and what has become of it."""
    names = set(AlertDetails.model_fields) - {"alert_id"}
    return AlertDetails(alert_id=alert.id, **{name: getattr(alert, name) for name in names})


_SENTENCES = {
    "case-opened": "The case was opened.",
    "case-referred": "A further referral of the person came in from {referred_by}.",
    "case-routed": "{authority} decides (rule {rule}).",
    "interview-held": "An interview was held.",
    "rights-explained": "The person was told of their rights.",
    "indicators-observed": "Signs of trafficking were noted ({indicator_set}): {items}.",
    "risk-assessed": "The danger to the person was assessed on {assessed_on}: {level}; again by {reassess_on}.",
    "evidence-added": "A piece of evidence was added.",
    "recommendation-made": "CMM recommended {outcome}.",
    "decision-made": "{authority} decided {outcome} on {decided_on}.",
    "decision-replaced": "An earlier decision was replaced.",
    "period-granted": "A {kind} period was granted from {starts_on} to {ends_on}, at most to {cap_on}.",
    "period-extended": "The period was extended to {ends_on}.",
    "appeal-filed": "A decision was appealed on {filed_on}; the person is not removed meanwhile.",
    "appeal-decided": "An appeal was decided on {decided_on}: {outcome}.",
    "support-started": "A support measure began on {starts_on}.",
    "return-planned": "A prepared return to {destination} was agreed on {agreed_on}.",
    "person-departed": "The person left on {departed_on}; reintegration is followed until {reintegration_until}.",
    "follow-up-made": "The follow-up of month {month} was made on {on}.",
    "criminal-step-recorded": "A step of the criminal track was recorded: {kind} on {on}.",
    "custody-began": "The person is held since {since}.",
    "custody-ended": "The detention ended at {ended_at}.",
    "deadline-approaching": "The clock {kind} runs until {due_at}: {state}.",
    "on-call-alerted": "The on-call was alerted, time {number}.",
    "on-call-acknowledged": "The on-call has taken it.",
    "person-missing": "The person is missing since {since}.",
    "person-found": "The person was found on {on}.",
    "case-closed": "The case was closed on {on}.",
    "case-reopened": "The case was reopened on {on}.",
    "case-erased": "The time of keeping was over: who the person is was erased.",
    "case-linked": "Another person's case was linked: {relation}.",
    "case-unlinked": "A link to another person's case was taken away.",
    "case-merged": "The case is about the person of another one, where the work goes on.",
    "case-unmerged": "The merge was undone: the two are different people.",
    "child-assessed": "The municipality assessed the child's needs at {assessed_at}.",
    "consent-given": "The person lets {recipient} know, for {purpose}.",
    "consent-withdrawn": "The person took the consent for {recipient} back ({purpose}).",
    "disclosure-made": "Something was disclosed to {recipient}, for {purpose}, by {basis}.",
    "legal-status-changed": "From {valid_from} the stay rests on {residence_basis}.",
    "municipality-notified": "Municipality {municipality} was told of the child; its 24 hours run.",
    "person-described": "The description of the person was changed.",
    "representative-appointed": "A personal representative was appointed on {appointed_on}.",
    "representative-requested": "A personal representative was asked for on {requested_on}.",
}


def see_event(event: RecordedEvent) -> TimelineEntry:
    """One line of the case's history."""
    kind = event.type.split(".")[-2]
    summary = _SENTENCES.get(kind, kind.replace("-", " ").capitalize() + ".").format(**event.payload)
    return TimelineEntry(at=event.occurred_at, kind=kind, actor_org=event.actor_org, summary=summary)


def see_consent(consent: Consent, words: ConsentWords) -> ConsentState:
    """A consent as those who work on the case see it."""
    return ConsentState(
        consent_id=consent.id,
        scope_text=words.scope,
        interpreter=words.interpreter or consent.with_interpreter,
        is_live=consent.withdrawn_at is None,
        **consent.model_dump(
            include={
                "recipient",
                "purpose",
                "scope",
                "method",
                "given_at",
                "recorded_by",
                "withdrawn_at",
                "acknowledged_at",
            }
        ),
    )


def see_withdrawal(consent: Consent) -> Withdrawal:
    """A consent that was taken back, as its recipient sees it."""
    return Withdrawal(
        consent_id=consent.id,
        **consent.model_dump(include={"case_id", "purpose", "withdrawn_at", "acknowledged_at"}),
    )


def see_disclosure(row: Disclosure, words: DisclosureWords) -> DisclosureState:
    """A disclosure with its reason."""
    told = row.model_dump(include=set(DisclosureState.model_fields) - {"disclosure_id", "reason", "note"})
    return DisclosureState(disclosure_id=row.id, reason=words.reason, note=words.note, **told)


def see_access(row: Mapping[str, Any]) -> AccessEntry:
    """One line of the access log."""
    told = {name: row[name] for name in ("at", "actor", "operation", "purpose", "fields", "outcome")}
    return AccessEntry(actor_org=row["org"], **told)


def see_forecast(day: date, table_version: str, due: Mapping[Rule, Sequence[UUID]]) -> RetentionForecast:
    """What would be erased."""
    rules = [
        RetentionRule(rule=rule, measure=MEASURES[rule], count=len(case_ids), case_ids=list(case_ids))
        for rule, case_ids in due.items()
    ]
    return RetentionForecast(on=day, table_version=table_version, rules=rules)


def see_run(done: RetentionRun) -> RetentionReport:
    """What one run has erased."""
    told = done.model_dump(include={"ran_at", "table_version", "is_complete", "erased", "case_ids"})
    return RetentionReport(run_id=done.id, on=done.day, **told)


def see_hold(placed: LegalHold) -> HoldState:
    """Whether something keeps the case."""
    return HoldState(
        case_id=placed.case_id,
        on_hold=placed.ended_at is None,
        placed_at=placed.placed_at,
        ended_at=placed.ended_at,
    )
