"""What of an offer an actor may know."""

from dataclasses import dataclass

from services.accommodation.facilities.models import Stay
from services.accommodation.placements.models import Offer, PlacementRequest
from services.accommodation.placements.schemas import Needs
from shared.contract.visibility import Aspect


@dataclass(slots=True)
class SeenOffer:
    """An offer with its request and nights, and what of it the actor may know."""

    offer: Offer
    stay: Stay
    request: PlacementRequest
    known: frozenset[Aspect]
    knows_place: bool
    needs: Needs | None = None
