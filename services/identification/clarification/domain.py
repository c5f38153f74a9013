"""Clarification (udredning): interviews, and CMM's recommendation to the deciding authority."""

from uuid import UUID

from services.identification.case import lifecycle
from services.identification.case import repository as cases
from services.identification.case.lifecycle import Step
from services.identification.case.models import Case
from services.identification.case.schemas import SealedText
from services.identification.clarification import repository
from services.identification.clarification.models import Interview, Recommendation
from services.identification.clarification.schemas import Account, InterviewReport, RecommendationMade
from services.identification.routing.domain import AuthorityNotSettled
from shared.contract import events
from shared.contract.codes import Authority
from shared.contract.organisations import CENTRE
from shared.contract.personal import Personal
from shared.data.unit_of_work import UnitOfWork
from shared.http.etag import ExpectedVersion
from shared.kernel.errors import Forbidden


class OnlyTheCentreRecommends(Forbidden):
    """The recommendation is CMM's."""


async def hold_interview(
    work: UnitOfWork, *, case_id: UUID, report: InterviewReport, expected: ExpectedVersion
) -> tuple[Case, Interview, int, int]:
    """Record an interview. Gives how many there now are, and how many were held in detention.

    Interviews go on after a decision too: a reassessment may follow."""
    case = await cases.lock_case(work, case_id, expected)
    lifecycle.take(case, Step.INTERVIEW)
    interview = Interview(
        case_id=case.id,
        held_at=report.held_at,
        held_by=work.actor.org,
        recorded_at=work.now,
        language=report.language,
        with_interpreter=bool(report.interpreter),
        with_companion=bool(report.companion),
        with_representative=bool(report.representative),
        anonymous=report.anonymous,
        in_detention=report.in_detention,
    )
    account = Account(
        summary=report.summary,
        interpreter=report.interpreter if isinstance(report.interpreter, Personal) else None,
        companion=report.companion if isinstance(report.companion, Personal) else None,
        representative=report.representative if isinstance(report.representative, Personal) else None,
    )
    number, in_detention = await repository.add_interview(work, interview, account)
    work.record(
        events.InterviewHeld(
            case_id=case.id,
            occurred_at=work.now,
            interview_id=interview.id,
            held_at=interview.held_at,
            in_detention=interview.in_detention,
            with_interpreter=interview.with_interpreter,
        )
    )
    return case, interview, number, in_detention


async def recommend(
    work: UnitOfWork, *, case_id: UUID, made: RecommendationMade, expected: ExpectedVersion
) -> tuple[Case, Recommendation]:
    """CMM recommends an outcome to the deciding authority. An interview is voluntary, so none is required before."""
    case = await cases.lock_case(work, case_id, expected)
    if work.actor.org != CENTRE:
        raise OnlyTheCentreRecommends("CMM recommends; the deciding authority decides.")
    if case.authority is Authority.NEEDS_REVIEW:
        raise AuthorityNotSettled("A lawyer must settle who decides before a recommendation: POST .../route.")
    lifecycle.take(case, Step.RECOMMEND)
    recommendation = Recommendation(case_id=case.id, made_at=work.now, made_by=work.actor.org, outcome=made.outcome)
    await repository.add_recommendation(work, recommendation, SealedText(text=made.reasons))
    work.record(events.RecommendationMade(case_id=case.id, occurred_at=work.now, outcome=made.outcome))
    return case, recommendation
