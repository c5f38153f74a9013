"""A shelter's day: who comes, is there and goes on a night, in its own facilities, with what it has to know and no more."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from services.accommodation.case.nights import night_of
from services.accommodation.facilities.models import Stay
from services.accommodation.facilities.schemas import PlaceLabel
from services.accommodation.placements.codes import Movement, PlacementStatus
from services.accommodation.placements.models import Placement
from services.accommodation.placements.schemas import SealedNeeds
from services.accommodation.stays import repository
from shared.contract.codes import Purpose, Region
from shared.data.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class Moving:
    """A placement on a night, and what the facility knows of it."""

    placement: Placement
    region: Region
    label: PlaceLabel
    needs: SealedNeeds
    movement: Movement
    companions: Sequence[Stay] = ()
    """Who is there that night with the person."""


async def movements_on(
    work: UnitOfWork,
    *,
    on: date,
    purpose: Purpose,
    facility_id: UUID | None,
    status: PlacementStatus | None,
    after: Sequence[str | int] | None,
    limit: int,
) -> list[Moving]:
    """Whom the night that begins that evening concerns in the actor's own facilities (CMM: all), up to one more than `limit`;
    each is noted as read. Raises PurposeNotYours, and FacilityNotFound for another's facility."""
    found = await repository.on_night(
        work, on=on, purpose=purpose, facility_id=facility_id, status=status, after=after, limit=limit
    )
    tonight = night_of(work.now)
    along = await repository.companions_on(work, [placement.stay_id for placement, *_ in found], on=on)
    return [
        Moving(placement, region, label, needs, movement_of(placement, on, tonight=tonight), along[placement.stay_id])
        for placement, region, label, needs in found
    ]


def movement_of(placement: Placement, on: date, *, tonight: date) -> Movement:
    """What is to be expected of the person on that night."""
    if placement.status is PlacementStatus.BOOKED:
        if placement.from_on < tonight:
            return Movement.OVERDUE
        if placement.from_on == on:
            return Movement.ARRIVING
        return Movement.LEAVING if placement.to_on == on else Movement.HERE
    if placement.to_on is not None and placement.to_on <= on:
        return Movement.LEAVING if placement.to_on == on else Movement.OVERDUE
    return Movement.HERE
