"""Lists, a page at a time: in which order a query gives its rows, and where it goes on, which is the sort key of the last item
that the caller has, as `Cursors` handed it out, in types again."""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any, Final, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, Uuid, bindparam, tuple_

from shared.data.columns import LIMIT, Rows

QueryT = TypeVar("QueryT", bound=Rows)
_BEFORE_ALL: Final = UUID(int=0)
_LAST_ID: Final = bindparam("last_id", type_=Uuid)


def moment_and_id(after: Sequence[str | int]) -> tuple[datetime, UUID]:
    """The position in a list that is ordered by an instant and an id."""
    return datetime.fromisoformat(str(after[0])), UUID(str(after[1]))


def day_and_id(after: Sequence[str | int]) -> tuple[date, UUID]:
    """The position in a list that is ordered by a day and an id."""
    return date.fromisoformat(str(after[0])), UUID(str(after[1]))


def newest_first(query: QueryT, at: Any, ref: Any, *, goes_on: bool) -> QueryT:
    """A page of a query's rows by an instant or a day and an id, the newest first; sent with what `page` gives."""
    if goes_on:
        query = query.where(tuple_(at, ref) < _last(at))
    return query.order_by(at.desc(), ref.desc()).limit(LIMIT)


def oldest_first(query: QueryT, at: Any, ref: Any, *, goes_on: bool) -> QueryT:
    """The same, the oldest first."""
    if goes_on:
        query = query.where(tuple_(at, ref) > _last(at))
    return query.order_by(at, ref).limit(LIMIT)


def _last(at: Any) -> ColumnElement[Any]:
    return tuple_(bindparam("last_at", type_=at.type), _LAST_ID)


def page(
    after: Sequence[str | int] | None,
    limit: int,
    position: Callable[[Sequence[str | int]], tuple[date, UUID]] = moment_and_id,
) -> dict[str, Any]:
    """With what a page by an instant (or by a day: `day_and_id`) is sent: where it goes on, and one more row than the limit."""
    last_at, last_id = position(after) if after else (None, None)
    return {"last_at": last_at, "last_id": last_id, "limit": limit + 1}


def by_id(query: QueryT, ref: Any) -> QueryT:
    """A page of a query's rows by id; sent with what `page_by_id` gives."""
    return query.where(ref > _LAST_ID).order_by(ref).limit(LIMIT)


def page_by_id(after: Sequence[str | int] | None, limit: int) -> dict[str, Any]:
    """With what a page by id is sent: from the first on or where it goes on, and one more row than the limit."""
    return {"last_id": UUID(str(after[0])) if after else _BEFORE_ALL, "limit": limit + 1}
