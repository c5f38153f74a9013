"""Column types that the services' tables share: codes as text, moments with their zone, sealed documents."""

from collections.abc import Collection, Iterable
from enum import StrEnum
from typing import Any, Final, TypeVar

from sqlalchemy import (
    ColumnElement,
    DateTime,
    Dialect,
    Integer,
    LargeBinary,
    Select,
    String,
    TypeDecorator,
    any_,
    bindparam,
    false,
    literal_column,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped
from sqlmodel import Field
from uuid_utils.compat import uuid7

CodeT = TypeVar("CodeT", bound=StrEnum)


NOW: Final = bindparam("now", type_=DateTime(timezone=True))
LIMIT: Final = bindparam("limit", type_=Integer)
ORGANISATION: Final = bindparam("org", type_=String)
"""What statements that are made once are most often sent with."""

Rows = Select[*tuple[Any, ...]]
"""A query whose rows have as many parts as it is made with."""


class Code(TypeDecorator[CodeT]):
    """An enum of the contract, stored as its text: a new code needs no migration."""

    impl = String
    cache_ok = True

    def __init__(self, codes: type[CodeT]) -> None:
        super().__init__()
        self.codes = codes

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        return value if value is None or isinstance(value, self.codes) else self.codes(value).value

    def process_result_value(self, value: Any, dialect: Dialect) -> CodeT | None:
        return None if value is None else self.codes(value)


class Codes(TypeDecorator[list[CodeT]]):
    """Several codes, in order."""

    impl = ARRAY(String)
    cache_ok = True

    def __init__(self, codes: type[CodeT]) -> None:
        super().__init__(String)
        self.codes = codes

    def process_bind_param(self, value: Any, dialect: Dialect) -> list[str] | None:
        if value is None:
            return None
        return [code if isinstance(code, self.codes) else self.codes(code).value for code in value]

    def process_result_value(self, value: Any, dialect: Dialect) -> list[CodeT] | None:
        return None if value is None else [self.codes(code) for code in value]


def any_of(column: ColumnElement[Any] | Mapped[Any], values: Iterable[Any]) -> ColumnElement[bool]:
    """That the column has one of these values. One text, however many they are; `in_` would make another for each number."""
    asked: Any = column
    said: ColumnElement[bool] = asked == any_(bindparam(None, list(values), type_=ARRAY(asked.type), unique=True))
    return said


def any_asked(column: ColumnElement[Any] | Mapped[Any], name: str) -> ColumnElement[bool]:
    """That the column has one of the values that a statement which is made once is sent with, as a list, under this name."""
    asked: Any = column
    said: ColumnElement[bool] = asked == any_(bindparam(name, type_=ARRAY(asked.type)))
    return said


def is_one_of(column: ColumnElement[Any] | Mapped[Any], codes: Collection[StrEnum]) -> ColumnElement[bool]:
    """That the column has one of these codes of the contract. Written out, so that a partial index serves a prepared
    statement."""
    asked: Any = column
    said: ColumnElement[bool] = asked.in_([literal_column(f"'{each.value}'") for each in sorted(codes)])
    return said if codes else false()


def code(codes: type[StrEnum], **options: Any) -> Any:
    """A column of one code."""
    return Field(sa_type=Code(codes), **options)


def codes(of: type[StrEnum], **options: Any) -> Any:
    """A column of several codes."""
    return Field(sa_type=Codes(of), **options)


def texts(**options: Any) -> Any:
    """A column of several short texts that are codes without an enum (countries, municipalities)."""
    return Field(sa_type=ARRAY(String), **options)


def moment(**options: Any) -> Any:
    """A column of an instant, kept in UTC."""
    return Field(sa_type=DateTime(timezone=True), **options)


def record_id() -> Any:
    """A primary key that grows with time (UUIDv7), so that what was recorded in one instant keeps its order.

    For rows whose time may be known to everybody who may know that there is one; every other id is a `uuid4`."""
    return Field(default_factory=uuid7, primary_key=True)


def sealed(**options: Any) -> Any:
    """A column that holds a sealed document: the only kind that may hold personal data."""
    return Field(sa_type=LargeBinary, sa_column_kwargs={"info": {"sealed": True}}, **options)
