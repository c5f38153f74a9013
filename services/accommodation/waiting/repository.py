"""The only way to the waiting list, and to what has waited for too long. It asks who is asking."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from functools import cache
from typing import Final
from uuid import UUID

from sqlalchemy import DateTime, bindparam, select, text
from sqlmodel import col

from services.accommodation.case.visibility import Reader
from services.accommodation.placements.codes import OfferStatus, RequestStatus, WaitingCriterion
from services.accommodation.placements.models import Offer, PlacementRequest
from services.accommodation.placements.queries import as_seen, lets_know
from services.accommodation.placements.visibility import SeenRequest, seen_request
from shared.contract import visibility
from shared.contract.codes import Purpose
from shared.contract.visibility import Aspect, Part
from shared.data.columns import NOW, Rows
from shared.data.unit_of_work import UnitOfWork

Rank = tuple[bool, int, datetime, UUID]
"""Whether it is parked, its points as a negative number, when it was asked, and its id: the less, the earlier in line."""
_RANKS: Final = text("SELECT * FROM waiting_ranks(:today, :at, :names, :points)")


async def ranks(work: UnitOfWork, points: Mapping[WaitingCriterion, int], *, today: date) -> list[Rank]:
    """Of each request that waits, also those that the actor may not see: give on nothing but numbers."""
    values = {"names": [each.value for each in points], "points": list(points.values()), "today": today, "at": work.now}
    rows = await work.session.execute(_RANKS, values)
    return [(is_parked, -worth, requested_at, request_id) for is_parked, worth, requested_at, request_id in rows]


@cache
def _waiting(reader: Reader) -> tuple[Sequence[Part], Rows]:
    parts, query = as_seen(reader)
    is_open = col(PlacementRequest.status) == RequestStatus.OPEN
    return parts, query.where(lets_know(reader, PlacementRequest, Aspect.NEEDS), is_open)


async def waiting(work: UnitOfWork, *, purpose: Purpose) -> list[SeenRequest]:
    """The requests of the list that the actor deals with. Raises PurposeNotYours."""
    visibility.judge(work.actor, (), purpose)
    parts, query = _waiting(Reader.of(work.actor))
    rows = (await work.session.execute(query, {"org": work.actor.org, "now": work.now})).all()
    work.audit(operation="placement_request.waiting", object_ids=[request.id for request, *_ in rows], purpose=purpose)
    return [seen_request(work.actor, parts, row)[0] for row in rows]


async def held_since(work: UnitOfWork, before: datetime) -> Sequence[Offer]:
    """Offers that nobody has answered and that were made before then, oldest first, for Havn itself."""
    return list(await work.session.scalars(_HELD_SINCE, {"now": work.now, "before": before}))


async def open_since(work: UnitOfWork, before: datetime) -> Sequence[PlacementRequest]:
    """Requests that wait and were made before then, oldest first, for Havn itself."""
    return list(await work.session.scalars(_OPEN_SINCE, {"before": before}))


_BEFORE: Final = bindparam("before", type_=DateTime(timezone=True))
_HELD_SINCE: Final = (
    select(Offer)
    .where(col(Offer.status) == OfferStatus.HELD, col(Offer.expires_at) > NOW, col(Offer.offered_at) <= _BEFORE)
    .order_by(col(Offer.offered_at), col(Offer.id))
)
_OPEN_SINCE: Final = (
    select(PlacementRequest)
    .where(col(PlacementRequest.status) == RequestStatus.OPEN, col(PlacementRequest.requested_at) <= _BEFORE)
    .order_by(col(PlacementRequest.requested_at), col(PlacementRequest.id))
)
