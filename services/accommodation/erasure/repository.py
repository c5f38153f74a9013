"""The one way in which what is held of a case is erased here."""

from typing import Any, Final
from uuid import UUID

from sqlalchemy import exists, or_, select, text
from sqlmodel import col

from services.accommodation.case import repository as cases
from services.accommodation.case.models import CaseLink
from services.accommodation.case.repository import CASE_ID
from services.accommodation.case.schemas import Remark
from services.accommodation.facilities.models import Stay
from services.accommodation.placements.codes import PlacementStatus, RequestStatus
from services.accommodation.placements.models import Placement, PlacementRequest
from services.accommodation.placements.repository import open_needs, seal_needs
from services.accommodation.placements.schemas import ForTheFacility, SealedNeeds
from services.accommodation.separations.models import Separation
from shared.contract.personal import Personal
from shared.data import answers, sealed
from shared.data.columns import any_of
from shared.data.unit_of_work import UnitOfWork

_NO_REASON: Final = Remark(text=Personal("Erased: the person has declined."))


_BOOKED: Final = (
    select(Placement, Stay)
    .join(Stay, col(Stay.id) == col(Placement.stay_id))
    .where(col(Placement.case_id) == CASE_ID, col(Placement.status) == PlacementStatus.BOOKED)
    .order_by(col(Placement.id))
    .with_for_update()
)
_REQUESTS: Final = select(PlacementRequest).where(col(PlacementRequest.case_id) == CASE_ID)
_ALL_REQUESTS: Final = _REQUESTS.with_for_update()
_UNSETTLED: Final = (
    _REQUESTS.where(
        any_of(col(PlacementRequest.status), [RequestStatus.OPEN, RequestStatus.PLACED]),
        ~exists().where(col(Placement.request_id) == col(PlacementRequest.id), col(Placement.arrived_at).is_not(None)),
    )
    .order_by(col(PlacementRequest.id))
    .with_for_update()
)
_KEPT_APART: Final = [
    select(table).where(or_(col(table.case_id) == CASE_ID, col(table.other_case_id) == CASE_ID)).with_for_update()
    for table in (Separation, CaseLink)
]
_ERASE: Final = text("SELECT erase_case(:case_id, :is_whole)")


async def lock_booked(work: UnitOfWork, case_id: UUID) -> list[tuple[Placement, Stay]]:
    """The placements of a case to which nobody has come yet, with their stays, locked."""
    return [(placement, stay) for placement, stay in await work.session.execute(_BOOKED, {"case_id": case_id})]


async def lock_unsettled(work: UnitOfWork, case_id: UUID) -> list[PlacementRequest]:
    """The requests of a case that wait for a place, or whose person will not come to the one that was booked; locked."""
    return await work.session.scalars(_UNSETTLED, {"case_id": case_id})


async def erase_case(work: UnitOfWork, case_id: UUID, *, is_whole: bool) -> None:
    """Erase what is held of a case: reasons, stored answers, and of a `whole` case the needs too; otherwise the needs are sealed
    under a new key, without what the facility was to know of the person besides, so that nothing of that opens any more, and
    from whom the person is kept apart stays, without the reason."""
    kept = [] if is_whole else await _needs_in(work, case_id)
    apart, links = ([], []) if is_whole else await _kept_apart(work, case_id)
    values = {"case_id": case_id, "is_whole": is_whole}
    await work.session.flush()
    touched = await work.session.scalars(_ERASE, values)
    await answers.forget_about(work, {case_id, *touched})
    if not is_whole and await cases.has_case(work, case_id):
        key = sealed.new_key_instead(work, case_id)
        for request, needs in kept:
            seal_needs(key, request, needs.model_copy(update={"for_the_facility": ForTheFacility()}))
        await work.session.flush()
        await _keep_apart(work, apart, links)
    work.audit(operation="case.erase", subject_id=case_id)


async def _needs_in(work: UnitOfWork, case_id: UUID) -> list[tuple[PlacementRequest, SealedNeeds]]:
    requests = await work.session.scalars(_ALL_REQUESTS, {"case_id": case_id})
    if not requests:
        return []
    key = await sealed.key_of(work, case_id)
    return [(each, open_needs(key, each)) for each in requests]


Rows = list[dict[str, Any]]


async def _kept_apart(work: UnitOfWork, case_id: UUID) -> tuple[Rows, Rows]:
    """From whom the person is kept apart, and who is of one household with them: the database forgets both with the key."""
    found: list[Rows] = []
    for query in _KEPT_APART:
        rows: list[Separation | CaseLink] = await work.session.scalars(query, {"case_id": case_id})
        found.append([dict(row) for row in rows])
        for row in rows:
            work.session.expunge(row)
    return found[0], found[1]


async def _keep_apart(work: UnitOfWork, apart: Rows, links: Rows) -> None:
    """Who has declined is still somebody from whom another one is kept apart, for the safety of both."""
    keys = await sealed.keys_of(work, {row["case_id"] for row in apart})
    for row in apart:
        row["reason"] = keys[row["case_id"]].seal(_NO_REASON, table="separation", column="reason", row=row["id"])
    await work.session.insert(Separation, apart)
    await work.session.insert(CaseLink, links)
