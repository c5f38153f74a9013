"""The bus that carries events between the services: Apache Kafka.

It keeps the same small promise as the bus within a process (in_process.py). `publish` reports the messages that are safe; all
others stay in the outbox and are tried again, so a message may come twice but never disappears, and is never overtaken by a
later one with its key. The consumer's inbox makes the second copy harmless.
"""

import asyncio
import time
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import (
    DuplicateSequenceNumber,
    KafkaError,
    MessageSizeTooLargeError,
    NoError,
    ProducerClosed,
    TopicAlreadyExistsError,
    for_code,
)
from aiokafka.partitioner import murmur2
from aiokafka.structs import RecordMetadata

from shared.contract.events.base import MEDIA_TYPE
from shared.messaging.kafka_reader import (
    CALL_SECONDS,
    JOIN_SECONDS,
    GroupReader,
    Leaving,
    TopicMissing,
    admin_of,
    list_topics,
)
from shared.messaging.kafka_security import PLAIN
from shared.messaging.messages import SILENCE_SECONDS, Deliver, Message, Subscription
from shared.observability.logs import log

__all__ = ["KafkaAway", "KafkaBus", "make_topics", "reach_kafka"]


METADATA_SECONDS = 10
REACH_SECONDS = 8
BYTES_AT_ONCE = 131_072
"""To one partition: some 250 events, of which 16 KiB as by default would make nine messages to the broker."""
MOST_BYTES = 1_000_000
"""Of one message: brokers take 1 MiB, with all that is around it."""
_CONTENT_TYPE = ("content-type", MEDIA_TYPE.encode())


class KafkaAway(Exception):
    """No Kafka answers where one should be; the sentence names the place."""


class KafkaBus:
    """Apache Kafka: an idempotent producer and a reader for each group, both made anew when their client falters."""

    def __init__(
        self,
        bootstrap: str,
        client_id: str,
        *,
        publish_seconds: float = 10.0,
        session_seconds: float = 10.0,
        check_crcs: bool = True,
        security: Mapping[str, Any] = PLAIN,
    ) -> None:
        self._bootstrap = bootstrap
        self._security = security
        self._client_id = client_id
        self._publish_seconds = publish_seconds
        self._session_seconds = session_seconds
        self._check_crcs = check_crcs
        self._readers: list[GroupReader] = []
        self._reading: list[asyncio.Task[None]] = []
        self._stopping = asyncio.Event()
        self._producer: AIOKafkaProducer | None = None
        self._making_producer = asyncio.Lock()
        self._known_topics: set[str] = set()
        self._missing_topics: set[str] = set()
        self._refused_since: float | None = None
        self._leaving = Leaving()

    def subscribe(self, group: str, topics: frozenset[str], deliver: Deliver) -> None:
        if self._reading:
            raise RuntimeError(f"Group {group} must subscribe before the bus starts.")

        def make_consumer(*topics: str) -> AIOKafkaConsumer:
            return AIOKafkaConsumer(
                *topics,
                bootstrap_servers=self._bootstrap,
                client_id=self._client_id,
                group_id=group,
                enable_auto_commit=False,
                auto_offset_reset="earliest",
                request_timeout_ms=int(CALL_SECONDS * 1000),
                session_timeout_ms=int(self._session_seconds * 1000),
                heartbeat_interval_ms=int(self._session_seconds * 300),
                check_crcs=self._check_crcs,
                # A topic that was lost and made again is noticed with the metadata, by default after five minutes only.
                metadata_max_age_ms=METADATA_SECONDS * 1000,
                **self._security,
            )

        self._readers.append(
            GroupReader(
                self._bootstrap,
                Subscription(group, topics, deliver),
                make_consumer,
                self._leaving,
                security=self._security,
            )
        )

    async def start(self) -> None:
        """Begin to read. A broker that is away is no error here: the readers go on trying, and `healthy` tells."""
        self._reading = [
            asyncio.create_task(reader.run(self._stopping), name=f"bus:{reader.group}") for reader in self._readers
        ]

    async def stop(self) -> None:
        """Let the batch in hand be finished and its offsets be committed, then leave; at most five seconds."""
        self._stopping.set()
        for reader, task in zip(self._readers, self._reading, strict=False):
            if not reader.has_batch:
                task.cancel()  # to join a group may take half a minute, and nothing is lost with it
        if self._reading:
            _, unfinished = await asyncio.wait(self._reading, timeout=2.5)
            for task in unfinished:
                task.cancel()
            await asyncio.wait(self._reading, timeout=1)
        if self._producer is not None:
            await self._abandon(self._producer)
        await self._leaving.finish()

    async def publish(self, messages: Sequence[Message]) -> set[str]:
        taken: set[str] = set()
        if self._stopping.is_set() or not messages:
            return taken
        producer = None
        try:
            async with asyncio.timeout(self._publish_seconds):
                await self._look_up_topics({message.topic for message in messages})
                producer = await self._running_producer()
                await _send_in_rounds(producer, messages, self._missing_topics, taken)
        except Exception as error:
            # What became of the rest is unknown, and so is the sequence number the producer shares with the broker.
            log.warning("bus.publish_failed", taken=len(taken), messages=len(messages), error=type(error).__name__)
            self._known_topics.clear()
            if producer is not None:
                await self._abandon(producer)
        self._refused_since = None if taken else self._refused_since or time.monotonic()
        return taken

    async def lag(self) -> dict[tuple[str, str], int]:
        lags = await asyncio.gather(*(reader.lag() for reader in self._readers))
        return {
            (reader.group, topic): count
            for reader, by_topic in zip(self._readers, lags, strict=True)
            for topic, count in by_topic.items()
        }

    @property
    def healthy(self) -> str | None:
        missing = self._missing_topics.union(*(reader.missing_topics for reader in self._readers))
        if missing:
            return str(TopicMissing(missing))
        if self._refused_since and (silence := time.monotonic() - self._refused_since) > SILENCE_SECONDS:
            return f"Kafka has not taken any message for {silence:.0f} seconds."
        for reader in self._readers:
            if not reader.has_joined:
                return f"Group {reader.group} has not reached Kafka yet."
            if (silence := reader.silent_seconds()) > SILENCE_SECONDS:
                return f"Group {reader.group} has not read from Kafka for {silence:.0f} seconds."
        return None

    async def _look_up_topics(self, topics: set[str]) -> None:
        # Asked for by name, a topic comes into being on a broker that makes topics by itself, as nobody wants it.
        if not topics <= self._known_topics:
            self._known_topics = await list_topics(self._bootstrap, self._security)
        self._missing_topics = (self._missing_topics | topics) - self._known_topics

    async def _running_producer(self) -> AIOKafkaProducer:
        async with self._making_producer:
            if self._producer is None:
                producer = AIOKafkaProducer(
                    bootstrap_servers=self._bootstrap,
                    client_id=self._client_id,
                    enable_idempotence=True,
                    acks="all",
                    max_batch_size=BYTES_AT_ONCE,
                    # Half of the whole: a connection that hangs is replaced while there is time to use another.
                    request_timeout_ms=int(self._publish_seconds * 500),
                    **self._security,
                )
                try:
                    await producer.start()
                except BaseException:
                    await self._leaving.see_off(producer.stop(), producer.client)
                    raise
                self._producer = producer
            return self._producer

    async def _abandon(self, producer: AIOKafkaProducer) -> None:
        if self._producer is producer:
            self._producer = None
        # An idempotent producer never gives a batch up by itself, and would wait for it for ever when asked to stop.
        producer._message_accumulator.fail_all(ProducerClosed())  # noqa: SLF001
        await self._leaving.see_off(producer.stop(), producer.client)


_hash_of = lru_cache(maxsize=20_000)(murmur2)
"""Kafka's own hash of a key. In Python it is a third of what sending an event takes, and the events of a case come in bunches."""


def partition_of(key: bytes, partitions: Sequence[int]) -> int:
    """The partition of a key: the same one that any of Kafka's clients would choose."""
    hashed: int = _hash_of(key)
    return partitions[(hashed & 0x7FFFFFFF) % len(partitions)]


async def reach_kafka(bootstrap: str, security: Mapping[str, Any] = PLAIN) -> None:
    """Return when a Kafka answers there; KafkaAway otherwise, within seconds."""
    try:
        async with asyncio.timeout(REACH_SECONDS):
            await list_topics(bootstrap, security)
    except (KafkaError, OSError, TimeoutError, ValueError) as error:
        raise KafkaAway(
            f"No Kafka answers at {bootstrap} ({type(error).__name__}); start it, or mend or unset HAVN_KAFKA. "
            "Nothing was changed."
        ) from error


async def make_topics(
    bootstrap: str, topics: Iterable[str], partitions: int = 6, *, security: Mapping[str, Any] = PLAIN
) -> None:
    """Make the topics that do not exist yet, and return when they can be used; existing ones are left as they are.

    Each gets up to three copies, of which two must have a message before it counts as taken.
    """
    wanted = set(topics)
    async with asyncio.timeout(JOIN_SECONDS), admin_of(bootstrap, security) as admin:
        brokers = len((await admin.describe_cluster())["brokers"])
        settings = {"min.insync.replicas": "2" if brokers >= 3 else "1"}
        new = [
            NewTopic(topic, partitions, min(3, brokers), topic_configs=settings)
            for topic in sorted(wanted - set(await admin.list_topics()))
        ]
        if new:
            answer = await admin.create_topics(new)
            for _, code, *_ in answer.topic_errors:
                if for_code(code) not in (NoError, TopicAlreadyExistsError):
                    raise for_code(code)()
        for _ in range(100):
            if wanted <= await _topics_with_leaders(admin):
                return
            await asyncio.sleep(0.1)
        raise TopicMissing(wanted - await _topics_with_leaders(admin))


async def _topics_with_leaders(admin: AIOKafkaAdminClient) -> set[str]:
    return {
        topic["topic"]
        for topic in await admin.describe_topics()
        if all(partition["leader"] >= 0 for partition in topic["partitions"])
    }


Place = tuple[str, int]
"""A topic and one of its partitions."""


async def _send_in_rounds(
    producer: AIOKafkaProducer, messages: Sequence[Message], missing_topics: set[str], taken: set[str]
) -> None:
    """Send them in batches, in each round one to a partition, and add to `taken` what was acknowledged.

    The broker takes a batch whole or not at all, so within one no message of a key overtakes another. A key of which a message
    was not taken is out: its next message would overtake it.
    """
    partitions = {topic: sorted(await producer.partitions_for(topic)) for topic in _topics(messages) - missing_topics}
    out = {message.key for message in messages if message.topic in missing_topics}
    left = [message for message in messages if message.topic not in missing_topics]
    refusals: list[KafkaError] = []
    while left := [message for message in left if message.key not in out]:
        batches, left = _filled(producer, left, partitions)
        refusals += await _send(producer, batches, taken)
        out.update(message.key for batch in batches.values() for message in batch.messages if message.id not in taken)
    if refusals:
        raise refusals[0]


def _topics(messages: Iterable[Message]) -> set[str]:
    return {message.topic for message in messages}


class _Batch:
    """What goes to a partition at once."""

    def __init__(self, producer: AIOKafkaProducer) -> None:
        self.builder = producer.create_batch()
        self.messages: list[Message] = []

    def has_taken(self, message: Message, key: bytes) -> bool:
        """Whether there was room; the first one always has it."""
        headers = [_CONTENT_TYPE]
        if message.traceparent is not None:
            headers.append(("traceparent", message.traceparent.encode()))
        if self.builder.append(timestamp=None, key=key, value=message.value, headers=headers) is None:
            return False
        self.messages.append(message)
        return True


def _filled(
    producer: AIOKafkaProducer, messages: Iterable[Message], partitions: Mapping[str, Sequence[int]]
) -> tuple[dict[Place, _Batch], list[Message]]:
    """A batch for each partition, with as many of the messages, in their order, as fit in; and those that are left, to which
    a key's all belong from the first that is."""
    batches: dict[Place, _Batch] = {}
    place_of: dict[str, Place] = {}
    left: list[Message] = []
    for message in messages:
        key = message.key.encode()
        place = message.topic, partition_of(key, partitions[message.topic])
        batch = batches.get(place) or batches.setdefault(place, _Batch(producer))
        is_next = place_of.setdefault(message.key, place) == place
        # One that is full takes no more, however small: it is closed by the first that found no room.
        if not (is_next and batch.has_taken(message, key)):
            left.append(message)
    return {place: batch for place, batch in batches.items() if batch.messages}, left


async def _send(producer: AIOKafkaProducer, batches: Mapping[Place, _Batch], taken: set[str]) -> list[KafkaError]:
    """Send these, and add to `taken` what is acknowledged, also when this is ended before all of it is. Gives the refusals of the
    others."""
    refusals: list[KafkaError] = []
    answers: list[tuple[_Batch, asyncio.Future[RecordMetadata]]] = []
    try:
        for (topic, partition), batch in batches.items():
            if len(batch.messages) == 1 and len(batch.messages[0].value) > MOST_BYTES:
                refusals.append(MessageSizeTooLargeError())
                continue
            batch.builder.close()
            try:
                answers.append((batch, await producer.send_batch(batch.builder, topic, partition=partition)))
            except KafkaError as error:
                refusals.append(error)
        if answers:
            await asyncio.wait([answer for _, answer in answers])
    finally:
        taken.update(message.id for batch, answer in answers if _is_taken(answer) for message in batch.messages)
        for _, answer in answers:
            # Not cancelled: what comes of it later would then be a failure that nobody has heard of, for asyncio to report.
            answer.add_done_callback(_hear_out)
    for _, answer in answers:
        failure = answer.exception()
        if isinstance(failure, KafkaError):
            refusals.append(failure)
        elif failure is not None:
            raise failure
        elif _was_had_already(answer.result()):
            refusals.append(DuplicateSequenceNumber())
    return refusals


def _hear_out(answer: "asyncio.Future[RecordMetadata]") -> None:
    if not answer.cancelled():
        answer.exception()


def _is_taken(answer: "asyncio.Future[RecordMetadata]") -> bool:
    is_answered = answer.done() and not answer.cancelled() and not answer.exception()
    return is_answered and not _was_had_already(answer.result())


def _was_had_already(reply: RecordMetadata) -> bool:
    # "Had that number already." A broker that lost its disk gives out producer ids from the start again, so the number may be
    # another message's. A copy is harmless, a message that only seems sent is not: it goes again.
    return bool(reply.offset < 0)
