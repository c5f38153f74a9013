"""Who decides and pays for a placed person, from which day: as it was when the place was asked for, and as a legal status or
a positive decision has changed it since. A placement already there stays where it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from services.accommodation.case.codes import HousingAuthority, PlacementRow
from services.accommodation.case.models import CaseChange
from services.accommodation.case.repository import changes_of
from services.accommodation.placements.models import Placement, PlacementRequest
from services.accommodation.responsibility.domain import ResponsibilityFacts, responsible_for
from services.accommodation.stays import repository
from shared.contract.codes import Purpose
from shared.contract.visibility import Aspect
from shared.data.unit_of_work import UnitOfWork
from shared.kernel.clock import on_date


@dataclass(frozen=True, slots=True)
class PayerFrom:
    """Who decides on a placed person's accommodation and who pays for it, from that day on, and the row that says so."""

    from_on: date
    row: PlacementRow
    authority: HousingAuthority
    payer: HousingAuthority


async def payers_of(work: UnitOfWork, *, placement_id: UUID, purpose: Purpose) -> tuple[list[PayerFrom], bool]:
    """Who decides and pays for the person, from the first night on; a later day follows only where something has changed.
    And whether the actor may know more of it than which authority it is now."""
    seen, request = await repository.read_responsibility(work, placement_id, purpose=purpose)
    placement = seen.placement
    changes = [change for change in await changes_of(work, placement.case_id) if _is_news(change, request)]
    items = [_as_requested(placement, request)]
    for day in sorted({max(change.from_on, placement.from_on) for change in changes}):
        if placement.to_on is None or day < placement.to_on or day == placement.from_on:
            found = _on(day, request, changes)
            if found.from_on == items[-1].from_on:
                items[-1] = found
            elif (found.row, found.authority, found.payer) != (items[-1].row, items[-1].authority, items[-1].payer):
                items.append(found)
    return items, Aspect.RESPONSIBILITY in seen.known


def _is_news(change: CaseChange, request: PlacementRequest) -> bool:
    """What was known and held when the place was asked for is in the request already."""
    return change.recorded_at > request.requested_at or change.from_on > on_date(request.requested_at)


def _as_requested(placement: Placement, request: PlacementRequest) -> PayerFrom:
    return PayerFrom(from_on=placement.from_on, row=request.row, authority=request.authority, payer=request.payer)


def _on(day: date, request: PlacementRequest, changes: Sequence[CaseChange]) -> PayerFrom:
    """Who decides and pays on that day, by the facts of the request and what has changed since."""
    facts = request.facts or {}
    for change in changes:
        if change.from_on > day:
            break
        if change.decision_id:
            facts = facts | {"decided": True}
        else:
            facts = facts | {"residence_basis": change.residence_basis, "asylum_pending": change.asylum_pending}
            facts["asylum_registered"] = facts.get("asylum_registered") if change.asylum_pending else None
    found = responsible_for(ResponsibilityFacts.model_validate(facts), on=day)
    return PayerFrom(from_on=day, row=found.row, authority=found.authority, payer=found.payer)
