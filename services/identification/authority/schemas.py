"""What HTTP takes and gives of who decides in a case."""

from datetime import date
from typing import Literal
from uuid import UUID

from shared.contract.codes import Authority, ExploitationForm, Outcome
from shared.contract.personal import PersonalText
from shared.contract.types import Answer, Body, Moment, example


class Settlement(Body):
    """A lawyer's answer to a case that needs review."""

    model_config = example(authority="CMM", reason="The visa is valid; the work does not change who decides.")

    authority: Literal[Authority.CMM, Authority.US]
    reason: PersonalText


class RoutingOfCase(Answer):
    """Who decides in a case, and how that was found; `facts_used` are the facts that the rule looked at."""

    authority: Authority
    rule: str
    table_version: str
    why: str
    facts_used: dict[str, str | bool]
    routed_at: Moment
    settled_by: str | None


class EarlierIdentification(Answer):
    """A decision of an earlier case of the same person."""

    case_id: UUID
    outcome: Outcome
    authority: Authority
    decided_on: date
    exploitation_forms: list[ExploitationForm]


class EarlierIdentifications(Answer):
    items: list[EarlierIdentification]
