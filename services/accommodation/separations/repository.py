"""The only way to the rows of who is kept apart, and to where people live who are, or who belong together. Which facilities those
are says nothing of who lives there."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final
from uuid import UUID

from sqlalchemy import Select, bindparam, func, or_, select
from sqlalchemy.dialects.postgresql import DATERANGE
from sqlmodel import col

from services.accommodation.case.nights import Nights
from services.accommodation.case.repository import CASE_ID
from services.accommodation.case.schemas import Remark
from services.accommodation.separations.models import Separation
from shared.contract import visibility
from shared.contract.codes import Purpose
from shared.data import sealed
from shared.data.columns import NOW
from shared.data.positions import newest_first, page
from shared.data.unit_of_work import UnitOfWork
from shared.kernel.errors import NotFound


class SeparationNotFound(NotFound):
    """No such separation, or not yours."""


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


async def add(work: UnitOfWork, separation: Separation, reason: Remark) -> None:
    """Keep two people apart, with why sealed under the first one's key."""
    key = await sealed.key_of(work, separation.case_id)
    separation.reason = key.seal(reason, table="separation", column="reason", row=separation.id)
    work.session.add(separation)
    await work.session.flush()
    work.audit(operation="separation.add", subject_id=separation.case_id, object_ids=[separation.other_case_id])


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
) -> list[tuple[Separation, Remark]]:
    """Who is kept apart, newest first, up to one more than `limit`: from the person of a case, or all. Raises PurposeNotYours."""
    visibility.judge(work.actor, (), purpose)
    query = _separations(of_case=case_id is not None, goes_on=bool(after))
    found = await work.session.scalars(query, page(after, limit) | {"case_id": case_id})
    keys = await sealed.keys_of(work, {each.case_id for each in found})
    for each in found[:limit]:
        work.audit(
            operation="separation.list", subject_id=each.case_id, object_ids=[each.other_case_id], purpose=purpose
        )
    return [
        (each, keys[each.case_id].open(each.reason, Remark, table="separation", column="reason", row=each.id))
        for each in found
    ]
