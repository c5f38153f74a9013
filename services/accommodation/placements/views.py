"""What HTTP shows of requests, matches, offers and placements, and to whom a place is named."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from services.accommodation.case.codes import FacilityKind
from services.accommodation.case.nights import first_of
from services.accommodation.facilities.codes import Security
from services.accommodation.facilities.models import Candidate, Stay
from services.accommodation.placements import offers, requests
from services.accommodation.placements.codes import REASONS, FitRule, RequestStatus
from services.accommodation.placements.matching import Match
from services.accommodation.placements.models import Offer, PlacementRequest
from services.accommodation.placements.schemas import (
    Acceptance,
    Availability,
    CheckedPlace,
    CheckedRule,
    FreeKind,
    FreePlaces,
    MatchedPlace,
    Matches,
    Needs,
    OfferDetails,
    OfferForTheFacility,
    PlacementRequestDetails,
    PlacementRequestReceipt,
    PlacementRequestWithNeeds,
    ReasonedOffer,
    RuleException,
)
from services.accommodation.placements.visibility import SeenOffer, SeenRequest
from services.accommodation.responsibility.schemas import AuthorityAlone, ResponsibilityAnswer
from shared.contract.codes import AgeGroup, Region
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
        **seen.request.model_dump(
            include={"case_id", "requested_by", "requested_at", "from_on", "to_on", "parked_until"}
        ),
    )


def see_request_with_needs(seen: SeenRequest, needs: Needs) -> PlacementRequestWithNeeds:
    """The request with what the person needs."""
    return PlacementRequestWithNeeds(**dict(see_request(seen)), needs=needs)


def see_matches(fitting: Sequence[Match], excluded: Mapping[FitRule, int], *, now: datetime) -> Matches:
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
        awaiting="second_person" if offer.awaits_second_person else None,
        exceptions=offer.exceptions,
    )


def see_reasons(offer: OfferDetails, exceptions_why: Sequence[RuleException] | None) -> ReasonedOffer:
    """The offer with why rules were excepted, where that may be known."""
    return ReasonedOffer(**dict(offer), exceptions_why=None if exceptions_why is None else list(exceptions_why))


def see_asked(seen: SeenOffer, *, now: datetime) -> OfferForTheFacility:
    """An offer with what is needed."""
    needs = seen.needs or Needs()
    age_group = None if needs.minor is None else AgeGroup.MINOR if needs.minor else AgeGroup.ADULT
    return OfferForTheFacility(
        **dict(see_offer(seen.offer, seen.stay, knows_place=seen.knows_place, now=now)),
        gender=needs.gender,
        age_group=age_group,
        children=needs.children,
        needs=needs,
    )


def see_acceptance(offer: Offer, stay: Stay, *, knows_place: bool, now: datetime) -> Acceptance:
    """An offer that was just accepted, with the placement that came of it."""
    return Acceptance.model_validate(dict(see_offer(offer, stay, knows_place=knows_place, now=now)))


def see_check(against: Collection[FitRule], place_id: UUID, *, now: datetime) -> CheckedPlace:
    """Every rule, whether the place passes it, and why it does not."""
    rules = [
        CheckedRule(
            rule=rule,
            passes=rule not in against,
            why=REASONS[rule][0] if rule in against else None,
            why_da=REASONS[rule][1] if rule in against else None,
        )
        for rule in FitRule
    ]
    return CheckedPlace(as_of=now, place_id=place_id, fits=not against, rules=rules)


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
