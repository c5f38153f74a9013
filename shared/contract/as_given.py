"""Answers are made of our own values. While they are checked, as in every test, one that differs from its contract in anything is
refused, also where pydantic would convert it; so that a Havn that serves, where they are taken as they are given, sends the very
same bytes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar, Final

from pydantic import BaseModel
from pydantic.fields import FieldInfo

_set: Final = object.__setattr__  # an answer lets nothing be set


class Checks:
    """Whether answers are checked, for all of a process: until it serves."""

    are_on: ClassVar[bool] = True


class AnswerConverted(TypeError):
    """An answer was given what its contract writes otherwise; a Havn that serves would send it as it is given."""


class AnswerIncomplete(TypeError):
    """An answer was not given all that its contract has."""


@dataclass(frozen=True, slots=True)
class _Form:
    names: tuple[str, ...]
    fields: Mapping[str, FieldInfo]
    all_set: set[str]

    def completed(self, kind: type[Any], given: Mapping[str, Any]) -> dict[str, Any]:
        """What is given, and the defaults of what is not."""
        if left_out := [name for name in self.names if name not in given and self.fields[name].is_required()]:
            raise AnswerIncomplete(f"A {kind.__name__} says what stands in {', '.join(left_out)}.")
        return {
            name: given[name] if name in given else self.fields[name].get_default(call_default_factory=True)
            for name in self.names
        }


@cache
def _form_of(kind: type[BaseModel]) -> _Form:
    own = kind.__pydantic_decorators__
    if own.model_validators or own.field_validators:
        raise TypeError(f"{kind.__name__} is an answer and decides nothing: its validators belong to what is asked.")
    return _Form(tuple(kind.model_fields), kind.model_fields, set(kind.model_fields))


def fill(answer: BaseModel, given: Mapping[str, Any]) -> None:
    """Make the answer of what is given, in the order of its contract, and look at none of it."""
    form = _form_of(type(answer))
    try:
        values = {name: given[name] for name in form.names}
    except KeyError:
        values = form.completed(type(answer), given)
    _set(answer, "__dict__", values)
    _set(answer, "__pydantic_fields_set__", form.all_set)
    _set(answer, "__pydantic_extra__", None)
    _set(answer, "__pydantic_private__", None)


def check(answer: BaseModel, given: Mapping[str, Any]) -> None:
    """Raises AnswerConverted where the answer, made by pydantic, is not the one that `fill` makes."""
    kind = type(answer)
    taken = _form_of(kind).completed(kind, given)
    if tuple(taken) != tuple(answer.__dict__):
        raise AnswerConverted(f"{kind.__name__} is made in another order by pydantic.")
    for name, value in answer.__dict__.items():
        if not _is_same(value, taken[name]):
            raise AnswerConverted(
                f"{kind.__name__}.{name} is made another {type(value).__name__} of the {type(taken[name]).__name__} that was "
                "given: give it as the answer has it."
            )


def _is_same(made: Any, given: Any) -> bool:
    if made is given:
        return True
    if isinstance(made, str) and isinstance(given, str) and type(made) is str:
        return made == given  # a code of ours where any text may stand
    if type(made) is not type(given):
        return False
    if isinstance(made, Mapping):
        return list(made) == list(given) and all(_is_same(made[each], given[each]) for each in made)
    if isinstance(made, Sequence) and not isinstance(made, str | bytes):
        return len(made) == len(given) and all(map(_is_same, made, given))
    return bool(made == given)
