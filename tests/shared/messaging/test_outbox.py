"""Events leave once, in order per case, and none is lost, however late its transaction commits."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Sequence
from contextlib import suppress
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from shared.data.database import address_of
from shared.data.history import recorded_after
from shared.messaging.messages import Message
from shared.messaging.relay import MOST_UNDER_WAY, RELAY_LOCK, WAITING, replay
from shared.observability.metrics import REGISTRY
from tests.shared.lone_service import ITSELF, CollectingBus, LoneService, extended, until

WRITERS, EVENTS, CASES = 16, 4_000, 12


class CursorRelay:
    """What many build: remember the last position sent. It stands here to show what it loses."""

    def __init__(self) -> None:
        self.sent: list[UUID] = []
        self._last = 0

    async def send_pending(self, connection: Any) -> None:
        rows = await connection.fetch(
            "SELECT position, event_id FROM event_history WHERE position > $1 ORDER BY position", self._last
        )
        self.sent += [row["event_id"] for row in rows]
        self._last = max([self._last, *(row["position"] for row in rows)])


async def test_an_event_that_commits_after_a_later_one_was_sent_is_not_lost(lone: LoneService) -> None:
    bus, cursor = CollectingBus(), CursorRelay()
    relay = lone.relay(bus)
    late = await asyncpg.connect(address_of(lone.owner))
    async with lone.relay_line() as line:
        held = late.transaction()
        await held.start()
        slow = uuid4()
        await late.execute(
            """WITH kept AS (INSERT INTO event_history (key, sequence, type, occurred_at, actor_org, payload)
                             VALUES ($1, 1, 'slow', now(), 'havn', '{}') RETURNING position)
               INSERT INTO outbox SELECT position FROM kept""",
            str(slow),
        )
        await lone.tell(extended(uuid4()))
        await relay.send_pending(line)
        await cursor.send_pending(line)
        await held.commit()
        await relay.send_pending(line)
        await cursor.send_pending(line)
    await late.close()
    assert [message.key == str(slow) for message in bus.taken] == [False, True]
    assert len(cursor.sent) == 1, "the baseline was expected to lose the late event"


async def _write(lone: LoneService, cases: list[UUID], share: int) -> None:
    for first in range(0, share, 5):
        async with lone.database.transaction(ITSELF) as work:
            for number in range(first, first + 5):
                work.record(extended(cases[number * 7 % len(cases)], number))


async def test_sixteen_writers_lose_nothing_send_nothing_twice_and_keep_each_cases_order(lone: LoneService) -> None:
    bus = CollectingBus()
    cases = [uuid4() for _ in range(CASES)]
    relaying = asyncio.create_task(lone.relay(bus).run())
    await asyncio.gather(*(_write(lone, cases, EVENTS // WRITERS) for _ in range(WRITERS)))
    await until(lambda: len(bus.taken) >= EVENTS)
    relaying.cancel()
    await asyncio.wait([relaying])

    history = await lone.sql("SELECT event_id, key, sequence FROM event_history ORDER BY position")
    sent = Counter(message.id for message in bus.taken)
    assert sent == Counter(str(row["event_id"]) for row in history)
    assert set(sent.values()) == {1}
    assert len(history) == EVENTS
    told, arrived = defaultdict(list), defaultdict(list)
    sequence_of = {str(row["event_id"]): row["sequence"] for row in history}
    for row in history:
        told[row["key"]].append(row["sequence"])
    for message in bus.taken:
        arrived[message.key].append(sequence_of[message.id])
    for key, sequences in told.items():
        assert sequences == list(range(1, len(sequences) + 1)), (
            "a case's numbers have no gap, in the order of positions"
        )
        assert arrived[key] == sequences
    assert await lone.count("outbox") == 0


async def test_the_queue_is_emptied_and_the_history_kept(lone: LoneService) -> None:
    await lone.tell(extended(uuid4()), extended(uuid4()))
    async with lone.relay_line() as line:
        assert await lone.relay(CollectingBus()).send_pending(line) == 2
    assert await lone.count("outbox") == 0
    assert await lone.count("event_history") == 2


_LONG_HISTORY = """
    INSERT INTO event_history (key, sequence, type, occurred_at, actor_org, payload)
    SELECT 'case ' || n, 1, 'told', now(), 'havn', '{}' FROM generate_series(1, 20000) AS n
"""


def _read_of_the_history(plan: dict[str, Any]) -> int:
    rows = plan["Actual Rows"] + plan.get("Rows Removed by Filter", 0)
    own = int(rows * plan["Actual Loops"]) if plan.get("Relation Name") == "event_history" else 0
    return own + sum(_read_of_the_history(part) for part in plan.get("Plans", []))


@pytest.mark.parametrize("counted", ["nothing", "event_history", "event_history, outbox"])
@pytest.mark.parametrize("under_way", [0, 3000])
@pytest.mark.parametrize("waiting", [0, 3, 5000])
async def test_what_waits_is_found_without_reading_the_history(
    lone: LoneService, waiting: int, under_way: int, counted: str
) -> None:
    await lone.sql(_LONG_HISTORY)
    await lone.sql(f"INSERT INTO outbox SELECT position FROM event_history ORDER BY position DESC LIMIT {waiting}")
    if counted != "nothing":
        await lone.sql(f"ANALYZE {counted}")
    keys = ",".join(f'"case {number}"' for number in range(20_000, 20_000 - under_way, -1))
    async with lone.relay_line() as line:
        await line.execute(f"PREPARE waiting (bigint, varchar[]) AS {WAITING}")
        explained = await line.fetchval(f"EXPLAIN (ANALYZE, FORMAT JSON) EXECUTE waiting (500, '{{{keys}}}')")
        plans = await line.fetchrow(
            "SELECT generic_plans, custom_plans FROM pg_prepared_statements WHERE name = 'waiting'"
        )
    assert _read_of_the_history(explained[0]["Plan"]) <= min(waiting, 500 + under_way)
    assert tuple(plans) == (1, 0), "It is planned once for a connection, not on every pass."


async def test_the_events_of_a_few_are_read_without_the_rest_of_the_history(lone: LoneService, sent: list[str]) -> None:
    """Also by a plan that is made once for all values, as PostgreSQL makes one from the sixth time on."""
    await lone.sql(_LONG_HISTORY)
    async with lone.database.transaction(ITSELF) as work:
        found = await recorded_after(work, after=0, settled=1_000_000, most=200, keys=["case 7", "case 19000"])
    assert [row["key"] for row in found] == ["case 7", "case 19000"]
    (asked,) = [text for text in sent if "event_history" in text]
    async with lone.relay_line() as line:
        await line.execute(f"SET plan_cache_mode = force_generic_plan; PREPARE asked AS {asked}")
        explained = await line.fetchval(
            "EXPLAIN (ANALYZE, FORMAT JSON) EXECUTE asked ('{case 7,case 19000}', 0, 1000000, 200)"
        )
        await line.execute("RESET plan_cache_mode; DEALLOCATE asked")
    assert _read_of_the_history(explained[0]["Plan"]) == 2
    assert "event_history_pkey" not in str(explained)


async def test_the_gauges_say_how_many_wait_and_how_old_the_oldest_is(lone: LoneService) -> None:
    await lone.sql(_LONG_HISTORY.replace("now()", "now() - interval '1 hour' * n"))
    await lone.sql("INSERT INTO outbox SELECT position FROM event_history WHERE key IN ('case 2', 'case 1')")
    relaying = asyncio.create_task(lone.relay(CollectingBus(refuses=lambda _: True)).run())

    def gauge(name: str) -> float:
        return REGISTRY.get_sample_value(f"havn_outbox_{name}", {"service": "referrals"}) or 0.0

    # Of both: an earlier test may have left the one as it is to become.
    await until(lambda: gauge("pending") == 2 and 3590 < gauge("oldest_seconds") < 3690)
    relaying.cancel()
    await asyncio.wait([relaying])


async def test_what_the_bus_does_not_take_stays_in_the_queue(lone: LoneService) -> None:
    refused = uuid4()
    bus = CollectingBus(refuses=lambda message: message.key == str(refused))
    await lone.tell(extended(refused), extended(uuid4()))
    async with lone.relay_line() as line:
        assert await lone.relay(bus).send_pending(line) == 1
        assert await lone.count("outbox") == 1
        bus.refuses = lambda message: False
        await lone.relay(bus).send_pending(line)
    assert [message.key for message in bus.taken][1:] == [str(refused)]
    assert await lone.count("outbox") == 0


async def test_a_batch_that_is_not_answered_holds_up_its_own_keys_alone(lone: LoneService) -> None:
    slow, quick = uuid4(), uuid4()
    answered = asyncio.Event()

    class SlowBus(CollectingBus):
        async def publish(self, messages: Sequence[Message]) -> set[str]:
            taken = await super().publish(messages)
            if any(message.key == str(slow) for message in messages):
                await answered.wait()
            return taken

    bus = SlowBus()
    await lone.tell(extended(slow, 1))
    relaying = asyncio.create_task(lone.relay(bus).run())
    await until(lambda: bus.taken)
    await lone.tell(extended(slow, 2), extended(quick))
    await until(lambda: len(bus.taken) == 2)
    assert [message.key for message in bus.taken] == [str(slow), str(quick)]
    await asyncio.sleep(0.1)
    assert len(bus.taken) == 2, "within a key nothing overtakes"
    answered.set()
    await until(lambda: len(bus.taken) == 3)
    relaying.cancel()
    await asyncio.wait([relaying])
    assert bus.taken[2].key == str(slow)
    assert await lone.count("outbox") == 0


async def test_no_more_is_under_way_than_a_relay_can_keep_in_mind(lone: LoneService) -> None:
    class DeafBus(CollectingBus):
        async def publish(self, messages: Sequence[Message]) -> set[str]:
            await super().publish(messages)
            await asyncio.Event().wait()
            return set()

    bus = DeafBus()
    relaying = asyncio.create_task(lone.relay(bus).run())
    for number in range(1, MOST_UNDER_WAY + 3):
        await lone.tell(extended(uuid4()))
        await until(lambda number=number: len(bus.taken) >= min(number, MOST_UNDER_WAY))
    await asyncio.sleep(0.1)
    relaying.cancel()
    await asyncio.wait([relaying])
    assert len(bus.taken) == MOST_UNDER_WAY
    assert await lone.count("outbox") == MOST_UNDER_WAY + 2, "what was not answered is still to be sent"


async def test_the_relay_outlives_a_bus_that_raises(lone: LoneService) -> None:
    class FalteringBus(CollectingBus):
        calls = 0

        async def publish(self, messages: Sequence[Message]) -> set[str]:
            FalteringBus.calls += 1
            if FalteringBus.calls <= 2:
                raise RuntimeError("the bus is broken")
            return await super().publish(messages)

    bus = FalteringBus()
    await lone.tell(extended(uuid4()))
    relaying = asyncio.create_task(lone.relay(bus).run())
    await until(lambda: bus.taken)
    relaying.cancel()
    await asyncio.wait([relaying])


async def _leaders(lone: LoneService) -> list[int]:
    held = "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND objid = $1 AND granted"
    ours = " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    return [row["pid"] for row in await lone.sql(held + ours, RELAY_LOCK)]


async def test_of_two_relays_one_leads_and_the_other_takes_over_when_it_dies(lone: LoneService) -> None:
    buses = CollectingBus(), CollectingBus()
    relays = [lone.relay(bus) for bus in buses]
    running = [asyncio.create_task(relay.run()) for relay in relays]
    try:
        await until(lambda: any(relay.is_leader for relay in relays))
        first = relays[0].is_leader
        await lone.tell(extended(uuid4()))
        await until(lambda: buses[0].taken + buses[1].taken)
        assert [relay.is_leader for relay in relays] == [first, not first]
        assert [bool(bus.taken) for bus in buses] == [first, not first]
        (leader,) = await _leaders(lone)

        standing_by = running[1] if first else running[0]
        (running[0] if first else running[1]).cancel()
        await lone.sql("SELECT pg_terminate_backend($1)", leader)
        await lone.tell(extended(uuid4()))
        await until(lambda: (buses[1] if first else buses[0]).taken)
        assert not standing_by.done()
        assert len(await _leaders(lone)) == 1
    finally:
        for task in running:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


async def test_a_relay_whose_connection_was_cut_comes_back(lone: LoneService) -> None:
    bus = CollectingBus()
    relay = lone.relay(bus)
    running = asyncio.create_task(relay.run())
    await until(lambda: relay.is_leader)
    (leader,) = await _leaders(lone)
    await lone.sql("SELECT pg_terminate_backend($1)", leader)
    await lone.tell(extended(uuid4()))
    await until(lambda: bus.taken)
    running.cancel()
    await asyncio.wait([running])


async def test_a_relay_ends_though_its_connection_does_not_close(
    lone: LoneService, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def is_not_answered(*_: Any, **__: Any) -> None:
        raise TimeoutError

    relay = lone.relay(CollectingBus())
    running = asyncio.create_task(relay.run())
    await until(lambda: relay.is_leader)
    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(asyncpg.Connection, "close", is_not_answered)
        running.cancel()
        await asyncio.wait({running}, timeout=5)
    is_over = running.cancelled()
    running.cancel()
    assert is_over

    async def nobody_leads() -> bool:
        return not await _leaders(lone)

    await until(nobody_leads)


@pytest.mark.parametrize("table", ["event_history", "audit"])
@pytest.mark.parametrize("attempt", ["UPDATE {} SET key = key", "DELETE FROM {}", "TRUNCATE {}"])
async def test_the_runtime_role_can_neither_change_nor_delete_what_was_told(
    lone: LoneService, table: str, attempt: str
) -> None:
    statement = attempt.format(table).replace("key = key", "key = key" if table == "event_history" else "org = org")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await lone.sql_as_runtime(statement)


async def test_replay_sends_the_whole_history_again_byte_for_byte(lone: LoneService) -> None:
    case, bus = uuid4(), CollectingBus()
    relay = lone.relay(bus)
    async with lone.relay_line() as line:
        for number in range(3):
            await lone.tell(extended(case, number))
        await relay.send_pending(line)
        first = list(bus.taken)
        assert await replay(line) == 3
        assert await replay(line) == 0, "what waits already is not queued twice"
        await relay.send_pending(line)
    assert bus.taken[3:] == first


async def test_the_gauge_of_dead_letters_falls_when_they_are_replayed_by_whomever(lone: LoneService) -> None:
    def shown() -> float | None:
        return REGISTRY.get_sample_value("havn_dead_letters", {"service": "referrals"})

    await lone.sql("INSERT INTO dead_letter SELECT 'e1', 'identification', 'k', 1, 't', '', 'why', 3, now(), NULL")
    running = asyncio.create_task(lone.relay(CollectingBus()).run())
    await until(lambda: shown() == 1)
    await lone.sql("UPDATE dead_letter SET replayed_at = now()")
    await until(lambda: shown() == 0)
    running.cancel()
    await asyncio.wait([running])
