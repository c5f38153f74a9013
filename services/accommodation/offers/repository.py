"""The only way to the rows of offers, and to the stays that they hold. It asks who is asking, and notes what they saw. Where one
transaction locks several rows, it locks request, place, offer, stay, in that order."""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Uuid, and_, bindparam, func, or_, select
from sqlmodel import col

from services.accommodation.case.nights import Nights
from services.accommodation.case.repository import CASE_ID
from services.accommodation.case.schemas import Remark
from services.accommodation.case.visibility import Reader
from services.accommodation.facilities.codes import StayState
from services.accommodation.facilities.models import Stay
from services.accommodation.facilities.queries import WANTED
from services.accommodation.offers.schemas import Exceptions, RuleException
from services.accommodation.offers.visibility import SeenOffer
from services.accommodation.placements import visibility as see
from services.accommodation.placements.codes import OfferStatus
from services.accommodation.placements.models import Offer, Placement, PlacementRequest
from services.accommodation.placements.queries import REQUEST_ID, deals_with, flags, knows_place, lets_know
from services.accommodation.placements.repository import flush_stay, take_nights
from shared.contract import visibility
from shared.contract.codes import Purpose
from shared.contract.visibility import Aspect, Part, may_know
from shared.data import sealed
from shared.data.columns import LIMIT, NOW, Rows
from shared.data.positions import newest_first, page
from shared.data.unit_of_work import UnitOfWork
from shared.kernel.errors import NotFound


class OfferNotFound(NotFound):
    """No such offer, or not yours."""


_OFFER_ID: Final = bindparam("offer_id", type_=Uuid)
_WITH_STAY: Final = select(Offer, Stay).join(Stay, col(Stay.id) == col(Offer.stay_id))
_HELD_FOR: Final = (
    _WITH_STAY.where(col(Offer.request_id) == REQUEST_ID, col(Offer.status) == OfferStatus.HELD)
    .order_by(col(Offer.id))
    .with_for_update()
)
_DUE: Final = (
    _WITH_STAY.where(col(Offer.status) == OfferStatus.HELD, col(Offer.expires_at) <= NOW)
    .order_by(col(Offer.expires_at), col(Offer.id))
    .limit(LIMIT)
    .with_for_update(skip_locked=True)
)
_IS_ELSEWHERE: Final = select(func.is_elsewhere(CASE_ID, WANTED, NOW, bindparam("stay_id", type_=Uuid)))
NEVER: Final = datetime.max.replace(tzinfo=UTC)


@cache
def _offer(reader: Reader) -> Select[Offer, Stay, bool]:
    return (
        select(Offer, Stay, knows_place(reader, Offer))
        .join(Stay, col(Stay.id) == col(Offer.stay_id))
        .where(col(Offer.id) == _OFFER_ID, deals_with(reader, Offer))
    )


@cache
def _request_of(reader: Reader) -> Select[UUID]:
    return select(col(Offer.request_id)).where(col(Offer.id) == _OFFER_ID, deals_with(reader, Offer))


@cache
def _offers(reader: Reader, status: OfferStatus | None, *, goes_on: bool) -> tuple[Sequence[Part], Rows]:
    """A page of offers, and which of these parts who asks has in each."""
    parts, holding = flags(reader, Offer)
    query: Rows = (
        select(Offer, Stay, PlacementRequest, knows_place(reader, Offer), *holding)
        .join(Stay, col(Stay.id) == col(Offer.stay_id))
        .join(PlacementRequest, col(PlacementRequest.id) == col(Offer.request_id))
        .where(lets_know(reader, Offer, Aspect.NEEDS))
    )
    if status:
        query = query.where(_is_shown_as(status))
    return parts, newest_first(query, col(Offer.offered_at), col(Offer.id), goes_on=goes_on)


def _is_shown_as(status: OfferStatus) -> ColumnElement[bool]:
    """One that nobody has answered in time has expired, whether or not anybody has noted it."""
    is_so = col(Offer.status) == status
    is_held = col(Offer.status) == OfferStatus.HELD
    is_over = or_(col(Offer.expires_at) <= NOW, col(Stay.state) != StayState.HELD)
    match status:
        case OfferStatus.HELD:
            return and_(is_held, ~is_over)
        case OfferStatus.EXPIRED:
            return or_(and_(is_held, is_over), is_so)
        case _:
            return is_so


async def hold(work: UnitOfWork, offer: Offer, stay: Stay) -> None:
    """Hold the place for the offer. Raises PlaceDoesNotFit."""
    work.session.add(stay)
    await take_nights(work, stay)
    work.session.add(offer)
    await work.session.flush()
    work.audit(operation="offer.make", subject_id=offer.case_id, object_ids=[offer.id])


async def read_offer(work: UnitOfWork, offer_id: UUID) -> tuple[Offer, Stay, bool]:
    """The offer, its nights, and whether the actor may know the place."""
    asked = {"offer_id": offer_id, "org": work.actor.org}
    found = await work.session.first(_offer(Reader.of(work.actor)), asked)
    if found is None:
        raise OfferNotFound
    offer, stay, knows = found
    work.audit(operation="offer.read", subject_id=offer.case_id, object_ids=[offer.id])
    return offer, stay, knows


async def list_offers(
    work: UnitOfWork,
    *,
    status: OfferStatus | None,
    purpose: Purpose | None,
    after: Sequence[str | int] | None,
    limit: int,
) -> list[SeenOffer]:
    """The offers that the actor deals with, newest first, up to one more than `limit`. One that nobody has answered in time is
    `expired` without anybody having noted it. Raises PurposeNotYours."""
    visibility.judge(work.actor, (), purpose)
    parts, query = _offers(Reader.of(work.actor), status, goes_on=bool(after))
    asked = page(after, limit) | {"org": work.actor.org, "now": work.now}
    rows = (await work.session.execute(query, asked)).all()
    work.audit(operation="offer.list", object_ids=[offer.id for offer, *_ in rows[:limit]], purpose=purpose)
    return [
        SeenOffer(offer, stay, request, may_know(work.actor, see.held(parts, holds)), knows)
        for offer, stay, request, knows, *holds in rows
    ]


async def lock_offer(work: UnitOfWork, offer_id: UUID) -> tuple[PlacementRequest, Offer, Stay]:
    """The offer with its request and its stay, all locked until the transaction ends."""
    asked = {"offer_id": offer_id, "org": work.actor.org}
    request_id = await work.session.scalar(_request_of(Reader.of(work.actor)), asked)
    if request_id is None:
        raise OfferNotFound
    request = await work.session.get_one(PlacementRequest, request_id, with_for_update=True)
    offer = await work.session.get_one(Offer, offer_id, with_for_update=True)
    stay = await work.session.get_one(Stay, offer.stay_id, with_for_update=True)
    return request, offer, stay


async def note_answer(work: UnitOfWork, offer: Offer, reason: Remark | None = None) -> None:
    """The offer was answered, with a reason where there is one."""
    if reason:
        key = await sealed.key_of(work, offer.case_id)
        offer.reason = key.seal(reason, table="offer", column="reason", row=offer.id)
    work.audit(operation=f"offer.{offer.status}", subject_id=offer.case_id, object_ids=[offer.id])


async def keep_exceptions(work: UnitOfWork, offer: Offer, exceptions: Exceptions) -> None:
    """Seal why rules were excepted; which ones stands open, to be counted."""
    key = await sealed.key_of(work, offer.case_id)
    offer.exceptions_why = key.seal(exceptions, table="offer", column="exceptions_why", row=offer.id)


async def exceptions_of(work: UnitOfWork, offer: Offer) -> list[RuleException]:
    """Which rules were excepted, and why, opened; ask only for who may know the place."""
    if offer.exceptions_why is None:
        return []
    key = await sealed.key_of(work, offer.case_id)
    kept = key.open(offer.exceptions_why, Exceptions, table="offer", column="exceptions_why", row=offer.id)
    return kept.items


async def is_elsewhere(work: UnitOfWork, offer: Offer, during: Nights) -> bool:
    """Whether the person has another place on some of these nights, booked or lived in: a merge may have made one person of two
    after the offer. What is held for them besides is in nobody's way."""
    asked = {"case_id": offer.case_id, "wanted": during, "now": NEVER, "stay_id": offer.stay_id}
    return bool(await work.session.scalar(_IS_ELSEWHERE, asked))


async def held_for(work: UnitOfWork, request_id: UUID) -> list[tuple[Offer, Stay]]:
    """The places that are held for a request, which is locked."""
    return [(offer, stay) for offer, stay in await work.session.execute(_HELD_FOR, {"request_id": request_id})]


async def lock_due_offers(work: UnitOfWork, *, limit: int) -> list[tuple[Offer, Stay]]:
    """Offers that nobody has answered in time, the longest overdue first, at most `limit`; those that somebody is answering
    now are left for the next time."""
    return [(offer, stay) for offer, stay in await work.session.execute(_DUE, {"now": work.now, "limit": limit})]


async def add_placement(work: UnitOfWork, placement: Placement) -> None:
    """A place is booked. Raises PlaceDoesNotFit where the database says that it cannot be any more."""
    await flush_stay(work)
    work.session.add(placement)
    await work.session.flush()
    work.audit(operation="placement.book", subject_id=placement.case_id, object_ids=[placement.id])
