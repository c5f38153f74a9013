"""What both buses promise, and what only one of them can get wrong."""

import asyncio
import json
import time
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Callable, Iterator, Sequence

import pytest

from shared.messaging import in_process, kafka_reader
from shared.messaging import kafka as messaging_kafka
from shared.messaging.in_process import InProcessBus
from shared.messaging.kafka import KafkaBus
from shared.messaging.kafka_reader import list_topics
from shared.messaging.messages import Bus, Message
from tests.parts import OFFSET_COMMIT, PRODUCE, MockKafka, mock_kafka

REFERRALS, STATS = "havn.referrals", "havn.stats"


def message(number: int, *, key: str = "case-1", topic: str = REFERRALS, traceparent: str | None = None) -> Message:
    value = json.dumps({"id": f"{topic}-{number}", "subject": key}).encode()
    return Message(topic=topic, key=key, id=f"{topic}-{number}", value=value, traceparent=traceparent)


class Handler:
    """Handles what it is given, and remembers it."""

    def __init__(self) -> None:
        self.handled: list[Message] = []
        self.is_away = False

    async def __call__(self, messages: Sequence[Message]) -> None:
        if self.is_away:
            raise ConnectionError("the database is away")
        self.handled.extend(messages)

    @property
    def ids(self) -> list[str]:
        return [message.id for message in self.handled]

    def first_ids_by_key(self) -> dict[str, list[str]]:
        """As an inbox sees them: the first copy of each, in order, by key."""
        seen: dict[str, dict[str, None]] = defaultdict(dict)
        for each in self.handled:
            seen[each.key].setdefault(each.id)
        return {key: list(ids) for key, ids in seen.items()}


async def eventually(claim: Callable[[], bool], within: float = 15) -> None:
    async with asyncio.timeout(within):
        while not claim():
            await asyncio.sleep(0.02)


async def publish_all(bus: Bus, messages: Sequence[Message]) -> None:
    """As the relay does: what was not taken is tried again."""
    left = list(messages)
    async with asyncio.timeout(30):
        while left:
            taken = await bus.publish(left)
            left = [each for each in left if each.id not in taken]


@pytest.fixture
def kafka() -> Iterator[MockKafka]:
    with mock_kafka() as cluster:
        for topic in (REFERRALS, STATS):
            cluster.make_topic(topic)
        yield cluster


MakeBus = Callable[[], Bus]


@pytest.fixture(params=["in_process", "mock_kafka"])
async def make_bus(request: pytest.FixtureRequest) -> AsyncIterator[MakeBus]:
    """Makes buses of one kind, as the processes of a service would; stops them at the end."""
    made: list[Bus] = []
    cluster = request.getfixturevalue("kafka") if request.param == "mock_kafka" else None

    def make() -> Bus:
        made.append(InProcessBus() if cluster is None else kafka_bus(cluster))
        return made[-1]

    yield make
    for bus in made:
        await bus.stop()


def kafka_bus(cluster: MockKafka, *, publish_seconds: float = 10) -> KafkaBus:
    # The mock lets a group that lost its only member wait for a whole session before the next may join.
    return KafkaBus(cluster.bootstrap, "test", publish_seconds=publish_seconds, session_seconds=0.5, check_crcs=False)


@pytest.fixture
async def bus_on(kafka: MockKafka) -> AsyncIterator[Callable[..., KafkaBus]]:
    made: list[KafkaBus] = []

    def make(**settings: float) -> KafkaBus:
        made.append(kafka_bus(kafka, **settings))
        return made[-1]

    yield make
    for bus in made:
        await bus.stop()


# Both buses


@pytest.mark.row(159)
async def test_a_message_reaches_every_group_that_subscribed_to_its_topic(make_bus: MakeBus) -> None:
    bus, stats, identification, elsewhere = make_bus(), Handler(), Handler(), Handler()
    bus.subscribe("stats", frozenset({REFERRALS, STATS}), stats)
    bus.subscribe("identification", frozenset({REFERRALS}), identification)
    bus.subscribe("elsewhere", frozenset({STATS}), elsewhere)
    await bus.start()
    sent = [message(1, traceparent="00-aa-bb-01"), message(2, topic=STATS)]
    assert await bus.publish(sent) == {each.id for each in sent}
    await eventually(lambda: len(stats.handled) == 2 and len(identification.handled) == 1 and bool(elsewhere.handled))
    assert identification.handled == [sent[0]]
    assert elsewhere.handled == [sent[1]]
    assert bus.healthy is None


async def test_messages_of_one_case_keep_their_order(make_bus: MakeBus) -> None:
    bus, handler = make_bus(), Handler()
    bus.subscribe("stats", frozenset({REFERRALS}), handler)
    await bus.start()
    sent = [message(number, key=f"case-{number % 7}") for number in range(140)]
    await publish_all(bus, sent)
    await eventually(lambda: len(set(handler.ids)) == 140)
    for key, ids in handler.first_ids_by_key().items():
        assert ids == [each.id for each in sent if each.key == key]


async def test_a_crash_before_the_work_is_recorded_brings_the_messages_again(make_bus: MakeBus) -> None:
    reached = asyncio.Event()

    async def dies_in_the_middle(_messages: Sequence[Message]) -> None:
        reached.set()
        await asyncio.Event().wait()

    crashing, sent = make_bus(), [message(number) for number in range(5)]
    crashing.subscribe("stats", frozenset({REFERRALS}), dies_in_the_middle)
    await crashing.start()
    relay = asyncio.create_task(publish_all(crashing, sent))
    await asyncio.wait_for(reached.wait(), 15)
    is_acknowledged = relay.done()
    relay.cancel()
    await asyncio.wait([relay])
    await crashing.stop()

    bus, handler = make_bus(), Handler()
    bus.subscribe("stats", frozenset({REFERRALS}), handler)
    await bus.start()
    if not is_acknowledged:
        await publish_all(bus, sent)
    await eventually(lambda: handler.first_ids_by_key().get("case-1") == [each.id for each in sent])


async def test_nothing_is_lost_while_the_database_of_a_group_is_away(make_bus: MakeBus) -> None:
    bus, handler = make_bus(), Handler()
    handler.is_away = True
    bus.subscribe("stats", frozenset({REFERRALS}), handler)
    await bus.start()
    sent = [message(number) for number in range(20)]
    relay = asyncio.create_task(publish_all(bus, sent))
    await asyncio.sleep(0.3)
    handler.is_away = False
    await relay
    await eventually(lambda: len(set(handler.ids)) == 20)
    assert handler.first_ids_by_key()["case-1"] == [each.id for each in sent]


async def test_stopping_takes_at_most_five_seconds_however_long_a_handler_takes(make_bus: MakeBus) -> None:
    reached = asyncio.Event()

    async def slow(_messages: Sequence[Message]) -> None:
        reached.set()
        await asyncio.sleep(60)

    bus = make_bus()
    bus.subscribe("stats", frozenset({REFERRALS}), slow)
    await bus.start()
    relay = asyncio.create_task(bus.publish([message(1)]))
    await asyncio.wait_for(reached.wait(), 15)
    began_at = time.monotonic()
    await bus.stop()
    relay.cancel()
    await asyncio.wait([relay])
    assert time.monotonic() - began_at < 15  # stopping waits five seconds for a slow handler, not the minute it takes


async def test_a_bus_that_has_stopped_takes_nothing(make_bus: MakeBus) -> None:
    bus = make_bus()
    await bus.start()
    await bus.stop()
    assert await bus.publish([message(1)]) == set()


async def test_a_group_cannot_come_late(make_bus: MakeBus) -> None:
    bus = make_bus()
    bus.subscribe("stats", frozenset({REFERRALS}), Handler())
    await bus.start()
    with pytest.raises(RuntimeError, match="Group late must subscribe before the bus starts"):
        bus.subscribe("late", frozenset({REFERRALS}), Handler())


# In this process


async def test_in_process_a_message_is_taken_only_when_every_group_has_handled_it() -> None:
    bus, well, ill = InProcessBus(), Handler(), Handler()
    ill.is_away = True
    bus.subscribe("well", frozenset({REFERRALS, STATS}), well)
    bus.subscribe("ill", frozenset({REFERRALS}), ill)
    await bus.start()
    refused, taken = message(1), message(2, key="case-2", topic=STATS)
    assert await bus.publish([refused, taken]) == {taken.id}
    ill.is_away = False
    assert await bus.publish([refused]) == {refused.id}
    assert ill.ids == [refused.id]


async def test_in_process_a_later_message_of_a_case_waits_for_one_that_was_refused() -> None:
    bus, ill = InProcessBus(), Handler()
    ill.is_away = True
    bus.subscribe("ill", frozenset({REFERRALS}), ill)
    await bus.start()
    assert await bus.publish([message(1), message(2, topic=STATS), message(3, key="case-2", topic=STATS)]) == {
        f"{STATS}-3"
    }


async def test_in_process_nothing_is_taken_before_the_groups_are_there() -> None:
    bus, handler = InProcessBus(), Handler()
    assert await bus.publish([message(1)]) == set()
    bus.subscribe("stats", frozenset({REFERRALS}), handler)
    await bus.start()
    assert await bus.publish([message(1)]) == {message(1).id}


async def test_in_process_a_group_handles_one_batch_at_a_time() -> None:
    running, most = 0, 0

    async def counts(_messages: Sequence[Message]) -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0)
        running -= 1

    bus = InProcessBus()
    bus.subscribe("stats", frozenset({REFERRALS}), counts)
    await bus.start()
    await asyncio.gather(*(bus.publish([message(number)]) for number in range(5)))
    assert most == 1


async def test_in_process_a_group_that_goes_on_failing_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    bus, handler = InProcessBus(), Handler()
    handler.is_away = True
    bus.subscribe("stats", frozenset({REFERRALS}), handler)
    await bus.start()
    await bus.publish([message(1)])
    assert bus.healthy is None
    monkeypatch.setattr(in_process, "SILENCE_SECONDS", -1)
    assert bus.healthy == "Group stats has not been able to handle its messages for 0 seconds."
    handler.is_away = False
    await bus.publish([message(1)])
    assert bus.healthy is None


# Kafka


@pytest.mark.parametrize("code", [6, 7, 19], ids=["not leader", "request timed out", "not enough replicas"])
async def test_an_error_of_the_broker_that_passes_is_tried_again_within_the_publish(
    kafka: MockKafka, bus_on: Callable[..., KafkaBus], code: int
) -> None:
    bus = bus_on()
    kafka.fail_next(PRODUCE, [code, code])
    assert await bus.publish([message(1)]) == {message(1).id}


@pytest.mark.parametrize("code", [10, 45, 47], ids=["too large", "out of order", "fenced"])
async def test_a_refused_message_stays_untaken_and_goes_out_before_its_successors(
    kafka: MockKafka, bus_on: Callable[..., KafkaBus], code: int
) -> None:
    bus, handler = bus_on(), Handler()
    bus.subscribe("stats", frozenset({REFERRALS}), handler)
    await bus.start()
    kafka.fail_next(PRODUCE, [code])
    sent = [message(number) for number in range(3)]
    assert await bus.publish(sent) == set()
    assert await bus.publish(sent) == {each.id for each in sent}
    await eventually(lambda: handler.first_ids_by_key().get("case-1") == [each.id for each in sent])


async def test_a_later_message_of_a_case_does_not_overtake_one_that_cannot_be_sent(
    bus_on: Callable[..., KafkaBus],
) -> None:
    unsendable = Message(REFERRALS, "case-1", "unsendable", b"x" * 2_000_000, None)
    later, elsewhere = message(1, topic=STATS), message(2, key="case-2")
    assert await bus_on().publish([unsendable, later, elsewhere]) == {elsewhere.id}


async def test_a_message_the_broker_only_says_it_had_already_is_sent_again(
    kafka: MockKafka, bus_on: Callable[..., KafkaBus]
) -> None:
    bus = bus_on()
    kafka.fail_next(PRODUCE, [46])
    assert await bus.publish([message(1)]) == set()
    await publish_all(bus, [message(1)])


async def test_a_publish_that_takes_too_long_is_unknown_and_tried_again(
    kafka: MockKafka, bus_on: Callable[..., KafkaBus]
) -> None:
    bus = bus_on(publish_seconds=1)
    assert await bus.publish([message(1)]) == {message(1).id}
    kafka.answer_after(3000)
    assert await bus.publish([message(2)]) == set()
    kafka.answer_after(0)
    await publish_all(bus, [message(2)])


async def test_a_missing_topic_is_reported_and_never_made(kafka: MockKafka, bus_on: Callable[..., KafkaBus]) -> None:
    bus = bus_on()
    absent = message(1, topic="havn.absent")
    present = message(2, key="case-2")
    overtaker = message(3)
    assert await bus.publish([absent, present, overtaker]) == {present.id}
    assert bus.healthy == "Topic havn.absent does not exist: run havn migrate."
    assert await list_topics(kafka.bootstrap) == {REFERRALS, STATS}
    kafka.make_topic("havn.absent")
    assert await bus.publish([absent, overtaker]) == {absent.id, overtaker.id}
    assert bus.healthy is None


async def test_a_group_waits_for_a_missing_topic(kafka: MockKafka, bus_on: Callable[..., KafkaBus]) -> None:
    bus, handler = bus_on(), Handler()
    bus.subscribe("stats", frozenset({"havn.absent"}), handler)
    await bus.start()
    await eventually(lambda: bus.healthy == "Topic havn.absent does not exist: run havn migrate.")
    kafka.make_topic("havn.absent")
    await publish_all(bus, [message(1, topic="havn.absent")])
    await eventually(lambda: len(handler.handled) == 1 and bus.healthy is None)


async def test_a_failed_commit_of_offsets_brings_the_messages_again(
    kafka: MockKafka, bus_on: Callable[..., KafkaBus]
) -> None:
    bus, handler = bus_on(), Handler()
    bus.subscribe("stats", frozenset({REFERRALS}), handler)
    await bus.start()
    invalid_commit_offset_size = 28
    kafka.fail_next(OFFSET_COMMIT, [invalid_commit_offset_size])
    await publish_all(bus, [message(1)])
    await eventually(lambda: Counter(handler.ids)[message(1).id] == 2)


async def test_what_is_no_event_is_still_delivered_under_a_name_of_its_own(bus_on: Callable[..., KafkaBus]) -> None:
    bus, handler = bus_on(), Handler()
    bus.subscribe("stats", frozenset({REFERRALS}), handler)
    await bus.start()
    garbage = [b"{", b"[" * 5000, b"[]", b'{"id": 7}', b"\xff"]
    await publish_all(bus, [Message(REFERRALS, "case-1", str(n), value, None) for n, value in enumerate(garbage)])
    await eventually(lambda: len(handler.handled) == len(garbage))
    assert [each.value for each in handler.handled] == garbage
    assert len(set(handler.ids)) == len(garbage)


async def test_lag_counts_what_is_not_handled_yet(bus_on: Callable[..., KafkaBus]) -> None:
    bus, handler = bus_on(), Handler()
    handler.is_away = True
    bus.subscribe("stats", frozenset({REFERRALS}), handler)
    await bus.start()
    await publish_all(bus, [message(number, key=f"case-{number}") for number in range(4)])

    async def reaches(count: int) -> None:
        async with asyncio.timeout(15):
            while await bus.lag() != {("stats", REFERRALS): count}:
                await asyncio.sleep(0.05)

    await reaches(4)
    handler.is_away = False
    await reaches(0)


async def test_a_broker_that_is_away_is_reported_and_its_return_noticed(
    kafka: MockKafka, bus_on: Callable[..., KafkaBus], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(messaging_kafka, "SILENCE_SECONDS", 1.5)
    monkeypatch.setattr(kafka_reader, "IDLE_CHECK_SECONDS", 0.2)
    monkeypatch.setattr(kafka_reader, "CALL_SECONDS", 1)
    bus, handler = bus_on(publish_seconds=1), Handler()
    bus.subscribe("stats", frozenset({REFERRALS}), handler)
    await bus.start()
    await publish_all(bus, [message(1)])
    await eventually(lambda: len(handler.handled) == 1)
    kafka.go_down()
    await eventually(lambda: bus.healthy is not None)
    assert "Group stats has not read from Kafka for" in (bus.healthy or "")
    assert await bus.publish([message(2)]) == set()
    await asyncio.sleep(1.6)
    assert "Kafka has not taken any message for" in (bus.healthy or "")
    kafka.come_up()
    await publish_all(bus, [message(2)])
    await eventually(lambda: message(2).id in handler.ids and bus.healthy is None)
