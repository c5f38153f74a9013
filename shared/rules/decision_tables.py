"""Dated tables of rules, kept as data: a rule that changes is a new file, and an old decision keeps its old table.

A rule holds when all facts of one of its alternatives have one of the values listed; the first rule that holds
answers. What a fact means is computed by the service that owns the table, so a table can be read by a lawyer.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import ClassVar, Generic, Self, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from shared.kernel.errors import Unprocessable

Fact = bool | str | None


class TableInvalid(ValueError):
    """A table that must not be used; the sentence says which, where and why."""


class NoTableInForce(Unprocessable):
    """No version of the table covers the day, so nothing can be said by its rules."""

    parameter = "on"


class Dated(BaseModel):
    """Something with a version and the days it is in force: `[valid_from, valid_until)`, open without an end."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: str
    valid_from: date
    valid_until: date | None = None

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> Self:
        if self.valid_until is not None and self.valid_until <= self.valid_from:
            raise ValueError("valid_until must lie after valid_from")
        return self

    def is_in_force(self, on: date) -> bool:
        return self.valid_from <= on and (self.valid_until is None or on < self.valid_until)


class Rule(BaseModel):
    """One line of a table. `when` lists alternatives; an empty alternative always holds."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    when: tuple[dict[str, tuple[Fact, ...]], ...]
    why: str
    why_da: str

    def alternative_for(self, facts: Mapping[str, Fact]) -> Mapping[str, tuple[Fact, ...]] | None:
        """The first alternative that the facts fulfil, if any."""
        for alternative in self.when:
            if all(facts[name] in allowed for name, allowed in alternative.items()):
                return alternative
        return None


R = TypeVar("R", bound=Rule)
D = TypeVar("D", bound=Dated)


@dataclass(frozen=True, slots=True)
class RuleFound(Generic[R]):
    """The rule that answered, and the facts it looked at."""

    rule: R
    facts_used: Mapping[str, Fact]


class RuleTable(Dated, Generic[R]):
    """Rules in order. The last one holds for everything, so that a table always has an answer."""

    vocabulary: ClassVar[Mapping[str, frozenset[Fact]]] = {}

    rules: tuple[R, ...]

    @model_validator(mode="after")
    def _is_sound(self) -> Self:
        ids = [rule.id for rule in self.rules]
        if repeated := sorted({rule_id for rule_id in ids if ids.count(rule_id) > 1}):
            raise ValueError(f"rule {repeated[0]} stands twice")
        if not self.rules or {} not in self.rules[-1].when:
            raise ValueError("the last rule must hold for everything (an empty alternative)")
        for rule in self.rules:
            self._asks_only_for_known_facts(rule)
        return self

    def _asks_only_for_known_facts(self, rule: R) -> None:
        for alternative in rule.when:
            for name, allowed in alternative.items():
                if name not in self.vocabulary:
                    raise ValueError(f"rule {rule.id} asks for {name!r}; the facts are {', '.join(self.vocabulary)}")
                if strangers := [value for value in allowed if value not in self.vocabulary[name]]:
                    raise ValueError(f"rule {rule.id} expects {name} to be {strangers[0]!r}, which it never is")
                if not allowed:
                    raise ValueError(f"rule {rule.id} lists no value for {name}, so it could never hold")

    def find_rule(self, facts: Mapping[str, Fact]) -> RuleFound[R]:
        """The first rule that holds for the facts."""
        for rule in self.rules:
            alternative = rule.alternative_for(facts)
            if alternative is not None:
                # A rule that asks nothing was reached because of everything: all facts speak for it.
                return RuleFound(rule=rule, facts_used={name: facts[name] for name in alternative or facts})
        raise AssertionError("a table whose last rule holds for everything has an answer")


def load(path: Path, model: type[D]) -> D:
    """Read one table; raises TableInvalid with the file's name, the place in it and what is wrong."""
    try:
        return model.model_validate_json(path.read_text(encoding="utf-8"))
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "the table"
        raise TableInvalid(f"{path.name}, {place}: {first['msg']}.") from error
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise TableInvalid(f"{path.name} cannot be read.") from error


class Versions(Generic[D]):
    """Every version `<name>-*.json` of a table in a folder; the files are read when first asked for."""

    def __init__(self, folder: Path, name: str, model: type[D]) -> None:
        self._folder, self._name, self._model = folder, name, model

    @cached_property
    def all(self) -> tuple[D, ...]:
        """Oldest first; raises TableInvalid when one cannot be used, or two cover one day."""
        read = [load(path, self._model) for path in self._folder.glob(f"{self._name}-*.json")]
        return in_order(read)

    def find(self, day: date) -> D | None:
        """The version in force on that day, if any."""
        return in_force(self.all, day)

    def or_first(self, day: date) -> D:
        """The version in force on that day; where none is, the first of all."""
        return self.find(day) or self.all[0]

    def on(self, day: date) -> D:
        """The version in force on that day; raises NoTableInForce."""
        if (found := self.find(day)) is None:
            raise NoTableInForce(f"No version of the table of {self._name} is in force on {day}.")
        return found


def in_order(versions: Iterable[D]) -> tuple[D, ...]:
    """These versions of one table, oldest first; raises TableInvalid when two cover one day."""
    ordered = sorted(versions, key=lambda version: version.valid_from)
    for earlier, later in pairwise(ordered):
        if earlier.is_in_force(later.valid_from):
            raise TableInvalid(f"{earlier.version} and {later.version} are both in force on {later.valid_from}.")
    return tuple(ordered)


def in_force(versions: Iterable[D], day: date) -> D | None:
    """The one of these versions that is in force on that day, if any."""
    return next((version for version in versions if version.is_in_force(day)), None)
