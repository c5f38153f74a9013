"""What HTTP shows of offers, and to whom a place is named."""

from collections.abc import Sequence
from datetime import datetime

from services.accommodation.case.nights import first_of
from services.accommodation.facilities.models import Stay
from services.accommodation.offers import domain as offers
from services.accommodation.offers.schemas import (
    Acceptance,
    OfferDetails,
    OfferForTheFacility,
    ReasonedOffer,
    RuleException,
)
from services.accommodation.offers.visibility import SeenOffer
from services.accommodation.placements.models import Offer
from services.accommodation.placements.schemas import Needs
from services.accommodation.ranking import domain as ranking
from services.accommodation.ranking.domain import Weights
from services.accommodation.ranking.models import Ranking
from services.accommodation.ranking.schemas import CriterionExplained, KeptRanking, PlaceInRanking, RankingAgain
from shared.contract.codes import AgeGroup


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
    during = offer.during or stay.during
    return OfferDetails(
        offer_id=offer.id,
        request_id=offer.request_id,
        case_id=offer.case_id,
        status=offers.status_of(offer, stay, now=now),
        expires_at=offer.expires_at,
        from_on=first_of(during),
        to_on=during.upper,
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
    return Acceptance(**dict(see_offer(offer, stay, knows_place=knows_place, now=now)))
