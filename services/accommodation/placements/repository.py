"""The only way to the rows of requests, and what the database refuses. It asks who is asking, and notes what they saw."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from asyncpg import IntegrityConstraintViolationError
from sqlalchemy import Select

from services.accommodation.case import repository as cases
from services.accommodation.case.models import KnownCase
from services.accommodation.case.nights import Nights
from services.accommodation.case.visibility import Reader
from services.accommodation.facilities import repository as facilities
from services.accommodation.facilities.models import Stay
from services.accommodation.placements import queries
from services.accommodation.placements import visibility as see
from services.accommodation.placements.codes import FitRule, RequestStatus, reasons_of
from services.accommodation.placements.models import PlacementRequest
from services.accommodation.placements.schemas import GenderAndAge, Needs, SealedNeeds
from shared.contract import visibility
from shared.contract.codes import Gender, Purpose
from shared.contract.organisations import OrganisationKind
from shared.contract.visibility import Aspect, may_know
from shared.data import sealed
from shared.data.itself import as_itself
from shared.data.positions import page
from shared.data.unit_of_work import UnitOfWork
from shared.data.vault import DataKey
from shared.kernel.errors import Conflict, Forbidden, NotFound, Unprocessable

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


class NothingToReplace(Unprocessable):
    """The person is not at the place that this one would replace."""


class PlaceDoesNotFit(Conflict):
    """Rules speak against the place; some may be excepted by who may, with a reason."""

    def __init__(self, rules: Sequence[FitRule], *, ways_on: tuple[str, str] | None = None) -> None:
        """With what can be done instead, in English and Danish, where the rules alone do not say it."""
        self.rules = list(rules)
        against = reasons_of(rules)
        sentences, more = [each["why"] for each in against], dict[str, Any](rules=against)
        if ways_on:
            instead, more["instead_da"] = ways_on
            sentences.append(instead)
        super().__init__(" ".join(sentences), **more)


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
    """How many requests for the person, whose case is locked, wait for a place on nights to come: all, for CMM; of anybody else
    its own, or the number would tell it of others'."""
    of_all = work.actor.kind is OrganisationKind.NATIONAL_CENTRE
    asked = {"case_id": case_id, "tonight": tonight, "of_all": of_all, "org": work.actor.org}
    return await work.session.scalar(queries.OPEN_TO_COME, asked) or 0


async def read_request(work: UnitOfWork, request_id: UUID, *, purpose: Purpose | None = None) -> see.SeenRequest:
    """The request, for whoever deals with it and for the operators of places that were offered for it. Raises
    RequestNotFound, PurposeNotYours and RoleDoesNotSee."""
    parts, query = queries.request(Reader.of(work.actor))
    asked = {"request_id": request_id, "org": work.actor.org, "now": work.now}
    found = await work.session.first(query, asked)
    if found is None:
        raise RequestNotFound
    seen, theirs = see.seen_request(work.actor, parts, found)
    visibility.judge(work.actor, theirs, purpose)
    if Aspect.NEEDS not in seen.known:
        raise RoleDoesNotSee(
            "What a person needs of a place is for those who work with the person or run the facility.",
            danish=(
                "Hvad en person behøver af en plads, er for dem, der arbejder med personen eller driver stedet; "
                "jeres rolle ser det ikke."
            ),
        )
    subject, read = seen.request.case_id, [seen.request.id]
    work.audit(operation="placement_request.read", subject_id=subject, object_ids=read, purpose=purpose)
    return seen


async def known_of(work: UnitOfWork, request: PlacementRequest) -> frozenset[Aspect]:
    """What the actor may know of a request that it deals with, as it is now."""
    await work.session.flush()
    parts, query = queries.parts_in_each(Reader.of(work.actor), PlacementRequest)
    found = await work.session.first(query, {"ids": [request.id], "org": work.actor.org})
    return may_know(work.actor, see.held(parts, found[1:]) if found else ())


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
    parts, query = queries.requests(Reader.of(work.actor), status, of_case=case_id is not None, goes_on=bool(after))
    asked = page(after, limit) | {"org": work.actor.org, "case_id": case_id, "now": work.now}
    rows = (await work.session.execute(query, asked)).all()
    work.audit(
        operation="placement_request.list",
        subject_id=case_id,
        object_ids=[request.id for request, *_ in rows[:limit]],
        purpose=purpose,
    )
    return [see.seen_request(work.actor, parts, row)[0] for row in rows]


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
    needs = needs if Aspect.MERGED in known else needs.alone()
    return needs.as_asked() if Aspect.GENDER_AND_AGE in known else needs.said()


async def describe_anew(
    work: UnitOfWork, request: PlacementRequest, *, own: KnownCase, goes_on: KnownCase
) -> SealedNeeds:
    """Gender and minority, as far as the case where the work goes on says them, are these now in what the person needs; whom
    anybody has said to be a minor besides is one still, until the age is assessed. Of a merged case what its own facts say is
    kept beside it, for who knows it alone; that makes the version."""
    key = await sealed.key_of(work, request.case_id)
    before = open_needs(key, request)
    alone = _as_described(before.alone(), own)
    request.version += alone != before.alone()
    needs = alone
    if own.case_id != goes_on.case_id:
        by_itself = GenderAndAge(gender=alone.gender, minor=alone.minor)
        needs = _as_described(before, goes_on).model_copy(update={"by_itself": by_itself})
    if needs != before:
        seal_needs(key, request, needs)
    return needs


def _as_described(needs: SealedNeeds, known: KnownCase) -> SealedNeeds:
    changed = dict[str, Any]()
    if known.gender not in (Gender.UNKNOWN, needs.gender):
        changed["gender"] = known.gender
    decides = known.is_minor or known.is_assessed_adult or needs.minor != needs.stated.minor
    if known.is_minor is not needs.minor and decides:
        changed["minor"] = known.is_minor
    return needs.model_copy(update=changed)


async def needs_with_children(
    work: UnitOfWork,
    request: PlacementRequest,
    *,
    stay_id: UUID | None,
    operation: str,
    known: frozenset[Aspect] | None = None,
) -> Needs:
    """What the person needs, as for `needs_of`, together with the children who live with them at that stay."""
    needs = await needs_of(work, request, operation=operation, known=known)
    has_children = stay_id and await work.session.scalar(queries.CHILDREN_THERE, {"stay_id": stay_id})
    return needs.with_children() if has_children else needs


async def avoid_further(work: UnitOfWork, request: PlacementRequest, municipalities: Sequence[str]) -> Needs:
    """Since a move the person is to avoid these municipalities too; what the person needs now. The request's version stays: who
    asked is shown the same as before."""
    key = await sealed.key_of(work, request.case_id)
    before = open_needs(key, request)
    further = [code for code in municipalities if code not in before.avoided_since]
    needs = before.model_copy(update={"avoided_since": [*before.avoided_since, *further]})
    seal_needs(key, request, needs)
    return needs.whole()


async def avoided_before(work: UnitOfWork, case_id: UUID) -> list[str]:
    """The municipalities that the person is to avoid since their moves, by whatever was asked for under any of their cases: for
    the rules, as who asks now need not know where the person was."""
    found = await _opened(work, case_id)
    return list(dict.fromkeys(code for _, needs in found for code in needs.avoided_since))


async def asked_for(work: UnitOfWork, case_id: UUID) -> list[tuple[PlacementRequest, Needs]]:
    """Whatever was asked for for the person, under any of their cases, in order, with all that they need: for the rules, as who
    acts may have nothing to do with it."""
    found = await _opened(work, case_id)
    if found:
        work.audit(
            operation="placement.check", subject_id=case_id, object_ids=[each.id for each, _ in found], fields=["needs"]
        )
    return [(request, needs.whole()) for request, needs in found]


async def _opened(work: UnitOfWork, case_id: UUID) -> list[tuple[PlacementRequest, SealedNeeds]]:
    async with as_itself(work):
        found = await _requests_of_person(work, case_id, queries.WITH_NEEDS)
        keys = await sealed.keys_of(work, {each.case_id for each in found})
        return [(each, open_needs(keys[each.case_id], each)) for each in found]


async def avoid_wherever_asked(work: UnitOfWork, moved: PlacementRequest, municipalities: Sequence[str]) -> None:
    """What else waits for a place for the person who has moved avoids these municipalities too."""
    async with as_itself(work):
        for each in await _requests_of_person(work, moved.case_id, queries.OPEN_TO_LOCK):
            if each.id != moved.id:
                await avoid_further(work, each, municipalities)


async def _requests_of_person(
    work: UnitOfWork, case_id: UUID, query: Select[PlacementRequest]
) -> list[PlacementRequest]:
    _, of_person = await cases.cases_of_person(work, case_id)
    return await work.session.scalars(query, {"case_ids": of_person})


async def lock_request(work: UnitOfWork, request_id: UUID) -> PlacementRequest:
    """The request, locked until the transaction ends, for whoever deals with it and every party of its case."""
    asked = {"request_id": request_id, "org": work.actor.org}
    request = await work.session.scalar(queries.request_to_lock(Reader.of(work.actor)), asked)
    if request is None:
        raise RequestNotFound
    return request


async def is_housed(work: UnitOfWork, seen: see.SeenRequest, wanted: Nights, *, own_stay: UUID | None = None) -> bool:
    """Whether the person has another place on some of these nights, or one is held, but for this very request and the stay that
    is to be left; whoever may see it. For who knows a merged case alone: by the stays under that one."""
    query = queries.IS_HOUSED_UNDER_IT if seen.is_known_alone else queries.IS_HOUSED
    asked = {"case_id": seen.request.case_id, "wanted": wanted, "now": work.now, "request_id": seen.request.id}
    asked |= {"own_stay": own_stay}
    return bool(await work.session.scalar(query, asked))


async def stay_left(
    work: UnitOfWork, placement_id: UUID | None, request: PlacementRequest, *, is_locked: bool = False
) -> UUID | None:
    """The stay that a place for the request would replace, where one is named: it is in nobody's way. Raises NothingToReplace
    where they are not there, or the actor may know neither the place nor the region: it would learn of a move by it."""
    if placement_id is None:
        return None
    asked = {"placement_id": placement_id, "case_id": request.case_id, "org": work.actor.org}
    stay = await work.session.scalar(queries.stay_now(Reader.of(work.actor), is_locked=is_locked), asked)
    if stay is None:
        raise NothingToReplace("The person is not at a place by that placement; leave out `instead_of`.")
    return stay.id


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
