"""Rows as a GET reads them: values that cannot be changed, without the memory of changes that a row to be written has."""

from collections import namedtuple
from collections.abc import Callable, Container, Sequence
from types import FunctionType
from typing import Any, Final, cast

from shared.data.plumbing import PlumbingTable
from shared.data.row import Row


class Plain(tuple[Any, ...]):
    """A row that was read and is not written: a tuple of its columns, in the order of its class, with their names and with
    what its class says of it. Nothing can be set on it."""

    __slots__ = ()
    _fields: tuple[str, ...]
    _make: Any

    def model_dump(
        self, *, include: Container[str] | None = None, exclude: Container[str] = frozenset()
    ) -> dict[str, Any]:
        """Its columns by their names, as SQLModel's rows give them."""
        return {
            name: value
            for name, value in zip(self._fields, self, strict=True)
            if (include is None or name in include) and name not in exclude
        }


def plain_of(kind: type[Any], names: Sequence[str]) -> type[Plain]:
    """The class of plain rows of a mapped class with these attributes; it has that one's own methods and properties."""
    said: dict[str, Any] = {
        name: value
        for base in reversed(kind.__mro__)
        if issubclass(base, Row | PlumbingTable) and base not in (Row, PlumbingTable)
        for name, value in vars(base).items()
        if isinstance(value, FunctionType | property | classmethod | staticmethod) and not name.startswith("__")
    }
    said |= {"__slots__": (), "__doc__": kind.__doc__, "__tablename__": kind.__tablename__}
    return cast("type[Plain]", type(kind.__name__, (Plain, _tuple_of(kind.__name__, names)), said))


_tuple_of: Final[Callable[[str, Sequence[str]], type[Any]]] = namedtuple
