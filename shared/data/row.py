"""The base of the services' tables: SQLModel's, with rows made at the price of a dictionary."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from sqlmodel import SQLModel


class Row(SQLModel):
    """A row is made of what is given and of the defaults of the rest. As with SQLModel, nothing is validated (it comes out of our
    own schemas) and what is no column is passed over. But SQLModel tells SQLAlchemy of each value as of a change, and a new row
    has changed nothing: that was a tenth of a request's CPU time (benchmarks, P1)."""

    def __init__(self, **given: Any) -> None:
        form = _form_of(type(self))
        row = self.__dict__
        row.update(form.fixed)
        for name, make in form.made.items():
            if name not in given:
                row[name] = make()
        known = given if given.keys() <= form.names else {name: given[name] for name in given.keys() & form.names}
        row.update(known)


@dataclass(frozen=True, slots=True)
class _Form:
    names: frozenset[str]
    fixed: Mapping[str, Any]
    """Defaults that all rows may share."""
    made: Mapping[str, Callable[[], Any]]
    """What makes the default of each row."""


_forms: dict[type[Any], _Form] = {}


def _form_of(kind: type[SQLModel]) -> _Form:
    if (found := _forms.get(kind)) is None:
        fields = kind.model_fields
        made = {
            name: cast("Callable[[], Any]", each.default_factory)
            for name, each in fields.items()
            if each.default_factory
        }
        fixed = {name: each.default for name, each in fields.items() if name not in made and not each.is_required()}
        for value in fixed.values():
            hash(value)  # what rows share cannot be changed by one of them
        found = _forms[kind] = _Form(frozenset(fields), fixed, made)
    return found
