"""Endpoints of the clarification."""

from uuid import UUID

from fastapi import Response

from services.identification.api.policies import Caseworker
from services.identification.domain import clarification
from services.identification.schemas.clarification import (
    InterviewReceipt,
    InterviewReport,
    RecommendationMade,
    RecommendationReceipt,
)
from shared.concurrency import tag
from shared.endpoint import (
    IfMatch,
    Now,
    Session,
)
from shared.service import service_router

router = service_router()


@router.post("/cases/{case_id}/interviews", status_code=201)
async def hold_interview(
    case_id: UUID, report: InterviewReport, response: Response, session: Session, actor: Caseworker, now: Now,
    match: IfMatch,
) -> InterviewReceipt:  # fmt: skip
    """Record an interview of the clarification."""
    case, interview, number, in_detention = await clarification.hold_interview(
        session, actor=actor, case_id=case_id, report=report, match=match, now=now
    )
    tag(response, case)
    return InterviewReceipt(interview_id=interview.id, number=number, held_in_detention=in_detention)


@router.post("/cases/{case_id}/recommendation", status_code=201)
async def recommend(
    case_id: UUID, made: RecommendationMade, response: Response, session: Session, actor: Caseworker, now: Now,
    match: IfMatch,
) -> RecommendationReceipt:  # fmt: skip
    """CMM recommends an outcome to the deciding authority."""
    case, recommendation = await clarification.recommend(
        session, actor=actor, case_id=case_id, made=made, match=match, now=now
    )
    tag(response, case)
    return RecommendationReceipt(recommendation_id=recommendation.id, outcome=recommendation.outcome)
