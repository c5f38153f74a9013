"""The endpoints that hold places for people: translate, call the domain, return."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from services.accommodation.case.policies import PlacementWriter, Reader
from services.accommodation.offers import asked, domain, making, repository, views
from services.accommodation.offers.schemas import (
    Acceptance,
    Confirmation,
    Decline,
    OfferDetails,
    OfferForTheFacility,
    OfferSubmission,
    ReasonedOffer,
)
from services.accommodation.placements.codes import OfferStatus
from services.accommodation.placements.repository import known_of
from services.accommodation.placements.schemas import PlacementRequestReceipt, Withdrawal
from services.accommodation.placements.views import see_receipt
from services.accommodation.ranking import domain as ranking
from services.accommodation.ranking.schemas import RankingAgain
from shared.contract.types import Tagged
from shared.http.paging import Page, Pages
from shared.http.parameters import IfMatch, OptionalPurpose
from shared.runtime.service import service_router

router = service_router()


NO_REASON = Withdrawal()


@router.post("/placement-requests/{request_id}/withdraw")
async def withdraw_placement_request(
    work: PlacementWriter, request_id: UUID, expected: IfMatch, body: Withdrawal = NO_REASON
) -> Tagged[PlacementRequestReceipt]:
    """The person needs no place any more; what is held is free again. By who asked for the place, CMM or US."""
    request = await domain.withdraw_request(work, request_id=request_id, reason=body.reason, expected=expected)
    known = await known_of(work, request)
    return see_receipt(request, request.status, known).tagged(request)


@router.post("/placement-requests/{request_id}/offers", status_code=201)
async def offer_place(
    work: PlacementWriter, request_id: UUID, submission: OfferSubmission, expected: IfMatch
) -> Tagged[OfferDetails]:
    """Hold a place for the person until `expires_at`, at most 14 days. A place that does not fit is refused with the rules that
    speak against it, unless who may sets them aside with a reason. A minor in a facility for adults awaits a second person."""
    offer, stay = await making.offer_place(work, request_id=request_id, submission=submission, expected=expected)
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
    kept, places, offer = await making.read_ranking(work, offer_id=offer_id)
    return views.see_ranking(kept, places, ranking.weights_called(weights or kept.weights), offer)


@router.post("/offers/{offer_id}/confirm")
async def confirm_offer(
    work: PlacementWriter, offer_id: UUID, body: Confirmation, expected: IfMatch
) -> Tagged[OfferDetails]:
    """A second person of the organisation that offers agrees that a minor goes to a facility for adults."""
    await domain.confirm_offer(work, offer_id=offer_id, reason=body.reason, expected=expected)
    offer, stay, knows_place = await repository.read_offer(work, offer_id)
    return views.see_offer(offer, stay, knows_place=knows_place, now=work.now).tagged(offer)


@router.post("/offers/{offer_id}/accept")
async def accept_offer(work: PlacementWriter, offer_id: UUID, expected: IfMatch) -> Tagged[Acceptance]:
    """Who did not make the offer books the place: its operator, or who asked where the operator offered."""
    await domain.accept_offer(work, offer_id=offer_id, expected=expected)
    offer, stay, knows_place = await repository.read_offer(work, offer_id)
    return views.see_acceptance(offer, stay, knows_place=knows_place, now=work.now).tagged(offer)


@router.post("/offers/{offer_id}/withdraw")
async def withdraw_offer(
    work: PlacementWriter, offer_id: UUID, expected: IfMatch, body: Withdrawal = NO_REASON
) -> Tagged[OfferDetails]:
    """Who made the offer takes it back before it is answered, or CMM does: it is `expired`, and the place is free again."""
    await domain.withdraw_offer(work, offer_id=offer_id, reason=body.reason, expected=expected)
    offer, stay, knows_place = await repository.read_offer(work, offer_id)
    return views.see_offer(offer, stay, knows_place=knows_place, now=work.now).tagged(offer)


@router.post("/offers/{offer_id}/decline")
async def decline_offer(
    work: PlacementWriter, offer_id: UUID, body: Decline, expected: IfMatch
) -> Tagged[OfferDetails]:
    """Who did not make the offer gives the place back; who works with the person says their own no."""
    await domain.decline_offer(work, offer_id=offer_id, decline=body, expected=expected)
    offer, stay, knows_place = await repository.read_offer(work, offer_id)
    return views.see_offer(offer, stay, knows_place=knows_place, now=work.now).tagged(offer)
