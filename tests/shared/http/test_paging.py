"""Cursors come back as they went out, to the same organisation and the same search, or not at all."""

import base64
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from hypothesis import assume, given
from hypothesis import strategies as st

from shared.http.paging import DEFAULT_LIMIT, LONGEST_CURSOR, Cursor, CursorInvalid, Cursors, Limit, Page

KEY = b"a key for tests, of 32 bytes ..."
CURSORS = Cursors(KEY)

_positions = st.lists(st.text(max_size=30) | st.integers(), max_size=4)
_alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


@given(_positions, st.text(max_size=30), st.text(max_size=30))
def test_a_cursor_gives_its_position_back(position: list[str | int], holder: str, query: str) -> None:
    cursor = CURSORS.issue(position, holder=holder, query=query)

    assert CURSORS.read(cursor, holder=holder, query=query) == position
    assert set(cursor) <= set(_alphabet)


@given(_positions, st.text(max_size=9), st.text(max_size=9), st.text(max_size=9), st.text(max_size=9))
def test_t049_a_cursor_is_nothing_to_another_holder_or_search(
    position: list[str | int], holder: str, query: str, other_holder: str, other_query: str
) -> None:
    assume((holder, query) != (other_holder, other_query))
    cursor = CURSORS.issue(position, holder=holder, query=query)

    with pytest.raises(CursorInvalid):
        CURSORS.read(cursor, holder=other_holder, query=other_query)


def test_the_end_of_the_holder_is_not_the_beginning_of_the_query() -> None:
    cursor = CURSORS.issue([1], holder="ngo-reden", query="status=open")

    with pytest.raises(CursorInvalid):
        CURSORS.read(cursor, holder="ngo-redens", query="tatus=open")


@given(_positions, st.data())
def test_t049_a_changed_cursor_is_refused(position: list[str | int], data: st.DataObject) -> None:
    cursor = CURSORS.issue(position, holder="ngo-reden", query="")
    at = data.draw(st.integers(0, len(cursor) - 1))
    letter = data.draw(st.sampled_from(_alphabet).filter(lambda found: found != cursor[at]))

    for changed in (cursor[:at] + letter + cursor[at + 1 :], cursor[:at], cursor + letter, letter + cursor):
        with pytest.raises(CursorInvalid):
            CURSORS.read(changed, holder="ngo-reden", query="")


@given(st.text() | st.text(_alphabet))
def test_t049_an_invented_cursor_is_refused_and_not_quoted(cursor: str) -> None:
    with pytest.raises(CursorInvalid) as refused:
        CURSORS.read(cursor, holder="ngo-reden", query="")

    assert refused.value.status == 400
    assert refused.value.detail == "The cursor does not belong to this list; start again without it."


@pytest.mark.parametrize("spelling", ["{}=", "{}==", " {}", "{}\n", "{}\u00e6"])
def test_a_cursor_has_one_spelling(spelling: str) -> None:
    cursor = CURSORS.issue(["2026-11-22", 7], holder="ngo-reden", query="")

    with pytest.raises(CursorInvalid):
        CURSORS.read(spelling.format(cursor), holder="ngo-reden", query="")


def test_another_key_reads_nothing() -> None:
    cursor = CURSORS.issue([1], holder="ngo-reden", query="")

    with pytest.raises(CursorInvalid):
        Cursors(KEY[::-1]).read(cursor, holder="ngo-reden", query="")


def test_an_unsigned_position_is_refused() -> None:
    cursor = base64.urlsafe_b64encode(b"[1]").decode().rstrip("=")

    with pytest.raises(CursorInvalid):
        CURSORS.read(cursor, holder="ngo-reden", query="")


@pytest.mark.parametrize("key", [b"", b"short"])
def test_a_key_that_could_be_guessed_is_not_taken(key: bytes) -> None:
    with pytest.raises(ValueError, match="at least 32 bytes"):
        Cursors(key)


def test_a_position_too_long_for_a_cursor_is_our_mistake() -> None:
    with pytest.raises(ValueError, match="too long"):
        CURSORS.issue(["a" * LONGEST_CURSOR], holder="ngo-reden", query="")


app = FastAPI()


@app.get("/numbers")
async def numbers(limit: Limit, cursor: Cursor = None) -> Page[int]:
    return Page(items=[limit])


@pytest.mark.parametrize(
    ("asked", "status", "items"),
    [
        ({}, 200, [DEFAULT_LIMIT]),
        ({"limit": 1}, 200, [1]),
        ({"limit": 100}, 200, [100]),
        ({"limit": 0}, 422, None),
        ({"limit": 101}, 422, None),
        ({"cursor": "a" * (LONGEST_CURSOR + 1)}, 422, None),
    ],
)
async def test_a_page_holds_fifty_items_unless_asked_otherwise_and_never_more_than_a_hundred(
    asked: dict[str, Any], status: int, items: list[int] | None
) -> None:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://havn") as client:
        answer = await client.get("/numbers", params=asked)

    assert answer.status_code == status
    if items is not None:
        assert answer.json() == {"items": items, "next_cursor": None}


def test_the_contract_shows_the_default() -> None:
    limit = app.openapi()["paths"]["/numbers"]["get"]["parameters"][0]

    assert not limit["required"]
    assert limit["schema"] == {"type": "integer", "minimum": 1, "maximum": 100, "default": 50} | {
        "description": limit["description"],
        "title": "Limit",
    }
