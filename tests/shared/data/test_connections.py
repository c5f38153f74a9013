"""A connection goes from one who asks to the next, is never had by two, and by nobody when it may not be used again."""

import asyncio
from typing import Any

import asyncpg
import pytest

from shared.data import connections
from shared.data.connections import Connections
from shared.data.database import ConnectionLost, Database
from shared.identity.actor import Actor
from shared.kernel.clock import SystemClock
from tests.world import World


class Line:
    """A connection as far as it is handed about."""

    def __init__(self) -> None:
        self.is_in_work = self.is_ended = False

    def is_closed(self) -> bool:
        return self.is_ended

    def is_in_transaction(self) -> bool:
        assert not self.is_ended, "asyncpg knows nothing of one that has ended"
        return self.is_in_work

    def terminate(self) -> None:
        self.is_ended = True

    async def close(self) -> None:
        self.is_ended = True


async def _make() -> Any:
    return Line()


async def test_the_one_that_was_given_back_last_is_next() -> None:
    pool = Connections(_make, 3)
    first, second = await pool.take(), await pool.take()
    assert first is not second
    pool.give_back(first)
    pool.give_back(second)
    assert await pool.take() is second
    assert await pool.take() is first
    assert pool.in_use == 2


async def test_one_left_in_a_transaction_is_ended_and_one_that_has_ended_is_had_by_nobody() -> None:
    pool = Connections(_make, 1)
    left = await pool.take()
    left.is_in_work = True
    pool.give_back(left)
    assert left.is_ended

    cut = await pool.take()
    assert cut is not left
    pool.give_back(cut)
    cut.terminate()  # by the server, while nobody has it
    last = await pool.take()
    assert not last.is_ended
    last.terminate()
    pool.give_back(last)
    assert pool.in_use == 0
    assert not (await pool.take()).is_ended


async def test_there_are_never_more_and_who_waits_too_long_is_told_to_come_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pool = Connections(_make, 2)
    first, _ = await pool.take(), await pool.take()
    waiting = asyncio.create_task(pool.take())
    await asyncio.sleep(0)
    assert not waiting.done()
    pool.give_back(first)
    assert await waiting is first

    monkeypatch.setattr(connections, "PATIENCE_SECONDS", 0.01)
    with pytest.raises(TimeoutError):
        await pool.take()
    assert pool.in_use == 2


async def test_where_none_can_be_made_there_is_room_for_the_next() -> None:
    is_away = True

    async def make() -> Any:
        if is_away:
            raise ConnectionRefusedError
        return Line()

    pool = Connections(make, 1)
    for _ in range(3):
        with pytest.raises(ConnectionRefusedError):
            await pool.take()
    is_away = False
    assert await pool.take()


async def test_what_nobody_has_needed_for_long_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    pool = Connections(_make, 3)
    taken = [await pool.take() for _ in range(3)]
    for each in taken:
        pool.give_back(each)
    monkeypatch.setattr(connections, "SPARE_SECONDS", -1.0)
    pool.give_back(await pool.take())
    assert [each.is_ended for each in taken] == [True, False, False]


async def test_what_has_learned_of_tables_that_were_changed_is_ended() -> None:
    pool = Connections(_make, 2)
    used, spare = await pool.take(), await pool.take()
    pool.give_back(spare)
    pool.renew()
    assert (used.is_ended, spare.is_ended) == (False, True)


async def test_closing_waits_for_those_in_use_and_ends_all() -> None:
    pool = Connections(_make, 2)
    used, spare = await pool.take(), await pool.take()
    pool.give_back(spare)
    closing = asyncio.create_task(pool.close())
    await asyncio.sleep(0)
    assert not closing.done()
    pool.give_back(used)
    await closing
    assert used.is_ended
    assert spare.is_ended


async def test_a_table_that_is_changed_fails_one_request_and_not_one_for_each_connection(havn: World) -> None:
    database, reads = havn.application.databases["referrals"], "SELECT * FROM changed"
    await havn.sql("referrals", "CREATE TABLE changed AS SELECT 1 AS number")
    await havn.sql("referrals", "GRANT SELECT ON changed TO PUBLIC")
    try:
        async with database.connection() as first, database.connection() as second:
            assert first is not second
            for each in (first, second):
                await each.fetch("BEGIN")
                await each.fetch(reads)
                await each.fetch("COMMIT")
        await havn.sql("referrals", "ALTER TABLE changed ALTER number TYPE text")
        failures = 0
        for _ in range(3):
            try:
                async with database.transaction(Actor.system("referrals")) as work:
                    await work.session.send(reads, [])
            except asyncpg.InvalidCachedStatementError:
                failures += 1
        assert failures == 1
    finally:
        await havn.sql("referrals", "DROP TABLE changed")


async def test_what_is_read_as_json_is_what_it_says(havn: World) -> None:
    async with havn.application.databases["referrals"].connection() as connection:
        (found,) = await connection.fetch("""SELECT '{"a": [1, 2.5, null, "ø", 12345678901234567890]}'::jsonb""")
    assert found[0] == {"a": [1, 2.5, None, "ø", 12345678901234567890]}


async def test_a_server_that_says_nothing_any_more_is_an_outage_and_its_connection_is_cut(
    havn: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = Database(
        havn.application.databases["referrals"].url, ring=havn.application.platform.ring, clock=SystemClock()
    )
    monkeypatch.setattr(connections, "ANSWER_SECONDS", 0.2)
    try:
        async with database.connection() as connection:
            for _ in range(3):  # longer in all than one may take
                await connection.fetch("SELECT pg_sleep(0.1)")
            await asyncio.sleep(0.3)  # nobody waits for the server
            assert not connection.is_closed()
        with pytest.raises(ConnectionLost):
            async with database.transaction(Actor.system("referrals")) as work:
                await work.session.send("SELECT pg_sleep(20)", [])
        assert database.connections == 0
        await database.ping()
    finally:
        await database.close()


async def test_who_is_to_end_hears_of_nothing_else_though_its_connection_is_gone(havn: World) -> None:
    database = Database(
        havn.application.databases["referrals"].url, ring=havn.application.platform.ring, clock=SystemClock()
    )
    at_work: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    async def work_until_cancelled() -> None:
        async with database.transaction(Actor.system("referrals")) as work:
            ((pid,),) = await work.session.send("SELECT pg_backend_pid()", [])
            at_work.set_result(pid)
            await asyncio.Event().wait()

    working = asyncio.create_task(work_until_cancelled())
    try:
        pid = await at_work
        async with database.connection() as other:
            await other.fetch("SELECT pg_terminate_backend($1, 5000)", pid)
        working.cancel()
        with pytest.raises(asyncio.CancelledError):
            await working
        assert database.connections == 0
    finally:
        await database.close()
