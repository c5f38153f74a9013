"""The places and units of facilities: which there are, from when to when, whom a unit accepts, and when a place is closed."""

from collections.abc import Collection, Sequence
from typing import Any, Final
from uuid import UUID

from services.accommodation.case.nights import first_of, night_of, nights
from services.accommodation.case.schemas import Remark
from services.accommodation.facilities import changes, repository
from services.accommodation.facilities.codes import PlaceKind
from services.accommodation.facilities.domain import changed, check_runs
from services.accommodation.facilities.models import Facility, OutOfService, Place, Unit
from services.accommodation.facilities.schemas import (
    Closure,
    ClosureEnd,
    PlaceLabel,
    PlaceRegistration,
    UnitName,
    UnitRegistration,
)
from shared.contract.directory import can_exist
from shared.contract.organisations import OrganisationKind, kind_of
from shared.contract.personal import PersonalName
from shared.data.unit_of_work import UnitOfWork
from shared.http.etag import ExpectedVersion
from shared.kernel.errors import Conflict, Unprocessable
from shared.kernel.text import as_it_looks

_APPROVES_PEAKS: Final = frozenset({OrganisationKind.SUPERVISION, OrganisationKind.NATIONAL_CENTRE})


Labelled = Sequence[tuple[Place, PlaceLabel]]
"""The places of a facility, and what they are called."""


class LabelTaken(Conflict):
    """Two places, or two units, of one facility are called alike."""


class NobodyToApprove(Unprocessable):
    """A place for peaks names somebody as its approver who approves none."""


class UnitAcceptsMore(Unprocessable):
    """A unit would accept whom its facility does not."""


class ClosureEndsEarlier(Conflict):
    """There is nothing to end."""


_READ_AT: Final = "GET .../facilities/{facility_id}/places/{place_id}"
"""Where the ETag is found that a place is changed with."""


async def add_place(
    work: UnitOfWork, *, facility_id: UUID, registration: PlaceRegistration, expected: ExpectedVersion
) -> Place:
    """A further place of a facility, by its operator or CMM."""
    facility, described = await _as_registered(work, facility_id, registration, expected)
    place = Place(facility_id=facility.id, **described)
    await repository.add_place(work, place, PlaceLabel(label=registration.label))
    changed(work, facility)
    return place


async def change_place(
    work: UnitOfWork, *, facility_id: UUID, place_id: UUID, registration: PlaceRegistration, expected: ExpectedVersion
) -> Place:
    """Describe the place anew, by the facility's operator or CMM. Raises LabelTaken, and PlaceInUse where somebody has it on
    nights that it would give up, or at all where it would be in another unit or of another kind."""
    facility, described = await _as_registered(work, facility_id, registration, expected, but_for=place_id)
    place, _ = await repository.lock_place(work, place_id)
    if place.facility_id != facility.id:
        raise repository.PlaceNotFound
    await repository.end_expired_holds(work, place.id)
    is_another = any(described[name] != getattr(place, name) for name in ("unit_id", "kind"))
    if is_another and await repository.is_taken(work, place.id, nights(night_of(work.now), None)):
        raise repository.PlaceInUse(
            "Somebody has the place. A place of another unit or kind may not suit that person: find them another place first."
        )
    for name, value in described.items():
        setattr(place, name, value)
    await repository.change_place(work, place, PlaceLabel(label=registration.label))
    facility.version += 1  # the place has no ETag of its own
    changed(work, facility)
    return place


async def _as_registered(
    work: UnitOfWork,
    facility_id: UUID,
    registration: PlaceRegistration,
    expected: ExpectedVersion,
    *,
    but_for: UUID | None = None,
) -> tuple[Facility, dict[str, Any]]:
    """The facility, locked, and what the place is in it; raises LabelTaken and NobodyToApprove."""
    facility = await repository.lock_facility(work, facility_id)
    check_runs(work.actor, facility)
    expected.check(facility, read_at=_READ_AT)
    labelled = await repository.labels_of(work, facility)
    if _plain(registration.label) in {_plain(label.label) for place, label in labelled if place.id != but_for}:
        raise LabelTaken("The facility has a place of that label; give each its own.")
    unit = await _unit_of_name(work, facility, registration.unit, labelled) if registration.unit else None
    described = registration.model_dump(exclude={"label", "unit"}) | {"unit_id": unit.id if unit else None}
    if registration.kind is PlaceKind.PEAK:
        described["approved_by"] = _approver(registration.approved_by or work.actor.org, facility)
    return facility, described


async def _unit_of_name(work: UnitOfWork, facility: Facility, name: PersonalName, labelled: Labelled) -> Unit:
    """The facility's unit of that name; a new one where it has none."""
    for unit, known in await repository.named(work, await repository.units_of(work, facility.id)):
        if _plain(known.name) == _plain(name):
            return unit
    return await _new_unit(work, facility, name, labelled)


async def _new_unit(work: UnitOfWork, facility: Facility, name: PersonalName, labelled: Labelled) -> Unit:
    """A unit that is as its facility. Places that bore its name alone are in it from now on."""
    unit = Unit(facility_id=facility.id)
    bear_it = [
        place
        for place, label in labelled
        if place.unit_id is None and label.unit and _plain(label.unit) == _plain(name)
    ]
    await repository.add_unit(work, unit, UnitName(name=name), bear_it)
    return unit


async def add_unit(
    work: UnitOfWork, *, facility_id: UUID, registration: UnitRegistration, expected: ExpectedVersion
) -> Unit:
    """A further unit of a facility, by its operator or CMM. Raises UnitAcceptsMore and LabelTaken, and where places bore its name
    alone before, what `change_unit` does."""
    facility = await _to_change(work, facility_id)
    expected.check(facility)
    _check_accepts(facility, registration)
    if _plain(registration.name) in await _names(work, facility):
        raise LabelTaken(
            "The facility has a unit of that name; give each its own.",
            danish="Stedet har en enhed med det navn; giv hver sit eget.",
        )
    unit = await _new_unit(work, facility, registration.name, await repository.labels_of(work, facility))
    await _describe(work, facility, unit, registration)
    return unit


async def change_unit(
    work: UnitOfWork, *, facility_id: UUID, unit_id: UUID, registration: UnitRegistration, expected: ExpectedVersion
) -> Unit:
    """Describe the unit anew, by the facility's operator or CMM. Raises UnitAcceptsMore, LabelTaken, PlaceDoesNotFit where it
    would suit somebody no more who lives there, and UnitInUse where somebody has a place on nights that it would give up."""
    facility = await _to_change(work, facility_id)
    unit, _ = await repository.read_unit(work, facility.id, unit_id)
    expected.check(unit)
    _check_accepts(facility, registration)
    if _plain(registration.name) in await _names(work, facility, but_for=unit.id):
        raise LabelTaken(
            "The facility has another unit of that name; give each its own.",
            danish="Stedet har en anden enhed med det navn; giv hver sit eget.",
        )
    await _describe(work, facility, unit, registration)
    unit.version += 1
    return unit


async def _to_change(work: UnitOfWork, facility_id: UUID) -> Facility:
    """The facility, locked, so that its units change one after the other."""
    facility = await repository.lock_facility(work, facility_id)
    check_runs(work.actor, facility)
    return facility


def _check_accepts(facility: Facility, registration: UnitRegistration) -> None:
    if more := _accepted_beyond(facility, registration):
        raise UnitAcceptsMore(
            f"A unit accepts no more than its facility; look at {more}, or change the facility first.", beyond=more
        )


def _accepted_beyond(facility: Facility, registration: UnitRegistration) -> str | None:
    """The first thing in which the unit would accept more."""
    accepts = registration.accepts
    if not set(accepts.genders or ()) <= set(facility.genders):
        return "genders"
    for flag in ("minors", "families", "wheelchair", "lgbt_safe"):
        if getattr(accepts, flag) and not getattr(facility, flag):
            return flag
    is_safer = accepts.security is not None and not facility.security.at_least(accepts.security)
    return "security" if is_safer else None


async def _names(work: UnitOfWork, facility: Facility, *, but_for: UUID | None = None) -> Collection[str]:
    units = [unit for unit in await repository.units_of(work, facility.id) if unit.id != but_for]
    return {_plain(name.name) for _, name in await repository.named(work, units)}


async def _describe(work: UnitOfWork, facility: Facility, unit: Unit, registration: UnitRegistration) -> None:
    described: dict[str, Any] = registration.accepts.model_dump() | registration.model_dump(
        include={"available_from", "available_until"}
    )
    was, would = unit.within(facility), Unit(facility_id=facility.id, **described).within(facility)
    await changes.about_to_change(work, facility.id, {unit.id: was}, {unit.id: would})
    await repository.end_expired_holds_in(work, unit)
    for name, value in described.items():
        setattr(unit, name, value)
    await repository.change_unit(work, unit, UnitName(name=registration.name))
    changed(work, facility)


def _approver(organisation: str, facility: Facility) -> str:
    """Who has approved a place for peaks: a socialtilsyn, CMM, or the operator where nobody else is named."""
    is_authority = can_exist(organisation) and kind_of(organisation) in _APPROVES_PEAKS
    if not is_authority and organisation != facility.operator:
        raise NobodyToApprove("A place for peaks is approved by a socialtilsyn, CMM or the facility's operator.")
    return organisation


def _plain(name: PersonalName) -> str:
    return as_it_looks(name.value)


async def close_place(work: UnitOfWork, *, place_id: UUID, closure: Closure, expected: ExpectedVersion) -> OutOfService:
    """Take a place out of service for some nights, by its operator or CMM. Raises PlaceInUse."""
    place, facility = await repository.lock_place(work, place_id)
    check_runs(work.actor, facility)
    expected.check(facility)
    closed = OutOfService(place_id=place.id, during=nights(closure.from_on, closure.to_on))
    await repository.end_expired_holds(work, place.id)
    if await repository.is_taken(work, place.id, closed.during):
        raise repository.PlaceInUse(
            "Somebody has the place on some of these nights; find that person another place first."
        )
    await repository.add_closure(work, facility, closed, Remark(text=closure.reason))
    changed(work, facility)
    return closed


async def end_closure(
    work: UnitOfWork, *, place_id: UUID, closure_id: UUID, end: ClosureEnd, expected: ExpectedVersion
) -> OutOfService:
    """The place can be used again from that night on; one that has not begun comes to nothing. Raises ClosureNotFound."""
    place, facility = await repository.lock_place(work, place_id)
    check_runs(work.actor, facility)
    closed = await repository.lock_closure(work, place.id, closure_id)
    expected.check(facility)
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
