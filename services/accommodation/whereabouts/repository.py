"""The placements that say where a person is now."""

from datetime import date
from typing import Final, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Select, exists, func, or_, select
from sqlalchemy.orm import aliased
from sqlmodel import col

from services.accommodation.case.models import CaseMerge
from services.accommodation.case.repository import CASE_ID, recorded_since_merged
from services.accommodation.facilities.codes import StayState
from services.accommodation.facilities.models import Facility, Stay
from services.accommodation.facilities.schemas import Particulars
from services.accommodation.placements.codes import PlacementStatus
from services.accommodation.placements.models import Placement
from shared.contract.codes import Purpose
from shared.data import sealed
from shared.data.columns import any_of
from shared.data.itself import as_itself
from shared.data.unit_of_work import UnitOfWork


class Where(NamedTuple):
    """Where a person is."""

    placement: Placement
    facility: Facility
    particulars: Particulars
    from_on: date
    """Since which night, or from which: who came along has been there since they came."""


def _current() -> Select[Placement, Facility, date | None]:
    above = (
        select(CASE_ID.label("below"), col(CaseMerge.into_id), col(CaseMerge.merged_at))
        .where(col(CaseMerge.case_id) == CASE_ID)
        .cte("above", recursive=True)
    )
    above = above.union_all(
        select(
            above.c.into_id, col(CaseMerge.into_id), func.greatest(col(CaseMerge.merged_at), above.c.merged_at)
        ).join(above, above.c.into_id == col(CaseMerge.case_id))
    )
    goes_on = select(above.c.into_id).where(
        above.c.into_id == col(Placement.case_id), above.c.merged_at <= col(Placement.booked_at)
    )
    is_theirs = or_(
        recorded_since_merged(col(Placement.case_id), col(Placement.booked_at)), goes_on.exists(), _comes_along()
    )
    is_current = any_of(col(Placement.status), [PlacementStatus.BOOKED, PlacementStatus.ARRIVED])
    return (
        select(Placement, Facility, _came_along_on())
        .join(Facility, col(Facility.id) == col(Placement.facility_id))
        .where(is_theirs, is_current)
        .order_by(col(Placement.status) != PlacementStatus.ARRIVED, col(Placement.from_on), col(Placement.id))
        .limit(1)
    )


_COMPANION: Final = aliased(Stay)
_IS_WITH: Final = (
    col(_COMPANION.with_stay_id) == col(Placement.stay_id),
    col(_COMPANION.state) == StayState.ARRIVED,
    recorded_since_merged(col(_COMPANION.case_id), col(_COMPANION.joined_at)),
)


def _comes_along() -> ColumnElement[bool]:
    """The person has no placement of their own, and lives with whom it is of: a child with its mother."""
    return exists().where(*_IS_WITH).correlate_except(_COMPANION)


def _came_along_on() -> ColumnElement[date | None]:
    """From which night on they do; null of who has the placement."""
    since = select(func.min(func.lower(col(_COMPANION.during)))).where(*_IS_WITH)
    return since.correlate_except(_COMPANION).scalar_subquery()


_CURRENT: Final = _current()


async def current(work: UnitOfWork, case_id: UUID) -> Where | None:
    """Where the person is, or is expected first, with the facility. Of other cases of the same person what was recorded since
    the merge alone: whoever has to do with this case learns of no merge by it."""
    async with as_itself(work):
        found = await work.session.first(_CURRENT, {"case_id": case_id})
        if found is None:
            return None
        placement, facility, came_along_on = found
        key = await sealed.key_of(work, facility.id)
        particulars = key.open(
            facility.particulars, Particulars, table="facility", column="particulars", row=facility.id
        )
    return Where(placement, facility, particulars, came_along_on or placement.from_on)


def note_read(work: UnitOfWork, case_id: UUID, where: Where | None, *, purpose: Purpose) -> None:
    """Somebody was shown where the person is."""
    work.audit(
        operation="whereabouts.read",
        subject_id=case_id,
        object_ids=[where.placement.id] if where else [],
        fields=["placed"] * (where is not None),
        purpose=purpose,
    )
