"""Counting places and stays of a night; about nobody."""

from collections.abc import Sequence
from datetime import date
from functools import cache
from typing import Any

from sqlalchemy import Boolean, bindparam, func, select
from sqlmodel import col

from services.accommodation.case.visibility import Reader
from services.accommodation.facilities import visibility as who
from services.accommodation.facilities.models import Facility, OutOfService, Place
from services.accommodation.facilities.queries import DAY, WITH_PLACES_IN_USE
from shared.data.columns import Rows
from shared.data.unit_of_work import UnitOfWork


@cache
def _occupancy(reader: Reader) -> Rows:
    taken = select(func.taken_on(DAY, bindparam("is_ahead", type_=Boolean)))
    closed = select(col(OutOfService.place_id)).where(col(OutOfService.during).op("@>")(DAY))
    return (
        select(
            col(Facility.id),
            col(Facility.region),
            func.count(col(Place.id)),
            func.count(col(Place.id)).filter(col(Place.id).in_(taken)),
            func.count(col(Place.id)).filter(col(Place.id).in_(closed)),
        )
        .select_from(WITH_PLACES_IN_USE)
        .where(who.counts(reader))
        .group_by(col(Facility.id), col(Facility.region))
        .order_by(col(Facility.id))
    )


async def occupancy_on(work: UnitOfWork, on: date, *, is_ahead: bool) -> Sequence[Any]:
    """Of each facility whose free places the actor may count: id, region, places, how many somebody has that night, and how many
    are out of service. A night that is ahead counts those who are expected; whoever is there is so until they leave."""
    work.audit(operation="place.occupancy")
    asked = {"org": work.actor.org, "day": on, "is_ahead": is_ahead}
    return (await work.session.execute(_occupancy(Reader.of(work.actor)), asked)).all()
