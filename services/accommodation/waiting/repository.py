"""The only way to the waiting list, and to what has waited for too long. It asks who is asking."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Final
from uuid import UUID

from sqlalchemy import DateTime, Select, bindparam, select, text
from sqlmodel import col

from services.accommodation.case.visibility import Reader
from services.accommodation.placements.codes import OfferStatus, RequestStatus, WaitingCriterion
from services.accommodation.placements.models import Offer, PlacementRequest
from services.accommodation.placements.queries import lets_know
from shared.contract import visibility
from shared.contract.codes import Purpose
from shared.contract.visibility import Aspect
from shared.data.columns import NOW
from shared.data.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a request stands among all that wait: how many do, how many are more urgent, and how many asked earlier."""

    position: int
    of: int
    more_urgent: int
    asked_earlier: int


_LINE: Final = text("SELECT * FROM waiting_line(:today, :at, :names, :points)")


async def standings(work: UnitOfWork, points: Mapping[WaitingCriterion, int], *, today: date) -> dict[UUID, Standing]:
    """Where each request that waits stands, also those that the actor may not see: give on nothing but numbers."""
    values = {"names": [each.value for each in points], "points": list(points.values()), "today": today, "at": work.now}
    rows = await work.session.execute(_LINE, values)
    return {
        request_id: Standing(position, of, more_urgent, asked_earlier)
        for request_id, position, of, more_urgent, asked_earlier in rows
    }


@cache
def _waiting(reader: Reader) -> Select[PlacementRequest]:
    is_open = col(PlacementRequest.status) == RequestStatus.OPEN
    return select(PlacementRequest).where(lets_know(reader, PlacementRequest, Aspect.NEEDS), is_open)


async def waiting(work: UnitOfWork, *, purpose: Purpose) -> Sequence[PlacementRequest]:
    """The requests of the list that the actor deals with. Raises PurposeNotYours."""
    visibility.judge(work.actor, (), purpose)
    found = await work.session.scalars(_waiting(Reader.of(work.actor)), {"org": work.actor.org})
    work.audit(operation="placement_request.waiting", object_ids=[each.id for each in found], purpose=purpose)
    return found


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
