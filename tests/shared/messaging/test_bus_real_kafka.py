"""The promises of the bus on a real Apache Kafka that is killed and that loses its disk."""

import asyncio
import inspect
import json
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator, Sequence
from uuid import uuid4

import pytest
from aiokafka.client import AIOKafkaClient

from shared.messaging.kafka import KafkaBus, make_topics
from shared.messaging.kafka_reader import admin_of
from shared.messaging.messages import Message
from tests.parts import RealKafka, real_kafka

pytestmark = [pytest.mark.kafka, pytest.mark.slow, pytest.mark.xdist_group("real_kafka")]


@pytest.fixture(scope="module")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealKafka]:
    with real_kafka(tmp_path_factory.mktemp("kafka")) as broker:
        yield broker


@pytest.fixture
async def topic(kafka: RealKafka) -> str:
    name = f"havn.test-{uuid4()}"
    await make_topics(kafka.bootstrap, [name], partitions=3)
    return name


class Inbox:
    """Counts a message once, however often it comes, and keeps the order of its case."""

    def __init__(self) -> None:
        self.cases: dict[str, dict[str, None]] = defaultdict(dict)
        self.copies = 0

    async def __call__(self, messages: Sequence[Message]) -> None:
        self.copies += len(messages)
        for message in messages:
            self.cases[message.key].setdefault(message.id)

    @property
    def ids(self) -> set[str]:
        return {message_id for case in self.cases.values() for message_id in case}

    async def holds(self, ids: set[str], within: float = 60) -> None:
        async with asyncio.timeout(within):
            while not ids <= self.ids:
                await asyncio.sleep(0.05)


@pytest.fixture
async def buses(kafka: RealKafka) -> AsyncIterator[list[KafkaBus]]:
    made: list[KafkaBus] = []
    yield made
    for bus in made:
        await bus.stop()
    assert clients_of(kafka) == [], "what was abandoned on the way, too, has let go of the brokers"


def clients_of(kafka: RealKafka) -> list[AIOKafkaClient]:
    """The clients of this broker that are at work in this process: each looks for brokers in a task of its own."""
    coroutines = [task.get_coro() for task in asyncio.all_tasks()]
    looking = [each for each in coroutines if getattr(each, "__qualname__", "") == "AIOKafkaClient._md_synchronizer"]
    clients = [inspect.getcoroutinelocals(each)["self"] for each in looking]
    return [client for client in clients if client._bootstrap_servers == kafka.bootstrap]


async def reading_bus(buses: list[KafkaBus], kafka: RealKafka, topic: str) -> tuple[KafkaBus, Inbox]:
    bus, inbox = KafkaBus(kafka.bootstrap, "test", publish_seconds=3), Inbox()
    buses.append(bus)
    bus.subscribe(f"group-{topic}", frozenset({topic}), inbox)
    await bus.start()
    return bus, inbox


def messages_of(topic: str, count: int, cases: int = 20) -> list[Message]:
    """Numbered, so that the cases take turns."""
    return [
        Message(topic, f"case-{number % cases}", f"m{number}", json.dumps({"id": f"m{number}"}).encode(), "00-aa-bb-01")
        for number in range(count)
    ]


async def publish_all(bus: KafkaBus, messages: Sequence[Message], taken: set[str]) -> None:
    """As the relay does: the oldest hundred that are not taken, until none is left."""
    while left := [message for message in messages if message.id not in taken][:100]:
        taken |= await bus.publish(left)
        await asyncio.sleep(0)


def assert_in_order(inbox: Inbox, messages: Sequence[Message]) -> None:
    for key, ids in inbox.cases.items():
        assert list(ids) == [message.id for message in messages if message.key == key]


async def test_a_message_arrives_as_it_was_sent(kafka: RealKafka, topic: str, buses: list[KafkaBus]) -> None:
    bus, received = KafkaBus(kafka.bootstrap, "test"), []
    buses.append(bus)

    async def keep(messages: Sequence[Message]) -> None:
        received.extend(messages)

    bus.subscribe(f"group-{topic}", frozenset({topic}), keep)
    await bus.start()
    sent = messages_of(topic, 1)
    assert await bus.publish(sent) == {"m0"}
    async with asyncio.timeout(30):
        while not received:
            await asyncio.sleep(0.02)
    assert received == sent
    assert await bus.lag() == {(f"group-{topic}", topic): 0}
    assert bus.healthy is None


async def test_killing_the_broker_while_messages_go_out_loses_none_and_keeps_their_order(
    kafka: RealKafka, topic: str, buses: list[KafkaBus]
) -> None:
    bus, inbox = await reading_bus(buses, kafka, topic)
    messages, taken = messages_of(topic, 4_000), set[str]()  # so many that the broker dies before the last one
    relay = asyncio.create_task(publish_all(bus, messages, taken))
    while len(taken) < 200:
        await asyncio.sleep(0)
    await asyncio.to_thread(kafka.kill)
    assert not relay.done()
    await asyncio.to_thread(kafka.start)
    async with asyncio.timeout(90):
        await relay
    await inbox.holds(taken)
    assert inbox.ids == {message.id for message in messages}
    assert_in_order(inbox, messages)


async def test_a_broker_that_lost_everything_is_filled_again_and_read_from_its_beginning(
    kafka: RealKafka, topic: str, buses: list[KafkaBus]
) -> None:
    bus, inbox = await reading_bus(buses, kafka, topic)
    messages = messages_of(topic, 200)
    await publish_all(bus, messages, set())
    await inbox.holds({message.id for message in messages})

    await asyncio.to_thread(kafka.wipe)
    await asyncio.to_thread(kafka.start)
    assert await bus.publish(messages[:1]) == set()
    await bus.publish(messages[:1])
    assert bus.healthy == f"Topic {topic} does not exist: run havn migrate."
    await make_topics(kafka.bootstrap, [topic], partitions=3)

    # More than before, so that the old position of the reader lies within the new topic.
    more = messages_of(topic, 900)
    await publish_all(bus, more, set())
    await inbox.holds({message.id for message in more})
    assert inbox.copies >= 1_100
    assert_in_order(inbox, more)
    assert bus.healthy is None


async def test_making_topics_twice_leaves_them_as_they_are(kafka: RealKafka, topic: str) -> None:
    await make_topics(kafka.bootstrap, [topic, f"{topic}-more"], partitions=6)
    async with admin_of(kafka.bootstrap) as admin:
        partitions = {each["topic"]: len(each["partitions"]) for each in await admin.describe_topics()}
    assert partitions[topic] == 3
    assert partitions[f"{topic}-more"] == 6
