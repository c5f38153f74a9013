"""Who answers for a placed person from which day: as it was when the place was asked for, and as a legal status or a
positive decision has turned it since. A placement already there stays where it is."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from services.accommodation.case.models import CaseTurn
from services.accommodation.case.repository import turns_of
from services.accommodation.placements import repository
from services.accommodation.placements.models import Placement, PlacementRequest
from services.accommodation.placements.schemas import ResponsibilityFrom
from services.accommodation.responsibility.domain import ResponsibilityFacts, responsible_for
from shared.data.unit_of_work import UnitOfWork
from shared.kernel.clock import on_date


async def responsibilities(work: UnitOfWork, *, placement_id: UUID) -> list[ResponsibilityFrom]:
    """Who answers for the person, from the first night on; a later day follows only where something has turned."""
    placement, request = await repository.read_responsibility(work, placement_id)
    turns = [turn for turn in await turns_of(work, placement.case_id) if _is_news(turn, request)]
    items = [_as_requested(placement, request)]
    for day in sorted({max(turn.from_on, placement.from_on) for turn in turns}):
        if placement.to_on is None or day < placement.to_on or day == placement.from_on:
            found = _on(day, request, turns)
            if found.from_on == items[-1].from_on:
                items[-1] = found
            elif (found.row, found.authority, found.payer) != (items[-1].row, items[-1].authority, items[-1].payer):
                items.append(found)
    return items


def _is_news(turn: CaseTurn, request: PlacementRequest) -> bool:
    """What was known and held when the place was asked for is in the request already."""
    return turn.recorded_at > request.requested_at or turn.from_on > on_date(request.requested_at)


def _as_requested(placement: Placement, request: PlacementRequest) -> ResponsibilityFrom:
    return ResponsibilityFrom(
        from_on=placement.from_on, row=request.row, authority=request.authority, payer=request.payer
    )


def _on(day: date, request: PlacementRequest, turns: Sequence[CaseTurn]) -> ResponsibilityFrom:
    """Who answers on that day, by the facts of the request and what has turned since."""
    facts = request.facts or {}
    for turn in turns:
        if turn.from_on > day:
            break
        if turn.decision_id:
            facts = facts | {"decided": True}
        else:
            facts = facts | {"residence_basis": turn.residence_basis, "asylum_pending": turn.asylum_pending}
            facts["asylum_registered"] = facts.get("asylum_registered") if turn.asylum_pending else None
    found = responsible_for(ResponsibilityFacts.model_validate(facts), on=day)
    return ResponsibilityFrom(from_on=day, row=found.row, authority=found.authority, payer=found.payer)
