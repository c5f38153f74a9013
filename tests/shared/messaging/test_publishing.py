"""How messages are given to Kafka: to which partition, and what counts as taken when it ends before its end."""

import asyncio
import gc
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.errors import InvalidTopicError
from aiokafka.partitioner import DefaultPartitioner
from aiokafka.producer.message_accumulator import BatchBuilder
from aiokafka.record.default_records import DefaultRecordBatch
from aiokafka.structs import RecordMetadata

from shared.messaging import kafka
from shared.messaging.kafka import KafkaBus, partition_of
from shared.messaging.messages import Message

TOPIC = "havn.referrals"


def acknowledged(offset: int = 7) -> RecordMetadata:
    return RecordMetadata(TOPIC, 0, TopicPartition(TOPIC, 0), offset, None, 0, None)


class Producer:
    """Answers each batch by script: what is acknowledged, an error, or nothing yet."""

    def __init__(self, *answers: Any, partitions: int = 3) -> None:
        self.client = self._message_accumulator = self
        self.sent: list[tuple[int, list[str]]] = []
        self.answers: list[asyncio.Future[Any]] = []
        self._script = list(answers)
        self._partitions = partitions

    async def start(self) -> None: ...

    async def stop(self) -> None: ...

    async def close(self) -> None: ...

    async def partitions_for(self, _topic: str) -> set[int]:
        return set(range(self._partitions))

    def create_batch(self) -> BatchBuilder:
        return BatchBuilder(2_000, 0)

    async def send_batch(self, batch: BatchBuilder, _topic: str, *, partition: int) -> "asyncio.Future[Any]":
        records = DefaultRecordBatch(batch._build())
        records.validate_crc()
        self.sent.append((partition, [record.value.decode().strip() for record in records]))
        said = self._script.pop(0) if self._script else acknowledged()
        if said is FULL:
            await asyncio.Event().wait()
        answer = asyncio.get_running_loop().create_future()
        self.answers.append(answer)
        if isinstance(said, Exception):
            answer.set_exception(said)
        elif said is not PENDING:
            answer.set_result(said)
        return asyncio.shield(answer)

    def fail_all(self, error: Exception) -> None:
        for answer in self.answers:
            if not answer.done():
                answer.set_exception(error)


PENDING, FULL = object(), object()
"""No answer yet; no room yet, so that whoever sends it waits."""
MakeBus = Callable[[Producer], KafkaBus]


@pytest.fixture
async def bus_with(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[MakeBus]:
    made: list[KafkaBus] = []

    async def topics(*_: Any) -> set[str]:
        return {TOPIC}

    def make(producer: Producer) -> KafkaBus:
        monkeypatch.setattr(kafka, "AIOKafkaProducer", lambda **_: producer)
        made.append(KafkaBus("nowhere:1", "test", publish_seconds=0.2))
        return made[-1]

    monkeypatch.setattr(kafka, "list_topics", topics)
    yield make
    for bus in made:
        await bus.stop()


@contextmanager
def reported() -> Iterator[list[str]]:
    """What the block leaves behind and asyncio reports; not what tests before it left on this loop, which they all share."""
    loop, found = asyncio.get_running_loop(), list[str]()
    gc.collect()
    before = loop.get_exception_handler()
    loop.set_exception_handler(lambda _, context: found.append(context["message"]))
    try:
        yield found
    finally:
        loop.set_exception_handler(before)


def message(name: str, *, key: str = "case-1", size: int = 1) -> Message:
    return Message(TOPIC, key, name, name.encode().ljust(size), None)


def key_of(partition: int) -> str:
    """A case whose events go to this partition of three."""
    return next(f"case-{n}" for n in range(99) if partition_of(f"case-{n}".encode(), range(3)) == partition)


async def test_what_was_acknowledged_while_others_were_still_being_sent_is_taken(bus_with: MakeBus) -> None:
    producer = Producer(acknowledged(), PENDING, FULL)
    messages = [message(f"m{number}", key=key_of(number)) for number in range(3)]
    assert await bus_with(producer).publish(messages) == {"m0"}


@pytest.mark.parametrize("last", [PENDING, FULL], ids=["not answered", "not sent"])
async def test_what_fails_after_nobody_waits_for_it_any_more_is_no_failure_unheard_of(
    bus_with: MakeBus, last: object
) -> None:
    """The producer is given up, and all that it still had in hand fails."""
    producer = Producer(PENDING, last)
    messages = [message(f"m{number}", key=key_of(number)) for number in range(2)]
    with reported() as found:
        assert await bus_with(producer).publish(messages) == set()
        assert producer.answers[0].done()
        await asyncio.sleep(0)
        producer.answers.clear()
        gc.collect()
        await asyncio.sleep(0)
    assert found == []


async def test_all_that_fits_goes_to_a_partition_in_one_batch_in_its_order(bus_with: MakeBus) -> None:
    """However many there are of a case: a message to the broker for each would be the most of what an event costs."""
    producer = Producer()
    messages = [message(f"m{number}", key=key_of(number % 2)) for number in range(10)]
    assert await bus_with(producer).publish(messages) == {each.id for each in messages}
    assert producer.sent == [(0, ["m0", "m2", "m4", "m6", "m8"]), (1, ["m1", "m3", "m5", "m7", "m9"])]


async def test_what_does_not_fit_follows_when_the_first_was_taken(bus_with: MakeBus) -> None:
    producer = Producer()
    messages = [message(f"m{number}", size=500) for number in range(5)]
    assert await bus_with(producer).publish(messages) == {each.id for each in messages}
    assert [names for _, names in producer.sent] == [["m0", "m1", "m2"], ["m3", "m4"]]


@pytest.mark.parametrize("refusal", [InvalidTopicError(), acknowledged(-1)], ids=["refused", "said to be had already"])
async def test_of_a_batch_that_is_refused_nothing_is_taken_and_nothing_overtakes_it(
    bus_with: MakeBus, refusal: Any
) -> None:
    producer = Producer(refusal)
    messages = [message(f"m{number}", size=500) for number in range(4)]
    other = message("other", key=key_of(2 if partition_of(b"case-1", range(3)) != 2 else 1))
    assert await bus_with(producer).publish([*messages, other]) == {"other"}
    assert [names for _, names in producer.sent] == [["m0", "m1", "m2"], ["other"]]


async def test_one_that_is_too_large_for_any_broker_costs_its_own_case_alone(bus_with: MakeBus) -> None:
    producer = Producer(partitions=1)
    first, behind = message("first", size=kafka.MOST_BYTES + 1), message("behind")
    beside, after = message("beside", key="case-2"), message("after", key="case-2")
    assert await bus_with(producer).publish([first, beside, behind, after]) == {"beside", "after"}
    assert [names for _, names in producer.sent] == [["beside", "after"]]


def test_a_key_goes_to_the_partition_that_any_client_would_choose() -> None:
    """So that a key's events stay in one partition, whichever release, or whose program, has sent the ones before."""
    for number in range(200):
        key = f"case-{number}".encode()
        for partitions in ([0], [0, 1, 2, 3, 4, 5], list(range(13))):
            chosen = DefaultPartitioner()(key, partitions, [])
            assert [partition_of(key, partitions) for _ in range(2)] == [chosen] * 2
