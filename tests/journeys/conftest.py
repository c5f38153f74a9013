"""The journeys travel on both buses: in the process, and over the protocol of Kafka."""

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from shared.kernel.settings import Settings
    from tests.world import World


@pytest.fixture(scope="session")
async def house_on_mock_kafka(server_url: str, settings: "Settings") -> "AsyncIterator[World]":
    """Apart from the other tests' databases, whose Havn leads the relays of its own."""
    from sqlalchemy import make_url

    from services.everything import SERVICES
    from shared.contract.events.base import TOPICS
    from shared.messaging.kafka import KafkaBus
    from shared.runtime.running import migrate_all
    from tests.parts import mock_kafka
    from tests.world import open_world

    url = make_url(server_url).set(database="journeys_on_kafka").render_as_string(hide_password=False)
    await migrate_all([service.name for service in SERVICES], settings, url)
    with mock_kafka() as cluster:
        for topic in TOPICS:
            cluster.make_topic(topic)
        bus = KafkaBus(cluster.bootstrap, "havn-identification", check_crcs=False)
        async with open_world(SERVICES, settings, url, bus=bus) as world:
            yield world


@pytest.fixture(params=["in_process", pytest.param("kafka", marks=pytest.mark.xdist_group("kafka"))])
def house_on_either(request: pytest.FixtureRequest) -> "World":
    # No coroutine: a fixture that waits cannot ask for one by its name.
    world: World = request.getfixturevalue("house_of_all" if request.param == "in_process" else "house_on_mock_kafka")
    return world


@pytest.fixture
async def havn_on_both(house_on_either: "World") -> "World":
    """A running Havn, empty but for the directory; once on each bus."""
    await house_on_either.forget_everything()
    return house_on_either
