"""What is asked before a facility is described anew: the register knows nobody who lives there. `app.py` says who is asked."""

from collections.abc import Awaitable
from typing import Protocol

from services.accommodation.facilities.models import Facility
from shared.data.unit_of_work import UnitOfWork


class Check(Protocol):
    def __call__(self, work: UnitOfWork, facility: Facility, described: Facility) -> Awaitable[None]:
        """Raise an error where the locked facility cannot become what is described."""


class NobodyIsAsked(RuntimeError):
    """A facility would have changed before `app.py` had said who is asked."""


_checks: list[Check] = []


def ask(check: Check) -> None:
    """Have this asked before every change; `app.py` calls it once, when the service is put together."""
    if check not in _checks:
        _checks.append(check)


async def about_to_change(work: UnitOfWork, facility: Facility, described: Facility) -> None:
    """Say what the facility is about to become; raises what stands against it, and NobodyIsAsked."""
    if not _checks:
        raise NobodyIsAsked("services.accommodation.app was not imported, which says who is asked.")
    for check in _checks:
        await check(work, facility, described)
