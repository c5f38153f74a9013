"""Who has which part in a request, an offer or a placement, as a condition of statements; and the statements of requests. Each
is made once: what differs by who asks, once for all who are alike in it (`Reader`)."""

from collections.abc import Sequence
from functools import cache
from typing import Any, Final

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Date,
    Select,
    Uuid,
    and_,
    bindparam,
    exists,
    false,
    func,
    or_,
    select,
    true,
)
from sqlalchemy.orm import Mapped, aliased
from sqlmodel import col

from services.accommodation.case.codes import HousingAuthority
from services.accommodation.case.repository import CASE_ID, MEMBERS, has_part, is_party, is_withdrawn_from
from services.accommodation.case.visibility import Reader
from services.accommodation.facilities.codes import CompanionKind, StayState
from services.accommodation.facilities.models import Facility, Stay
from services.accommodation.facilities.queries import WANTED
from services.accommodation.placements.codes import OfferStatus, RequestStatus
from services.accommodation.placements.models import Offer, Placement, PlacementRequest
from shared.contract.codes import MoveReason
from shared.contract.organisations import OrganisationKind
from shared.contract.visibility import PARTS, Aspect, Part, may_know
from shared.data.columns import NOW, ORGANISATION, Rows, any_asked
from shared.data.positions import newest_first

About = type[PlacementRequest] | type[Offer] | type[Placement]


def _facility_is(facility_id: Mapped[Any], *conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    # Never the facility that the statement around this one may have joined.
    return exists().where(col(Facility.id) == facility_id, *conditions).correlate_except(Facility)


def _runs(facility_id: Mapped[Any]) -> ColumnElement[bool]:
    return _facility_is(facility_id, col(Facility.operator) == ORGANISATION)


def parts_of(reader: Reader, about: About) -> dict[Part, ColumnElement[bool]]:
    """The parts that the organisation that asks can have in a request, an offer or a placement, and in which it has them."""
    case_id = col(about.case_id)
    parts = {
        Part.REQUESTER: and_(col(about.requested_by) == ORGANISATION, ~is_withdrawn_from(case_id)),
        Part.OPERATOR: _runs(col(about.facility_id))
        if not issubclass(about, PlacementRequest)
        else exists().where(col(Offer.request_id) == col(about.id), _runs(col(Offer.facility_id))),
        Part.REFERRER: has_part(case_id, Part.REFERRER),
    }
    if reader.kind is OrganisationKind.NATIONAL_CENTRE:
        return {Part.CENTRE: true()} | parts
    if reader.kind is OrganisationKind.IMMIGRATION_AUTHORITY:
        of_us = {
            Part.AUTHORITY: has_part(case_id, Part.AUTHORITY),
            Part.AUTHORITY_OF_BOTH: has_part(func.person_of(case_id), Part.AUTHORITY),
            Part.PAYER: col(about.payer) == HousingAuthority.US,
        }
        return of_us | parts
    return parts


def flags(reader: Reader, about: About) -> tuple[Sequence[Part], list[ColumnElement[bool]]]:
    """The parts that who asks can have in a row, and a column for each that says whether it has."""
    parts = parts_of(reader, about)
    return tuple(parts), list(parts.values())


@cache
def parts_in_each(reader: Reader, about: About) -> tuple[Sequence[Part], Rows]:
    """Of these `ids`, which of the parts who asks has in each."""
    parts, holding = flags(reader, about)
    query: Rows = select(col(about.id), *holding)
    return parts, query.where(any_asked(col(about.id), "ids"))


def lets_know(reader: Reader, about: About, aspect: Aspect, *, in_any_role: bool = False) -> ColumnElement[bool]:
    """Of which rows the table lets who asks know this, by the parts that it has in each; `in_any_role`: of which it lets its
    organisation."""
    lets = [
        holds
        for part, holds in parts_of(reader, about).items()
        if aspect in (PARTS[part] if in_any_role else may_know(reader, part))
    ]
    return or_(false(), *lets)


def deals_with(reader: Reader, about: type[PlacementRequest] | type[Offer]) -> ColumnElement[bool]:
    """Whoever asked for the place or is asked for it; CMM, which coordinates; and US where the case is its own, or it pays."""
    return lets_know(reader, about, Aspect.NEEDS, in_any_role=True)


def knows_place(reader: Reader, about: type[Offer] | type[Placement]) -> ColumnElement[bool]:
    """The operator and CMM; whoever deals with it besides, unless the facility is a secret, or the person was moved for their
    safety: from then on nobody else knows where they live and lived (docs/rules.md, housing-10)."""
    is_open = _facility_is(col(about.facility_id), ~col(Facility.secret_address))
    return or_(
        lets_know(reader, about, Aspect.HIDDEN_PLACEMENT),
        and_(lets_know(reader, about, Aspect.PLACEMENT), is_open, ~_was_moved_for_safety(col(about.case_id))),
    )


def is_located(reader: Reader) -> ColumnElement[bool]:
    """Of which placements who asks knows the place, or the region; to everybody else a person who is moved is at one placement
    that goes on."""
    return or_(knows_place(reader, Placement), lets_know(reader, Placement, Aspect.REGION))


def _was_moved_for_safety(case_id: Mapped[Any]) -> ColumnElement[bool]:
    """Whether the person of the case was ever moved for their safety."""
    left = aliased(Placement)
    return (
        exists()
        .where(col(left.case_id) == case_id, col(left.moved_because) == MoveReason.SAFETY)
        .correlate_except(left)
    )


# ---------------------------------------------------------------- requests

WITH_NEEDS: Final = (
    select(PlacementRequest)
    .where(any_asked(col(PlacementRequest.case_id), "case_ids"), func.length(col(PlacementRequest.needs)) > 0)
    .order_by(col(PlacementRequest.requested_at), col(PlacementRequest.id))
)
OPEN_TO_LOCK: Final = WITH_NEEDS.where(col(PlacementRequest.status) == RequestStatus.OPEN).with_for_update()
REQUEST_ID: Final = bindparam("request_id", type_=Uuid)
_TO_ON: Final = col(PlacementRequest.to_on)
OPEN_TO_COME: Final = select(func.count()).where(
    col(PlacementRequest.case_id).in_(MEMBERS),
    col(PlacementRequest.status) == RequestStatus.OPEN,
    or_(_TO_ON.is_(None), bindparam("tonight", type_=Date) < _TO_ON),
    or_(bindparam("of_all", type_=Boolean), col(PlacementRequest.requested_by) == ORGANISATION),
)
"""`of_all`: whoever asks; else those of the organisation itself, as others' may be none of its business."""
_IS_HELD: Final = and_(col(Offer.status) == OfferStatus.HELD, col(Offer.expires_at) > NOW)
_IS_HELD_FOR: Final = (
    exists().where(col(Offer.request_id) == col(PlacementRequest.id), _IS_HELD).correlate(PlacementRequest)
)


def as_seen(reader: Reader) -> tuple[Sequence[Part], Rows]:
    """Requests, whether a place is held for each, and which of the parts who asks has in it."""
    parts, holding = flags(reader, PlacementRequest)
    query: Rows = select(PlacementRequest, _IS_HELD_FOR, *holding)
    return parts, query


@cache
def request(reader: Reader) -> tuple[Sequence[Part], Rows]:
    """One of them."""
    parts, query = as_seen(reader)
    return parts, query.where(col(PlacementRequest.id) == REQUEST_ID, deals_with(reader, PlacementRequest))


@cache
def requests(
    reader: Reader, status: RequestStatus | None, *, of_case: bool, goes_on: bool
) -> tuple[Sequence[Part], Rows]:
    """A page of them."""
    parts, query = as_seen(reader)
    query = query.where(lets_know(reader, PlacementRequest, Aspect.NEEDS))
    if of_case:
        is_shown_merged = true() if reader.kind is OrganisationKind.NATIONAL_CENTRE else is_party(CASE_ID)
        of_members = and_(col(PlacementRequest.case_id).in_(MEMBERS), is_shown_merged)
        query = query.where(or_(col(PlacementRequest.case_id) == CASE_ID, of_members))
    if status:
        stored = RequestStatus.OPEN if status is RequestStatus.OFFERED else status
        query = query.where(col(PlacementRequest.status) == stored)
    if status in (RequestStatus.OPEN, RequestStatus.OFFERED):
        query = query.where(_IS_HELD_FOR if status is RequestStatus.OFFERED else ~_IS_HELD_FOR)
    at, ref = col(PlacementRequest.requested_at), col(PlacementRequest.id)
    return parts, newest_first(query, at, ref, goes_on=goes_on)


@cache
def stay_now(reader: Reader, *, is_locked: bool) -> Select[Stay]:
    """Where the person of a case is now, by a placement that the reader may know to have ended once they are moved."""
    query = (
        select(Stay)
        .join(Placement, col(Placement.stay_id) == col(Stay.id))
        .where(
            col(Placement.id) == bindparam("placement_id", type_=Uuid),
            col(Stay.state) == StayState.ARRIVED,
            func.person_of(col(Placement.case_id)) == func.person_of(CASE_ID),
            is_located(reader),
        )
    )
    return query.with_for_update(of=Stay) if is_locked else query


@cache
def request_to_lock(reader: Reader) -> Select[PlacementRequest]:
    allowed = or_(deals_with(reader, PlacementRequest), is_party(col(PlacementRequest.case_id)))
    return select(PlacementRequest).where(col(PlacementRequest.id) == REQUEST_ID, allowed).with_for_update()


_HELD_FOR: Final = select(col(Offer.stay_id)).where(col(Offer.request_id) == REQUEST_ID, _IS_HELD)
_BUT_FOR: Final = func.coalesce(bindparam("own_stay", type_=Uuid), _HELD_FOR.limit(1).scalar_subquery())
IS_HOUSED: Final = select(func.is_elsewhere(CASE_ID, WANTED, NOW, _BUT_FOR))
IS_HOUSED_UNDER_IT: Final = select(func.is_elsewhere_under(CASE_ID, WANTED, NOW, _BUT_FOR))
"""By the stays of the very case."""


def has_children_there(stay_id: ColumnElement[Any]) -> ColumnElement[bool]:
    """Whether children who came along live there with the person of this stay."""
    child = aliased(Stay)
    is_there = and_(col(child.state) == StayState.ARRIVED, col(child.joined_as) == CompanionKind.CHILD)
    return exists().where(col(child.with_stay_id) == stay_id, is_there).correlate_except(child)


CHILDREN_THERE: Final = select(has_children_there(bindparam("stay_id", type_=Uuid)))
