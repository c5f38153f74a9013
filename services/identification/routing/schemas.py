"""Who decides: what is asked, and what is answered."""

from typing import Annotated

from pydantic import Field

from shared.contract.codes import Authority, ResidenceBasis
from shared.contract.times import PlannedOn
from shared.contract.types import Answer, Body, Country, Flag, example


class RoutingQuestion(Body):
    """The facts that decide who decides; what is left out is taken as not known."""

    model_config = example(
        citizenships=["THA"], residence_basis="visa", residence_valid_until="2026-04-01", on="2026-03-09"
    )

    citizenships: Annotated[list[Country], Field(max_length=10)] = []
    residence_basis: ResidenceBasis = ResidenceBasis.UNKNOWN
    residence_valid_until: PlannedOn | None = None
    on: PlannedOn | None = None
    asylum_pending: Flag | None = None
    unpermitted_work: Flag | None = None
    court_recognised: Flag | None = None


class RoutingAnswer(Answer):
    """The authority, and how it was found: rule, version of the table, why, and the facts that the rule asked for."""

    authority: Authority
    rule: str
    table_version: str
    why: str
    why_da: str
    facts_used: dict[str, str | bool]
