"""What follows a change of what is known of a case. The case is the ground and knows no deadlines; `app.py` says what follows."""

from collections.abc import Awaitable
from typing import Protocol

from services.identification.case.models import Case
from shared.data.unit_of_work import UnitOfWork


class Follower(Protocol):
    def __call__(self, work: UnitOfWork, case: Case, *, is_new: bool) -> Awaitable[None]:
        """Do what a change of this locked case asks for, in the same transaction. Of a new one nothing else is stored yet."""


class NothingFollows(RuntimeError):
    """A case changed before `app.py` had said what follows: its deadlines would have been left as they were."""


_followers: list[Follower] = []


def follow(follower: Follower) -> None:
    """Have the follower called at every change of a case; `app.py` calls this once, when the service is put together."""
    if follower not in _followers:
        _followers.append(follower)


async def case_changed(work: UnitOfWork, case: Case, *, is_new: bool = False) -> None:
    """Say that something was changed that deadlines may depend on. The case is locked, the change is made; or it is new, with
    nothing stored of it that has a deadline. Raises NothingFollows."""
    if not _followers:
        raise NothingFollows(
            "services.identification.app was not imported, which says what follows a change of a case."
        )
    for follower in _followers:
        await follower(work, case, is_new=is_new)
