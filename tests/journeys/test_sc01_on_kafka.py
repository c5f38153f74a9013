"""SC01 with the events on Kafka instead of in the process: on the mock cluster, and on a real Apache Kafka."""

from collections.abc import AsyncIterator, Iterator

import pytest
from sqlalchemy import make_url

from services.everything import SERVICES
from shared.kernel.settings import Settings
from shared.messaging.kafka import KafkaBus, make_topics
from shared.runtime.running import TOPICS, migrate_all
from tests.journeys.checker import anomalies
from tests.journeys.evidence import collect
from tests.journeys.sc01 import Story
from tests.parts import RealKafka, mock_kafka, real_kafka
from tests.world import World, open_world

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("kafka")]


@pytest.fixture(scope="module")
async def own_databases(server_url: str, settings: Settings) -> str:
    """Apart from those of the other tests, whose Havn leads the relays of its own."""
    url = make_url(server_url).set(database="on_kafka").render_as_string(hide_password=False)
    await migrate_all([service.name for service in SERVICES], settings, url)
    return url


@pytest.fixture(scope="module")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealKafka]:
    with real_kafka(tmp_path_factory.mktemp("kafka")) as broker:
        yield broker


@pytest.fixture
async def havn_on_mock(own_databases: str, settings: Settings) -> AsyncIterator[World]:
    with mock_kafka() as cluster:
        for topic in TOPICS:
            cluster.make_topic(topic)
        bus = KafkaBus(cluster.bootstrap, "havn-identification", check_crcs=False)
        async with open_world(SERVICES, settings, own_databases, bus=bus) as world:
            await world.forget_everything()  # the other test tells the same story in these databases
            yield world


@pytest.fixture
async def havn_on_kafka(own_databases: str, settings: Settings, kafka: RealKafka) -> AsyncIterator[World]:
    await make_topics(kafka.bootstrap, TOPICS)
    bus = KafkaBus(kafka.bootstrap, "havn-identification")
    async with open_world(SERVICES, settings, own_databases, bus=bus) as world:
        await world.forget_everything()  # the checker compares all that was ever told with this broker's topics
        yield world


async def play(havn: World) -> Story:
    story = Story(havn)
    await story.play()
    assert [row["count"] for row in (await story.figure())["rows"]] == [2]
    return story


async def test_sc01_passes_on_a_cluster_that_speaks_the_protocol_of_kafka(havn_on_mock: World) -> None:
    await play(havn_on_mock)


@pytest.mark.kafka
async def test_sc01_passes_on_a_real_kafka_and_every_event_lies_on_its_topic(
    havn_on_kafka: World, kafka: RealKafka
) -> None:
    story = await play(havn_on_kafka)
    seen = await collect(havn_on_kafka.server_url, promised=[story.referral_id], bootstrap=kafka.bootstrap)
    assert [*map(str, anomalies(seen))] == []
    assert seen.topics
    assert {message.key for message in seen.topics["identification"]} == set(story.cases.values())
    assert [message.sequence for message in seen.topics["referrals"]] == [1]
