"""What the accommodation service takes and gives over HTTP."""

from datetime import date
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import BaseModel, Field, model_validator

from services.accommodation.models import OfferStatus, PlaceKind, PlacementStatus, RequestStatus, Security
from shared.contract.codes import FacilityKind, Gender, HousingAuthority, PlacementRow, Region, ResidenceBasis
from shared.contract.personal import PersonalName, PersonalText
from shared.contract.types import Answer, Body, Day, Flag, Language, Moment, Municipality, Organisation, Whole
from shared.kernel.errors import SpokenValueError

MOST_CHILDREN = 20


class ResponsibilityQuestion(Body):
    """What is known of a person, to ask who houses her."""

    gender: Gender
    minor: Flag
    unaccompanied: Flag | None = None
    residence_basis: ResidenceBasis
    asylum_pending: Flag = False
    asylum_registered: Flag | None = None
    decided: Flag
    resident: Flag = False


class KnownFacts(Body):
    """As in the question of responsibility; what is left out is taken from the case, as far as it is known."""

    gender: Gender | None = None
    minor: Flag | None = None
    unaccompanied: Flag | None = None
    residence_basis: ResidenceBasis | None = None
    asylum_pending: Flag | None = None
    asylum_registered: Flag | None = None
    decided: Flag | None = None
    resident: Flag | None = None


class ResponsibilityAnswer(Answer):
    row: PlacementRow
    authority: HousingAuthority
    payer: HousingAuthority
    options: list[FacilityKind]
    why: str
    why_da: str
    needs_review: bool
    table_version: str


class ResponsibilityFrom(Answer):
    """Who decides and pays for a placed person's accommodation, from that day on."""

    from_on: date
    row: PlacementRow
    authority: HousingAuthority
    payer: HousingAuthority


class ResponsibilityHistory(Answer):
    items: list[ResponsibilityFrom]


class Accepts(Body):
    """Whom a facility takes in. A gender is accepted when it is listed: a trans woman where `trans_woman` is."""

    genders: Annotated[list[Gender], Field(min_length=1, max_length=6)]
    minors: Flag = False
    families: Flag = False
    wheelchair: Flag = False
    lgbt_safe: Flag = False
    security: Security = Security.NONE


class FacilityRegistration(Body):
    """A facility as its operator describes it; without `operator` it is the caller's."""

    name: PersonalName
    kind: FacilityKind
    operator: Organisation | None = None
    region: Region
    municipality: Municipality
    address: PersonalText
    contact: PersonalText | None = None
    secret_address: Flag
    languages: Annotated[list[Language], Field(max_length=40)] = []
    accepts: Accepts


class Particulars(BaseModel):
    """What is sealed of a facility."""

    name: PersonalName
    address: PersonalText
    contact: PersonalText | None = None


class FacilityReceipt(Answer):
    facility_id: UUID


class FacilityDetails(Answer):
    """A facility, without its address."""

    facility_id: UUID
    name: PersonalName
    kind: FacilityKind
    operator: str
    region: Region
    municipality: str
    secret_address: bool
    languages: list[str]
    accepts: Accepts


class AddressedFacility(FacilityDetails):
    """A facility with its address, for its operator and CMM."""

    address: PersonalText
    contact: PersonalText | None


def check_order(begin: Day | None, end: Day | None) -> None:
    """For validators: a period `[begin, end)` has at least one night."""
    if begin is not None and end is not None and end <= begin:
        raise SpokenValueError("A period ends on a later day than it begins; the last day is not part of it.")


class PlaceRegistration(Body):
    """A place; available from the one day until, but not on, the other."""

    label: PersonalName
    kind: PlaceKind = PlaceKind.ORDINARY
    available_from: Day | None = None
    available_until: Day | None = None

    @model_validator(mode="after")
    def _has_a_night(self) -> Self:
        check_order(self.available_from, self.available_until)
        return self


class PlaceReceipt(Answer):
    place_id: UUID


class PlaceDetails(Answer):
    place_id: UUID
    label: PersonalName
    kind: PlaceKind
    available_from: Day | None
    available_until: Day | None


class Closure(Body):
    """Nights on which a place cannot be used; an open end means until further notice."""

    from_on: Day
    to_on: Day | None = None
    reason: PersonalText

    @model_validator(mode="after")
    def _has_a_night(self) -> Self:
        check_order(self.from_on, self.to_on)
        return self


class ClosureDetails(Answer):
    place_id: UUID
    from_on: Day
    to_on: Day | None


class ApprovalRecord(Body):
    """An approval of a facility, valid from the one day until, but not on, the other."""

    supervision: Organisation
    reference: PersonalText
    valid_from: Day
    valid_until: Day | None = None

    @model_validator(mode="after")
    def _has_a_night(self) -> Self:
        check_order(self.valid_from, self.valid_until)
        return self


class ApprovalDetails(Answer):
    approval_id: UUID
    supervision: str
    reference: PersonalText
    valid_from: Day
    valid_until: Day | None


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


class PlacementRequestSubmission(Body):
    """A request for a place from `from_on` until, but not on, `to_on`; null: until further notice."""

    case_id: UUID
    from_on: Day
    to_on: Day | None = None
    needs: Needs = Needs()
    responsibility: KnownFacts = KnownFacts()

    @model_validator(mode="after")
    def _has_a_night(self) -> Self:
        check_order(self.from_on, self.to_on)
        return self


class PlacementRequestReceipt(Answer):
    request_id: UUID
    status: RequestStatus
    responsibility: ResponsibilityAnswer


class PlacementRequestDetails(PlacementRequestReceipt):
    case_id: UUID
    requested_by: str
    requested_at: Moment
    from_on: Day
    to_on: Day | None


class PlacementRequestWithNeeds(PlacementRequestDetails):
    """For whoever says why the needs are read."""

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
    place_id: UUID
    expires_at: Moment


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
    reason: PersonalText


class Remark(BaseModel):
    """Free text, as it is sealed: why an offer was declined, why somebody left, what an approval is called."""

    text: PersonalText


class PlaceLabel(BaseModel):
    """A place's label, as it is sealed."""

    label: PersonalName


class Arrival(Body):
    """When the person came; now, where it is left out."""

    arrived_at: Moment | None = None


class Leaving(Body):
    """When the person left (now, where it is left out), why, and whether without a word."""

    left_at: Moment | None = None
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


class Placed(Answer):
    """All that the other parties of a case learn: that the person has a place."""

    placed: Literal[True] = True
