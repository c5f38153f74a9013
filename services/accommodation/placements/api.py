"""The endpoints about people's places: translate, call the domain, return."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query

from services.accommodation.case.policies import Reader, Writer
from services.accommodation.facilities.codes import Security
from services.accommodation.placements import offers, payer_history, repository, requests, stays, views
from services.accommodation.placements.codes import RequestStatus
from services.accommodation.placements.schemas import (
    Acceptance,
    Arrival,
    Availability,
    Decline,
    Leaving,
    Matches,
    Needs,
    OfferDetails,
    OfferSubmission,
    Placed,
    PlacedInRegion,
    PlacementDetails,
    PlacementRequestDetails,
    PlacementRequestReceipt,
    PlacementRequestSubmission,
    PlacementRequestWithNeeds,
    ResponsibilityHistory,
)
from shared.contract.codes import Gender
from shared.contract.types import Day, Tagged
from shared.http.paging import Page, Pages
from shared.http.parameters import IfMatch, OptionalPurpose, PurposeOfReading
from shared.runtime.service import service_router

router = service_router()


@router.post("/placement-requests", status_code=201)
async def request_placement(work: Writer, submission: PlacementRequestSubmission) -> Tagged[PlacementRequestReceipt]:
    """Ask for a place for a person whose case concerns you."""
    request = await requests.request_placement(work, submission=submission)
    known = await requests.known_to_requester(work, request)
    return views.see_receipt(request, request.status, known).tagged(request)


@router.get("/placement-requests")
async def list_placement_requests(
    work: Reader,
    pages: Pages,
    purpose: PurposeOfReading,
    status: RequestStatus | None = None,
    case_id: UUID | None = None,
) -> Page[PlacementRequestDetails]:
    """The requests that you made, coordinate, pay for, or were asked about, newest first, without what the person needs."""
    found = await repository.list_requests(
        work, purpose=purpose, status=status, case_id=case_id, after=pages.after, limit=pages.limit
    )
    items = [views.see_request(seen) for seen in found]
    return pages.page(items, found, lambda seen: [seen.request.requested_at.isoformat(), str(seen.request.id)])


@router.get("/placement-requests/{request_id}")
async def read_placement_request(
    work: Reader, request_id: UUID, purpose: PurposeOfReading
) -> Tagged[PlacementRequestWithNeeds]:
    """The request with what the person needs, as far as you may know it; every read is kept with its purpose. Who may not know
    outcome and legal status is given the authority alone."""
    seen, needs = await requests.read_request(work, request_id=request_id, purpose=purpose)
    return views.see_request_with_needs(seen, needs).tagged(seen.request)


@router.get("/placement-requests/{request_id}/matches")
async def find_matches(work: Reader, request_id: UUID, purpose: OptionalPurpose = None) -> Matches:
    """The places that fit, best first, with what speaks for each; and what excluded the others, in numbers."""
    fitting, excluded = await requests.find_matches(work, request_id=request_id, purpose=purpose)
    return views.see_matches(fitting, excluded, now=work.now)


@router.post("/placement-requests/{request_id}/offers", status_code=201)
async def offer_place(work: Writer, request_id: UUID, submission: OfferSubmission) -> Tagged[OfferDetails]:
    """Hold a place for the person until `expires_at`, at most 14 days."""
    offer, stay = await offers.offer_place(
        work, request_id=request_id, place_id=submission.place_id, expires_at=submission.expires_at
    )
    return views.see_offer(offer, stay, knows_place=True, now=work.now).tagged(offer)


@router.get("/offers/{offer_id}")
async def read_offer(work: Reader, offer_id: UUID) -> Tagged[OfferDetails]:
    """Where the offer stands."""
    offer, stay, knows_place = await repository.read_offer(work, offer_id)
    return views.see_offer(offer, stay, knows_place=knows_place, now=work.now).tagged(offer)


@router.post("/offers/{offer_id}/accept")
async def accept_offer(work: Writer, offer_id: UUID, expected: IfMatch) -> Tagged[Acceptance]:
    """The place's operator, or whoever asked for it, books the place."""
    await offers.accept_offer(work, offer_id=offer_id, expected=expected)
    offer, stay, knows_place = await repository.read_offer(work, offer_id)
    return views.see_acceptance(offer, stay, knows_place=knows_place, now=work.now).tagged(offer)


@router.post("/offers/{offer_id}/decline")
async def decline_offer(work: Writer, offer_id: UUID, body: Decline, expected: IfMatch) -> Tagged[OfferDetails]:
    """The place's operator, or whoever asked for it, gives the place back."""
    await offers.decline_offer(work, offer_id=offer_id, reason=body.reason, expected=expected)
    offer, stay, knows_place = await repository.read_offer(work, offer_id)
    return views.see_offer(offer, stay, knows_place=knows_place, now=work.now).tagged(offer)


@router.get("/placements")
async def list_placements(
    work: Reader, pages: Pages, case_id: UUID, purpose: PurposeOfReading
) -> Page[PlacementDetails | PlacedInRegion | Placed]:
    """Where the person is and was; who pays for a place in a secret facility learns the region, and another party that there
    is a place."""
    found = await repository.placements_of(work, case_id, purpose=purpose, after=pages.after, limit=pages.limit)
    items = [views.see_placed(seen) for seen in found]
    return pages.page(items, found, lambda seen: [seen.placement.from_on.isoformat(), str(seen.placement.id)])


@router.get("/placements/{placement_id}")
async def read_placement(
    work: Reader, placement_id: UUID, purpose: PurposeOfReading
) -> Tagged[PlacementDetails | PlacedInRegion | Placed]:
    """One placement; who may not know the place learns the region or that there is one, as in the list."""
    return views.see_placed(await repository.read_placement(work, placement_id, purpose=purpose))


@router.get("/placements/{placement_id}/responsibility")
async def read_responsibility(work: Reader, placement_id: UUID, purpose: PurposeOfReading) -> ResponsibilityHistory:
    """Who decides and pays for the placed person, from which day: it follows the legal status and the decision. Who may not
    know these is given the authority alone."""
    history, in_whole = await payer_history.payers_of(work, placement_id=placement_id, purpose=purpose)
    return views.see_payer_history(history, in_whole=in_whole)


# ---------------------------------------------------------------- what is free

Comma = Annotated[
    str | None, Query(description="Municipalities to stay away from, with commas between.", examples=["0101,0751"])
]


def _needs(
    gender: Gender | None = None,
    minor: bool = False,
    children: bool = False,
    wheelchair: bool = False,
    lgbt_safe: bool = False,
    security: Security = Security.NONE,
    avoid_municipalities: Comma = None,
) -> Needs:
    return requests.needs_from(
        gender=gender,
        minor=minor,
        children=children,
        wheelchair=wheelchair,
        lgbt_safe=lgbt_safe,
        security=security,
        avoid_municipalities=avoid_municipalities.split(",") if avoid_municipalities else [],
    )


@router.get("/availability")
async def find_free_places(
    work: Reader,
    needs: Annotated[Needs, Depends(_needs)],
    from_on: Annotated[Day, Query(alias="from", description="The first night.")],
    to_on: Annotated[Day | None, Query(alias="to", description="The day of leaving.")] = None,
) -> Availability:
    """Which places fit and are free: for CMM, US and operators in numbers, with the facilities that they may know of; for
    everybody else whether any is, by kind."""
    in_numbers, free = await requests.find_free(work, needs=needs, stay=requests.stay_of(from_on, to_on))
    return views.see_availability(free, in_numbers=in_numbers, now=work.now)


@router.post("/placements/{placement_id}/arrive")
async def arrive(work: Writer, placement_id: UUID, body: Arrival, expected: IfMatch) -> Tagged[PlacementDetails]:
    """The person is at the place."""
    placement, region = await stays.arrive(
        work, placement_id=placement_id, arrived_at=body.arrived_at, expected=expected
    )
    return views.see_placement(placement, region).tagged(placement)


@router.post("/placements/{placement_id}/leave")
async def leave(work: Writer, placement_id: UUID, body: Leaving, expected: IfMatch) -> Tagged[PlacementDetails]:
    """The person has left; the place is free from that day."""
    placement, region = await stays.leave(
        work,
        placement_id=placement_id,
        left_at=body.left_at,
        reason=body.reason,
        disappeared=body.disappeared,
        expected=expected,
    )
    return views.see_placement(placement, region).tagged(placement)
