"""What HTTP takes and gives of facilities, their places and approvals, and what of them is sealed."""

from typing import Annotated, Final, Literal, Self
from uuid import UUID

from pydantic import BaseModel, Field, model_validator

from services.accommodation.case.codes import FacilityKind
from services.accommodation.facilities.codes import PlaceKind, Security
from shared.contract.codes import Gender, Region
from shared.contract.municipalities import MUNICIPALITIES
from shared.contract.personal import PersonalName, PersonalText
from shared.contract.times import PlannedOn
from shared.contract.types import Answer, Body, Day, Flag, Language, Municipality, Organisation, example
from shared.kernel.errors import SpokenValueError

_MEN: Final = frozenset({Gender.MAN, Gender.TRANS_MAN})
_FOR_CHILDREN: Final = frozenset({FacilityKind.CHILDRENS_CENTRE, FacilityKind.FOSTER_FAMILY})


class Accepts(Body):
    """Whom a facility takes in. A gender is accepted when it is listed: a trans woman where `trans_woman` is."""

    genders: Annotated[list[Gender], Field(min_length=1, max_length=6)]
    minors: Flag = False
    families: Flag = False
    wheelchair: Flag = False
    lgbt_safe: Flag = False
    security: Security = Security.NONE


class UnitAccepts(Body):
    """Whom a unit takes in, of those whom its facility does; what is left out is as the facility has it."""

    genders: Annotated[list[Gender], Field(min_length=1, max_length=6)] | None = None
    minors: Flag | None = None
    families: Flag | None = None
    wheelchair: Flag | None = None
    lgbt_safe: Flag | None = None
    security: Security | None = None


class FacilityRegistration(Body):
    """A facility as its operator describes it; without `operator` it is the caller's."""

    model_config = example(
        name="Havnehuset",
        kind="crisis_centre",
        region="1082",
        municipality="0751",
        address="Opdigtet Vej 7, 8000 Aarhus C",
        contact="The night bell, +45 00 00 00 07",
        secret_address=True,
        languages=["dan", "eng", "tha"],
        accepts={"genders": ["woman", "trans_woman"], "families": True, "lgbt_safe": True, "security": "high"},
    )

    name: PersonalName
    kind: FacilityKind
    operator: Organisation | None = None
    region: Region | None = None
    municipality: Municipality
    address: PersonalText
    contact: PersonalText | None = None
    secret_address: Flag
    languages: Annotated[list[Language], Field(max_length=40)] = []
    accepts: Accepts

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        region = MUNICIPALITIES[self.municipality].region
        if self.region not in (None, region):
            raise SpokenValueError("The municipality lies in another region; leave the region out, and it is found.")
        if self.kind is FacilityKind.MENS_CRISIS_CENTRE and not _MEN & set(self.accepts.genders):
            raise SpokenValueError("A crisis centre for men accepts men; list whom it takes in, or name another kind.")
        if self.kind in _FOR_CHILDREN and not self.accepts.minors:
            raise SpokenValueError("A facility for children accepts minors; say so, or name another kind.")
        return self

    @property
    def its_region(self) -> Region:
        """Where its municipality lies."""
        return MUNICIPALITIES[self.municipality].region


class Particulars(BaseModel):
    """What is sealed of a facility."""

    name: PersonalName
    address: PersonalText
    contact: PersonalText | None = None


class FacilityReceipt(Answer):
    facility_id: UUID
    awaiting: Literal["second_person"] | None = None
    """The address stays a secret until a second person confirms that it is none any more."""


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
    awaiting: Literal["second_person"] | None = None


class AddressedFacility(FacilityDetails):
    """A facility with its address, for its operator, its supervision and CMM."""

    address: PersonalText
    contact: PersonalText | None


def check_order(begin: Day | None, end: Day | None) -> None:
    """For validators: nights `[begin, end)` are at least one; the end is the day of leaving."""
    if begin is not None and end is not None and end <= begin:
        raise SpokenValueError(
            "A stay ends on a later day than it begins; the night of the last day is not part of it."
        )


def check_days(begin: Day | None, until: Day | None) -> None:
    """For validators: a period whose last day is part of it does not end before it begins."""
    if begin is not None and until is not None and until < begin:
        raise SpokenValueError("A period ends no earlier than it begins; its last day is part of it.")


class UnitRegistration(Body):
    """A unit of a facility, open from the one day to the other, both included. It accepts no more than the facility does."""

    model_config = example(
        name="Family wing",
        accepts={"genders": ["woman"], "families": True, "wheelchair": False},
        available_from="2026-01-01",
    )

    name: PersonalName
    accepts: UnitAccepts = UnitAccepts()
    available_from: PlannedOn | None = None
    available_until: PlannedOn | None = None

    @model_validator(mode="after")
    def _has_a_night(self) -> Self:
        check_days(self.available_from, self.available_until)
        return self


class UnitReceipt(Answer):
    unit_id: UUID


class UnitDetails(Answer):
    """A unit; what `accepts` leaves out is as its facility has it."""

    unit_id: UUID
    name: PersonalName
    accepts: UnitAccepts
    available_from: Day | None
    available_until: Day | None


class UnitName(BaseModel):
    """What a unit is called, as it is sealed."""

    name: PersonalName


class PlaceRegistration(Body):
    """A place, in a unit of the facility where it has such; available from the one day to the other, both included, while the
    unit is open. A unit that the facility does not have yet is made by naming it: it accepts whom the facility does. Of a place
    for peaks `approved_by` says who has approved it: a socialtilsyn, CMM or, where it is left out, the caller."""

    model_config = example(label="Room 1", unit="First floor", kind="ordinary", available_from="2026-03-01")

    label: PersonalName
    unit: PersonalName | None = None
    kind: PlaceKind = PlaceKind.ORDINARY
    available_from: PlannedOn | None = None
    available_until: PlannedOn | None = None
    approved_by: Organisation | None = None

    @model_validator(mode="after")
    def _has_a_night(self) -> Self:
        check_days(self.available_from, self.available_until)
        if self.approved_by and self.kind is not PlaceKind.PEAK:
            raise SpokenValueError("An ordinary place is approved with its facility; leave `approved_by` out.")
        return self


class PlaceReceipt(Answer):
    place_id: UUID


class PlaceDetails(Answer):
    place_id: UUID
    label: PersonalName
    unit: PersonalName | None
    unit_id: UUID | None
    kind: PlaceKind
    available_from: Day | None
    available_until: Day | None
    approved_by: str | None


class Closure(Body):
    """Nights on which a place cannot be used; an open end means until further notice."""

    model_config = example(from_on="2026-04-01", to_on="2026-04-08", reason="The room is being painted.")

    from_on: PlannedOn
    to_on: PlannedOn | None = None
    reason: PersonalText

    @model_validator(mode="after")
    def _has_a_night(self) -> Self:
        check_order(self.from_on, self.to_on)
        return self


class ClosureEnd(Body):
    """From which night on the place can be used again."""

    model_config = example(to_on="2026-04-06")

    to_on: PlannedOn


class ClosureDetails(Answer):
    closure_id: UUID
    place_id: UUID
    from_on: Day
    to_on: Day | None


class ApprovalRecord(Body):
    """An approval of a facility, valid from the one day to the other, both included."""

    model_config = example(
        supervision="socialtilsyn-midt", reference="Approval 17", valid_from="2026-01-01", valid_until="2027-01-01"
    )

    supervision: Organisation
    reference: PersonalText
    valid_from: PlannedOn
    valid_until: PlannedOn | None = None

    @model_validator(mode="after")
    def _has_a_night(self) -> Self:
        check_days(self.valid_from, self.valid_until)
        return self


class ApprovalEnd(Body):
    """From which day the approval no longer holds, and why."""

    model_config = example(on="2026-06-01", reason="The fire exits are blocked.")

    on: PlannedOn
    reason: PersonalText


class ApprovalDetails(Answer):
    approval_id: UUID
    supervision: str
    reference: PersonalText
    valid_from: Day
    valid_until: Day | None


class PlaceLabel(BaseModel):
    """A place's label, as it is sealed. It names the unit where that is one by name alone."""

    label: PersonalName
    unit: PersonalName | None = None
