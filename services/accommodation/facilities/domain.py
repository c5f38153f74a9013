"""The register of facilities: who runs which, and whom they accept."""

from typing import Any
from uuid import UUID

from services.accommodation.facilities import changes, repository
from services.accommodation.facilities import visibility as who
from services.accommodation.facilities.models import Facility, in_units
from services.accommodation.facilities.schemas import FacilityRegistration, Particulars
from shared.contract.codes import Region
from shared.contract.directory import can_exist, supervision_of
from shared.contract.events import FacilityChanged
from shared.contract.organisations import OrganisationKind
from shared.data.unit_of_work import UnitOfWork
from shared.http.etag import ExpectedVersion
from shared.identity.actor import Actor
from shared.kernel.clock import on_date
from shared.kernel.errors import Conflict, Forbidden, Unprocessable


class NotYourFacility(Forbidden):
    """Another organisation runs the facility."""


class NotASecondPerson(Forbidden):
    """What takes two people is confirmed by another one than who began it."""


class ApprovedElsewhere(Conflict):
    """What the supervision of one region has approved goes on in no other."""


class OperatorUnknown(Unprocessable):
    """The operator is no organisation of the contract."""


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
    check_runs(work.actor, facility)
    expected.check(facility)
    operator = registration.operator or facility.operator
    _check_operator(work.actor, operator)
    described = _described(registration)
    await _check_is_approved_there(work, facility, described["region"])
    is_to_unveil = facility.secret_address and not registration.secret_address
    if is_to_unveil:
        check_is_person(work.actor)
    described["secret_address"] = is_to_unveil or registration.secret_address
    units = await repository.units_of(work, facility.id)
    would = in_units(Facility(operator=operator, **described), units)
    await changes.about_to_change(work, facility.id, in_units(facility, units), would)
    facility.operator = operator
    facility.unveiling_asked_by = person_of(work.actor) if is_to_unveil else None
    for name, value in described.items():
        setattr(facility, name, value)
    facility.version += 1
    await repository.reseal(work, facility, _particulars(registration))
    changed(work, facility)
    return facility


async def _check_is_approved_there(work: UnitOfWork, facility: Facility, region: Region) -> None:
    """Nobody could end, or is notified of the end of, what the supervision of another region has approved."""
    if region is facility.region:
        return
    theirs = supervision_of(region)
    running = await repository.approvals_from(work, facility.id, on_date(work.now))
    if others := sorted({approval.supervision for approval in running} - {theirs}):
        raise ApprovedElsewhere(
            f"The approval by {' and '.join(others)} runs, which approves nothing in that region: have it ended first "
            f"(POST .../approvals/{{id}}/end), describe the facility then, and have {theirs} approve it."
        )


def person_of(actor: Actor) -> str:
    """Who it is, among the people of all organisations."""
    return f"{actor.org}/{actor.subject}"


def check_is_person(actor: Actor) -> None:
    """What takes two people is begun and confirmed by people. Raises NotASecondPerson."""
    if actor.is_system:
        raise NotASecondPerson(
            "This takes two people, and a system that acts on its own is none; sign in as a person.",
            danish=("Det kræver to personer, og et system, der handler på egen hånd, er ingen; log ind som en person."),
        )


def _check_operator(actor: Actor, operator: str) -> None:
    if not can_exist(operator):
        raise OperatorUnknown("The operator is no organisation of the directory; see GET /referrals/v1/organisations.")
    if operator != actor.org and actor.kind is not OrganisationKind.NATIONAL_CENTRE:
        raise NotYourFacility("An organisation registers its own facilities; CMM may register them for others.")


def check_runs(actor: Actor, facility: Facility) -> None:
    """Raises NotYourFacility."""
    if not who.runs(actor, facility):
        raise NotYourFacility("Only the facility's operator and CMM may change it.")


def _described(registration: FacilityRegistration) -> dict[str, Any]:
    open_fields = {"kind", "municipality", "secret_address", "languages"}
    described = registration.model_dump(include=open_fields) | registration.accepts.model_dump()
    return described | {"region": registration.its_region}


def _particulars(registration: FacilityRegistration) -> Particulars:
    return Particulars(name=registration.name, address=registration.address, contact=registration.contact)
