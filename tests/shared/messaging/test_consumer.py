"""An event takes effect once, in its case's order, or waits as a dead letter that can be replayed."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolExhausted

from shared.contract.events import PeriodExtended
from shared.data.unit_of_work import UnitOfWork
from shared.http.peers import PeerAway
from shared.messaging import inbox
from shared.messaging.consumer import Delivery, Handlers
from shared.messaging.inbox import Unreadable, read
from shared.messaging.messages import Message
from shared.messaging.relay import replay
from tests.shared.lone_service import CollectingBus, LoneService, extended, message_of, story_of

NAME = "Malee Sukhumwong"
Trouble = Callable[[int], Exception | None]


def never(number: int) -> Exception | None:
    return None


def noting(trouble: Trouble = never, *, meanwhile: Callable[[], Awaitable[Any]] | None = None) -> Handlers:
    """Notes each event, and then has the trouble that its number brings."""
    handlers = Handlers()

    @handlers.on(PeriodExtended)
    async def note(work: Delivery, event: PeriodExtended) -> None:
        await work.session.execute(
            text("INSERT INTO noted (case_id, number) VALUES (:case_id, :number)"),
            {"case_id": event.case_id, "number": event.period_id.int},
        )
        if meanwhile:
            await meanwhile()
        if found := trouble(event.period_id.int):
            raise found

    return handlers


def failing_at(*numbers: int, error: Callable[[], Exception] = lambda: RuntimeError(NAME)) -> Trouble:
    return lambda number: error() if number in numbers else None


def a_few_times(times: int, error: Exception) -> Trouble:
    left = iter(range(times))
    return lambda number: error if next(left, None) is not None else None


async def noted(lone: LoneService, case_id: UUID) -> list[int]:
    rows = await lone.sql("SELECT number FROM noted WHERE case_id = $1 ORDER BY position", case_id)
    return [row["number"] for row in rows]


async def letters(lone: LoneService) -> dict[int, str]:
    """The reasons of what waits for a replay, by sequence number."""
    rows = await lone.sql("SELECT sequence, reason FROM dead_letter WHERE replayed_at IS NULL ORDER BY sequence")
    return {row["sequence"]: row["reason"] for row in rows}


async def test_every_event_twice_is_the_same_as_once(lone: LoneService) -> None:
    case = uuid4()
    story = story_of(case, 4)
    consumer = lone.consumer(noting())
    await consumer.deliver([message for message in story for _ in range(2)])
    await consumer.deliver(story)
    assert await noted(lone, case) == [1, 2, 3, 4]
    assert await letters(lone) == {}


async def test_a_replay_of_the_whole_history_changes_nothing(lone: LoneService) -> None:
    case, bus = uuid4(), CollectingBus()
    consumer = lone.consumer(noting())
    async with lone.relay_line() as line:
        for number in range(1, 6):
            await lone.tell(extended(case, number))
        await lone.relay(bus).send_pending(line)
        await consumer.deliver(bus.taken)
        before = await lone.sql("SELECT * FROM inbox")
        assert await replay(line) == 5
        bus.taken.clear()
        await lone.relay(bus).send_pending(line)
    await consumer.deliver(bus.taken)
    assert await noted(lone, case) == [1, 2, 3, 4, 5]
    assert await lone.sql("SELECT * FROM inbox") == before


async def test_two_consumers_with_the_same_event_at_once_take_it_once(lone: LoneService) -> None:
    case = uuid4()
    both_are_in = asyncio.Event()

    async def linger() -> None:
        await asyncio.wait_for(both_are_in.wait(), 5)

    first, second = lone.consumer(noting(meanwhile=linger)), lone.consumer(noting(meanwhile=linger))
    at_work = [asyncio.create_task(consumer.deliver(story_of(case, 1))) for consumer in (first, second)]
    await asyncio.sleep(0.1)
    both_are_in.set()
    await asyncio.gather(*at_work)
    assert await noted(lone, case) == [1]


async def test_a_gap_is_put_aside_and_closes_when_the_missing_event_comes(lone: LoneService) -> None:
    case = uuid4()
    one, two, three, four, five = story_of(case, 5)
    consumer = lone.consumer(noting())
    await consumer.deliver([one, three, four])
    assert await noted(lone, case) == [1]
    assert await letters(lone) == {3: "after a gap", 4: "after a gap"}
    await consumer.deliver([two, five])
    assert await noted(lone, case) == [1, 2, 3, 4, 5]
    assert await letters(lone) == {}


async def test_a_gap_closes_too_when_the_missing_event_was_taken_just_before_a_crash(lone: LoneService) -> None:
    case = uuid4()
    one, two, three = story_of(case, 3)
    await lone.consumer(noting()).deliver([one, three])
    # It took the missing one and died before it went on; the bus brings the missing one again.
    await lone.consumer(noting())._take_once(two)
    assert await noted(lone, case) == [1, 2]
    await lone.consumer(noting()).deliver([two])
    assert await noted(lone, case) == [1, 2, 3]


async def test_a_gap_that_is_replayed_too_early_goes_on_waiting(lone: LoneService) -> None:
    case = uuid4()
    one, _, three = story_of(case, 3)
    consumer = lone.consumer(noting())
    await consumer.deliver([one, three])
    assert await consumer.replay() == (0, 1)
    assert await noted(lone, case) == [1]


async def test_a_handler_that_fails_at_first_is_tried_again(lone: LoneService) -> None:
    case = uuid4()
    await lone.consumer(noting(a_few_times(2, RuntimeError()))).deliver(story_of(case, 1))
    assert await noted(lone, case) == [1], "and what it did before it failed is gone"
    assert await letters(lone) == {}


async def test_the_waits_between_attempts_double(lone: LoneService, monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    monkeypatch.setattr("shared.messaging.consumer.asyncio.sleep", sleep)
    await lone.consumer(noting(a_few_times(14, PeerAway()))).deliver(story_of(uuid4(), 1))
    assert waits[:4] == [0.01, 0.02, 0.04, 0.08]
    assert max(waits) == 30.0


async def test_a_handler_that_keeps_failing_leaves_a_dead_letter_and_no_effect(lone: LoneService) -> None:
    poisoned, other = uuid4(), uuid4()
    consumer = lone.consumer(noting(failing_at(7)))
    await consumer.deliver([message_of(extended(poisoned, 7), 1), *story_of(other, 2)])
    assert await noted(lone, poisoned) == []
    assert await noted(lone, other) == [1, 2], "the cases behind it go on"
    (letter,) = await lone.sql("SELECT * FROM dead_letter")
    assert (letter["key"], letter["source"], letter["attempts"]) == (str(poisoned), "identification", 3)
    assert letter["reason"].startswith("RuntimeError at ")
    assert NAME not in letter["reason"], "the text of an error may quote a person"


async def test_what_follows_a_dead_letter_waits_and_the_replay_keeps_the_order(lone: LoneService) -> None:
    case = uuid4()
    await lone.consumer(noting(failing_at(2))).deliver(story_of(case, 4))
    assert await noted(lone, case) == [1]
    assert {3: "behind a dead letter", 4: "behind a dead letter"}.items() <= (await letters(lone)).items()

    still_failing = lone.consumer(noting(failing_at(2, error=lambda: ValueError(NAME))))
    assert await still_failing.replay() == (0, 3)
    assert await noted(lone, case) == [1], "none overtakes the one that failed again"
    assert (await letters(lone))[2].startswith("ValueError at ")

    mended = lone.consumer(noting())
    assert await mended.replay() == (3, 0)
    assert await noted(lone, case) == [1, 2, 3, 4]
    await mended.deliver([message_of(extended(case, 5), 5)])
    assert await noted(lone, case) == [1, 2, 3, 4, 5]


async def test_two_replays_at_once_take_effect_once(lone: LoneService) -> None:
    case = uuid4()
    await lone.consumer(noting(failing_at(1))).deliver(story_of(case, 3))

    async def linger() -> None:
        await asyncio.sleep(0.05)

    await asyncio.gather(*(lone.consumer(noting(meanwhile=linger)).replay() for _ in range(2)))
    assert await noted(lone, case) == [1, 2, 3]


async def test_an_event_that_another_consumer_took_meanwhile_does_not_become_a_dead_letter(lone: LoneService) -> None:
    case = uuid4()
    (one,) = story_of(case, 1)
    failing = lone.consumer(noting())
    await lone.consumer(noting()).deliver([one])
    await failing._bury(one, "RuntimeError", 3)
    assert await letters(lone) == {}


class Cut(Exception):
    """What the driver says, with PostgreSQL's word for it."""

    def __init__(self, sqlstate: str) -> None:
        self.sqlstate = sqlstate


PASSING = {
    "a neighbour is away": PeerAway("referrals answered 503."),
    "the line is cut": ConnectionResetError(),
    "the line has lost the thread": asyncpg.InternalClientError(),
    "no answer in time": TimeoutError(),
    "no connection left": PoolExhausted(),
    "the server shuts down": OperationalError("", {}, Cut("57P01")),
    "a deadlock": OperationalError("", {}, Cut("40P01")),
    "a lock was not had in time": OperationalError("", {}, Cut("55P03")),
    "the disk is full": OperationalError("", {}, Cut("53100")),
}


@pytest.mark.parametrize("error", PASSING.values(), ids=PASSING)
async def test_trouble_that_passes_is_never_counted_against_the_event(lone: LoneService, error: Exception) -> None:
    case = uuid4()
    more_often_than_attempts = 5
    await lone.consumer(noting(a_few_times(more_often_than_attempts, error))).deliver(story_of(case, 2))
    assert await noted(lone, case) == [1, 2]
    assert await letters(lone) == {}


async def test_a_fault_of_the_event_is_counted(lone: LoneService) -> None:
    case = uuid4()
    await lone.consumer(noting(failing_at(1, error=lambda: OperationalError("", {}, Cut("23505"))))).deliver(
        story_of(case, 1)
    )
    assert list(await letters(lone)) == [1]


async def test_while_the_connection_is_cut_an_event_waits(lone: LoneService) -> None:
    case = uuid4()
    cuts = iter(range(5))

    async def cut() -> None:
        if next(cuts, None) is not None:
            await lone.sql(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND application_name = 'havn'"
            )

    await lone.consumer(noting(meanwhile=cut)).deliver(story_of(case, 1))
    assert await letters(lone) == {}
    assert await noted(lone, case) == [1]


UNREADABLE = {
    "no JSON": b"\xff not json",
    "no envelope": b'{"id": "1"}',
    "a list": b"[]",
    "endless nesting": b"[" * 100_000,
    "no number": b'{"source": "/x", "type": "t", "sequence": "first", "time": "2026-03-02T12:00:00Z", "data": {}}',
}


@pytest.mark.parametrize("value", UNREADABLE.values(), ids=UNREADABLE)
async def test_what_cannot_be_read_becomes_a_dead_letter_and_the_others_go_on(lone: LoneService, value: bytes) -> None:
    case = uuid4()
    (one,) = story_of(case, 1)
    await lone.consumer(noting()).deliver([replace(one, id="unreadable", value=value), one])
    assert await noted(lone, case) == [1]
    (letter,) = await lone.sql("SELECT * FROM dead_letter")
    assert letter["value"] == value
    assert letter["reason"].startswith("Not a CloudEvent of Havn")


async def test_an_event_that_breaks_its_contract_is_named_by_place_not_by_value(lone: LoneService) -> None:
    case = uuid4()
    (one,) = story_of(case, 1)
    await lone.consumer(noting()).deliver([replace(one, value=one.value.replace(b"2026-04-08", NAME.encode()))])
    assert await letters(lone) == {1: "The event does not fit its contract at ends_on."}


async def test_events_nobody_listens_to_are_passed_by_in_order(lone: LoneService) -> None:
    case = uuid4()
    one, two = story_of(case, 2)
    await lone.consumer(noting()).deliver(
        [replace(one, value=one.value.replace(b"period-extended.v1", b"new.v9")), two]
    )
    assert await noted(lone, case) == [2]


async def test_what_a_handler_asks_by_key_is_planned_once(lone: LoneService) -> None:
    """To plan `= ANY` anew for each event takes PostgreSQL longer than to do it."""
    handlers, modes = Handlers(), []

    @handlers.on(PeriodExtended)
    async def ask(work: Delivery, event: PeriodExtended) -> None:
        modes.append(await work.session.scalar(text("SHOW plan_cache_mode")))

    async with lone.database.connection() as connection:
        await connection.execute("SET plan_cache_mode = force_custom_plan")
    await lone.consumer(handlers).deliver(story_of(uuid4(), 1))
    await lone.consumer(handlers).deliver(story_of(uuid4(), 2))
    assert modes == ["force_generic_plan"] * 3
    async with lone.database.connection() as connection:
        [found] = await connection.fetch("SHOW plan_cache_mode")
        assert found[0] == "force_custom_plan", "and only there"
        await connection.execute("RESET plan_cache_mode")


async def test_an_event_waits_for_its_case_and_not_for_the_others(lone: LoneService) -> None:
    slow, quick = uuid4(), uuid4()
    quick_is_done = asyncio.Event()

    handlers = Handlers()

    @handlers.on(PeriodExtended)
    async def handle(work: Delivery, event: PeriodExtended) -> None:
        if event.case_id == slow:
            await asyncio.wait_for(quick_is_done.wait(), 5)
        else:
            quick_is_done.set()

    await lone.consumer(handlers).deliver([*story_of(slow, 1), *story_of(quick, 1)])
    assert await letters(lone) == {}


@given(st.binary(max_size=200))
def test_whatever_comes_is_read_or_refused_in_one_way(value: bytes) -> None:
    with suppress(Unreadable):
        read(Message("havn.identification", "key", "id", value, None))


async def test_a_replay_ends_when_what_came_meanwhile_has_taken_effect_as_well(
    lone: LoneService, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = uuid4()
    one, two, three, four = story_of(case, 4)
    await lone.consumer(noting(failing_at(2))).deliver([one, two])
    to_replay, coming = inbox.to_replay, [three]

    async def read(work: UnitOfWork) -> list[inbox.DeadLetter]:
        """The bus brings the next one of the case when the replay has read what there is."""
        found = await to_replay(work)
        if coming:
            await lone.consumer(noting()).deliver([coming.pop()])
        return found

    monkeypatch.setattr(inbox, "to_replay", read)
    assert await lone.consumer(noting()).replay() == (2, 0)
    assert await letters(lone) == {}
    await lone.consumer(noting()).deliver([four])
    assert await noted(lone, case) == [1, 2, 3, 4]
