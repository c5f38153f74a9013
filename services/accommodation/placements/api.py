"""The endpoints about people's places: translate, call the domain, return."""

from uuid import UUID

from services.accommodation.case.policies import Reader, Writer
from services.accommodation.facilities.models import Stay
from services.accommodation.placements import offers, repository, requests, responsibilities, stays
from services.accommodation.placements.models import Offer, PlacementRequest
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
from services.accommodation.responsibility.schemas import ResponsibilityAnswer
from shared.contract.types import Tagged
from shared.data.unit_of_work import UnitOfWork
from shared.http.endpoint import IfMatch, Now, OptionalPurpose, Pages
from shared.http.paging import Page
from shared.runtime.service import service_router

router = service_router()


@router.post("/placement-requests", status_code=201)
async def request_placement(work: Writer, submission: PlacementRequestSubmission) -> Tagged[PlacementRequestReceipt]:
    """Ask for a place for a person whose case concerns you."""
    request = await requests.request_placement(work, submission=submission)
    return PlacementRequestReceipt(
        request_id=request.id,
        status=await requests.status_of(work, request),
        responsibility=ResponsibilityAnswer.model_validate(request),
    ).tagged(request)


@router.get("/placement-requests/{request_id}")
async def read_placement_request(
    work: Reader, request_id: UUID, purpose: OptionalPurpose = None
) -> Tagged[PlacementRequestWithNeeds | PlacementRequestDetails]:
    """The request; with what the person needs, where it is said why that is read."""
    request = await repository.read_request(work, request_id)
    details = await _details(work, request)
    if purpose is None:
        return details.tagged(request)
    needs = await repository.needs_of(work, request, operation="placement_request.needs", purpose=purpose)
    return PlacementRequestWithNeeds(**dict(details), needs=needs).tagged(request)


@router.get("/placement-requests/{request_id}/matches")
async def find_matches(work: Reader, request_id: UUID) -> Matches:
    """The places that fit, best first, with what speaks for each; and what excluded the others, in numbers."""
    return await requests.find_matches(work, request_id=request_id)


@router.post("/placement-requests/{request_id}/offers", status_code=201)
async def offer_place(work: Writer, request_id: UUID, submission: OfferSubmission) -> Tagged[OfferDetails]:
    """Hold a place for the person until `expires_at`, at most 14 days."""
    offer, stay = await offers.offer_place(
        work, request_id=request_id, place_id=submission.place_id, expires_at=submission.expires_at
    )
    return _offer(offer, stay, work.now, knows_place=True)


@router.get("/offers/{offer_id}")
async def read_offer(work: Reader, offer_id: UUID) -> Tagged[OfferDetails]:
    """Where the offer stands."""
    offer, stay, knows_place = await repository.read_offer(work, offer_id)
    return _offer(offer, stay, work.now, knows_place=knows_place)


@router.post("/offers/{offer_id}/accept")
async def accept_offer(work: Writer, offer_id: UUID, expected: IfMatch) -> Tagged[Acceptance]:
    """The place's operator, or whoever asked for it, books the place."""
    await offers.accept_offer(work, offer_id=offer_id, expected=expected)
    offer, stay, knows_place = await repository.read_offer(work, offer_id)
    details = _offer(offer, stay, work.now, knows_place=knows_place)
    return Acceptance.model_validate(dict(details)).tagged(offer)


@router.post("/offers/{offer_id}/decline")
async def decline_offer(work: Writer, offer_id: UUID, body: Decline, expected: IfMatch) -> Tagged[OfferDetails]:
    """The place's operator, or whoever asked for it, gives the place back."""
    await offers.decline_offer(work, offer_id=offer_id, reason=body.reason, expected=expected)
    return await read_offer(work, offer_id)


@router.get("/placements")
async def list_placements(
    work: Reader, pages: Pages, case_id: UUID, purpose: OptionalPurpose = None
) -> Page[PlacementDetails | Placed]:
    """Where the person is and was; who may not know the place learns that there is one."""
    found = await repository.placements_of(work, case_id, purpose=purpose, after=pages.after, limit=pages.limit)
    items = [stays.describe(placement, region) if region else Placed() for placement, region in found]
    return pages.page(items, found, lambda row: [row[0].from_on.isoformat(), str(row[0].id)])


@router.get("/placements/{placement_id}")
async def read_placement(
    work: Reader, placement_id: UUID, purpose: OptionalPurpose = None
) -> Tagged[PlacementDetails | Placed]:
    """One placement; who may not know the place learns that there is one."""
    placement, region = await repository.read_placement(work, placement_id, purpose=purpose)
    if region is None:
        return Placed()
    return stays.describe(placement, region).tagged(placement)


@router.get("/placements/{placement_id}/responsibility")
async def read_responsibility(work: Reader, placement_id: UUID) -> ResponsibilityHistory:
    """Who decides and pays for the placed person, from which day: it follows the legal status and the decision."""
    return ResponsibilityHistory(items=await responsibilities.responsibilities(work, placement_id=placement_id))


@router.post("/placements/{placement_id}/arrive")
async def arrive(work: Writer, placement_id: UUID, body: Arrival, expected: IfMatch) -> Tagged[PlacementDetails]:
    """The person is at the place."""
    placement, region = await stays.arrive(
        work, placement_id=placement_id, arrived_at=body.arrived_at, expected=expected
    )
    return stays.describe(placement, region).tagged(placement)


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
    return stays.describe(placement, region).tagged(placement)


def _offer(offer: Offer, stay: Stay, now: Now, *, knows_place: bool) -> OfferDetails:
    return offers.describe(offer, stay, knows_place=knows_place, now=now).tagged(offer)


async def _details(work: UnitOfWork, request: PlacementRequest) -> PlacementRequestDetails:
    return PlacementRequestDetails(
        request_id=request.id,
        status=await requests.status_of(work, request),
        responsibility=ResponsibilityAnswer.model_validate(request),
        **request.model_dump(include={"case_id", "requested_by", "requested_at", "from_on", "to_on"}),
    )
