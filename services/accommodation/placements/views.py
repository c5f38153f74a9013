"""What HTTP shows of requests, matches, offers and placements, and to whom a place is named."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from services.accommodation.case.nights import first_of
from services.accommodation.facilities.models import Stay
from services.accommodation.placements import offers
from services.accommodation.placements.codes import RequestStatus
from services.accommodation.placements.matching import Exclusion, Match
from services.accommodation.placements.models import Offer, Placement, PlacementRequest
from services.accommodation.placements.payer_history import PayerFrom
from services.accommodation.placements.schemas import (
    Acceptance,
    MatchedPlace,
    Matches,
    Needs,
    OfferDetails,
    Placed,
    PlacementDetails,
    PlacementRequestDetails,
    PlacementRequestReceipt,
    PlacementRequestWithNeeds,
    ResponsibilityFrom,
    ResponsibilityHistory,
)
from services.accommodation.responsibility.schemas import ResponsibilityAnswer
from shared.contract.codes import Region


def see_receipt(request: PlacementRequest, status: RequestStatus) -> PlacementRequestReceipt:
    """A request that was just made, and who is responsible."""
    return PlacementRequestReceipt(
        request_id=request.id, status=status, responsibility=ResponsibilityAnswer.model_validate(request)
    )


def see_request(
    request: PlacementRequest, status: RequestStatus, needs: Needs | None
) -> PlacementRequestDetails | PlacementRequestWithNeeds:
    """The request; with what the person needs, where that was opened."""
    details = PlacementRequestDetails(
        **dict(see_receipt(request, status)),
        **request.model_dump(include={"case_id", "requested_by", "requested_at", "from_on", "to_on"}),
    )
    return details if needs is None else PlacementRequestWithNeeds(**dict(details), needs=needs)


def see_matches(fitting: Sequence[Match], excluded: Mapping[Exclusion, int], *, now: datetime) -> Matches:
    """The places that fit, ranked as they come, and how many others each reason excludes."""
    items = [
        MatchedPlace(
            place_id=match.candidate.place.id,
            facility_id=match.candidate.facility.id,
            rank=rank,
            speaks_for=match.speaks_for,
        )
        for rank, match in enumerate(fitting, start=1)
    ]
    return Matches(as_of=now, items=items, excluded={reason.value: excluded[reason] for reason in sorted(excluded)})


def see_offer(offer: Offer, stay: Stay, *, knows_place: bool, now: datetime) -> OfferDetails:
    """The offer as it stands now; the place for those who may know it."""
    return OfferDetails(
        offer_id=offer.id,
        request_id=offer.request_id,
        case_id=offer.case_id,
        status=offers.status_of(offer, stay, now=now),
        expires_at=offer.expires_at,
        from_on=first_of(stay.during),
        to_on=stay.during.upper,
        place_id=offer.place_id if knows_place else None,
        facility_id=offer.facility_id if knows_place else None,
        placement_id=offer.placement_id,
    )


def see_acceptance(offer: Offer, stay: Stay, *, knows_place: bool, now: datetime) -> Acceptance:
    """An offer that was just accepted, with the placement that came of it."""
    return Acceptance.model_validate(dict(see_offer(offer, stay, knows_place=knows_place, now=now)))


def see_placement(placement: Placement, region: Region) -> PlacementDetails:
    """The placement, for those who may know the place."""
    return PlacementDetails(placement_id=placement.id, region=region, **placement.model_dump())


def see_placed(placement: Placement, region: Region | None) -> PlacementDetails | Placed:
    """The placement and its version; without a region, for a party of the case that may not know the place, that there is
    one and nothing else."""
    return see_placement(placement, region).tagged(placement) if region else Placed()


def see_payer_history(history: Sequence[PayerFrom]) -> ResponsibilityHistory:
    """Who decides and pays for a placed person, each from its day on."""
    return ResponsibilityHistory(items=[ResponsibilityFrom.model_validate(payer) for payer in history])
