"""What HTTP shows of requests, matches, offers and placements, and to whom a place is named."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from services.accommodation.case.codes import FacilityKind
from services.accommodation.case.nights import first_of
from services.accommodation.facilities.codes import Security
from services.accommodation.facilities.models import Candidate, Stay
from services.accommodation.placements import offers, requests
from services.accommodation.placements.codes import RequestStatus
from services.accommodation.placements.matching import Exclusion, Match
from services.accommodation.placements.models import Offer, Placement, PlacementRequest
from services.accommodation.placements.payer_history import PayerFrom
from services.accommodation.placements.schemas import (
    Acceptance,
    Availability,
    FreeKind,
    FreePlaces,
    MatchedPlace,
    Matches,
    Needs,
    OfferDetails,
    Placed,
    PlacedInRegion,
    PlacementDetails,
    PlacementRequestDetails,
    PlacementRequestReceipt,
    PlacementRequestWithNeeds,
    ResponsibilityFrom,
    ResponsibilityHistory,
)
from services.accommodation.placements.visibility import SeenPlacement, SeenRequest
from services.accommodation.responsibility.schemas import AuthorityAlone, ResponsibilityAnswer
from shared.contract.codes import Region
from shared.contract.visibility import Aspect


def see_receipt(request: PlacementRequest, status: RequestStatus, known: frozenset[Aspect]) -> PlacementRequestReceipt:
    """A request, and who is responsible, as far as that may be known."""
    knows = Aspect.RESPONSIBILITY in known
    return PlacementRequestReceipt(
        request_id=request.id,
        status=status,
        responsibility=ResponsibilityAnswer.model_validate(request)
        if knows
        else AuthorityAlone.model_validate(request),
    )


def see_request(seen: SeenRequest) -> PlacementRequestDetails:
    """The request."""
    return PlacementRequestDetails(
        **dict(see_receipt(seen.request, requests.status_of(seen), seen.known)),
        **seen.request.model_dump(include={"case_id", "requested_by", "requested_at", "from_on", "to_on"}),
    )


def see_request_with_needs(seen: SeenRequest, needs: Needs) -> PlacementRequestWithNeeds:
    """The request with what the person needs."""
    return PlacementRequestWithNeeds(**dict(see_request(seen)), needs=needs)


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


def see_placed(seen: SeenPlacement) -> PlacementDetails | PlacedInRegion | Placed:
    """The placement and its version, for who may know the place; the region for who pays; for another party of the case that
    there is a place and nothing else."""
    placement, region = seen.placement, seen.region
    if region and seen.knows_place:
        return see_placement(placement, region).tagged(placement)
    if region and Aspect.REGION in seen.known:
        fields = placement.model_dump(include={"case_id", "status", "from_on", "to_on"})
        return PlacedInRegion(placement_id=placement.id, region=region, **fields)
    return Placed()


def see_payer_history(history: Sequence[PayerFrom], *, in_whole: bool) -> ResponsibilityHistory:
    """Who decides and pays for a placed person, each from its day on; or which authority it is now, and nothing else."""
    if not in_whole:
        return ResponsibilityHistory(items=[AuthorityAlone(authority=history[-1].authority)])
    return ResponsibilityHistory(items=[ResponsibilityFrom.model_validate(payer) for payer in history])


def see_availability(free: Sequence[Candidate], *, in_numbers: bool, now: datetime) -> Availability:
    """Which places are free: counted, with their facilities; or for each kind whether any is."""
    if not in_numbers:
        kinds = {candidate.facility.kind for candidate in free}
        return Availability(as_of=now, items=[FreeKind(kind=kind, free=kind in kinds) for kind in FacilityKind])
    groups: dict[tuple[FacilityKind, Region, Security], list[UUID]] = {}
    for candidate in free:
        facility = candidate.facility
        groups.setdefault((facility.kind, facility.region, facility.security), []).append(facility.id)
    items: list[FreePlaces | FreeKind] = [
        FreePlaces(kind=kind, region=region, security=security, free=len(found), facility_ids=sorted(set(found)))
        for (kind, region, security), found in sorted(groups.items())
    ]
    return Availability(as_of=now, items=items)
