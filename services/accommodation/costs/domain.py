"""Bed-nights times rate, by who pays: what people had is split by payer, and held against the census (docs/rules.md,
housing-23)."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Final, Literal, Self
from uuid import UUID

from pydantic import Field, model_validator

from services.accommodation import tables
from services.accommodation.case import repository as cases
from services.accommodation.case.codes import FacilityKind, HousingAuthority
from services.accommodation.case.nights import NIGHT, first_of, night_of
from services.accommodation.case.schemas import Remark
from services.accommodation.costs import repository
from services.accommodation.costs.repository import BedOfAPlacement
from services.accommodation.facilities import repository as facilities
from services.accommodation.facilities import visibility as who
from services.accommodation.facilities.domain import NotYourFacility
from services.accommodation.placements.codes import PlacementStatus
from services.accommodation.placements.models import Placement
from services.accommodation.stays import payer_history
from services.accommodation.stays import repository as stays
from shared.contract.organisations import OrganisationKind
from shared.contract.personal import PersonalText
from shared.data.itself import as_itself
from shared.data.unit_of_work import UnitOfWork
from shared.http.etag import ExpectedVersion
from shared.kernel.errors import Conflict, Unprocessable
from shared.rules.decision_tables import Dated, Versions

LONGEST: Final = timedelta(days=366)


class Rates(Dated):
    """What a night costs by kind of facility, in kroner and øre."""

    currency: Literal["DKK"]
    a_night: Mapping[FacilityKind, Decimal] = Field(min_length=1)

    @model_validator(mode="after")
    def _has_a_rate_for_each(self) -> Self:
        if missing := [kind for kind in FacilityKind if kind not in self.a_night]:
            raise ValueError(f"no rate is given for {missing[0]}")
        if wrong := [kind for kind, rate in self.a_night.items() if rate < 0 or rate != round(rate, 2)]:
            raise ValueError(f"the rate for {wrong[0]} is no amount of kroner and øre")
        return self


TABLES: Final = Versions(tables.FOLDER, "rates", Rates)


class PeriodInvalid(Unprocessable):
    """No nights, or more than a year of them."""

    parameter = "to"


class NobodyIsThere(Conflict):
    """Why somebody stays for long is said while they are there."""


@dataclass(frozen=True, slots=True)
class Line:
    """Nights at one rate."""

    payer: HousingAuthority | None
    kind: FacilityKind
    rates: str
    rate: Decimal
    nights: int

    @property
    def amount(self) -> Decimal:
        return self.rate * self.nights


@dataclass(frozen=True, slots=True)
class Bill:
    """What nights cost, and what the census makes of the same nights; None for who sees a part of them alone."""

    lines: list[Line]
    census: tuple[int, Decimal] | None
    hidden: list[Line]
    """Of facilities that are a secret to who pays: in the sum, and nowhere else."""

    @property
    def nights(self) -> int:
        return sum(line.nights for line in (*self.lines, *self.hidden))

    @property
    def amount(self) -> Decimal:
        return _sum((*self.lines, *self.hidden))

    @property
    def hidden_nights(self) -> int:
        """Nights in the sum that stand in no line."""
        return sum(line.nights for line in self.hidden)

    @property
    def hidden_amount(self) -> Decimal:
        """What these come to."""
        return _sum(self.hidden)


def _sum(lines: Iterable[Line]) -> Decimal:
    return sum((line.amount for line in lines), Decimal("0.00"))


async def costs_between(work: UnitOfWork, *, from_on: date, to_on: date) -> Bill:
    """What the nights from the one day until, but not on, the other cost, as far as they have begun: for CMM all by payer; for
    operators their own, without who pays; for who pays its own share alone, with secret facilities, and where somebody was moved
    for their safety, in the sum and in no line. Raises PeriodInvalid and NoTableInForce."""
    if not from_on < to_on <= from_on + LONGEST:
        raise PeriodInvalid("Nights are counted from one day until a later one, at most a year on.")
    until = min(to_on, night_of(work.now) + NIGHT)
    is_centre = work.actor.kind is OrganisationKind.NATIONAL_CENTRE
    runs = await facilities.runs_any(work)
    pays = not is_centre and work.actor.kind is OrganisationKind.IMMIGRATION_AUTHORITY and not runs
    counted, hidden = Counter[_Counted](), Counter[_Counted]()
    had = _nights_of(await _paid(work, from_on, until, pays=pays), from_on, until)
    shown = [(bed, night, payer) for bed, night, payer in had if not pays or payer is HousingAuthority.US]
    repository.note_costs(work, [bed for bed, *_ in shown])
    for bed, night, payer in shown:
        what = (payer if is_centre or pays else None, bed.kind, TABLES.on(night).version)
        (hidden if pays and not bed.knows_place else counted)[what] += 1
    census = None if pays else await _census(work, from_on, until)
    return Bill(_lines(counted), census, _lines(hidden))


_Counted = tuple[HousingAuthority | None, FacilityKind, str]
"""By whom nights are paid, of which kind of facility, at which version of the rates."""


def _lines(counted: Counter[_Counted]) -> list[Line]:
    by_version = {rates.version: rates for rates in TABLES.all}
    in_order = sorted(counted.items(), key=lambda each: [str(part) for part in each[0]])
    return [
        Line(payer, kind, version, by_version[version].a_night[kind], number)
        for (payer, kind, version), number in in_order
    ]


Paid = list[tuple[BedOfAPlacement, list[payer_history.PayerFrom]]]


async def _paid(work: UnitOfWork, from_on: date, until: date, *, pays: bool) -> Paid:
    if from_on >= until:
        return []
    if pays:
        async with as_itself(work):  # it has paid for nights of people who are others' to pay for by now
            return await _with_who_pays(work, await repository.beds_between(work, from_on, until, of_all=True))
    return await _with_who_pays(work, await repository.beds_between(work, from_on, until))


async def _with_who_pays(work: UnitOfWork, beds: list[BedOfAPlacement]) -> Paid:
    changes = await cases.changes_of_each(work, {bed.placement.case_id for bed in beds})
    return [
        (bed, payer_history.payers_between(bed.placement, bed.request, changes[bed.placement.case_id], kind=bed.kind))
        for bed in beds
    ]


def _nights_of(paid: Paid, from_on: date, until: date) -> Iterator[tuple[BedOfAPlacement, date, HousingAuthority]]:
    """Each night that somebody had a bed, and who pays for it. Who is there has had every night, whatever was planned."""
    for bed, payers in paid:
        last = bed.during.upper if bed.has_left and bed.during.upper else until
        night = max(first_of(bed.during), from_on)
        while night < min(last, until):
            yield bed, night, [each for each in payers if each.from_on <= night][-1].payer
            night += NIGHT


async def _census(work: UnitOfWork, from_on: date, until: date) -> tuple[int, Decimal]:
    counted = await repository.census_between(work, from_on, until) if from_on < until else []
    amounts = (TABLES.on(night).a_night[kind] * number for night, kind, number in counted)
    return sum(number for *_, number in counted), sum(amounts, Decimal("0.00"))


async def explain(
    work: UnitOfWork, *, placement_id: UUID, reason: PersonalText, expected: ExpectedVersion
) -> Placement:
    """Why somebody is still there, said by who runs the facility. Raises PlacementNotFound, NotYourFacility and NobodyIsThere."""
    placement, stay = await stays.lock_placement(work, placement_id)
    expected.check(placement)
    _, facility = await facilities.place_of(work, stay.place_id)
    if not who.runs(work.actor, facility):
        raise NotYourFacility(
            "The facility, or CMM, says why somebody stays for so long.",
            danish="Hvorfor nogen bliver så længe, siger stedet eller CMM.",
        )
    if placement.status is not PlacementStatus.ARRIVED:
        raise NobodyIsThere("Why somebody stays for so long is said while they are there.")
    await repository.note_long_stay(work, placement, Remark(text=reason))
    return placement
