"""The one way in which what is held of a case is erased here."""

from uuid import UUID

from sqlalchemy import select, text
from sqlmodel import col

from services.accommodation.case import repository as cases
from services.accommodation.placements.models import PlacementRequest
from services.accommodation.placements.repository import open_needs, seal_needs
from services.accommodation.placements.schemas import ForTheFacility, SealedNeeds
from shared.data import answers, sealed
from shared.data.unit_of_work import UnitOfWork


async def erase_case(work: UnitOfWork, case_id: UUID, *, is_whole: bool) -> None:
    """Erase what is held of a case: reasons, stored answers, and of a `whole` case the needs too; otherwise the needs are sealed
    under a new key, without what the facility was to know of the person besides, so that nothing of that opens any more."""
    kept = [] if is_whole else await _needs_in(work, case_id)
    values = {"case_id": case_id, "is_whole": is_whole}
    touched = await work.session.scalars(text("SELECT erase_case(:case_id, :is_whole)"), values)
    await answers.forget_about(work, {case_id, *touched})
    if not is_whole and await cases.has_case(work, case_id):
        key = sealed.new_key_instead(work, case_id)
        for request, needs in kept:
            seal_needs(key, request, needs.model_copy(update={"for_the_facility": ForTheFacility()}))
    work.audit(operation="case.erase", subject_id=case_id)


async def _needs_in(work: UnitOfWork, case_id: UUID) -> list[tuple[PlacementRequest, SealedNeeds]]:
    query = select(PlacementRequest).where(col(PlacementRequest.case_id) == case_id).with_for_update()
    requests = list(await work.session.scalars(query))
    if not requests:
        return []
    key = await sealed.key_of(work, case_id)
    return [(each, open_needs(key, each)) for each in requests]
