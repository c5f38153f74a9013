"""How messages are given to Kafka: to which partition, and what counts as taken when it ends before its end."""

import asyncio
from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.partitioner import DefaultPartitioner
from aiokafka.structs import RecordMetadata

from shared.messaging import kafka
from shared.messaging.kafka import KafkaBus, partition_of
from shared.messaging.messages import Message

TOPIC = "havn.referrals"


class StuckProducer:
    """Acknowledges the first message at once, and has no room for the second, so that whoever sends it waits."""

    def __init__(self, **_: Any) -> None:
        self.client = self._message_accumulator = self
        self.answers: list[asyncio.Future[Any]] = []

    async def start(self) -> None: ...

    async def stop(self) -> None: ...

    async def close(self) -> None: ...

    async def send(self, *_: Any, **__: Any) -> "asyncio.Future[Any]":
        if len(self.answers) == 2:
            await asyncio.Event().wait()
        self.answers.append(asyncio.get_running_loop().create_future())
        if len(self.answers) == 1:
            self.answers[0].set_result(RecordMetadata("t", 0, TopicPartition("t", 0), 7, None, 0, None))
        return self.answers[-1]

    def fail_all(self, error: Exception) -> None:
        for answer in self.answers:
            if not answer.done():
                answer.set_exception(error)


async def test_what_was_acknowledged_while_others_were_still_being_sent_is_taken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    producer = StuckProducer()

    async def topics(*_: Any) -> set[str]:
        return {TOPIC}

    monkeypatch.setattr(kafka, "AIOKafkaProducer", lambda **_: producer)
    monkeypatch.setattr(kafka, "list_topics", topics)
    bus = KafkaBus("nowhere:1", "test", publish_seconds=0.2)
    messages = [Message(TOPIC, f"case-{number}", f"m{number}", b"{}", None) for number in range(3)]
    assert await bus.publish(messages) == {messages[0].id}
    assert producer.answers[1].cancelled()
    await bus.stop()


def test_a_key_goes_to_the_partition_that_any_client_would_choose() -> None:
    """So that a key's events stay in one partition, whichever release, or whose program, has sent the ones before."""
    for number in range(200):
        key = f"case-{number}".encode()
        for partitions in ([0], [0, 1, 2, 3, 4, 5], list(range(13))):
            chosen = DefaultPartitioner()(key, partitions, [])
            assert [partition_of(key, partitions, []) for _ in range(2)] == [chosen] * 2
