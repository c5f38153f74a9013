"""Counting past nights of each facility; about nobody."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import and_, case, func, or_, select
from sqlmodel import col

from services.accommodation.case.nights import nights
from services.accommodation.facilities import repository as facilities
from services.accommodation.facilities import visibility as who
from services.accommodation.facilities.codes import StayState
from services.accommodation.facilities.models import Facility, Place, Stay
from shared.contract.codes import Region
from shared.data.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class Counted:
    """How many beds of a facility somebody had each night, the last one last; and how many it has now."""

    facility_id: UUID
    region: Region
    capacity: int
    nights: list[int]


async def nights_of_each(work: UnitOfWork, from_on: date, until: date) -> list[Counted]:
    """Each facility whose places the actor may count, with the nights from the one day until, but not on, the other: as the
    census counts them. Two statements, however many nights."""
    places = (
        select(col(Facility.id), col(Facility.region), func.count(col(Place.id)))
        .select_from(facilities.with_places_in_use(until))
        .where(who.counts(work.actor))
        .group_by(col(Facility.id), col(Facility.region))
        .order_by(col(Facility.id))
    )
    length = (until - from_on).days
    found = {
        facility_id: Counted(facility_id, region, capacity, [0] * length)
        for facility_id, region, capacity in await work.session.execute(places)
    }
    # Who is there has had every night since they came; who left those until they did.
    has_left = and_(col(Stay.state) == StayState.LEFT, col(Stay.during).bool_op("&&")(nights(from_on, until)))
    is_there = and_(col(Stay.state) == StayState.ARRIVED, func.lower(col(Stay.during)) < until)
    last = case((col(Stay.state) == StayState.ARRIVED, until), else_=func.upper(col(Stay.during)))
    stays = (
        select(col(Place.facility_id), func.lower(col(Stay.during)), last, func.count(col(Stay.id)))
        .join(Place, col(Place.id) == col(Stay.place_id))
        .join(Facility, col(Facility.id) == col(Place.facility_id))
        .where(or_(has_left, is_there), ~col(Stay.shares_bed), who.counts(work.actor))
        .group_by(col(Place.facility_id), func.lower(col(Stay.during)), last)
    )
    for facility_id, begin, end, number in await work.session.execute(stays):
        for night in range(max(0, (begin - from_on).days), min(length, ((end or until) - from_on).days)):
            found[facility_id].nights[night] += number
    work.audit(operation="place.forecast")
    return list(found.values())
