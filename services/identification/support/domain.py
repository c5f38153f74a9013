"""The support package, which a positive decision unlocks, and what the person's health asks for."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from services.identification import tables
from services.identification.case import lifecycle
from services.identification.case import repository as cases
from services.identification.case.codes import CaseStatus, SupportKind
from services.identification.case.lifecycle import Step
from services.identification.case.models import Case
from services.identification.case.repository import WORKING
from services.identification.case.schemas import SealedText
from services.identification.consents import repository as consents_repository
from services.identification.decisions import repository as decisions_repository
from services.identification.decisions.models import Decision
from services.identification.decisions.standing import is_positive
from services.identification.records import repository as records
from services.identification.support.models import HealthNeeds, SupportMeasure
from services.identification.support.schemas import (
    HealthNeedsStated,
    Provision,
    SupportMeasureEnded,
    SupportMeasureStarted,
)
from shared.contract import events
from shared.contract.codes import Purpose
from shared.contract.organisations import CENTRE
from shared.contract.personal import PersonalText
from shared.contract.visibility import Aspect, judge, may_know
from shared.data.unit_of_work import UnitOfWork
from shared.http.etag import ExpectedVersion
from shared.identity.actor import Actor, Role
from shared.kernel.errors import Conflict, Forbidden, Unprocessable
from shared.rules.decision_tables import Dated, Versions


class SupportTerms(Dated):
    """Which measures may begin without a positive decision, which unlocks them all."""

    while_pending: frozenset[SupportKind]
    after_other_outcomes: frozenset[SupportKind]
    after_closure: frozenset[SupportKind]


TERMS: Final = Versions(tables.FOLDER, "support", SupportTerms)


class SupportNotUnlocked(Conflict):
    """Only a positive decision unlocks the support package."""


class EndsBeforeStart(Unprocessable):
    """A measure cannot end before it began."""


class MeasureEnded(Conflict):
    """The measure has ended already."""


class NotForHealth(Forbidden):
    """What the person's health asks for is stated by those who may know why."""


async def start_measure(
    work: UnitOfWork, *, case_id: UUID, started: SupportMeasureStarted, expected: ExpectedVersion
) -> tuple[Case, SupportMeasure]:
    """Begin a measure of the support package."""
    case = await cases.lock_case(work, case_id, expected)
    made = (await decisions_repository.decisions_of(work, [case.id]))[case.id]
    _check_unlocked(case, made, started)
    if started.ends_on and started.ends_on < started.starts_on:
        raise EndsBeforeStart(f"The measure begins on {started.starts_on}; it ends then or later.")
    measure = SupportMeasure(
        case_id=case.id,
        kind=started.kind,
        starts_on=started.starts_on,
        ends_on=started.ends_on,
        recorded_at=work.now,
        recorded_by=work.actor.org,
    )
    details = Provision(provider=started.provider, note=started.note)
    await records.add(work, measure, operation="support.add", details=details)
    work.record(
        events.SupportStarted(
            case_id=case.id,
            occurred_at=work.now,
            measure_id=measure.id,
            starts_on=measure.starts_on,
            is_contact_person=measure.kind is SupportKind.CONTACT_PERSON,
        )
    )
    return case, measure


def _check_unlocked(case: Case, made: Sequence[Decision], started: SupportMeasureStarted) -> None:
    """All after a positive decision. While it is pending, what cannot wait; else the contact that the person keeps."""
    terms = TERMS.on(started.starts_on)
    if case.status is CaseStatus.CLOSED and started.kind in terms.after_closure:
        return
    lifecycle.check(case, Step.WORK)
    if is_positive(made):
        return
    allowed = terms.after_other_outcomes if case.status is CaseStatus.DECIDED else terms.while_pending
    if started.kind not in allowed:
        raise SupportNotUnlocked(
            "The support package opens with a positive decision; until then this case may have"
            f" {', '.join(sorted(allowed))}.",
            allowed=sorted(allowed),
        )


async def end_measure(
    work: UnitOfWork, *, case_id: UUID, measure_id: UUID, ended: SupportMeasureEnded, expected: ExpectedVersion
) -> tuple[Case, SupportMeasure]:
    """End a measure on that day; one that was to end later ends earlier."""
    case = await cases.lock_case(work, case_id, expected)
    lifecycle.check(case, Step.WORK)
    measure = await records.record_of(work, case, SupportMeasure, measure_id)
    if ended.on < measure.starts_on:
        raise EndsBeforeStart(f"The measure begins on {measure.starts_on}; it ends then or later.")
    if measure.ends_on and measure.ends_on <= ended.on:
        raise MeasureEnded(f"The measure ended on {measure.ends_on}; begin a new one instead.")
    measure.ends_on = ended.on
    await records.change(work, measure, operation="support.end")
    return case, measure


def has_contact_person(measures: Sequence[SupportMeasure]) -> bool:
    """Whether the person has a contact person who stays until somebody ends it."""
    return any(each.kind is SupportKind.CONTACT_PERSON and each.ends_on is None for each in measures)


def is_to_be_opened(made: Sequence[Decision], measures: Sequence[SupportMeasure]) -> bool:
    """Whether CMM is asked to open the support offer (R1 asks it also where a court alone recognised the person)."""
    return is_positive(made) and not measures


# ---------------------------------------------------------------- health, kept apart


def may_know_why(actor: Actor) -> bool:
    """The reasons behind health needs stay with health, and with the caseworkers of CMM."""
    return Role.HEALTH in actor.roles or (actor.org == CENTRE and Role.CASEWORKER in actor.roles)


async def state_health_needs(
    work: UnitOfWork, *, case_id: UUID, stated: HealthNeedsStated, expected: ExpectedVersion
) -> tuple[Case, HealthNeeds]:
    """Say what the person's health asks of a place, and why; in the place of what was said before."""
    case = await cases.lock_case(work, case_id, expected)
    if not may_know_why(work.actor):
        raise NotForHealth("Health needs are stated by somebody with the role health, or by a caseworker of CMM.")
    lifecycle.check(case, Step.WORK)
    needs = HealthNeeds(
        case_id=case.id, **stated.model_dump(exclude={"reasons"}), recorded_at=work.now, recorded_by=work.actor.org
    )
    reasons = SealedText(text=stated.reasons) if stated.reasons else None
    await records.put(work, needs, operation="health.state", reasons=reasons)
    return case, needs


async def read_health_needs(
    work: UnitOfWork, *, case_id: UUID, purpose: Purpose
) -> tuple[Case, HealthNeeds, PersonalText | None]:
    """What the person's health asks for, for those who work on the case and those whom the person lets know; and why, for
    those of them who may know it and ask for that purpose. Where nothing is stated in the case, what was in one that was merged
    into it, the newest."""
    case, part = await cases.find_case(work, case_id, operation="health.look_up")
    disclosable = await consents_repository.disclosable_to(work, work.actor.org, [case.id])
    if Aspect.HEALTH not in may_know(work.actor, part, disclosable[case.id]):
        raise cases.CaseNotFound
    judge(work.actor, part, purpose)
    work.audit(operation="health.read", subject_id=case.id, purpose=purpose)
    family = await cases.family_of(work, case.id)
    stated = [each for member in family if (each := await records.find_own(work, member, HealthNeeds))]
    needs = max(stated, key=lambda each: (each.case_id == case.id, each.recorded_at), default=None)
    if needs is None:
        raise records.RecordNotFound
    if part not in WORKING or purpose is not Purpose.HEALTH or not may_know_why(work.actor):
        return case, needs, None
    reasons = await records.opened_own(work, needs, "reasons", SealedText)
    return case, needs, reasons.text if reasons else None
