"""Who answers for a placed person from which day: as it was when the place was asked for, and as a legal status or a
positive decision has turned it since. A placement already there stays where it is."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.accommodation import repository
from services.accommodation.models import CaseTurn, Placement, PlacementRequest
from services.accommodation.responsibility import ResponsibilityFacts, responsible_for
from services.accommodation.schemas import ResponsibilityFrom
from shared.identity.actor import Actor
from shared.kernel.clock import on_date


async def keep(session: AsyncSession, turn: CaseTurn) -> None:
    """Keep what was told; the same told again changes nothing."""
    await session.execute(insert(CaseTurn).values(dict(turn)).on_conflict_do_nothing())


async def forget_decision(session: AsyncSession, decision_id: UUID) -> None:
    """The decision no longer stands, and turned nothing."""
    await session.execute(delete(CaseTurn).where(col(CaseTurn.decision_id) == decision_id))


async def turns_of(session: AsyncSession, case_id: UUID) -> Sequence[CaseTurn]:
    """What has turned, in the order in which it holds."""
    in_order = (col(CaseTurn.from_on), col(CaseTurn.sequence))
    return (await session.scalars(select(CaseTurn).where(col(CaseTurn.case_id) == case_id).order_by(*in_order))).all()


async def status_on(session: AsyncSession, case_id: UUID, *, on: date) -> CaseTurn | None:
    """The legal status that holds on that day; None where none was told since the case was opened."""
    begun = [turn for turn in await turns_of(session, case_id) if turn.residence_basis and turn.from_on <= on]
    return begun[-1] if begun else None


async def responsibilities(session: AsyncSession, *, actor: Actor, placement_id: UUID) -> list[ResponsibilityFrom]:
    """Who answers for the person, from the first night on; a later day follows only where something has turned."""
    placement, request = await repository.read_responsibility(session, actor, placement_id)
    turns = [turn for turn in await turns_of(session, placement.case_id) if _is_news(turn, request)]
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
