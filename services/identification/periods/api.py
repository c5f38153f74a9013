from uuid import UUID

from fastapi import Response

from services.identification.case.policies import Caseworker
from services.identification.periods import domain, repository, views
from services.identification.periods.schemas import ExtensionRequest, PeriodDetails, PeriodRequest
from shared.http.endpoint import IfMatch, Now, Session
from shared.http.etag import tag
from shared.runtime.service import service_router

router = service_router()


@router.post("/cases/{case_id}/periods", status_code=201)
async def grant_period(
    case_id: UUID, request: PeriodRequest, response: Response, session: Session, actor: Caseworker, now: Now,
    match: IfMatch,
) -> PeriodDetails:  # fmt: skip
    """The reflection or restitution period of the positive decision: 30 days from its date, at most 120."""
    case, period = await domain.grant_period(
        session, actor=actor, case_id=case_id, request=request, match=match, now=now
    )
    tag(response, case)
    return views.see_period(case, period, [])


@router.post("/cases/{case_id}/periods/{period_id}/extensions", status_code=201)
async def extend_period(
    case_id: UUID, period_id: UUID, request: ExtensionRequest, response: Response, session: Session, actor: Caseworker,
    now: Now, match: IfMatch,
) -> PeriodDetails:  # fmt: skip
    """Extend the period for special reasons or for cooperation on a prepared return, at most to its cap."""
    case, period = await domain.extend_period(
        session, actor=actor, case_id=case_id, period_id=period_id, request=request, match=match, now=now
    )
    tag(response, case)
    await session.flush()
    extensions = await repository.extensions_of(session, [case.id])
    return views.see_period(case, period, extensions[case.id])
