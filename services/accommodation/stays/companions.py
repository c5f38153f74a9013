"""Who comes along: a child under three shares the bed of whom it came with, everybody else has one of the same facility."""

from datetime import UTC, date, datetime
from uuid import UUID

from services.accommodation.case import repository as cases
from services.accommodation.case.nights import night_of, nights
from services.accommodation.facilities import repository as facilities
from services.accommodation.facilities.codes import CompanionKind, PlaceKind, StayState
from services.accommodation.facilities.models import Facility, Stay
from services.accommodation.placements import matching
from services.accommodation.placements.codes import FitRule
from services.accommodation.placements.models import Placement
from services.accommodation.placements.repository import PlaceDoesNotFit
from services.accommodation.stays import repository
from services.accommodation.stays.domain import OutsideTheStay, PlacementStep, changed, take_step
from services.accommodation.stays.schemas import Companion
from services.accommodation.vacancies.repository import candidates
from shared.data.unit_of_work import UnitOfWork
from shared.http.etag import ExpectedVersion
from shared.kernel.clock import months_after, on_date
from shared.kernel.errors import Conflict

BED_OF_ITS_OWN_MONTHS = 36
"""How old a child is that takes a place of its own (docs/rules.md, housing-5) [A]."""


class PlaceElsewhere(Conflict):
    """Who comes along is housed in the same facility."""


async def join(
    work: UnitOfWork, *, placement_id: UUID, said: Companion, expected: ExpectedVersion
) -> tuple[Placement, Stay]:
    """Somebody comes along, or is born there. Raises PlaceDoesNotFit where the facility has no place for them, or they have one
    elsewhere."""
    placement, stay = await take_step(work, placement_id, PlacementStep.JOIN, expected)
    joined_at = (said.joined_at or work.now).astimezone(UTC)
    arrived_at = placement.arrived_at or joined_at
    if joined_at < arrived_at:
        raise OutsideTheStay("Nobody comes along before the person has come.")
    if said.case_id and not await cases.is_known_to(work, said.case_id):
        raise cases.CaseNotFound
    _, facility = await facilities.place_of(work, placement.place_id)
    if said.kind is CompanionKind.CHILD and not facility.families and FitRule.FAMILIES not in placement.exceptions:
        raise PlaceDoesNotFit([FitRule.FAMILIES])
    is_newborn = said.born_on is None and said.case_id is None and joined_at > arrived_at
    is_small = said.kind is CompanionKind.CHILD and (is_newborn or _is_small(said.born_on, on_date(joined_at)))
    companion = Stay(
        place_id=stay.place_id,
        case_id=said.case_id,
        during=nights(night_of(joined_at), None),
        state=StayState.ARRIVED,
        with_stay_id=stay.id,
        shares_bed=is_small,
        joined_as=said.kind,
        joined_at=joined_at,
    )
    if not is_small:
        companion.place_id = await _place_for(work, companion, facility, said.place_id)
    await repository.add_stay(work, companion)
    await changed(work, placement)
    return placement, companion


def _is_small(born_on: date | None, on: date) -> bool:
    return born_on is not None and on < months_after(born_on, BED_OF_ITS_OWN_MONTHS)


async def bring_along(work: UnitOfWork, left: Stay, to: Stay, facility: Facility, *, at: datetime) -> None:
    """Who came along moves with the person. Raises PlaceDoesNotFit where the household would be parted."""
    companion = Stay(
        place_id=to.place_id,
        case_id=left.case_id,
        during=nights(night_of(at), None),
        state=StayState.ARRIVED,
        with_stay_id=to.id,
        shares_bed=left.shares_bed,
        joined_as=left.joined_as,
        joined_at=at,
    )
    if not companion.shares_bed:
        try:
            companion.place_id = await _place_for(work, companion, facility, None)
        except PlaceDoesNotFit:
            raise PlaceDoesNotFit([FitRule.HOUSEHOLD]) from None
    await repository.add_stay(work, companion)


async def _place_for(work: UnitOfWork, companion: Stay, facility: Facility, place_id: UUID | None) -> UUID:
    """A place of the same facility that is free: the one that is named, or an ordinary one first. A child's is in no unit without
    families, unless its person is in one."""
    first = nights(companion.during.lower, None)
    asks_for_families = companion.joined_as is CompanionKind.CHILD and facility.families
    free = [
        candidate
        for candidate in await candidates(work, first, facility_id=facility.id)
        if not matching.place_against(candidate, first) and (candidate.facility.families or not asks_for_families)
    ]
    if place_id:
        named, its_facility = await facilities.lock_place(work, place_id)
        if its_facility.id != facility.id:
            raise PlaceElsewhere("Who comes along is housed in the same facility; name a place of it, or none.")
        if asks_for_families and not its_facility.families:
            raise PlaceDoesNotFit([FitRule.FAMILIES])
        if any(named.id in candidate.place_ids for candidate in free):
            return named.id
        raise PlaceDoesNotFit([FitRule.OCCUPIED])
    if not free:
        raise PlaceDoesNotFit([FitRule.OCCUPIED])
    best = min(free, key=lambda candidate: (candidate.kind is PlaceKind.PEAK, min(candidate.place_ids)))
    return min(best.place_ids)
