"""Cases: the same for list, detail and status, as the visibility table says; and accesses to them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Any
from uuid import UUID

from services.identification.authority.schemas import RoutingOfCase
from services.identification.case import lifecycle, visibility
from services.identification.case import repository as cases
from services.identification.case.models import MINORS, Case, CaseReferral, Deadline, age_group_on
from services.identification.case.visibility import cut
from services.identification.children import views as children_views
from services.identification.clarification import repository as clarification_repository
from services.identification.clarification import views as clarification_views
from services.identification.clarification.models import Recommendation
from services.identification.consents import repository as consents_repository
from services.identification.custody import domain as custody
from services.identification.custody import views as custody_views
from services.identification.deadlines import repository as deadlines_repository
from services.identification.deadlines import views as deadlines_views
from services.identification.deadlines.codes import GIVEN_HERE
from services.identification.decisions import repository as decisions_repository
from services.identification.decisions import views as decisions_views
from services.identification.decisions.models import Appeal, Decision
from services.identification.decisions.repository import OutcomeAndHold
from services.identification.links import repository as links_repository
from services.identification.links.models import CaseLink
from services.identification.links.schemas import Linked
from services.identification.merging import repository as merging_repository
from services.identification.overview import aliases
from services.identification.overview.schemas import (
    CaseDetails,
    CaseGlimpse,
    CaseState,
    Whereabouts,
    WhereHeld,
)
from services.identification.overview.whereabouts import Found
from services.identification.periods import repository as periods_repository
from services.identification.periods import views as periods_views
from services.identification.periods.models import GrantedPeriod, PeriodExtension
from services.identification.records import repository as records
from services.identification.risk.models import RiskAssessment
from services.identification.risk.schemas import RiskStanding
from services.identification.support import domain as support
from services.identification.support.models import SupportMeasure
from shared.contract.codes import Authority, DeadlineKind
from shared.contract.organisations import CENTRE
from shared.contract.visibility import Aspect, Part, may_know
from shared.data.unit_of_work import UnitOfWork
from shared.kernel.clock import on_date


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
    merged: dict[UUID, list[merging_repository.MergedCase]]
    read_at: datetime

    @classmethod
    async def read(cls, work: UnitOfWork, case_ids: Sequence[UUID]) -> "Parts":
        merged = await merging_repository.all_merged_into(work, case_ids)
        of_persons = [*case_ids, *(each.id for each in chain.from_iterable(merged.values()))]
        return cls(
            await clarification_repository.recommendations_of(work, of_persons),
            await decisions_repository.decisions_of(work, case_ids),
            await periods_repository.periods_of(work, case_ids),
            await periods_repository.extensions_of(work, case_ids),
            await cases.referrals_of(work, of_persons),
            await records.by_case(work, case_ids, Appeal),
            await records.by_case(work, of_persons, SupportMeasure),
            await deadlines_repository.running_of(work, of_persons),
            await links_repository.links_of(work, case_ids),
            await deadlines_repository.risks_of(work, of_persons),
            merged,
            work.now,
        )

    def hold_of(self, case: Case) -> OutcomeAndHold:
        """Whether an appeal keeps the person from being removed, for who works on all of their cases; what was decided stands
        among the decisions."""
        return OutcomeAndHold(None, case.removal_hold or any(below.removal_hold for below in self.merged[case.id]))

    def family_of(self, case: Case) -> list[UUID]:
        """The case and those that were merged into it."""
        return [case.id, *(below.id for below in self.merged[case.id])]

    def recommendations_of(self, case: Case) -> list[Recommendation]:
        """What CMM has recommended of the person, in order."""
        found = [each for case_id in self.family_of(case) for each in self.recommendations[case_id]]
        return sorted(found, key=lambda each: (each.made_at, each.id))

    def deadlines_of(self, case: Case, *, hides_merge: bool) -> list[Deadline]:
        """What runs out for the person. Whoever goes on elsewhere is shown the deadlines there, beside those that the merged case
        itself has given."""
        is_of_its_own = hides_merge or not case.merged_into
        return [
            row
            for case_id in self.family_of(case)
            for row in self.deadlines[case_id]
            if row.kind in GIVEN_HERE or (is_of_its_own and case_id == case.id)
        ]

    def risk_of(self, case: Case) -> RiskStanding | None:
        """How great the danger is: of several assessments that stand for one person the one that is to be made again first."""
        family, again = self.family_of(case), DeadlineKind.RISK_REASSESSMENT
        runs = {row.ref for case_id in family for row in self.deadlines[case_id] if row.kind is again}
        standing = [
            each for case_id in family for each in self.risks[case_id] if case_id == case.id or str(each.id) in runs
        ]
        first = min(standing, key=lambda each: each.reassess_on, default=None)
        return RiskStanding.of_row(first) if first else None

    def referrals_behind(self, case: Case) -> list[CaseReferral]:
        """What was said of the person, in this case and in those that were merged into it."""
        return [each for case_id in self.family_of(case) for each in self.referrals[case_id]]

    def is_withdrawn(self, case: Case) -> bool:
        """Nobody stands any more by what was said of the person, in this case or in one that was merged into it."""
        if case.source_withdrawn_at is None or not all(below.is_withdrawn for below in self.merged[case.id]):
            return False
        return all(referral.withdrawn_at is not None for referral in self.referrals_behind(case))


async def see_cases(work: UnitOfWork, found: Sequence[tuple[Case, Part]]) -> list[CaseDetails | CaseGlimpse]:
    """Each case as the actor may see it."""
    known = await aspects_of(work, found)
    whole = [case.id for case, _ in found if Aspect.FILE in known[case.id] and case.erased_at is None]
    parts = await Parts.read(work, whole)
    above = await aliases.read(work, found)
    # CMM, which knows of every merge, has what stands in the cases that it reads whole among their parts.
    apart = [case.id for case, _ in found if case.id not in whole or work.actor.org != CENTRE]
    stands = await decisions_repository.outcomes_and_holds_of(work, apart)
    return [
        _details(case, part, parts, stands.get(case.id) or parts.hold_of(case), above.get(case.id))
        if case.id in whole
        else _glimpse(case, part, known[case.id], stands[case.id], above.get(case.id, ()))
        for case, part in found
    ]


async def aspects_of(work: UnitOfWork, found: Sequence[tuple[Case, Part]]) -> dict[UUID, frozenset[Aspect]]:
    """What the actor may know of each case, by the visibility table; with at most one statement."""
    not_worked_on = [case.id for case, part in found if part not in cases.WORKING]
    disclosable = await consents_repository.disclosable_to(work, work.actor.org, not_worked_on)
    return {case.id: may_know(work.actor, part, disclosable.get(case.id, ())) for case, part in found}


async def see_state(work: UnitOfWork, case: Case, part: Part, stands: OutcomeAndHold) -> CaseState:
    """Where the case stands, as far as the actor may know. Who the person is is read for the purpose of a consent alone
    (person/repository.py); how far the case is, which tells nothing of them, for any that the recipient states and we keep."""
    known = (await aspects_of(work, [(case, part)]))[case.id]
    above = (await aliases.read(work, [(case, part)])).get(case.id, ())
    shown = aliases.overlay(_shown_of(case, stands), part, above)
    return CaseState(**cut(known, case_id=case.id, as_of=work.now, **shown))


def _shown_of(case: Case, stands: OutcomeAndHold) -> dict[str, Any]:
    return {
        "identification_pending": is_pending(case),
        "removal_hold": stands.is_on_hold,
        "status": case.status,
        "deciding_authority": deciding_authority(case),
        "outcome": stands.outcome,
    }


def is_pending(case: Case) -> bool:
    """Nobody is to be removed while this is so. Of a case that was erased nothing waits any more."""
    return case.status not in lifecycle.DECIDED and case.erased_at is None


def deciding_authority(case: Case) -> Authority | None:
    return None if case.authority is Authority.NEEDS_REVIEW else case.authority


def _glimpse(
    case: Case, part: Part, known: frozenset[Aspect], stands: OutcomeAndHold, above: aliases.Above
) -> CaseGlimpse:
    shown = aliases.overlay(_shown_of(case, stands), part, above)
    return CaseGlimpse(**cut(known, case_id=case.id, opened_on=case.opened_on, **shown))


def _details(case: Case, part: Part, parts: Parts, stands: OutcomeAndHold, above: aliases.Above | None) -> CaseDetails:
    """`above` is None where the reader may know of the merge, if there is one."""
    visibility.check(CaseDetails.model_fields)
    shown, hides_merge = aliases.overlay(_shown_of(case, stands), part, above or ()), above is not None
    granted = parts.periods[case.id]
    age_group = age_group_on(case, on_date(parts.read_at))
    return CaseDetails(
        case_id=case.id,
        status=shown["status"],
        missing=case.missing,
        missing_asked_since=case.missing_asked_since,
        opened_on=case.opened_on,
        channel=case.channel,
        municipality=case.municipality,
        referral_ids=sorted({referral.referral_id for referral in parts.referrals_behind(case)}),
        gender=case.gender,
        age_group=age_group,
        age_group_at_exploitation=case.age_group_at_exploitation,
        citizenships=case.citizenships,
        residence_basis=case.residence_basis,
        routing=RoutingOfCase.of_row(case),
        deciding_authority=shown["deciding_authority"],
        identification_pending=shown["identification_pending"],
        removal_hold=shown["removal_hold"],
        recommendation=clarification_views.see_last_recommendation(parts.recommendations_of(case)),
        decisions=[decisions_views.see_decision(decision) for decision in parts.decisions[case.id]],
        appeals=[decisions_views.see_appeal(appeal) for appeal in parts.appeals[case.id]],
        periods=[periods_views.see_period(case, period, parts.extensions[case.id]) for period in granted],
        has_contact_person=any(support.has_contact_person(parts.support[each]) for each in parts.family_of(case)),
        support_to_open=support.is_to_be_opened(parts.decisions[case.id], parts.support[case.id]),
        closed_on=case.closed_on,
        # Also of who came of age while the municipality had its hours, which run on.
        child_protection=children_views.see_child_protection(case)
        if age_group in MINORS or visibility.is_waited_for(case)
        else None,
        risk=parts.risk_of(case),
        deadlines=[
            deadlines_views.see_deadline(row, now=parts.read_at)
            for row in parts.deadlines_of(case, hides_merge=hides_merge)
        ],
        custody=custody_views.see_standing_custody(case),
        proposals=custody.proposals(case),
        linked=[Linked(case_id=each.other_case_id, relation=each.relation) for each in parts.links[case.id]],
        merged_into=None if hides_merge else case.merged_into,
        source_withdrawn=parts.is_withdrawn(case),
        merged=[each.id for each in parts.merged[case.id]],
    )


def see_whereabouts(found: Found, *, now: datetime) -> Whereabouts:
    """Where a child is, as far as the case knows."""
    held = found.held
    where_held = None
    if held and held.case.custody_since:
        place = held.place.text if held.place else None
        where_held = WhereHeld(since=held.case.custody_since, police=held.police, place=place)
    return Whereabouts(
        case_id=found.case.id,
        missing_since=found.missing_since,
        missing_asked_since=found.missing_asked_since,
        held=where_held,
        as_of=now,
    )
