"""The endpoint of the census."""

from typing import Annotated

from fastapi import Query

from services.accommodation.case.nights import night_of
from services.accommodation.case.policies import Reader
from services.accommodation.census import repository
from services.accommodation.census.schemas import Occupancy, OccupancyOn
from shared.contract.types import Day
from shared.runtime.service import service_router

router = service_router()


@router.get("/occupancy")
async def read_occupancy(
    work: Reader, on: Annotated[Day | None, Query(description="The night that begins that evening; tonight.")] = None
) -> OccupancyOn:
    """How the capacity is used on a night: for operators in their own facilities, for CMM in all, for US in those that it may
    know of."""
    tonight = night_of(work.now)
    night = on or tonight
    rows = await repository.occupancy_on(work, night, is_ahead=night >= tonight)
    names = ("facility_id", "region", "capacity", "occupied", "out_of_service")
    return OccupancyOn(on=night, items=[Occupancy(**dict(zip(names, row, strict=True))) for row in rows])
