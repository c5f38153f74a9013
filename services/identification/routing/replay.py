"""A routing table that is only proposed, tried on what was known of every case when it was routed. Nothing is changed, and
nothing personal is opened."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from services.identification.case.models import Case
from services.identification.routing import domain, repository
from services.identification.routing.domain import RoutingFacts, RoutingTable
from shared.contract.codes import Authority
from shared.data.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class Rerouted:
    """A case that the proposed table would route differently."""

    case_id: UUID
    was: tuple[Authority, str]
    would_be: tuple[Authority, str]

    def __str__(self) -> str:
        return f"{self.case_id}: {' '.join(self.was)} -> {' '.join(self.would_be)}"


async def replay(work: UnitOfWork, table: RoutingTable) -> tuple[int, Sequence[Rerouted]]:
    """How many cases there are, and those that the table would route differently."""
    found = await repository.routed_cases(work)
    tried = [_try(case, table) for case in found]
    return len(found), [each for each in tried if each.was != each.would_be]


def _try(case: Case, table: RoutingTable) -> Rerouted:
    # What a lawyer settled was open by the table: that is what the tables are compared by.
    by_table = Authority.NEEDS_REVIEW if case.settled_by else case.authority
    known = (
        RoutingFacts.model_validate(case.routing_facts) if case.routing_facts else domain.facts_on(case, case.opened_on)
    )
    would_be = domain.route(known, table)
    return Rerouted(case.id, (by_table, case.rule), (would_be.authority, would_be.rule))
