"""The only way to the rows of requests; who has which part in a request, an offer or a placement; and what the database refuses.
It asks who is asking, and notes what they saw."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

from asyncpg import IntegrityConstraintViolationError
from sqlalchemy import ColumnElement, Select, Uuid, and_, bindparam, exists, func, or_, select, true, tuple_
from sqlalchemy.dialects.postgresql import ARRAY, DATERANGE
from sqlalchemy.orm import Mapped
from sqlmodel import col

from services.accommodation.case import repository as cases
from services.accommodation.case.codes import HousingAuthority
from services.accommodation.case.nights import ALWAYS, Nights, common, days, nights
from services.accommodation.case.repository import has_part, is_party, is_withdrawn_from
from services.accommodation.facilities import repository as facilities
from services.accommodation.facilities import visibility as who
from services.accommodation.facilities.models import Approval, Candidate, Facility, OutOfService, Place, Stay, Unit
from services.accommodation.placements import visibility as see
from services.accommodation.placements.codes import REASONS, FitRule, OfferStatus, RequestStatus
from services.accommodation.placements.models import Offer, Placement, PlacementRequest
from services.accommodation.placements.schemas import Needs, SealedNeeds
from services.accommodation.separations import repository as separations
from shared.contract import visibility
from shared.contract.codes import Purpose
from shared.contract.organisations import OrganisationKind
from shared.contract.visibility import Aspect, Part, may_know
from shared.data import sealed
from shared.data.columns import NOW
from shared.data.positions import moment_and_id
from shared.data.unit_of_work import UnitOfWork
from shared.data.vault import DataKey
from shared.identity.actor import Actor
from shared.kernel.errors import Conflict, Forbidden, NotFound

_RULES: Mapping[str, FitRule] = {
    "one_stay_a_night": FitRule.OCCUPIED,
    "one_is_there": FitRule.OCCUPIED,
    "one_place_a_night": FitRule.PERSON_ELSEWHERE,
    "there_once": FitRule.PERSON_ELSEWHERE,
    "one_instead": FitRule.PERSON_ELSEWHERE,
    "stay_within_place_dates": FitRule.PLACE_DATES,
    "stay_in_service": FitRule.OUT_OF_SERVICE,
    "stay_within_approval": FitRule.NO_APPROVAL,
}
"""What the database refuses, as the rule that it holds."""


class RequestNotFound(NotFound):
    """No such placement request, or not yours."""


class RoleDoesNotSee(Forbidden):
    """The organisation may know it; this role in it may not."""


class PlaceDoesNotFit(Conflict):
    """Rules speak against the place; some may be excepted by who may, with a reason."""

    def __init__(self, rules: Sequence[FitRule]) -> None:
        against = [{"rule": rule.value, "why": REASONS[rule][0], "why_da": REASONS[rule][1]} for rule in rules]
        super().__init__(" ".join(REASONS[rule][0] for rule in rules), rules=against)


def _facility_is(facility_id: Mapped[UUID], *conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    # Never the facility that the statement around this one may have joined.
    return exists().where(col(Facility.id) == facility_id, *conditions).correlate_except(Facility)


def runs(actor: Actor, facility_id: Mapped[UUID]) -> ColumnElement[bool]:
    return _facility_is(facility_id, col(Facility.operator) == actor.org)


About = type[PlacementRequest] | type[Offer] | type[Placement]


def parts_of(actor: Actor, about: About) -> dict[Part, ColumnElement[bool]]:
    """The parts that the actor's organisation can have in a request, an offer or a placement, and in which it has them."""
    case_id = col(about.case_id)
    parts = {
        Part.REQUESTER: and_(col(about.requested_by) == actor.org, ~is_withdrawn_from(actor, case_id)),
        Part.OPERATOR: runs(actor, col(about.facility_id))
        if not issubclass(about, PlacementRequest)
        else exists().where(col(Offer.request_id) == col(about.id), runs(actor, col(Offer.facility_id))),
        Part.REFERRER: has_part(actor, case_id, Part.REFERRER),
    }
    if actor.kind is OrganisationKind.NATIONAL_CENTRE:
        return {Part.CENTRE: true()} | parts
    if actor.kind is OrganisationKind.IMMIGRATION_AUTHORITY:
        is_authority = has_part(actor, case_id, Part.AUTHORITY)
        return {Part.AUTHORITY: is_authority, Part.PAYER: col(about.payer) == HousingAuthority.US} | parts
    return parts


def deals_with(actor: Actor, about: type[PlacementRequest] | type[Offer]) -> ColumnElement[bool]:
    """Whoever asked for the place or is asked for it; CMM, which coordinates; and US where the case is its own, or it pays."""
    return see.lets_know(actor, parts_of(actor, about), Aspect.NEEDS, in_any_role=True)


def knows_place(
    actor: Actor, about: type[Offer] | type[Placement], *, in_any_role: bool = False
) -> ColumnElement[bool]:
    """The operator and CMM; whoever deals with it besides, unless the facility is a secret."""
    is_open = _facility_is(col(about.facility_id), ~col(Facility.secret_address))
    return or_(
        see.lets_know(actor, parts_of(actor, about), Aspect.HIDDEN_PLACEMENT, in_any_role=in_any_role),
        and_(see.lets_know(actor, parts_of(actor, about), Aspect.PLACEMENT, in_any_role=in_any_role), is_open),
    )


def flags(actor: Actor, about: About) -> tuple[list[Part], list[ColumnElement[bool]]]:
    """The parts that the actor can have in a row, and a column for each that says whether it has."""
    parts = parts_of(actor, about)
    return list(parts), list(parts.values())


def _is_held_for(now: datetime) -> ColumnElement[bool]:
    is_held = and_(col(Offer.status) == OfferStatus.HELD, col(Offer.expires_at) > now)
    return exists().where(col(Offer.request_id) == col(PlacementRequest.id), is_held).correlate(PlacementRequest)


def seal_needs(key: DataKey, request: PlacementRequest, needs: SealedNeeds) -> None:
    """What the person needs, sealed into the request under its case's key."""
    request.needs = key.seal(needs, table="placement_request", column="needs", row=request.id)


def open_needs(key: DataKey, request: PlacementRequest) -> SealedNeeds:
    """What is sealed into the request, by its case's key."""
    return key.open(request.needs, SealedNeeds, table="placement_request", column="needs", row=request.id)


def needs_left(keys: Mapping[UUID, DataKey], request: PlacementRequest) -> SealedNeeds:
    """What is sealed into the request, for a list of several people; nothing of whoever was erased."""
    return open_needs(keys[request.case_id], request) if request.needs else SealedNeeds()


async def add_request(work: UnitOfWork, request: PlacementRequest, needs: SealedNeeds) -> None:
    """Store a new request, the needs sealed under the case's key."""
    seal_needs(await sealed.key_of(work, request.case_id), request, needs)
    work.session.add(request)
    await work.session.flush()
    work.audit(operation="placement_request.submit", subject_id=request.case_id, object_ids=[request.id])


async def count_open(work: UnitOfWork, case_id: UUID, *, tonight: date) -> int:
    """How many requests for the person, whose case is locked, wait for a place on nights to come."""
    is_to_come = or_(col(PlacementRequest.to_on).is_(None), col(PlacementRequest.to_on) > tonight)
    query = select(func.count()).where(
        col(PlacementRequest.case_id).in_(cases.members_of(case_id)),
        col(PlacementRequest.status) == RequestStatus.OPEN,
        is_to_come,
    )
    return int(await work.session.scalar(query) or 0)


async def read_request(work: UnitOfWork, request_id: UUID, *, purpose: Purpose | None = None) -> see.SeenRequest:
    """The request, for whoever deals with it and for the operators of places that were offered for it. Raises
    RequestNotFound, PurposeNotYours and RoleDoesNotSee."""
    parts, holding = flags(work.actor, PlacementRequest)
    query = select(PlacementRequest, _is_held_for(work.now), *holding).where(
        col(PlacementRequest.id) == request_id, deals_with(work.actor, PlacementRequest)
    )
    found = (await work.session.execute(query)).first()
    if found is None:
        raise RequestNotFound
    request, is_held_for, *holds = found
    theirs = see.held(parts, holds)
    visibility.judge(work.actor, theirs, purpose)
    known = may_know(work.actor, theirs)
    if Aspect.NEEDS not in known:
        raise RoleDoesNotSee(
            "What a person needs of a place is for those who work with the person or run the facility."
        )
    work.audit(operation="placement_request.read", subject_id=request.case_id, object_ids=[request.id], purpose=purpose)
    return see.SeenRequest(request, known, is_held_for)


async def list_requests(
    work: UnitOfWork,
    *,
    purpose: Purpose,
    status: RequestStatus | None,
    case_id: UUID | None,
    after: Sequence[str | int] | None,
    limit: int,
) -> list[see.SeenRequest]:
    """The requests that the actor deals with or was asked for, newest first, up to one more than `limit`. Raises
    PurposeNotYours."""
    visibility.judge(work.actor, (), purpose)
    parts, holding = flags(work.actor, PlacementRequest)
    held = _is_held_for(work.now)
    query = select(PlacementRequest, held, *holding).where(
        see.lets_know(work.actor, parts_of(work.actor, PlacementRequest), Aspect.NEEDS)
    )
    if case_id:
        query = query.where(col(PlacementRequest.case_id) == case_id)
    if status:
        stored = RequestStatus.OPEN if status is RequestStatus.OFFERED else status
        query = query.where(col(PlacementRequest.status) == stored)
    if status in (RequestStatus.OPEN, RequestStatus.OFFERED):
        query = query.where(held if status is RequestStatus.OFFERED else ~held)
    if after:
        last = moment_and_id(after)
        query = query.where(tuple_(col(PlacementRequest.requested_at), col(PlacementRequest.id)) < last)
    query = query.order_by(col(PlacementRequest.requested_at).desc(), col(PlacementRequest.id).desc()).limit(limit + 1)
    rows = (await work.session.execute(query)).all()
    work.audit(
        operation="placement_request.list",
        subject_id=case_id,
        object_ids=[request.id for request, *_ in rows[:limit]],
        purpose=purpose,
    )
    return [
        see.SeenRequest(request, may_know(work.actor, see.held(parts, holds)), is_held_for)
        for request, is_held_for, *holds in rows
    ]


async def needs_of(
    work: UnitOfWork,
    request: PlacementRequest,
    *,
    operation: str,
    known: frozenset[Aspect] | None = None,
    purpose: Purpose | None = None,
) -> Needs:
    """What the person needs, opened: all of it for a rule, or as far as it is known. What a move has added is known to CMM alone,
    which knows the file and every place. Ask only for a request that the actor may read."""
    key = await sealed.key_of(work, request.case_id)
    work.audit(
        operation=operation, subject_id=request.case_id, object_ids=[request.id], fields=["needs"], purpose=purpose
    )
    needs = open_needs(key, request)
    if known is None or {Aspect.FILE, Aspect.HIDDEN_PLACEMENT} <= known:
        return needs.whole()
    return needs.as_asked() if Aspect.GENDER_AND_AGE in known else needs.said()


async def avoid_further(work: UnitOfWork, request: PlacementRequest, municipalities: Sequence[str]) -> Needs:
    """Since a move the person is to avoid these municipalities too; what the person needs now. The request's version stays: who
    asked is shown the same as before."""
    key = await sealed.key_of(work, request.case_id)
    before = open_needs(key, request)
    needs = before.model_copy(update={"avoided_since": [*before.avoided_since, *municipalities]})
    seal_needs(key, request, needs)
    return needs.whole()


async def lock_request(work: UnitOfWork, request_id: UUID) -> PlacementRequest:
    """The request, locked until the transaction ends, for whoever deals with it and every party of its case."""
    request = await work.session.scalar(_to_lock(work.actor), {"request_id": request_id})
    if request is None:
        raise RequestNotFound
    return request


@lru_cache(maxsize=256)
def _to_lock(actor: Actor) -> Select[PlacementRequest]:
    allowed = or_(deals_with(actor, PlacementRequest), is_party(actor, col(PlacementRequest.case_id)))
    asked = col(PlacementRequest.id) == bindparam("request_id", type_=Uuid)
    return select(PlacementRequest).where(asked, allowed).with_for_update()


async def is_elsewhere(work: UnitOfWork, case_id: UUID, wanted: Nights, *, but_for: UUID | None = None) -> bool:
    """Whether the person has another place on some of these nights, or one is held; whoever may see it."""
    return bool(await work.session.scalar(select(func.is_elsewhere(case_id, _range(wanted), work.now, but_for))))


async def is_housed(work: UnitOfWork, case_id: UUID, wanted: Nights, *, but_for: UUID) -> bool:
    """The same for a list of what fits, in which a place that is held for this very request stands in nobody's way."""
    own = await work.session.scalar(
        select(col(Offer.stay_id)).where(
            col(Offer.request_id) == but_for, col(Offer.status) == OfferStatus.HELD, col(Offer.expires_at) > work.now
        )
    )
    return await is_elsewhere(work, case_id, wanted, but_for=own)


_PLACE: Final = bindparam("place_id", type_=Uuid)
_FACILITY: Final = bindparam("facility_id", type_=Uuid)
_CASE: Final = bindparam("case_id", type_=Uuid)
_WANTED: Final = bindparam("wanted", type_=DATERANGE)
_BUT_FOR: Final = bindparam("but_for", type_=Uuid)
_OF_ONE: Final = select(
    select(func.array_agg(col(Approval.during)))
    .where(col(Approval.facility_id) == _FACILITY, col(Approval.during).bool_op("&&")(facilities.without_end(_WANTED)))
    .scalar_subquery(),
    exists().where(col(OutOfService.place_id) == _PLACE, facilities.closes(_WANTED)),
    exists().where(
        col(Stay.place_id) == _PLACE, facilities.takes(_WANTED, NOW), col(Stay.id).is_distinct_from(_BUT_FOR)
    ),
    func.is_elsewhere(_CASE, _WANTED, NOW, _BUT_FOR),
    func.array(select(func.unsafe_in(_CASE, _WANTED, NOW)).scalar_subquery()),
    func.array(select(func.household_in(_CASE, _WANTED, NOW)).scalar_subquery()),
    select(func.daterange(col(Unit.available_from), col(Unit.available_until), "[]", type_=DATERANGE))
    .where(col(Unit.id) == bindparam("unit_id", type_=Uuid))
    .scalar_subquery(),
)


async def one_for(
    work: UnitOfWork, case_id: UUID, wanted: Nights, *, place: Place, facility: Facility, but_for: UUID | None
) -> Candidate:
    """One place as it stands for the person on these nights, with whom they would meet there or leave: what `candidates` says of
    all, with one statement; give its facility as it is in the place's unit. The stay `but_for` is in nobody's way."""
    asked = {"place_id": place.id, "facility_id": facility.id, "case_id": case_id, "wanted": wanted, "but_for": but_for}
    ((approvals, is_closed, is_taken, is_elsewhere, unsafe, household, is_open),) = await work.session.execute(
        _OF_ONE, asked | {"unit_id": place.unit_id, "now": work.now}
    )
    company = separations.Company(frozenset(unsafe), frozenset(household))
    return Candidate(
        place_ids=(place.id,),
        kind=place.kind,
        available=common(days(place.available_from, place.available_until), is_open or ALWAYS),
        facility=facility,
        unit_id=place.unit_id,
        approvals=approvals or (),
        is_out_of_service=is_closed,
        is_taken=is_taken,
        is_elsewhere=is_elsewhere,
        is_unsafe=facility.id in company.unsafe_in,
        parts_household=company.parts_household(facility.id),
    )


async def candidates(
    work: UnitOfWork,
    wanted: Nights,
    *,
    facility_id: UUID | None = None,
    but_for: UUID | None = None,
) -> list[Candidate]:
    """All places of all facilities the actor may know of, or of one, as they stand for these nights: those of a facility and unit
    that stand alike together, four statements in all. The stay `but_for` is in nobody's way."""
    # Who asks about one facility has been let in there by what it asks for: the payer of a stay in a secret one.
    seen = col(Facility.id) == facility_id if facility_id else who.knows(work.actor)
    in_one = facility_id is not None
    its = {each.id: each for each in await work.session.scalars(select(Facility).where(seen))}
    units = await work.session.scalars(select(Unit).where(col(Unit.facility_id) == facility_id if in_one else true()))
    as_in = {
        (unit.facility_id, unit.id): unit.within(its[unit.facility_id]) for unit in units if unit.facility_id in its
    }
    open_in = {unit.id: days(unit.available_from, unit.available_until) for unit in units}
    approvals: dict[UUID, list[Nights]] = {}
    still = col(Approval.during).bool_op("&&")(nights(wanted.lower, None))
    for its_facility, during in await work.session.execute(
        select(col(Approval.facility_id), col(Approval.during)).where(
            col(Approval.facility_id) == facility_id if in_one else true(), still
        )
    ):
        approvals.setdefault(its_facility, []).append(during)
    return [
        Candidate(
            place_ids=place_ids,
            kind=kind,
            available=common(days(available_from, available_until), open_in.get(unit_id, ALWAYS)),
            facility=as_in[its_facility, unit_id] if unit_id else its[its_facility],
            unit_id=unit_id,
            approvals=approvals.get(its_facility, ()),
            is_out_of_service=is_closed,
            is_taken=is_taken,
        )
        for its_facility, unit_id, kind, available_from, available_until, is_closed, is_taken, place_ids in await _alike(
            work, wanted, facility_id=facility_id, but_for=but_for
        )
        if its_facility in its
    ]


async def _alike(work: UnitOfWork, wanted: Nights, *, facility_id: UUID | None, but_for: UUID | None) -> Iterable[Any]:
    """The places of each facility by how they stand on these nights: a row for all that stand alike."""
    closed = select(col(OutOfService.place_id)).where(
        facilities.closes(wanted), _lies_in(facility_id, OutOfService.place_id)
    )
    # Of all stays: only a few are of one facility, but to find those takes longer than to ask the index of all.
    taken = select(func.taken_between(_range(wanted), work.now, but_for, type_=Uuid))
    each = select(
        col(Place.id),
        col(Place.facility_id),
        col(Place.unit_id),
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


def _range(wanted: Nights) -> ColumnElement[Nights]:
    return bindparam("wanted", wanted, type_=DATERANGE, unique=True)


async def take_nights(work: UnitOfWork, stay: Stay) -> None:
    """Have the database take the stay with nights that are new to it; holds that have expired are in nobody's way. Raises
    PlaceDoesNotFit."""
    await facilities.end_expired_holds(work, stay.place_id, of=stay.case_id)
    await flush_stay(work)


async def flush_stay(work: UnitOfWork) -> None:
    """Have the database take the stay as it is now. Raises PlaceDoesNotFit: whether the place is free, and the person nowhere
    else, is PostgreSQL's to say, not the code's."""
    try:
        await work.session.flush()
    except IntegrityConstraintViolationError as error:
        rule = _RULES.get(error.constraint_name or "")
        if rule is None:
            raise
        raise PlaceDoesNotFit([rule]) from None
