"""Decisions, by the routed authority's decider alone; none ever overwrites another.

A decision does not depend on cooperation with the police or on an investigation (docs/rules.md, process-6).
"""

from collections.abc import Sequence
from uuid import UUID

from services.identification.authority import domain as authority
from services.identification.case import changes, lifecycle
from services.identification.case import repository as cases
from services.identification.case.codes import CaseStatus
from services.identification.case.lifecycle import Step
from services.identification.case.models import Case
from services.identification.case.repository import RECORDING_A_COURT, WORKING
from services.identification.clarification import repository as clarification
from services.identification.decisions import closing, repository, standing
from services.identification.decisions.models import Decision
from services.identification.decisions.schemas import DecisionGrounds, DecisionReport
from services.identification.person import description
from services.identification.person import repository as people
from services.identification.questions import domain as questions
from services.identification.routing.domain import AuthorityNotSettled
from shared.alerts.queue import Alert, raise_alert
from shared.contract.codes import Authority, DeadlineKind, ExploitationForm, Outcome
from shared.contract.events import DecisionMade, DecisionReplaced
from shared.contract.organisations import CENTRE, IMMIGRATION, PROSECUTION
from shared.data.itself import as_itself
from shared.data.unit_of_work import UnitOfWork
from shared.http.etag import ExpectedVersion
from shared.identity.actor import Actor
from shared.kernel.clock import on_date
from shared.kernel.errors import Conflict, Forbidden, Unprocessable

DECIDES = {Authority.CMM: frozenset({CENTRE}), Authority.US: frozenset({IMMIGRATION})}
RECORDS_A_COURT = frozenset({CENTRE, PROSECUTION})
ENDS_WITHOUT_ASSESSMENT = frozenset({Outcome.DECLINED, Outcome.DISAPPEARED, Outcome.WITHDRAWN})
"""Outcomes that nobody recommends: the person or the circumstances brought them."""


class WrongAuthority(Forbidden):
    """Another authority decides in this case."""


class DecidedBeforeReferral(Unprocessable):
    """A decision cannot be older than what it decides about."""


class NotifiedBeforeDecision(Unprocessable):
    """The person cannot have been notified before it was decided."""


class AlreadyDecided(Conflict):
    """This authority has decided; a later decision says which one it replaces."""


class ReplacesNothing(Unprocessable):
    """The decision to be replaced is not a current one of this authority in this case."""


async def decide(
    work: UnitOfWork, *, case_id: UUID, report: DecisionReport, expected: ExpectedVersion
) -> tuple[Case, Decision]:
    """Record an authority's decision. A court's is recorded by CMM or the prosecution, before or after any other."""
    is_a_courts = report.authority is Authority.COURT
    parts = RECORDING_A_COURT if is_a_courts else WORKING
    is_again = report.replaces is not None
    case, earlier = await repository.lock_decided(work, case_id, expected, parts=parts, is_of_a_decision=is_again)
    _check_authority(work.actor, case, report)
    if not is_a_courts:
        await questions.check_answered(work, case)
    _check_dates(case, report)
    replaced = _replaced(earlier, report)
    step = _step(case, report, replaced)
    if step is Step.DECIDE and not lifecycle.allows(case, step) and await _was_recommended_before_a_merge(work, case):
        step = Step.END_WITHOUT_ASSESSMENT  # it waits for nothing: what CMM recommends of the person is known
    lifecycle.check(case, step)
    decision = Decision(
        case_id=case.id,
        **report.model_dump(exclude={"reasons", "other_form", "legal_status", "exploitation_forms"}),
        exploitation_forms=_forms(report),
        legal_status=report.legal_status or case.residence_basis,
        asylum_pending=case.asylum_pending,
        recorded_at=work.now,
        recorded_by=work.actor.org,
        decided_by=work.actor.subject,
        rule=case.rule,
        table_version=case.table_version,
    )
    text = report.reasons or report.other_form
    reasons = DecisionGrounds(text=text, other_form=report.other_form) if text else None
    await repository.add_decision(work, decision, reasons, replaced=replaced)
    _record_decision(work, case, decision, replaced)
    await _note_since_when_it_counts(work, case)
    if not is_a_courts:
        lifecycle.take(case, step)
    elif decision.outcome is Outcome.ASSESSED_TRAFFICKED:
        await _heed_the_court(work, case)
    elif replaced and replaced.outcome is Outcome.ASSESSED_TRAFFICKED:
        await _heed_the_higher_court(work, case)
    await changes.case_changed(work, case)
    return case, decision


async def _heed_the_court(work: UnitOfWork, case: Case) -> None:
    """A recognition decides the case, settles an open routing, and asks CMM to open the support offer (R1); a closed case is
    worked on again. Without one the authority still has to decide."""
    if case.status is CaseStatus.CLOSED:
        async with as_itself(work):  # the prosecution sees nothing of the closure
            await closing.reopen_locked(work, case, on=on_date(work.now), reason=None)
    lifecycle.take(case, Step.END_WITHOUT_ASSESSMENT)
    case.court_recognised = True
    raise_alert(work, Alert(DeadlineKind.SUPPORT_OFFER, case.id, CENTRE))
    if case.authority is Authority.NEEDS_REVIEW:
        await authority.route_again(work, case)


async def _heed_the_higher_court(work: UnitOfWork, case: Case) -> None:
    """No court recognises the person any more. Where nobody else has decided, somebody has to: the identification is pending
    again, so that nobody is removed, and who decides is found without the court."""
    case.court_recognised = False
    async with as_itself(work):  # the prosecution sees no decision but a court's
        made = (await repository.decisions_of(work, [case.id]))[case.id]
        if any(each.is_current and each.authority is not Authority.COURT for each in made):
            return
        if case.status is CaseStatus.CLOSED:
            await closing.reopen_locked(work, case, on=on_date(work.now), reason=None)
        lifecycle.take(case, Step.TAKE_BACK_RECOGNITION)
        if case.authority is Authority.COURT:
            await authority.route_again(work, case)


def _check_authority(actor: Actor, case: Case, report: DecisionReport) -> None:
    if report.authority is Authority.COURT:
        if actor.org not in RECORDS_A_COURT:
            raise WrongAuthority(
                "A court's recognition is recorded by CMM or the prosecution.",
                danish="En rets anerkendelse registreres af CMM eller anklagemyndigheden.",
            )
        return
    if case.authority is Authority.NEEDS_REVIEW:
        raise AuthorityNotSettled("A lawyer of CMM must settle who decides first: POST .../route.")
    # After a court has recognised the person, CMM is still asked to open the support offer (R1).
    routed = Authority.CMM if case.authority is Authority.COURT else case.authority
    if report.authority is not routed or actor.org not in DECIDES[routed]:
        raise WrongAuthority(
            f"{routed} decides in this case (rule {case.rule}), by one of its own deciders.",
            danish=f"{routed} afgør sagen (regel {case.rule}), ved en af sine egne med rollen decider.",
        )


def _check_dates(case: Case, report: DecisionReport) -> None:
    # A court may have recognised the person long before anybody refers them (R1).
    if report.authority is not Authority.COURT and report.decided_on < on_date(case.occurred_at):
        raise DecidedBeforeReferral(f"Decided before the person was referred on {on_date(case.occurred_at)}.")
    if report.notified_on and report.notified_on < report.decided_on:
        raise NotifiedBeforeDecision("The person cannot be notified before the decision.")


def _replaced(earlier: Sequence[Decision], report: DecisionReport) -> Decision | None:
    current = [each for each in earlier if each.authority == report.authority and each.is_current]
    if report.replaces is None:
        if current:
            raise AlreadyDecided(
                f"{report.authority} has decided; name the decision that this one replaces.",
                current_decision=str(current[-1].id),
            )
        return None
    for each in current:
        if each.id == report.replaces:
            return each
    raise ReplacesNothing(f"`replaces` is not a current decision of {report.authority} in this case.")


def _step(case: Case, report: DecisionReport, replaced: Decision | None) -> Step:
    """First recommended, then decided. A court waits for nobody, and what ends without an assessment needs none."""
    if report.authority is Authority.COURT:
        return Step.FOLLOW_THE_COURTS
    if report.outcome in ENDS_WITHOUT_ASSESSMENT:
        return Step.END_WITHOUT_ASSESSMENT
    return Step.RECONSIDER if replaced or case.court_recognised else Step.DECIDE


async def _was_recommended_before_a_merge(work: UnitOfWork, case: Case) -> bool:
    """Whether CMM has recommended in a case that was merged into this one, and on which the actor works too."""
    _, *merged = await cases.family_of(work, case.id)
    return any((await clarification.recommendations_of(work, merged)).values()) if merged else False


def _forms(report: DecisionReport) -> list[ExploitationForm]:
    if report.exploitation_forms or report.outcome is not Outcome.ASSESSED_TRAFFICKED:
        return report.exploitation_forms
    return [ExploitationForm.UNKNOWN]


def _record_decision(work: UnitOfWork, case: Case, decision: Decision, replaced: Decision | None) -> None:
    work.record(
        DecisionMade(
            case_id=case.id,
            occurred_at=work.now,
            decision_id=decision.id,
            authority=decision.authority,
            outcome=decision.outcome,
            exploitation_forms=tuple(decision.exploitation_forms),
            decided_on=decision.decided_on,
            legal_status=decision.legal_status,
        )
    )
    if replaced:
        work.record(
            DecisionReplaced(case_id=case.id, occurred_at=work.now, decision_id=replaced.id, replaced_by=decision.id)
        )


async def _note_since_when_it_counts(work: UnitOfWork, case: Case) -> None:
    """The day of the first positive decision that stands, and how old the person was on it: described anew where that is another
    age group than statistics have from the last description (docs/rules.md, statistics-13)."""
    async with as_itself(work):  # whoever records a court's decision may not see the others
        first = standing.first_positive((await repository.decisions_of(work, [case.id]))[case.id])
        decided_on = first.decided_on if first else None
        if decided_on == case.first_positive_on:
            return
        counted_before = case.age_group_at_decision or case.age_group
        person = await people.open_person(work, case, fields=["age_group"])
        case.first_positive_on = decided_on
        case.age_group_at_decision = description.age_group_at_decision(case, person)
    if (case.age_group_at_decision or case.age_group) is not counted_before:
        description.record_description(work, case)
