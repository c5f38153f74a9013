"""How a group's reader judges its client, with a client that plays a broker's misfortunes by script."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager, suppress
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.errors import UnknownTopicOrPartitionError
from structlog.testing import capture_logs

from shared.messaging import kafka_reader
from shared.messaging.kafka_reader import GroupReader, Leaving
from shared.messaging.messages import Message, Subscription

TOPIC = "havn.referrals"
PARTITION = TopicPartition(TOPIC, 0)


def records(*offsets: int) -> dict[TopicPartition, list[Any]]:
    return {
        PARTITION: [
            SimpleNamespace(topic=TOPIC, partition=0, offset=offset, key=b"case-1", value=b"{}", headers=())
            for offset in offsets
        ]
    }


class Client:
    """What holds the connections of a consumer or producer, and looks for brokers until it is closed."""

    closed = False

    def __init__(self) -> None:
        self._conns: dict[str, object] = {"broker": object()}

    async def close(self) -> None:
        self.closed = True


class ScriptedConsumer:
    """Brings the given batches, one at each poll, then nothing."""

    def __init__(
        self, *batches: dict[TopicPartition, list[Any]], stands: int | None = None, start: int = 0, end: int = 0
    ) -> None:
        self._batches = list(batches)
        self._stands, self._start, self._end = stands, start, end
        self.committed_offsets: list[dict[TopicPartition, int]] = []
        self._client = Client()
        self._coordinator = SimpleNamespace(member_id="member-1", generation=7)

    async def start(self) -> None: ...

    async def stop(self) -> None: ...

    async def getmany(self, **_limits: int) -> dict[TopicPartition, list[Any]]:
        await asyncio.sleep(0.001)
        return self._batches.pop(0) if self._batches else {}

    async def commit(self, offsets: dict[TopicPartition, int]) -> None:
        self.committed_offsets.append(offsets)
        self._stands = offsets[PARTITION]

    async def committed(self, _partition: TopicPartition) -> int | None:
        return self._stands

    async def beginning_offsets(self, partitions: Sequence[TopicPartition]) -> dict[TopicPartition, int]:
        return dict.fromkeys(partitions, self._start)

    async def end_offsets(self, partitions: Sequence[TopicPartition]) -> dict[TopicPartition, int]:
        return dict.fromkeys(partitions, self._end)

    def assignment(self) -> set[TopicPartition]:
        return {PARTITION}

    async def topics(self) -> set[str]:
        return {TOPIC}


class Reading:
    """A reader that is given the scripted consumers one after the other."""

    def __init__(self, *consumers: ScriptedConsumer) -> None:
        self.made = 0
        self.handled: list[Message] = []
        self._consumers = consumers
        self.reader = GroupReader(
            "nowhere", Subscription("stats", frozenset({TOPIC}), self._handle), self._next, Leaving()
        )

    async def _handle(self, messages: Sequence[Message]) -> None:
        self.handled.extend(messages)

    def _next(self, *_topics: str) -> ScriptedConsumer:
        self.made += 1
        return self._consumers[min(self.made, len(self._consumers)) - 1]

    @asynccontextmanager
    async def going_on(self) -> AsyncIterator[None]:
        stopping = asyncio.Event()
        task = asyncio.create_task(self.reader.run(stopping))
        try:
            yield
        finally:
            stopping.set()
            await asyncio.wait_for(task, 30)

    async def until(self, claim: Callable[[], bool]) -> None:
        async with asyncio.timeout(30):
            while not claim():
                await asyncio.sleep(0.005)


@pytest.fixture(autouse=True)
def _quick_and_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    async def only_ours(*_args: object) -> set[str]:
        return {TOPIC}

    monkeypatch.setattr(kafka_reader, "list_topics", only_ours)
    monkeypatch.setattr(kafka_reader, "FIRST_PAUSE_SECONDS", 0.01)
    monkeypatch.setattr(kafka_reader, "COMMIT_SECONDS", 0)


async def test_exactly_the_offsets_that_were_handled_are_committed() -> None:
    consumer = ScriptedConsumer(records(0, 1, 2), records(3))
    reading = Reading(consumer)
    async with reading.going_on():
        await reading.until(lambda: len(consumer.committed_offsets) == 2)
    assert consumer.committed_offsets == [{PARTITION: 3}, {PARTITION: 4}]
    assert len(reading.handled) == 4


async def test_what_follows_soon_after_a_commit_is_committed_with_the_next_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first at once, so that a broker that knows no position from then on has lost it."""
    monkeypatch.setattr(kafka_reader, "COMMIT_SECONDS", 0.3)
    consumer = ScriptedConsumer(records(0), records(1), records(2, 3), {}, records(4))
    reading = Reading(consumer)
    with capture_logs() as logs:
        async with reading.going_on():
            await reading.until(lambda: len(reading.handled) == 5)
            assert consumer.committed_offsets == [{PARTITION: 1}]
            await reading.until(lambda: len(consumer.committed_offsets) == 2)
    assert consumer.committed_offsets == [{PARTITION: 1}, {PARTITION: 5}]
    assert logs == []


async def test_what_is_not_committed_yet_is_committed_before_the_reader_leaves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kafka_reader, "COMMIT_SECONDS", 60)
    consumer = ScriptedConsumer(records(0), records(1))
    reading = Reading(consumer)
    async with reading.going_on():
        await reading.until(lambda: len(reading.handled) == 2)
        assert reading.reader.has_batch, "who ends the reader waits for it"
    assert consumer.committed_offsets == [{PARTITION: 1}, {PARTITION: 2}]
    assert not reading.reader.has_batch


async def test_what_was_read_before_joining_anew_is_not_committed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The new member goes on from what was committed, on a broker that may have a new disk."""
    monkeypatch.setattr(kafka_reader, "COMMIT_SECONDS", 0.3)

    class Rejoining(ScriptedConsumer):
        async def getmany(self, **limits: int) -> dict[TopicPartition, list[Any]]:
            if len(self._batches) == 1:
                self._coordinator.generation = 8
            return await super().getmany(**limits)

    consumer = Rejoining(records(0), records(1), records(1, 2))
    reading = Reading(consumer)
    with capture_logs() as logs:
        async with reading.going_on():
            await reading.until(lambda: len(consumer.committed_offsets) == 2)
    assert [message.id for message in reading.handled] == [f"{TOPIC}/0/{offset}" for offset in (0, 1, 1, 2)]
    assert consumer.committed_offsets == [{PARTITION: 1}, {PARTITION: 3}]
    assert reading.made == 1
    assert logs == []


@pytest.mark.parametrize("has_connected_anew", [True, False])
async def test_a_broker_that_forgets_between_two_commits_is_not_believed(
    monkeypatch: pytest.MonkeyPatch, has_connected_anew: bool
) -> None:
    """One that was away before the next batch is handled; one that was there all the time before anything is committed."""
    monkeypatch.setattr(kafka_reader, "COMMIT_SECONDS", 0.2)

    class Wiped(ScriptedConsumer):
        async def getmany(self, **limits: int) -> dict[TopicPartition, list[Any]]:
            if len(self._batches) == 1:
                self._stands = None
                if has_connected_anew:
                    self._client._conns["broker"] = object()
            return await super().getmany(**limits)

    wiped, fresh = Wiped(records(0), records(1), records(2)), ScriptedConsumer(records(0, 1, 2))
    reading = Reading(wiped, fresh)
    with capture_logs() as logs:
        async with reading.going_on():
            await reading.until(lambda: len(fresh.committed_offsets) == 1)
    assert logs[0]["error"] == f"The broker has forgotten how far group stats had read {TOPIC}."
    assert wiped.committed_offsets == [{PARTITION: 1}]
    brought = [0, 1] if has_connected_anew else [0, 1, 2]
    assert [message.id for message in reading.handled] == [f"{TOPIC}/0/{offset}" for offset in [*brought, 0, 1, 2]]


async def test_where_the_group_stands_is_not_asked_again_for_every_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    """It costs as much as the batch."""
    monkeypatch.setattr(kafka_reader, "COMMIT_SECONDS", 60)
    asked: list[TopicPartition] = []

    class Counting(ScriptedConsumer):
        async def committed(self, partition: TopicPartition) -> int | None:
            asked.append(partition)
            return await super().committed(partition)

    reading = Reading(Counting(*(records(offset) for offset in range(9))))
    async with reading.going_on():
        await reading.until(lambda: len(reading.handled) == 9)
        assert asked == [PARTITION]


async def test_messages_that_went_between_two_commits_raise_the_alarm(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kafka_reader, "COMMIT_SECONDS", 60)
    reading = Reading(ScriptedConsumer(records(0), records(1), records(100)))
    with capture_logs() as logs:
        async with reading.going_on():
            await reading.until(lambda: len(reading.handled) == 3)
    assert [(entry["event"], entry["expected"], entry["offset"]) for entry in logs] == [
        ("bus.messages_gone_before_they_were_read", 2, 100)
    ]


async def test_a_position_in_the_middle_of_a_new_topic_is_not_believed() -> None:
    wiped = ScriptedConsumer(records(500, 501), stands=None, start=0)
    fresh = ScriptedConsumer(records(0, 1), stands=None, start=0)
    reading = Reading(wiped, fresh)
    with capture_logs() as logs:
        async with reading.going_on():
            await reading.until(lambda: len(fresh.committed_offsets) == 1)
    assert [message.id for message in reading.handled] == [f"{TOPIC}/0/0", f"{TOPIC}/0/1"]
    assert logs[0]["event"] == "bus.reader_restarts"
    assert logs[0]["error"] == f"The broker has forgotten how far group stats had read {TOPIC}."


@pytest.mark.parametrize(
    "joined_anew", [{"member_id": "member-2"}, {"generation": 8}, {"member_id": "", "generation": -1}]
)
async def test_what_was_committed_after_joining_anew_is_taken_back_and_all_is_read_again(
    joined_anew: dict[str, Any],
) -> None:
    """The broker came back with a new disk while a batch of the old one was in hand: the client joins again by itself and
    commits the old position, which on the new topic would skip what lies before it."""

    class Rejoining(ScriptedConsumer):
        async def commit(self, offsets: dict[TopicPartition, int]) -> None:
            vars(self._coordinator).update(joined_anew)
            await super().commit(offsets)

    old, new = Rejoining(records(0, 1), start=0), ScriptedConsumer(records(0, 1, 2), stands=0)
    reading = Reading(old, new)
    with capture_logs() as logs:
        async with reading.going_on():
            await reading.until(lambda: len(new.committed_offsets) == 1)
    assert old.committed_offsets == [{PARTITION: 2}, {PARTITION: 0}]
    assert (
        logs[0]["error"]
        == "Group stats was joined anew before a commit, or a commit failed; it reads from the beginning."
    )
    assert new.committed_offsets == [{PARTITION: 3}]


@pytest.mark.parametrize("failure", [UnknownTopicOrPartitionError, TimeoutError])
async def test_a_commit_that_failed_halfway_is_not_believed_afterwards(failure: type[Exception]) -> None:
    """Of two topics of a new disk one is made again and takes the old position; the other, not made yet, fails the commit."""

    class Halfway(ScriptedConsumer):
        async def commit(self, offsets: dict[TopicPartition, int]) -> None:
            await super().commit(offsets)
            raise failure

    old = Halfway(records(0, 1, 2))
    joining, new = ScriptedConsumer(stands=3), ScriptedConsumer(records(0, 1, 2, 3), stands=0)
    reading = Reading(old, joining, new)
    async with reading.going_on():
        await reading.until(lambda: len(new.committed_offsets) == 1)
    assert joining.committed_offsets == [{PARTITION: 0}]
    assert new.committed_offsets == [{PARTITION: 4}]


async def test_a_topic_that_starts_over_is_read_again_and_told_of() -> None:
    consumer = ScriptedConsumer(records(0, 1, 2), records(0, 1))
    reading = Reading(consumer)
    with capture_logs() as logs:
        async with reading.going_on():
            await reading.until(lambda: len(consumer.committed_offsets) == 2)
    assert len(reading.handled) == 5
    assert [entry["event"] for entry in logs] == ["bus.reading_starts_over"]


async def test_messages_that_went_before_they_were_read_raise_the_alarm_and_reading_goes_on() -> None:
    consumer = ScriptedConsumer(records(100, 101), stands=7, start=100)
    reading = Reading(consumer)
    with capture_logs() as logs:
        async with reading.going_on():
            await reading.until(lambda: len(consumer.committed_offsets) == 1)
    assert len(reading.handled) == 2
    assert [(entry["event"], entry["log_level"], entry["expected"], entry["offset"]) for entry in logs] == [
        ("bus.messages_gone_before_they_were_read", "error", 7, 100)
    ]


async def test_a_client_that_is_deaf_to_waiting_messages_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kafka_reader, "IDLE_CHECK_SECONDS", 0.01)
    monkeypatch.setattr(kafka_reader, "STUCK_SECONDS", 0.05)
    deaf, hearing = ScriptedConsumer(end=3), ScriptedConsumer(records(0, 1, 2), end=3)
    reading = Reading(deaf, hearing)
    with capture_logs() as logs:
        async with reading.going_on():
            await reading.until(lambda: len(reading.handled) == 3)
    assert logs[0]["error"] == "3 messages are waiting for group stats, but the client brings none."


async def test_a_client_that_fails_again_and_again_is_replaced_at_growing_intervals() -> None:
    class Failing(ScriptedConsumer):
        async def getmany(self, **_limits: int) -> dict[TopicPartition, list[Any]]:
            raise ValueError("unexpected, and with nothing personal told")

    reading = Reading(Failing(), Failing(), Failing(), ScriptedConsumer(records(0)))
    with capture_logs() as logs:
        async with reading.going_on():
            await reading.until(lambda: len(reading.handled) == 1)
    assert [entry["pause_seconds"] for entry in logs] == [0.01, 0.02, 0.04]
    assert {entry["error"] for entry in logs} == {"ValueError"}


async def test_a_reader_counts_the_silence_until_what_was_brought_is_handled() -> None:
    class Blocked(Reading):
        async def _handle(self, messages: Sequence[Message]) -> None:
            await super()._handle(messages)
            await asyncio.sleep(0.1)
            raise ConnectionError("the database is away")

    reading = Blocked(ScriptedConsumer(records(0)), ScriptedConsumer())
    async with reading.going_on():
        await reading.until(lambda: reading.made == 2)
        assert reading.reader.silent_seconds() >= 0.1


async def stops() -> None: ...


async def gives_up() -> None:
    raise UnknownTopicOrPartitionError


async def is_cancelled_by_its_own_task() -> None:
    """As a producer is whose sender had not run yet when it was asked to stop."""
    sender = asyncio.create_task(asyncio.sleep(0))
    sender.cancel()
    await sender


async def hangs() -> None:
    await asyncio.Event().wait()


async def hangs_and_misses_the_first_call() -> None:
    with suppress(asyncio.CancelledError):
        await hangs()
    await hangs()


@pytest.mark.parametrize(
    "stop", [stops, gives_up, is_cancelled_by_its_own_task, hangs, hangs_and_misses_the_first_call]
)
async def test_however_a_client_stops_its_connections_are_closed(stop: Callable[[], Coroutine[Any, Any, None]]) -> None:
    leaving, client, ended = Leaving(), Client(), asyncio.Event()

    async def watched() -> None:
        try:
            await stop()
        finally:
            ended.set()

    await leaving.see_off(watched(), client)
    await leaving.finish()
    assert client.closed
    assert ended.is_set()
