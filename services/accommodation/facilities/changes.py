"""What is asked before a facility, or a unit of one, is described anew: the register knows nobody who lives there. `app.py` says
who is asked."""

from collections.abc import Awaitable
from typing import Protocol
from uuid import UUID

from services.accommodation.facilities.models import InUnits
from shared.data.unit_of_work import UnitOfWork


class Check(Protocol):
    def __call__(self, work: UnitOfWork, facility_id: UUID, was: InUnits, would: InUnits) -> Awaitable[None]:
        """Raise an error where the locked facility cannot become what is described, in these units of it."""


class NobodyIsAsked(RuntimeError):
    """A facility would have changed before `app.py` had said who is asked."""


_checks: list[Check] = []


def ask(check: Check) -> None:
    """Have this asked before every change; `app.py` calls it once, when the service is put together."""
    if check not in _checks:
        _checks.append(check)


async def about_to_change(work: UnitOfWork, facility_id: UUID, was: InUnits, would: InUnits) -> None:
    """Say what the facility is about to become in these units of it; raises what stands against it, and NobodyIsAsked."""
    if not _checks:
        raise NobodyIsAsked("services.accommodation.app was not imported, which says who is asked.")
    for check in _checks:
        await check(work, facility_id, was, would)
