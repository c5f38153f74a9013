"""Endpoints of decisions and periods."""

from uuid import UUID

from fastapi import Response

from services.identification import repository, views
from services.identification.api.policies import Caseworker, Decider, Reader
from services.identification.domain import decisions, granting
from services.identification.models.decisions import Decision
from services.identification.schemas.decisions import (
    DecisionGrounds,
    DecisionReceipt,
    DecisionReport,
    ExtensionRequest,
    PeriodDetails,
    PeriodRequest,
    ReasonedDecision,
)
from shared.http.endpoint import IfMatch, Now, Pages, PurposeOfReading, RequiredIfMatch, Session
from shared.http.etag import tag
from shared.http.paging import Page
from shared.runtime.service import service_router

router = service_router()


@router.post("/cases/{case_id}/decisions", status_code=201)
async def decide(
    case_id: UUID, report: DecisionReport, response: Response, session: Session, actor: Decider, now: Now,
    match: RequiredIfMatch,
) -> DecisionReceipt:  # fmt: skip
    """Decide, as a decider of the authority that the routing found. Send the case's ETag as If-Match."""
    case, decision = await decisions.decide(session, actor=actor, case_id=case_id, report=report, match=match, now=now)
    tag(response, case)
    return DecisionReceipt(decision_id=decision.id, is_current=decision.is_current)


@router.get("/cases/{case_id}/decisions")
async def list_decisions(
    case_id: UUID, session: Session, actor: Reader, pages: Pages, purpose: PurposeOfReading
) -> Page[ReasonedDecision]:
    """All decisions with their reasons, those too that others have replaced; every read is kept with its purpose.
    The prosecution reads what courts have decided."""
    parts = repository.records.with_the_prosecution(actor)
    case = await repository.records.read_case(
        session, actor, case_id, operation="decision.list", purpose=purpose, parts=parts
    )
    rows = await repository.records.list_records(session, case.id, Decision, after=pages.after, limit=pages.limit)
    grounds = await repository.records.opened(session, rows, "reasons", DecisionGrounds)
    items = [views.decisions.see_reasoned(row, grounds.get(row.id)) for row in rows]
    return pages.page(items, rows, repository.records.position)


@router.post("/cases/{case_id}/periods", status_code=201)
async def grant_period(
    case_id: UUID, request: PeriodRequest, response: Response, session: Session, actor: Caseworker, now: Now,
    match: IfMatch,
) -> PeriodDetails:  # fmt: skip
    """The reflection or restitution period of the positive decision: 30 days from its date, at most 120."""
    case, period = await granting.grant_period(
        session, actor=actor, case_id=case_id, request=request, match=match, now=now
    )
    tag(response, case)
    return views.decisions.see_period(case, period, [])


@router.post("/cases/{case_id}/periods/{period_id}/extensions", status_code=201)
async def extend_period(
    case_id: UUID, period_id: UUID, request: ExtensionRequest, response: Response, session: Session, actor: Caseworker,
    now: Now, match: IfMatch,
) -> PeriodDetails:  # fmt: skip
    """Extend the period for special reasons or for cooperation on a prepared return, at most to its cap."""
    case, period = await granting.extend_period(
        session, actor=actor, case_id=case_id, period_id=period_id, request=request, match=match, now=now
    )
    tag(response, case)
    await session.flush()
    extensions = await repository.decisions.extensions_of(session, [case.id])
    return views.decisions.see_period(case, period, extensions[case.id])
