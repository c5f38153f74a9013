"""The statements of placements and the stays behind them. Each is made once: what differs by who asks, once for all who are alike
in it (`Reader`)."""

from collections.abc import Sequence
from functools import cache
from typing import Final, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, Date, Select, Uuid, and_, bindparam, exists, func, or_, select, text, union
from sqlalchemy.orm import aliased
from sqlmodel import col

from services.accommodation.case.models import CaseParty
from services.accommodation.case.repository import CASE_ID, MEMBERS, recorded_since_merged
from services.accommodation.case.visibility import Reader
from services.accommodation.facilities.codes import CompanionKind, StayState
from services.accommodation.facilities.models import Facility, Place, Stay
from services.accommodation.facilities.queries import FACILITY_ID
from services.accommodation.placements.codes import PlacementStatus
from services.accommodation.placements.models import Offer, Placement, PlacementRequest
from services.accommodation.placements.queries import (
    deals_with,
    flags,
    has_children_there,
    is_located,
    knows_place,
    lets_know,
)
from shared.contract.visibility import Aspect, Part
from shared.data.columns import NOW, ORGANISATION, Rows, any_asked, any_of, is_one_of
from shared.data.positions import newest_first

QueryT = TypeVar("QueryT", bound=Rows)

_IS_ASKED_FOR: Final = col(Placement.id) == bindparam("placement_id", type_=Uuid)
_IN_FACILITY: Final = col(Placement.facility_id) == FACILITY_ID
_STAY: Final = bindparam("stay_id", type_=Uuid)
_IS_OF_PERSON: Final = col(Placement.case_id).in_(MEMBERS)


def _is_run_by(reader: Reader) -> ColumnElement[bool]:
    """Whose day it is: those who may know the place of everybody there, in a role that does."""
    return lets_know(reader, Placement, Aspect.HIDDEN_PLACEMENT)


_COMES_ALONG: Final = and_(
    col(Stay.person_id) == func.person_of(CASE_ID),
    col(Stay.state) == StayState.ARRIVED,
    col(Stay.with_stay_id).is_not(None),
    col(Stay.case_id).in_(MEMBERS),
)
_WITH: Final = select(col(Stay.with_stay_id)).where(_COMES_ALONG)
_WITH_SINCE: Final = _WITH.where(recorded_since_merged(col(Stay.case_id), col(Stay.joined_at)))
_OWN, _ANOTHERS = aliased(Placement), aliased(Placement)
# By their indexes: the rows of one person are few, and whatever else is asked is asked of these.
_MAY_BE_OF_PERSON: Final = col(Placement.id).in_(
    union(
        select(col(_OWN.id)).where(col(_OWN.case_id).in_(MEMBERS)),
        select(col(_ANOTHERS.id)).where(col(_ANOTHERS.stay_id).in_(_WITH)),
    )
)


def _is_along(reader: Reader) -> ColumnElement[bool]:
    """Whether the person lives there with whom the placement is of: for whose own facility it is and CMM, and for a party of the
    case that is asked about, as far as it was recorded there; others would learn of the two that they are together."""
    is_party = exists().where(col(CaseParty.case_id) == CASE_ID, col(CaseParty.org) == ORGANISATION)
    return or_(
        and_(_is_run_by(reader), col(Placement.stay_id).in_(_WITH)),
        and_(is_party, col(Placement.stay_id).in_(_WITH_SINCE)),
    )


def _of_person(reader: Reader) -> ColumnElement[bool]:
    return and_(_MAY_BE_OF_PERSON, or_(_IS_OF_PERSON, _is_along(reader)))


# ---------------------------------------------------------------- one placement, or one stay


@cache
def placement_to_lock(reader: Reader, *, by_payer: bool) -> Select[Placement, Stay]:
    # The stay first: a merge says whose the stay is, and then asks for whom the placement is paid. The other way round it and
    # whoever takes a step would wait for each other.
    return (
        select(Placement, Stay)
        .select_from(Stay)
        .join(Placement, col(Placement.stay_id) == col(Stay.id))
        .where(_IS_ASKED_FOR, is_located(reader) if by_payer else knows_place(reader, Placement))
        .with_for_update()
    )


@cache
def is_place_known(reader: Reader) -> Select[bool]:
    return select(exists().where(_IS_ASKED_FOR, knows_place(reader, Placement)))


@cache
def placement_of_offer(reader: Reader) -> Select[Placement]:
    return (
        select(Placement)
        .select_from(Stay)
        .join(Placement, col(Placement.stay_id) == col(Stay.id))
        .join(Offer, col(Offer.placement_id) == col(Placement.id))
        .where(
            col(Offer.id) == bindparam("offer_id", type_=Uuid),
            deals_with(reader, Offer),
            knows_place(reader, Placement),
        )
        .with_for_update(of=[Stay, Placement])
    )


IS_CONFIRMED: Final = select(
    exists().where(
        col(Offer.placement_id) == bindparam("placement_id", type_=Uuid), col(Offer.confirmed_at).is_not(None)
    )
)
NEXT_TAKEN: Final = select(func.next_stay(_STAY, bindparam("after", type_=Date), NOW))
_IS_IN_THE_WAY: Final = and_(
    col(Stay.id) != _STAY,
    col(Stay.state) != StayState.ENDED,
    col(Stay.during).bool_op("&&")(func.daterange(bindparam("from_on", type_=Date), bindparam("until", type_=Date))),
    or_(
        and_(col(Stay.place_id) == bindparam("place_id", type_=Uuid), ~col(Stay.shares_bed)),
        and_(
            col(Stay.person_id) == bindparam("person_id", type_=Uuid),
            ~col(Stay.is_double),
            col(Stay.instead_of_id).is_(None),
        ),
    ),
)
IN_THE_WAY: Final = (
    select(Stay).where(_IS_IN_THE_WAY).order_by(func.lower(col(Stay.during)), col(Stay.id)).with_for_update()
)
OFFERS_IN_THE_WAY: Final = (
    select(Offer)
    .join(Stay, col(Stay.id) == col(Offer.stay_id))
    .where(_IS_IN_THE_WAY, col(Stay.state) == StayState.HELD)
    .order_by(col(Offer.id))
    .with_for_update(of=[Offer])
)
PLACEMENT_BEHIND: Final = select(Placement).where(col(Placement.stay_id) == _STAY).with_for_update()
OFFER_BEHIND: Final = select(Offer).where(col(Offer.stay_id) == _STAY).with_for_update()
COMPANIONS: Final = (
    select(Stay)
    .where(col(Stay.with_stay_id) == _STAY, col(Stay.state) == StayState.ARRIVED)
    .order_by(col(Stay.id))
    .with_for_update()
)

_ON: Final = bindparam("on", type_=Date)
COMPANIONS_ON: Final = (
    select(Stay)
    .where(
        any_asked(col(Stay.with_stay_id), "stay_ids"),
        or_(
            and_(col(Stay.state) == StayState.ARRIVED, func.lower(col(Stay.during)) <= _ON),
            and_(col(Stay.state) == StayState.LEFT, col(Stay.during).bool_op("@>")(_ON)),
        ),
    )
    .order_by(col(Stay.joined_at), col(Stay.id))
)
"""Whoever is there has no end; whoever has left slept the nights of the stay."""

# ---------------------------------------------------------------- placements, as far as who asks may know of them


def _as_seen(reader: Reader) -> tuple[Sequence[Part], Rows]:
    """Placements with their facility, as far as row level security shows it, whether who asks may know the place, and the
    parts that it has in each."""
    parts, holds = flags(reader, Placement)
    query: Rows = (
        select(Placement, col(Facility.region), knows_place(reader, Placement), *holds)
        .select_from(Placement)
        .outerjoin(Facility, col(Facility.id) == col(Placement.facility_id))
    )
    return parts, query


def _page(query: QueryT, *, by_status: bool, goes_on: bool) -> QueryT:
    """A page of placements, newest first."""
    if by_status:
        query = query.where(col(Placement.status) == bindparam("status"))
    return newest_first(query, col(Placement.from_on), col(Placement.id), goes_on=goes_on)


@cache
def placement(reader: Reader) -> tuple[Sequence[Part], Rows]:
    """For whose organisation learns at least that the person has a place."""
    parts, query = _as_seen(reader)
    return parts, query.where(_IS_ASKED_FOR, lets_know(reader, Placement, Aspect.PLACED, in_any_role=True))


@cache
def placements_of_person(reader: Reader, *, by_status: bool, goes_on: bool) -> tuple[Sequence[Part], Rows]:
    parts, query = _as_seen(reader)
    query = query.where(_of_person(reader), is_located(reader))
    return parts, _page(query, by_status=by_status, goes_on=goes_on)


@cache
def placements_run(
    reader: Reader, *, of_person: bool, in_facility: bool, by_status: bool, goes_on: bool
) -> tuple[Sequence[Part], Rows]:
    parts, query = _as_seen(reader)
    query = query.where(_is_run_by(reader))
    if of_person:
        query = query.where(_of_person(reader))
    if in_facility:
        query = query.where(_IN_FACILITY)
    return parts, _page(query, by_status=by_status, goes_on=goes_on)


@cache
def placed_unseen(reader: Reader, *, of_all_members: bool) -> Select[Placement]:
    """One that the person has now at a place that who asks may not know: recorded in any case of theirs, or in the one that is
    asked about and in the others since these were merged."""
    is_theirs = (
        _IS_OF_PERSON if of_all_members else recorded_since_merged(col(Placement.case_id), col(Placement.booked_at))
    )
    is_current = any_of(col(Placement.status), [PlacementStatus.BOOKED, PlacementStatus.ARRIVED])
    return select(Placement).where(is_theirs, is_current, ~is_located(reader)).limit(1)


ALONG: Final = select(_WITH_SINCE.exists())
"""Whether the person lives with somebody now, as far as it was recorded in this case or since it was merged; for Havn itself."""


@cache
def along_with(reader: Reader) -> Select[bool]:
    """Whether who asks may know where that is."""
    return select(select(col(Placement.id)).where(_is_along(reader), is_located(reader)).exists())


LIVES_ON: Final = text("""
    WITH RECURSIVE ahead AS (
        SELECT p.moved_to_id AS id FROM placement p WHERE p.id = :placement_id
        UNION ALL SELECT p.moved_to_id FROM ahead a JOIN placement p ON p.id = a.id)
    SELECT EXISTS (SELECT FROM ahead a JOIN placement p ON p.id = a.id WHERE p.status = 'arrived')
""")
"""Whether somebody who was moved from the placement lives where they were moved to; for Havn itself."""
PLACED_ABOVE: Final = select(func.placed_above(CASE_ID))

# ---------------------------------------------------------------- a facility's day


@cache
def on_night(
    reader: Reader, *, in_facility: bool, by_status: bool, goes_on: bool
) -> Select[Placement, Facility, Place, PlacementRequest]:
    on = bindparam("on", type_=Date)
    is_there = or_(
        col(Placement.to_on).is_(None),
        col(Placement.to_on) >= on,
        is_one_of(col(Placement.status), [PlacementStatus.ARRIVED]),
    )
    never_came = and_(col(Placement.status) == PlacementStatus.LEFT, col(Placement.arrived_at).is_(None))
    query = (
        select(Placement, Facility, Place, PlacementRequest)
        .join(Facility, col(Facility.id) == col(Placement.facility_id))
        .join(Place, col(Place.id) == col(Placement.place_id))
        .join(PlacementRequest, col(PlacementRequest.id) == col(Placement.request_id))
        .where(_is_run_by(reader), col(Placement.from_on) <= on, is_there, ~never_came)
    )
    if in_facility:
        query = query.where(_IN_FACILITY)
    return _page(query, by_status=by_status, goes_on=goes_on)


def _requests_behind() -> Select[PlacementRequest, UUID | None, bool]:
    live = or_(
        any_of(col(Stay.state), [StayState.BOOKED, StayState.ARRIVED]),
        and_(col(Stay.state) == StayState.HELD, col(Stay.held_until) > NOW),
    )
    offered = select(col(Offer.request_id), col(Offer.place_id), col(Offer.stay_id)).join(
        Stay, col(Stay.id) == col(Offer.stay_id)
    )
    placed = select(col(Placement.request_id), col(Placement.place_id), col(Placement.stay_id)).join(
        Stay, col(Stay.id) == col(Placement.stay_id)
    )
    child = aliased(Stay)  # which may sleep in another unit than the person
    with_them = select(col(Placement.request_id), col(child.place_id), col(Placement.stay_id)).join(
        child, col(child.with_stay_id) == col(Placement.stay_id)
    )
    is_there = and_(col(child.state) == StayState.ARRIVED, col(child.joined_as) == CompanionKind.CHILD)
    theirs = union(
        offered.where(col(Offer.facility_id) == FACILITY_ID, live),
        placed.where(_IN_FACILITY, live),
        with_them.where(_IN_FACILITY, is_there),
    ).subquery()
    return (
        select(PlacementRequest, col(Place.unit_id), has_children_there(theirs.c.stay_id))
        .join(theirs, theirs.c.request_id == col(PlacementRequest.id))
        .join(Place, col(Place.id) == theirs.c.place_id)
    )


REQUESTS_BEHIND: Final = _requests_behind()
"""What was asked for by those for whom a facility has a place, in which unit, and whether children live there with them."""
