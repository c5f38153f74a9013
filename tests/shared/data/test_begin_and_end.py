"""How a unit of work begins and ends: with a statement each, for one organisation, and under a key that somebody has or has not
used."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.data import answers
from shared.data.begin_and_end import KeyTaken, literal
from shared.data.unit_of_work import KeptBefore
from shared.observability.metrics import REGISTRY
from tests.shared.lone_service import ITSELF, LoneService, extended


async def test_work_with_a_key_begins_and_ends_with_a_statement_of_its_own(lone: LoneService, sent: list[str]) -> None:
    async with lone.database.transaction(ITSELF, key=b"key") as work:
        for _ in range(5):
            work.audit(operation="case.read", subject_id=uuid4(), object_ids=[uuid4()], fields=["name", "age"])
            work.record(extended(uuid4()))
        answers.keep(work, key_hash=b"key", request_hash=b"request", answer=b"answer", about=[uuid4()])
    assert _without_values(sent) == ["BEGIN; SELECT begin_anew", "SELECT end_anew"]
    assert [await lone.count(table) for table in ("audit", "event_history", "outbox", "idempotency")] == [5, 5, 5, 1]


def _without_values(sent: list[str]) -> list[str]:
    return [statement.partition("(")[0] for statement in sent]


async def test_work_under_a_key_that_was_used_finds_what_is_kept_under_it(lone: LoneService, sent: list[str]) -> None:
    async with lone.database.transaction(ITSELF, key=b"key") as work:
        assert work.kept_before == KeptBefore(is_ours=True, request_hash=None, answer=None)
        answers.keep(work, key_hash=b"key", request_hash=b"request", answer=b"answer", about=[])
    sent.clear()
    async with lone.database.transaction(ITSELF, key=b"key") as work:
        assert work.kept_before == KeptBefore(is_ours=True, request_hash=b"request", answer=b"answer")
        assert work.session.has_only_read
        assert await work.session.send("SELECT havn_org()", []) == [("havn",)]
    assert _without_values(sent) == [
        "BEGIN; SELECT begin_anew",
        "ROLLBACK; BEGIN",
        "SELECT * FROM begin_work",
        "SELECT havn_org",
        "COMMIT",
    ]


async def test_what_work_asks_by_key_is_planned_once_and_no_other_work_after_it(lone: LoneService) -> None:
    """To plan `= ANY` anew for each request takes PostgreSQL longer than to do it; a list depends on its values."""

    async def mode(key: bytes | None, *, asks_by_key: bool) -> Any:
        async with lone.database.transaction(ITSELF, key=key, asks_by_key=asks_by_key) as work:
            if key and work.kept_before.answer is None:
                answers.keep(work, key_hash=key, request_hash=b"request", answer=b"answer", about=[])
            return (await work.session.send("SHOW plan_cache_mode", []))[0][0]

    async with lone.database.connection() as connection:
        await connection.execute(
            "SET plan_cache_mode = auto"
        )  # as in production: there is one connection, so the next has it
    keys = (None, b"new", b"new")  # the last one was used
    assert [await mode(key, asks_by_key=True) for key in keys] == ["force_generic_plan"] * 3
    assert [await mode(key, asks_by_key=False) for key in keys] == ["auto"] * 3
    async with lone.database.connection() as connection:
        await connection.execute("RESET plan_cache_mode")


async def test_work_under_a_key_that_somebody_is_using_does_not_have_it(lone: LoneService) -> None:
    async with lone.database.transaction(ITSELF, key=b"key"):
        async with lone.database.transaction(ITSELF, key=b"key") as twin:
            assert twin.kept_before == KeptBefore(is_ours=False, request_hash=None, answer=None)
        async with lone.database.transaction(replace(ITSELF, org="cmm"), key=b"key") as another:
            assert another.kept_before.is_ours, "another organisation's same key is its own"


async def test_work_without_a_key_begins_with_one_statement_for_one_organisation(
    lone: LoneService, sent: list[str]
) -> None:
    async with lone.database.transaction(ITSELF) as work:
        assert await work.session.send("SELECT havn_org() AS org, pg_current_xact_id_if_assigned() AS id", []) == [
            ("havn", None)
        ]
    assert sent[0] == "BEGIN; SET LOCAL havn.org = 'havn'"
    assert sent[2:] == ["COMMIT"]


@pytest.mark.parametrize("organisation", ["havn'; SET havn.org = 'havn", "HAVN", "havn ", "ha\x00vn", "høring"])
async def test_what_is_no_organisation_s_id_never_becomes_part_of_a_statement(
    lone: LoneService, sent: list[str], organisation: str
) -> None:
    with pytest.raises(ValueError, match="no organisation's id"):
        async with lone.database.transaction(replace(ITSELF, org=organisation)):
            pytest.fail("a transaction was begun")
    assert sent == []


async def test_work_that_saw_and_made_nothing_ends_without_a_statement(lone: LoneService, sent: list[str]) -> None:
    async with lone.database.transaction(ITSELF):
        sent.clear()
    assert sent == ["COMMIT"]


async def test_work_whose_key_was_taken_meanwhile_leaves_nothing(lone: LoneService) -> None:
    """A lock keeps the key to itself; whoever passes it by is seen at the end."""

    async def overtaken() -> None:
        async with lone.database.transaction(ITSELF, key=b"key") as work:
            async with lone.database.connection() as another:
                await another.execute(
                    "BEGIN; SET LOCAL havn.org = 'havn'; INSERT INTO idempotency (org, key_hash, request_hash, answer,"
                    " created_at) VALUES ('havn', 'key', 'theirs', 'theirs', now()); COMMIT"
                )
            work.audit(operation="case.read", subject_id=uuid4())
            work.record(extended(uuid4()))
            answers.keep(work, key_hash=b"key", request_hash=b"ours", answer=b"ours", about=[])

    counted = REGISTRY.get_sample_value("havn_audit_failures_total")
    with pytest.raises(KeyTaken):
        await overtaken()
    assert REGISTRY.get_sample_value("havn_audit_failures_total") == counted, "nothing has failed"
    assert [await lone.count(table) for table in ("audit", "event_history", "outbox", "idempotency")] == [0, 0, 0, 1]


@pytest.mark.parametrize("criterion", ["o'clock", "'); DROP TABLE audit; --", "\\'", "$$", "\n\u202e", "æ\U0001f600"])
async def test_what_is_noted_is_noted_as_it_is_whatever_is_in_it(lone: LoneService, criterion: str) -> None:
    async with lone.database.transaction(ITSELF) as work:
        work.audit(operation=criterion, subject_id=uuid4())
    async with lone.database.transaction(ITSELF) as work:
        assert await work.session.send("SELECT operation FROM audit", []) == [(criterion,)]


any_text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"))
any_moment = st.datetimes(timezones=st.just(UTC))


@given(said=any_text, at=any_moment, key=st.binary(), named=st.lists(st.binary()))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_a_literal_is_read_as_what_it_says(
    lone: LoneService, said: str, at: datetime, key: bytes, named: list[bytes]
) -> None:
    text = ", ".join(map(literal, (said, at, key, named, None)))
    async with lone.database.connection() as connection:
        (read,) = await connection.fetch(
            "SELECT a, b, c, d, e FROM (SELECT NULL::text, NULL::timestamptz, NULL::bytea, NULL::bytea[], NULL::text"
            f" WHERE false UNION ALL SELECT {text}) AS t (a, b, c, d, e)"
        )
    assert tuple(read) == (said, at, key, named, None)
