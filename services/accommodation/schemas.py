"""What the accommodation service takes and gives over HTTP."""

from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import BaseModel, Field, model_validator

from services.accommodation.models import OfferStatus, PlaceKind, PlacementStatus, RequestStatus, Security
from shared.codes import FacilityKind, Gender, HousingAuthority, PlacementRow, Region, ResidenceBasis
from shared.errors import SpokenValueError
from shared.personal import PersonalName, PersonalText
from shared.schemas import Answer, Body, Day, Flag, Language, Moment, Municipality, Organisation, Whole

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


class _Dates(Body):
    @model_validator(mode="after")
    def _end_after_they_begin(self) -> Self:
        begin, end = (getattr(self, name) for name in list(type(self).model_fields)[-2:])
        if begin is not None and end is not None and end <= begin:
            raise SpokenValueError("A period ends on a later day than it begins; its last day is not part of it.")
        return self
