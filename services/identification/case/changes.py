"""What follows a change of what is known of a case. The case is the ground and knows no deadlines; `app.py` says what follows."""

from collections.abc import Awaitable
from datetime import datetime
from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncSession

from services.identification.case.models import Case


class Follower(Protocol):
    def __call__(self, session: AsyncSession, case: Case, *, now: datetime) -> Awaitable[None]:
        """Do what a change of this locked case asks for, in the same transaction."""


class NothingFollows(RuntimeError):
    """A case changed before `app.py` had said what follows: its deadlines would have been left as they were."""


_followers: list[Follower] = []


def follow(follower: Follower) -> None:
    """Have the follower called at every change of a case; `app.py` calls this once, when the service is put together."""
    if follower not in _followers:
        _followers.append(follower)


async def case_changed(session: AsyncSession, case: Case, *, now: datetime) -> None:
    """Say that something was changed that deadlines may depend on. The case is locked, the change is made; NothingFollows."""
    if not _followers:
        raise NothingFollows(
            "services.identification.app was not imported, which says what follows a change of a case."
        )
    for follower in _followers:
        await follower(session, case, now=now)
