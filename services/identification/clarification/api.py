"""Endpoints of the clarification."""

from uuid import UUID

from services.identification.case.policies import Caseworker, FileWorker, Reader
from services.identification.case.schemas import SealedText
from services.identification.clarification import domain, repository, views
from services.identification.clarification.models import Interview
from services.identification.clarification.schemas import (
    Account,
    InterviewDetails,
    InterviewPage,
    InterviewReceipt,
    InterviewReport,
    RecommendationMade,
    RecommendationReceipt,
    Recommendations,
)
from services.identification.records import repository as records
from shared.contract.types import Tagged
from shared.http.paging import Pages
from shared.http.parameters import IfMatch, PurposeOfReading
from shared.runtime.service import service_router

router = service_router()


@router.post("/cases/{case_id}/interviews", status_code=201)
async def hold_interview(
    work: Caseworker, case_id: UUID, report: InterviewReport, expected: IfMatch
) -> Tagged[InterviewReceipt]:
    """Record an interview of the clarification."""
    case, interview, number, in_detention = await domain.hold_interview(
        work, case_id=case_id, report=report, expected=expected
    )
    return InterviewReceipt(interview_id=interview.id, number=number, held_in_detention=in_detention).tagged(case)


@router.get("/cases/{case_id}/interviews")
async def list_interviews(work: Reader, case_id: UUID, pages: Pages, purpose: PurposeOfReading) -> InterviewPage:
    """The interviews and what was said in them, for those who work on the case; every read is kept with its purpose."""
    case = await records.read_case(work, case_id, operation="interviews.list", purpose=purpose)
    rows = await records.list_records(work, case.id, Interview, after=pages.after, limit=pages.limit)
    accounts = await records.opened(work, rows, "account", Account)
    number, in_detention = await repository.count_interviews(work, case.id)
    items = [
        InterviewDetails(
            interview_id=row.id, **dict(accounts[row.id]), **row.model_dump(include=set(InterviewDetails.model_fields))
        )
        for row in rows
    ]
    page = pages.page(items, rows, records.position)
    return InterviewPage(items=page.items, next_cursor=page.next_cursor, number=number, held_in_detention=in_detention)


@router.get("/cases/{case_id}/recommendation")
async def read_recommendations(work: FileWorker, case_id: UUID, purpose: PurposeOfReading) -> Recommendations:
    """What CMM recommended and why, for those who work on the case; every read is kept with its purpose."""
    case = await records.read_case(work, case_id, operation="recommendation.read", purpose=purpose)
    made = (await repository.recommendations_of(work, [case.id]))[case.id]
    reasons = await records.opened(work, made, "reasons", SealedText)
    return Recommendations(items=[views.see_recommendation(each, reasons[each.id]) for each in made])


@router.post("/cases/{case_id}/recommendation", status_code=201)
async def recommend(
    work: Caseworker, case_id: UUID, made: RecommendationMade, expected: IfMatch
) -> Tagged[RecommendationReceipt]:
    """CMM recommends an outcome to the deciding authority."""
    case, recommendation = await domain.recommend(work, case_id=case_id, made=made, expected=expected)
    return RecommendationReceipt(recommendation_id=recommendation.id, outcome=recommendation.outcome).tagged(case)
