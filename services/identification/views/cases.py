"""Cases: the same for list, detail and status, as the visibility table says."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.identification import repository, visibility
from services.identification.domain import children, custody, lifecycle, support
from services.identification.models.appeals import Appeal
from services.identification.models.cases import Case, CaseReferral, Part
from services.identification.models.clarification import Recommendation
from services.identification.models.deadlines import Deadline
from services.identification.models.decisions import Decision, GrantedPeriod, PeriodExtension
from services.identification.models.links import CaseLink
from services.identification.models.risk import RiskAssessment
from services.identification.models.support import SupportMeasure
from services.identification.schemas.cases import CaseDetails, CaseGlimpse, CaseState
from services.identification.schemas.links import Linked
from services.identification.schemas.risk import RiskStanding
from services.identification.schemas.routing import RoutingOfCase
from services.identification.views import clarification, deadlines, decisions, doors
from services.identification.visibility import Fact, cut
from shared.contract.codes import Authority, Outcome
from shared.identity.actor import Actor


@dataclass(frozen=True, slots=True)
class Parts:
    """What hangs on some cases, read with one statement each."""

    recommendations: dict[UUID, list[Recommendation]]
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
            await repository.clarification.recommendations_of(session, case_ids),
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
    """Where the case stands, as far as the actor may know. Who the person is is read for the purpose of a consent alone
    (repository/person.py); how far the case is, which tells nothing of them, for any that the recipient states and we keep."""
    known = (await facts_of(session, actor, [(case, part)]))[case.id]
    made = (await repository.decisions.decisions_of(session, [case.id]))[case.id] if Fact.OUTCOME in known else []
    return CaseState(**cut(known, case_id=case.id, as_of=now, **_standing_of(case, made)))


def _standing_of(case: Case, made: Sequence[Decision]) -> dict[str, Any]:
    current = [decision for decision in made if decision.is_current]
    return {
        "identification_pending": is_pending(case),
        "removal_hold": case.removal_hold,
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
        recommendation=clarification.see_last_recommendation(parts.recommendations[case.id]),
        decisions=[decisions.see_decision(decision) for decision in parts.decisions[case.id]],
        appeals=[decisions.see_appeal(appeal) for appeal in parts.appeals[case.id]],
        periods=[decisions.see_period(case, period, parts.extensions[case.id]) for period in granted],
        has_contact_person=support.has_contact_person(parts.support[case.id]),
        support_to_open=support.is_to_be_opened(parts.decisions[case.id], parts.support[case.id]),
        closed_on=case.closed_on,
        child_protection=doors.see_child_protection(case) if children.is_child(case) else None,
        risk=next((RiskStanding.model_validate(standing) for standing in parts.risks[case.id]), None),
        deadlines=[deadlines.see_deadline(row, now=parts.read_at) for row in parts.deadlines[case.id]],
        custody=deadlines.see_standing_custody(case),
        proposals=custody.proposals(case),
        linked=[Linked(case_id=each.other_case_id, relation=each.relation) for each in parts.links[case.id]],
        merged_into=case.merged_into,
        merged=parts.merged[case.id],
    )
