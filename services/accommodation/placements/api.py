"""The endpoints about people's places: translate, call the domain, return."""

from uuid import UUID

from fastapi import Response

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
from shared.http.endpoint import IfMatch, Now, OptionalPurpose, Pages, Session
from shared.http.etag import tag
from shared.http.paging import Page
from shared.runtime.service import service_router

router = service_router()


@router.post("/placement-requests", status_code=201)
async def request_placement(
    submission: PlacementRequestSubmission, response: Response, session: Session, actor: Writer, now: Now
) -> PlacementRequestReceipt:
    """Ask for a place for a person whose case concerns you."""
    request = await requests.request_placement(session, actor=actor, submission=submission, now=now)
    tag(response, request)
    return PlacementRequestReceipt(
        request_id=request.id,
        status=await requests.status_of(session, request, now=now),
        responsibility=ResponsibilityAnswer.model_validate(request),
    )


@router.get("/placement-requests/{request_id}")
async def read_placement_request(
    request_id: UUID, response: Response, session: Session, actor: Reader, now: Now, purpose: OptionalPurpose = None
) -> PlacementRequestWithNeeds | PlacementRequestDetails:
    """The request; with what the person needs, where it is said why that is read."""
    request = await repository.read_request(session, actor, request_id)
    tag(response, request)
    details = await _details(session, request, now)
    if purpose is None:
        return details
    needs = await repository.needs_of(session, request, operation="placement_request.needs", purpose=purpose)
    return PlacementRequestWithNeeds(**dict(details), needs=needs)


@router.get("/placement-requests/{request_id}/matches")
async def find_matches(request_id: UUID, session: Session, actor: Reader, now: Now) -> Matches:
    """The places that fit, best first, with what speaks for each; and what excluded the others, in numbers."""
    return await requests.find_matches(session, actor=actor, request_id=request_id, now=now)


@router.post("/placement-requests/{request_id}/offers", status_code=201)
async def offer_place(
    request_id: UUID, submission: OfferSubmission, response: Response, session: Session, actor: Writer, now: Now
) -> OfferDetails:
    """Hold a place for the person until `expires_at`, at most 14 days."""
    offer, stay = await offers.offer_place(
        session,
        actor=actor,
        request_id=request_id,
        place_id=submission.place_id,
        expires_at=submission.expires_at,
        now=now,
    )
    return _offer(response, offer, stay, now, knows_place=True)


@router.get("/offers/{offer_id}")
async def read_offer(offer_id: UUID, response: Response, session: Session, actor: Reader, now: Now) -> OfferDetails:
    """Where the offer stands."""
    offer, stay, knows_place = await repository.read_offer(session, actor, offer_id)
    return _offer(response, offer, stay, now, knows_place=knows_place)


@router.post("/offers/{offer_id}/accept")
async def accept_offer(
    offer_id: UUID, response: Response, session: Session, actor: Writer, now: Now, match: IfMatch
) -> Acceptance:
    """The place's operator, or whoever asked for it, books the place."""
    await offers.accept_offer(session, actor=actor, offer_id=offer_id, match=match, now=now)
    details = await read_offer(offer_id, response, session, actor, now)
    return Acceptance.model_validate(dict(details))


@router.post("/offers/{offer_id}/decline")
async def decline_offer(
    offer_id: UUID, body: Decline, response: Response, session: Session, actor: Writer, now: Now, match: IfMatch
) -> OfferDetails:
    """The place's operator, or whoever asked for it, gives the place back."""
    await offers.decline_offer(session, actor=actor, offer_id=offer_id, reason=body.reason, match=match, now=now)
    return await read_offer(offer_id, response, session, actor, now)


@router.get("/placements")
async def list_placements(
    session: Session, actor: Reader, pages: Pages, case_id: UUID, purpose: OptionalPurpose = None
) -> Page[PlacementDetails | Placed]:
    """Where the person is and was; who may not know the place learns that there is one."""
    found, is_placed_unseen = await repository.placements_of(
        session, actor, case_id, purpose=purpose, after=pages.after, limit=pages.limit
    )
    items = [stays.describe(placement, region) for placement, region in found]
    page = pages.page(items, found, lambda row: [row[0].from_on.isoformat(), str(row[0].id)])
    unseen = [Placed()] if is_placed_unseen else []
    return Page(items=[*page.items, *unseen], next_cursor=page.next_cursor)


@router.get("/placements/{placement_id}")
async def read_placement(
    placement_id: UUID, response: Response, session: Session, actor: Reader, purpose: OptionalPurpose = None
) -> PlacementDetails | Placed:
    """One placement; who may not know the place learns that there is one."""
    placement, region = await repository.read_placement(session, actor, placement_id, purpose=purpose)
    if region is None:
        return Placed()
    tag(response, placement)
    return stays.describe(placement, region)


@router.get("/placements/{placement_id}/responsibility")
async def read_responsibility(placement_id: UUID, session: Session, actor: Reader) -> ResponsibilityHistory:
    """Who decides and pays for the placed person, from which day: it follows the legal status and the decision."""
    return ResponsibilityHistory(
        items=await responsibilities.responsibilities(session, actor=actor, placement_id=placement_id)
    )


@router.post("/placements/{placement_id}/arrive")
async def arrive(
    placement_id: UUID, body: Arrival, response: Response, session: Session, actor: Writer, now: Now, match: IfMatch
) -> PlacementDetails:
    """The person is at the place."""
    placement, region = await stays.arrive(
        session, actor=actor, placement_id=placement_id, arrived_at=body.arrived_at, match=match, now=now
    )
    tag(response, placement)
    return stays.describe(placement, region)


@router.post("/placements/{placement_id}/leave")
async def leave(
    placement_id: UUID, body: Leaving, response: Response, session: Session, actor: Writer, now: Now, match: IfMatch
) -> PlacementDetails:
    """The person has left; the place is free from that day."""
    placement, region = await stays.leave(
        session,
        actor=actor,
        placement_id=placement_id,
        left_at=body.left_at,
        reason=body.reason,
        disappeared=body.disappeared,
        match=match,
        now=now,
    )
    tag(response, placement)
    return stays.describe(placement, region)


def _offer(response: Response, offer: Offer, stay: Stay, now: Now, *, knows_place: bool) -> OfferDetails:
    tag(response, offer)
    return offers.describe(offer, stay, knows_place=knows_place, now=now)


async def _details(session: Session, request: PlacementRequest, now: Now) -> PlacementRequestDetails:
    return PlacementRequestDetails(
        request_id=request.id,
        status=await requests.status_of(session, request, now=now),
        responsibility=ResponsibilityAnswer.model_validate(request),
        **request.model_dump(include={"case_id", "requested_by", "requested_at", "from_on", "to_on"}),
    )
