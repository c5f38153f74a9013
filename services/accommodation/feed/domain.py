"""Each event is judged by the parts that the actor has in what it is about: a request, an offer, a placement, a facility."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from services.accommodation.feed import repository
from shared.contract import visibility
from shared.contract.events import EVENTS, name_of
from shared.contract.organisations import OrganisationKind
from shared.contract.visibility import Aspect, Part
from shared.contract.visible_events import cut_event, types_shown_with
from shared.data.unit_of_work import UnitOfWork
from shared.http import feed
from shared.http.feed import FeedEvent, Row
from shared.identity.actor import Actor

_ABOUT: Final = (("reference",), ("offer_id",), ("placement_id", "to_placement_id"), ("request_id",))
"""What an event is about: of what it names, the nearest to the person's stay; a move is about two placements."""

Parts = Mapping[UUID, frozenset[Part]]


async def read(work: UnitOfWork, *, after: UUID | None, limit: int) -> list[FeedEvent]:
    """Up to one more than `limit` events after that one; without one from the beginning."""
    return await feed.read(
        work, service="accommodation", after=after, limit=limit, recorded=_recorded_after, shown=_shown
    )


_OF_STAYS: Final = types_shown_with(frozenset({Aspect.NEEDS, Aspect.PLACED}), service="accommodation")
_OF_FEW: Final = tuple(
    type_ for type_, event in EVENTS.items() if event.service == "accommodation" and type_ not in _OF_STAYS
)
"""Of moves, of who is responsible, and more that few are shown: how many there were says where a case stands."""


async def _recorded_after(work: UnitOfWork, *, after: int, settled: int, most: int) -> Sequence[Row]:
    """The next events that may concern the actor. In a case the actor's row of numbers passes over what it is not shown of moves
    and of who is responsible (docs/rules.md, privacy-11)."""
    rows = await repository.recorded_after(work, after=after, settled=settled, most=most)
    of_cases = [row for row in rows if "reference" not in row["payload"]]
    if work.actor.kind is OrganisationKind.NATIONAL_CENTRE or not of_cases:
        return rows
    counted = await repository.counted(work, of_cases, _OF_STAYS)
    of_few = await repository.of_types(work, {row["key"] for row in of_cases}, _OF_FEW, settled=settled)
    shown = [row for row, data in zip(of_few, await _shown(work, of_few), strict=True) if data is not None]

    def number_of(row: Row) -> int:
        also = [each for each in shown if each["key"] == row["key"] and each["position"] <= row["position"]]
        return counted[row["key"], row["position"]] + len(also)

    return [row if "reference" in row["payload"] else {**row, "sequence": number_of(row)} for row in rows]


async def _shown(work: UnitOfWork, rows: Sequence[Row]) -> list[dict[str, Any] | None]:
    parts = await repository.parts_in(work, [row["payload"] for row in rows])
    referred = await repository.referred_since(work, {UUID(row["key"]) for row in rows})
    known = [visibility.may_know(work.actor, _parts_of(row, parts, work.actor, referred)) for row in rows]
    cut = [cut_event(each, name_of(row["type"]), row["payload"]) for row, each in zip(rows, known, strict=True)]
    unmoved = [data for data, each in zip(cut, known, strict=True) if data and Aspect.REGION not in each]
    await _as_one_stay(work, unmoved)
    return [_of_move(data, parts) for data in cut]


async def _as_one_stay(work: UnitOfWork, shown: Sequence[dict[str, Any]]) -> None:
    """Who is to know of no move is shown one stay, by the placement with which it began."""
    named = [data for data in shown if data.get("placement_id")]
    first = await repository.first_of_moves(work, {UUID(data["placement_id"]) for data in named})
    for data in named:
        data["placement_id"] = str(first.get(UUID(data["placement_id"]), data["placement_id"]))


def _named(payload: Mapping[str, Any]) -> list[UUID]:
    for names in _ABOUT:
        if found := [UUID(payload[name]) for name in names if payload.get(name)]:
            return found
    return []


def _parts_of(row: Row, parts: Parts, actor: Actor, referred: Mapping[UUID, Any]) -> frozenset[Part]:
    """The parts by which the actor is shown the event. Who has referred the person is shown nothing from before, also where the
    person has let it know again since."""
    if row["is_alias"]:
        return frozenset({Part.REFERRER})
    about = _named(row["payload"])
    if not about:
        return frozenset({Part.CENTRE} if actor.kind is OrganisationKind.NATIONAL_CENTRE else ())
    theirs = frozenset[Part]().union(*(parts.get(each, frozenset()) for each in about))
    since = referred.get(UUID(row["key"]))
    return theirs if since is None or row["occurred_at"] >= since else theirs - {Part.REFERRER}


def _of_move(data: dict[str, Any] | None, parts: Parts) -> dict[str, Any] | None:
    """Of a move the data names the placements alone in which the actor has a part."""
    if data is None or "to_placement_id" not in data:
        return data
    placements = {name: UUID(data[name]) for name in ("placement_id", "to_placement_id")}
    return {name: value for name, value in data.items() if name not in placements or parts.get(placements[name])}
