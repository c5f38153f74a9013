"""The only way to the rows of the stats service. Row level security lets the national centre alone read them."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import cache, lru_cache
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    CTE,
    ColumnElement,
    DateTime,
    FromClause,
    Integer,
    Select,
    SQLColumnExpression,
    String,
    Subquery,
    Uuid,
    bindparam,
    case,
    cast,
    extract,
    false,
    func,
    or_,
    select,
    text,
    true,
    type_coerce,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, distinct_on, insert
from sqlmodel import col

from services.stats.models import (
    CaseMerge,
    Decision,
    Departure,
    Description,
    Interview,
    Person,
    Referral,
    Replacement,
    Table,
)
from services.stats.schemas import Dimension
from shared.contract.codes import AgeGroup, Gender, Outcome, Purpose, ReferralStatus
from shared.contract.events import Event, PersonDeparted
from shared.data import answers, history
from shared.data.columns import Rows, any_of
from shared.data.unit_of_work import UnitOfWork

_ID_FOR_NOW = text("SELECT uuidv7()")
_AT: Final = bindparam("at", type_=DateTime(timezone=True))

Value = str | int | None
"""What a person is counted under; None where nobody has said."""


def keep(work: UnitOfWork, kind: type[Table], event: Event, **besides: Any) -> None:
    """Keep a fact: what the event says under the names of the table's columns, and what is said besides. The same fact again
    changes nothing. Facts of different cases come in any order."""
    work.session.keep(kind, vars(event) | besides, once=True)


def append(work: UnitOfWork, kind: type[Table], event: Event, **besides: Any) -> None:
    """Keep what is recorded of something again, beside what was recorded before."""
    work.session.keep(kind, vars(event) | besides)


_NOTE_STATUS: Final = (
    update(Referral)
    .where(col(Referral.referral_id) == bindparam("of_referral", type_=Uuid), col(Referral.updated_at) <= _AT)
    .values(status=bindparam("now_status"), updated_at=_AT)
)
_FIRST_OPENED: Final = select(func.min(col(Person.opened_on)))
_DEPARTURE: Final = insert(Departure).values({name: bindparam(name) for name in Departure.model_fields})
_KEEP_DEPARTURE: Final = _DEPARTURE.on_conflict_do_update(
    index_elements=["case_id"],
    set_={"departed_on": _DEPARTURE.excluded.departed_on, "recorded_at": _DEPARTURE.excluded.recorded_at},
)
_ERASE: Final = text("SELECT erase_case(:case_id)")


def note_status(work: UnitOfWork, referral_id: UUID, *, status: ReferralStatus, at: datetime) -> None:
    """The referral's status since `at`, unless something later is known of it."""
    work.session.later(_NOTE_STATUS, {"of_referral": referral_id, "now_status": status, "at": at})


async def count_victims(
    work: UnitOfWork,
    dimensions: Sequence[Dimension],
    *,
    first_year: int | None,
    last_year: int | None,
    as_of: datetime | None,
) -> list[tuple[tuple[Value, ...], int]]:
    """The people counted in these years, exactly, by these dimensions; each person once. `as_of` None: all that is known.

    Who asked for what is kept in the audit."""
    query = _count_of_victims(
        tuple(dimensions), since=first_year is not None, until=last_year is not None, as_of=as_of is not None
    )
    asked = {"first_year": first_year, "last_year": last_year, "as_of": as_of}
    work.audit(operation="stats.victims", fields=dimensions, purpose=Purpose.STATISTICS)
    return [(tuple(values), count) for *values, count in await work.session.execute(query, asked)]


async def first_year_recorded(work: UnitOfWork) -> int | None:
    """The year in which the first case was opened in Havn; None before there is one."""
    first: date | None = await work.session.scalar(_FIRST_OPENED)
    return first.year if first else None


@lru_cache(maxsize=512)  # of dimensions in any order
def _count_of_victims(dimensions: tuple[Dimension, ...], *, since: bool, until: bool, as_of: bool) -> Rows:
    victims = _victims(as_of=as_of)
    columns = [victims.c[dimension] for dimension in dimensions]
    query: Rows = select(*columns, func.count()).group_by(*columns)
    if since:
        query = query.where(victims.c.year >= bindparam("first_year", type_=Integer))
    if until:
        query = query.where(victims.c.year <= bindparam("last_year", type_=Integer))
    return query


def _victims(*, as_of: bool) -> Subquery:
    """One row for each person who counts, one column for each dimension."""
    same = same_person(as_of=as_of)
    first, first_referral = _first_positive(same, as_of=as_of), _first_referral(same)
    person, goes_on = described(as_of=as_of), _going_on(as_of=as_of)
    known = described(as_of=as_of).alias("where_it_goes_on")
    standing = _standing_instead(as_of=as_of)
    is_replaced = standing.c.instead_of.is_not(None)
    columns: dict[Dimension, SQLColumnExpression[Any]] = {
        Dimension.YEAR: extract("year", first.c.decided_on).cast(Integer),
        Dimension.GENDER: func.coalesce(func.nullif(known.c.gender, Gender.UNKNOWN), person.c.gender),
        Dimension.EXPLOITATION_FORM: case((is_replaced, _first_form(standing)), else_=_first_form(first)),
        Dimension.CITIZENSHIP: func.coalesce(_first_citizenship(known), _first_citizenship(person)),
        Dimension.AGE_GROUP: _age_counted(person, known),
        Dimension.REGION: func.coalesce(person.c.region, col(Referral.region)),
        Dimension.AUTHORITY: case((is_replaced, standing.c.authority), else_=first.c.authority),
        Dimension.REFERRED_BY: func.coalesce(person.c.referred_by, col(Referral.sender), first_referral.c.referred_by),
    }
    # A case opens before it is decided, so the person is known; who referred need not be.
    return (
        select(*(column.label(dimension) for dimension, column in columns.items()))
        .select_from(first)
        .outerjoin(standing, standing.c.instead_of == first.c.decision_id)
        .join(person, person.c.case_id == first.c.case_id)
        .outerjoin(goes_on, goes_on.c.case_id == first.c.case_id)
        .outerjoin(known, known.c.case_id == goes_on.c.goes_on)
        .outerjoin(Referral, col(Referral.referral_id) == person.c.referral_id)
        .outerjoin(first_referral, first_referral.c.case_id == first.c.case_id)
        .subquery("victim")
    )


def _first_citizenship(person: FromClause) -> SQLColumnExpression[str]:
    return type_coerce(person.c.citizenships, ARRAY(String))[1]


def _age_counted(person: FromClause, known: FromClause) -> SQLColumnExpression[str]:
    """Of who was decided about in a case that was merged: as it was on that day; where that is not said, as it is known where the
    work goes on. Who was exploited as a child is a child victim, however old when found."""
    was_child = or_(person.c.was_child, known.c.was_child)
    by_now = func.coalesce(func.nullif(known.c.age_group, AgeGroup.UNKNOWN), person.c.age_group)
    return case((was_child, AgeGroup.MINOR), else_=func.coalesce(person.c.age_group_at_decision, by_now))


def _first_form(decision: Subquery) -> SQLColumnExpression[str]:
    return type_coerce(decision.c.exploitation_forms, ARRAY(String))[1]


def _first_positive(same: Subquery, *, as_of: bool) -> Subquery:
    """Each person's first positive decision that was not taken back. Court and CMM, a decision that a later one confirms,
    and those of several cases of one person, are one person in the year of the first."""
    in_order = (Decision.decided_on, Decision.recorded_at, Decision.decision_id)
    person = func.coalesce(same.c.person, cast(col(Decision.case_id), String))
    return (
        select(
            col(Decision.decision_id),
            col(Decision.case_id),
            col(Decision.decided_on),
            col(Decision.authority),
            col(Decision.exploitation_forms),
        )
        .ext(distinct_on(person))
        .outerjoin(same, same.c.case_id == col(Decision.case_id))
        .where(
            col(Decision.outcome) == Outcome.ASSESSED_TRAFFICKED,
            col(Decision.decision_id).not_in(_taken_back(as_of=as_of)),
            _is_known(Decision.recorded_at, as_of=as_of),
        )
        .order_by(person, *map(col, in_order))
        .subquery("first_positive")
    )


def _taken_back(*, as_of: bool) -> Select[UUID]:
    """Decisions that were replaced by one that is not positive, at once or after others that were."""
    known = _is_known(Replacement.recorded_at, as_of=as_of)
    by_a_negative = (
        select(col(Replacement.decision_id).label("decision_id"))
        .join(Decision, col(Decision.decision_id) == col(Replacement.replaced_by))
        .where(col(Decision.outcome) != Outcome.ASSESSED_TRAFFICKED, known)
        .cte("taken_back", recursive=True)
    )
    chain = by_a_negative.union(
        select(col(Replacement.decision_id)).where(col(Replacement.replaced_by) == by_a_negative.c.decision_id, known)
    )
    return select(chain.c.decision_id)


def _standing_instead(*, as_of: bool) -> Subquery:
    """Which decision stands in the end in the place of one that was replaced, at once or after others: whoever replaces a
    decision corrects what it says."""
    known = _is_known(Replacement.recorded_at, as_of=as_of)
    replaced = select(col(Replacement.decision_id), col(Replacement.replaced_by)).where(known)
    later = replaced.cte("later", recursive=True)
    later = later.union(
        select(later.c.decision_id, col(Replacement.replaced_by)).where(
            col(Replacement.decision_id) == later.c.replaced_by, known
        )
    )
    return (
        select(later.c.decision_id.label("instead_of"), col(Decision.authority), col(Decision.exploitation_forms))
        .join(Decision, col(Decision.decision_id) == later.c.replaced_by)
        .where(col(Decision.decision_id).not_in(replaced.with_only_columns(col(Replacement.decision_id))))
        .subquery("standing")
    )


def _first_referral(same: Subquery) -> Subquery:
    """Who referred each person first, of all the cases about them; for each case."""
    of_group = same.alias("of_group")
    group = func.coalesce(of_group.c.person, cast(col(Person.case_id), String))
    first = (
        select(group.label("person"), col(Person.referred_by))
        .ext(distinct_on(group))
        .outerjoin(of_group, of_group.c.case_id == col(Person.case_id))
        .where(col(Person.referred_by).is_not(None))
        .order_by(group, col(Person.opened_on), col(Person.case_id))
        .subquery("first_of_person")
    )
    return (
        select(same.c.case_id, first.c.referred_by)
        .join(first, first.c.person == same.c.person)
        .subquery("first_referral")
    )


def _is_known(recorded_at: datetime, *, as_of: bool) -> ColumnElement[bool]:
    return col(recorded_at) <= bindparam("as_of", type_=DateTime(timezone=True)) if as_of else true()


async def count_referrals(
    work: UnitOfWork, *, since: datetime | None, before: datetime | None
) -> list[tuple[str, ReferralStatus, int]]:
    """The referrals submitted in [since, before), by sender and status, in that order."""
    query = _count_of_referrals(since=since is not None, before=before is not None)
    counted = await work.session.execute(query, {"since": since, "before": before})
    work.audit(operation="stats.flow", purpose=Purpose.STATISTICS)
    return sorted((sender, status, count) for sender, status, count in counted)


async def count_interviewed(work: UnitOfWork, *, since: datetime | None, before: datetime | None) -> int:
    """The people interviewed in [since, before), however often."""
    query = _count_of_interviewed(since=since is not None, before=before is not None)
    return await work.session.scalar(query, {"since": since, "before": before}) or 0


def keep_departure(work: UnitOfWork, event: PersonDeparted) -> None:
    """The day of somebody's departure; one that is recorded again corrects it."""
    values = {"case_id": event.case_id, "departed_on": event.departed_on, "recorded_at": event.occurred_at}
    work.session.later(_KEEP_DEPARTURE, values)


async def count_departures(work: UnitOfWork, *, from_on: date | None, to_on: date | None) -> int:
    """The people who left by a prepared return on these days, both included."""
    before = to_on + timedelta(days=1) if to_on else None
    query = _count_of_departures(since=from_on is not None, before=to_on is not None)
    return await work.session.scalar(query, {"since": from_on, "before": before}) or 0


@cache
def _count_of_referrals(*, since: bool, before: bool) -> Select[str, ReferralStatus, int]:
    groups = (col(Referral.sender), col(Referral.status))
    within = _is_within(Referral.submitted_at, since=since, before=before)
    return select(*groups, func.count()).where(within).group_by(*groups)


@cache
def _count_of_interviewed(*, since: bool, before: bool) -> Select[int]:
    interviewed = _count_of_people(Interview.case_id)
    return interviewed.where(_is_within(Interview.held_at, since=since, before=before))


@cache
def _count_of_departures(*, since: bool, before: bool) -> Select[int]:
    departed = _count_of_people(Departure.case_id)
    return departed.where(_is_within(Departure.departed_on, since=since, before=before))


def _count_of_people(case_id: UUID) -> Select[int]:
    """However many cases of a person there are, they count once."""
    same = same_person(as_of=False)
    person = func.coalesce(same.c.person, cast(col(case_id), String))
    return select(func.count(person.distinct())).outerjoin(same, same.c.case_id == col(case_id))


def _is_within(moment: date, *, since: bool, before: bool) -> ColumnElement[bool]:
    """In [since, before), or without the one end or the other."""
    after = col(moment) >= bindparam("since") if since else true()
    return after & (col(moment) < bindparam("before")) if before else after


# ---------------------------------------------------------------- which cases are of one person

_MINORS = (AgeGroup.MINOR, AgeGroup.PRESUMED_MINOR)


def same_person(*, as_of: bool) -> Subquery:
    """A `person` for each case that has to do with another one: merged with it, directly or through others.
    The key is the same for all of them, whichever way and in whichever order they came."""
    pairs = _pairs(as_of=as_of)
    reached = select(pairs.c.case_id, pairs.c.case_id.label("other")).cte("reached", recursive=True)
    reached = reached.union(select(reached.c.case_id, pairs.c.other).join(pairs, pairs.c.case_id == reached.c.other))
    return (
        select(reached.c.case_id, func.min(cast(reached.c.other, String)).label("person"))
        .group_by(reached.c.case_id)
        .subquery("same_person")
    )


def _merged(*, as_of: bool) -> Subquery:
    """The cases that are merged, each with the `other` one into which it was merged last."""
    last = (
        select(col(CaseMerge.case_id), col(CaseMerge.into_id))
        .ext(distinct_on(col(CaseMerge.case_id)))
        .where(_is_known(CaseMerge.recorded_at, as_of=as_of))
        .order_by(col(CaseMerge.case_id), col(CaseMerge.recorded_at).desc(), col(CaseMerge.position).desc())
        .subquery("last_merge")
    )
    merged = select(last.c.case_id, last.c.into_id.label("other")).where(last.c.into_id.is_not(None))
    return merged.subquery("one_way")


def _going_on(*, as_of: bool) -> Subquery:
    """For each merged case the one in which the work on its person goes on: how they are described since then stands there."""
    merged = _merged(as_of=as_of)
    chain = select(merged.c.case_id, merged.c.other.label("goes_on")).cte("chain", recursive=True)
    further = merged.alias("further")
    chain = chain.union(select(chain.c.case_id, further.c.other).join(further, further.c.case_id == chain.c.goes_on))
    ends = chain.c.goes_on.not_in(select(merged.c.case_id))
    return select(chain.c.case_id, chain.c.goes_on).where(ends).subquery("goes_on")


def _pairs(*, as_of: bool) -> CTE:
    """Two cases of one person, in both directions."""
    one_way = _merged(as_of=as_of)
    return select(one_way.c.case_id, one_way.c.other).union(select(one_way.c.other, one_way.c.case_id)).cte("pair")


def described(*, as_of: bool) -> Subquery:
    """How the person of each case was last described."""
    last = (
        select(Description)
        .ext(distinct_on(col(Description.case_id)))
        .where(_is_known(Description.recorded_at, as_of=as_of))
        .order_by(col(Description.case_id), col(Description.sequence).desc())
        .subquery("last_description")
    )
    is_described = last.c.case_id.is_not(None)
    at_exploitation = case(
        (is_described, last.c.age_group_at_exploitation), else_=col(Person.age_group_at_exploitation)
    )
    return (
        select(
            col(Person.case_id),
            case((is_described, last.c.gender), else_=col(Person.gender)).label("gender"),
            case((is_described, last.c.citizenships), else_=col(Person.citizenships)).label("citizenships"),
            func.coalesce(any_of(at_exploitation, _MINORS), false()).label("was_child"),
            # A birthday after the decision changes nothing; where the description says nothing of that day, it is as it says.
            last.c.age_group_at_decision,
            case((is_described, last.c.age_group), else_=col(Person.age_group)).label("age_group"),
            col(Person.region),
            col(Person.referral_id),
            col(Person.referred_by),
        )
        .select_from(Person)
        .outerjoin(last, last.c.case_id == col(Person.case_id))
        .subquery("described")
    )


async def erase_case(work: UnitOfWork, case_id: UUID) -> None:
    """Take away what is not counted of a case, and the stored answers that name it."""
    await work.session.execute(_ERASE, {"case_id": case_id})
    await answers.forget_about(work, [case_id])
    work.audit(operation="case.erase", subject_id=case_id)


# ---------------------------------------------------------------- what stats itself has recorded


async def recorded_after(work: UnitOfWork, *, after: int, settled: int, most: int) -> Sequence[Mapping[str, Any]]:
    """The next events in the order of the history, as far as row level security shows them."""
    return await history.recorded_after(work, after=after, settled=settled, most=most, keys=None)


async def id_for_now(work: UnitOfWork) -> UUID:
    """An id as an event gets that is recorded now: greater than those of all that were recorded before."""
    found: UUID = await work.session.scalar(_ID_FOR_NOW)
    return found
