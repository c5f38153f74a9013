"""The statements of the register, and which places are taken when. Each is made once: what differs by who asks, once for all
who are alike in it (`Reader`)."""

from functools import cache
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Date,
    FromClause,
    Select,
    Uuid,
    and_,
    bindparam,
    exists,
    false,
    func,
    null,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import DATERANGE
from sqlalchemy.orm import outerjoin
from sqlmodel import col

from services.accommodation.case.visibility import Reader
from services.accommodation.facilities import visibility as who
from services.accommodation.facilities.codes import StayState
from services.accommodation.facilities.models import Approval, Facility, OutOfService, Place, Stay, Unit
from shared.data.columns import NOW, ORGANISATION, any_of
from shared.data.positions import by_id

FACILITY_ID: Final = bindparam("facility_id", type_=Uuid)
PLACE_ID: Final = bindparam("place_id", type_=Uuid)
UNIT_ID: Final = bindparam("unit_id", type_=Uuid)
DAY: Final = bindparam("day", type_=Date)
WANTED: Final = bindparam("wanted", type_=DATERANGE)


# ---------------------------------------------------------------- facilities

RUNS_ANY: Final = select(exists().where(col(Facility.operator) == ORGANISATION))


@cache
def facility(reader: Reader) -> Select[Facility]:
    return select(Facility).where(col(Facility.id) == FACILITY_ID, who.knows(reader))


@cache
def facility_to_lock(reader: Reader) -> Select[Facility]:
    return facility(reader).with_for_update()


@cache
def facilities(reader: Reader) -> Select[Facility]:
    return by_id(select(Facility).where(who.knows(reader)), col(Facility.id))


APPROVALS: Final = select(Approval).where(col(Approval.facility_id) == FACILITY_ID)
PAGE_OF_APPROVALS: Final = by_id(APPROVALS, col(Approval.id))
_UNTIL: Final = func.upper(col(Approval.during))
APPROVALS_FROM: Final = APPROVALS.where(or_(_UNTIL.is_(None), bindparam("on", type_=Date) < _UNTIL))
APPROVAL_TO_LOCK: Final = APPROVALS.where(col(Approval.id) == bindparam("approval_id", type_=Uuid)).with_for_update()

# ---------------------------------------------------------------- places and units

PLACES: Final = select(Place).where(col(Place.facility_id) == FACILITY_ID)
PAGE_OF_PLACES: Final = by_id(PLACES, col(Place.id))
PLACE: Final = PLACES.where(col(Place.id) == PLACE_ID)
UNITS: Final = select(Unit).where(col(Unit.facility_id) == FACILITY_ID)
PAGE_OF_UNITS: Final = by_id(UNITS, col(Unit.id))
UNIT: Final = UNITS.where(col(Unit.id) == UNIT_ID)
CLOSURES: Final = select(OutOfService).where(col(OutOfService.place_id) == PLACE_ID)
PAGE_OF_CLOSURES: Final = by_id(CLOSURES, col(OutOfService.id))
CLOSURE_TO_LOCK: Final = CLOSURES.where(col(OutOfService.id) == bindparam("closure_id", type_=Uuid)).with_for_update()
ANY_PLACE: Final = (
    select(Place, Facility, Unit)
    .join(Facility, col(Facility.id) == col(Place.facility_id))
    .join(Unit, col(Unit.id) == col(Place.unit_id), isouter=True)
    .where(col(Place.id) == PLACE_ID)
)


@cache
def place(reader: Reader) -> Select[Place, Facility, Unit]:
    return ANY_PLACE.where(who.knows(reader))


@cache
def place_to_lock(reader: Reader) -> Select[Place, Facility, Unit]:
    return place(reader).with_for_update(of=Place).execution_options(populate_existing=True)


def _is_open(what: type[Place] | type[Unit]) -> ColumnElement[bool]:
    return and_(
        or_(col(what.available_from).is_(None), col(what.available_from) <= DAY),
        or_(col(what.available_until).is_(None), col(what.available_until) >= DAY),
    )


def _with_places_in_use() -> FromClause:
    in_open_unit = col(Place.unit_id).in_(select(col(Unit.id)).where(_is_open(Unit)))
    is_open = and_(_is_open(Place), or_(col(Place.unit_id).is_(None), in_open_unit))
    somebody_is_there = col(Place.id).in_(select(func.taken_on(DAY, false())))
    in_use = or_(is_open, somebody_is_there)
    return outerjoin(Facility, Place, and_(col(Place.facility_id) == col(Facility.id), in_use))


WITH_PLACES_IN_USE: Final = _with_places_in_use()
"""Facilities with the places that they have on a day, out of service or not; and those in which somebody is, or was, whatever the
places' own days are."""

# ---------------------------------------------------------------- which places are taken


def takes(wanted: Any, now: Any) -> ColumnElement[bool]:
    """A stay that has a place on some of these nights. Whoever is there has it without an end, whatever the plan said; a hold
    has it until it expires, whether or not anyone has noted that."""
    holds = or_(
        any_of(col(Stay.state), [StayState.BOOKED, StayState.LEFT]),
        and_(col(Stay.state) == StayState.HELD, col(Stay.held_until) > now),
    )
    during = col(Stay.during)
    is_there = and_(col(Stay.state) == StayState.ARRIVED, _without_end(during).bool_op("&&")(wanted))
    return and_(or_(and_(during.bool_op("&&")(wanted), holds), is_there), ~col(Stay.shares_bed))


def _without_end(during: Any) -> ColumnElement[Any]:
    """From the first of these nights on."""
    return func.daterange(func.lower(during), None, type_=DATERANGE)


IS_TAKEN: Final = select(exists().where(col(Stay.place_id) == PLACE_ID, takes(WANTED, NOW)))
END_EXPIRED_HOLDS: Final = select(func.end_expired_holds(PLACE_ID, bindparam("case_id", type_=Uuid), NOW))
END_EXPIRED_HOLDS_IN_UNIT: Final = select(func.end_expired_holds(col(Place.id), null(), NOW)).where(
    col(Place.unit_id) == UNIT_ID
)
