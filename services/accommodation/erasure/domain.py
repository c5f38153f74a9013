"""Erasing what is held of a case, and saying so."""

from services.accommodation.erasure import repository
from shared.contract.codes import ErasureExtent
from shared.contract.events import CaseErased, ErasedInAccommodation
from shared.data.unit_of_work import UnitOfWork


async def erase_case(work: UnitOfWork, event: CaseErased) -> None:
    """What is held of the case goes: all of it, or all that could say who the person is."""
    await repository.erase_case(work, event.case_id, is_whole=event.extent is ErasureExtent.CASE)
    if event.erasure_id:
        confirmed = ErasedInAccommodation(case_id=event.case_id, occurred_at=work.now, erasure_id=event.erasure_id)
        work.record(confirmed)
