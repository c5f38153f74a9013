"""The only way to how places stand on some nights; its statements are made once. It asks who is asking."""

from functools import cache
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Boolean, ColumnElement, Date, Integer, Select, Uuid, bindparam, column, exists, func, select
from sqlalchemy.dialects.postgresql import ARRAY, DATERANGE
from sqlmodel import col

from services.accommodation.case.nights import ALWAYS, NIGHT, Nights, common, days, first_of, nights
from services.accommodation.case.terms import terms_on
from services.accommodation.case.visibility import Reader
from services.accommodation.facilities import visibility as who
from services.accommodation.facilities.codes import PlaceKind
from services.accommodation.facilities.models import Approval, Facility, OutOfService, Place, Stay, Terms, Unit
from services.accommodation.facilities.queries import FACILITY_ID, PLACE_ID, UNIT_ID, WANTED, takes
from services.accommodation.separations import repository as separations
from services.accommodation.vacancies.models import Candidate
from shared.data.columns import NOW, Code
from shared.data.unit_of_work import UnitOfWork

_CASE: Final = bindparam("case_id", type_=Uuid)
_WATCHED: Final = bindparam("watched", type_=DATERANGE)
_BUT_FOR: Final = bindparam("but_for", type_=Uuid)


def _watched(wanted: Nights) -> Nights:
    """The nights that have to be approved: of an open stay all until the end of the approval would have been announced
    (docs/rules.md, housing-3)."""
    first = first_of(wanted)
    return nights(first, wanted.upper or first + terms_on(first).approval_announced_days[0] * NIGHT)


def _approved() -> Select[UUID]:
    """The facilities whose approvals, one after another, cover every one of the nights that have to be."""
    covers = func.range_agg(col(Approval.during)).bool_op("@>")(_WATCHED)
    return select(col(Approval.facility_id)).group_by(col(Approval.facility_id)).having(covers)


_OF_ONE: Final = select(
    _approved().where(col(Approval.facility_id) == FACILITY_ID).exists(),
    exists().where(col(OutOfService.place_id) == PLACE_ID, col(OutOfService.during).bool_op("&&")(WANTED)),
    exists().where(col(Stay.place_id) == PLACE_ID, takes(WANTED, NOW), col(Stay.id).is_distinct_from(_BUT_FOR)),
    func.is_elsewhere(_CASE, WANTED, NOW, _BUT_FOR),
    separations.UNSAFE_IN,
    separations.HOUSEHOLD_IN,
    select(func.daterange(col(Unit.available_from), col(Unit.available_until), "[]", type_=DATERANGE))
    .where(col(Unit.id) == UNIT_ID)
    .scalar_subquery(),
)


async def one_for(
    work: UnitOfWork, case_id: UUID, wanted: Nights, *, place: Place, facility: Facility, but_for: UUID | None
) -> Candidate:
    """One place as it stands for the person on these nights, with whom they would meet there or leave: what `candidates` says of
    all, with one statement; give its facility as it is in the place's unit. The stay `but_for` is in nobody's way."""
    asked = {"place_id": place.id, "facility_id": facility.id, "case_id": case_id, "wanted": wanted, "but_for": but_for}
    asked |= {"unit_id": place.unit_id, "watched": _watched(wanted), "now": work.now}
    ((is_approved, is_closed, is_taken, is_elsewhere, unsafe, household, is_open),) = await work.session.execute(
        _OF_ONE, asked
    )
    company = separations.Company(frozenset(unsafe), frozenset(household))
    return Candidate(
        number=1,
        place_ids=(place.id,),
        kind=place.kind,
        available=common(days(place.available_from, place.available_until), is_open or ALWAYS),
        facility=Terms.of(facility),
        unit_id=place.unit_id,
        is_approved=is_approved,
        is_out_of_service=is_closed,
        is_taken=is_taken,
        is_elsewhere=is_elsewhere,
        is_unsafe=facility.id in company.unsafe_in,
        parts_household=company.parts_household(facility.id),
    )


def _with_approval(seen: ColumnElement[bool], approved: Select[UUID]) -> Select[Any]:
    """The facilities that are seen, and whether each is approved."""
    terms = (getattr(Facility, name) for name in Terms._fields)
    return select(*terms, col(Facility.id).in_(approved)).where(seen)


@cache
def _known(reader: Reader) -> Select[Any]:
    return _with_approval(who.knows(reader), _approved())


# Who asks about one facility has been let in there by what it asks for: the payer of a stay in a secret one.
_THE_ONE: Final = _with_approval(
    col(Facility.id) == FACILITY_ID, _approved().where(col(Approval.facility_id) == FACILITY_ID)
)
_UNITS: Final = select(Unit)
_UNITS_OF_ONE: Final = _UNITS.where(col(Unit.facility_id) == FACILITY_ID)
# A row for the places of a facility that stand alike.
_ALIKE: Final = select(
    func.places_alike(WANTED, NOW, _BUT_FOR, FACILITY_ID).table_valued(
        column("facility_id", Uuid),
        column("unit_id", Uuid),
        column("kind", Code(PlaceKind)),
        column("available_from", Date),
        column("available_until", Date),
        column("is_closed", Boolean),
        column("is_taken", Boolean),
        column("number", Integer),
        column("place_ids", ARRAY(Uuid)),
    )
)


async def candidates(
    work: UnitOfWork, wanted: Nights, *, facility_id: UUID | None = None, but_for: UUID | None = None
) -> list[Candidate]:
    """All places of all facilities the actor may know of, or of one, as they stand for these nights: those of a facility and unit
    that stand alike together, three statements in all. The stay `but_for` is in nobody's way."""
    asked = {"wanted": wanted, "watched": _watched(wanted), "now": work.now, "but_for": but_for}
    asked |= {"facility_id": facility_id, "org": work.actor.org}
    found = await work.session.execute(_THE_ONE if facility_id else _known(Reader.of(work.actor)), asked)
    its: dict[tuple[UUID, UUID | None], tuple[Terms, bool, Nights]] = {
        (each[0], None): (Terms._make(each[:-1]), each[-1], ALWAYS) for each in found
    }
    for unit in await work.session.scalars(_UNITS_OF_ONE if facility_id else _UNITS, asked):
        if facility := its.get((unit.facility_id, None)):
            terms, is_approved, _ = facility
            is_open = days(unit.available_from, unit.available_until)
            its[unit.facility_id, unit.id] = terms._replace(**unit.narrowed(terms)), is_approved, is_open
    alike = await work.session.execute(_ALIKE, asked)
    return [
        Candidate(
            number=number,
            place_ids=place_ids or (),
            kind=kind,
            available=common(days(available_from, available_until), is_open),
            facility=terms,
            unit_id=unit_id,
            is_approved=is_approved,
            is_out_of_service=is_closed,
            is_taken=is_taken,
        )
        for in_facility, unit_id, kind, available_from, available_until, is_closed, is_taken, number, place_ids in alike
        if (where := its.get((in_facility, unit_id)))
        for terms, is_approved, is_open in (where,)
    ]
