"""The session of a GET: what it reads are plain values, and it changes none of it."""

from collections.abc import Sequence
from typing import Any, NoReturn

from shared.data.session import Session
from shared.data.statements import Entity


class ChangesNothing(TypeError):
    """A GET was to change a row; nobody expects it of one, and it may be sent twice. It may add a row that says who has read."""


class ReadingSession(Session):
    """Reads as `Session` does, a row being one object however often it is found; but rows are plain values
    (`shared/data/plain.py`) on which nothing can be set, and whoever would change or delete one gets ChangesNothing."""

    def _instance(self, entity: Entity, values: Sequence[Any], *, is_anew: bool) -> Any:
        row = entity.plain(values)
        key = entity.key_of_plain(row)
        if key[1] is None:
            return None  # of an outer join
        if is_anew:
            self._known[key] = row
        return self._known.setdefault(key, row)

    def _changes(self, kind: type[Any]) -> NoReturn:
        raise ChangesNothing(f"A GET changes no {kind.__name__}: let it be a POST.")

    def _changed(self) -> list[Any]:
        return []

    async def put(self, row: Any) -> None:
        self._changes(type(row))

    async def delete(self, row: Any) -> None:
        self._changes(type(row))
