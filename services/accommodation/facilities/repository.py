"""The only way to the rows of the register: facilities, places, approvals, and which places are taken when. It asks who is
asking, and notes what they saw."""

from collections.abc import Iterable, Sequence
from datetime import date
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Uuid, and_, bindparam, exists, false, func, or_, select, true
from sqlalchemy.dialects.postgresql import ARRAY, DATERANGE
from sqlmodel import col

from services.accommodation.case.nights import Nights, days, nights
from services.accommodation.case.schemas import Remark
from services.accommodation.facilities.codes import StayState
from services.accommodation.facilities.models import Approval, Candidate, Facility, OutOfService, Place, Stay
from services.accommodation.facilities.schemas import Particulars, PlaceLabel
from shared.contract import visibility
from shared.contract.codes import Purpose
from shared.contract.directory import region_of
from shared.contract.organisations import OrganisationKind
from shared.contract.visibility import PARTS, Aspect, Part
from shared.data import sealed
from shared.data.columns import any_of
from shared.data.unit_of_work import UnitOfWork
from shared.data.vault import DataKey
from shared.identity.actor import Actor
from shared.kernel.errors import NotFound


class FacilityNotFound(NotFound):
    """No such facility, or none that you may know of."""


class ApprovalNotFound(NotFound):
    """The facility has no such approval."""


class ClosureNotFound(NotFound):
    """The place has no such time out of service."""


class PlaceNotFound(NotFound):
    """No such place, or none that you may know of."""


def runs(actor: Actor, facility: Facility) -> bool:
    """Its operator; and CMM, which coordinates them all."""
    return actor.org == facility.operator or actor.kind is OrganisationKind.NATIONAL_CENTRE


def _parts(actor: Actor) -> dict[Part, ColumnElement[bool]]:
    """The parts that the actor's organisation can have in a facility, and in which it has them."""
    if actor.kind is OrganisationKind.NATIONAL_CENTRE:
        return {Part.CENTRE: true()}
    if actor.kind is OrganisationKind.SUPERVISION:
        return {Part.SUPERVISION: col(Facility.region) == region_of(actor.org)}
    return {Part.OPERATOR: col(Facility.operator) == actor.org, Part.PARTNER: true()}


def parts_in(actor: Actor, facility: Facility) -> frozenset[Part]:
    """The parts that the actor's organisation has in a facility that it may know of."""
    if actor.kind is OrganisationKind.NATIONAL_CENTRE:
        return frozenset({Part.CENTRE})
    if actor.kind is OrganisationKind.SUPERVISION:
        return frozenset({Part.SUPERVISION})
    return frozenset({Part.PARTNER, Part.OPERATOR} if actor.org == facility.operator else {Part.PARTNER})


def knows(actor: Actor) -> ColumnElement[bool]:
    """Of which facilities the actor's organisation knows: of secret ones those alone to whom the table opens them."""
    known = [
        condition if Aspect.HIDDEN_FACILITY in PARTS[part] else and_(condition, ~col(Facility.secret_address))
        for part, condition in _parts(actor).items()
        if PARTS[part] & {Aspect.FACILITY, Aspect.HIDDEN_FACILITY}
    ]
    return or_(*known)


def watches(actor: Actor) -> ColumnElement[bool]:
    """Whose approvals the actor has to keep in view: its own facilities', those of its region, and for CMM all."""
    lets = [condition for part, condition in _parts(actor).items() if part is not Part.PARTNER]
    return or_(*lets)


def counts(actor: Actor) -> ColumnElement[bool]:
    """In which facilities the actor may count places, in its role."""
    lets = [
        condition for part, condition in _parts(actor).items() if Aspect.FREE_PLACES in visibility.may_know(actor, part)
    ]
    if actor.kind is OrganisationKind.IMMIGRATION_AUTHORITY and Aspect.FREE_PLACES in visibility.may_know(
        actor, Part.PAYER
    ):
        lets.append(~col(Facility.secret_address))
    return or_(false(), *lets)


def in_use(on: date) -> ColumnElement[bool]:
    """Whether the facility has the place on that day, out of service or not."""
    return and_(
        or_(col(Place.available_from).is_(None), col(Place.available_from) <= on),
        or_(col(Place.available_until).is_(None), col(Place.available_until) >= on),
    )


async def runs_any(work: UnitOfWork) -> bool:
    """Whether the actor's organisation runs a facility."""
    return bool(await work.session.scalar(select(exists().where(col(Facility.operator) == work.actor.org))))


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
    query = select(Facility).where(col(Facility.id) == facility_id, knows(work.actor)).with_for_update()
    return await _one_facility(work, query)


async def known_facility(work: UnitOfWork, facility_id: UUID) -> Facility:
    """A facility that the actor may know of; raises FacilityNotFound."""
    return await _one_facility(work, select(Facility).where(col(Facility.id) == facility_id, knows(work.actor)))


async def _one_facility(work: UnitOfWork, query: Select[Facility]) -> Facility:
    facility: Facility | None = await work.session.scalar(query)
    if facility is None:
        raise FacilityNotFound
    return facility


async def read_facility(
    work: UnitOfWork, facility_id: UUID, *, purpose: Purpose | None
) -> tuple[Facility, Particulars, bool]:
    """The facility, opened, and whether it is read with its address: by those who may know it, for a purpose that opens it.
    Raises PurposeNotYours for who has to do with the facility and may not state the purpose."""
    facility = await known_facility(work, facility_id)
    parts = parts_in(work.actor, facility)
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
    query = select(Facility).where(knows(work.actor)).order_by(col(Facility.id)).limit(limit + 1)
    if after:
        query = query.where(col(Facility.id) > UUID(str(after[0])))
    found = list(await work.session.scalars(query))
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
    key = await sealed.key_of(work, place.facility_id)
    place.label = key.seal(label, table="place", column="label", row=place.id)
    work.session.add(place)
    work.audit(operation="place.register", object_ids=[place.facility_id, place.id])


async def labels_of(work: UnitOfWork, facility: Facility) -> list[PlaceLabel]:
    """What the places of a facility, which is locked, are called."""
    key = await sealed.key_of(work, facility.id)
    places = await work.session.scalars(select(Place).where(col(Place.facility_id) == facility.id))
    return [open_label(key, place) for place in places]


def open_label(key: DataKey, place: Place) -> PlaceLabel:
    """What a place is called, by its facility's key."""
    return key.open(place.label, PlaceLabel, table="place", column="label", row=place.id)


async def list_places(
    work: UnitOfWork, facility_id: UUID, *, after: Sequence[str | int] | None, limit: int
) -> list[tuple[Place, PlaceLabel]]:
    """The facility's places by id, up to one more than `limit`; raises FacilityNotFound."""
    await known_facility(work, facility_id)
    query = select(Place).where(col(Place.facility_id) == facility_id).order_by(col(Place.id)).limit(limit + 1)
    if after:
        query = query.where(col(Place.id) > UUID(str(after[0])))
    found = list(await work.session.scalars(query))
    key = await sealed.key_of(work, facility_id)
    work.audit(operation="place.list", object_ids=[facility_id])
    return [(place, open_label(key, place)) for place in found]


_PLACES = select(Place, Facility).join(Facility, col(Facility.id) == col(Place.facility_id))
_IS_ASKED_FOR = col(Place.id) == bindparam("place_id", type_=Uuid)
_ANY_PLACE = _PLACES.where(_IS_ASKED_FOR)


@lru_cache(maxsize=256)
def _known(actor: Actor) -> Select[Place, Facility]:
    return _PLACES.where(_IS_ASKED_FOR, knows(actor))


@lru_cache(maxsize=256)
def _to_lock(actor: Actor) -> Select[Place, Facility]:
    return _known(actor).with_for_update(of=Place).execution_options(populate_existing=True)


async def lock_place(work: UnitOfWork, place_id: UUID) -> tuple[Place, Facility]:
    """The place, locked until the transaction ends, so that those who want it come one after the other; read anew, for who had
    to wait."""
    return await _one_place(work, _to_lock(work.actor), place_id)


async def known_place(work: UnitOfWork, place_id: UUID) -> tuple[Place, Facility]:
    """A place that the actor may know of; raises PlaceNotFound."""
    return await _one_place(work, _known(work.actor), place_id)


async def place_of(work: UnitOfWork, place_id: UUID) -> tuple[Place, Facility]:
    """The place of a stay that the actor may deal with, though it need not know the facility."""
    return await _one_place(work, _ANY_PLACE, place_id)


async def places_run_by(work: UnitOfWork, operator: str) -> list[tuple[Place, Facility]]:
    """All places of an operator's facilities."""
    found = await work.session.execute(_PLACES.where(col(Facility.operator) == operator).order_by(col(Place.id)))
    return [(place, facility) for place, facility in found]


async def _one_place(work: UnitOfWork, query: Select[Place, Facility], place_id: UUID) -> tuple[Place, Facility]:
    found = (await work.session.execute(query, {"place_id": place_id})).one_or_none()
    if found is None:
        raise PlaceNotFound
    place, facility = found
    return place, facility


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
    query = select(OutOfService).where(col(OutOfService.place_id) == place_id).order_by(col(OutOfService.id))
    if after:
        query = query.where(col(OutOfService.id) > UUID(str(after[0])))
    work.audit(operation="place.closures", object_ids=[place_id])
    return list(await work.session.scalars(query.limit(limit + 1)))


async def lock_closure(work: UnitOfWork, place_id: UUID, closure_id: UUID) -> OutOfService:
    """One time out of service of a place, locked; raises ClosureNotFound."""
    query = select(OutOfService).where(col(OutOfService.id) == closure_id, col(OutOfService.place_id) == place_id)
    closed: OutOfService | None = await work.session.scalar(query.with_for_update())
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


async def lock_approval(work: UnitOfWork, facility_id: UUID, approval_id: UUID) -> Approval:
    """An approval of a facility that the actor may know of, locked until the transaction ends; raises ApprovalNotFound."""
    await known_facility(work, facility_id)
    query = select(Approval).where(col(Approval.id) == approval_id, col(Approval.facility_id) == facility_id)
    approval: Approval | None = await work.session.scalar(query.with_for_update())
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
    query = select(Approval).where(col(Approval.facility_id) == facility_id).order_by(col(Approval.id))
    if after:
        query = query.where(col(Approval.id) > UUID(str(after[0])))
    found = list(await work.session.scalars(query.limit(limit + 1)))
    key = await sealed.key_of(work, facility_id)
    work.audit(operation="facility.approvals", object_ids=[facility_id])
    return [(row, key.open(row.reference, Remark, table="approval", column="reference", row=row.id)) for row in found]


def takes(wanted: Any, now: Any) -> ColumnElement[bool]:
    """A stay that has a place on some of these nights. Whoever is there has it without an end, whatever the plan said; a hold
    has it until it expires, whether or not anyone has noted that."""
    holds = or_(
        any_of(col(Stay.state), [StayState.BOOKED, StayState.LEFT]),
        and_(col(Stay.state) == StayState.HELD, col(Stay.held_until) > now),
    )
    during = col(Stay.during)
    is_there = and_(col(Stay.state) == StayState.ARRIVED, without_end(during).bool_op("&&")(wanted))
    return and_(or_(and_(during.bool_op("&&")(wanted), holds), is_there), ~col(Stay.shares_bed))


def without_end(during: Any) -> ColumnElement[Any]:
    """From the first of these nights on."""
    return func.daterange(func.lower(during), None, type_=DATERANGE)


async def is_taken(work: UnitOfWork, place_id: UUID, wanted: Nights) -> bool:
    """Whether somebody has the place on some of these nights."""
    return bool(
        await work.session.scalar(select(exists().where(col(Stay.place_id) == place_id, takes(wanted, work.now))))
    )


async def candidates(
    work: UnitOfWork,
    wanted: Nights,
    *,
    facility_id: UUID | None = None,
    but_for: UUID | None = None,
) -> list[Candidate]:
    """All places of all facilities the actor may know of, or of one, as they stand for these nights: those of a facility that
    stand alike together, three statements in all. The stay `but_for` is in nobody's way."""
    # Who asks about one facility has been let in there by what it asks for: the payer of a stay in a secret one.
    seen = col(Facility.id) == facility_id if facility_id else knows(work.actor)
    facilities = {facility.id: facility for facility in await work.session.scalars(select(Facility).where(seen))}
    approvals: dict[UUID, list[Nights]] = {}
    in_one = col(Approval.facility_id) == facility_id if facility_id else true()
    still = col(Approval.during).bool_op("&&")(nights(wanted.lower, None))
    for its_facility, during in await work.session.execute(
        select(col(Approval.facility_id), col(Approval.during)).where(in_one, still)
    ):
        approvals.setdefault(its_facility, []).append(during)
    return [
        Candidate(
            place_ids=place_ids,
            kind=kind,
            available=days(available_from, available_until),
            facility=facilities[its_facility],
            approvals=approvals.get(its_facility, ()),
            is_out_of_service=is_closed,
            is_taken=is_taken,
        )
        for its_facility, kind, available_from, available_until, is_closed, is_taken, place_ids in await _alike(
            work, wanted, facility_id=facility_id, but_for=but_for
        )
        if its_facility in facilities
    ]


async def _alike(work: UnitOfWork, wanted: Nights, *, facility_id: UUID | None, but_for: UUID | None) -> Iterable[Any]:
    """The places of each facility by how they stand on these nights: a row for all that stand alike."""
    closed = select(col(OutOfService.place_id)).where(closes(wanted), _lies_in(facility_id, OutOfService.place_id))
    stays = and_(takes(wanted, work.now), col(Stay.id) != but_for) if but_for else takes(wanted, work.now)
    taken = select(col(Stay.place_id)).where(stays, _lies_in(facility_id, Stay.place_id))
    each = select(
        col(Place.id),
        col(Place.facility_id),
        col(Place.kind),
        col(Place.available_from),
        col(Place.available_until),
        col(Place.id).in_(closed).label("is_closed"),
        col(Place.id).in_(taken).label("is_taken"),
    ).where(col(Place.facility_id) == facility_id if facility_id else true())
    place = each.subquery()
    alike = [column for column in place.c if column.name != "id"]
    # In no order: sorting all places takes PostgreSQL longer than anything else here, and who ranks them sorts those that fit.
    ids = func.array_agg(place.c.id, type_=ARRAY(Uuid))
    return await work.session.execute(select(*alike, ids).group_by(*alike))


def _lies_in(facility_id: UUID | None, place_id: Any) -> ColumnElement[bool]:
    """Whether a place is the facility's; of none in particular every place is."""
    if facility_id is None:
        return true()
    return col(place_id).in_(select(col(Place.id)).where(col(Place.facility_id) == facility_id))


def closes(wanted: Any) -> ColumnElement[bool]:
    """A time out of service on some of these nights."""
    return col(OutOfService.during).bool_op("&&")(wanted)
