"""Endpoint of the table that says who is responsible."""

from services.accommodation.case.policies import Asker
from services.accommodation.responsibility.domain import ResponsibilityFacts, responsible_for
from services.accommodation.responsibility.schemas import ResponsibilityAnswer, ResponsibilityQuestion
from shared.http.parameters import Now
from shared.kernel.clock import on_date
from shared.runtime.service import service_router

router = service_router()


@router.post("/responsibility")
async def ask_who_is_responsible(question: ResponsibilityQuestion, actor: Asker, now: Now) -> ResponsibilityAnswer:
    """Who decides on a person's accommodation and pays for it, by the rules of today. Nothing is stored."""
    facts = ResponsibilityFacts.model_validate(question.model_dump())
    return ResponsibilityAnswer.model_validate(responsible_for(facts, on=on_date(now)))
