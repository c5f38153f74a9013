"""What was recorded, and the parts that the actor has in what it is about."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any, Final
from uuid import UUID

from sqlalchemy import CompoundSelect, Select, String, cast, select, text, union
from sqlmodel import col

from services.accommodation.case.models import CaseParty
from services.accommodation.case.models import Part as PartOfCase
from services.accommodation.case.repository import CASE_ID
from services.accommodation.case.visibility import Reader
from services.accommodation.facilities import visibility as who
from services.accommodation.facilities.models import Facility
from services.accommodation.placements import visibility as see
from services.accommodation.placements.models import Offer, Placement, PlacementRequest
from services.accommodation.placements.queries import About, deals_with, lets_know, parts_in_each
from shared.contract.organisations import OrganisationKind
from shared.contract.visibility import Aspect, Part
from shared.data import history
from shared.data.columns import LIMIT, ORGANISATION, any_asked
from shared.data.itself import as_itself
from shared.data.unit_of_work import UnitOfWork

_FEW = 500
_THROUGH_MERGES = text("SELECT * FROM events_through_merges(:after, :settled, :most)")
_NUMBERS = text("SELECT * FROM numbers_through_merges(CAST(:keys AS uuid[]), CAST(:positions AS bigint[]))")
_COUNTED: Final = text("""
    SELECT asked.key, asked.position, count(*) FILTER (WHERE h.type = ANY (:counted)) AS counted,
        coalesce(max(h.sequence), 0) AS last
    FROM unnest(CAST(:keys AS varchar[]), CAST(:positions AS bigint[])) AS asked (key, "position")
    LEFT JOIN event_history h ON h.key = asked.key AND h.position <= asked.position
    GROUP BY asked.key, asked.position
""")
_OF_TYPES: Final = text("""
    SELECT * FROM (SELECT * FROM event_history WHERE key = ANY (:keys) OFFSET 0) h
    WHERE type = ANY (:types) AND position <= :settled ORDER BY position
""")
_FIRST_OF_MOVES: Final = text("""
    WITH RECURSIVE back AS (
        SELECT p.id AS last, p.id, p.case_id, 0 AS step FROM placement p WHERE p.id = ANY (CAST(:ids AS uuid[]))
        UNION ALL
        SELECT b.last, before.id, before.case_id, b.step + 1
        FROM back b JOIN placement before ON before.case_id = b.case_id AND before.moved_to_id = b.id)
    SELECT DISTINCT ON (last) last, id FROM back ORDER BY last, step DESC
""")
_ACCESSES: Final = text("SELECT * FROM accesses_about(CAST(:ids AS uuid[]), :after, :most)")
_NAMED: Final[Mapping[str, About]] = {
    "request_id": PlacementRequest,
    "offer_id": Offer,
    "placement_id": Placement,
    "to_placement_id": Placement,
}


async def recorded_after(work: UnitOfWork, *, after: int, settled: int, most: int) -> Sequence[Mapping[str, Any]]:
    """The next events that may concern the actor, in the order of the history. Whom few cases and facilities concern reads
    theirs; who has many reads the history, of which row level security shows it no more."""
    values = {"after": after, "settled": settled, "most": most}
    keys = None
    if work.actor.kind is not OrganisationKind.NATIONAL_CENTRE:
        found = await work.session.scalars(_keys(Reader.of(work.actor)), {"org": work.actor.org, "limit": _FEW + 1})
        keys = found if len(found) <= _FEW else None
    recorded = await history.recorded_after(work, keys=keys, **values)
    numbers = await _numbers(work, recorded)
    own = [{**row, "sequence": numbers.get(row["position"], row["sequence"]), "is_alias": False} for row in recorded]
    return sorted([*own, *await _of_aliases(work, values)], key=lambda row: row["position"])[:most]


@cache
def _keys(reader: Reader) -> CompoundSelect[str]:
    """Under which the history has what may concern who asks."""
    reaches = lets_know(reader, Placement, Aspect.PLACED, in_any_role=True)
    return union(
        select(cast(col(CaseParty.case_id), String)).where(col(CaseParty.org) == ORGANISATION),
        select(cast(col(PlacementRequest.case_id), String)).where(deals_with(reader, PlacementRequest)),
        select(cast(col(Placement.case_id), String)).where(reaches),
        select(cast(col(Facility.reference), String)).where(who.knows(reader)),
    ).limit(LIMIT)


@cache
def _facilities(reader: Reader) -> Select[Facility]:
    return select(Facility).where(any_asked(col(Facility.reference), "references"), who.knows(reader))


_AS_REFERRER: Final = select(CaseParty).where(
    any_asked(col(CaseParty.case_id), "case_ids"),
    col(CaseParty.org) == ORGANISATION,
    col(CaseParty.part) == PartOfCase.REFERRER,
)


async def _numbers(work: UnitOfWork, rows: Sequence[Mapping[str, Any]]) -> dict[int, int]:
    """The numbers, by position, of the events that are shown as of a case together with others' through a merge, or were."""
    if work.actor.kind is OrganisationKind.NATIONAL_CENTRE or not rows:
        return {}
    asked = {"keys": [UUID(row["key"]) for row in rows], "positions": [row["position"] for row in rows]}
    return {row.position: row.number for row in await work.session.execute(_NUMBERS, asked)}


async def _of_aliases(work: UnitOfWork, values: Mapping[str, int]) -> list[dict[str, Any]]:
    """That the person has come or gone, as of the case that the actor has referred the person under."""
    found = (await work.session.execute(_THROUGH_MERGES, values)).mappings()
    return [
        {
            **row,
            "key": str(row["alias"]),
            "payload": {**row["payload"], "case_id": str(row["alias"])},
            "is_alias": True,
        }
        for row in found
    ]


async def counted(
    work: UnitOfWork, rows: Sequence[Mapping[str, Any]], types: Sequence[str]
) -> dict[tuple[str, int], int]:
    """By case and position, how many events of these types the case had up to there; with the events of another case that are
    shown as of this one through a merge, or were, all of which count."""
    asked = {
        "keys": [row["key"] for row in rows],
        "positions": [row["position"] for row in rows],
        "counted": list(types),
    }
    found = {(row.key, row.position): row for row in await work.session.execute(_COUNTED, asked)}
    numbers = {(row["key"], row["position"]): row["sequence"] for row in rows}
    return {place: row.counted + numbers[place] - row.last for place, row in found.items()}


async def of_types(
    work: UnitOfWork, keys: Collection[str], types: Sequence[str], *, settled: int
) -> Sequence[Mapping[str, Any]]:
    """The events of these types in the cases, as far as row level security shows them, in the order of the history."""
    asked = {"keys": list(keys), "types": list(types), "settled": settled}
    rows = (await work.session.execute(_OF_TYPES, asked)).mappings()
    return [{**row, "is_alias": False} for row in rows]


async def parts_in(work: UnitOfWork, payloads: Sequence[Mapping[str, Any]]) -> dict[UUID, frozenset[Part]]:
    """The parts that the actor has in each request, offer, placement and facility that these events name, with a statement for
    each kind. Who runs a facility has its part by the offer, and none in the request behind it from before."""
    found: dict[UUID, frozenset[Part]] = {}
    for about in (PlacementRequest, Offer, Placement):
        names = [name for name, named in _NAMED.items() if named is about]
        ids = {UUID(payload[name]) for payload in payloads for name in names if payload.get(name)}
        found |= await _parts_held(work, about, ids)
    references = {UUID(payload["reference"]) for payload in payloads if "reference" in payload}
    if references:
        asked = {"references": list(references), "org": work.actor.org}
        for facility in await work.session.scalars(_facilities(Reader.of(work.actor)), asked):
            found[facility.reference] = who.parts_in(work.actor, facility)
    return found


async def _parts_held(work: UnitOfWork, about: About, ids: Collection[UUID]) -> dict[UUID, frozenset[Part]]:
    if not ids:
        return {}
    parts, query = parts_in_each(Reader.of(work.actor), about)
    rows = await work.session.execute(query, {"ids": list(ids), "org": work.actor.org})
    by_offer = frozenset({Part.OPERATOR} if about is PlacementRequest else ())
    return {found: see.held(parts, held) - by_offer for found, *held in rows}


async def referred_since(work: UnitOfWork, case_ids: Collection[UUID]) -> dict[UUID, datetime]:
    """Since when each of these cases concerns the actor because it has referred the person."""
    asked = {"case_ids": list(case_ids), "org": work.actor.org}
    return {party.case_id: party.since for party in await work.session.scalars(_AS_REFERRER, asked)}


_OF_CASE: Final = union(
    select(col(PlacementRequest.id)).where(col(PlacementRequest.case_id) == CASE_ID),
    select(col(Offer.id))
    .join(PlacementRequest, col(PlacementRequest.id) == col(Offer.request_id))
    .where(col(PlacementRequest.case_id) == CASE_ID),
    select(col(Placement.id)).where(col(Placement.case_id) == CASE_ID),
)


async def accesses_of(work: UnitOfWork, case_id: UUID, *, after: int, most: int) -> Sequence[Mapping[str, Any]]:
    """What the audit has of the case, and of its requests, offers and placements, for CMM."""
    ids = await work.session.scalars(_OF_CASE, {"case_id": case_id})
    asked = {"ids": [case_id, *ids], "after": after, "most": most}
    return [*(await work.session.execute(_ACCESSES, asked)).mappings()]


async def first_of_moves(work: UnitOfWork, placement_ids: Collection[UUID]) -> dict[UUID, UUID]:
    """Of each of these placements the one with which its stay began, before the person was moved; for Havn itself."""
    if not placement_ids:
        return {}
    async with as_itself(work):
        rows = await work.session.execute(_FIRST_OF_MOVES, {"ids": list(placement_ids)})
    return {row.last: row.id for row in rows}
