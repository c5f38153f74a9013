"""The session: a row is one object, what is set on it is sent, statements of one form are compiled once."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import uuid4

import pytest
from asyncpg import UniqueViolationError
from sqlalchemy import BigInteger, String, bindparam, delete, func, select, text, update
from sqlalchemy.exc import NoResultFound

from shared.contract.codes import AgeGroup, Gender
from shared.data import statements
from shared.data.columns import any_of
from shared.data.outbox import EventSequence, QueuedEvent
from shared.data.session import Session
from shared.data.statements import entity_of, prepared
from shared.data.unit_of_work import UnitOfWork
from shared.data.vault import StoredKey
from shared.messaging.inbox import DeadLetter, InboxPosition
from tests.shared.lone_service import ITSELF, LoneService, extended

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


def letter(**said: Any) -> DeadLetter:
    values = {"event_id": str(uuid4()), "source": "referrals", "key": "K", "sequence": 1, "type": "t", "value": b"{}"}
    return DeadLetter(**(values | {"reason": "why", "attempts": 1, "failed_at": NOW, "replayed_at": None} | said))


def place(key: str, last: int = 0) -> InboxPosition:
    return InboxPosition(source="referrals", key=key, last_sequence=last)


async def kept(lone: LoneService) -> list[tuple[str, int]]:
    return [tuple(row) for row in await lone.sql("SELECT key, last_sequence FROM inbox ORDER BY key")]


async def test_what_is_added_is_sent_in_one_statement_for_each_table(lone: LoneService, sent: list[str]) -> None:
    async with lone.database.transaction(ITSELF) as work:
        work.session.add_all([place(f"{number:02}", number) for number in range(20)])
        work.session.add(letter())
        sent.clear()
    assert [statement.split("(")[0].strip() for statement in sent] == [
        "INSERT INTO dead_letter",
        "INSERT INTO inbox",
        "COMMIT",
    ]
    assert await kept(lone) == [(f"{number:02}", number) for number in range(20)]


async def test_more_rows_than_one_statement_takes_are_all_sent(lone: LoneService) -> None:
    async with lone.database.transaction(ITSELF) as work:
        work.session.add_all([place(f"{number:04}") for number in range(501)])
    assert len(await kept(lone)) == 501


async def test_a_row_is_one_object_however_it_is_found(lone: LoneService) -> None:
    async with lone.database.transaction(ITSELF) as work:
        work.session.add(place("a", 1))
    async with lone.database.transaction(ITSELF) as work:
        one = await work.session.get(InboxPosition, ("referrals", "a"))
        assert one is await work.session.scalar(select(InboxPosition))
        assert [row[0] is one for row in await work.session.execute(select(InboxPosition, InboxPosition.key))] == [True]


async def test_of_several_rows_the_first_is_given_and_of_none_none(lone: LoneService) -> None:
    async with lone.database.transaction(ITSELF) as work:
        work.session.add_all([place("a", 1), place("b", 2)])
    in_order = select(InboxPosition, InboxPosition.last_sequence).order_by(InboxPosition.key)
    async with lone.database.transaction(ITSELF) as work:
        found = await work.session.first(in_order)
        assert found == (await work.session.get(InboxPosition, ("referrals", "a")), 1)
        assert await work.session.first(in_order.where(InboxPosition.key == "c")) is None


async def test_what_is_set_is_sent_and_nothing_else(lone: LoneService, sent: list[str]) -> None:
    async with lone.database.transaction(ITSELF) as work:
        work.session.add_all([letter(event_id="a"), letter(event_id="b")])
    async with lone.database.transaction(ITSELF) as work:
        first, second = await work.session.scalars(select(DeadLetter).order_by(DeadLetter.event_id))
        first.reason, first.attempts = "another", 1
        second.reason = second.reason
        sent.clear()
        await work.session.flush()
        await work.session.flush()
    assert [statement.split(" WHERE")[0] for statement in sent] == [
        "UPDATE dead_letter SET reason=$1::VARCHAR",
        "COMMIT",
    ]
    assert [row["reason"] for row in await lone.sql("SELECT reason FROM dead_letter ORDER BY event_id")] == [
        "another",
        "why",
    ]


async def test_changed_rows_are_sent_in_the_order_of_their_keys(lone: LoneService) -> None:
    """Whatever order they were read or changed in: two transactions that change the same rows do not deadlock."""
    async with lone.database.transaction(ITSELF) as work:
        work.session.add_all([letter(event_id=event_id) for event_id in "abcd"])
    changed: list[Any] = []
    lone.database.on_statement = lambda statement, values: changed.extend(
        values[-1:] if statement.startswith("UPDATE") else []
    )
    async with lone.database.transaction(ITSELF) as work:
        for event_id in "cadb":
            (await work.session.get_one(DeadLetter, event_id)).reason = "another"
    lone.database.on_statement = lambda _, __: None
    assert changed == ["a", "b", "c", "d"]


async def test_a_changed_row_that_is_not_there_any_more_is_said(lone: LoneService) -> None:
    async with lone.database.transaction(ITSELF) as work:
        work.session.add(letter(event_id="a"))

    async def change() -> None:
        async with lone.database.transaction(ITSELF) as work:
            found = await work.session.get_one(DeadLetter, "a")
            await lone.sql("DELETE FROM dead_letter")
            found.reason = "another"

    with pytest.raises(NoResultFound):
        await change()


async def test_what_a_statement_changes_is_read_anew(lone: LoneService) -> None:
    async with lone.database.transaction(ITSELF) as work:
        row = letter(event_id="a")
        work.session.add(row)
        await work.session.flush()
        await work.session.execute(update(DeadLetter).values(reason="another"))
        assert (await work.session.get_one(DeadLetter, "a")).reason == "another"
    await lone.tell(extended(uuid4(), 1))
    async with lone.database.transaction(ITSELF) as work:
        queued = (await work.session.scalars(select(QueuedEvent)))[0]
        await work.session.execute(delete(QueuedEvent))
        assert await work.session.get(QueuedEvent, queued.position) is None


async def test_a_lock_reads_what_stands_there_now(lone: LoneService) -> None:
    async with lone.database.transaction(ITSELF) as work:
        work.session.add(letter(event_id="a"))
    async with lone.database.transaction(ITSELF) as work:
        row = await work.session.get_one(DeadLetter, "a")
        await lone.sql("UPDATE dead_letter SET reason = 'another'")
        assert (await work.session.get_one(DeadLetter, "a")).reason == "why"
        assert await work.session.get_one(DeadLetter, "a", with_for_update=True) is row
        assert row.reason == "another"


async def test_what_was_set_is_not_lost_where_the_row_is_read_anew(lone: LoneService) -> None:
    anew = select(DeadLetter).execution_options(populate_existing=True)
    async with lone.database.transaction(ITSELF) as work:
        work.session.add_all([letter(event_id=event_id) for event_id in "ab"])
    async with lone.database.transaction(ITSELF) as work:
        locked, found = [await work.session.get_one(DeadLetter, event_id) for event_id in "ab"]
        locked.reason = "set before the lock"
        await work.session.get_one(DeadLetter, "a", with_for_update=True)
        found.reason = "set before the look"
        await work.session.scalars(anew)
    async with lone.database.transaction(ITSELF) as work:
        reasons = [(await work.session.get_one(DeadLetter, event_id)).reason for event_id in "ab"]
    assert reasons == ["set before the lock", "set before the look"]


_SET_LAST = (
    update(InboxPosition)
    .where(InboxPosition.key == bindparam("of_key", type_=String))
    .values(last_sequence=bindparam("last", type_=BigInteger))
)


def position(key: str, last: int) -> dict[str, Any]:
    return {"source": "referrals", "key": key, "last_sequence": last, "no column": "of an inbox"}


async def test_kept_once_leaves_what_is_there(lone: LoneService) -> None:
    async with lone.database.transaction(ITSELF) as work:
        work.session.add(place("a", 7))
        await work.session.flush()
        for last in (1, 2):
            work.session.keep(InboxPosition, position("a", last), once=True)
            work.session.keep(InboxPosition, position("b", last), once=True)
    assert await kept(lone) == [("a", 7), ("b", 1)]
    with pytest.raises(UniqueViolationError):
        await _add(lone, place("a"))
    with pytest.raises(UniqueViolationError):
        async with lone.database.transaction(ITSELF) as work:
            work.session.keep(InboxPosition, position("a", 1))


async def test_what_is_kept_is_sent_by_one_statement_with_one_value(lone: LoneService, sent: list[str]) -> None:
    async with lone.database.transaction(ITSELF) as work:
        sent.clear()
        for number in range(1_000):
            work.session.keep(InboxPosition, position(f"{number:04}", number))
        assert sent == []
        await work.session.flush()
        assert len(sent) == 1
        work.session.keep(InboxPosition, position("forgotten", 1))
        work.session.forget()
    assert await kept(lone) == [(f"{number:04}", number) for number in range(1_000)]


async def test_kept_values_are_what_an_added_row_s_are(lone: LoneService) -> None:
    """Codes, lists, days, moments to the microsecond, ids, and texts with all that JSON or SQL could take for its own."""
    from services.stats.models import Description

    values = {
        "case_id": uuid4(),
        "sequence": 2**40,
        "gender": Gender.WOMAN,
        "age_group": AgeGroup.ADULT,
        "age_group_at_exploitation": None,
        "citizenships": ("ROU", 'a "b" \\ {c}, d', "NULL", "æ"),
        "recorded_at": datetime(2026, 3, 2, 12, 0, 0, 123456, tzinfo=timezone(timedelta(hours=1))),
    }
    await lone.sql(
        "CREATE TABLE IF NOT EXISTS description (case_id uuid, sequence bigint, gender varchar, age_group varchar,"
        " age_group_at_exploitation varchar, citizenships varchar[], recorded_at timestamptz,"
        " age_group_at_decision varchar)"
    )
    await lone.sql(f"GRANT ALL ON description TO {lone.runtime.username}")
    try:
        async with lone.database.transaction(ITSELF) as work:
            work.session.keep(Description, values)
            work.session.add(Description(**values))
        one, other = await lone.sql("SELECT * FROM description")
        assert tuple(one) == tuple(other)
        assert one["recorded_at"] == values["recorded_at"]
        assert one["citizenships"] == list(values["citizenships"])
    finally:
        await lone.sql("DROP TABLE description")


async def test_what_is_sent_later_follows_what_is_added_in_the_order_in_which_it_was_given(
    lone: LoneService, sent: list[str]
) -> None:
    async with lone.database.transaction(ITSELF) as work:
        sent.clear()
        for last in (5, 3):
            work.session.later(_SET_LAST, {"of_key": "a", "last": last})
        work.session.keep(InboxPosition, position("a", 1))
        await work.session.flush()
        assert [statement.split()[0] for statement in sent] == ["INSERT", "UPDATE", "UPDATE"]
        assert not work.session.has_only_read
        work.session.later(_SET_LAST, {"of_key": "a", "last": 9})
        work.session.forget()
    assert await kept(lone) == [("a", 3)]


@pytest.mark.parametrize("lock", [{}, {"key_share": True}, {"read": True}, {"read": True, "key_share": True}])
async def test_who_has_locked_a_row_has_not_only_read(lone: LoneService, lock: dict[str, bool]) -> None:
    async with lone.database.transaction(ITSELF) as work:
        work.session.add(place("a"))
    async with lone.database.transaction(ITSELF) as work:
        await work.session.scalars(select(InboxPosition))
        assert work.session.has_only_read
        await work.session.scalars(select(InboxPosition).with_for_update(**lock))
        assert not work.session.has_only_read


def test_bytes_are_not_kept() -> None:
    with pytest.raises(TypeError, match="bytes"):
        entity_of(DeadLetter).keeping(entity_of(DeadLetter).attributes, is_once=False)


async def _add(lone: LoneService, row: Any) -> None:
    async with lone.database.transaction(ITSELF) as work:
        work.session.add(row)


async def test_rows_without_objects_are_inserted_at_once_by_one_statement(lone: LoneService, sent: list[str]) -> None:
    async with lone.database.transaction(ITSELF) as work:
        sent.clear()
        await work.session.insert(
            InboxPosition, [{"source": "referrals", "key": key, "last_sequence": 1} for key in "ab"]
        )
        again = [{"source": "referrals", "key": key, "last_sequence": 2} for key in "bc"]
        await work.session.insert(InboxPosition, again, once=True)
        await work.session.insert(InboxPosition, [])
        assert len(sent) == 2
        assert work.session.known(InboxPosition) == []
    assert await kept(lone) == [("a", 1), ("b", 1), ("c", 2)]


async def test_put_makes_the_row_that_is_there_like_the_given_one(lone: LoneService, sent: list[str]) -> None:
    for reason in ("why", "another", "another"):
        async with lone.database.transaction(ITSELF) as work:
            sent.clear()
            await work.session.put(letter(event_id="a", reason=reason))
    assert not any(statement.startswith("UPDATE") for statement in sent), "nothing was different"
    assert [row["reason"] for row in await lone.sql("SELECT reason FROM dead_letter")] == ["another"]


async def test_a_row_that_is_added_again_is_not_inserted_again(lone: LoneService) -> None:
    async with lone.database.transaction(ITSELF) as work:
        row = letter(event_id="a")
        work.session.add(row)
        await work.session.flush()
        row.reason = "another"
        work.session.add(row)
    assert [row["reason"] for row in await lone.sql("SELECT reason FROM dead_letter")] == ["another"]


async def test_what_is_forgotten_is_not_sent(lone: LoneService) -> None:
    async with lone.database.transaction(ITSELF) as work:
        row = letter(event_id="a")
        work.session.add(row)
        work.session.expunge(row)
    assert await lone.count("dead_letter") == 0
    await _add(lone, letter(event_id="a"))
    async with lone.database.transaction(ITSELF) as work:
        found = await work.session.get_one(DeadLetter, "a")
        found.reason = "another"
        work.session.expunge(found)
        assert work.session.known(DeadLetter) == []
    assert [row["reason"] for row in await lone.sql("SELECT reason FROM dead_letter")] == ["why"]


async def test_a_row_is_deleted_at_once(lone: LoneService) -> None:
    await lone.tell(extended(uuid4(), 1))
    async with lone.database.transaction(ITSELF) as work:
        await work.session.delete((await work.session.scalars(select(QueuedEvent)))[0])
        assert await work.session.scalar(select(func.count()).select_from(QueuedEvent)) == 0


async def test_parameters_of_a_text_are_given_by_name_and_none_may_be_left_out(lone: LoneService) -> None:
    async with lone.database.transaction(ITSELF) as work:
        asked = text("SELECT CAST(:one AS int) + CAST(:two AS int) AS sum, CAST('{\"a\": 1}' AS jsonb) AS told")
        row = (await work.session.execute(asked, {"one": 1, "two": 2})).one()
        assert (row.sum, row.told) == (3, {"a": 1})
        with pytest.raises(KeyError):
            await work.session.execute(asked, {"one": 1})


@pytest.mark.parametrize("rows", [[], ["a"], ["a", "b", "c"]])
async def test_any_of_finds_what_is_named_with_one_text(lone: LoneService, rows: list[str], sent: list[str]) -> None:
    async with lone.database.transaction(ITSELF) as work:
        work.session.add_all([place(key) for key in "abcd"])
        await work.session.flush()
        sent.clear()
        found = await work.session.scalars(select(InboxPosition.key).where(any_of(InboxPosition.key, rows)))
    assert sorted(found) == rows
    assert [statement for statement in sent if "ANY" in statement] == [
        prepared(select(InboxPosition.key).where(any_of(InboxPosition.key, ["x", "y"])))[0].text
    ]


def test_a_list_of_another_length_would_be_another_statement_and_is_refused() -> None:
    with pytest.raises(TypeError, match="any_of"):
        prepared(select(InboxPosition).where(InboxPosition.key.in_(["a", "b"])))


def test_statements_of_one_form_are_compiled_once_and_keep_their_own_values(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Any] = []
    compiling = statements._prepare
    monkeypatch.setattr(statements, "_prepare", lambda *given: made.append(given) or compiling(*given))
    monkeypatch.setattr(statements, "_ready", {})

    def values(key: str, most: int) -> list[Any]:
        plan, own = prepared(select(InboxPosition).where(InboxPosition.key == key).limit(most))
        return plan.values({}, own)

    assert [values("a", 1), values("b", 2), values("c", 3)] == [["a", 1], ["b", 2], ["c", 3]]
    assert len(made) == 1


def test_what_is_given_by_name_goes_before_what_the_statement_holds() -> None:
    plan, own = prepared(select(StoredKey.wrapped_by).where(StoredKey.wrapped_by == bindparam("name", "held")))
    assert (plan.values({}, own), plan.values({"name": "given"}, own)) == (["held"], ["given"])


def test_tables_come_after_those_that_they_refer_to() -> None:
    from services.referrals.models import Referral, ReferralSubject

    assert entity_of(Referral).rank < entity_of(ReferralSubject).rank


def test_whoever_makes_a_row_says_what_python_would_have_filled_in() -> None:
    from services.referrals.models import Referral

    entity = entity_of(Referral)
    named = tuple(name for name in entity.attributes if name != "version")
    with pytest.raises(TypeError, match="version"):
        entity.inserting(named, 1)


async def test_a_unit_of_work_has_this_session(lone: LoneService) -> None:
    async with lone.database.transaction(ITSELF) as work:
        assert isinstance(work, UnitOfWork)
        assert isinstance(work.session, Session)
        assert entity_of(EventSequence).primary == ("key",)
