"""Which cases are of one person, and what was last told about the person of a case: as known at any moment."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CTE, Select, String, Subquery, case, cast, func, select, true
from sqlalchemy.dialects.postgresql import distinct_on
from sqlmodel import col

from services.stats.models import CaseMerge, Description, Person
from shared.contract.codes import AgeGroup

_MINORS = (AgeGroup.MINOR, AgeGroup.PRESUMED_MINOR)


def same_person(as_of: datetime | None) -> Subquery:
    """A `person` for each case that has to do with another one: merged with it, or opened after it had ended. The key is
    the same for all of them, whichever way and in whichever order they were told."""
    pairs = _pairs(as_of)
    reached = select(pairs.c.case_id, pairs.c.case_id.label("other")).cte("reached", recursive=True)
    reached = reached.union(select(reached.c.case_id, pairs.c.other).join(pairs, pairs.c.case_id == reached.c.other))
    return (
        select(reached.c.case_id, func.min(cast(reached.c.other, String)).label("person"))
        .group_by(reached.c.case_id)
        .subquery("same_person")
    )


def _pairs(as_of: datetime | None) -> CTE:
    """Two cases of one person, in both directions."""
    known = true() if as_of is None else col(CaseMerge.recorded_at) <= as_of
    last = (
        select(col(CaseMerge.case_id), col(CaseMerge.into_id))
        .ext(distinct_on(col(CaseMerge.case_id)))
        .where(known)
        .order_by(col(CaseMerge.case_id), col(CaseMerge.position).desc())
        .subquery("last_merge")
    )
    merged = select(last.c.case_id, last.c.into_id.label("other")).where(last.c.into_id.is_not(None))
    followed: Select[UUID, UUID | None] = select(col(Person.case_id), col(Person.earlier_case_id)).where(
        col(Person.earlier_case_id).is_not(None)
    )
    one_way = merged.union(followed).subquery("one_way")
    return select(one_way.c.case_id, one_way.c.other).union(select(one_way.c.other, one_way.c.case_id)).cte("pair")


def described(as_of: datetime | None) -> Subquery:
    """What was last told about the person of each case."""
    known = true() if as_of is None else col(Description.recorded_at) <= as_of
    last = (
        select(Description)
        .ext(distinct_on(col(Description.case_id)))
        .where(known)
        .order_by(col(Description.case_id), col(Description.sequence).desc())
        .subquery("last_description")
    )
    was_told = last.c.case_id.is_not(None)
    age_group = case((was_told, last.c.age_group), else_=col(Person.age_group))
    at_exploitation = case((was_told, last.c.age_group_at_exploitation), else_=col(Person.age_group_at_exploitation))
    return (
        select(
            col(Person.case_id),
            case((was_told, last.c.gender), else_=col(Person.gender)).label("gender"),
            case((was_told, last.c.citizenships), else_=col(Person.citizenships)).label("citizenships"),
            # Who was exploited as a child is a child victim, however old when found.
            case((at_exploitation.in_(_MINORS), AgeGroup.MINOR), else_=age_group).label("age_group"),
            col(Person.region),
            col(Person.referral_id),
            col(Person.referred_by),
        )
        .select_from(Person)
        .outerjoin(last, last.c.case_id == col(Person.case_id))
        .subquery("described")
    )
