"""Indicator sets as dated data, and what the observed signs add up to. A score supports a decision and never makes one."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache
from itertools import chain
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from services.identification import tables
from shared.rules.decision_tables import Dated, TableInvalid, in_force, in_order, load

Code = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=64)]
Words = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]


class Strength(StrEnum):
    """How much a sign says."""

    STRONG = "strong"
    MEDIUM = "medium"
    WEAK = "weak"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Item(_Part):
    """A sign that may be observed."""

    item: Code
    text: Words
    text_da: Words
    strength: Strength


class Dimension(_Part):
    """Signs that speak of one matter."""

    id: Code
    title: Words
    title_da: Words
    items: tuple[Item, ...] = Field(min_length=1)


class Enough(_Part):
    """So many signs of each strength make a dimension positive."""

    strong: int = Field(default=0, ge=0)
    medium: int = Field(default=0, ge=0)
    weak: int = Field(default=0, ge=0)

    def is_met(self, found: Mapping[Strength, int]) -> bool:
        return all(found[strength] >= getattr(self, strength) for strength in Strength)


class IndicatorSet(Dated):
    """One version of a set. Without `positive_when` its signs are shown, and nothing is made of them."""

    name: Code
    title: Words
    title_da: Words
    positive_when: tuple[Enough, ...] = ()
    dimensions: tuple[Dimension, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _each_code_stands_once(self) -> Self:
        codes = [dimension.id for dimension in self.dimensions], [item.item for item in self.items]
        if repeated := [code for found in codes for code, times in Counter(found).items() if times > 1]:
            raise ValueError(f"{repeated[0]} stands twice")
        if Enough() in self.positive_when:
            raise ValueError("positive_when must ask for something")
        return self

    @property
    def items(self) -> Iterable[Item]:
        return chain.from_iterable(dimension.items for dimension in self.dimensions)

    def score(self, present: Iterable[str]) -> tuple["DimensionScore", ...]:
        """What these items add up to, dimension by dimension."""
        seen = set(present)
        return tuple(self._score(dimension, seen) for dimension in self.dimensions)

    def _score(self, dimension: Dimension, seen: set[str]) -> "DimensionScore":
        found = [item for item in dimension.items if item.item in seen]
        counts = Counter(item.strength for item in found)
        is_positive = any(enough.is_met(counts) for enough in self.positive_when) if self.positive_when else None
        return DimensionScore(dimension.id, is_positive, counts, tuple(item.item for item in found))


@dataclass(frozen=True, slots=True)
class DimensionScore:
    """`positive` is None where the set has no rule."""

    id: str
    positive: bool | None
    counts: Mapping[Strength, int]
    items: tuple[str, ...]


@cache
def versions() -> Mapping[str, Sequence[IndicatorSet]]:
    """Every set with all its versions, oldest first."""
    found: dict[str, list[IndicatorSet]] = {}
    for path in sorted(tables.FOLDER.glob("indicators-*.json")):
        version = load(path, IndicatorSet)
        found.setdefault(version.name, []).append(version)
    return {name: _checked(of_set) for name, of_set in found.items()}


def _checked(of_set: list[IndicatorSet]) -> tuple[IndicatorSet, ...]:
    if repeated := [name for name, times in Counter(found.version for found in of_set).items() if times > 1]:
        raise TableInvalid(f"{repeated[0]} stands twice; each version has a name of its own.")
    return in_order(of_set)


def sets_on(on: date) -> list[IndicatorSet]:
    """The version of each set that is in force on that day, by name."""
    return [version for name in sorted(versions()) if (version := in_force(versions()[name], on))]


def find_set(name: str, *, on: date) -> IndicatorSet | None:
    """The set of that name as in force on the day, or with `name@version` exactly that version."""
    asked, _, version = name.partition("@")
    if not version:
        return in_force(versions().get(asked, ()), on)
    return next((found for found in versions().get(asked, ()) if found.version == version), None)
