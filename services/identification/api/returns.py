"""Endpoints of the prepared return."""

from uuid import UUID

from fastapi import Response

from services.identification import repository
from services.identification.api.policies import Caseworker, Reader
from services.identification.domain import returns
from services.identification.models.returns import FollowUp, ReturnPlan
from services.identification.schemas.person import SealedText
from services.identification.schemas.returns import (
    FollowUpDetails,
    FollowUpReceipt,
    FollowUpReport,
    FollowUpSummary,
    ReturnPlanDetails,
    ReturnPlanned,
)
from shared.http.endpoint import IfMatch, Now, Pages, PurposeOfReading, RequiredIfMatch, Session
from shared.http.etag import tag
from shared.http.paging import Page
from shared.runtime.service import service_router

router = service_router()


@router.put("/cases/{case_id}/return-plan")
async def plan_return(
    case_id: UUID, planned: ReturnPlanned, response: Response, session: Session, actor: Caseworker, now: Now,
    match: RequiredIfMatch,
) -> ReturnPlanDetails:  # fmt: skip
    """Record the plan, or what has changed in it; `departed_on` once the person has left. Send the case's ETag as If-Match."""
    case, plan = await returns.plan_return(session, actor=actor, case_id=case_id, planned=planned, match=match, now=now)
    tag(response, case)
    return _details(plan, await repository.records.records_of(session, case.id, FollowUp))


@router.get("/cases/{case_id}/return-plan")
async def read_return_plan(case_id: UUID, response: Response, session: Session, actor: Reader) -> ReturnPlanDetails:
    """The plan, and which follow-ups are made and due, for those who work on the case; no personal data."""
    case, plan = await returns.read_plan(session, actor=actor, case_id=case_id)
    tag(response, case)
    return _details(plan, await repository.records.records_of(session, case.id, FollowUp))


def _details(plan: ReturnPlan, made: list[FollowUp]) -> ReturnPlanDetails:
    by_month = {each.month: each for each in made}
    months = returns.follow_up_days(plan).items()
    follow_ups = [
        FollowUpSummary(
            month=month,
            due_on=due_on,
            on=by_month[month].made_on if month in by_month else None,
            contacted=by_month[month].contacted if month in by_month else None,
        )
        for month, due_on in months
    ]
    return ReturnPlanDetails(**plan.model_dump(include=set(ReturnPlanDetails.model_fields)), follow_ups=follow_ups)


@router.post("/cases/{case_id}/return-plan/follow-ups", status_code=201)
async def follow_up(
    case_id: UUID, report: FollowUpReport, response: Response, session: Session, actor: Caseworker, now: Now,
    match: IfMatch,
) -> FollowUpReceipt:  # fmt: skip
    """Record a month's follow-up after the departure. Not reached: CMM is alerted, the person may be in danger."""
    case, made = await returns.follow_up(session, actor=actor, case_id=case_id, report=report, match=match, now=now)
    tag(response, case)
    return _receipt(made)


@router.get("/cases/{case_id}/return-plan/follow-ups")
async def list_follow_ups(
    case_id: UUID, session: Session, actor: Reader, pages: Pages, purpose: PurposeOfReading
) -> Page[FollowUpDetails]:
    """The follow-ups with their notes, for those who work on the case; every read is kept with its purpose."""
    case = await repository.records.read_case(session, actor, case_id, operation="follow-up.list", purpose=purpose)
    rows = await repository.records.list_records(session, case.id, FollowUp, after=pages.after, limit=pages.limit)
    notes = await repository.records.opened(session, rows, "note", SealedText)
    items = [
        FollowUpDetails(**dict(_receipt(row)), note=notes[row.id].text if row.id in notes else None) for row in rows
    ]
    return pages.page(items, rows, repository.records.position)


def _receipt(made: FollowUp) -> FollowUpReceipt:
    return FollowUpReceipt(follow_up_id=made.id, month=made.month, contacted=made.contacted, on=made.made_on)
