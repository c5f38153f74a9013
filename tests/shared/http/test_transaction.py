"""A request is one transaction: it commits before it is answered, all of it or nothing."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from services.demo.raid import REFERRAL
from services.referrals.app import service as referrals
from shared.data.begin_and_end import end_refused
from shared.data.database import Database
from shared.data.embedded import EmbeddedPostgres
from shared.data.sealed import new_key
from shared.data.unit_of_work import Access, Refusal, UnitOfWork
from shared.kernel.clock import SystemClock
from shared.kernel.errors import Conflict
from shared.kernel.settings import Settings
from shared.runtime.running import migrate_all
from tests.identification.builders import CMM_DECIDES, open_case
from tests.journeys.sc01 import Story
from tests.shared.lone_service import ITSELF, LoneService, extended, until
from tests.world import World, open_world

PATH = "/referrals/v1/referrals"
NOBODY = UUID(int=0)
LEFT_BY_A_REFERRAL = (
    "referral",
    "referral_subject",
    "event_history",
    "event_sequence",
    "audit",
    "data_key",
    "idempotency",
)


async def left(havn: World) -> dict[str, int]:
    """What there is in the tables that a submitted referral touches; empty when there is nothing."""
    counts = {
        table: (await havn.sql("referrals", f"SELECT count(*) FROM {table}"))[0][0] for table in LEFT_BY_A_REFERRAL
    }
    return {table: count for table, count in counts.items() if count}


@asynccontextmanager
async def refused_at_commit(havn: World, table: str) -> AsyncIterator[None]:
    """The database takes rows for the table, and refuses them when the transaction commits."""
    await havn.sql(
        "referrals",
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'Malee Sukhumwong'; END $$",
    )
    try:
        await havn.sql(
            "referrals",
            f"CREATE CONSTRAINT TRIGGER refused AFTER INSERT ON {table} DEFERRABLE INITIALLY DEFERRED"
            " FOR EACH ROW EXECUTE FUNCTION refuse()",
        )
        yield
    finally:
        await havn.sql("referrals", "DROP FUNCTION refuse() CASCADE")


@pytest.mark.parametrize("table", ["referral", "event_history", "audit", "idempotency"])
async def test_a_commit_that_fails_is_never_answered_as_done_and_leaves_nothing(havn: World, table: str) -> None:
    async with refused_at_commit(havn, table):
        answer = await havn.partner("politi-oestjylland").post(PATH, REFERRAL)
        assert answer.status_code == 500
        assert answer.headers["content-type"] == "application/problem+json"
        assert "Malee" not in answer.text
        assert await left(havn) == {}


async def test_a_line_that_breaks_at_commit_is_answered_503(havn: World, monkeypatch: pytest.MonkeyPatch) -> None:
    send = asyncpg.Connection.execute

    async def broken(connection: Any, query: str, *values: Any, **said: Any) -> Any:
        if query.endswith("COMMIT"):
            raise ConnectionResetError
        return await send(connection, query, *values, **said)

    with monkeypatch.context() as patched:
        patched.setattr(asyncpg.Connection, "execute", broken)
        answer = await havn.partner("politi-oestjylland").post(PATH, REFERRAL)
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) > 0
    assert await left(havn) == {}


async def test_a_line_that_has_lost_the_thread_is_answered_503_and_nobody_else_gets_it(
    havn: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a server says while it ends can come between any two messages: CI saw it in the middle of a referral."""
    send, met = asyncpg.Connection.execute, list[Any]()

    async def confused(connection: Any, query: str, *values: Any, **said: Any) -> Any:
        if query.startswith("BEGIN"):
            met.append(connection)
            raise asyncpg.InternalClientError("cannot switch to state 12; another operation (14) is in progress")
        return await send(connection, query, *values, **said)

    with monkeypatch.context() as patched:
        patched.setattr(asyncpg.Connection, "execute", confused)
        answer = await havn.partner("politi-oestjylland").post(PATH, REFERRAL)
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) > 0
    assert met
    # Among them may be a worker's, which met the same and is answered by nobody.
    await until(lambda: all(connection.is_closed() for connection in met))
    assert (await havn.partner("politi-oestjylland").post(PATH, REFERRAL)).status_code == 201


async def test_when_the_answer_is_there_so_is_what_it_tells(havn: World) -> None:
    answer = await havn.partner("politi-oestjylland").post(PATH, REFERRAL)
    assert answer.status_code == 201
    assert (await left(havn)).keys() == set(LEFT_BY_A_REFERRAL)


async def test_state_event_audit_key_and_answer_commit_in_one_transaction(havn: World) -> None:
    await havn.partner("politi-oestjylland").post(PATH, REFERRAL)
    parts = [
        "SELECT xmin::text FROM referral",
        "SELECT xmin::text FROM referral_subject",
        "SELECT xmin::text FROM data_key",
        "SELECT xmin::text FROM idempotency",
        "SELECT xmin::text FROM event_history WHERE type LIKE '%referral-submitted%'",
        "SELECT xmin::text FROM audit WHERE operation = 'referral.submit'",
    ]
    found = [{row[0] for row in await havn.sql("referrals", part)} for part in parts]
    assert len(set.union(*found)) == 1
    assert all(found)


async def test_an_error_at_the_very_end_takes_everything_back(havn: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> None:
        raise Conflict("Not now.")

    with monkeypatch.context() as patched:
        patched.setattr("shared.contract.types.Shown.tagged", refuse)
        answer = await havn.partner("politi-oestjylland").post(PATH, REFERRAL)
    assert answer.status_code == 409
    assert await left(havn) == {"audit": 1}  # that it was refused


async def test_a_change_that_the_domain_refuses_leaves_nothing_but_the_note_of_it(havn: World) -> None:
    story = Story(havn)
    await story.refer()
    await havn.settled()  # identification reads the referral, which is noted too
    before = await left(havn)
    withdrawn = await havn.partner("cmm").post(f"{PATH}/{story.referral_id}/withdraw", {"reason": "Not mine."})
    assert withdrawn.status_code == 403
    assert await left(havn) == before | {"audit": before["audit"] + 1}
    (status,) = await havn.sql("referrals", "SELECT status FROM referral")
    assert status["status"] == "submitted"


async def test_a_refusal_of_what_has_only_read_is_noted_in_the_same_transaction(havn: World) -> None:
    police, nobodys = havn.partner("politi-oestjylland"), f"{PATH}/{uuid4()}"
    with havn.statements("referrals") as sent:
        for answer in [
            await police.get(f"{nobodys}?purpose=identification"),
            await police.post(f"{nobodys}/withdraw", {"reason": "Not mine."}),
        ]:
            assert answer.status_code == 404
    assert sum(text.startswith("BEGIN") for text in sent) == 2, sent
    assert await left(havn) == {"audit": 2}


@pytest.mark.parametrize(
    ("method", "path", "is_planned_once"),
    [
        ("POST", PATH, True),
        ("GET", f"{PATH}/{NOBODY}", True),
        ("PUT", f"/identification/v1/cases/{NOBODY}/person", True),
        ("DELETE", f"/identification/v1/drafts/{NOBODY}", True),
        ("GET", PATH, False),
        ("POST", "/identification/v1/persons/search?purpose=identification", False),
        ("GET", "/stats/v1/figures/referrals", False),
    ],
)
async def test_what_is_asked_by_key_is_planned_once_and_a_list_for_its_values(
    havn: World, method: str, path: str, is_planned_once: bool
) -> None:
    bodies = {PATH: REFERRAL, "/identification/v1/persons/search?purpose=identification": {"given_name": "Malee"}}
    with havn.statements(path.split("/")[1]) as sent:
        await havn.partner("cmm").request(
            method, path, json=bodies.get(path, {}) if method in {"POST", "PUT"} else None
        )
    assert ("plan_cache_mode" in sent[0]) == is_planned_once, sent


async def refuses(work: UnitOfWork) -> bool:
    refused = Access(operation="test", subject_id=None, object_ids=(), fields=(), purpose=None)
    return await end_refused(work, Refusal(refused, 409, "Conflict"))


async def test_a_refusal_leaves_its_line_and_nothing_that_was_only_prepared(lone: LoneService) -> None:
    async with lone.database.transaction(ITSELF) as work:
        work.audit(operation="test")
        work.record(extended(uuid4()))
        new_key(work, uuid4())
        assert await refuses(work)
    (line,) = await lone.sql("SELECT outcome, status, refusal FROM audit")
    assert [*line.values()] == ["refused", 409, "Conflict"]
    assert await lone.count("event_history") == await lone.count("data_key") == 0


async def test_what_was_changed_before_a_refusal_is_never_committed_with_its_line(lone: LoneService) -> None:
    async with lone.database.transaction(ITSELF) as work:
        await work.session.send("INSERT INTO noted (number) VALUES (1)", [])
        assert not await refuses(work)
    assert await lone.count("audit") == 0, "it is noted when the change has been taken back"


async def test_after_a_lock_nobody_asks_the_database_whether_something_was_changed(lone: LoneService) -> None:
    await lone.sql("INSERT INTO inbox VALUES ('referrals', 'K', 1)")
    for key, has_only_read in (("none", True), ("K", False)):
        async with lone.database.transaction(ITSELF) as work:
            await work.session.send("SELECT FROM inbox WHERE key = $1 FOR UPDATE", [key])
            assert work.session.has_only_read is await refuses(work) is has_only_read
            work.forget()
    assert await lone.count("audit") == 1


async def test_a_refusal_by_the_database_itself_is_noted_when_its_transaction_is_over(lone: LoneService) -> None:
    async with lone.database.transaction(ITSELF) as work:
        with pytest.raises(asyncpg.DivisionByZeroError):
            await work.session.send("SELECT 1 / 0", [])
        assert not await refuses(work)
        work.forget()
    assert await lone.count("audit") == 0


async def test_a_transaction_that_raises_records_no_event_and_no_access(lone: LoneService) -> None:
    async def fail() -> None:
        async with lone.database.transaction(ITSELF) as work:
            work.audit(operation="test")
            work.record(extended(uuid4()))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail()
    assert await lone.count("event_history") == await lone.count("audit") == 0


async def test_the_relay_is_woken_after_the_commit_and_not_before(lone: LoneService) -> None:
    seen: list[Any] = []
    database = Database(lone.runtime, ring=lone.ring, clock=SystemClock())
    database.on_commit = lambda work: seen.append((len(work.events), len(work.alerts)))
    async with database.transaction(ITSELF) as work:
        work.record(extended(uuid4()))
        await work.session.flush()
        assert seen == []
    assert seen == [(1, 0)]
    async with database.transaction(ITSELF):
        pass
    assert seen == [(1, 0)], "there was nothing to tell"
    await database.close()


async def test_while_the_database_is_away_havn_says_so_and_goes_on_when_it_is_back(
    tmp_path: Path, settings: Settings
) -> None:
    server = EmbeddedPostgres(tmp_path)
    try:
        await migrate_all(["referrals"], settings, server.url)
        async with open_world([referrals], settings, server.url) as havn:
            police = havn.partner("politi-oestjylland")
            assert (await police.post(PATH, REFERRAL)).status_code == 201
            assert (await police.get("/referrals/health/ready")).status_code == 200
            server.stop()
            for answer in [await police.post(PATH, REFERRAL), await police.get(PATH)]:
                assert answer.status_code == 503
                assert answer.headers["content-type"] == "application/problem+json"
                assert int(answer.headers["retry-after"]) > 0
            assert (await police.get("/referrals/health/live")).status_code == 200
            assert (await police.get("/referrals/health/ready")).status_code == 503
            server = EmbeddedPostgres(tmp_path)

            async def submits() -> bool:
                return (await police.post(PATH, REFERRAL)).status_code == 201

            await until(submits)
            await havn.settled()
    finally:
        server.stop()


async def test_what_a_request_or_an_event_brings_about_happens_at_one_instant(havn: World) -> None:
    await havn.partner("politi-oestjylland").post(PATH, REFERRAL)
    await havn.settled()
    stored = {
        "referrals": ("SELECT submitted_at AS at FROM referral", "referral-submitted", "referral.submit"),
        "identification": ("SELECT opened_at AS at FROM case_file", "case-opened", "case.open"),
    }
    for service, (state, event, operation) in stored.items():
        instants = {row["at"] for row in await havn.sql(service, state)}
        assert len(instants) == 1
        recorded = await havn.sql(
            service, "SELECT occurred_at AS at FROM event_history WHERE type LIKE $1", f"%.{event}.%"
        )
        audited = await havn.sql(service, "SELECT at FROM audit WHERE operation = $1", operation)
        assert recorded
        assert audited
        assert {row["at"] for row in [*recorded, *audited]} == instants
    (kept,) = await havn.sql("referrals", "SELECT created_at AS at FROM idempotency")
    assert [kept["at"]] == [row["at"] for row in await havn.sql("referrals", "SELECT submitted_at AS at FROM referral")]


async def test_of_two_that_wait_for_one_another_both_are_answered(havn: World) -> None:
    """PostgreSQL ends the one that has waited longest: here the request."""
    first, second = sorted([await open_case(havn, CMM_DECIDES) for _ in range(2)], key=lambda case: UUID(case.id))
    lock = "SELECT FROM case_file WHERE id = $1 FOR UPDATE"
    async with havn.meanwhile("identification") as another:
        await another.execute(lock, UUID(second.id))
        merging = asyncio.create_task(second.post("/merge", {"into": first.id}))
        await asyncio.sleep(0.3)
        await another.execute(lock, UUID(first.id))
        assert not merging.done()
    answer = await merging
    assert answer.status_code == 200, answer.text
    assert len(await havn.events("identification", "case-merged")) == 1
