"""The only way to the rows of notices and announcements, and to what runs out. It asks who is asking, and notes what they saw."""

from collections.abc import Collection, Mapping, Sequence, Set
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Date,
    DateTime,
    Select,
    String,
    Uuid,
    and_,
    bindparam,
    case,
    cast,
    exists,
    func,
    literal,
    or_,
    select,
    true,
    tuple_,
    union_all,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import aliased
from sqlmodel import col

from services.accommodation.case.models import KnownCase
from services.accommodation.case.nights import night_of
from services.accommodation.deadlines.codes import HousingDeadline
from services.accommodation.deadlines.models import Announcement, Notice
from services.accommodation.facilities import visibility as who
from services.accommodation.facilities.models import Approval, Facility
from services.accommodation.placements import visibility as see
from services.accommodation.placements.codes import OfferStatus, PlacementStatus, RequestStatus
from services.accommodation.placements.models import Offer, Placement, PlacementRequest
from services.accommodation.placements.repository import knows_place, parts_of
from shared.contract.municipalities import MUNICIPALITIES
from shared.contract.organisations import CENTRE, IMMIGRATION, OrganisationKind, organisation_of
from shared.contract.visibility import Aspect
from shared.data.columns import any_of
from shared.data.unit_of_work import UnitOfWork
from shared.kernel.clock import COPENHAGEN
from shared.kernel.errors import NotFound


class NoticeNotFound(NotFound):
    """No such notice, or not yours."""


def _is_yours(work: UnitOfWork) -> ColumnElement[bool]:
    """The operator's, CMM's, and when it is given the acting municipality's."""
    if work.actor.kind is OrganisationKind.NATIONAL_CENTRE:
        return col(Notice.id).is_not(None)
    acting = [code for code in MUNICIPALITIES if organisation_of(code) == work.actor.org]
    is_given = and_(col(Notice.given_at).is_not(None), any_of(col(Notice.municipality), acting))
    return or_(col(Notice.operator) == work.actor.org, is_given)


async def add_notice(work: UnitOfWork, notice: Notice) -> None:
    work.session.add(notice)
    await work.session.flush()
    work.audit(operation="notice.arise", subject_id=notice.case_id, object_ids=[notice.id])


async def list_notices(work: UnitOfWork, *, after: Sequence[str | int] | None, limit: int) -> list[Notice]:
    """The notices that concern the actor, by id, up to one more than `limit`."""
    query = select(Notice).where(_is_yours(work)).order_by(col(Notice.id)).limit(limit + 1)
    if after:
        query = query.where(col(Notice.id) > UUID(str(after[0])))
    found = list(await work.session.scalars(query))
    work.audit(operation="notice.list", object_ids=[notice.id for notice in found[:limit]])
    return found


async def lock_notice(work: UnitOfWork, notice_id: UUID) -> Notice:
    """The notice, locked until the transaction ends; raises NoticeNotFound."""
    query = select(Notice).where(col(Notice.id) == notice_id, _is_yours(work)).with_for_update()
    notice: Notice | None = await work.session.scalar(query)
    if notice is None:
        raise NoticeNotFound
    work.audit(operation="notice.answer", subject_id=notice.case_id, object_ids=[notice.id])
    return notice


async def facility_of(work: UnitOfWork, placement: Placement) -> tuple[Facility, str | None]:
    """The facility, and which municipality acts for the person as far as the referral said."""
    facility = await work.session.get_one(Facility, placement.facility_id)
    acting = await work.session.scalar(
        select(col(KnownCase.municipality)).where(col(KnownCase.case_id) == placement.case_id)
    )
    return facility, acting


Announced = Set[tuple[UUID, date, int]]
"""About what, which end (or beginning), and at which stage: so many days before it, or hours after."""
_TEXT, _UUID = String(), Uuid()
_NOTHING: Final[Mapping[str, Any]] = {
    "case_id": _UUID,
    "placement_id": _UUID,
    "notice_id": _UUID,
    "facility_id": _UUID,
    "request_id": _UUID,
    "offer_id": _UUID,
    "acting_municipality": _TEXT,
    "done_at": DateTime(timezone=True),
}
"""What one kind of deadline has and another has not, with its type."""


def _end_of(day: Any) -> ColumnElement[datetime]:
    """The instant at which a Danish calendar day is over."""
    return func.timezone(COPENHAGEN.key, cast(day + 1, DateTime()), type_=DateTime(timezone=True))


def _ends(kind: HousingDeadline, key: Any, due_on: Any, due_at: Any, for_org: Any, **has: Any) -> Select[Any]:
    """The rows of one kind, in the columns that all kinds have; `key` tells those of one instant apart."""
    columns = [
        literal(kind.value, _TEXT).label("kind"),
        key.label("key"),
        due_on.label("due_on"),
        due_at.label("due_at"),
        for_org.label("for_org"),
    ]
    columns += [has.get(name, cast(None, of)).label(name) for name, of in _NOTHING.items()]
    return select(*columns)


def _notices(work: UnitOfWork) -> Select[Any]:
    return _ends(
        HousingDeadline.NOTICE_110,
        col(Notice.id),
        col(Notice.due_on),
        _end_of(col(Notice.due_on)),
        col(Notice.operator),
        case_id=col(Notice.case_id),
        placement_id=col(Notice.placement_id),
        notice_id=col(Notice.id),
        acting_municipality=col(Notice.municipality),
        done_at=col(Notice.given_at),
    ).where(_is_yours(work))


def _approvals(work: UnitOfWork) -> Select[Any]:
    last = func.upper(col(Approval.during), type_=Date()) - 1
    return (
        _ends(
            HousingDeadline.APPROVAL_EXPIRY,
            col(Approval.id),
            last,
            _end_of(last),
            col(Approval.supervision),
            facility_id=col(Facility.id),
        )
        .join_from(Approval, Facility, col(Facility.id) == col(Approval.facility_id))
        .where(who.watches(work.actor), func.upper(col(Approval.during)).is_not(None), ~_goes_on())
    )


def _goes_on() -> ColumnElement[bool]:
    """Whether another approval of the facility holds when this one ends: of overlapping ones the last end counts."""
    other = aliased(Approval)
    holds = col(other.during).bool_op("@>")(func.upper(col(Approval.during), type_=Date()))
    return exists().where(col(other.facility_id) == col(Approval.facility_id), holds)


def _offers(work: UnitOfWork) -> Select[Any]:
    # Whose answer is awaited says who runs the facility: who may not know that is referred to CMM, which coordinates.
    may_know = or_(knows_place(work.actor, Offer), col(Offer.answer_by) == col(Offer.requested_by))
    return _ends(
        HousingDeadline.OFFER_EXPIRY,
        col(Offer.id),
        _day_of(col(Offer.expires_at)),
        col(Offer.expires_at),
        case((may_know, col(Offer.answer_by)), else_=literal(CENTRE, _TEXT)),
        case_id=col(Offer.case_id),
        request_id=col(Offer.request_id),
        offer_id=col(Offer.id),
    ).where(
        see.lets_know(work.actor, parts_of(work.actor, Offer), Aspect.NEEDS),
        col(Offer.status) == OfferStatus.HELD,
        col(Offer.expires_at) > work.now,
    )


def _of_police(work: UnitOfWork) -> Select[Any]:
    """Until when police may give whom they hold a place; when the payer or the operator has made the stay longer, no more."""
    is_held = and_(col(Offer.status) == OfferStatus.HELD, col(Offer.expires_at) > work.now)
    is_there = and_(
        any_of(col(Placement.status), [PlacementStatus.BOOKED, PlacementStatus.ARRIVED]),
        col(Placement.to_on) <= _day_of(col(Offer.police_until)),
    )
    return (
        _ends(
            HousingDeadline.POLICE_PLACEMENT,
            col(Offer.id),
            _day_of(col(Offer.police_until)),
            col(Offer.police_until),
            literal(IMMIGRATION, _TEXT),
            case_id=col(Offer.case_id),
            request_id=col(Offer.request_id),
            offer_id=col(Offer.id),
            placement_id=col(Offer.placement_id),
        )
        .join_from(Offer, Placement, col(Placement.id) == col(Offer.placement_id), isouter=True)
        .where(
            see.lets_know(work.actor, parts_of(work.actor, Offer), Aspect.NEEDS),
            col(Offer.police_until).is_not(None),
            or_(is_held, is_there),
        )
    )


def _stays(work: UnitOfWork) -> Select[Any]:
    # The payer, who makes a stay longer, knows its end, and of a facility that is a secret neither name nor operator.
    knows = see.lets_know(work.actor, parts_of(work.actor, Placement), Aspect.REGION)
    may_know_where = knows_place(work.actor, Placement)
    return (
        _ends(
            HousingDeadline.STAY_END,
            col(Placement.id),
            col(Placement.to_on),
            _end_of(col(Placement.to_on)),
            case((may_know_where, col(Facility.operator)), else_=literal(CENTRE, _TEXT)),
            case_id=col(Placement.case_id),
            placement_id=col(Placement.id),
            facility_id=case((may_know_where, col(Facility.id))),
        )
        .join_from(Placement, Facility, col(Facility.id) == col(Placement.facility_id), isouter=True)
        .where(knows, any_of(col(Placement.status), [PlacementStatus.BOOKED, PlacementStatus.ARRIVED]))
        .where(col(Placement.to_on).is_not(None))
    )


def _unapproved(knows: ColumnElement[bool], tonight: Any) -> Select[Any]:
    """Whoever is in a facility that no approval lets receive anybody tonight, since the last one ended."""
    ended_on = (
        select(func.max(func.upper(col(Approval.during), type_=Date())))
        .where(col(Approval.facility_id) == col(Placement.facility_id), func.upper(col(Approval.during)) <= tonight)
        .scalar_subquery()
    )
    last = func.coalesce(ended_on, col(Placement.from_on)) - 1
    holds = col(Approval.during).bool_op("@>")(cast(tonight, Date()))
    approved = exists().where(col(Approval.facility_id) == col(Placement.facility_id), holds)
    return (
        _ends(
            HousingDeadline.UNAPPROVED_STAY,
            col(Placement.id),
            last,
            _end_of(last),
            col(Facility.operator),
            case_id=col(Placement.case_id),
            placement_id=col(Placement.id),
            facility_id=col(Facility.id),
        )
        .join_from(Placement, Facility, col(Facility.id) == col(Placement.facility_id))
        .where(knows, col(Placement.status) == PlacementStatus.ARRIVED, ~approved)
    )


def _requests(work: UnitOfWork, waiting: timedelta) -> Select[Any]:
    due_at = cast(col(PlacementRequest.requested_at) + waiting, DateTime(timezone=True))
    return _ends(
        HousingDeadline.REQUEST_WAITING,
        col(PlacementRequest.id),
        _day_of(due_at),
        due_at,
        literal(CENTRE, _TEXT),
        case_id=col(PlacementRequest.case_id),
        request_id=col(PlacementRequest.id),
    ).where(
        see.lets_know(work.actor, parts_of(work.actor, PlacementRequest), Aspect.NEEDS),
        col(PlacementRequest.status) == RequestStatus.OPEN,
    )


def _day_of(moment: Any) -> ColumnElement[date]:
    return cast(func.timezone(COPENHAGEN.key, moment), Date())


async def running(
    work: UnitOfWork,
    *,
    until: date,
    kind: HousingDeadline | None,
    waiting: timedelta,
    after: Sequence[str | int] | None,
    limit: int,
) -> Sequence[Any]:
    """What runs out by that day and concerns the actor, the first to do first, up to one more than `limit`. A request waits
    so long before it has waited too long; offers and requests stand there whatever the day."""
    by_kind = {
        HousingDeadline.NOTICE_110: _notices(work),
        HousingDeadline.APPROVAL_EXPIRY: _approvals(work),
        HousingDeadline.OFFER_EXPIRY: _offers(work),
        HousingDeadline.POLICE_PLACEMENT: _of_police(work),
        HousingDeadline.STAY_END: _stays(work),
        HousingDeadline.REQUEST_WAITING: _requests(work, waiting),
        HousingDeadline.UNAPPROVED_STAY: _unapproved(
            see.lets_know(work.actor, parts_of(work.actor, Placement), Aspect.HIDDEN_PLACEMENT), night_of(work.now)
        ),
    }
    every = union_all(*(rows for each, rows in by_kind.items() if kind in (None, each))).subquery()
    at_any_time = any_of(every.c.kind, [HousingDeadline.OFFER_EXPIRY.value, HousingDeadline.REQUEST_WAITING.value])
    query = select(every).where(or_(every.c.due_on <= until, at_any_time))
    place = tuple_(every.c.due_at, every.c.kind, every.c.key)
    if after:
        last = (datetime.fromisoformat(str(after[0])), str(after[1]), UUID(str(after[2])))
        query = query.where(place > last)
    query = query.order_by(every.c.due_at, every.c.kind, every.c.key).limit(limit + 1)
    work.audit(operation="deadline.list")
    return (await work.session.execute(query)).all()


async def unapproved(work: UnitOfWork) -> Sequence[Any]:
    """Whoever is in a facility whose approval has ended, for Havn itself."""
    return (await work.session.execute(_UNAPPROVED, {"tonight": night_of(work.now)})).all()


_UNAPPROVED: Final = _unapproved(true(), bindparam("tonight", type_=Date()))


async def announced(work: UnitOfWork, about_ids: Collection[UUID]) -> Announced:
    """What is announced of these, with one statement."""
    if not about_ids:
        return set()
    query = select(Announcement).where(any_of(col(Announcement.about_id), about_ids))
    return {(each.about_id, each.ends_on, each.days_before) for each in await work.session.scalars(query)}


async def is_new(work: UnitOfWork, known: Announced, about_id: UUID, ends_on: date, stage: int) -> bool:
    """Note that this stage is announced; False where it was before, as far as is `known`, or by another sweep meanwhile."""
    if (about_id, ends_on, stage) in known:
        return False
    values = {"about_id": about_id, "ends_on": ends_on, "days_before": stage, "announced_at": work.now}
    added = insert(Announcement).values(values).on_conflict_do_nothing().returning(col(Announcement.about_id))
    return await work.session.scalar(added) is not None


async def stays_ending(work: UnitOfWork, *, by: date) -> Sequence[Placement]:
    """The placements whose planned end is by that day, for Havn itself."""
    return list(await work.session.scalars(_STAYS_ENDING, {"by": by}))


_BY: Final = bindparam("by", type_=Date())
_STAYS_ENDING: Final = select(Placement).where(
    any_of(col(Placement.status), [PlacementStatus.BOOKED, PlacementStatus.ARRIVED]), col(Placement.to_on) <= _BY
)


async def approvals_ending(work: UnitOfWork, *, by: date, after: date) -> Sequence[tuple[Approval, Facility]]:
    """The approvals that end by that day and not before the other, and that no other one continues, for Havn itself."""
    found = await work.session.execute(_APPROVALS_ENDING, {"by": by, "after": after})
    return [(approval, facility) for approval, facility in found.all()]


_APPROVALS_ENDING: Final = (
    select(Approval, Facility)
    .join(Facility, col(Facility.id) == col(Approval.facility_id))
    .where(func.upper(col(Approval.during)) <= _BY + 1)
    .where(func.upper(col(Approval.during)) > bindparam("after", type_=Date()))
    .where(~_goes_on())
)
