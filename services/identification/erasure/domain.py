"""Erasing reaches every holder within the hour, and each says that it is done (docs/rules.md, retention-5)."""

from datetime import timedelta
from typing import Final
from uuid import UUID

from services.identification.erasure import repository
from services.identification.erasure.models import Erasure
from shared.alerts import queue
from shared.alerts.queue import Alert
from shared.contract.codes import DeadlineKind, ErasureExtent
from shared.contract.events import CaseErased, ErasureConfirmed
from shared.contract.organisations import CENTRE
from shared.data.unit_of_work import UnitOfWork

HOLDERS: Final = ("accommodation", "referrals", "stats")
"""The services that hold something of a case besides this one."""
CONFIRMED_WITHIN: Final = timedelta(hours=1)


async def ask(work: UnitOfWork, case_id: UUID, *, extent: ErasureExtent) -> None:
    """What was erased here of the case is to be erased everywhere; by `confirm_by` every holder has said that it is."""
    erasure = Erasure(case_id=case_id, extent=extent, erased_at=work.now, confirm_by=work.now + CONFIRMED_WITHIN)
    await repository.add(work, erasure, HOLDERS)
    work.record(CaseErased(case_id=case_id, occurred_at=work.now, extent=extent, erasure_id=erasure.id))


async def confirm(work: UnitOfWork, event: ErasureConfirmed) -> None:
    """A holder says that it is done."""
    await repository.confirm(work, erasure_id=event.erasure_id, holder=event.service, confirmed_at=event.occurred_at)


async def alert_of_late(work: UnitOfWork) -> None:
    """Alert CMM of every holder that has not confirmed within the hour, once."""
    for erasure, holder in await repository.lock_late(work):
        holder.alerted_at = work.now
        alert = Alert(DeadlineKind.ERASURE, erasure.case_id, CENTRE, due_at=erasure.confirm_by)
        queue.raise_alert(work, alert)
