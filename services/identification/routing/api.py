"""Endpoints of the routing."""

from services.identification.case.policies import Asker
from services.identification.routing import domain
from services.identification.routing.schemas import RoutingAnswer, RoutingQuestion
from shared.http.parameters import Now
from shared.kernel.clock import on_date
from shared.runtime.service import service_router

router = service_router()


@router.post("/routing")
async def ask_routing(question: RoutingQuestion, actor: Asker, now: Now) -> RoutingAnswer:
    """Who decides, for facts of nobody in particular: nothing is stored. `on` defaults to today."""
    return RoutingAnswer.of_row(domain.answer_routing(question, today=on_date(now)))
