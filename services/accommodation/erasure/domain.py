"""Erasing what is held of a case, and saying so."""

from uuid import UUID

from services.accommodation.case.nights import first_of
from services.accommodation.erasure import repository
from services.accommodation.offers import domain as offers
from services.accommodation.offers import repository as offers_repository
from services.accommodation.placements.codes import Ending, RequestStatus
from services.accommodation.stays import domain as stays
from shared.contract.codes import ErasureExtent
from shared.contract.events import CaseErased, ErasedInAccommodation, PlacementCancelled
from shared.data.unit_of_work import UnitOfWork


async def erase_case(work: UnitOfWork, event: CaseErased) -> None:
    """What is held of the case goes: all of it, or all that could say who the person is."""
    is_whole = event.extent is ErasureExtent.CASE
    if is_whole:
        await _end_what_waits(work, event.case_id)
    await repository.erase_case(work, event.case_id, is_whole=is_whole)
    if event.erasure_id:
        confirmed = ErasedInAccommodation(case_id=event.case_id, occurred_at=work.now, erasure_id=event.erasure_id)
        work.record(confirmed)


async def _end_what_waits(work: UnitOfWork, case_id: UUID) -> None:
    """Nobody looks for a place for somebody whom nobody knows, and none is kept for them. Whoever has come is there until
    somebody says that they have left (docs/rules.md, housing-7)."""
    for placement, stay in await repository.lock_booked(work, case_id):
        await stays.end(work, placement, stay, on=first_of(stay.during), ending=Ending.CANCELLED)
        await stays.changed(work, placement)
        work.record(PlacementCancelled(case_id=placement.case_id, occurred_at=work.now, placement_id=placement.id))
    for request in await repository.lock_unsettled(work, case_id):
        for offer, stay in await offers_repository.held_for(work, request.id):
            await offers.release(work, offer, stay)
        request.status = RequestStatus.WITHDRAWN
        request.version += 1
        work.audit(operation="placement_request.withdraw", subject_id=request.case_id, object_ids=[request.id])
