"""The only way to the rows of offers, and to the stays that they hold. It asks who is asking, and notes what they saw. Where one
transaction locks several rows, it locks request, place, offer, stay, in that order."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import and_, func, or_, select, tuple_
from sqlmodel import col

from services.accommodation.case.schemas import Remark
from services.accommodation.facilities.codes import StayState
from services.accommodation.facilities.models import Stay
from services.accommodation.offers.schemas import Exceptions, RuleException
from services.accommodation.offers.visibility import SeenOffer
from services.accommodation.placements import visibility as see
from services.accommodation.placements.codes import OfferStatus
from services.accommodation.placements.models import Offer, Placement, PlacementRequest
from services.accommodation.placements.repository import (
    deals_with,
    flags,
    flush_stay,
    knows_place,
    parts_of,
    take_nights,
)
from shared.contract import visibility
from shared.contract.codes import Purpose
from shared.contract.visibility import Aspect, may_know
from shared.data import sealed
from shared.data.positions import moment_and_id
from shared.data.unit_of_work import UnitOfWork
from shared.kernel.errors import NotFound


class OfferNotFound(NotFound):
    """No such offer, or not yours."""


async def hold(work: UnitOfWork, offer: Offer, stay: Stay) -> None:
    """Hold the place for the offer. Raises PlaceDoesNotFit."""
    work.session.add(stay)
    await take_nights(work, stay)
    work.session.add(offer)
    await work.session.flush()
    work.audit(operation="offer.make", subject_id=offer.case_id, object_ids=[offer.id])


async def read_offer(work: UnitOfWork, offer_id: UUID) -> tuple[Offer, Stay, bool]:
    """The offer, its nights, and whether the actor may know the place."""
    query = (
        select(Offer, Stay, knows_place(work.actor, Offer))
        .join(Stay, col(Stay.id) == col(Offer.stay_id))
        .where(col(Offer.id) == offer_id, deals_with(work.actor, Offer))
    )
    found = (await work.session.execute(query)).one_or_none()
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
    parts, holding = flags(work.actor, Offer)
    query = (
        select(Offer, Stay, PlacementRequest, knows_place(work.actor, Offer), *holding)
        .join(Stay, col(Stay.id) == col(Offer.stay_id))
        .join(PlacementRequest, col(PlacementRequest.id) == col(Offer.request_id))
        .where(see.lets_know(work.actor, parts_of(work.actor, Offer), Aspect.NEEDS))
    )
    is_over = or_(col(Offer.expires_at) <= work.now, col(Stay.state) != StayState.HELD)
    if status in (OfferStatus.HELD, OfferStatus.EXPIRED):
        is_held = col(Offer.status) == OfferStatus.HELD
        held, expired = and_(is_held, ~is_over), or_(and_(is_held, is_over), col(Offer.status) == OfferStatus.EXPIRED)
        query = query.where(held if status is OfferStatus.HELD else expired)
    elif status:
        query = query.where(col(Offer.status) == status)
    if after:
        query = query.where(tuple_(col(Offer.offered_at), col(Offer.id)) < moment_and_id(after))
    query = query.order_by(col(Offer.offered_at).desc(), col(Offer.id).desc()).limit(limit + 1)
    rows = (await work.session.execute(query)).all()
    work.audit(operation="offer.list", object_ids=[offer.id for offer, *_ in rows[:limit]], purpose=purpose)
    return [
        SeenOffer(offer, stay, request, may_know(work.actor, see.held(parts, holds)), knows)
        for offer, stay, request, knows, *holds in rows
    ]


async def lock_offer(work: UnitOfWork, offer_id: UUID) -> tuple[PlacementRequest, Offer, Stay]:
    """The offer with its request and its stay, all locked until the transaction ends."""
    request_id = await work.session.scalar(
        select(col(Offer.request_id)).where(col(Offer.id) == offer_id, deals_with(work.actor, Offer))
    )
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


async def stay_of_placement(work: UnitOfWork, placement_id: UUID, case_id: UUID, *, is_locked: bool) -> Stay | None:
    """Where a person is now, of which the actor may know; None where the placement is none of that person's."""
    query = (
        select(Stay)
        .join(Placement, col(Placement.stay_id) == col(Stay.id))
        .where(col(Placement.id) == placement_id, col(Stay.state) == StayState.ARRIVED)
        .where(func.person_of(col(Placement.case_id)) == func.person_of(case_id))
    )
    found: Stay | None = await work.session.scalar(query.with_for_update(of=Stay) if is_locked else query)
    return found


async def held_for(work: UnitOfWork, request_id: UUID) -> list[tuple[Offer, Stay]]:
    """The places that are held for a request, which is locked."""
    query = (
        select(Offer, Stay)
        .join(Stay, col(Stay.id) == col(Offer.stay_id))
        .where(col(Offer.request_id) == request_id, col(Offer.status) == OfferStatus.HELD)
        .order_by(col(Offer.id))
        .with_for_update()
    )
    return [(offer, stay) for offer, stay in (await work.session.execute(query)).all()]


async def lock_due_offers(work: UnitOfWork, *, limit: int) -> list[tuple[Offer, Stay]]:
    """Offers that nobody has answered in time, the longest overdue first, at most `limit`; those that somebody is answering
    now are left for the next time."""
    query = (
        select(Offer, Stay)
        .join(Stay, col(Stay.id) == col(Offer.stay_id))
        .where(col(Offer.status) == OfferStatus.HELD, col(Offer.expires_at) <= work.now)
        .order_by(col(Offer.expires_at), col(Offer.id))
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return [(offer, stay) for offer, stay in (await work.session.execute(query)).all()]


async def add_placement(work: UnitOfWork, placement: Placement) -> None:
    """A place is booked. Raises PlaceDoesNotFit where the database says that it cannot be any more."""
    await flush_stay(work)
    work.session.add(placement)
    await work.session.flush()
    work.audit(operation="placement.book", subject_id=placement.case_id, object_ids=[placement.id])
