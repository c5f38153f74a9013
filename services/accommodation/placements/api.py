"""The endpoints about people's places: translate, call the domain, return."""

from uuid import UUID

from services.accommodation.case.policies import Reader, Writer
from services.accommodation.placements import offers, payer_history, repository, requests, stays, views
from services.accommodation.placements.schemas import (
    Acceptance,
    Arrival,
    Decline,
    Leaving,
    Matches,
    OfferDetails,
    OfferSubmission,
    Placed,
    PlacementDetails,
    PlacementRequestDetails,
    PlacementRequestReceipt,
    PlacementRequestSubmission,
    PlacementRequestWithNeeds,
    ResponsibilityHistory,
)
from shared.contract.types import Tagged
from shared.http.paging import Page, Pages
from shared.http.parameters import IfMatch, OptionalPurpose
from shared.runtime.service import service_router

router = service_router()


@router.post("/placement-requests", status_code=201)
async def request_placement(work: Writer, submission: PlacementRequestSubmission) -> Tagged[PlacementRequestReceipt]:
    """Ask for a place for a person whose case concerns you."""
    request = await requests.request_placement(work, submission=submission)
    return views.see_receipt(request, await requests.status_of(work, request)).tagged(request)


@router.get("/placement-requests/{request_id}")
async def read_placement_request(
    work: Reader, request_id: UUID, purpose: OptionalPurpose = None
) -> Tagged[PlacementRequestWithNeeds | PlacementRequestDetails]:
    """The request; with what the person needs, where it is said why that is read."""
    request, status, needs = await requests.read_request(work, request_id=request_id, purpose=purpose)
    return views.see_request(request, status, needs).tagged(request)


@router.get("/placement-requests/{request_id}/matches")
async def find_matches(work: Reader, request_id: UUID) -> Matches:
    """The places that fit, best first, with what speaks for each; and what excluded the others, in numbers."""
    fitting, excluded = await requests.find_matches(work, request_id=request_id)
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
    work: Reader, pages: Pages, case_id: UUID, purpose: OptionalPurpose = None
) -> Page[PlacementDetails | Placed]:
    """Where the person is and was; who may not know the place learns that there is one."""
    found = await repository.placements_of(work, case_id, purpose=purpose, after=pages.after, limit=pages.limit)
    items = [views.see_placed(placement, region) for placement, region in found]
    return pages.page(items, found, lambda row: [row[0].from_on.isoformat(), str(row[0].id)])


@router.get("/placements/{placement_id}")
async def read_placement(
    work: Reader, placement_id: UUID, purpose: OptionalPurpose = None
) -> Tagged[PlacementDetails | Placed]:
    """One placement; who may not know the place learns that there is one."""
    placement, region = await repository.read_placement(work, placement_id, purpose=purpose)
    return views.see_placed(placement, region)


@router.get("/placements/{placement_id}/responsibility")
async def read_responsibility(work: Reader, placement_id: UUID) -> ResponsibilityHistory:
    """Who decides and pays for the placed person, from which day: it follows the legal status and the decision."""
    return views.see_payer_history(await payer_history.payers_of(work, placement_id=placement_id))


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
