"""What HTTP shows of placements, and to whom a place is named."""

from collections.abc import Sequence

from services.accommodation.facilities.codes import CompanionKind
from services.accommodation.facilities.models import Stay
from services.accommodation.placements.codes import FitRule, PlacementStatus, reasons_of
from services.accommodation.placements.models import Placement
from services.accommodation.placements.visibility import SeenPlacement
from services.accommodation.responsibility.schemas import AuthorityAlone
from services.accommodation.stays.day import Moving
from services.accommodation.stays.payer_history import PayerFrom
from services.accommodation.stays.schemas import (
    ArrivedDetails,
    Booked,
    CompanionDetails,
    CompanionThere,
    DayItem,
    FitWarning,
    Placed,
    PlacedInRegion,
    PlacementDetails,
    ResponsibilityFrom,
    ResponsibilityHistory,
)
from shared.contract.codes import Region
from shared.contract.visibility import Aspect


def see_placement(placement: Placement, region: Region) -> PlacementDetails:
    """The placement, for those who may know the place."""
    return PlacementDetails(placement_id=placement.id, region=region, **placement.model_dump())


def see_arrived(placement: Placement, region: Region, against: Sequence[FitRule]) -> ArrivedDetails:
    """The placement of who has come, with what speaks against it."""
    warnings = [FitWarning(**each) for each in reasons_of(against)]
    return ArrivedDetails(placement_id=placement.id, region=region, warnings=warnings, **placement.model_dump())


def see_placed(seen: SeenPlacement) -> PlacementDetails | PlacedInRegion | Placed | Booked:
    """The placement and its version, for who may know the place; the region for who pays; for another party of the case whether
    there is a place and nothing else."""
    placement, region = seen.placement, seen.region
    if region and seen.knows_place:
        return see_placement(placement, region).tagged(placement)
    is_booked = placement.status is PlacementStatus.BOOKED
    is_placed = placement.status is PlacementStatus.ARRIVED or seen.goes_on
    if region and Aspect.REGION in seen.known:
        fields = placement.model_dump(include={"case_id", "status", "from_on", "to_on"})
        shown = PlacedInRegion(placed=is_placed, booked=is_booked, placement_id=placement.id, region=region, **fields)
        return shown.tagged(placement)
    return Booked() if is_booked else Placed(placed=is_placed)


def see_movement(moving: Moving) -> DayItem:
    """Somebody on a night, for the facility."""
    said = moving.needs.for_the_facility
    lives_there = moving.placement.status in (PlacementStatus.BOOKED, PlacementStatus.ARRIVED)
    return DayItem(
        placement=see_placement(moving.placement, moving.region),
        label=moving.label.label,
        movement=moving.movement,
        arrived_at=moving.placement.arrived_at,
        given_name=said.given_name,
        languages=moving.needs.languages,
        # Where somebody moved on to avoids what was left: that is not for who was left.
        needs=moving.needs.whole() if lives_there else moving.needs.as_asked(),
        health_flags=said.health_flags,
        safe_contact=said.safe_contact,
        companions=[
            CompanionThere(
                companion_id=each.id,
                kind=each.joined_as or CompanionKind.OTHER,
                place_id=each.place_id,
                shares_bed=each.shares_bed,
            )
            for each in moving.companions
        ],
    )


def see_companion(placement: Placement, companion: Stay) -> CompanionDetails:
    """Who came along, for those who may know the place."""
    return CompanionDetails(
        companion_id=companion.id,
        placement_id=placement.id,
        kind=companion.joined_as or CompanionKind.OTHER,
        case_id=companion.case_id,
        place_id=companion.place_id,
        shares_bed=companion.shares_bed,
        joined_at=companion.joined_at or placement.booked_at,
    )


def see_payer_history(history: Sequence[PayerFrom], *, in_whole: bool) -> ResponsibilityHistory:
    """Who decides and pays for a placed person, each from its day on; or which authority it is now, and nothing else."""
    if not in_whole:
        return ResponsibilityHistory(items=[AuthorityAlone(authority=history[-1].authority)])
    return ResponsibilityHistory(items=[ResponsibilityFrom.of_row(payer) for payer in history])
