"""The endpoints that find and hold places for people: translate, call the domain, return."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query

from services.accommodation.case.nights import night_of
from services.accommodation.case.policies import Reader, Writer
from services.accommodation.facilities.codes import Security
from services.accommodation.placements import asked, offers, repository, requests, views
from services.accommodation.placements.codes import OfferStatus, RequestStatus
from services.accommodation.placements.schemas import (
    FARTHEST_KM,
    Acceptance,
    Availability,
    CheckedPlace,
    Confirmation,
    Decline,
    Matches,
    Needs,
    OfferDetails,
    OfferForTheFacility,
    OfferSubmission,
    PlacementRequestDetails,
    PlacementRequestReceipt,
    PlacementRequestSubmission,
    PlacementRequestWithNeeds,
    ReasonedOffer,
    Withdrawal,
)
from services.accommodation.ranking import domain as ranking
from services.accommodation.ranking.schemas import RankingAgain
from shared.contract.codes import Gender
from shared.contract.types import Day, Tagged
from shared.http.paging import Page, Pages
from shared.http.parameters import IfMatch, OptionalPurpose, PurposeOfReading
from shared.runtime.service import service_router

router = service_router()
NO_REASON = Withdrawal()


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


@router.post("/placement-requests/{request_id}/withdraw")
async def withdraw_placement_request(
    work: Writer, request_id: UUID, expected: IfMatch, body: Withdrawal = NO_REASON
) -> Tagged[PlacementRequestReceipt]:
    """The person needs no place any more; what is held is free again. By who asked for the place, CMM or US."""
    request = await offers.withdraw_request(work, request_id=request_id, reason=body.reason, expected=expected)
    known = await requests.known_to_requester(work, request)
    return views.see_receipt(request, request.status, known).tagged(request)


@router.get("/placement-requests/{request_id}/places/{place_id}")
async def check_place(work: Reader, request_id: UUID, place_id: UUID, purpose: OptionalPurpose = None) -> CheckedPlace:
    """One place against every rule: whether it passes, and why not, in English and Danish."""
    against = await requests.check_place(work, request_id=request_id, place_id=place_id, purpose=purpose)
    return views.see_check(against, place_id, now=work.now)


@router.get("/placement-requests/{request_id}/matches")
async def find_matches(work: Reader, request_id: UUID, purpose: OptionalPurpose = None) -> Matches:
    """The places that fit, best first, with what speaks for each; and what excluded the others, in numbers. The weights are a
    dated table, whose version the answer names."""
    fitting, excluded = await requests.find_matches(work, request_id=request_id, purpose=purpose)
    weights = ranking.weights_on(night_of(work.now))
    return views.see_matches(fitting, excluded, weights=weights.version, now=work.now)


@router.post("/placement-requests/{request_id}/offers", status_code=201)
async def offer_place(work: Writer, request_id: UUID, submission: OfferSubmission) -> Tagged[OfferDetails]:
    """Hold a place for the person until `expires_at`, at most 14 days. A place that does not fit is refused with the rules that
    speak against it, unless who may sets them aside with a reason. A minor in a facility for adults awaits a second person."""
    offer, stay = await offers.offer_place(work, request_id=request_id, submission=submission)
    return views.see_offer(offer, stay, knows_place=True, now=work.now).tagged(offer)


@router.get("/offers")
async def list_offers(
    work: Reader, pages: Pages, status: OfferStatus | None = None, purpose: OptionalPurpose = None
) -> Page[OfferForTheFacility]:
    """What is asked of you: the offers of places in your own facilities, those that you made or asked for, and for CMM all,
    newest first. Who may not know gender and age is shown what it said itself."""
    found = await asked.list_offers(work, status=status, purpose=purpose, after=pages.after, limit=pages.limit)
    items = [views.see_asked(each, now=work.now) for each in found]
    return pages.page(items, found, lambda each: [each.offer.offered_at.isoformat(), str(each.offer.id)])


@router.get("/offers/{offer_id}")
async def read_offer(work: Reader, offer_id: UUID) -> Tagged[ReasonedOffer]:
    """Where the offer stands; for who may know the place also why rules were set aside."""
    offer, stay, knows_place = await repository.read_offer(work, offer_id)
    reasons = await repository.exceptions_of(work, offer) if knows_place else None
    seen = views.see_offer(offer, stay, knows_place=knows_place, now=work.now)
    return views.see_reasons(seen, reasons).tagged(offer)


@router.get("/offers/{offer_id}/ranking")
async def read_ranking(
    work: Reader,
    offer_id: UUID,
    weights: Annotated[
        str | None, Query(description="Another version of the weights than that of then.", examples=["ranking-2021"])
    ] = None,
) -> RankingAgain:
    """The ranking from which the place was chosen, computed again by the weights of then or by others: for who made the offer,
    and CMM."""
    kept, places, offer = await offers.read_ranking(work, offer_id=offer_id)
    return views.see_ranking(kept, places, ranking.weights_called(weights or kept.weights), offer)


@router.post("/offers/{offer_id}/confirm")
async def confirm_offer(work: Writer, offer_id: UUID, body: Confirmation, expected: IfMatch) -> Tagged[OfferDetails]:
    """A second person of the organisation that offers agrees that a minor goes to a facility for adults."""
    await offers.confirm_offer(work, offer_id=offer_id, reason=body.reason, expected=expected)
    offer, stay, knows_place = await repository.read_offer(work, offer_id)
    return views.see_offer(offer, stay, knows_place=knows_place, now=work.now).tagged(offer)


@router.post("/offers/{offer_id}/accept")
async def accept_offer(work: Writer, offer_id: UUID, expected: IfMatch) -> Tagged[Acceptance]:
    """Who did not make the offer books the place: its operator, or who asked where the operator offered."""
    await offers.accept_offer(work, offer_id=offer_id, expected=expected)
    offer, stay, knows_place = await repository.read_offer(work, offer_id)
    return views.see_acceptance(offer, stay, knows_place=knows_place, now=work.now).tagged(offer)


@router.post("/offers/{offer_id}/decline")
async def decline_offer(work: Writer, offer_id: UUID, body: Decline, expected: IfMatch) -> Tagged[OfferDetails]:
    """Who did not make the offer gives the place back; who works with the person says their own no."""
    await offers.decline_offer(work, offer_id=offer_id, decline=body, expected=expected)
    offer, stay, knows_place = await repository.read_offer(work, offer_id)
    return views.see_offer(offer, stay, knows_place=knows_place, now=work.now).tagged(offer)


# ---------------------------------------------------------------- what is free

Comma = Annotated[
    str | None, Query(description="Municipalities to stay away from, with commas between.", examples=["0101,0751"])
]


Near = Annotated[
    int, Query(ge=0, le=FARTHEST_KM, description="Kilometres to keep between the towns of those and of the place.")
]


def _needs(
    gender: Gender | None = None,
    minor: bool = False,
    children: bool = False,
    wheelchair: bool = False,
    lgbt_safe: bool = False,
    security: Security = Security.NONE,
    avoid_municipalities: Comma = None,
    avoid_within_km: Near = 0,
) -> Needs:
    return requests.needs_from(
        gender=gender,
        minor=minor,
        children=children,
        wheelchair=wheelchair,
        lgbt_safe=lgbt_safe,
        security=security,
        avoid_municipalities=avoid_municipalities.split(",") if avoid_municipalities else [],
        avoid_within_km=avoid_within_km,
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
