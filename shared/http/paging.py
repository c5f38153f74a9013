"""Lists in pages. A cursor says where the next page starts; it is signed, and bound to who asked and for what."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Generic, TypeVar

from fastapi import Depends, Query, Request
from pydantic import BaseModel, ConfigDict

from shared.http.handling import handling_of
from shared.kernel.errors import BadRequest, Unprocessable

DEFAULT_LIMIT = 50
MAX_LIMIT = 100
LONGEST_CURSOR = 2048
_SHORTEST_KEY = 32
_TAG_LENGTH = hashlib.sha256().digest_size
_PURPOSE = b"havn paging cursor v1"  # the key may sign other things too: a signature of theirs is none of ours

T = TypeVar("T")

Limit = Annotated[
    int,
    Query(
        ge=1,
        le=MAX_LIMIT,
        description="How many items a page holds at most.",
        default_factory=lambda: DEFAULT_LIMIT,
        json_schema_extra={"default": DEFAULT_LIMIT},  # OpenAPI does not call the factory
    ),
]
Cursor = Annotated[
    str | None, Query(max_length=LONGEST_CURSOR, description="`next_cursor` of the page before, for the next page.")
]


class Page(BaseModel, Generic[T]):
    """One page of a list; `next_cursor` is null on the last."""

    model_config = ConfigDict(frozen=True)

    items: list[T]
    next_cursor: str | None = None


class CursorInvalid(BadRequest):
    """The cursor was changed, or given out to another organisation or for another search."""


class CursorsDiffer(Unprocessable):
    """`after` and `cursor` say two things, of which one would be passed over."""

    parameter = "cursor"


def one_of(after: T | None, cursor: T | None) -> T | None:
    """Where a list goes on that takes its `next_cursor` by both names. Raises CursorsDiffer."""
    if after is not None and cursor is not None and after != cursor:
        raise CursorsDiffer("`after` and `cursor` are two names of one thing: send one, or the same in both.")
    return after if cursor is None else cursor


class Cursors:
    """Gives out cursors and reads them back. All processes of a service need the same `key` (at least 32 bytes)."""

    def __init__(self, key: bytes) -> None:
        if len(key) < _SHORTEST_KEY:
            raise ValueError(f"A cursor key has at least {_SHORTEST_KEY} bytes.")
        self._key = key

    def issue(self, position: list[str | int], *, holder: str, query: str) -> str:
        """A cursor to `position` (the sort key of a page's last item) for the organisation `holder` and the filters
        `query`. Whoever holds it can read the position, so no personal data may be in it."""
        place = json.dumps(position, separators=(",", ":")).encode("ascii")
        cursor = base64.urlsafe_b64encode(self._tag(place, holder, query) + place).rstrip(b"=").decode("ascii")
        if len(cursor) > LONGEST_CURSOR:
            raise ValueError("The position is too long for a cursor.")
        return cursor

    def read(self, cursor: str, *, holder: str, query: str) -> list[str | int]:
        """The position that was given to `issue` with the same holder and query. Raises CursorInvalid."""
        signed = _unpack(cursor)
        tag, place = signed[:_TAG_LENGTH], signed[_TAG_LENGTH:]
        if not hmac.compare_digest(tag, self._tag(place, holder, query)):
            raise CursorInvalid("The cursor does not belong to this list; start again without it.")
        position: list[str | int] = json.loads(place)
        return position

    def _tag(self, place: bytes, holder: str, query: str) -> bytes:
        mac = hmac.new(self._key, digestmod=hashlib.sha256)
        for part in (_PURPOSE, holder.encode("utf-8", "surrogatepass"), query.encode("utf-8", "surrogatepass"), place):
            # With its length before it, the end of no part can be taken for the next one's.
            mac.update(len(part).to_bytes(8, "big") + part)
        return mac.digest()


def _unpack(cursor: str) -> bytes:
    """The bytes of a cursor as we write them; nothing for any other spelling, which then fails the signature."""
    if len(cursor) > LONGEST_CURSOR:
        return b""
    try:
        signed = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
    except ValueError:
        return b""
    is_as_written = base64.urlsafe_b64encode(signed).rstrip(b"=").decode("ascii") == cursor
    return signed if is_as_written else b""


@dataclass(frozen=True, slots=True)
class Paging:
    """Which page of a list is asked for."""

    limit: int
    after: list[str | int] | None
    """The sort key of the last item that the caller has."""
    _holder: str
    _query: str
    _cursors: Cursors

    def page(self, items: Sequence[T], rows: Sequence[Any], position: Callable[[Any], list[str | int]]) -> Page[T]:
        """The page of these items, made of `rows` that were read up to one beyond the limit."""
        more = len(rows) > self.limit
        cursor = (
            self._cursors.issue(position(rows[self.limit - 1]), holder=self._holder, query=self._query)
            if more
            else None
        )
        return Page(items=list(items[: self.limit]), next_cursor=cursor)

    def feed(self, items: Sequence[T], position: list[str | int]) -> Page[T]:
        """The page of a feed, which has no last one: its cursor leads on from here, also to what is recorded later. Where there
        is nothing new there is none, and the one before goes on leading here."""
        cursor = self._cursors.issue(position, holder=self._holder, query=self._query) if items else None
        return Page(items=list(items), next_cursor=cursor)


async def _paging(request: Request, limit: Limit, cursor: Cursor = None) -> Paging:
    platform = request.app.state.platform
    asked = sorted(
        (name, value) for name, value in request.query_params.multi_items() if name not in {"cursor", "limit"}
    )
    holder, query = handling_of(request).actor.org, f"{request.url.path}?{asked}"
    after = platform.cursors.read(cursor, holder=holder, query=query) if cursor else None
    return Paging(limit, after, holder, query, platform.cursors)


Pages = Annotated[Paging, Depends(_paging)]
