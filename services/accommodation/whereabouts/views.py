"""Where a child is placed, as it is shown."""

from datetime import datetime
from uuid import UUID

from services.accommodation.placements.codes import PlacementStatus
from services.accommodation.whereabouts.domain import Found
from services.accommodation.whereabouts.schemas import PlacedWhere, PlacedWith
from shared.contract.visibility import Aspect


def see_where(found: Found, *, case_id: UUID, now: datetime) -> PlacedWhere:
    """Whom to go to: of a facility that is a secret who runs it and the region, of another one which it is and its contact."""
    if found.where is None:
        return PlacedWhere(case_id=case_id, placement=None, as_of=now)
    placement, facility, particulars, from_on = found.where
    is_named = not facility.secret_address and Aspect.PLACEMENT in found.known
    placed = PlacedWith(
        booked=placement.status is PlacementStatus.BOOKED,
        from_on=from_on,
        to_on=placement.to_on,
        region=facility.region,
        operator=facility.operator,
        facility_id=facility.id if is_named else None,
        contact=particulars.contact if is_named else None,
    )
    return PlacedWhere(case_id=case_id, placement=placed, as_of=now)
