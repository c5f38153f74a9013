"""What a house full of work bears: a broker that dies, a broker that forgets everything, a database that goes away."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from services.everything import SERVICES
from shared.data.embedded import EmbeddedPostgres
from shared.kernel.settings import Settings
from shared.messaging.kafka import KafkaBus
from shared.messaging.kafka_reader import list_topics
from shared.runtime.operations import replay_events
from shared.runtime.running import TOPICS, migrate_all
from tests.journeys import evidence
from tests.journeys.checker import anomalies
from tests.journeys.crowd import Crowd
from tests.parts import RealKafka, real_kafka
from tests.world import World, open_world

pytestmark = [pytest.mark.kafka, pytest.mark.slow, pytest.mark.xdist_group("kafka")]

RECOVERY_SECONDS = 90


class Ground:
    """A database server of its own, that can be taken away."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._server = EmbeddedPostgres(home)
        self.url = self._server.url

    def stop(self) -> None:
        self._server.stop()

    def start(self) -> None:
        self._server = EmbeddedPostgres(self._home)


@pytest.fixture(scope="module")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealKafka]:
    with real_kafka(tmp_path_factory.mktemp("kafka")) as broker:
        yield broker


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    server = Ground(tmp_path_factory.mktemp("ground"))
    yield server
    server.stop()


@pytest.fixture(scope="module")
def on_kafka(settings: Settings, kafka: RealKafka) -> Settings:
    return settings.model_copy(update={"kafka": kafka.bootstrap, "retry_seconds": 0.2})


@pytest.fixture(scope="module")
async def house(on_kafka: Settings, kafka: RealKafka, ground: Ground) -> AsyncIterator[World]:
    """One for all these tests: what each leaves behind must be sound at the end of the next one, too."""
    await migrate_all(evidence.NAMES, on_kafka, ground.url)
    bus = KafkaBus(kafka.bootstrap, "havn-identification", publish_seconds=3)
    async with open_world(SERVICES, on_kafka, ground.url, bus=bus) as world:
        yield world


@pytest.fixture(scope="module")
def crowd(house: World) -> Crowd:
    return Crowd(lambda: house.partner("reden"))


@dataclass
class Topics:
    """What the topics of all these tests have been through."""

    were_refilled_meanwhile: bool = False


@pytest.fixture(scope="module")
def topics() -> Topics:
    return Topics()


async def assert_sound(house: World, crowd: Crowd, kafka: RealKafka, topics: Topics) -> None:
    seen = await evidence.collect(house.server_url, promised=crowd.promised, bootstrap=kafka.bootstrap)
    seen = replace(seen, were_refilled_meanwhile=topics.were_refilled_meanwhile)
    assert [*map(str, anomalies(seen))] == []


async def everything_in(house: World) -> dict[str, list[str]]:
    """Every row of every service, as text."""
    found: dict[str, list[str]] = {}
    for service in evidence.NAMES:
        for table in await house.sql(service, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"):
            name = table["tablename"]
            rows = await house.sql(service, f'SELECT t::text AS row FROM "{name}" t ORDER BY 1')
            found[f"{service}.{name}"] = [row["row"] for row in rows]
    return found


async def test_while_the_broker_is_dead_referrals_are_taken_and_afterwards_all_is_delivered_in_order(
    house: World, crowd: Crowd, kafka: RealKafka, topics: Topics
) -> None:
    stream = asyncio.create_task(crowd.refer(20, pause=0.1))
    await asyncio.sleep(1)
    await asyncio.to_thread(kafka.kill)
    answered = len(crowd.statuses)
    await crowd.refer(10)
    await stream
    assert set(crowd.statuses[answered:]) == {201}
    assert (await evidence.unsent(house.server_url))["referrals"] > 0
    ready = await house.client.get("/referrals/health/ready")
    assert ready.status_code == 200

    await asyncio.to_thread(kafka.start)
    await house.settled(within=RECOVERY_SECONDS)
    await assert_sound(house, crowd, kafka, topics)


async def test_a_broker_that_forgot_everything_is_refilled_and_nothing_takes_effect_again(
    house: World, crowd: Crowd, kafka: RealKafka, on_kafka: Settings, topics: Topics
) -> None:
    await crowd.refer(10)
    await house.settled(within=RECOVERY_SECONDS)
    before = await everything_in(house)

    await asyncio.to_thread(kafka.wipe)
    topics.were_refilled_meanwhile = False
    await asyncio.to_thread(kafka.start)
    assert not await list_topics(kafka.bootstrap) & set(TOPICS)
    await migrate_all(evidence.NAMES, on_kafka, house.server_url)
    for service in SERVICES:
        told = len(await house.events(service.name))
        assert await replay_events(service, on_kafka, house.server_url, since=None) == told
    await house.settled(within=RECOVERY_SECONDS)

    assert await everything_in(house) == before
    await assert_sound(house, crowd, kafka, topics)  # a newcomer finds the whole history on the topics, in order


async def test_what_was_told_while_the_broker_forgot_everything_is_delivered_as_well(
    house: World, crowd: Crowd, kafka: RealKafka, on_kafka: Settings, topics: Topics
) -> None:
    await crowd.refer(5)
    await asyncio.to_thread(kafka.wipe)
    topics.were_refilled_meanwhile = True
    await crowd.refer(5)
    await asyncio.to_thread(kafka.start)
    await crowd.refer(5)
    await migrate_all(evidence.NAMES, on_kafka, house.server_url)
    for service in SERVICES:
        await replay_events(service, on_kafka, house.server_url, since=None)
    await house.settled(within=RECOVERY_SECONDS)
    await evidence.settled(house.server_url, within=RECOVERY_SECONDS)
    await assert_sound(house, crowd, kafka, topics)


async def test_while_the_database_is_away_the_answer_is_503_and_nothing_is_lost(
    house: World, crowd: Crowd, kafka: RealKafka, ground: Ground, topics: Topics
) -> None:
    sender = asyncio.create_task(crowd.refer(20, pause=0.05))
    answered = len(crowd.statuses)
    await asyncio.sleep(0.5)
    await asyncio.to_thread(ground.stop)
    ready = await house.client.get("/referrals/health/ready")
    assert ready.status_code == 503
    late = asyncio.create_task(crowd.refer_one())  # the sender may have been quicker than the server's leave
    async with asyncio.timeout(RECOVERY_SECONDS):
        while 503 not in crowd.statuses[answered:]:
            await asyncio.sleep(0.01)
    assert not late.done()
    await asyncio.to_thread(ground.start)
    async with asyncio.timeout(RECOVERY_SECONDS):
        await asyncio.gather(sender, late)
    assert set(crowd.statuses[answered:]) == {201, 503}
    await house.settled(within=RECOVERY_SECONDS)
    await assert_sound(house, crowd, kafka, topics)
