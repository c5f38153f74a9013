"""The register of facilities: who runs which, which places they have, who has approved them."""

from typing import Any, Final
from uuid import UUID

from services.accommodation.case.nights import first_of, nights
from services.accommodation.case.schemas import Remark
from services.accommodation.facilities import changes, repository
from services.accommodation.facilities.codes import PlaceKind
from services.accommodation.facilities.models import Facility, OutOfService, Place
from services.accommodation.facilities.schemas import (
    Closure,
    ClosureEnd,
    FacilityRegistration,
    Particulars,
    PlaceLabel,
    PlaceRegistration,
)
from shared.contract.directory import can_exist
from shared.contract.events import FacilityChanged
from shared.contract.organisations import OrganisationKind, kind_of
from shared.data.unit_of_work import UnitOfWork
from shared.http.etag import ExpectedVersion
from shared.identity.actor import Actor
from shared.kernel.errors import Conflict, Forbidden, Unprocessable
from shared.kernel.text import as_it_looks

_APPROVES_PEAKS: Final = frozenset({OrganisationKind.SUPERVISION, OrganisationKind.NATIONAL_CENTRE})


class NotYourFacility(Forbidden):
    """Another organisation runs the facility."""


class NotASecondPerson(Forbidden):
    """What takes two people is confirmed by another one than who began it."""


class OperatorUnknown(Unprocessable):
    """The operator is no organisation of the contract."""


class LabelTaken(Conflict):
    """Two places of one facility are called alike."""


class NobodyToApprove(Unprocessable):
    """A place for peaks names somebody as its approver who approves none."""


class ClosureEndsEarlier(Conflict):
    """There is nothing to end."""


class PlaceInUse(Conflict):
    """Somebody has the place on nights on which it would be closed."""


async def register_facility(work: UnitOfWork, *, registration: FacilityRegistration) -> Facility:
    """A new facility of the actor's organisation; CMM may register one for any operator."""
    operator = registration.operator or work.actor.org
    _check_operator(work.actor, operator)
    facility = Facility(operator=operator, **_described(registration))
    await repository.add_facility(work, facility, _particulars(registration))
    changed(work, facility)
    return facility


def changed(work: UnitOfWork, facility: Facility) -> None:
    """Record that the register says something else of the facility; of a secret one nothing but that."""
    work.record(
        FacilityChanged(
            occurred_at=work.now,
            reference=facility.reference,
            facility_id=None if facility.secret_address else facility.id,
        )
    )


async def change_facility(
    work: UnitOfWork, *, facility_id: UUID, registration: FacilityRegistration, expected: ExpectedVersion
) -> Facility:
    """Describe the facility anew, by its operator or CMM. CMM alone hands it to another operator. A secret address stays one
    until a second person has confirmed that it is none any more; said to be a secret again, nobody is asked."""
    facility = await repository.lock_facility(work, facility_id)
    _check_runs(work.actor, facility)
    expected.check(facility)
    operator = registration.operator or facility.operator
    _check_operator(work.actor, operator)
    described = _described(registration)
    is_to_unveil = facility.secret_address and not registration.secret_address
    described["secret_address"] = is_to_unveil or registration.secret_address
    await changes.about_to_change(work, facility, Facility(operator=operator, **described))
    facility.operator = operator
    facility.unveiling_asked_by = person_of(work.actor) if is_to_unveil else None
    for name, value in described.items():
        setattr(facility, name, value)
    facility.version += 1
    await repository.reseal(work, facility, _particulars(registration))
    changed(work, facility)
    return facility


def person_of(actor: Actor) -> str:
    """Who it is, among the people of all organisations."""
    return f"{actor.org}/{actor.subject}"


def _check_operator(actor: Actor, operator: str) -> None:
    if not can_exist(operator):
        raise OperatorUnknown("The operator is no organisation of the directory; see GET /referrals/v1/organisations.")
    if operator != actor.org and actor.kind is not OrganisationKind.NATIONAL_CENTRE:
        raise NotYourFacility("An organisation registers its own facilities; CMM may register them for others.")


def _check_runs(actor: Actor, facility: Facility) -> None:
    if not repository.runs(actor, facility):
        raise NotYourFacility("Only the facility's operator and CMM may change it.")


def _described(registration: FacilityRegistration) -> dict[str, Any]:
    open_fields = {"kind", "municipality", "secret_address", "languages"}
    described = registration.model_dump(include=open_fields) | registration.accepts.model_dump()
    return described | {"region": registration.its_region}


def _particulars(registration: FacilityRegistration) -> Particulars:
    return Particulars(name=registration.name, address=registration.address, contact=registration.contact)


async def add_place(
    work: UnitOfWork, *, facility_id: UUID, registration: PlaceRegistration, expected: ExpectedVersion
) -> Place:
    """A further place of a facility, by its operator or CMM."""
    facility = await repository.lock_facility(work, facility_id)
    _check_runs(work.actor, facility)
    expected.check(facility)
    labels = {as_it_looks(label.label.value) for label in await repository.labels_of(work, facility)}
    if as_it_looks(registration.label.value) in labels:
        raise LabelTaken("The facility has a place of that label; give each its own.")
    place = Place(facility_id=facility.id, **registration.model_dump(exclude={"label", "unit"}))
    if place.kind is PlaceKind.PEAK:
        place.approved_by = _approver(place.approved_by or work.actor.org, facility)
    await repository.add_place(work, place, PlaceLabel(label=registration.label, unit=registration.unit))
    changed(work, facility)
    return place


def _approver(organisation: str, facility: Facility) -> str:
    """Who has approved a place for peaks: a socialtilsyn, CMM, or the operator where nobody else is named."""
    is_authority = can_exist(organisation) and kind_of(organisation) in _APPROVES_PEAKS
    if not is_authority and organisation != facility.operator:
        raise NobodyToApprove("A place for peaks is approved by a socialtilsyn, CMM or the facility's operator.")
    return organisation


async def close_place(work: UnitOfWork, *, place_id: UUID, closure: Closure) -> OutOfService:
    """Take a place out of service for some nights, by its operator or CMM. Raises PlaceInUse."""
    place, facility = await repository.lock_place(work, place_id)
    _check_runs(work.actor, facility)
    closed = OutOfService(place_id=place.id, during=nights(closure.from_on, closure.to_on))
    if await repository.is_taken(work, place.id, closed.during):
        raise PlaceInUse("Somebody has the place on some of these nights; find that person another place first.")
    await repository.add_closure(work, facility, closed, Remark(text=closure.reason))
    changed(work, facility)
    return closed


async def end_closure(work: UnitOfWork, *, place_id: UUID, closure_id: UUID, end: ClosureEnd) -> OutOfService:
    """The place can be used again from that night on; one that has not begun comes to nothing. Raises ClosureNotFound."""
    place, facility = await repository.lock_place(work, place_id)
    _check_runs(work.actor, facility)
    closed = await repository.lock_closure(work, place.id, closure_id)
    if closed.during.upper is not None and end.to_on >= closed.during.upper:
        raise ClosureEndsEarlier("The place is in service again by that day as it is.")
    first = first_of(closed.during)
    if end.to_on <= first:
        await repository.remove_closure(work, closed)
        closed.during = nights(first, first)
    else:
        closed.during = nights(first, end.to_on)
    changed(work, facility)
    return closed
