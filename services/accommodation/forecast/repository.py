"""Counting past nights of each facility; about nobody."""

from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Final
from uuid import UUID

from sqlalchemy import Date, Select, and_, bindparam, case, func, or_, select
from sqlmodel import col

from services.accommodation.case.visibility import Reader
from services.accommodation.facilities import visibility as who
from services.accommodation.facilities.codes import StayState
from services.accommodation.facilities.models import Facility, Place, Stay
from services.accommodation.facilities.queries import DAY, WITH_PLACES_IN_USE
from shared.contract.codes import Region
from shared.data.columns import Rows
from shared.data.unit_of_work import UnitOfWork

_FROM_ON: Final = bindparam("from_on", type_=Date)


@dataclass(frozen=True, slots=True)
class Counted:
    """How many beds of a facility somebody had each night, the last one last; and how many it has now."""

    facility_id: UUID
    region: Region
    capacity: int
    nights: list[int]


@cache
def _places(reader: Reader) -> Select[UUID, Region, int]:
    return (
        select(col(Facility.id), col(Facility.region), func.count(col(Place.id)))
        .select_from(WITH_PLACES_IN_USE)
        .where(who.counts(reader))
        .group_by(col(Facility.id), col(Facility.region))
        .order_by(col(Facility.id))
    )


@cache
def _stays(reader: Reader) -> Rows:
    """Who is there has had every night since they came; who left those until they did."""
    begin = func.lower(col(Stay.during))
    has_left = and_(col(Stay.state) == StayState.LEFT, col(Stay.during).bool_op("&&")(func.daterange(_FROM_ON, DAY)))
    is_there = and_(col(Stay.state) == StayState.ARRIVED, begin < DAY)
    last = case((col(Stay.state) == StayState.ARRIVED, DAY), else_=func.upper(col(Stay.during)))
    return (
        select(col(Place.facility_id), begin, last, func.count(col(Stay.id)))
        .join(Place, col(Place.id) == col(Stay.place_id))
        .join(Facility, col(Facility.id) == col(Place.facility_id))
        .where(or_(has_left, is_there), ~col(Stay.shares_bed), who.counts(reader))
        .group_by(col(Place.facility_id), begin, last)
    )


async def nights_of_each(work: UnitOfWork, from_on: date, until: date) -> list[Counted]:
    """Each facility whose places the actor may count, with the nights from the one day until, but not on, the other: as the
    census counts them. Two statements, however many nights."""
    reader, asked = Reader.of(work.actor), {"org": work.actor.org, "from_on": from_on, "day": until}
    length = (until - from_on).days
    found = {
        facility_id: Counted(facility_id, region, capacity, [0] * length)
        for facility_id, region, capacity in await work.session.execute(_places(reader), asked)
    }
    for facility_id, begin, end, number in await work.session.execute(_stays(reader), asked):
        for night in range(max(0, (begin - from_on).days), min(length, ((end or until) - from_on).days)):
            found[facility_id].nights[night] += number
    work.audit(operation="place.forecast")
    return list(found.values())
