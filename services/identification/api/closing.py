"""Endpoints of closing a case and reopening it."""

from uuid import UUID

from fastapi import Response

from services.identification import repository
from services.identification.api.policies import Caseworker, Reader
from services.identification.domain import closing
from services.identification.models.cases import Case
from services.identification.models.closing import Closure
from services.identification.schemas.closing import CaseStanding, ClosureDetails, ClosureReport, ReopeningReport
from services.identification.schemas.person import SealedText
from shared.http.endpoint import IfMatch, Now, Pages, PurposeOfReading, Session
from shared.http.etag import tag
from shared.http.paging import Page
from shared.runtime.service import service_router

router = service_router()


@router.post("/cases/{case_id}/closure")
async def close_case(
    case_id: UUID, report: ClosureReport, response: Response, session: Session, actor: Caseworker, now: Now,
    match: IfMatch,
) -> CaseStanding:  # fmt: skip
    """End the work on a decided case in which no appeal is open. No clock ever does this."""
    case = await closing.close(session, actor=actor, case_id=case_id, report=report, match=match, now=now)
    tag(response, case)
    return _standing(case)


@router.post("/cases/{case_id}/reopening")
async def reopen_case(
    case_id: UUID, report: ReopeningReport, response: Response, session: Session, actor: Caseworker, now: Now,
    match: IfMatch,
) -> CaseStanding:  # fmt: skip
    """Work on a closed case again."""
    case = await closing.reopen(session, actor=actor, case_id=case_id, report=report, match=match, now=now)
    tag(response, case)
    return _standing(case)


def _standing(case: Case) -> CaseStanding:
    return CaseStanding(case_id=case.id, status=case.status, closed_on=case.closed_on)


@router.get("/cases/{case_id}/closures")
async def list_closures(
    case_id: UUID, session: Session, actor: Reader, pages: Pages, purpose: PurposeOfReading
) -> Page[ClosureDetails]:
    """When and why the case was closed and reopened, for those who work on it; every read is kept with its purpose."""
    case = await repository.records.read_case(session, actor, case_id, operation="closure.list", purpose=purpose)
    rows = await repository.records.list_records(session, case.id, Closure, after=pages.after, limit=pages.limit)
    reasons = await repository.records.opened(session, rows, "reason", SealedText)
    reopenings = await repository.records.opened(session, rows, "reopening", SealedText)
    items = [
        ClosureDetails(
            closure_id=row.id,
            closed_on=row.closed_on,
            reason=reasons[row.id].text,
            reopened_on=row.reopened_on,
            reopening_reason=reopenings[row.id].text if row.id in reopenings else None,
        )
        for row in rows
    ]
    return pages.page(items, rows, repository.records.position)
