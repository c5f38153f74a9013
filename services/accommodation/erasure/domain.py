"""Erasing what is held of a case, and saying so."""

from uuid import UUID

from services.accommodation.erasure import repository
from services.accommodation.offers import domain as offers
from services.accommodation.stays import domain as stays
from shared.contract.codes import ErasureExtent
from shared.contract.events import CaseErased, ErasedInAccommodation
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
        await stays.call_off(work, placement, stay)
    for request in await repository.lock_unsettled(work, case_id):
        await offers.end_request(work, request)
