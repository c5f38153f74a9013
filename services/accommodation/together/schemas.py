"""What HTTP gives of places for several requests at once."""

from uuid import UUID

from services.accommodation.placements.schemas import MatchedPlace
from services.accommodation.together.codes import WithoutBecause
from shared.contract.types import Answer, Moment


class PlaceForOne(MatchedPlace):
    """The place for one of the requests, with its rank among those that fit it and what speaks for it. `position` is the
    request's on the waiting list; `total` the sum of the points."""

    request_id: UUID
    position: int
    total: int
    why: str
    why_da: str


class GoesWithout(Answer):
    """Who has no place by this, and why; `excluded` counts, as in the matches, what excludes places that do not fit."""

    request_id: UUID
    position: int
    because: WithoutBecause
    excluded: dict[str, int]
    why: str
    why_da: str


class Worth(Answer):
    """How many people have a bed, and the points of their places in all."""

    placed: int
    points: int


class MatchedTogether(Answer):
    """The best for all: first as many people as can have a bed, then those who come first on the waiting list, then the most
    points in all. `one_by_one` is what would come of it if one after the other on the list took the best that is left. Nothing
    is held by it: offer each place like any other."""

    as_of: Moment
    weights: str
    order: str
    worth: Worth
    one_by_one: Worth
    items: list[PlaceForOne]
    without: list[GoesWithout]
