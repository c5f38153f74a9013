"""What is known of places on the nights that are asked for."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from services.accommodation.case.nights import Nights
from services.accommodation.facilities.codes import PlaceKind
from services.accommodation.facilities.models import Terms


@dataclass(slots=True)
class Candidate:
    """Places of one facility that stand alike for the nights that are asked for: what fits is asked once of all of them. Nobody
    changes it; that Python should see to that takes as long as to make it twice."""

    number: int
    """How many they are."""
    place_ids: Sequence[UUID]
    """Which: of those that are taken or out of service it is known of one alone."""
    kind: PlaceKind
    available: Nights
    """When their unit is open, too."""
    facility: Terms
    """As it is in their unit."""
    unit_id: UUID | None
    is_approved: bool
    is_out_of_service: bool
    is_taken: bool
    is_elsewhere: bool = False
    """The person has another place on some of the nights."""
    is_unsafe: bool = False
    """Somebody lives in the facility from whom the person is kept apart."""
    parts_household: bool = False
    """The person's household lives in another facility."""
