"""What runs out, as statements: each is made once, what differs by who asks, once for all who are alike in it (`Reader`)."""

from collections.abc import Mapping
from datetime import date, datetime
from functools import cache
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Date,
    DateTime,
    Interval,
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
from services.accommodation.case.repository import CASE_ID
from services.accommodation.case.visibility import Reader
from services.accommodation.deadlines.codes import HousingDeadline
from services.accommodation.deadlines.models import Announcement, Notice
from services.accommodation.facilities import visibility as who
from services.accommodation.facilities.models import Approval, Facility
from services.accommodation.placements.codes import OfferStatus, PlacementStatus, RequestStatus
from services.accommodation.placements.models import Offer, Placement, PlacementRequest
from services.accommodation.placements.queries import knows_place, lets_know
from shared.contract.organisations import CENTRE, IMMIGRATION, OrganisationKind
from shared.contract.visibility import Aspect
from shared.data.columns import LIMIT, NOW, ORGANISATION, Rows, any_asked, any_of
from shared.data.positions import by_id
from shared.kernel.clock import COPENHAGEN

_TONIGHT: Final = bindparam("tonight", type_=Date)
_BY: Final = bindparam("by", type_=Date)

# ---------------------------------------------------------------- notices and announcements


def _is_yours(reader: Reader) -> ColumnElement[bool]:
    """The operator's, CMM's, and when it is given the acting municipality's."""
    if reader.kind is OrganisationKind.NATIONAL_CENTRE:
        return col(Notice.id).is_not(None)
    is_given = and_(col(Notice.given_at).is_not(None), any_asked(col(Notice.municipality), "acts_for"))
    return or_(col(Notice.operator) == ORGANISATION, is_given)


@cache
def notices(reader: Reader) -> Select[Notice]:
    return by_id(select(Notice).where(_is_yours(reader)), col(Notice.id))


@cache
def notice_to_lock(reader: Reader) -> Select[Notice]:
    its_id = bindparam("notice_id", type_=Uuid)
    return select(Notice).where(col(Notice.id) == its_id, _is_yours(reader)).with_for_update()


ACTING_MUNICIPALITY: Final = select(col(KnownCase.municipality)).where(col(KnownCase.case_id) == CASE_ID)
ANNOUNCED: Final = select(Announcement).where(any_asked(col(Announcement.about_id), "about_ids"))
ANNOUNCE: Final = (
    insert(Announcement)
    .values({name: bindparam(name) for name in ("about_id", "ends_on", "days_before", "announced_at")})
    .on_conflict_do_nothing()
    .returning(col(Announcement.about_id))
)

# ---------------------------------------------------------------- what runs out, of each kind

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


def _notices(reader: Reader) -> Select[Any]:
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
    ).where(_is_yours(reader))


def _approvals(reader: Reader) -> Select[Any]:
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
        .where(who.watches(reader), func.upper(col(Approval.during)).is_not(None), ~_goes_on(), ~_has_begun_again())
    )


def _has_begun_again() -> ColumnElement[bool]:
    """Whether the facility has an approval that began after a time without one: nothing is left to do about the one before."""
    other = aliased(Approval)
    begins = func.lower(col(other.during), type_=Date())
    is_later = and_(begins > func.upper(col(Approval.during), type_=Date()), begins <= _TONIGHT)
    return exists().where(col(other.facility_id) == col(Approval.facility_id), is_later)


def _goes_on() -> ColumnElement[bool]:
    """Whether another approval of the facility holds when this one ends: of overlapping ones the last end counts."""
    other = aliased(Approval)
    holds = col(other.during).bool_op("@>")(func.upper(col(Approval.during), type_=Date()))
    return exists().where(col(other.facility_id) == col(Approval.facility_id), holds)


def _ran_out_since(since: ColumnElement[date]) -> ColumnElement[bool]:
    """Whether it ended by itself, not before that day: where nobody looked in time it is announced late, unless it was over when
    it was recorded."""
    ends = func.upper(col(Approval.during), type_=Date())
    return and_(
        ends > since, col(Approval.ended_at).is_(None), _day_of(col(Approval.recorded_at)) < ends, ~_has_begun_again()
    )


def _offers(reader: Reader) -> Select[Any]:
    # Whose answer is awaited says who runs the facility: who may not know that is referred to CMM, which coordinates.
    may_know = or_(knows_place(reader, Offer), col(Offer.answer_by) == col(Offer.requested_by))
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
        lets_know(reader, Offer, Aspect.NEEDS),
        col(Offer.status) == OfferStatus.HELD,
        col(Offer.expires_at) > NOW,
    )


def _of_police(reader: Reader) -> Select[Any]:
    """Until when police may give whom they hold a place; when the payer or the operator has made the stay longer, no more."""
    is_held = and_(col(Offer.status) == OfferStatus.HELD, col(Offer.expires_at) > NOW)
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
            lets_know(reader, Offer, Aspect.NEEDS),
            col(Offer.police_until).is_not(None),
            or_(is_held, is_there),
        )
    )


def _stays(reader: Reader) -> Select[Any]:
    # The payer, who makes a stay longer, knows its end, and of a facility that is a secret neither name nor operator.
    rows = _of_placement(HousingDeadline.STAY_END, col(Placement.to_on), knows_place(reader, Placement))
    return rows.where(
        lets_know(reader, Placement, Aspect.REGION),
        any_of(col(Placement.status), [PlacementStatus.BOOKED, PlacementStatus.ARRIVED]),
        col(Placement.to_on).is_not(None),
    )


def _of_placement(kind: HousingDeadline, due_on: Any, knows_where: ColumnElement[bool]) -> Select[Any]:
    """The rows of a kind that is about a placement: the operator's to do, or CMM's for who may not know whose that is."""
    return _ends(
        kind,
        col(Placement.id),
        due_on,
        _end_of(due_on),
        case((knows_where, col(Facility.operator)), else_=literal(CENTRE, _TEXT)),
        case_id=col(Placement.case_id),
        placement_id=col(Placement.id),
        facility_id=case((knows_where, col(Facility.id))),
    ).join_from(Placement, Facility, col(Facility.id) == col(Placement.facility_id), isouter=True)


def _not_arrived(knows: ColumnElement[bool], knows_where: ColumnElement[bool]) -> Select[Any]:
    """Whoever was expected for a night that is over, and of whom nobody has said since that they came or did not."""
    rows = _of_placement(HousingDeadline.NOT_ARRIVED, col(Placement.from_on), knows_where)
    return rows.where(knows, col(Placement.status) == PlacementStatus.BOOKED, col(Placement.from_on) < _TONIGHT)


def _unapproved(knows: ColumnElement[bool]) -> Select[Any]:
    """Whoever is in a facility that no approval lets receive anybody tonight, since the last one ended."""
    ended_on = (
        select(func.max(func.upper(col(Approval.during), type_=Date())))
        .where(col(Approval.facility_id) == col(Placement.facility_id), func.upper(col(Approval.during)) <= _TONIGHT)
        .scalar_subquery()
    )
    last = func.coalesce(ended_on, col(Placement.from_on)) - 1
    holds = col(Approval.during).bool_op("@>")(_TONIGHT)
    approved = exists().where(col(Approval.facility_id) == col(Placement.facility_id), holds)
    rows = _of_placement(HousingDeadline.UNAPPROVED_STAY, last, true())
    return rows.where(knows, col(Placement.status) == PlacementStatus.ARRIVED, ~approved)


def _requests(reader: Reader) -> Select[Any]:
    due_at = cast(col(PlacementRequest.requested_at) + bindparam("waiting", type_=Interval), DateTime(timezone=True))
    return _ends(
        HousingDeadline.REQUEST_WAITING,
        col(PlacementRequest.id),
        _day_of(due_at),
        due_at,
        literal(CENTRE, _TEXT),
        case_id=col(PlacementRequest.case_id),
        request_id=col(PlacementRequest.id),
    ).where(
        lets_know(reader, PlacementRequest, Aspect.NEEDS),
        col(PlacementRequest.status) == RequestStatus.OPEN,
    )


def _day_of(moment: Any) -> ColumnElement[date]:
    return cast(func.timezone(COPENHAGEN.key, moment), Date())


UNAPPROVED: Final = _unapproved(true()).order_by("due_at", col(Placement.id))
NOT_ARRIVED: Final = _not_arrived(true(), true()).order_by("due_at", col(Placement.id))
STAYS_ENDING: Final = (
    select(Placement)
    .where(
        any_of(col(Placement.status), [PlacementStatus.BOOKED, PlacementStatus.ARRIVED]), col(Placement.to_on) <= _BY
    )
    .order_by(col(Placement.to_on), col(Placement.id))
)
APPROVALS_ENDING: Final = (
    select(Approval, Facility)
    .join(Facility, col(Facility.id) == col(Approval.facility_id))
    .where(func.upper(col(Approval.during)) <= _BY + 1)
    .where(or_(func.upper(col(Approval.during)) > _TONIGHT, _ran_out_since(bindparam("since", type_=Date))))
    .where(~_goes_on())
    .order_by(func.upper(col(Approval.during)), col(Approval.id))
)

# ---------------------------------------------------------------- what runs out, all together

_LAST: Final = tuple_(
    bindparam("last_at", type_=DateTime(timezone=True)),
    bindparam("last_kind", type_=String),
    bindparam("last_key", type_=Uuid),
)


@cache
def running(reader: Reader, kind: HousingDeadline | None, *, goes_on: bool) -> Rows:
    """What runs out by a day, of one kind or all, the first to do first; offers and requests whatever the day."""
    by_kind = {
        HousingDeadline.NOTICE_110: _notices(reader),
        HousingDeadline.APPROVAL_EXPIRY: _approvals(reader),
        HousingDeadline.OFFER_EXPIRY: _offers(reader),
        HousingDeadline.POLICE_PLACEMENT: _of_police(reader),
        HousingDeadline.STAY_END: _stays(reader),
        HousingDeadline.REQUEST_WAITING: _requests(reader),
        HousingDeadline.NOT_ARRIVED: _not_arrived(
            lets_know(reader, Placement, Aspect.REGION), knows_place(reader, Placement)
        ),
        HousingDeadline.UNAPPROVED_STAY: _unapproved(lets_know(reader, Placement, Aspect.HIDDEN_PLACEMENT)),
    }
    every = union_all(*(rows for each, rows in by_kind.items() if kind in (None, each))).subquery()
    at_any_time = any_of(every.c.kind, [HousingDeadline.OFFER_EXPIRY.value, HousingDeadline.REQUEST_WAITING.value])
    in_order = (every.c.due_at, every.c.kind, every.c.key)
    query: Rows = select(every).where(or_(every.c.due_on <= bindparam("until", type_=Date), at_any_time))
    if goes_on:
        query = query.where(tuple_(*in_order) > _LAST)
    return query.order_by(*in_order).limit(LIMIT)
