"""The only way to the rows of requests, offers and placements, and to the stays that come of them. It asks who is asking, and
notes what they saw. Where one transaction locks several rows, it locks request, place, offer, stay, in that order."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from asyncpg import ExclusionViolationError
from sqlalchemy import ColumnElement, and_, exists, or_, select, true, tuple_, update
from sqlalchemy.orm import Mapped
from sqlmodel import col

from services.accommodation.case import repository as cases
from services.accommodation.case.codes import HousingAuthority
from services.accommodation.case.repository import CaseNotFound, has_part, is_party, is_withdrawn_from
from services.accommodation.case.schemas import Remark
from services.accommodation.facilities.codes import StayState
from services.accommodation.facilities.models import Facility, Stay
from services.accommodation.placements import visibility as see
from services.accommodation.placements.codes import OfferStatus, PlacementStatus, RequestStatus
from services.accommodation.placements.models import Offer, Placement, PlacementRequest
from services.accommodation.placements.schemas import Needs, SealedNeeds
from shared.contract import visibility
from shared.contract.codes import Purpose, Region
from shared.contract.organisations import OrganisationKind
from shared.contract.visibility import Aspect, Part, may_know
from shared.data import sealed
from shared.data.columns import any_of
from shared.data.positions import day_and_id, moment_and_id
from shared.data.unit_of_work import UnitOfWork
from shared.identity.actor import Actor
from shared.kernel.errors import Conflict, Forbidden, NotFound


class RequestNotFound(NotFound):
    """No such placement request, or not yours."""


class OfferNotFound(NotFound):
    """No such offer, or not yours."""


class PlacementNotFound(NotFound):
    """No such placement, or none whose place you may know."""


class RoleDoesNotSee(Forbidden):
    """The organisation may know it; this role in it may not."""


class PlaceTaken(Conflict):
    """Somebody has the place on some of the nights."""


def _facility_is(facility_id: Mapped[UUID], *conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    # Never the facility that the statement around this one may have joined.
    return exists().where(col(Facility.id) == facility_id, *conditions).correlate_except(Facility)


def _runs(actor: Actor, facility_id: Mapped[UUID]) -> ColumnElement[bool]:
    return _facility_is(facility_id, col(Facility.operator) == actor.org)


About = type[PlacementRequest] | type[Offer] | type[Placement]


def _parts(actor: Actor, about: About) -> dict[Part, ColumnElement[bool]]:
    """The parts that the actor's organisation can have in a request, an offer or a placement, and in which it has them."""
    case_id = col(about.case_id)
    parts = {
        Part.REQUESTER: and_(col(about.requested_by) == actor.org, ~is_withdrawn_from(actor, case_id)),
        Part.OPERATOR: _runs(actor, col(about.facility_id))
        if not issubclass(about, PlacementRequest)
        else exists().where(col(Offer.request_id) == col(about.id), _runs(actor, col(Offer.facility_id))),
        Part.REFERRER: has_part(actor, case_id, Part.REFERRER),
    }
    if actor.kind is OrganisationKind.NATIONAL_CENTRE:
        return {Part.CENTRE: true()} | parts
    if actor.kind is OrganisationKind.IMMIGRATION_AUTHORITY:
        is_authority = has_part(actor, case_id, Part.AUTHORITY)
        return {Part.AUTHORITY: is_authority, Part.PAYER: col(about.payer) == HousingAuthority.US} | parts
    return parts


def _deals_with(actor: Actor, about: type[PlacementRequest] | type[Offer]) -> ColumnElement[bool]:
    """Whoever asked for the place or is asked for it; CMM, which coordinates; and US where the case is its own, or it pays."""
    return see.lets_know(actor, _parts(actor, about), Aspect.NEEDS, in_any_role=True)


def _knows_place(
    actor: Actor, about: type[Offer] | type[Placement], *, in_any_role: bool = False
) -> ColumnElement[bool]:
    """The operator and CMM; whoever deals with it besides, unless the facility is a secret."""
    is_open = _facility_is(col(about.facility_id), ~col(Facility.secret_address))
    return or_(
        see.lets_know(actor, _parts(actor, about), Aspect.HIDDEN_PLACEMENT, in_any_role=in_any_role),
        and_(see.lets_know(actor, _parts(actor, about), Aspect.PLACEMENT, in_any_role=in_any_role), is_open),
    )


def _flags(actor: Actor, about: About) -> tuple[list[Part], list[ColumnElement[bool]]]:
    """The parts that the actor can have in a row, and a column for each that says whether it has."""
    parts = _parts(actor, about)
    return list(parts), list(parts.values())


def _is_held_for(now: datetime) -> ColumnElement[bool]:
    is_held = and_(col(Offer.status) == OfferStatus.HELD, col(Offer.expires_at) > now)
    return exists().where(col(Offer.request_id) == col(PlacementRequest.id), is_held).correlate(PlacementRequest)


def _of_placements(actor: Actor) -> tuple[list[Part], Any]:
    """Placements with their facility, as far as row level security shows it, and the parts that the actor has in each."""
    parts, holds = _flags(actor, Placement)
    query = (
        select(Placement, col(Facility.region), col(Facility.secret_address), *holds)
        .select_from(Placement)
        .outerjoin(Facility, col(Facility.id) == col(Placement.facility_id))
    )
    return parts, query


def _reaches(actor: Actor) -> ColumnElement[bool]:
    """Whose organisation learns at least that the person has a place."""
    return see.lets_know(actor, _parts(actor, Placement), Aspect.PLACED, in_any_role=True)


def _is_located(actor: Actor) -> ColumnElement[bool]:
    return or_(_knows_place(actor, Placement), see.lets_know(actor, _parts(actor, Placement), Aspect.REGION))


async def add_request(work: UnitOfWork, request: PlacementRequest, needs: SealedNeeds) -> None:
    """Store a new request, the needs sealed under the case's key."""
    key = await sealed.key_of(work, request.case_id)
    request.needs = key.seal(needs, table="placement_request", column="needs", row=request.id)
    work.session.add(request)
    await work.session.flush()
    work.audit(operation="placement_request.submit", subject_id=request.case_id, object_ids=[request.id])


async def read_request(work: UnitOfWork, request_id: UUID, *, purpose: Purpose | None = None) -> see.SeenRequest:
    """The request, for whoever deals with it and for the operators of places that were offered for it. Raises
    RequestNotFound, PurposeNotYours and RoleDoesNotSee."""
    parts, holding = _flags(work.actor, PlacementRequest)
    query = select(PlacementRequest, _is_held_for(work.now), *holding).where(
        col(PlacementRequest.id) == request_id, _deals_with(work.actor, PlacementRequest)
    )
    found = (await work.session.execute(query)).first()
    if found is None:
        raise RequestNotFound
    request, is_held_for, *holds = found
    theirs = see.held(parts, holds)
    visibility.judge(work.actor, theirs, purpose)
    known = may_know(work.actor, theirs)
    if Aspect.NEEDS not in known:
        raise RoleDoesNotSee(
            "What a person needs of a place is for those who work with the person or run the facility."
        )
    work.audit(operation="placement_request.read", subject_id=request.case_id, object_ids=[request.id], purpose=purpose)
    return see.SeenRequest(request, known, is_held_for)


async def list_requests(
    work: UnitOfWork,
    *,
    purpose: Purpose,
    status: RequestStatus | None,
    case_id: UUID | None,
    after: Sequence[str | int] | None,
    limit: int,
) -> list[see.SeenRequest]:
    """The requests that the actor deals with or was asked for, newest first, up to one more than `limit`. Raises
    PurposeNotYours."""
    visibility.judge(work.actor, (), purpose)
    parts, holding = _flags(work.actor, PlacementRequest)
    held = _is_held_for(work.now)
    query = select(PlacementRequest, held, *holding).where(
        see.lets_know(work.actor, _parts(work.actor, PlacementRequest), Aspect.NEEDS)
    )
    if case_id:
        query = query.where(col(PlacementRequest.case_id) == case_id)
    if status:
        stored = RequestStatus.OPEN if status is RequestStatus.OFFERED else status
        query = query.where(col(PlacementRequest.status) == stored)
    if status in (RequestStatus.OPEN, RequestStatus.OFFERED):
        query = query.where(held if status is RequestStatus.OFFERED else ~held)
    if after:
        last = moment_and_id(after)
        query = query.where(tuple_(col(PlacementRequest.requested_at), col(PlacementRequest.id)) < last)
    query = query.order_by(col(PlacementRequest.requested_at).desc(), col(PlacementRequest.id).desc()).limit(limit + 1)
    rows = (await work.session.execute(query)).all()
    work.audit(
        operation="placement_request.list",
        subject_id=case_id,
        object_ids=[request.id for request, *_ in rows[:limit]],
        purpose=purpose,
    )
    return [
        see.SeenRequest(request, may_know(work.actor, see.held(parts, holds)), is_held_for)
        for request, is_held_for, *holds in rows
    ]


async def needs_of(
    work: UnitOfWork,
    request: PlacementRequest,
    *,
    operation: str,
    known: frozenset[Aspect] | None = None,
    purpose: Purpose | None = None,
) -> Needs:
    """What the person needs, opened: all of it for a rule, or as far as it is known. Ask only for a request that the actor
    may read."""
    key = await sealed.key_of(work, request.case_id)
    work.audit(
        operation=operation, subject_id=request.case_id, object_ids=[request.id], fields=["needs"], purpose=purpose
    )
    needs = key.open(request.needs, SealedNeeds, table="placement_request", column="needs", row=request.id)
    return needs.said() if known is not None and Aspect.GENDER_AND_AGE not in known else needs.whole()


async def lock_request(work: UnitOfWork, request_id: UUID) -> PlacementRequest:
    """The request, locked until the transaction ends, for whoever deals with it and every party of its case."""
    allowed = or_(_deals_with(work.actor, PlacementRequest), is_party(work.actor, col(PlacementRequest.case_id)))
    request = await work.session.scalar(
        select(PlacementRequest).where(col(PlacementRequest.id) == request_id, allowed).with_for_update()
    )
    if request is None:
        raise RequestNotFound
    return request


async def end_expired_holds(work: UnitOfWork, place_id: UUID) -> None:
    """Free the place, whose row is locked, of holds that nobody has answered in time."""
    await work.session.execute(
        update(Stay)
        .where(col(Stay.place_id) == place_id, col(Stay.state) == StayState.HELD, col(Stay.held_until) <= work.now)
        .values(state=StayState.ENDED)
    )


async def hold(work: UnitOfWork, offer: Offer, stay: Stay) -> None:
    """Hold the place for the offer. Raises PlaceTaken: whether it is free is PostgreSQL's to say, not the code's."""
    work.session.add(stay)
    try:
        await work.session.flush()
    except ExclusionViolationError:
        raise PlaceTaken("The place is taken on some of these nights; look at the matches for another.") from None
    work.session.add(offer)
    await work.session.flush()
    work.audit(operation="offer.make", subject_id=offer.case_id, object_ids=[offer.id])


async def read_offer(work: UnitOfWork, offer_id: UUID) -> tuple[Offer, Stay, bool]:
    """The offer, its nights, and whether the actor may know the place."""
    query = (
        select(Offer, Stay, _knows_place(work.actor, Offer))
        .join(Stay, col(Stay.id) == col(Offer.stay_id))
        .where(col(Offer.id) == offer_id, _deals_with(work.actor, Offer))
    )
    found = (await work.session.execute(query)).one_or_none()
    if found is None:
        raise OfferNotFound
    offer, stay, knows_place = found
    work.audit(operation="offer.read", subject_id=offer.case_id, object_ids=[offer.id])
    return offer, stay, knows_place


async def lock_offer(work: UnitOfWork, offer_id: UUID) -> tuple[PlacementRequest, Offer, Stay]:
    """The offer with its request and its stay, all locked until the transaction ends."""
    request_id = await work.session.scalar(
        select(col(Offer.request_id)).where(col(Offer.id) == offer_id, _deals_with(work.actor, Offer))
    )
    if request_id is None:
        raise OfferNotFound
    request = await work.session.get_one(PlacementRequest, request_id, with_for_update=True)
    offer = await work.session.get_one(Offer, offer_id, with_for_update=True)
    stay = await work.session.get_one(Stay, offer.stay_id, with_for_update=True)
    return request, offer, stay


async def runs_facility(work: UnitOfWork, facility_id: UUID) -> bool:
    found = await work.session.scalar(
        select(exists().where(col(Facility.id) == facility_id, col(Facility.operator) == work.actor.org))
    )
    return bool(found)


async def note_answer(work: UnitOfWork, offer: Offer, reason: Remark | None = None) -> None:
    """The offer was answered, with a reason where there is one."""
    if reason:
        key = await sealed.key_of(work, offer.case_id)
        offer.reason = key.seal(reason, table="offer", column="reason", row=offer.id)
    work.audit(operation=f"offer.{offer.status}", subject_id=offer.case_id, object_ids=[offer.id])


async def lock_other_holds(work: UnitOfWork, offer: Offer) -> list[tuple[Offer, Stay]]:
    """The other places that are held for the same request, which is locked."""
    query = (
        select(Offer, Stay)
        .join(Stay, col(Stay.id) == col(Offer.stay_id))
        .where(col(Offer.request_id) == offer.request_id, col(Offer.id) != offer.id)
        .where(col(Offer.status) == OfferStatus.HELD)
        .order_by(col(Offer.id))
        .with_for_update()
    )
    return [(other, stay) for other, stay in (await work.session.execute(query)).all()]


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
    work.session.add(placement)
    await work.session.flush()
    work.audit(operation="placement.book", subject_id=placement.case_id, object_ids=[placement.id])


async def lock_placement(work: UnitOfWork, placement_id: UUID) -> tuple[Placement, Stay]:
    """The placement and its stay, locked until the transaction ends, for those who may know the place."""
    query = (
        select(Placement, Stay)
        .join(Stay, col(Stay.id) == col(Placement.stay_id))
        .where(col(Placement.id) == placement_id, _knows_place(work.actor, Placement))
        .with_for_update()
    )
    found = (await work.session.execute(query)).one_or_none()
    if found is None:
        raise PlacementNotFound
    placement, stay = found
    return placement, stay


async def note_change(work: UnitOfWork, placement: Placement, reason: Remark | None = None) -> None:
    """The person came or left, with a reason where there is one."""
    if reason:
        key = await sealed.key_of(work, placement.case_id)
        placement.leaving = key.seal(reason, table="placement", column="leaving", row=placement.id)
    work.audit(operation=f"placement.{placement.status}", subject_id=placement.case_id, object_ids=[placement.id])


async def region_of(work: UnitOfWork, placement: Placement) -> Region:
    """Where in the country the placement is. Ask only for a placement whose place the actor may know."""
    facility = await work.session.get_one(Facility, placement.facility_id)
    return facility.region


async def read_placement(work: UnitOfWork, placement_id: UUID, *, purpose: Purpose) -> see.SeenPlacement:
    """The placement, as far as the actor may know it. Raises PlacementNotFound, PurposeNotYours and RoleDoesNotSee."""
    parts, query = _of_placements(work.actor)
    found = (
        await work.session.execute(query.where(col(Placement.id) == placement_id, _reaches(work.actor)))
    ).one_or_none()
    if found is None:
        raise PlacementNotFound
    seen, theirs = see.seen_placement(work.actor, parts, found)
    visibility.judge(work.actor, theirs, purpose)
    if Aspect.PLACED not in seen.known:
        raise RoleDoesNotSee("Where a person is, is for those who work with the person or run the facility.")
    work.audit(
        operation="placement.read",
        subject_id=seen.placement.case_id,
        object_ids=[seen.placement.id],
        fields=["place"] if seen.knows_place else ["placed"],
        purpose=purpose,
    )
    return seen


async def read_responsibility(
    work: UnitOfWork, placement_id: UUID, *, purpose: Purpose
) -> tuple[see.SeenPlacement, PlacementRequest]:
    """The placement and what was asked for, for whoever may know that the person has a place. Raises as read_placement."""
    seen = await read_placement(work, placement_id, purpose=purpose)
    request = await work.session.get(PlacementRequest, seen.placement.request_id)
    if request is None:
        raise PlacementNotFound
    return seen, request


async def placements_of(
    work: UnitOfWork, case_id: UUID, *, purpose: Purpose, after: Sequence[str | int] | None, limit: int
) -> list[see.SeenPlacement]:
    """The placements, of the case and of those merged into it, whose place or region the actor may know, newest first, up to
    one more than `limit`. After the last of them one that the person now has at a place of which the actor, a party of the
    case, may know no more than that. Raises CaseNotFound for a stranger to the case, and PurposeNotYours."""
    parts, query = _of_placements(work.actor)
    is_theirs = col(Placement.case_id).in_(cases.members_of(case_id))
    query = query.where(is_theirs, _is_located(work.actor))
    query = query.order_by(col(Placement.from_on).desc(), col(Placement.id).desc()).limit(limit + 1)
    if after:
        query = query.where(tuple_(col(Placement.from_on), col(Placement.id)) < day_and_id(after))
    found = [see.seen_placement(work.actor, parts, row)[0] for row in (await work.session.execute(query)).all()]
    theirs = await cases.parts_in(work, case_id)
    if not found and not theirs and not after:
        raise CaseNotFound
    visibility.judge(work.actor, theirs, purpose)
    known = may_know(work.actor, theirs)
    is_party = Aspect.PLACED in known
    unseen = await _placed_unseen(work, case_id, known) if is_party and len(found) <= limit else None
    work.audit(
        operation="placement.list",
        subject_id=case_id,
        object_ids=[seen.placement.id for seen in found[:limit]],
        fields=["place"] * bool(found) + ["placed"] * (unseen is not None and len(found) < limit),
        purpose=purpose,
    )
    # It comes last, so that a cursor, which stands for a row that others follow, never says where it is.
    return (
        [*found, see.SeenPlacement(unseen, frozenset({Aspect.PLACED}), region=None, is_secret=True)]
        if unseen
        else [*found]
    )


async def _placed_unseen(work: UnitOfWork, case_id: UUID, known: frozenset[Aspect]) -> Placement | None:
    """One at a place that the actor may not know. To who does not work on the case, what was recorded in another one of the
    same person before the two were merged tells nothing."""
    is_current = any_of(col(Placement.status), [PlacementStatus.BOOKED, PlacementStatus.ARRIVED])
    is_theirs = (
        col(Placement.case_id).in_(cases.members_of(case_id))
        if Aspect.FILE in known
        else cases.recorded_since_merged(case_id, col(Placement.case_id), col(Placement.booked_at))
    )
    query = select(Placement).where(is_theirs, is_current, ~_is_located(work.actor)).limit(1)
    unseen: Placement | None = await work.session.scalar(query)
    return unseen
