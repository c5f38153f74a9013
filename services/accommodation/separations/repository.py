"""The only way to the rows of who is kept apart, and to where people live who are, or who belong together. Which facilities those
are says nothing of who lives there."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final
from uuid import UUID

from sqlalchemy import Select, bindparam, func, or_, select, text
from sqlalchemy.dialects.postgresql import DATERANGE
from sqlmodel import col

from services.accommodation.case.nights import Nights, night_of
from services.accommodation.case.repository import CASE_ID
from services.accommodation.case.schemas import Remark
from services.accommodation.separations.models import Separation
from shared.contract import visibility
from shared.contract.codes import Purpose
from shared.data import sealed
from shared.data.columns import NOW
from shared.data.itself import as_itself
from shared.data.positions import newest_first, page
from shared.data.unit_of_work import UnitOfWork
from shared.kernel.errors import NotFound


class SeparationNotFound(NotFound):
    """No such separation, or not yours."""


@dataclass(frozen=True, slots=True)
class Apart:
    """Two people who are kept apart, why, and in which facilities they are, or are expected, on one night all the same."""

    separation: Separation
    reason: Remark
    together_in: list[UUID]


@dataclass(frozen=True, slots=True)
class Company:
    """In which facilities somebody lives from whom the person is kept apart, and in which those of the same household do."""

    unsafe_in: frozenset[UUID] = frozenset()
    household_in: frozenset[UUID] = frozenset()

    def parts_household(self, facility_id: UUID) -> bool:
        """Whether the household lives elsewhere than in that facility."""
        return bool(self.household_in) and facility_id not in self.household_in


_ASKED: Final = (CASE_ID, bindparam("wanted", type_=DATERANGE), NOW)
UNSAFE_IN: Final = func.array(select(func.unsafe_in(*_ASKED)).scalar_subquery())
HOUSEHOLD_IN: Final = func.array(select(func.household_in(*_ASKED)).scalar_subquery())
_COMPANY: Final = select(UNSAFE_IN, HOUSEHOLD_IN)


async def company_of(work: UnitOfWork, case_id: UUID, wanted: Nights) -> Company:
    """Whom the person would meet, or leave, on these nights: of whoever it is for what must not be together; of a household as
    far as the actor has to do with its members, who would learn else where they are."""
    asked = {"case_id": case_id, "wanted": wanted, "now": work.now}
    ((unsafe, household),) = await work.session.execute(_COMPANY, asked)
    return Company(frozenset(unsafe), frozenset(household))


# Whoever is there is so without an end, and a hold is one until its time is up: as `unsafe_in` has it.
_TOGETHER: Final = text("""
    WITH there AS NOT MATERIALIZED (
        SELECT x.person_id, p.facility_id, CASE
            WHEN x.state = 'arrived' THEN daterange(lower(x.during), NULL)
            WHEN x.state = 'booked' OR x.state = 'held' AND x.held_until > :now THEN x.during
            ELSE 'empty' END * daterange(:tonight, NULL) AS nights
        FROM stay x JOIN place p ON p.id = x.place_id)
    SELECT DISTINCT s.id, one.facility_id FROM separation s
    JOIN there one ON one.person_id = person_of(s.case_id)
    JOIN there other ON other.person_id = person_of(s.other_case_id)
        AND other.facility_id = one.facility_id AND other.nights && one.nights
    WHERE s.id = ANY (:ids) AND s.ended_at IS NULL ORDER BY one.facility_id
""")


async def together_in(work: UnitOfWork, separations: Sequence[Separation]) -> dict[UUID, list[UUID]]:
    """Of each of these, by its id: the facilities in which the two are, or are expected, on the same night from tonight on."""
    found: dict[UUID, list[UUID]] = {each.id: [] for each in separations}
    asked = {"ids": list(found), "now": work.now, "tonight": night_of(work.now)}
    async with as_itself(work):
        for separation_id, facility_id in await work.session.execute(_TOGETHER, asked):
            found[separation_id].append(facility_id)
    return found


async def add(work: UnitOfWork, separation: Separation, reason: Remark) -> Apart:
    """Keep two people apart, with why sealed under the first one's key."""
    key = await sealed.key_of(work, separation.case_id)
    separation.reason = key.seal(reason, table="separation", column="reason", row=separation.id)
    work.session.add(separation)
    await work.session.flush()
    work.audit(operation="separation.add", subject_id=separation.case_id, object_ids=[separation.other_case_id])
    return Apart(separation, reason, (await together_in(work, [separation]))[separation.id])


async def lock(work: UnitOfWork, separation_id: UUID) -> tuple[Separation, Remark]:
    """A separation, locked until the transaction ends, and why; raises SeparationNotFound."""
    found = await work.session.get(Separation, separation_id, with_for_update=True)
    if found is None:
        raise SeparationNotFound
    key = await sealed.key_of(work, found.case_id)
    work.audit(operation="separation.end", subject_id=found.case_id, object_ids=[found.other_case_id])
    return found, key.open(found.reason, Remark, table="separation", column="reason", row=found.id)


@cache
def _separations(*, of_case: bool, goes_on: bool) -> Select[Separation]:
    query = select(Separation)
    if of_case:
        query = query.where(or_(col(Separation.case_id) == CASE_ID, col(Separation.other_case_id) == CASE_ID))
    return newest_first(query, col(Separation.noted_at), col(Separation.id), goes_on=goes_on)


async def list_of(
    work: UnitOfWork, case_id: UUID | None, *, purpose: Purpose, after: Sequence[str | int] | None, limit: int
) -> list[Apart]:
    """Who is kept apart, newest first, up to one more than `limit`: from the person of a case, or all. Raises PurposeNotYours."""
    visibility.judge(work.actor, (), purpose)
    query = _separations(of_case=case_id is not None, goes_on=bool(after))
    found = await work.session.scalars(query, page(after, limit) | {"case_id": case_id})
    keys = await sealed.keys_of(work, {each.case_id for each in found})
    for each in found[:limit]:
        work.audit(
            operation="separation.list", subject_id=each.case_id, object_ids=[each.other_case_id], purpose=purpose
        )
    together = await together_in(work, found)
    return [
        Apart(
            each,
            keys[each.case_id].open(each.reason, Remark, table="separation", column="reason", row=each.id),
            together[each.id],
        )
        for each in found
    ]
