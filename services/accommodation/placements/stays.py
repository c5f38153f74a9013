"""Placements: the person comes, and the person leaves."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from enum import StrEnum
from uuid import UUID

from services.accommodation.case.nights import first_of, nights
from services.accommodation.case.schemas import Remark
from services.accommodation.facilities.codes import StayState
from services.accommodation.facilities.models import Stay
from services.accommodation.placements import repository
from services.accommodation.placements.codes import PlacementStatus
from services.accommodation.placements.models import Placement
from shared.contract.codes import Region
from shared.contract.events import PersonArrived, PersonLeft
from shared.contract.personal import PersonalText
from shared.data.unit_of_work import UnitOfWork
from shared.http.etag import ExpectedVersion
from shared.kernel.clock import on_date
from shared.kernel.errors import Conflict, Unprocessable


class PlacementDoesNotAllow(Conflict):
    """The placement's status does not allow the step."""


class OutsideTheStay(Unprocessable):
    """The person came on a night that was not booked, or left before coming."""


class PlacementStep(StrEnum):
    """What happens to a placement."""

    ARRIVE = "arrive"
    LEAVE = "leave"


# Who never came leaves too: the place is free again.
ALLOWED: Mapping[PlacementStatus, tuple[PlacementStep, ...]] = {
    PlacementStatus.BOOKED: (PlacementStep.ARRIVE, PlacementStep.LEAVE),
    PlacementStatus.ARRIVED: (PlacementStep.LEAVE,),
    PlacementStatus.LEFT: (),
    PlacementStatus.MOVED: (),
}


async def arrive(
    work: UnitOfWork, *, placement_id: UUID, arrived_at: datetime | None, expected: ExpectedVersion
) -> tuple[Placement, Region]:
    """The person is at the place, since `arrived_at` or now."""
    placement, stay = await _take_step(work, placement_id, PlacementStep.ARRIVE, expected)
    arrived_at = (arrived_at or work.now).astimezone(UTC)
    if not stay.during.contains(on_date(arrived_at)):
        raise OutsideTheStay("The place is not booked for that night; offer it anew for the nights it is needed.")
    placement.status = PlacementStatus.ARRIVED
    placement.arrived_at = arrived_at
    placement.version += 1
    await repository.note_change(work, placement)
    work.record(
        PersonArrived(case_id=placement.case_id, occurred_at=work.now, placement_id=placement.id, arrived_at=arrived_at)
    )
    return placement, await repository.region_of(work, placement)


async def leave(
    work: UnitOfWork,
    *,
    placement_id: UUID,
    left_at: datetime | None,
    reason: PersonalText | None,
    disappeared: bool,
    expected: ExpectedVersion,
) -> tuple[Placement, Region]:
    """The person has left the place, which is free from that day on."""
    placement, stay = await _take_step(work, placement_id, PlacementStep.LEAVE, expected)
    left_at = (left_at or work.now).astimezone(UTC)
    if placement.arrived_at and left_at < placement.arrived_at:
        raise OutsideTheStay("The person cannot have left before coming.")
    placement.to_on = _shorten(stay, on_date(left_at))
    placement.status = PlacementStatus.LEFT
    placement.left_at = left_at
    placement.disappeared = disappeared
    placement.version += 1
    await repository.note_change(work, placement, Remark(text=reason) if reason else None)
    work.record(
        PersonLeft(
            case_id=placement.case_id,
            occurred_at=work.now,
            placement_id=placement.id,
            left_at=left_at,
            disappeared=disappeared,
        )
    )
    return placement, await repository.region_of(work, placement)


async def _take_step(
    work: UnitOfWork, placement_id: UUID, step: PlacementStep, expected: ExpectedVersion
) -> tuple[Placement, Stay]:
    """The placement, locked for the step: may the actor know it, is this the version they saw, is it allowed now?"""
    placement, stay = await repository.lock_placement(work, placement_id)
    expected.check(placement)
    allowed = ALLOWED[placement.status]
    if step not in allowed:
        raise PlacementDoesNotAllow(
            f"A placement that is {placement.status} allows " + (", ".join(allowed) + "." if allowed else "no change."),
            current_status=placement.status,
            allowed=list(allowed),
        )
    return placement, stay


def _shorten(stay: Stay, left_on: date) -> date:
    """End the stay on that day, and give it. Nights that were slept stay the person's; a stay of none ends."""
    first, last = first_of(stay.during), stay.during.upper
    ends_on = max(first, min(left_on, last or left_on))
    if ends_on == first:
        stay.state = StayState.ENDED
    else:
        stay.during = nights(first, ends_on)
    return ends_on
