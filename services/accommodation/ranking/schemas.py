"""What is sealed of a ranking, and what HTTP gives of one that was computed again."""

from uuid import UUID

from pydantic import BaseModel

from services.accommodation.ranking.codes import Criterion
from shared.contract.types import Answer, Moment


class RankedPlace(BaseModel):
    """A place of a ranking: how often each criterion spoke for it."""

    place_id: UUID
    facility_id: UUID
    features: dict[Criterion, int]


class KeptRanking(BaseModel):
    """A ranking as it is sealed with the choice that was made from it, in its order; `fitted` places stood in it."""

    places: list[RankedPlace]
    fitted: int


class PlaceInRanking(Answer):
    """A place of a ranking that was computed again, and the points that put it there."""

    place_id: UUID
    facility_id: UUID
    rank: int
    points: dict[Criterion, int]
    is_chosen: bool


class CriterionExplained(Answer):
    """What a criterion counts by these weights, and why."""

    criterion: Criterion
    points: int
    why: str
    why_da: str


class RankingAgain(Answer):
    """The ranking that an offer was chosen from, computed again. `chosen_by` are the weights of that time, `weights` those
    it was computed with now; `is_same_order` says whether they put the places in the order that was kept. Of `fitted` places
    at most 200 were kept; `chosen_rank` is null where the offered place fitted by an exception alone."""

    offer_id: UUID
    kept_at: Moment
    chosen_by: str
    weights: str
    is_same_order: bool
    fitted: int
    chosen_rank: int | None
    criteria: list[CriterionExplained]
    items: list[PlaceInRanking]
