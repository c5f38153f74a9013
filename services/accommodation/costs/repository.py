"""The only way to the nights that cost something and to the reasons of long stays. It asks who is asking."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Final

from sqlalchemy import ARRAY, Date, Select, and_, bindparam, func, or_, select, true
from sqlalchemy.orm import aliased
from sqlmodel import col

from services.accommodation.case.codes import FacilityKind
from services.accommodation.case.nights import Nights
from services.accommodation.case.schemas import Remark
from services.accommodation.case.visibility import Reader
from services.accommodation.costs.models import LongStayNote
from services.accommodation.facilities import visibility as who
from services.accommodation.facilities.codes import StayState
from services.accommodation.facilities.models import Facility, Place, Stay
from services.accommodation.placements.codes import PlacementStatus
from services.accommodation.placements.models import Placement, PlacementRequest
from services.accommodation.placements.queries import knows_place, lets_know
from shared.contract import visibility
from shared.contract.codes import Purpose
from shared.contract.visibility import Aspect
from shared.data import sealed
from shared.data.columns import Rows
from shared.data.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class BedOfAPlacement:
    """A bed that somebody had, the person of the placement or who came along with them."""

    during: Nights
    has_left: bool
    """Whoever had it has left it; a child, or who came along, may have before the person."""
    kind: FacilityKind
    placement: Placement
    request: PlacementRequest
    knows_place: bool
    """Whether the actor may know where it is."""


_FROM_ON: Final = bindparam("from_on", type_=Date)
_TO_ON: Final = bindparam("to_on", type_=Date)
_WAS_HAD: Final = or_(
    and_(col(Stay.state) == StayState.LEFT, col(Stay.during).bool_op("&&")(func.daterange(_FROM_ON, _TO_ON))),
    and_(col(Stay.state) == StayState.ARRIVED, func.lower(col(Stay.during)) < _TO_ON),
)


@cache
def _beds(reader: Reader, *, of_all: bool) -> Rows:
    own = aliased(Stay)
    theirs = true() if of_all else who.counts(reader)
    return (
        select(Stay, col(Facility.kind), Placement, PlacementRequest, knows_place(reader, Placement))
        .select_from(Stay)
        .join(own, col(own.id) == func.coalesce(col(Stay.with_stay_id), col(Stay.id)))
        .join(Placement, col(Placement.stay_id) == col(own.id))
        .join(PlacementRequest, col(PlacementRequest.id) == col(Placement.request_id))
        .join(Facility, col(Facility.id) == col(Placement.facility_id))
        .where(theirs, _WAS_HAD, ~col(Stay.shares_bed))
    )


@cache
def _census(reader: Reader) -> Select[date, FacilityKind, int]:
    days = select(func.unnest(bindparam("every", type_=ARRAY(Date))).label("night")).subquery()
    was = and_(col(Stay.state) == StayState.LEFT, col(Stay.during).op("@>")(days.c.night))
    is_there = and_(col(Stay.state) == StayState.ARRIVED, func.lower(col(Stay.during)) <= days.c.night)
    return (
        select(days.c.night, col(Facility.kind), func.count(col(Stay.id)))
        .select_from(days)
        .join(Stay, and_(or_(was, is_there), ~col(Stay.shares_bed)))
        .join(Place, col(Place.id) == col(Stay.place_id))
        .join(Facility, col(Facility.id) == col(Place.facility_id))
        .where(who.counts(reader))
        .group_by(days.c.night, col(Facility.kind))
        .order_by(days.c.night, col(Facility.kind))
    )


@cache
def _long_stays(reader: Reader) -> Rows:
    before = aliased(Placement)
    row = (
        select(col(Placement.id).label("last"), col(Placement.id).label("each"), col(Placement.from_on))
        .where(col(Placement.status) == PlacementStatus.ARRIVED, lets_know(reader, Placement, Aspect.HIDDEN_PLACEMENT))
        .cte("row", recursive=True)
    )
    row = row.union_all(
        select(row.c.last, col(before.id), col(before.from_on)).where(col(before.moved_to_id) == row.c.each)
    )
    first = select(row.c.last, func.min(row.c.from_on).label("first")).group_by(row.c.last).subquery()
    return (
        select(Placement, col(Facility.kind), first.c.first, LongStayNote)
        .join(first, first.c.last == col(Placement.id))
        .join(Facility, col(Facility.id) == col(Placement.facility_id))
        .join(LongStayNote, col(LongStayNote.placement_id) == col(Placement.id), isouter=True)
        .where(first.c.first < bindparam("before", type_=Date))
        .order_by(first.c.first, col(Placement.id))
    )


async def beds_between(work: UnitOfWork, from_on: date, to_on: date, *, of_all: bool = False) -> list[BedOfAPlacement]:
    """The beds that people had on some of these nights: in the facilities whose places the actor may count; `of_all`, for Havn
    itself, in every one."""
    query = _beds(Reader.of(work.actor), of_all=of_all)
    asked = {"org": work.actor.org, "from_on": from_on, "to_on": to_on}
    rows = (await work.session.execute(query, asked)).all()
    return [
        BedOfAPlacement(stay.during, stay.state is StayState.LEFT, kind, placement, request, knows)
        for stay, kind, placement, request, knows in rows
    ]


def note_costs(work: UnitOfWork, beds: Iterable[BedOfAPlacement]) -> None:
    """Note of whose nights the actor is shown what they cost."""
    work.audit(operation="stay.costs", object_ids=sorted({bed.placement.id for bed in beds}))


async def census_between(work: UnitOfWork, from_on: date, to_on: date) -> list[tuple[date, FacilityKind, int]]:
    """How many beds somebody had each night, by kind of facility, as the census counts them: night by night, without asking whose
    stay it was."""
    every = [from_on + timedelta(days=number) for number in range((to_on - from_on).days)]
    asked = {"org": work.actor.org, "every": every}
    counted = await work.session.execute(_census(Reader.of(work.actor)), asked)
    return [(day, kind, count) for day, kind, count in counted]


async def long_stays(
    work: UnitOfWork, *, over: int, tonight: date, purpose: Purpose
) -> list[tuple[Placement, FacilityKind, date, Remark | None]]:
    """Whoever is there and has been for more nights than that, the first night of all places in a row, and why, in the actor's
    own facilities (CMM: all). Raises PurposeNotYours."""
    visibility.judge(work.actor, (), purpose)
    asked = {"org": work.actor.org, "before": tonight - timedelta(days=over)}
    rows = (await work.session.execute(_long_stays(Reader.of(work.actor)), asked)).all()
    keys = await sealed.keys_of(work, {note.case_id for *_, note in rows if note})
    for placement, *_ in rows:
        work.audit(
            operation="placement.long_stays",
            subject_id=placement.case_id,
            object_ids=[placement.id],
            fields=["place", "reason"],
            purpose=purpose,
        )
    return [
        (
            placement,
            kind,
            begun_on,
            keys[note.case_id].open(note.reason, Remark, table="long_stay_note", column="reason", row=placement.id)
            if note
            else None,
        )
        for placement, kind, begun_on, note in rows
    ]


async def note_long_stay(work: UnitOfWork, placement: Placement, reason: Remark) -> None:
    """Seal why somebody is still there; a new reason takes the place of the old."""
    key = await sealed.key_of(work, placement.case_id)
    note = LongStayNote(
        placement_id=placement.id,
        case_id=placement.case_id,
        noted_by=work.actor.org,
        noted_at=work.now,
        reason=key.seal(reason, table="long_stay_note", column="reason", row=placement.id),
    )
    await work.session.put(note)
    await work.session.flush()
    work.audit(operation="placement.explain", subject_id=placement.case_id, object_ids=[placement.id])
