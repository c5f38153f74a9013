"""What HTTP takes and gives of offers, and the exceptions that are sealed."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from services.accommodation.placements.codes import DeclineCode, FitRule, OfferStatus
from services.accommodation.placements.schemas import Needs
from shared.contract.codes import AgeGroup, Gender
from shared.contract.personal import PersonalText
from shared.contract.times import Planned
from shared.contract.types import Answer, Body, Day, Moment, example


class RuleException(Body):
    """A rule that speaks against the place, and why it is set aside for this person."""

    model_config = example(rule="distance", reason="She has chosen to stay near her children.")

    rule: FitRule
    reason: PersonalText


class Exceptions(BaseModel):
    """The exceptions of an offer, as they are sealed."""

    items: list[RuleException] = []


class OfferSubmission(Body):
    """A place to hold until `expires_at`. Rules that speak against it may be excepted: those of the facility by its operator;
    options, distance, household and peak by CMM or the payer; co-placement by CMM alone. `instead_of` is the placement that
    the place would replace by a move."""

    model_config = example(place_id="019cadab-2340-7d3e-9a52-3f6f0f0c8e21", expires_at="2026-03-10T12:00:00+01:00")

    place_id: UUID
    expires_at: Planned
    exceptions: Annotated[list[RuleException], Field(max_length=len(FitRule))] = []
    instead_of: UUID | None = None


class Confirmation(Body):
    """Why a second person agrees that a minor goes to a facility for adults."""

    model_config = example(reason="His brother lives there, and the municipality has agreed.")

    reason: PersonalText


class OfferDetails(Answer):
    """An offer; the place is named to those only who may know it."""

    offer_id: UUID
    request_id: UUID
    case_id: UUID
    status: OfferStatus
    expires_at: Moment
    from_on: Day
    to_on: Day | None
    place_id: UUID | None
    facility_id: UUID | None
    placement_id: UUID | None
    awaiting: Literal["second_person"] | None
    exceptions: list[FitRule]
    police_until: Moment | None = None
    """Police have offered it to whom they hold: their hours end then, and US decides what comes after."""


class ReasonedOffer(OfferDetails):
    """With why rules were excepted; null for those who may not know the place."""

    exceptions_why: list[RuleException] | None


class OfferForTheFacility(OfferDetails):
    """An offer with what is needed, for the facility that is asked."""

    gender: Gender | None
    age_group: AgeGroup | None
    children: int | bool
    needs: Needs


class Acceptance(OfferDetails):
    """The offer is taken: there is a placement now."""

    placement_id: UUID


class Decline(Body):
    """Why; the person's own no is a decline of its own kind (`persons_own_no`)."""

    model_config = example(reason="The room is being painted.", code="no_room")

    reason: PersonalText
    code: DeclineCode = DeclineCode.OTHER
