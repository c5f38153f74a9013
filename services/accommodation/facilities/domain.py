"""The register of facilities: who runs which, which places they have, who has approved them."""

from typing import Any
from uuid import UUID

from services.accommodation.case.nights import first_of, nights
from services.accommodation.case.schemas import Remark
from services.accommodation.facilities import repository
from services.accommodation.facilities.models import Approval, Facility, OutOfService, Place
from services.accommodation.facilities.schemas import (
    ApprovalEnd,
    ApprovalRecord,
    Closure,
    FacilityRegistration,
    Particulars,
    PlaceLabel,
    PlaceRegistration,
)
from shared.contract.codes import Purpose
from shared.contract.directory import can_exist
from shared.contract.organisations import OrganisationKind, UnknownOrganisation, kind_of
from shared.contract.visibility import ASSURANCES, Aspect
from shared.data.unit_of_work import UnitOfWork
from shared.http.etag import ExpectedVersion
from shared.identity.actor import Actor
from shared.kernel.errors import Conflict, Forbidden, Unauthenticated, Unprocessable


class NotYourFacility(Forbidden):
    """Another organisation runs the facility."""


class OperatorUnknown(Unprocessable):
    """The operator is no organisation of the contract."""


class NotASupervision(Unprocessable):
    """An approval names an organisation that approves nothing."""


class NotYourApproval(Forbidden):
    """Approvals are recorded by the supervision that gave them, or by CMM."""


class ApprovalIsEnded(Conflict):
    """There is nothing to end."""


class EndsBeforeItBegins(Unprocessable):
    """An approval that would have held on no day."""


class AssuranceTooLow(Unauthenticated):
    """A secret address is shown to nobody whose login is not of the highest level."""


class PlaceInUse(Conflict):
    """Somebody has the place on nights on which it would be closed."""


async def register_facility(work: UnitOfWork, *, registration: FacilityRegistration) -> Facility:
    """A new facility of the actor's organisation; CMM may register one for any operator."""
    operator = registration.operator or work.actor.org
    _check_operator(work.actor, operator)
    facility = Facility(operator=operator, **_described(registration))
    await repository.add_facility(work, facility, _particulars(registration))
    return facility


async def change_facility(
    work: UnitOfWork, *, facility_id: UUID, registration: FacilityRegistration, expected: ExpectedVersion
) -> Facility:
    """Describe the facility anew, by its operator or CMM. CMM alone hands it to another operator."""
    facility = await repository.lock_facility(work, facility_id)
    _check_runs(work.actor, facility)
    expected.check(facility)
    operator = registration.operator or facility.operator
    _check_operator(work.actor, operator)
    facility.operator = operator
    for name, value in _described(registration).items():
        setattr(facility, name, value)
    facility.version += 1
    await repository.reseal(work, facility, _particulars(registration))
    return facility


def _check_operator(actor: Actor, operator: str) -> None:
    try:
        kind_of(operator)
    except UnknownOrganisation:
        raise OperatorUnknown(
            "The operator is no organisation of the directory; see GET /referrals/v1/organisations."
        ) from None
    if operator != actor.org and actor.kind is not OrganisationKind.NATIONAL_CENTRE:
        raise NotYourFacility("An organisation registers its own facilities; CMM may register them for others.")


def _check_runs(actor: Actor, facility: Facility) -> None:
    if not repository.runs(actor, facility):
        raise NotYourFacility("Only the facility's operator and CMM may change it.")


def _described(registration: FacilityRegistration) -> dict[str, Any]:
    open_fields = {"kind", "region", "municipality", "secret_address", "languages"}
    return registration.model_dump(include=open_fields) | registration.accepts.model_dump()


def _particulars(registration: FacilityRegistration) -> Particulars:
    return Particulars(name=registration.name, address=registration.address, contact=registration.contact)


async def read_facility(
    work: UnitOfWork, *, facility_id: UUID, purpose: Purpose | None
) -> tuple[Facility, Particulars, bool]:
    """The facility, and whether its address is shown: to its operator, its supervision and CMM, when they say why it is read;
    for a secret one the login must be of the highest assurance (docs/rules.md, privacy-4)."""
    facility, particulars, with_address = await repository.read_facility(work, facility_id, purpose=purpose)
    needed = ASSURANCES[Aspect.ADDRESS]
    if with_address and facility.secret_address and not work.actor.assurance.at_least(needed):
        raise AssuranceTooLow(
            f"A secret address is shown only after a login with assurance level {needed}; without a purpose it is left out.",
            headers={"www-authenticate": f'Bearer error="insufficient_user_authentication", acr_values="{needed}"'},
        )
    return facility, particulars, with_address


async def add_place(work: UnitOfWork, *, facility_id: UUID, registration: PlaceRegistration) -> Place:
    """A further place of a facility, by its operator or CMM."""
    facility = await repository.lock_facility(work, facility_id)
    _check_runs(work.actor, facility)
    place = Place(facility_id=facility.id, **registration.model_dump(exclude={"label"}))
    await repository.add_place(work, place, PlaceLabel(label=registration.label))
    return place


async def close_place(work: UnitOfWork, *, place_id: UUID, closure: Closure) -> OutOfService:
    """Take a place out of service for some nights, by its operator or CMM. Raises PlaceInUse."""
    place, facility = await repository.lock_place(work, place_id)
    _check_runs(work.actor, facility)
    closed = OutOfService(place_id=place.id, during=nights(closure.from_on, closure.to_on))
    if await repository.is_taken(work, place.id, closed.during):
        raise PlaceInUse("Somebody has the place on some of these nights; find that person another place first.")
    await repository.add_closure(work, facility, closed, Remark(text=closure.reason))
    return closed


async def approve(work: UnitOfWork, *, facility_id: UUID, record: ApprovalRecord) -> tuple[Approval, Remark]:
    """Record an approval: a supervision its own, of a facility in its region; CMM any supervision's."""
    _check_may_approve(work.actor, record.supervision)
    facility = await repository.known_facility(work, facility_id)
    approval = Approval(
        facility_id=facility.id,
        supervision=record.supervision,
        during=nights(record.valid_from, record.valid_until),
        recorded_by=work.actor.org,
        recorded_at=work.now,
    )
    reference = Remark(text=record.reference)
    await repository.add_approval(work, approval, reference)
    return approval, reference


async def end_approval(
    work: UnitOfWork, *, facility_id: UUID, approval_id: UUID, end: ApprovalEnd
) -> tuple[Approval, Remark]:
    """The approval holds until that day no more, by the supervision that gave it or CMM. Whoever is there stays until
    somebody finds them another place."""
    approval = await repository.lock_approval(work, facility_id, approval_id)
    if work.actor.org != approval.supervision and work.actor.kind is not OrganisationKind.NATIONAL_CENTRE:
        raise NotYourApproval("An approval is ended by the supervision that gave it, or by CMM.")
    begins, ends = first_of(approval.during), approval.during.upper
    if approval.ended_at or (ends is not None and ends <= end.on):
        raise ApprovalIsEnded("The approval has ended by that day already.")
    if end.on <= begins:
        raise EndsBeforeItBegins("An approval ends on a later day than it begins; that day is not part of it.")
    approval.during = nights(begins, end.on)
    approval.ended_at, approval.ended_by = work.now, work.actor.org
    return approval, await repository.note_end(work, approval, Remark(text=end.reason))


def _check_may_approve(actor: Actor, supervision: str) -> None:
    approves = can_exist(supervision) and kind_of(supervision) is OrganisationKind.SUPERVISION
    is_theirs = actor.kind is OrganisationKind.SUPERVISION and actor.org == supervision
    if not is_theirs and actor.kind is not OrganisationKind.NATIONAL_CENTRE:
        raise NotYourApproval("An approval is recorded by the supervision that gave it, or by CMM.")
    if not approves:
        raise NotASupervision("Only a socialtilsyn approves facilities; name the one that did.")
