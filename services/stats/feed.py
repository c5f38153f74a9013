"""One feed over all four services. Each is asked with the reader's own token, and judges what the reader may know; here they are
put in one order, and nothing is kept of them. Where one does not answer there is no page, rather than one with a gap."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from services.stats import domain, repository
from shared.contract.events import name_of
from shared.contract.visibility import may_know
from shared.contract.visible_events import cut_event
from shared.data.unit_of_work import UnitOfWork
from shared.http import feed
from shared.http.feed import FeedEvent, Row
from shared.http.paging import CursorInvalid
from shared.http.peers import PeerAway, PeerRefused, Peers, ServiceAway

OWN: Final = "stats"
SERVICES: Final = ("accommodation", "identification", "referrals", OWN)
"""In the order of their positions in a cursor."""
_ITS_EVENTS: Final = "its events"
_NOWHERE: Final = ""


async def read(
    work: UnitOfWork, neighbours: Peers, *, after: Sequence[str | int] | None, limit: int
) -> tuple[list[FeedEvent], list[str | int]]:
    """Up to `limit` events after these positions, one of each service, and the positions after them. Raises ServiceAway and
    CursorInvalid."""
    positions = dict(zip(SERVICES, map(str, after or [_NOWHERE] * len(SERVICES)), strict=True))
    until = await repository.id_for_now(work)
    own = await _own(work, positions[OWN], limit)
    others = [service for service in SERVICES if service != OWN]
    asked = await asyncio.gather(*(_of(neighbours, service, positions[service], limit) for service in others))
    found = _in_one_order(dict(zip(others, asked, strict=True)) | {OWN: own}, until)[:limit]
    positions |= {service: event.id for service, event in found}
    return [event for _, event in found], [positions[service] for service in SERVICES]


async def _of(neighbours: Peers, service: str, position: str, limit: int) -> list[FeedEvent]:
    try:
        page = await neighbours.get(service, f"/{service}/v1/events", after=position or None, limit=limit)
    except PeerRefused as refused:
        if refused.status == 400:
            raise CursorInvalid(
                "The cursor is of a history that is no more; start again without it.",
                danish="Markøren hører til en historik, der ikke findes mere; begynd igen uden den.",
            ) from None
        raise ServiceAway(service, _ITS_EVENTS) from None
    except PeerAway:
        raise ServiceAway(service, _ITS_EVENTS) from None
    return [FeedEvent.model_validate(item) for item in page["items"]]


async def _own(work: UnitOfWork, position: str, limit: int) -> list[FeedEvent]:
    after = UUID(position) if position else None
    found = await feed.read(
        work, service=OWN, after=after, limit=limit, recorded=repository.recorded_after, shown=_shown
    )
    return found[:limit]


async def _shown(work: UnitOfWork, rows: Sequence[Row]) -> list[dict[str, Any] | None]:
    known = may_know(work.actor, domain.part_of(work.actor))
    return [cut_event(known, name_of(row["type"]), row["payload"]) for row in rows]


def _in_one_order(found: Mapping[str, Sequence[FeedEvent]], until: UUID) -> list[tuple[str, FeedEvent]]:
    """The events of each service in its own order, and of all of them the one first that was recorded first: ids are UUIDv7, and
    begin with when. What was recorded after we began to ask is left for the next page: what led to it may be missing here."""
    waiting = {service: list(events) for service, events in found.items()}
    merged: list[tuple[str, FeedEvent]] = []
    while heads := {service: UUID(events[0].id) for service, events in waiting.items() if events}:
        service = min(heads, key=lambda each: heads[each])
        if heads[service] > until:
            break
        merged.append((service, waiting[service].pop(0)))
    return merged
