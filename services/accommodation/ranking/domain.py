"""In which order places that fit stand: points for each criterion, weighted by a dated table, so that a choice that was made
can be computed again (docs/rules.md, housing-21)."""

from collections.abc import Mapping
from datetime import date
from typing import Final, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from services.accommodation import tables
from services.accommodation.ranking.codes import Criterion
from services.accommodation.ranking.schemas import KeptRanking, RankedPlace
from shared.kernel.errors import Unprocessable
from shared.rules.decision_tables import Dated, Versions

MOST_KEPT: Final = 200
"""How many places of a ranking are kept with a choice at most, the chosen one among them."""


class NoSuchWeights(Unprocessable):
    """No version of the weights is called that."""

    parameter = "weights"


class Weight(BaseModel):
    """What one criterion counts, and why, in one sentence of each language."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    points: int = Field(ge=0, le=100_000)
    why: str
    why_da: str


class Weights(Dated):
    """One version of what each criterion counts."""

    criteria: Mapping[Criterion, Weight]

    @model_validator(mode="after")
    def _weighs_everything(self) -> Self:
        if missing := [each for each in Criterion if each not in self.criteria]:
            raise ValueError(f"nothing is said of {missing[0]}")
        return self

    def points(self, features: Mapping[Criterion, int]) -> dict[Criterion, int]:
        """The points of each criterion that speaks for the place."""
        return {each: self.criteria[each].points * times for each, times in features.items() if times}


TABLES: Final = Versions(tables.FOLDER, "ranking", Weights)


def weights_on(day: date) -> Weights:
    """The weights in force on that day; before the first of all these."""
    return TABLES.or_first(day)


def weights_called(version: str) -> Weights:
    """The weights of that version; raises NoSuchWeights."""
    for weights in TABLES.all:
        if weights.version == version:
            return weights
    raise NoSuchWeights(f"No weights are called that; there are {', '.join(each.version for each in TABLES.all)}.")


def order(points: Mapping[Criterion, int], facility_id: UUID, place_id: UUID) -> tuple[int, str, str]:
    """The most points first. Ids decide between equals, so that the same rows always give the same order."""
    return -sum(points.values()), str(facility_id), str(place_id)


def again(kept: KeptRanking, weights: Weights) -> list[tuple[RankedPlace, dict[Criterion, int]]]:
    """The places of a kept ranking in the order of these weights, with the points of each."""
    weighed = [(place, weights.points(place.features)) for place in kept.places]
    return sorted(weighed, key=lambda each: order(each[1], each[0].facility_id, each[0].place_id))
