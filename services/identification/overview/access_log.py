"""The access log of a case, over all services that hold something of its person. For CMM each is asked with the reader's own
token; they are put in one order here, and nothing is kept of them. Where one does not answer there is no page."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

from services.identification.overview import repository
from shared.contract.organisations import CENTRE
from shared.data.unit_of_work import UnitOfWork
from shared.http.access_log import AccessEntry, PlacedEntry, entry_of
from shared.http.peers import PeerAway, PeerRefused, Peers, ServiceAway

OWN: Final = "identification"
_OTHERS: Final = ("accommodation", "referrals")
SERVICES: Final = (OWN, *_OTHERS)
"""In the order of their positions in a cursor."""

Positions = list[str | int]


async def read(
    work: UnitOfWork, neighbours: Peers, case_id: UUID, *, after: Sequence[str | int] | None, limit: int
) -> list[tuple[AccessEntry, Positions]]:
    """Up to one more than `limit` entries after these positions, one of each service, in the order of their instants, each with
    the positions after it. Raises CaseNotFound and ServiceAway."""
    if work.actor.org != CENTRE:
        return await _own_alone(work, case_id, passed=int(after[0]) if after else 0, limit=limit)
    reached = [*map(int, after or ()), *[0] * len(SERVICES)]  # a cursor of before named one service
    positions = dict(zip(SERVICES, reached, strict=False))
    rows = await repository.accesses_of(work, case_id, after=positions[OWN], limit=limit)
    asked = (_of(neighbours, service, case_id, positions[service], limit) for service in _OTHERS)
    others = dict(zip(_OTHERS, await asyncio.gather(*asked), strict=True))
    return _in_one_order({OWN: [entry_of(OWN, row) for row in rows]} | others, positions)[: limit + 1]


async def _own_alone(
    work: UnitOfWork, case_id: UUID, *, passed: int, limit: int
) -> list[tuple[AccessEntry, Positions]]:
    """What identification has, for who decides; counted by entries, as a cursor can be read, and how far two positions are apart
    tells how much else went on."""
    rows = (await repository.accesses_of(work, case_id, after=0, limit=passed + limit))[passed:]
    return [(_shown(entry_of(OWN, row)), [passed + number]) for number, row in enumerate(rows, 1)]


def _shown(entry: PlacedEntry) -> AccessEntry:
    return AccessEntry(**entry.model_dump(exclude={"position"}))


async def _of(neighbours: Peers, service: str, case_id: UUID, position: int, limit: int) -> list[PlacedEntry]:
    """Up to one more than `limit` of a service's entries: a page of its, and the first of the next one."""
    path, of_case = f"/{service}/v1/access-log", str(case_id)
    try:
        page = await neighbours.get(service, path, case_id=of_case, after=position, limit=limit)
        items = page["items"]
        if further := page["next_cursor"]:
            items += (await neighbours.get(service, path, case_id=of_case, after=further, limit=1))["items"]
    except (PeerRefused, PeerAway):
        raise ServiceAway(service, "who looked at what it holds") from None
    return [PlacedEntry.model_validate(item) for item in items]


def _in_one_order(
    found: Mapping[str, Sequence[PlacedEntry]], positions: Mapping[str, int]
) -> list[tuple[AccessEntry, Positions]]:
    """The entries of each service in its own order, and of all of them the one first that came first."""
    waiting, reached = {service: list(entries) for service, entries in found.items()}, dict(positions)
    merged = list[tuple[AccessEntry, Positions]]()
    while heads := {service: entries[0].at for service, entries in waiting.items() if entries}:
        service = min(heads, key=lambda each: heads[each])
        entry = waiting[service].pop(0)
        reached[service] = entry.position
        merged.append((_shown(entry), [reached[each] for each in SERVICES]))
    return merged
