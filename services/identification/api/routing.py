"""Endpoints of the routing."""

from uuid import UUID

from fastapi import Response

from services.identification.api.policies import Lawyer, Reader
from services.identification.domain import cases
from services.identification.schemas.routing import RoutingAnswer, RoutingOfCase, RoutingQuestion, Settlement
from shared.http.endpoint import IfMatch, Now, Session
from shared.http.etag import tag
from shared.kernel.clock import on_date
from shared.runtime.service import service_router

router = service_router()


@router.post("/routing")
async def ask_routing(question: RoutingQuestion, actor: Reader, now: Now) -> RoutingAnswer:
    """Who decides, for facts of nobody in particular: nothing is stored. `on` defaults to today."""
    return RoutingAnswer.model_validate(cases.answer_routing(question, today=on_date(now)))


@router.post("/cases/{case_id}/route")
async def settle_route(
    case_id: UUID, settlement: Settlement, response: Response, session: Session, actor: Lawyer, now: Now,
    match: IfMatch,
) -> RoutingOfCase:  # fmt: skip
    """A lawyer of CMM settles who decides, where the table says `needs_review`."""
    case = await cases.settle(session, actor=actor, case_id=case_id, settlement=settlement, match=match, now=now)
    tag(response, case)
    return RoutingOfCase.model_validate(case)
