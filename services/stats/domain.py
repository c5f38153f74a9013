"""Who may see which counts, and how people are counted."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby

from services.stats import repository
from services.stats.repository import Value
from services.stats.schemas import Audience, Cell, CountStatus, Dimension, Flow, SenderCount, VictimCounts
from shared.contract.codes import ExploitationForm, Region
from shared.contract.municipalities import REGION_NAMES
from shared.contract.organisations import OrganisationKind, Scope, kind_of
from shared.contract.visibility import Aspect, Part, may_know
from shared.data.unit_of_work import UnitOfWork
from shared.identity.actor import Actor
from shared.kernel.clock import end_of, on_date, start_of
from shared.kernel.errors import Forbidden, NotFound, ScopeMissing, Unprocessable

UNKNOWN = "unknown"


class DimensionUnknown(Unprocessable):
    """People are not counted by that."""

    parameter = "by"


class DimensionRepeated(Unprocessable):
    """A dimension was named twice."""

    parameter = "by"


class PeriodBackwards(Unprocessable):
    """`from` is after `to`."""

    parameter = "from"


class RoleDoesNotSee(Forbidden):
    """The organisation may know it; this role in it may not."""


class TableNotReleased(NotFound):
    """No frozen release has this table. Its name may be said: releases are nobody's secret."""

    is_public = True


@dataclass(frozen=True, slots=True)
class Selection:
    """Which people are counted, for whom, and as it was known when; None where the caller left it open."""

    from_on: date | None
    to_on: date | None
    audience: Audience | None
    as_of: date | datetime | None

    def __post_init__(self) -> None:
        check_period(self.from_on, self.to_on)


def check_period(from_on: date | None, to_on: date | None) -> None:
    """Raises PeriodBackwards."""
    if from_on and to_on and from_on > to_on:
        raise PeriodBackwards("Give a `from` that is not after `to`.")


def dimensions_of(by: str) -> tuple[Dimension, ...]:
    """The dimensions in a `by`, in its order. Raises DimensionUnknown and DimensionRepeated."""
    names = by.split(",")
    if not set(names) <= set(Dimension):
        raise DimensionUnknown(f"People are counted by {', '.join(Dimension)}: name one or more, with commas between.")
    if len(set(names)) < len(names):
        raise DimensionRepeated("Name each dimension once.")
    return tuple(Dimension(name) for name in names)


async def count_victims(work: UnitOfWork, *, dimensions: Sequence[Dimension], selection: Selection) -> VictimCounts:
    """The people assessed as trafficked, each in one cell, in the year of the first positive decision that stands.

    Raises ScopeMissing, and TableNotReleased for every audience but the internal one: there is no release yet."""
    _require_exact(work.actor, selection.audience)
    first_year = selection.from_on.year if selection.from_on else None
    last_year = selection.to_on.year if selection.to_on else None
    as_of = _moment(selection.as_of)
    counts: Counter[tuple[str | int, ...]] = Counter()
    for values, count in await repository.count_victims(
        work, dimensions, first_year=first_year, last_year=last_year, as_of=as_of
    ):
        # Counted up: what was recorded as unknown and what was never recorded are the same cell.
        counts[tuple(map(_spoken, dimensions, values))] += count
    stated = min(as_of or work.now, work.now)
    recorded_from, recorded_to = await _recorded_from(work), on_date(stated).year
    recorded = range(recorded_from, recorded_to + 1)
    if list(dimensions) == [Dimension.YEAR]:
        _add_empty_years(counts, first_year, last_year or recorded_to)
    elif Dimension.YEAR in dimensions and first_year is not None:
        _add_unknown_years(counts, dimensions, range(first_year, (last_year or recorded_to) + 1), recorded)
    return VictimCounts(
        as_of=stated,
        release=None,
        recorded_from=recorded_from,
        dimensions=list(dimensions),
        rows=_cells(dimensions, counts, recorded),
    )


def _require_exact(actor: Actor, audience: Audience | None) -> None:
    may_see_exact = Scope.STATS_EXACT in actor.scopes and knows_figures(actor)
    if audience in (Audience.PUBLIC, Audience.PARTNER) or (audience is None and not may_see_exact):
        raise TableNotReleased("No release has this table yet; released tables are the only ones for this audience.")
    if not may_see_exact:
        raise ScopeMissing(
            f"This needs the scope {Scope.STATS_EXACT}, and a role that may know exact figures.",
            danish=f"Det kræver scopet {Scope.STATS_EXACT} og en rolle, der må kende nøjagtige tal.",
        )


def knows_figures(actor: Actor) -> bool:
    """Whether the table of who may know lets the actor know exact counts: CMM, in a role that counts or works with cases."""
    return Aspect.FIGURES in may_know(actor, part_of(actor))


def part_of(actor: Actor) -> Part:
    """What the actor's organisation has to do with what stats holds."""
    return Part.CENTRE if actor.kind is OrganisationKind.NATIONAL_CENTRE else Part.PARTNER


def _moment(as_of: date | datetime | None) -> datetime | None:
    """A day means all that was known when it ended."""
    if as_of is None or isinstance(as_of, datetime):
        return as_of
    return end_of(as_of) - timedelta(microseconds=1)


_WHERE_UNKNOWN: Mapping[Dimension, str] = {Dimension.EXPLOITATION_FORM: ExploitationForm.UNKNOWN}


def _spoken(dimension: Dimension, value: Value) -> str | int:
    if value is None:
        return _WHERE_UNKNOWN.get(dimension, UNKNOWN)
    return REGION_NAMES[Region(str(value))] if dimension is Dimension.REGION else value


def _add_empty_years(counts: Counter[tuple[str | int, ...]], first_year: int | None, last_year: int) -> None:
    """A year without anybody has a row too. Without a `from`, from the first year that has somebody."""
    known = [int(year) for (year,) in counts]
    start = min(known, default=last_year + 1) if first_year is None else first_year
    for year in range(start, last_year + 1):
        counts[(year,)] += 0


def _add_unknown_years(
    counts: Counter[tuple[str | int, ...]], dimensions: Sequence[Dimension], years: range, recorded: range
) -> None:
    """A year that was asked for, and of which Havn has recorded nothing, has a row in a table of several dimensions, too: that it
    is left out would say that there was nobody."""
    at = dimensions.index(Dimension.YEAR)
    counted = {values[at] for values in counts}
    for year in years:
        if year not in recorded and year not in counted:
            counts[tuple(year if each is Dimension.YEAR else _spoken(each, None) for each in dimensions)] += 0


async def _recorded_from(work: UnitOfWork) -> int:
    """The first year of which Havn knows whether there was anybody: that of its first case; while it has none, this year."""
    return await repository.first_year_recorded(work) or on_date(work.now).year


def _cells(dimensions: Sequence[Dimension], counts: Counter[tuple[str | int, ...]], recorded: range) -> list[Cell]:
    """The counts, in order. A year without anybody says 0: none; before the first year that Havn has recorded, and of one that
    lies ahead, it is not known whether there was anybody (docs/rules.md, statistics-6)."""
    cells = []
    for values, count in sorted(counts.items()):
        is_unknown = count == 0 and int(values[dimensions.index(Dimension.YEAR)]) not in recorded
        status = CountStatus.UNKNOWN if is_unknown else CountStatus.EXACT
        said = dict(zip(dimensions, values, strict=True))
        cells.append(Cell.model_validate(said | {"count": None if is_unknown else count, "status": status}))
    return cells


async def describe_flow(work: UnitOfWork, *, from_on: date | None, to_on: date | None) -> Flow:
    """Referrals submitted, people interviewed and people who left on these Danish days, the last one included; before Havn's
    first year and ahead it is not known how many (docs/rules.md, statistics-6). Raises RoleDoesNotSee."""
    check_period(from_on, to_on)
    if not knows_figures(work.actor):
        raise RoleDoesNotSee(
            "Exact figures are for those who count and those who work with cases.",
            danish="Nøjagtige tal er for dem, der tæller, og dem, der arbejder med sager.",
        )
    since = start_of(from_on) if from_on else None
    before = end_of(to_on) if to_on else None
    referrals = await repository.count_referrals(work, since=since, before=before)
    senders = []
    for sender, rows in groupby(referrals, key=lambda row: row[0]):
        statuses = {status: count for _, status, count in rows}
        senders.append(
            SenderCount(referred_by=sender, kind=kind_of(sender), count=sum(statuses.values()), statuses=statuses)
        )
    interviewed = await repository.count_interviewed(work, since=since, before=before)
    returned = await repository.count_departures(work, from_on=from_on, to_on=to_on)
    recorded_from, today = await _recorded_from(work), on_date(work.now)
    is_recorded = (not to_on or to_on.year >= recorded_from) and (not from_on or from_on <= today)
    return Flow(
        recorded_from=recorded_from,
        referrals=senders,
        interviewed=interviewed,
        prepared_returns=returned,
        status=CountStatus.EXACT if is_recorded else CountStatus.UNKNOWN,
    )
