"""What follows when somebody has come to a place; `app.py` says who follows."""

from collections.abc import Awaitable
from typing import Protocol

from services.accommodation.placements.models import Placement
from shared.data.unit_of_work import UnitOfWork


class Follower(Protocol):
    def __call__(self, work: UnitOfWork, placement: Placement) -> Awaitable[None]:
        """Do what the arrival asks for, in the same transaction."""


class NothingFollows(RuntimeError):
    """Somebody arrived before `app.py` had said what follows: a notice would have been forgotten."""


_followers: list[Follower] = []


def follow(follower: Follower) -> None:
    """Have this called at every arrival; `app.py` calls it once, when the service is put together."""
    if follower not in _followers:
        _followers.append(follower)


async def arrived(work: UnitOfWork, placement: Placement) -> None:
    """Say that somebody is at the place; raises NothingFollows."""
    if not _followers:
        raise NothingFollows("services.accommodation.app was not imported, which says what follows an arrival.")
    for follower in _followers:
        await follower(work, placement)
