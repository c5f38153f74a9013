"""Reading from Kafka: one consumer for each group, made anew whenever its client falters.

Clients of Kafka are known to stop without a word, to wait for ever, and to go on from a position that means nothing on
a broker with a new disk. So all guarantees lie in the outbox, the inbox and the committed offset, and the client is
something to throw away at the first doubt.
"""

import asyncio
import itertools
import json
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Mapping
from contextlib import asynccontextmanager, suppress
from operator import attrgetter
from typing import Any

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import KafkaError, UnknownTopicOrPartitionError

from shared.messaging.kafka_security import PLAIN
from shared.messaging.messages import Message, Subscription
from shared.observability.logs import log

MAX_RECORDS = 500
POLL_SECONDS = 0.5
COMMIT_SECONDS = 1.0
"""So often at most a group has the broker note how far it has read: a note costs as much as what was read. What was handled since
the last one comes again after a crash, and the inbox passes it by."""
CALL_SECONDS = 15.0
JOIN_SECONDS = 30.0
IDLE_CHECK_SECONDS = 10.0
STUCK_SECONDS = 30.0
FIRST_PAUSE_SECONDS = 0.2
LONGEST_PAUSE_SECONDS = 10.0
ASKED_TO_END = 4


class BusFault(Exception):
    """The bus is not as it should be; says in one sentence what was seen."""


class TopicMissing(BusFault):
    """A topic is not there. Making it is the work of `havn migrate`, never of a client that happens to use it."""

    def __init__(self, topics: Iterable[str]) -> None:
        names = sorted(topics)
        what = f"Topic {names[0]} does" if len(names) == 1 else f"Topics {', '.join(names)} do"
        super().__init__(f"{what} not exist: run havn migrate.")


class PositionForgotten(BusFault):
    """The broker no longer knows how far the group had read, so the position kept in this process means nothing."""


class ReaderStuck(BusFault):
    """Messages are waiting, yet the client brings none."""


class Leaving:
    """Clients on their way out. One may hang as long as its last request; nobody waits for it longer than a second."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    async def see_off(self, stop: Coroutine[Any, Any, None], client: AIOKafkaClient) -> None:
        """Let a producer or consumer stop in its own time; `client` is what holds its connections."""
        task = asyncio.create_task(_without_fuss(stop, client))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        await asyncio.wait({task}, timeout=1)

    async def finish(self) -> None:
        """End those still hanging. Asked more than once: a client that hears just then may not hear that it is to end."""
        for _ in range(ASKED_TO_END):
            if not self._tasks:
                return
            for task in self._tasks:
                task.cancel()
            await asyncio.wait(self._tasks, timeout=0.2)


class GroupReader:
    """One consumer group, kept reading whatever happens to its client or to the broker."""

    def __init__(
        self,
        bootstrap: str,
        subscription: Subscription,
        make_consumer: Callable[..., AIOKafkaConsumer],
        leaving: Leaving,
        *,
        security: Mapping[str, Any] = PLAIN,
    ) -> None:
        self.group = subscription.group
        self.has_joined = False
        """Whether Kafka has ever taken it into the group."""
        self.missing_topics: set[str] = set()
        self._topics = subscription.topics
        self._deliver = subscription.deliver
        self._bootstrap = bootstrap
        self._security = security
        self._make_consumer = make_consumer
        self._leaving = leaving
        self._last_lag: dict[str, int] = {}
        self._handled_up_to: dict[TopicPartition, int] = {}
        self._is_handling = False
        self._uncommitted: dict[TopicPartition, int] = {}
        """Where what was handled since the last commit ends."""
        self._member: tuple[str, int] | None = None
        """As whom that was read."""
        self._committed_at: dict[TopicPartition, float] = {}
        """When this client last committed what it had read of each."""
        self._checked_over: set[object] = set()
        """The connections over which the broker has said where the group stands."""
        self._in_doubt: set[TopicPartition] = set()
        now = time.monotonic()
        self._well_at = self._checked_at = self._brought_at = now

    @property
    def has_batch(self) -> bool:
        """Whether messages are in hand that are not handled and acknowledged yet."""
        return self._is_handling or bool(self._uncommitted)

    def silent_seconds(self) -> float:
        """Since the broker last answered and what it brought was handled."""
        return time.monotonic() - self._well_at

    async def run(self, stopping: asyncio.Event) -> None:
        """Read until asked to stop."""
        self._well_at = time.monotonic()
        pause = FIRST_PAUSE_SECONDS
        while not stopping.is_set():
            try:
                async with self._running_consumer() as consumer:
                    while not stopping.is_set():
                        await self._read_once(consumer)
                        pause = FIRST_PAUSE_SECONDS
                    await self._commit(consumer)
            except Exception as error:
                # Whatever it is, the way out is the same: a new client that asks the broker where the group stands.
                reason = str(error) if isinstance(error, BusFault) else type(error).__name__
                log.warning("bus.reader_restarts", group=self.group, pause_seconds=pause, error=reason)
                with suppress(TimeoutError):
                    await asyncio.wait_for(stopping.wait(), pause)
                pause = min(2 * pause, LONGEST_PAUSE_SECONDS)

    async def lag(self) -> dict[str, int]:
        """Messages the group has not handled, by topic; what was last known when the broker does not answer.

        An observer of its own asks, since the lag matters most while the reader has no consumer that works.
        """
        with suppress(KafkaError, OSError, TimeoutError):
            async with asyncio.timeout(CALL_SECONDS / 3):
                async with admin_of(self._bootstrap, self._security) as admin:
                    described = await admin.describe_topics()
                observer = self._make_consumer()
                observer.assign(
                    [
                        TopicPartition(topic["topic"], partition["partition"])
                        for topic in described
                        if topic["topic"] in self._topics
                        for partition in topic["partitions"]
                    ]
                )
                try:
                    await observer.start()
                    self._last_lag = await _lag_of(observer)
                finally:
                    await self._stop(observer)
        return self._last_lag

    @asynccontextmanager
    async def _running_consumer(self) -> AsyncIterator[AIOKafkaConsumer]:
        async with asyncio.timeout(CALL_SECONDS):
            self.missing_topics = set(self._topics - await list_topics(self._bootstrap, self._security))
        if self.missing_topics:
            raise TopicMissing(self.missing_topics)
        consumer = self._make_consumer(*self._topics)
        try:
            async with asyncio.timeout(JOIN_SECONDS):
                await consumer.start()
            self._checked_at = self._brought_at = time.monotonic()
            self._committed_at.clear()
            self._checked_over.clear()
            self.has_joined = True
            yield consumer
        finally:
            self._uncommitted.clear()
            await self._stop(consumer)

    async def _stop(self, consumer: AIOKafkaConsumer) -> None:
        await self._leaving.see_off(consumer.stop(), consumer._client)  # noqa: SLF001  it has no public name

    async def _read_once(self, consumer: AIOKafkaConsumer) -> None:
        await self._start_over_where_in_doubt(consumer)
        brought = await consumer.getmany(timeout_ms=int(POLL_SECONDS * 1000), max_records=MAX_RECORDS)
        self._forget_what_another_read(_membership(consumer))
        if not brought:
            await self._commit_where_due(consumer)
            await self._check_when_idle(consumer)
            return
        first = {tp: records[0].offset for tp, records in brought.items()}
        if not (first.keys() <= self._committed_at.keys() and _connections(consumer) <= self._checked_over):
            await self._check_position(consumer, first)
        self._note_leaps(first)
        self._is_handling = True
        try:
            await self._deliver([_received(record) for record in itertools.chain.from_iterable(brought.values())])
        finally:
            self._is_handling = False
        offsets = {tp: records[-1].offset + 1 for tp, records in brought.items()}
        self._uncommitted |= offsets
        self._handled_up_to |= offsets
        self._well_at = self._brought_at = time.monotonic()
        await self._commit_where_due(consumer)

    def _forget_what_another_read(self, member: tuple[str, int]) -> None:
        """A client that has joined the group anew goes on from what was committed: what it read before that is not committed, as
        the broker may have come back with a new disk, where the old positions mean something else. It comes once more."""
        if self._uncommitted and member != self._member:
            for tp in self._uncommitted:
                self._handled_up_to.pop(tp, None)
            self._uncommitted.clear()
        self._member = member

    async def _commit_where_due(self, consumer: AIOKafkaConsumer) -> None:
        """The first of what a client reads of a partition is committed at once: from then on, a broker that knows no position
        has lost it."""
        last = [self._committed_at.get(tp, -COMMIT_SECONDS) for tp in self._uncommitted]
        if last and time.monotonic() - min(last) >= COMMIT_SECONDS:
            await self._commit(consumer)

    async def _commit(self, consumer: AIOKafkaConsumer) -> None:
        self._forget_what_another_read(_membership(consumer))
        if not (offsets := dict(self._uncommitted)):
            return
        await self._check_that_it_is_remembered(consumer)
        async with asyncio.timeout(CALL_SECONDS), self._doubting(consumer, _membership(consumer), offsets):
            await consumer.commit(offsets)
        self._uncommitted.clear()
        self._committed_at |= dict.fromkeys(offsets, time.monotonic())
        await self._start_over_where_in_doubt(consumer)

    @asynccontextmanager
    async def _doubting(
        self, consumer: AIOKafkaConsumer, member: tuple[str, int], partitions: Iterable[TopicPartition]
    ) -> AsyncIterator[None]:
        """Whether what is committed within can be believed.

        A client that has joined the group anew meanwhile has committed as the new member: it tries again by itself. Where
        it did so because the broker came back with a new disk, the old positions now stand for the new log, and what lies
        before them would be skipped. A commit that failed may have come as far for some of the partitions, where a topic
        was not made again yet, or may still come as far behind our back, where it took too long.
        """
        try:
            yield
        except (TimeoutError, asyncio.CancelledError, UnknownTopicOrPartitionError):
            self._in_doubt.update(partitions)
            raise
        finally:
            if _membership(consumer) != member:
                self._in_doubt.update(partitions)

    async def _start_over_where_in_doubt(self, consumer: AIOKafkaConsumer) -> None:
        """Have these partitions read from their beginning. To read it all again is harmless."""
        doubtful = self._in_doubt & consumer.assignment()
        if not doubtful:
            return
        async with asyncio.timeout(CALL_SECONDS):
            await consumer.commit(await consumer.beginning_offsets(list(doubtful)))
        self._in_doubt -= doubtful
        raise PositionForgotten(
            f"Group {self.group} was joined anew before a commit, or a commit failed; it reads from the beginning."
        )

    async def _check_when_idle(self, consumer: AIOKafkaConsumer) -> None:
        """A client that brings nothing may be idle, or deaf: it keeps silent about a broker that is gone."""
        if time.monotonic() - self._checked_at < IDLE_CHECK_SECONDS:
            return
        async with asyncio.timeout(CALL_SECONDS):
            self.missing_topics = set(self._topics - await consumer.topics())
            if self.missing_topics:
                raise TopicMissing(self.missing_topics)
            waiting = sum((await _lag_of(consumer)).values())
        self._checked_at = time.monotonic()
        if waiting and self._checked_at - self._brought_at > STUCK_SECONDS:
            raise ReaderStuck(f"{waiting} messages are waiting for group {self.group}, but the client brings none.")
        self._well_at = self._checked_at

    async def _check_position(self, consumer: AIOKafkaConsumer, first: Mapping[TopicPartition, int]) -> None:
        """See that the batch goes on where the broker says the group stands; asked when a client begins, and whenever it has
        connected anew.

        When a broker has lost its disk, the old position may lie in the middle of the new topic, and to go on from
        there would skip what lies before it. The broker has lost the group's offsets as well: that is how it shows.
        """
        connections = _connections(consumer)
        async with asyncio.timeout(CALL_SECONDS):
            stands = dict(zip(first, await asyncio.gather(*(consumer.committed(tp) for tp in first)), strict=True))
            starts = await consumer.beginning_offsets([tp for tp in first if stands[tp] is None])
        for tp, offset in first.items():
            known = stands[tp]
            if known is None and offset > starts[tp]:
                raise self._forgotten(tp)
            if known is not None and tp not in self._uncommitted and offset > known:
                self._note_loss(tp, offset, expected=known)
        self._checked_over = connections

    async def _check_that_it_is_remembered(self, consumer: AIOKafkaConsumer) -> None:
        """See that the broker has not forgotten the group while the connection stood, as where a topic was deleted and made
        again: of each topic one partition's position says so."""
        for tp in {tp.topic: tp for tp in self._uncommitted if tp in self._committed_at}.values():
            async with asyncio.timeout(CALL_SECONDS):
                known = await consumer.committed(tp)
            if known is None:
                raise self._forgotten(tp)

    def _forgotten(self, tp: TopicPartition) -> PositionForgotten:
        return PositionForgotten(f"The broker has forgotten how far group {self.group} had read {tp.topic}.")

    def _note_leaps(self, first: Mapping[TopicPartition, int]) -> None:
        for tp, offset in first.items():
            if offset < self._handled_up_to.get(tp, 0):
                log.warning("bus.reading_starts_over", **self._place(tp, offset))
            if offset > (expected := self._uncommitted.get(tp, offset)):
                self._note_loss(tp, offset, expected=expected)

    def _note_loss(self, tp: TopicPartition, offset: int, *, expected: int) -> None:
        log.error("bus.messages_gone_before_they_were_read", expected=expected, **self._place(tp, offset))

    def _place(self, tp: TopicPartition, offset: int) -> dict[str, Any]:
        return {"group": self.group, "topic": tp.topic, "partition": tp.partition, "offset": offset}


_by_broker = attrgetter("_client._conns")
"""A client's connections: they have no public name."""


def _connections(consumer: AIOKafkaConsumer) -> set[object]:
    """The client's connections to brokers: one that was lost is replaced by another."""
    return set(_by_broker(consumer).values())


def _membership(consumer: AIOKafkaConsumer) -> tuple[str, int]:
    """As whom the client is in the group; another one after it has joined anew."""
    coordinator = consumer._coordinator  # noqa: SLF001  it has no public name
    return coordinator.member_id, coordinator.generation


@asynccontextmanager
async def admin_of(bootstrap: str, security: Mapping[str, Any] = PLAIN) -> AsyncIterator[AIOKafkaAdminClient]:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap, **security)
    try:
        await admin.start()
        yield admin
    finally:
        await admin.close()


async def list_topics(bootstrap: str, security: Mapping[str, Any] = PLAIN) -> set[str]:
    async with admin_of(bootstrap, security) as admin:
        return set(await admin.list_topics())


async def _lag_of(consumer: AIOKafkaConsumer) -> dict[str, int]:
    assigned = sorted(consumer.assignment())
    ends = await consumer.end_offsets(assigned)
    starts = await consumer.beginning_offsets(assigned)
    lag: dict[str, int] = defaultdict(int)
    for tp in assigned:
        lag[tp.topic] += max(0, ends[tp] - (await consumer.committed(tp) or starts[tp]))
    return dict(lag)


def _received(record: ConsumerRecord) -> Message:
    value = record.value or b""
    headers = dict(record.headers)
    return Message(
        topic=record.topic,
        key=(record.key or b"").decode(errors="replace"),
        id=_event_id(value) or f"{record.topic}/{record.partition}/{record.offset}",
        value=value,
        traceparent=headers["traceparent"].decode(errors="replace") if "traceparent" in headers else None,
    )


def _event_id(value: bytes) -> str | None:
    """The id inside the event; None when it is no event, which must still get a name to be set aside under."""
    try:
        event = json.loads(value)
    except (ValueError, RecursionError):
        return None
    event_id = event.get("id") if isinstance(event, dict) else None
    return event_id if isinstance(event_id, str) and event_id else None


async def _without_fuss(stop: Coroutine[Any, Any, None], client: AIOKafkaClient) -> None:
    try:
        await stop
    except Exception as error:
        log.info("bus.client_left_badly", error=type(error).__name__)
    finally:
        # It may have given up, or been cancelled by a task of its own, before it closed its connections; then it would look
        # for the brokers as long as this process lives.
        await client.close()
