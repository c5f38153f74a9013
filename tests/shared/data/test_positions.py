"""A page of a list: in which order, from where on, and how many rows of it."""

from datetime import UTC, date, datetime
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Column, Date, DateTime, MetaData, Select, Table, Uuid, select

from shared.data.positions import by_id, day_and_id, newest_first, oldest_first, page, page_by_id
from shared.data.statements import prepared

LISTED = Table("listed", MetaData(), Column("id", Uuid), Column("at", DateTime(timezone=True)), Column("on", Date))
AT, ON, ID = LISTED.c.at, LISTED.c.on, LISTED.c.id
SOME = uuid4()


def text_of(query: Select[UUID]) -> str:
    return " ".join(prepared(query)[0].text.split())


def test_the_newest_come_first_and_those_before_the_last_one_follow() -> None:
    assert text_of(newest_first(select(ID), AT, ID, goes_on=False)).endswith(
        "FROM listed ORDER BY listed.at DESC, listed.id DESC LIMIT $1::INTEGER"
    )
    assert "(listed.at, listed.id) < ($1::TIMESTAMP WITH TIME ZONE, $2::UUID)" in text_of(
        newest_first(select(ID), AT, ID, goes_on=True)
    )


def test_the_oldest_come_first_and_those_after_the_last_one_follow() -> None:
    text = text_of(oldest_first(select(ID), ON, ID, goes_on=True))
    assert '(listed."on", listed.id) > ($1::DATE, $2::UUID)' in text
    assert text.endswith('ORDER BY listed."on", listed.id LIMIT $3::INTEGER')


def test_a_page_goes_on_where_the_last_one_ended_with_one_row_more_than_is_shown() -> None:
    at = datetime(2027, 4, 1, 12, tzinfo=UTC)
    assert page(None, 10) == {"last_at": None, "last_id": None, "limit": 11}
    assert page([at.isoformat(), str(SOME)], 10) == {"last_at": at, "last_id": SOME, "limit": 11}
    assert page(["2027-04-01", str(SOME)], 1, day_and_id) == {
        "last_at": date(2027, 4, 1),
        "last_id": SOME,
        "limit": 2,
    }


@pytest.mark.parametrize(("after", "last"), [(None, UUID(int=0)), ([str(SOME)], SOME)])
def test_by_id_one_text_begins_and_goes_on(after: list[str | int] | None, last: UUID) -> None:
    assert text_of(by_id(select(ID), ID)).endswith("WHERE listed.id > $1::UUID ORDER BY listed.id LIMIT $2::INTEGER")
    assert page_by_id(after, 10) == {"last_id": last, "limit": 11}
    assert UUID(int=0) < SOME
