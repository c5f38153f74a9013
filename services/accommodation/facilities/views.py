"""What HTTP shows of facilities, their places and approvals."""

from typing import Literal

from services.accommodation.case.nights import first_of, last_of
from services.accommodation.case.schemas import Remark
from services.accommodation.facilities.models import Approval, Facility, OutOfService, Place, Unit
from services.accommodation.facilities.schemas import (
    Accepts,
    ApprovalDetails,
    ClosureDetails,
    FacilityDetails,
    Particulars,
    PlaceDetails,
    PlaceLabel,
    UnitAccepts,
    UnitDetails,
    UnitName,
)


def see_facility(facility: Facility, particulars: Particulars) -> FacilityDetails:
    """The facility as anyone sees it who may know of it."""
    hidden = {"id", "particulars", "reference", "unveiling", "unveiling_asked_by"}
    return FacilityDetails(
        facility_id=facility.id,
        name=particulars.name,
        awaiting=see_awaited(facility),
        accepts=Accepts.model_validate(facility.model_dump(include=set(Accepts.model_fields))),
        **facility.model_dump(exclude=hidden),
    )


def see_awaited(facility: Facility) -> Literal["second_person"] | None:
    """Who is awaited for the secrecy to be dropped."""
    return "second_person" if facility.unveiling_asked_by else None


def see_place(place: Place, label: PlaceLabel) -> PlaceDetails:
    """A place with its label."""
    return PlaceDetails(
        place_id=place.id,
        label=label.label,
        unit=label.unit,
        **place.model_dump(include={"unit_id", "kind", "available_from", "available_until", "approved_by"}),
    )


def see_unit(unit: Unit, name: UnitName) -> UnitDetails:
    """A unit, with what it says of itself."""
    return UnitDetails(
        unit_id=unit.id,
        name=name.name,
        accepts=UnitAccepts.model_validate(unit.model_dump(include=set(UnitAccepts.model_fields))),
        **unit.model_dump(include={"available_from", "available_until"}),
    )


def see_closure(closed: OutOfService) -> ClosureDetails:
    """The nights on which a place cannot be used."""
    return ClosureDetails(
        closure_id=closed.id, place_id=closed.place_id, from_on=first_of(closed.during), to_on=closed.during.upper
    )


def see_approval(approval: Approval, reference: Remark) -> ApprovalDetails:
    """An approval with its days."""
    return ApprovalDetails(
        approval_id=approval.id,
        supervision=approval.supervision,
        reference=reference.text,
        valid_from=first_of(approval.during),
        valid_until=last_of(approval.during),
    )
