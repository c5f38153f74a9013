"""Counting places and stays of a night; about nobody."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import func, select
from sqlmodel import col

from services.accommodation.facilities import repository as facilities
from services.accommodation.facilities import visibility as who
from services.accommodation.facilities.models import Facility, OutOfService, Place
from shared.data.unit_of_work import UnitOfWork


async def occupancy_on(work: UnitOfWork, on: date, *, is_ahead: bool) -> Sequence[Any]:
    """Of each facility whose free places the actor may count: id, region, places, how many somebody has that night, and how many
    are out of service. A night that is ahead counts those who are expected; whoever is there is so until they leave."""
    taken = select(func.taken_on(on, is_ahead))
    closed = select(col(OutOfService.place_id)).where(col(OutOfService.during).op("@>")(on))
    query = (
        select(
            col(Facility.id),
            col(Facility.region),
            func.count(col(Place.id)),
            func.count(col(Place.id)).filter(col(Place.id).in_(taken)),
            func.count(col(Place.id)).filter(col(Place.id).in_(closed)),
        )
        .select_from(facilities.with_places_in_use(on))
        .where(who.counts(work.actor))
        .group_by(col(Facility.id), col(Facility.region))
        .order_by(col(Facility.id))
    )
    work.audit(operation="place.occupancy")
    return (await work.session.execute(query)).all()
