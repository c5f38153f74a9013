"""Four services as eight processes on PostgreSQL and a real Kafka: a whole story, kill -9, SIGTERM."""

import asyncio
import random
from collections.abc import AsyncIterator
from datetime import datetime

import psutil
import pytest
from aiokafka.admin import AIOKafkaAdminClient

from shared.data.embedded import EmbeddedPostgres
from shared.kernel.clock import COPENHAGEN
from tests.journeys import evidence
from tests.journeys.checker import anomalies
from tests.journeys.crowd import Crowd
from tests.journeys.processes import Harbour, free_ports
from tests.journeys.sc01 import Story
from tests.parts import real_kafka

pytestmark = [pytest.mark.kafka, pytest.mark.slow, pytest.mark.xdist_group("kafka")]

REFERRALS = 12
"""For each kill. Each is an event or more that the worker takes, so there is always one to be killed at."""
KILLS, MOST_KILLS = 4, 12


@pytest.fixture(scope="module")
async def harbour(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Harbour]:
    folder = tmp_path_factory.mktemp("harbour")
    with real_kafka(tmp_path_factory.mktemp("kafka")) as kafka:
        server = await asyncio.to_thread(EmbeddedPostgres, folder)
        harbour = Harbour(folder, server.url, kafka.bootstrap)
        try:
            await harbour.start()
            yield harbour
        finally:
            await harbour.close()
            await asyncio.to_thread(server.stop)


async def assert_sound(harbour: Harbour, promised: list[str]) -> None:
    """Nothing of all that ever happened in this harbour is lost, doubled, made up, out of order or stuck."""
    await harbour.settled()
    seen = await evidence.collect(harbour.server_url, promised=promised, bootstrap=harbour.bootstrap)
    assert [*map(str, anomalies(seen))] == [], harbour.said("* worker")


async def test_sc01_passes_when_every_service_is_processes_of_its_own(harbour: Harbour) -> None:
    story = Story(harbour, sets_clock=False)  # type: ignore[arg-type]  # a Harbour has what a story needs of a World
    await story.play()
    statistician, year = harbour.partner("cmm", "statistician"), datetime.now(COPENHAGEN).year
    table = await statistician.get(f"/stats/v1/victims?by=exploitation_form&from={year}&to={year}&audience=internal")
    assert [row["count"] for row in table.json()["rows"]] == [2], table.text
    await assert_sound(harbour, [story.referral_id])


async def test_a_worker_that_is_killed_again_and_again_loses_nothing_and_does_nothing_twice(harbour: Harbour) -> None:
    crowd = Crowd(lambda: harbour.partner("reden"))
    unacknowledged: list[int] = []
    # What took effect and was not acknowledged comes a second time: without one such kill, this would have shown little.
    while len(unacknowledged) < KILLS or (max(unacknowledged) == 0 and len(unacknowledged) < MOST_KILLS):
        worker = harbour.serving["identification worker"]  # to look for it later would give it time to acknowledge
        stream = asyncio.create_task(crowd.refer(REFERRALS))
        await until_it_has_taken_more(harbour, random.randint(1, REFERRALS))
        harbour.kill(worker)
        unacknowledged.append(await taken(harbour) - await acknowledged(harbour))
        await stream
        await harbour.until_ready("identification worker")
        assert harbour.serving["identification worker"] != worker
    await assert_sound(harbour, crowd.promised)
    assert len(crowd.promised) == REFERRALS * len(unacknowledged)
    assert max(unacknowledged) > 0, unacknowledged


async def taken(harbour: Harbour) -> int:
    statement = "SELECT coalesce(sum(last_sequence), 0)::int FROM inbox WHERE source = 'referrals'"
    return int((await evidence.rows(harbour.server_url, "identification", statement))[0][0])


async def until_it_has_taken_more(harbour: Harbour, events: int) -> None:
    before = await taken(harbour)
    async with asyncio.timeout(60):
        while await taken(harbour) < before + events:
            await asyncio.sleep(0)


async def acknowledged(harbour: Harbour) -> int:
    """Events of referrals that identification's group has told the broker it is done with."""
    admin = AIOKafkaAdminClient(bootstrap_servers=harbour.bootstrap)
    await admin.start()
    try:
        offsets = await admin.list_consumer_group_offsets("havn.identification")
        return sum(told.offset for place, told in offsets.items() if place.topic == "havn.referrals")
    finally:
        await admin.close()


async def test_sigterm_ends_an_api_and_a_worker_in_order_while_they_have_work(harbour: Harbour) -> None:
    extra_api, extra_worker = free_ports(2)
    await asyncio.gather(
        harbour.begin("referrals api", extra_api), harbour.begin("identification worker", extra_worker)
    )
    beside = harbour.partner("reden")
    beside.addresses = {"referrals": f"https://localhost:{extra_api}"}
    crowd = Crowd(lambda: beside)
    requests = [asyncio.create_task(crowd.refer_one()) for _ in range(20)]
    while not crowd.promised:
        await asyncio.sleep(0)
    statuses = [
        *await asyncio.gather(
            harbour.terminate(f"referrals api {extra_api}", within=10),
            harbour.terminate(f"identification worker {extra_worker}", within=10),
        )
    ]
    assert statuses == [0, 0], harbour.said("* *")
    beside.addresses = harbour.addresses  # what was refused is sent again, to the one that stayed
    await asyncio.gather(*requests)
    assert len(crowd.promised) == 20
    await assert_sound(harbour, crowd.promised)


async def test_sigterm_ends_all_of_them_in_order_while_they_have_work(harbour: Harbour) -> None:
    serving = {**harbour.serving}
    crowd = Crowd(lambda: harbour.partner("reden"))
    requests = [asyncio.create_task(crowd.refer_one()) for _ in range(20)]
    while not crowd.promised:
        await asyncio.sleep(0)
    status = await harbour.terminate("serve", within=20)
    assert status == 0, harbour.said("serve")
    assert not [part for part, process in serving.items() if psutil.pid_exists(process)]
    await harbour.serve()
    await asyncio.gather(*requests)
    await assert_sound(harbour, crowd.promised)
