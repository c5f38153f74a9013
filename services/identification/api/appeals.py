"""Endpoints of appeals."""

from uuid import UUID

from fastapi import Response

from services.identification import repository, views
from services.identification.api.policies import Caseworker, Reader
from services.identification.domain import appeals
from services.identification.models.appeals import Appeal
from services.identification.schemas.appeals import (
    AppealDetails,
    AppealFiling,
    AppealReceipt,
    AppealResult,
    AppealSummary,
    Statement,
)
from services.identification.schemas.person import SealedText
from shared.http.endpoint import IfMatch, Now, Pages, PurposeOfReading, Session
from shared.http.etag import tag
from shared.http.paging import Page
from shared.runtime.service import service_router

router = service_router()


@router.post("/cases/{case_id}/appeals", status_code=201)
async def file_appeal(
    case_id: UUID, filing: AppealFiling, response: Response, session: Session, actor: Caseworker, now: Now,
    match: IfMatch,
) -> AppealReceipt:  # fmt: skip
    """Record that a decision is appealed: `removal_hold` is true from now on. A closed case stays closed."""
    case, appeal = await appeals.file_appeal(session, actor=actor, case_id=case_id, filing=filing, match=match, now=now)
    tag(response, case)
    return AppealReceipt(appeal_id=appeal.id, decision_id=appeal.decision_id, removal_hold=case.removal_hold)


@router.post("/cases/{case_id}/appeals/{appeal_id}/outcome")
async def decide_appeal(
    case_id: UUID, appeal_id: UUID, result: AppealResult, response: Response, session: Session, actor: Caseworker,
    now: Now, match: IfMatch,
) -> AppealSummary:  # fmt: skip
    """Record what became of an appeal. `removal_hold` ends when no other one is open. Referred back, the identification
    is pending again until the authority decides anew with `replaces`; a closed case is reopened for that."""
    case, appeal = await appeals.record_outcome(
        session, actor=actor, case_id=case_id, appeal_id=appeal_id, result=result, match=match, now=now
    )
    tag(response, case)
    return views.decisions.see_appeal(appeal)


@router.get("/cases/{case_id}/appeals")
async def list_appeals(
    case_id: UUID, session: Session, actor: Reader, pages: Pages, purpose: PurposeOfReading
) -> Page[AppealDetails]:
    """The appeals with their grounds, for those who work on the case; every read is kept with its purpose."""
    case = await repository.records.read_case(session, actor, case_id, operation="appeal.list", purpose=purpose)
    rows = await repository.records.list_records(session, case.id, Appeal, after=pages.after, limit=pages.limit)
    stated = await repository.records.opened(session, rows, "statement", Statement)
    reasons = await repository.records.opened(session, rows, "reasons", SealedText)
    items = [
        AppealDetails(
            **dict(views.decisions.see_appeal(row)),
            **dict(stated[row.id]),
            reasons=reasons[row.id].text if row.id in reasons else None,
        )
        for row in rows
    ]
    return pages.page(items, rows, repository.records.position)
