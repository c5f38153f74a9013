"""One transaction, spoken to in SQLAlchemy's language and sent by asyncpg (docs/adr/0021-a-session-of-our-own.md).

Tables, mapped classes and statements are SQLAlchemy's and SQLModel's. What this leaves out of their session is what a request
pays for and Havn does not use: lazy loading, relations, cascades, autoflush, savepoints, several binds."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache, partial
from typing import Any, Final, TypeVar, overload

from pydantic_core import to_json
from sqlalchemy.engine import IteratorResult, Result
from sqlalchemy.engine.result import SimpleResultMetaData
from sqlalchemy.exc import NoResultFound
from sqlalchemy.orm.attributes import instance_state, set_committed_value
from sqlalchemy.sql.base import Executable
from sqlalchemy.sql.selectable import TypedReturnsRows

from shared.data.statements import Entity, entity_of, prepared

T = TypeVar("T")
Parameters = Mapping[str, Any]
Heard = Callable[[str, Sequence[Any]], None]
_READING: Final = ("BEGIN", "ROLLBACK", "SELECT", "WITH")
_LOCKING: Final = re.compile(r"\bFOR (?:NO KEY )?UPDATE\b|\bFOR (?:KEY )?SHARE\b")
_ROWS_AT_ONCE = 200
"""PostgreSQL takes 65,535 values in one statement; the widest table has some 60 columns."""


class Session:
    """What a unit of work reads and writes. A row that was read is one object however often it is found, as it was first read;
    what is set on it, and what was added, is sent by `flush`. What a statement of one's own changes is read anew."""

    def __init__(self, connection: Any, heard: Heard) -> None:
        self._connection = connection
        self._heard = heard
        self.has_only_read = True
        """As far as its statements say: they changed and locked no row. What functions do they do not say."""
        self._known: dict[tuple[Any, ...], Any] = {}
        self._added: list[Any] = []
        self._kept: dict[tuple[type[Any], bool, tuple[str, ...]], list[Parameters]] = {}
        """What is to be inserted, by kind, whether once, and attributes."""
        self._later: dict[Executable, list[Parameters]] = {}

    # ------------------------------------------------------------ reading

    async def execute(self, statement: Executable, parameters: Parameters | None = None) -> Result[*tuple[Any, ...]]:
        """The statement's rows."""
        names, rows = await self._rows(statement, parameters)
        return IteratorResult(_named(names), rows)

    async def first(self, statement: Executable, parameters: Parameters | None = None) -> tuple[Any, ...] | None:
        """The first row, as its parts in their order; None where there is none."""
        _, rows = await self._rows(statement, parameters)
        return next(rows, None)

    @overload
    async def scalars(self, statement: TypedReturnsRows[T], parameters: Parameters | None = None) -> list[T]: ...

    @overload
    async def scalars(self, statement: Executable, parameters: Parameters | None = None) -> list[Any]: ...

    async def scalars(self, statement: Any, parameters: Parameters | None = None) -> list[Any]:
        """The first value of each row."""
        _, rows = await self._rows(statement, parameters)
        return [row[0] for row in rows]

    @overload
    async def scalar(self, statement: TypedReturnsRows[T], parameters: Parameters | None = None) -> T | None: ...

    @overload
    async def scalar(self, statement: Executable, parameters: Parameters | None = None) -> Any: ...

    async def scalar(self, statement: Any, parameters: Parameters | None = None) -> Any:
        """The first value of the first row; None where there is no row."""
        row = await self.first(statement, parameters)
        return row[0] if row else None

    async def _rows(
        self, statement: Executable, parameters: Parameters | None
    ) -> tuple[Sequence[str], Iterator[tuple[Any, ...]]]:
        plan, own = prepared(statement)
        if plan.changes is not None:
            self._changes(plan.changes)
        is_anew = bool(statement.get_execution_options().get("populate_existing"))
        if is_anew and self._changed():
            await self.flush()  # or what was set on a row that is read anew would be lost
        records = await self.send(plan.text, plan.values(parameters or {}, own))
        instance = partial(self._instance, is_anew=is_anew)
        names = plan.names if plan.names is not None else tuple(records[0].keys()) if records else ()
        return names, (plan.read(record, instance) for record in records)

    async def get(self, kind: type[T], key: Any, *, with_for_update: bool = False, anew: bool = False) -> T | None:
        """The row with this primary key, locked or read anew where that is asked for; None where there is none."""
        entity = entity_of(kind)
        values = key if isinstance(key, tuple) else (key,)
        found: T | None = self._known.get((kind, *values))
        if found is not None and not (with_for_update or anew):
            return found
        if found is not None and instance_state(found).committed_state:
            await self.flush()  # or what was set on it would be lost
        plan = entity.by_key(is_locked=with_for_update)
        records = await self.send(plan.text, plan.values(dict(zip(entity.primary, values, strict=True))))
        return self._instance(entity, records[0], is_anew=True) if records else None

    async def get_one(self, kind: type[T], key: Any, *, with_for_update: bool = False) -> T:
        """Like `get`; NoResultFound where there is none."""
        if (found := await self.get(kind, key, with_for_update=with_for_update)) is None:
            raise NoResultFound(f"No row of {kind.__name__} has this key.")
        return found

    # ------------------------------------------------------------ writing

    def add(self, row: Any) -> None:
        """A new row, inserted by `flush`."""
        self._added.append(row)

    def keep(self, kind: type[Any], values: Parameters, *, once: bool = False) -> None:
        """A new row of which nobody needs an object, inserted by `flush`; with `once` unless there is one with its key already.
        Of the values those that are its columns: ids, codes, texts, numbers, days and moments, no bytes."""
        row = {name: values[name] for name in entity_of(kind).attributes if name in values}
        self._kept.setdefault((kind, once, tuple(row)), []).append(row)

    def later(self, statement: Executable, parameters: Parameters) -> None:
        """Have the statement, which is made once, sent by `flush` after what was added and kept: with all that it was given, in
        that order and in one message."""
        self._later.setdefault(statement, []).append(parameters)

    def add_all(self, rows: Iterable[Any]) -> None:
        """New rows, inserted by `flush`."""
        self._added.extend(rows)

    async def insert(self, kind: type[Any], rows: Sequence[Mapping[str, Any]], *, once: bool = False) -> None:
        """Insert rows of this kind at once, all with the same attributes; with `once` those whose keys are not taken. The session
        does not remember them."""
        for start in range(0, len(rows), _ROWS_AT_ONCE):
            await self._send_rows(entity_of(kind), rows[start : start + _ROWS_AT_ONCE], is_once=once)

    async def put(self, row: Any) -> None:
        """Insert the row, or make the one with its primary key like it."""
        found = await self.get(type(row), _key(row)[1:])
        if found is None:
            self.add(row)
            return
        for name in entity_of(type(row)).attributes:
            if name in row.__dict__ and getattr(found, name) != row.__dict__[name]:
                setattr(found, name, row.__dict__[name])

    async def delete(self, row: Any) -> None:
        """Delete the row, at once."""
        entity = entity_of(type(row))
        plan = entity.deleting()
        await self.send(plan.text, plan.values({name: getattr(row, name) for name in entity.primary}))
        self.expunge(row)

    async def flush(self) -> None:
        """Send what was added or kept, a statement for each table, what was to be sent later, and what was set."""
        if self._added or self._kept:
            await self._send_new()
        later, self._later = self._later, {}
        for statement, several in later.items():
            await self._send_several(statement, several)
        # In one order for everybody: two transactions that change the same rows wait for each other and do not deadlock.
        for row in sorted(self._changed(), key=lambda row: (entity_of(type(row)).rank, str(_key(row)))):
            await self._update(entity_of(type(row)), row)

    async def _send_new(self) -> None:
        added, self._added = self._added, []
        kept, self._kept = self._kept, {}
        by_kind: dict[type[Any], list[Any]] = {}
        for row in added:
            if self._known.get(_key(row)) is not row:  # to add what was read changes nothing
                by_kind.setdefault(type(row), []).append(row)
        for kind in sorted({*by_kind, *(form[0] for form in kept)}, key=lambda each: entity_of(each).rank):
            await self._insert(entity_of(kind), by_kind.get(kind, ()))
            for (of_kind, is_once, names), rows in kept.items():
                if of_kind is kind:
                    document = to_json(rows, inf_nan_mode="strings").decode()
                    await self.send(entity_of(kind).keeping(names, is_once=is_once).text, [document])

    def _changed(self) -> list[Any]:
        return [row for row in self._known.values() if instance_state(row).committed_state]

    async def _insert(self, entity: Entity, rows: Sequence[Any]) -> None:
        alike: dict[tuple[str, ...], list[Any]] = {}
        for row in rows:
            alike.setdefault(entity.given_by(row), []).append(row)
        for names, several in alike.items():
            for start in range(0, len(several), _ROWS_AT_ONCE):
                some = several[start : start + _ROWS_AT_ONCE]
                values = [{name: row.__dict__[name] for name in names} for row in some]
                self._are_stored(some, await self._send_rows(entity, values, returning=True))

    async def _send_rows(
        self, entity: Entity, rows: Sequence[Mapping[str, Any]], *, is_once: bool = False, returning: bool = False
    ) -> list[dict[str, Any]]:
        """Insert rows with the same attributes by one statement; with `returning` it gives what PostgreSQL has made of each."""
        plan = entity.inserting(tuple(rows[0]), len(rows), is_once=is_once, returning=returning)
        given = {f"{name}_{at}": value for at, row in enumerate(rows) for name, value in row.items()}
        made = await self.send(plan.text, plan.values(given))
        return [dict(zip(plan.names or (), plan.read(record), strict=True)) for record in made]

    def _are_stored(self, rows: list[Any], made: list[dict[str, Any]]) -> None:
        for at, row in enumerate(rows):
            _settle(row)
            for name, value in made[at].items() if made else ():
                set_committed_value(row, name, value)
            self._known[_key(row)] = row

    async def _send_several(self, statement: Executable, several: Sequence[Parameters]) -> None:
        plan, own = prepared(statement)
        if plan.changes is not None:
            self._changes(plan.changes)
        values = [plan.values(parameters, own) for parameters in several]
        for each in values:
            self._heard(plan.text, each)
        self.has_only_read = False
        await self._connection.executemany(plan.text, values)

    async def _update(self, entity: Entity, row: Any) -> None:
        before = instance_state(row).committed_state
        changed = tuple(name for name in entity.attributes if name in before and before[name] != row.__dict__[name])
        if changed:
            plan = entity.updating(changed)
            keys = {f"key_{name}": before.get(name, row.__dict__[name]) for name in entity.primary}
            status = await self.change(plan.text, plan.values({name: row.__dict__[name] for name in changed} | keys))
            if status != "UPDATE 1":
                raise NoResultFound(
                    f"A row of {entity.kind.__name__} that was to be changed is not there for the actor."
                )
        _settle(row)

    # ------------------------------------------------------------ what is remembered

    def expunge(self, row: Any) -> None:
        """Forget the row: what is set on it is not sent, and it is read anew when it is next asked for."""
        self._known = {key: known for key, known in self._known.items() if known is not row}
        self._added = [each for each in self._added if each is not row]

    def forget(self) -> None:
        """Forget every row, also what was added or set and not sent."""
        self._known.clear()
        self._added.clear()
        self._kept.clear()
        self._later.clear()

    def known(self, kind: type[T]) -> list[T]:
        """The rows of this kind that are remembered."""
        return [row for key, row in self._known.items() if key[0] is kind]

    def _changes(self, kind: type[Any]) -> None:
        """Read these rows anew; what is set on one and not sent stays to be sent."""
        self._known = {
            key: row for key, row in self._known.items() if key[0] is not kind or instance_state(row).committed_state
        }

    def _instance(self, entity: Entity, values: Sequence[Any], *, is_anew: bool) -> Any:
        read = entity.read(values)
        key = (entity.kind, *(read[name] for name in entity.primary))
        if all(part is None for part in key[1:]):
            return None  # of an outer join
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = entity.manager.new_instance()
            found.__dict__.update(read)
        elif is_anew:
            for name, value in read.items():
                set_committed_value(found, name, value)
        return found

    # ------------------------------------------------------------ the wire

    async def send(self, text: str, values: Sequence[Any]) -> Sequence[Any]:
        """The records that PostgreSQL answers this text with."""
        self._heard(text, values)
        found: Sequence[Any] = await self._connection.fetch(text, *values)
        if not text.startswith(_READING) or (found and _locks(text)):
            self.has_only_read = False
        return found

    async def change(self, text: str, values: Sequence[Any]) -> str:
        """What PostgreSQL says it has done: `UPDATE 1`."""
        self._heard(text, values)
        status: str = await self._connection.execute(text, *values)
        if not text.startswith(_READING):
            self.has_only_read = False
        return status


@lru_cache(maxsize=1_000)
def _locks(text: str) -> bool:
    return _LOCKING.search(text) is not None


_named = lru_cache(maxsize=1_000)(SimpleResultMetaData)
"""What names the parts of rows; the same for all answers of a statement."""


def _key(row: Any) -> tuple[Any, ...]:
    """What a row is remembered by."""
    return (type(row), *(getattr(row, name, None) for name in entity_of(type(row)).primary))


def _settle(row: Any) -> None:
    """What is set on the row is what is stored."""
    for name in list(instance_state(row).committed_state):
        set_committed_value(row, name, row.__dict__[name])
