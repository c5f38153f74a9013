"""Statements of SQLAlchemy made ready for asyncpg: compiled once for each form, however often they are sent; and how rows of
mapped classes are read and written."""

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import (
    JSON,
    BindParameter,
    Delete,
    Dialect,
    Float,
    LargeBinary,
    Numeric,
    Select,
    Text,
    TextClause,
    Update,
    bindparam,
    cast,
    column,
    delete,
    func,
    inspect,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, asyncpg, insert
from sqlalchemy.orm import ClassManager, Mapper
from sqlalchemy.sql.base import Executable
from sqlalchemy.sql.type_api import TypeEngine

from shared.data.columns import Code, Codes
from shared.data.plain import Plain, plain_of

_DIALECT: Dialect = asyncpg.dialect(dbapi=asyncpg.dialect.import_dbapi())  # type: ignore[no-untyped-call]
_MOST = 5_000
"""Forms of statements that are kept; Havn has some hundreds."""
_ready: dict[Any, "Prepared"] = {}
_made_once: WeakKeyDictionary[Executable, tuple["Prepared", Sequence[BindParameter[Any]]]] = WeakKeyDictionary()

Process = Callable[[Any], Any] | None
MakeInstance = Callable[["Entity", Sequence[Any]], Any]


@dataclass(frozen=True, slots=True)
class Bind:
    """One value that a statement is sent with."""

    key: str
    at: int | None
    """Its place among the parameters of statements of this form; None where it is given by name alone."""
    made_from: BindParameter[Any] = field(repr=False)
    """The parameter of the statement that the text was made from."""
    process: Process
    """What makes PostgreSQL's value of Python's; None where it is one."""

    def value(self, given: Mapping[str, Any], own: Sequence[BindParameter[Any]]) -> Any:
        """What was given under its name, or else what the statement at hand holds. KeyError when that is nothing."""
        if self.key in given:
            value = given[self.key]
        elif self.made_from.required:
            raise KeyError(self.key)
        else:
            value = (self.made_from if self.at is None or not own else own[self.at]).effective_value
        return self.process(value) if self.process else value


@dataclass(frozen=True)
class Prepared:
    """A statement's text, the values that are sent with it, and how its rows are read."""

    text: str
    binds: tuple[Bind, ...]
    names: tuple[str, ...] | None
    """Of the parts of a row; None where only the answer says them."""
    readers: tuple["Entity | Process", ...] | None
    """For each part of a row: an entity with its columns, or what makes Python's value of one column. None: all as they are."""
    changes: type[Any] | None
    """The mapped class whose rows it changes, past what a session remembers."""

    def values(self, given: Mapping[str, Any], own: Sequence[BindParameter[Any]] = ()) -> list[Any]:
        """What is sent; `own` are the parameters of the statement at hand, where the text was made from another."""
        if given and not own:  # most are sent with all of their values by name, and rows with hundreds
            with suppress(KeyError):
                return [process(given[key]) if process else given[key] for key, process in self._by_name]
        return [bind.value(given, own) for bind in self.binds]

    @cached_property
    def _by_name(self) -> list[tuple[str, Process]]:
        return [(bind.key, bind.process) for bind in self.binds]

    @cached_property
    def _of_columns(self) -> list[tuple[int, Callable[[Any], Any]]] | None:
        """Where no entity is among the parts: the columns whose values are made into others, and how."""
        readers = self.readers or ()
        if any(isinstance(reader, Entity) for reader in readers):
            return None
        return [(at, reader) for at, reader in enumerate(readers) if reader and not isinstance(reader, Entity)]

    def read(self, record: Any, instance: MakeInstance | None = None) -> tuple[Any, ...]:
        """A record as the parts of a row."""
        if self.readers is None:
            return tuple(record)
        if self._of_columns is not None:
            row = list(record)
            for at, process in self._of_columns:
                if (value := row[at]) is not None:
                    row[at] = process(value)
            return tuple(row)
        if self._sole and instance:
            return (instance(self._sole, record),)
        parts, at = [], 0
        for reader in self.readers:
            if isinstance(reader, Entity):
                width = len(reader.attributes)
                parts.append(instance(reader, record[at : at + width]) if instance else None)
                at += width
            else:
                value = record[at]
                parts.append(reader(value) if reader and value is not None else value)
                at += 1
        return tuple(parts)

    @cached_property
    def _sole(self) -> "Entity | None":
        """The entity whose columns are all that a row has, as of most statements."""
        sole = self.readers[0] if self.readers and len(self.readers) == 1 else None
        return sole if isinstance(sole, Entity) else None


class Entity:
    """A mapped class: which attributes its rows have and how they are read, inserted, changed and deleted."""

    def __init__(self, kind: type[Any]) -> None:
        mapper: Mapper[Any] = inspect(kind)
        self.kind = kind
        self.manager: ClassManager[Any] = mapper.class_manager
        self.columns: dict[str, Any] = {each.key: each.columns[0] for each in mapper.column_attrs}
        self.attributes = tuple(self.columns)
        self.primary = tuple(name for name, column in self.columns.items() if column.primary_key)
        self._table: Any = mapper.local_table
        readers = {name: reading(column.type) for name, column in self.columns.items()}
        self._readers = {name: process for name, process in readers.items() if process}
        made = (name for name, each in self.columns.items() if each.server_default is not None or each.identity)
        self._made_there = frozenset(made)
        self._plans: dict[Any, Prepared] = {}

    @cached_property
    def rank(self) -> int:
        """Its place among the tables, in which none comes before one that it refers to."""
        in_order: list[Any] = self._table.metadata.sorted_tables
        return in_order.index(self._table)

    @cached_property
    def _plain(self) -> tuple[type[Plain], list[tuple[int, Callable[[Any], Any]]]]:
        reading = [(self.attributes.index(name), process) for name, process in self._readers.items()]
        return plain_of(self.kind, self.attributes), reading

    @cached_property
    def key_of_plain(self) -> Callable[[Plain], tuple[Any, ...]]:
        """By what a plain row of this kind is remembered: the kind and the primary key."""
        kind, values = self.kind, [self.attributes.index(name) for name in self.primary]
        return lambda row: (kind, *[row[at] for at in values])

    def plain(self, values: Sequence[Any]) -> Plain:
        """A row of all columns as a value that nothing can be set on."""
        kind, reading = self._plain
        row = list(values)
        for at, process in reading:
            if (value := row[at]) is not None:
                row[at] = process(value)
        made: Plain = kind._make(row)
        return made

    def read(self, values: Sequence[Any]) -> dict[str, Any]:
        """The attributes of a row of all columns."""
        row = dict(zip(self.attributes, values, strict=True))
        for name, process in self._readers.items():
            if (value := row[name]) is not None:
                row[name] = process(value)
        return row

    def given_by(self, row: Any) -> tuple[str, ...]:
        """The attributes of a new row that are sent: not those that PostgreSQL makes."""
        given = row.__dict__
        return tuple(
            name for name in self.attributes if name in given and not (given[name] is None and name in self._made_there)
        )

    def by_key(self, *, is_locked: bool) -> Prepared:
        """Reads the row with a primary key."""

        def statement() -> Any:
            query = select(*self.columns.values()).where(*self._has_key())
            return query.with_for_update() if is_locked else query

        return self._plan(("get", is_locked), statement)

    def inserting(
        self, names: tuple[str, ...], rows: int, *, is_once: bool = False, returning: bool = False
    ) -> Prepared:
        """Inserts so many rows with these attributes, `name_0` and on; `is_once` those whose keys are not taken. With
        `returning` it answers with what PostgreSQL made: for whoever may read what they have inserted."""

        def statement() -> Any:
            self._check_defaults(names)
            values = [
                {self.columns[name]: bindparam(f"{name}_{at}", type_=self.columns[name].type) for name in names}
                for at in range(rows)
            ]
            inserted = insert(self._table).values(values)
            if is_once:
                inserted = inserted.on_conflict_do_nothing()
            made = [self.columns[name].label(name) for name in self.attributes if name in self._made_there - set(names)]
            return inserted.returning(*made) if made and returning else inserted

        return self._plan(("insert", names, rows, is_once, returning), statement)

    def keeping(self, names: tuple[str, ...], *, is_once: bool) -> Prepared:
        """Inserts any number of rows with these attributes, sent as one JSON document, `rows`: one text and one value, which
        takes a third of the time that a value for each column of each row does. `is_once` those whose keys are not taken."""

        def statement() -> Any:
            self._check_defaults(names)
            columns = [column(name, self.columns[name].type) for name in names]
            if any(isinstance(each.type, LargeBinary) for each in columns):
                raise TypeError(f"A {self.kind.__name__} holds bytes, which JSON does not: add or insert it.")
            document = func.json_to_recordset(cast(bindparam("rows", type_=Text), JSON)).table_valued(*columns)
            rows = select(*document.render_derived(name="kept", with_types=True).c)
            inserted = insert(self._table).from_select([self.columns[name] for name in names], rows)
            return inserted.on_conflict_do_nothing() if is_once else inserted

        return self._plan(("keep", names, is_once), statement)

    def _check_defaults(self, names: Collection[str]) -> None:
        left_out = [each for each in self.attributes if each not in names and self.columns[each].default is not None]
        if left_out:
            raise TypeError(f"Whoever makes a {self.kind.__name__} says what stands in {', '.join(left_out)}.")

    def updating(self, names: tuple[str, ...]) -> Prepared:
        """Changes these attributes of the row with the primary key `key_...`."""

        def statement() -> Any:
            values = {self.columns[name]: bindparam(name, type_=self.columns[name].type) for name in names}
            same = (self.columns[name] == bindparam(f"key_{name}") for name in self.primary)
            return update(self._table).where(*same).values(values)

        return self._plan(("update", names), statement)

    def deleting(self) -> Prepared:
        """Deletes the row with a primary key."""
        return self._plan("delete", lambda: delete(self._table).where(*self._has_key()))

    def _has_key(self) -> list[Any]:
        return [self.columns[name] == bindparam(name) for name in self.primary]

    def _plan(self, form: Any, statement: Callable[[], Any]) -> Prepared:
        if (found := self._plans.get(form)) is None:
            found = self._plans[form] = _prepare(statement(), ())
        return found


_entities: dict[type[Any], Entity] = {}


def entity_of(kind: type[Any]) -> Entity:
    """How rows of this mapped class are read and written."""
    if (found := _entities.get(kind)) is None:
        found = _entities[kind] = Entity(kind)
    return found


def reading(type_: TypeEngine[Any]) -> Process:
    """What makes Python's value of PostgreSQL's; None where it is one."""
    if isinstance(type_, Numeric | Float):  # whose own reader asks which of PostgreSQL's numbers it is; asyncpg has
        return None if type_.asdecimal else float
    if isinstance(type_, Code):
        return {each.value: each for each in type_.codes}.__getitem__
    if isinstance(type_, Codes):
        known = {each.value: each for each in type_.codes}
        return lambda values: [known[value] for value in values]
    if isinstance(type_, ARRAY) and reading(type_.item_type) is None:
        return None  # a list already; SQLAlchemy's own reader would look for lists in it
    return type_.dialect_impl(_DIALECT).result_processor(_DIALECT, None)


def prepared(statement: Executable) -> tuple[Prepared, Sequence[BindParameter[Any]]]:
    """The statement ready to be sent, and its own parameters where it was made ready from another of the same form. One that is
    sent again, as what a repository makes once, is not even looked at again."""
    found = _made_once.get(statement)
    if found is None:
        found = _made_once[statement] = _prepared_by_form(statement)
    return found


def _prepared_by_form(statement: Executable) -> tuple[Prepared, Sequence[BindParameter[Any]]]:
    # The one private name of SQLAlchemy that Havn uses: what its own cache of compiled statements goes by.
    key = statement._generate_cache_key()  # type: ignore[attr-defined]  # noqa: SLF001
    if key is None:
        return _prepare(statement, ()), ()
    found = _ready.get(key.key)
    if found is None:
        if len(_ready) >= _MOST:
            _ready.clear()
        found = _ready[key.key] = _prepare(statement, key.bindparams)
    return found, key.bindparams


def _prepare(statement: Any, own: Sequence[BindParameter[Any]]) -> Prepared:
    readers: tuple[Entity | Process, ...] | None = None
    names: tuple[str, ...] | None = None
    if isinstance(statement, Select):
        statement, names, readers = _spelled_out(statement)
    elif not isinstance(statement, TextClause):
        shown = statement.exported_columns
        names, readers = tuple(each.key for each in shown), tuple(reading(each.type) for each in shown)
    compiled = statement.compile(dialect=_DIALECT)
    if "[POSTCOMPILE_" in compiled.string:
        raise TypeError(f"Say any_of(column, values) instead of column.in_(values): {compiled.string}")
    places = {parameter.key: at for at, parameter in enumerate(own)}
    binds = []
    for name in compiled.positiontup or ():
        parameter = compiled.binds[name]
        process = parameter.type.dialect_impl(_DIALECT).bind_processor(_DIALECT)
        binds.append(Bind(parameter.key, places.get(parameter.key), parameter, process))
    changes = statement.entity_description.get("entity") if isinstance(statement, Update | Delete) else None
    return Prepared(compiled.string, tuple(binds), names, readers, changes)


def _spelled_out(query: Select[Any]) -> tuple[Select[Any], tuple[str, ...], tuple[Entity | Process, ...]]:
    """The query with the columns of its entities one by one, in the order in which they are read."""
    columns: list[Any] = []
    names: list[str] = []
    readers: list[Entity | Process] = []
    for described in query.column_descriptions:
        asked = described["expr"]
        names.append(described["name"] or "entity")
        if asked is described.get("entity"):
            entity = entity_of(inspect(asked).mapper.class_)
            columns += [getattr(asked, name) for name in entity.attributes]
            readers.append(entity)
        else:
            columns.append(asked)
            readers.append(reading(described["type"]))
    return query.with_only_columns(*columns, maintain_column_froms=True), tuple(names), tuple(readers)
