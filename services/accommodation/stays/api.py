"""The endpoints about placements: translate, call the domain, return."""

from typing import Annotated, Final
from uuid import UUID

from fastapi import Query
from fastapi.responses import HTMLResponse

from services.accommodation.case.nights import night_of
from services.accommodation.case.policies import PlacementWriter, Reader
from services.accommodation.placements.codes import PlacementStatus
from services.accommodation.stays import companions, day, domain, moves, payer_history, repository, sheet, views
from services.accommodation.stays.schemas import (
    Arrival,
    ArrivedDetails,
    Booked,
    Cancellation,
    Companion,
    CompanionDetails,
    CompanionLeaving,
    DayItem,
    Extension,
    Leaving,
    Move,
    NoShowReport,
    Placed,
    PlacedInRegion,
    PlacementDetails,
    ResponsibilityHistory,
)
from shared.contract.codes import Purpose
from shared.contract.types import Day, Tagged
from shared.http.paging import Page, Pages
from shared.http.parameters import IfMatch, NeighboursForCaller, PurposeOfReading
from shared.runtime.service import service_router

router = service_router()

# What is said at night without a body is said of now.
CAME_NOW, LEFT_NOW, LEFT_ALONE_NOW, TODAY = Arrival(), Leaving(), CompanionLeaving(), NoShowReport()
MOST_PRINTED: Final = 1000
"""How many people stand on a page to print at most: more than any facility has."""


@router.get("/placements")
async def list_placements(
    work: Reader,
    pages: Pages,
    purpose: PurposeOfReading,
    case_id: UUID | None = None,
    on: Annotated[Day | None, Query(description="The night that begins that evening.")] = None,
    facility_id: UUID | None = None,
    status: PlacementStatus | None = None,
) -> Page[DayItem | PlacementDetails | PlacedInRegion | Placed | Booked]:
    """With `case_id`, where the person is and was: who pays for a place in a secret facility learns the region, and another party
    whether there is a place; of who came along, the placement in which they live. Without, what is in your own facilities; with
    `on`, who comes, is there and goes that night."""
    if on:
        movements = await day.movements_on(
            work, on=on, purpose=purpose, facility_id=facility_id, status=status, after=pages.after, limit=pages.limit
        )
        shown = [views.see_movement(each) for each in movements]
        return pages.page(shown, movements, lambda each: [each.placement.from_on.isoformat(), str(each.placement.id)])
    found = await repository.list_placements(
        work,
        purpose=purpose,
        case_id=case_id,
        facility_id=facility_id,
        status=status,
        after=pages.after,
        limit=pages.limit,
    )
    items = [views.see_placed(seen) for seen in found]
    return pages.page(items, found, lambda seen: [seen.placement.from_on.isoformat(), str(seen.placement.id)])


@router.get("/facilities/{facility_id}/night", response_class=HTMLResponse)
async def print_night(
    work: Reader,
    facility_id: UUID,
    purpose: PurposeOfReading,
    on: Annotated[Day | None, Query(description="The night that begins that evening; tonight without.")] = None,
) -> HTMLResponse:
    """A page to print: who comes, is there and goes that night in your own facility; each who stands on it is noted as read."""
    night = on or night_of(work.now)
    movements = await day.movements_on(
        work, on=night, purpose=purpose, facility_id=facility_id, status=None, after=None, limit=MOST_PRINTED
    )
    headers = {"cache-control": "no-store", "content-security-policy": sheet.POLICY}
    return HTMLResponse(sheet.page(movements, on=night, now=work.now), headers=headers)


@router.get("/placements/{placement_id}")
async def read_placement(
    work: Reader, placement_id: UUID, purpose: PurposeOfReading
) -> Tagged[PlacementDetails | PlacedInRegion | Placed | Booked]:
    """One placement; who may not know the place learns the region or that there is one, as in the list."""
    return views.see_placed(await repository.read_placement(work, placement_id, purpose=purpose))


@router.get("/placements/{placement_id}/responsibility")
async def read_responsibility(work: Reader, placement_id: UUID, purpose: PurposeOfReading) -> ResponsibilityHistory:
    """Who decides and pays for the placed person, from which day: it follows the legal status and the decision. Who may not
    know these is given the authority alone."""
    history, in_whole = await payer_history.payers_of(work, placement_id=placement_id, purpose=purpose)
    return views.see_payer_history(history, in_whole=in_whole)


@router.post("/placements/{placement_id}/arrive")
async def arrive(
    work: PlacementWriter, placement_id: UUID, expected: IfMatch, body: Arrival = CAME_NOW
) -> Tagged[ArrivedDetails]:
    """The person is at the place. Who comes before six in the morning has come for the night before. What speaks by now against
    the place is a warning and no refusal: the person is there."""
    placement = await domain.arrive(work, placement_id=placement_id, arrived_at=body.arrived_at, expected=expected)
    region, against = await repository.region_of(work, placement), await domain.speaks_against(work, placement)
    return views.see_arrived(placement, region, against).tagged(placement)


@router.post("/placements/{placement_id}/leave")
async def leave(
    work: PlacementWriter, placement_id: UUID, expected: IfMatch, body: Leaving = LEFT_NOW
) -> Tagged[PlacementDetails]:
    """The person has left; the place is free from that day."""
    placement = await domain.leave(work, placement_id=placement_id, said=body, expected=expected)
    return views.see_placement(placement, await repository.region_of(work, placement)).tagged(placement)


@router.post("/placements/{placement_id}/cancel")
async def cancel(
    work: PlacementWriter, placement_id: UUID, body: Cancellation, expected: IfMatch
) -> Tagged[PlacementDetails]:
    """The person will not come: before the arrival. The place is free, and the request waits for another one."""
    placement = await domain.cancel(work, placement_id=placement_id, reason=body.reason, expected=expected)
    return views.see_placement(placement, await repository.region_of(work, placement)).tagged(placement)


@router.post("/placements/{placement_id}/no-show")
async def note_no_show(
    work: PlacementWriter, placement_id: UUID, expected: IfMatch, body: NoShowReport = TODAY
) -> Tagged[PlacementDetails]:
    """The person was expected and did not come: the place is free, and the request waits for another one."""
    placement = await domain.note_no_show(work, placement_id=placement_id, on=body.on, expected=expected)
    return views.see_placement(placement, await repository.region_of(work, placement)).tagged(placement)


@router.post("/placements/{placement_id}/extend")
async def extend(
    work: PlacementWriter, placement_id: UUID, body: Extension, expected: IfMatch
) -> Tagged[PlacementDetails | PlacedInRegion | Placed | Booked]:
    """The stay ends later, by its operator or the payer, at once and under the rules of an offer; the other is notified."""
    placement = await domain.extend(work, placement_id=placement_id, said=body, expected=expected)
    return views.see_placed(await repository.read_placement(work, placement.id, purpose=Purpose.ACCOMMODATION))


@router.post("/placements/{placement_id}/move")
async def move(work: PlacementWriter, placement_id: UUID, body: Move, expected: IfMatch) -> Tagged[PlacementDetails]:
    """The person moves, in one step: the answer is the new placement. To another operator's place by its accepted offer."""
    moved = await moves.move(work, placement_id=placement_id, said=body, expected=expected)
    return views.see_placement(moved, await repository.region_of(work, moved)).tagged(moved)


@router.post("/placements/{placement_id}/companions", status_code=201)
async def join(
    work: PlacementWriter, neighbours: NeighboursForCaller, placement_id: UUID, body: Companion, expected: IfMatch
) -> CompanionDetails:
    """Somebody comes along. A child under three shares the bed; everybody else has a place of the same facility. It fits them by
    the rules of an offer: what is recorded in their own case decides, and what is said here where nothing is. A child comes with
    its parent where families are taken in."""
    placement, companion = await companions.join(
        work, neighbours, placement_id=placement_id, said=body, expected=expected
    )
    return views.see_companion(placement, companion)


@router.post("/placements/{placement_id}/companions/{companion_id}/leave")
async def let_companion_go(
    work: PlacementWriter,
    placement_id: UUID,
    companion_id: UUID,
    expected: IfMatch,
    body: CompanionLeaving = LEFT_ALONE_NOW,
) -> CompanionDetails:
    """Who came along has left alone; the person stays. The place that they had is free from that day."""
    placement, companion = await companions.leave(
        work, placement_id=placement_id, companion_id=companion_id, said=body, expected=expected
    )
    return views.see_companion(placement, companion)
