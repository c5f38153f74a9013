"""Who decides on a person: the routing table R1 to R7, first match wins, never a guess.

The rules stand in `tables/routing-*.json`, one file a version; this module computes the facts that they ask for.
"""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Annotated, ClassVar, Final

from pydantic import BaseModel, ConfigDict, StringConstraints

from services.identification import tables
from services.identification.case.models import Case
from services.identification.routing.schemas import RoutingQuestion
from shared.contract.codes import Authority, ResidenceBasis
from shared.contract.countries import citizenships_read
from shared.kernel.errors import Conflict
from shared.rules.decision_tables import Fact, Rule, RuleTable, Versions, load

Alpha3 = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
"""A citizenship: ISO 3166-1 alpha-3."""


class ResidenceValidity(StrEnum):
    """How the recorded end of the stay lies to the day asked about; the last day itself still counts as valid."""

    VALID = "valid"
    EXPIRED = "expired"
    NO_END_RECORDED = "no_end_recorded"


class RoutingFacts(BaseModel):
    """What is known of the person on the day `on`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    citizenships: tuple[Alpha3, ...] = ()
    residence_basis: ResidenceBasis
    residence_valid_until: date | None = None
    on: date
    asylum_pending: bool = False
    unpermitted_work: bool = False
    court_recognised: bool = False

    @property
    def residence_validity(self) -> ResidenceValidity:
        if self.residence_valid_until is None:
            return ResidenceValidity.NO_END_RECORDED
        return ResidenceValidity.VALID if self.on <= self.residence_valid_until else ResidenceValidity.EXPIRED


class Routing(BaseModel):
    """Who decides, by which rule of which table, and why; `facts_used` are the facts that the rule looked at."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    authority: Authority
    rule: str
    table_version: str
    why: str
    why_da: str
    facts_used: dict[str, Fact]


class CitizenshipGroups(BaseModel):
    """Whose citizenship gives free movement is law that changes, so it is part of the table."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    danish: frozenset[Alpha3]
    free_movement: dict[str, frozenset[Alpha3]]


class RoutingRule(Rule):
    authority: Authority


class RoutingTable(RuleTable[RoutingRule]):
    """One version of R1 to R7."""

    vocabulary: ClassVar[Mapping[str, frozenset[Fact]]] = {
        "court_recognised": frozenset({True, False}),
        "asylum_pending": frozenset({True, False}),
        "residence_basis": frozenset(ResidenceBasis),
        "residence_validity": frozenset(ResidenceValidity),
        "unpermitted_work": frozenset({True, False}),
        "citizenship_recorded": frozenset({True, False}),
        "danish_citizen": frozenset({True, False}),
        "free_movement_citizen": frozenset({True, False}),
    }

    citizenships: CitizenshipGroups

    def facts_of(self, facts: RoutingFacts) -> dict[str, Fact]:
        """The named facts that the rules ask for; none of them names a country."""
        held = frozenset(facts.citizenships)
        return {
            "court_recognised": facts.court_recognised,
            "asylum_pending": facts.asylum_pending,
            "residence_basis": facts.residence_basis.value,
            "residence_validity": facts.residence_validity.value,
            "unpermitted_work": facts.unpermitted_work,
            "citizenship_recorded": bool(held),
            "danish_citizen": not held.isdisjoint(self.citizenships.danish),
            "free_movement_citizen": not held.isdisjoint(frozenset().union(*self.citizenships.free_movement.values())),
        }


TABLES: Final = Versions(tables.FOLDER, "routing", RoutingTable)


def route(facts: RoutingFacts, table: RoutingTable | None = None) -> Routing:
    """Who decides, by the given table or the one in force on the day asked about.

    There is always an answer: where no rule settles it, or no table covers the day, it is `needs_review` (R7).
    """
    table = table or TABLES.find(facts.on)
    if table is None:
        return _NO_TABLE
    answer = table.find_rule(table.facts_of(facts))
    return Routing(
        authority=answer.rule.authority,
        rule=answer.rule.id,
        table_version=table.version,
        why=answer.rule.why,
        why_da=answer.rule.why_da,
        facts_used=dict(answer.facts_used),
    )


_NO_TABLE: Final = Routing(
    authority=Authority.NEEDS_REVIEW,
    rule="R7",
    table_version="none",
    why="No version of the routing table covers that day; a lawyer of CMM sets the authority with a reason.",
    why_da="Ingen version af tabellen dækker den dag; en jurist i CMM fastsætter myndigheden med en begrundelse.",
    facts_used={},
)


def load_table(path: Path) -> RoutingTable:
    """Read one version; raises TableInvalid with a sentence that says where and why."""
    return load(path, RoutingTable)


class AuthorityNotSettled(Conflict):
    """Who decides must be settled first."""


def facts_on(case: Case, on: date) -> RoutingFacts:
    """What is known of the person that decides who decides."""
    return RoutingFacts(
        citizenships=citizenships_read(case.citizenships),
        residence_basis=case.residence_basis,
        residence_valid_until=case.residence_valid_until,
        on=on,
        asylum_pending=case.asylum_pending,
        unpermitted_work=case.unpermitted_work,
        court_recognised=case.court_recognised,
    )


def answer_routing(question: RoutingQuestion, *, today: date) -> Routing:
    """Who decides, for facts of nobody in particular."""
    return route(
        RoutingFacts(
            citizenships=citizenships_read(question.citizenships),
            residence_basis=question.residence_basis,
            residence_valid_until=question.residence_valid_until,
            on=question.on or today,
            asylum_pending=bool(question.asylum_pending),
            unpermitted_work=bool(question.unpermitted_work),
            court_recognised=bool(question.court_recognised),
        )
    )
