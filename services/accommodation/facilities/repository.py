"""The only way to the rows of the register: facilities, places, approvals, and which places are taken when. It asks who is
asking, and notes what they saw."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from asyncpg import ExclusionViolationError
from pydantic import BaseModel
from sqlalchemy import Select

from services.accommodation.case.nights import Nights
from services.accommodation.case.schemas import Remark
from services.accommodation.case.visibility import Reader
from services.accommodation.facilities import queries
from services.accommodation.facilities import visibility as who
from services.accommodation.facilities.models import Approval, Facility, OutOfService, Place, Unit
from services.accommodation.facilities.schemas import Particulars, PlaceLabel, UnitName
from shared.contract import visibility
from shared.contract.codes import Purpose
from shared.contract.visibility import Aspect, Part
from shared.data import sealed
from shared.data.positions import page_by_id
from shared.data.unit_of_work import UnitOfWork
from shared.data.vault import DataKey
from shared.kernel.errors import Conflict, NotFound


class FacilityNotFound(NotFound):
    """No such facility, or none that you may know of."""


class ApprovalNotFound(NotFound):
    """The facility has no such approval."""


class ClosureNotFound(NotFound):
    """The place has no such time out of service."""


class UnitNotFound(NotFound):
    """The facility has no such unit."""


class PlaceInUse(Conflict):
    """Somebody has the place on nights on which it would be closed, or be another one."""


class UnitInUse(Conflict):
    """Somebody has a place of the unit on nights on which it would be open no more."""


class PlaceNotFound(NotFound):
    """No such place, or none that you may know of."""


async def runs_any(work: UnitOfWork) -> bool:
    """Whether the actor's organisation runs a facility."""
    return bool(await work.session.scalar(queries.RUNS_ANY, {"org": work.actor.org}))


async def add_facility(work: UnitOfWork, facility: Facility, particulars: Particulars) -> None:
    """Store a new facility, its particulars sealed under a key of its own."""
    key = sealed.new_key(work, facility.id)
    facility.particulars = key.seal(particulars, table="facility", column="particulars", row=facility.id)
    work.session.add(facility)
    await work.session.flush()
    work.audit(operation="facility.register", object_ids=[facility.id])


async def reseal(work: UnitOfWork, facility: Facility, particulars: Particulars) -> None:
    """Put new particulars in the place of the old."""
    key = await sealed.key_of(work, facility.id)
    facility.particulars = key.seal(particulars, table="facility", column="particulars", row=facility.id)
    work.audit(operation="facility.change", object_ids=[facility.id])


async def lock_facility(work: UnitOfWork, facility_id: UUID) -> Facility:
    """The facility, locked until the transaction ends; raises FacilityNotFound."""
    return await _one_facility(work, queries.facility_to_lock(Reader.of(work.actor)), facility_id)


async def known_facility(work: UnitOfWork, facility_id: UUID) -> Facility:
    """A facility that the actor may know of; raises FacilityNotFound."""
    return await _one_facility(work, queries.facility(Reader.of(work.actor)), facility_id)


async def _one_facility(work: UnitOfWork, query: Select[Facility], facility_id: UUID) -> Facility:
    facility = await work.session.scalar(query, {"facility_id": facility_id, "org": work.actor.org})
    if facility is None:
        raise FacilityNotFound
    return facility


async def read_facility(
    work: UnitOfWork, facility_id: UUID, *, purpose: Purpose | None
) -> tuple[Facility, Particulars, bool]:
    """The facility, opened, and whether it is read with its address: by those who may know it, for a purpose that opens it.
    Raises PurposeNotYours for who has to do with the facility and may not state the purpose."""
    facility = await known_facility(work, facility_id)
    parts = who.parts_in(work.actor, facility)
    if parts != {Part.PARTNER}:
        visibility.judge(work.actor, parts, purpose, aspect=Aspect.ADDRESS)
    (particulars,) = await _opened(work, [facility])
    with_address = purpose is not None and Aspect.ADDRESS in visibility.may_know(work.actor, parts)
    fields = ["address", "contact"] if with_address else []
    work.audit(operation="facility.read", object_ids=[facility.id], fields=fields, purpose=purpose)
    return facility, particulars, with_address


async def list_facilities(
    work: UnitOfWork, *, after: Sequence[str | int] | None, limit: int
) -> list[tuple[Facility, Particulars]]:
    """The facilities the actor may know of by id, up to one more than `limit`."""
    asked = page_by_id(after, limit) | {"org": work.actor.org}
    found = await work.session.scalars(queries.facilities(Reader.of(work.actor)), asked)
    work.audit(operation="facility.list", object_ids=[facility.id for facility in found[:limit]])
    return list(zip(found, await _opened(work, found), strict=True))


async def _opened(work: UnitOfWork, facilities: Sequence[Facility]) -> list[Particulars]:
    keys = await sealed.keys_of(work, [facility.id for facility in facilities])
    return [
        keys[facility.id].open(
            facility.particulars, Particulars, table="facility", column="particulars", row=facility.id
        )
        for facility in facilities
    ]


async def add_place(work: UnitOfWork, place: Place, label: PlaceLabel) -> None:
    await _seal(work, place, "label", label)
    work.session.add(place)
    work.audit(operation="place.register", object_ids=[place.facility_id, place.id])


async def change_place(work: UnitOfWork, place: Place, label: PlaceLabel) -> None:
    """Store what a locked place is now. Raises PlaceInUse."""
    await _seal(work, place, "label", label)
    work.audit(operation="place.change", object_ids=[place.facility_id, place.id])
    await _store(work, PlaceInUse("Somebody has the place then; find that person another place first."))


async def _seal(work: UnitOfWork, row: Place | Unit, column: str, called: BaseModel) -> None:
    """What a place or a unit is called, under its facility's key."""
    key = await sealed.key_of(work, row.facility_id)
    setattr(row, column, key.seal(called, table=str(row.__tablename__), column=column, row=row.id))


async def _store(work: UnitOfWork, in_use: Conflict) -> None:
    """Whether somebody is there is PostgreSQL's to say."""
    try:
        await work.session.flush()
    except ExclusionViolationError:
        raise in_use from None


async def labels_of(work: UnitOfWork, facility: Facility) -> list[tuple[Place, PlaceLabel]]:
    """The places of a facility, which is locked, and what they are called."""
    key = await sealed.key_of(work, facility.id)
    places = await work.session.scalars(queries.PLACES, {"facility_id": facility.id})
    return [(place, open_label(key, place)) for place in places]


def open_label(key: DataKey, place: Place) -> PlaceLabel:
    """What a place is called, by its facility's key."""
    return key.open(place.label, PlaceLabel, table="place", column="label", row=place.id)


async def list_places(
    work: UnitOfWork, facility_id: UUID, *, after: Sequence[str | int] | None, limit: int
) -> list[tuple[Place, PlaceLabel]]:
    """The facility's places by id, with what they and their units are called, up to one more than `limit`; raises
    FacilityNotFound."""
    await known_facility(work, facility_id)
    asked = page_by_id(after, limit) | {"facility_id": facility_id}
    found = await work.session.scalars(queries.PAGE_OF_PLACES, asked)
    work.audit(operation="place.list", object_ids=[facility_id])
    return await _labelled(work, facility_id, found)


async def read_place(work: UnitOfWork, facility_id: UUID, place_id: UUID) -> tuple[Facility, Place, PlaceLabel]:
    """A place of a facility that the actor may know of, as it is listed; raises FacilityNotFound and PlaceNotFound."""
    facility = await known_facility(work, facility_id)
    place = await work.session.scalar(queries.PLACE, {"place_id": place_id, "facility_id": facility_id})
    if place is None:
        raise PlaceNotFound
    work.audit(operation="place.read", object_ids=[facility_id, place_id])
    ((_, label),) = await _labelled(work, facility_id, [place])
    return facility, place, label


async def _labelled(work: UnitOfWork, facility_id: UUID, found: Sequence[Place]) -> list[tuple[Place, PlaceLabel]]:
    key = await sealed.key_of(work, facility_id)
    units = {unit.id: name.name for unit, name in await named(work, await units_of(work, facility_id))}
    labels = [(place, open_label(key, place)) for place in found]
    return [
        (place, PlaceLabel(label=label.label, unit=units[place.unit_id]) if place.unit_id else label)
        for place, label in labels
    ]


async def units_of(work: UnitOfWork, facility_id: UUID) -> list[Unit]:
    """The units of a facility that the actor may know of."""
    return await work.session.scalars(queries.UNITS, {"facility_id": facility_id})


async def named(work: UnitOfWork, units: Sequence[Unit]) -> list[tuple[Unit, UnitName]]:
    """These units and what they are called."""
    keys = await sealed.keys_of(work, {unit.facility_id for unit in units})
    return [
        (unit, keys[unit.facility_id].open(unit.name, UnitName, table="unit", column="name", row=unit.id))
        for unit in units
    ]


async def list_units(
    work: UnitOfWork, facility_id: UUID, *, after: Sequence[str | int] | None, limit: int
) -> list[tuple[Unit, UnitName]]:
    """The facility's units by id, up to one more than `limit`; raises FacilityNotFound."""
    await known_facility(work, facility_id)
    work.audit(operation="unit.list", object_ids=[facility_id])
    asked = page_by_id(after, limit) | {"facility_id": facility_id}
    return await named(work, await work.session.scalars(queries.PAGE_OF_UNITS, asked))


async def read_unit(work: UnitOfWork, facility_id: UUID, unit_id: UUID) -> tuple[Unit, UnitName]:
    """A unit of a facility that the actor may know of; raises FacilityNotFound and UnitNotFound."""
    await known_facility(work, facility_id)
    unit = await work.session.scalar(queries.UNIT, {"unit_id": unit_id, "facility_id": facility_id})
    if unit is None:
        raise UnitNotFound
    work.audit(operation="unit.read", object_ids=[facility_id, unit_id])
    (opened,) = await named(work, [unit])
    return opened


async def add_unit(work: UnitOfWork, unit: Unit, name: UnitName, places: Sequence[Place]) -> None:
    """Store a new unit with these places, its name sealed under its facility's key."""
    await _seal(work, unit, "name", name)
    work.session.add(unit)
    await work.session.flush()
    for place in places:
        place.unit_id = unit.id
    await work.session.flush()
    work.audit(operation="unit.register", object_ids=[unit.facility_id, unit.id])


async def change_unit(work: UnitOfWork, unit: Unit, name: UnitName) -> None:
    """Store what a unit is now. Raises UnitInUse."""
    await _seal(work, unit, "name", name)
    work.audit(operation="unit.change", object_ids=[unit.facility_id, unit.id])
    await _store(work, UnitInUse("Somebody has a place of the unit then; find that person another place first."))


async def lock_place(work: UnitOfWork, place_id: UUID) -> tuple[Place, Facility]:
    """The place, locked until the transaction ends, so that those who want it come one after the other; read anew, for who had
    to wait. With its facility, as it is in the place's unit."""
    return await _one_place(work, queries.place_to_lock(Reader.of(work.actor)), place_id)


async def known_place(work: UnitOfWork, place_id: UUID) -> tuple[Place, Facility]:
    """A place that the actor may know of, and its facility, as it is in the place's unit; raises PlaceNotFound."""
    return await _one_place(work, queries.place(Reader.of(work.actor)), place_id)


async def place_of(work: UnitOfWork, place_id: UUID) -> tuple[Place, Facility]:
    """The place of a stay that the actor may deal with, though it need not know the facility; as it is in the place's unit."""
    return await _one_place(work, queries.ANY_PLACE, place_id)


async def _one_place(work: UnitOfWork, query: Select[Place, Facility, Unit], place_id: UUID) -> tuple[Place, Facility]:
    asked = {"place_id": place_id, "org": work.actor.org}
    found = await work.session.first(query, asked)
    if found is None:
        raise PlaceNotFound
    place, facility, unit = found
    return place, unit.within(facility) if unit else facility


async def add_closure(work: UnitOfWork, facility: Facility, closed: OutOfService, reason: Remark) -> None:
    key = await sealed.key_of(work, facility.id)
    closed.reason = key.seal(reason, table="out_of_service", column="reason", row=closed.id)
    work.session.add(closed)
    work.audit(operation="place.close", object_ids=[facility.id, closed.place_id])


async def list_closures(
    work: UnitOfWork, place_id: UUID, *, after: Sequence[str | int] | None, limit: int
) -> list[OutOfService]:
    """When a place cannot be used, by id, up to one more than `limit`; raises PlaceNotFound."""
    await known_place(work, place_id)
    work.audit(operation="place.closures", object_ids=[place_id])
    return await work.session.scalars(queries.PAGE_OF_CLOSURES, page_by_id(after, limit) | {"place_id": place_id})


async def lock_closure(work: UnitOfWork, place_id: UUID, closure_id: UUID) -> OutOfService:
    """One time out of service of a place, locked; raises ClosureNotFound."""
    closed = await work.session.scalar(queries.CLOSURE_TO_LOCK, {"closure_id": closure_id, "place_id": place_id})
    if closed is None:
        raise ClosureNotFound
    work.audit(operation="place.reopen", object_ids=[place_id])
    return closed


async def remove_closure(work: UnitOfWork, closed: OutOfService) -> None:
    """A time out of service that had not begun is none."""
    await work.session.delete(closed)


async def add_approval(work: UnitOfWork, approval: Approval, reference: Remark) -> None:
    key = await sealed.key_of(work, approval.facility_id)
    approval.reference = key.seal(reference, table="approval", column="reference", row=approval.id)
    work.session.add(approval)
    work.audit(operation="facility.approve", object_ids=[approval.facility_id])


async def approvals_from(work: UnitOfWork, facility_id: UUID, on: date) -> list[Approval]:
    """The approvals of a facility that the actor runs, as far as they hold on that day or later."""
    return await work.session.scalars(queries.APPROVALS_FROM, {"facility_id": facility_id, "on": on})


async def lock_approval(work: UnitOfWork, facility_id: UUID, approval_id: UUID) -> Approval:
    """An approval of a facility that the actor may know of, locked until the transaction ends; raises ApprovalNotFound."""
    await known_facility(work, facility_id)
    asked = {"approval_id": approval_id, "facility_id": facility_id}
    approval = await work.session.scalar(queries.APPROVAL_TO_LOCK, asked)
    if approval is None:
        raise ApprovalNotFound
    return approval


async def note_end(work: UnitOfWork, approval: Approval, reason: Remark) -> Remark:
    """The approval ends before its time, for this reason; gives what it is called."""
    key = await sealed.key_of(work, approval.facility_id)
    approval.ending = key.seal(reason, table="approval", column="ending", row=approval.id)
    work.audit(operation="facility.end_approval", object_ids=[approval.facility_id])
    return key.open(approval.reference, Remark, table="approval", column="reference", row=approval.id)


async def list_approvals(
    work: UnitOfWork, facility_id: UUID, *, after: Sequence[str | int] | None, limit: int
) -> list[tuple[Approval, Remark]]:
    """The facility's approvals by id, up to one more than `limit`; raises FacilityNotFound."""
    await known_facility(work, facility_id)
    asked = page_by_id(after, limit) | {"facility_id": facility_id}
    found = await work.session.scalars(queries.PAGE_OF_APPROVALS, asked)
    key = await sealed.key_of(work, facility_id)
    work.audit(operation="facility.approvals", object_ids=[facility_id])
    return [(row, key.open(row.reference, Remark, table="approval", column="reference", row=row.id)) for row in found]


async def is_taken(work: UnitOfWork, place_id: UUID, wanted: Nights) -> bool:
    """Whether somebody has the place on some of these nights."""
    asked = {"place_id": place_id, "wanted": wanted, "now": work.now}
    return bool(await work.session.scalar(queries.IS_TAKEN, asked))


async def end_expired_holds(work: UnitOfWork, place_id: UUID, *, of: UUID | None = None) -> None:
    """Free the place, whose row is locked, of holds that nobody has answered in time, and the person of that case. PostgreSQL, by
    which nobody has a place twice, does not look at the clock."""
    await work.session.execute(queries.END_EXPIRED_HOLDS, {"place_id": place_id, "case_id": of, "now": work.now})


async def end_expired_holds_in(work: UnitOfWork, unit: Unit) -> None:
    """The same for every place of a unit."""
    await work.session.execute(queries.END_EXPIRED_HOLDS_IN_UNIT, {"unit_id": unit.id, "now": work.now})
