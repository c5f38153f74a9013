"""What HTTP takes and gives of requests, matches, offers and placements; `Needs` are sealed as they are taken."""

from datetime import date
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, model_validator

from services.accommodation.case.codes import FacilityKind, HousingAuthority, PlacementRow
from services.accommodation.facilities.codes import Security
from services.accommodation.facilities.schemas import check_order
from services.accommodation.placements.codes import OfferStatus, PlacementStatus, RequestStatus
from services.accommodation.responsibility.schemas import AuthorityAlone, KnownFacts, ResponsibilityAnswer
from shared.contract.codes import Gender, Region
from shared.contract.personal import PersonalText
from shared.contract.times import Happened, Planned, PlannedOn
from shared.contract.types import Answer, Body, Day, Flag, Language, Moment, Municipality, Whole, example

MOST_CHILDREN = 20


class ResponsibilityFrom(Answer):
    """Who decides and pays for a placed person's accommodation, from that day on."""

    from_on: date
    row: PlacementRow
    authority: HousingAuthority
    payer: HousingAuthority


class ResponsibilityHistory(Answer):
    """For whoever may not know outcome and legal status: the authority of today alone."""

    items: list[ResponsibilityFrom | AuthorityAlone]


class Needs(Body):
    """What a person needs of a place; gender and minority are the case's where they are left out.

    `children` come along: how many, or just whether."""

    gender: Gender | None = None
    minor: Flag | None = None
    children: Annotated[Whole, Field(ge=0, le=MOST_CHILDREN)] | Flag = 0
    pregnant: Flag = False
    wheelchair: Flag = False
    lgbt_safe: Flag = False
    security: Security = Security.NONE
    languages: Annotated[list[Language], Field(max_length=10)] = []
    avoid_municipalities: Annotated[list[Municipality], Field(max_length=98)] = []


class SealedNeeds(Needs):
    """What is sealed: the needs, with gender and minority as the case has them where the requester did not say."""

    of_the_case: list[str] = []

    def whole(self) -> Needs:
        """All of it, for the rules and for who may know the case."""
        return Needs.model_validate(self.model_dump(exclude={"of_the_case"}))

    def said(self) -> Needs:
        """What the requester said: nothing of the case is read back from it."""
        return Needs.model_validate(self.model_dump(exclude={"of_the_case", *self.of_the_case}))


class PlacementRequestSubmission(Body):
    """A request for a place from `from_on` until, but not on, `to_on`; null: until further notice."""

    model_config = example(
        case_id="019cadab-2340-7d3e-9a52-3f6f0f0c8e21",
        from_on="2026-03-09",
        to_on="2026-04-08",
        needs={"lgbt_safe": True, "languages": ["tha"], "avoid_municipalities": ["0101"]},
    )

    case_id: UUID
    from_on: PlannedOn
    to_on: PlannedOn | None = None
    needs: Needs = Needs()
    responsibility: KnownFacts = KnownFacts()

    @model_validator(mode="after")
    def _has_a_night(self) -> Self:
        check_order(self.from_on, self.to_on)
        return self


class PlacementRequestReceipt(Answer):
    request_id: UUID
    status: RequestStatus
    responsibility: ResponsibilityAnswer | AuthorityAlone


class PlacementRequestDetails(PlacementRequestReceipt):
    case_id: UUID
    requested_by: str
    requested_at: Moment
    from_on: Day
    to_on: Day | None


class PlacementRequestWithNeeds(PlacementRequestDetails):
    """With what the person needs; gender and minority only where the reader has said them or may know the case."""

    needs: Needs


class MatchedPlace(Answer):
    """A place that fits; `speaks_for` are keys such as `language:tha`, `same_kind_preferred`, `ordinary_place`."""

    place_id: UUID
    facility_id: UUID
    rank: int
    speaks_for: list[str]


class Matches(Answer):
    """The places that fit, best first; `excluded` counts every other place once, under the first reason against it."""

    as_of: Moment
    items: list[MatchedPlace]
    excluded: dict[str, int]


class OfferSubmission(Body):
    model_config = example(place_id="019cadab-2340-7d3e-9a52-3f6f0f0c8e21", expires_at="2026-03-10T12:00:00+01:00")

    place_id: UUID
    expires_at: Planned


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


class Acceptance(OfferDetails):
    """The offer is taken: there is a placement now."""

    placement_id: UUID


class Decline(Body):
    model_config = example(reason="The room is being painted.")

    reason: PersonalText


class Arrival(Body):
    """When the person came; now, where it is left out."""

    model_config = example(arrived_at="2026-03-09T18:00:00+01:00")

    arrived_at: Happened | None = None


class Leaving(Body):
    """When the person left (now, where it is left out), why, and whether without a word."""

    model_config = example(left_at="2026-03-19T10:00:00+01:00", reason="She moves in with her sister.")

    left_at: Happened | None = None
    reason: PersonalText | None = None
    disappeared: Flag = False


class PlacementDetails(Answer):
    """A placement, for those who may know the place."""

    placement_id: UUID
    case_id: UUID
    place_id: UUID
    facility_id: UUID
    region: Region
    status: PlacementStatus
    from_on: Day
    to_on: Day | None
    arrived_at: Moment | None
    left_at: Moment | None
    disappeared: bool


class PlacedInRegion(Answer):
    """What the payer of a place in a secret facility learns: in which region the person is."""

    placed: Literal[True] = True
    placement_id: UUID
    case_id: UUID
    region: Region
    status: PlacementStatus
    from_on: Day
    to_on: Day | None


class FreePlaces(Answer):
    """Places of one kind, region and security that fit and are free, in the facilities that the reader may know of."""

    kind: FacilityKind
    region: Region
    security: Security
    free: int
    facility_ids: list[UUID]


class FreeKind(Answer):
    """For everybody else: whether a place of that kind is free."""

    kind: FacilityKind
    free: bool


class Availability(Answer):
    as_of: Moment
    items: list[FreePlaces | FreeKind]


class Placed(Answer):
    """All that the other parties of a case learn: that the person has a place."""

    placed: Literal[True] = True
