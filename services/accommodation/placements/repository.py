"""The only way to the rows of requests; who has which part in a request, an offer or a placement; and what the database refuses.
It asks who is asking, and notes what they saw."""

from collections.abc import Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

from asyncpg import IntegrityConstraintViolationError
from sqlalchemy import ColumnElement, Select, Uuid, and_, bindparam, exists, func, or_, select, true, tuple_
from sqlalchemy.dialects.postgresql import DATERANGE
from sqlalchemy.orm import Mapped
from sqlmodel import col

from services.accommodation.case import repository as cases
from services.accommodation.case.codes import HousingAuthority
from services.accommodation.case.nights import Nights
from services.accommodation.case.repository import has_part, is_party, is_withdrawn_from
from services.accommodation.facilities import repository as facilities
from services.accommodation.facilities.models import Facility, Stay
from services.accommodation.placements import visibility as see
from services.accommodation.placements.codes import REASONS, FitRule, OfferStatus, RequestStatus
from services.accommodation.placements.models import Offer, Placement, PlacementRequest
from services.accommodation.placements.schemas import Needs, SealedNeeds
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


def _is_held_for(now: Any) -> ColumnElement[bool]:
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


_IS_ASKED_FOR: Final = col(PlacementRequest.id) == bindparam("request_id", type_=Uuid)


async def read_request(work: UnitOfWork, request_id: UUID, *, purpose: Purpose | None = None) -> see.SeenRequest:
    """The request, for whoever deals with it and for the operators of places that were offered for it. Raises
    RequestNotFound, PurposeNotYours and RoleDoesNotSee."""
    parts, query = _to_read(work.actor)
    found = (await work.session.execute(query, {"request_id": request_id, "now": work.now})).first()
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


@lru_cache(maxsize=256)
def _to_read(actor: Actor) -> tuple[list[Part], Select[*tuple[Any, ...]]]:
    parts, holding = flags(actor, PlacementRequest)
    query: Select[*tuple[Any, ...]] = select(PlacementRequest, _is_held_for(NOW), *holding)
    return parts, query.where(_IS_ASKED_FOR, deals_with(actor, PlacementRequest))


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
    return select(PlacementRequest).where(_IS_ASKED_FOR, allowed).with_for_update()


_HELD_FOR: Final = select(col(Offer.stay_id)).where(
    col(Offer.request_id) == bindparam("request_id", type_=Uuid),
    col(Offer.status) == OfferStatus.HELD,
    col(Offer.expires_at) > NOW,
)
_IS_HOUSED: Final = select(
    func.is_elsewhere(
        bindparam("case_id", type_=Uuid),
        bindparam("wanted", type_=DATERANGE),
        NOW,
        _HELD_FOR.limit(1).scalar_subquery(),
    )
)


async def is_housed(work: UnitOfWork, case_id: UUID, wanted: Nights, *, but_for: UUID) -> bool:
    """Whether the person has another place on some of these nights, or one is held, but for this very request; whoever may see
    it."""
    asked = {"case_id": case_id, "wanted": wanted, "now": work.now, "request_id": but_for}
    return bool(await work.session.scalar(_IS_HOUSED, asked))


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
