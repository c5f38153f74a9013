"""What HTTP shows of requests, matches, offers and placements, and to whom a place is named."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from services.accommodation.case.codes import FacilityKind
from services.accommodation.case.nights import first_of
from services.accommodation.facilities.codes import Security
from services.accommodation.facilities.models import Candidate, Stay
from services.accommodation.placements import offers, requests
from services.accommodation.placements.codes import PASSED, REASONS, FitRule, RequestStatus
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
from services.accommodation.ranking import domain as ranking
from services.accommodation.ranking.domain import Weights
from services.accommodation.ranking.models import Ranking
from services.accommodation.ranking.schemas import CriterionExplained, KeptRanking, PlaceInRanking, RankingAgain
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


def see_matches(fitting: Sequence[Match], excluded: Mapping[FitRule, int], *, weights: str, now: datetime) -> Matches:
    """The places that fit, ranked as they come, and how many others each reason excludes."""
    items = [see_match(match, rank) for rank, match in enumerate(fitting, start=1)]
    return Matches(as_of=now, weights=weights, items=items, excluded=see_excluded(excluded))


def see_match(match: Match, rank: int) -> MatchedPlace:
    """A place that fits, with its rank."""
    return MatchedPlace(
        place_id=match.place_id,
        facility_id=match.candidate.facility.id,
        rank=rank,
        speaks_for=match.speaks_for,
        points=match.points,
    )


def see_excluded(excluded: Mapping[FitRule, int]) -> dict[str, int]:
    """How many places each reason excludes."""
    return {reason.value: excluded[reason] for reason in sorted(excluded)}


def see_ranking(kept: Ranking, places: KeptRanking, weights: Weights, offer: Offer) -> RankingAgain:
    """A kept ranking, computed again by these weights."""
    in_order = ranking.again(places, weights)
    items = [
        PlaceInRanking(
            place_id=place.place_id,
            facility_id=place.facility_id,
            rank=rank,
            points=points,
            is_chosen=place.place_id == offer.place_id,
        )
        for rank, (place, points) in enumerate(in_order, start=1)
    ]
    return RankingAgain(
        offer_id=kept.offer_id,
        kept_at=kept.kept_at,
        chosen_by=kept.weights,
        weights=weights.version,
        is_same_order=[place for place, _ in in_order] == places.places,
        fitted=places.fitted,
        chosen_rank=next((item.rank for item in items if item.is_chosen), None),
        criteria=[
            CriterionExplained(criterion=each, **weight.model_dump()) for each, weight in weights.criteria.items()
        ],
        items=items,
    )


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
        # Of a secret place they would say where it is not, or is: `distance`, in which of the municipalities to avoid.
        exceptions=offer.exceptions if knows_place else [],
        police_until=offer.police_until,
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
    """Every rule, whether the place passes it, and why."""
    rules = [
        CheckedRule(
            rule=rule,
            passes=rule not in against,
            why=why,
            why_da=why_da,
        )
        for rule in FitRule
        for why, why_da in [(REASONS if rule in against else PASSED)[rule]]
    ]
    return CheckedPlace(as_of=now, place_id=place_id, fits=not against, rules=rules)


def see_availability(free: Sequence[Candidate], *, in_numbers: bool, now: datetime) -> Availability:
    """Which places are free: counted, with their facilities; or for each kind whether any is."""
    if not in_numbers:
        kinds = {candidate.facility.kind for candidate in free}
        return Availability(as_of=now, items=[FreeKind(kind=kind, free=kind in kinds) for kind in FacilityKind])
    groups: dict[tuple[FacilityKind, Region, Security], dict[UUID, int]] = {}
    for candidate in free:
        facility = candidate.facility
        found = groups.setdefault((facility.kind, facility.region, facility.security), {})
        found[facility.id] = found.get(facility.id, 0) + len(candidate.place_ids)
    items: list[FreePlaces | FreeKind] = [
        FreePlaces(kind=kind, region=region, security=security, free=sum(found.values()), facility_ids=sorted(found))
        for (kind, region, security), found in sorted(groups.items())
    ]
    return Availability(as_of=now, items=items)
