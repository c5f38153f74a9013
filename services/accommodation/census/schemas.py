"""What HTTP gives of the use of capacity."""

from uuid import UUID

from shared.contract.codes import Region
from shared.contract.types import Answer, Day


class Occupancy(Answer):
    """A facility on a night: its places, how many somebody has, and how many cannot be used."""

    facility_id: UUID
    region: Region
    capacity: int
    occupied: int
    out_of_service: int


class OccupancyOn(Answer):
    on: Day
    items: list[Occupancy]
