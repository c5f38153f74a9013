"""P3: the relay, from the queue in PostgreSQL to a real Apache Kafka, beside a bare idempotent producer that sends the same
messages from memory. Needs Java and Maven (tools/kafka)."""

import asyncio
import os
import tempfile
import time
from pathlib import Path
from typing import Any

import asyncpg
import uvloop
from aiokafka import AIOKafkaProducer

from benchmarks.figures import Figure, ratio
from shared.data.database import address_of, service_url
from shared.data.embedded import EmbeddedPostgres
from shared.kernel.settings import Settings
from shared.messaging.kafka import KafkaBus, make_topics
from shared.messaging.messages import Message
from shared.messaging.relay import Relay, message_of, relay_connection, replay
from shared.runtime.running import migrate_all
from tests.parts import RealKafka

EVENTS, CASES, ROUNDS = 20_000, 5_000, 3
_TOPIC = "havn.identification"
_EVENTS = """
    INSERT INTO event_history (key, sequence, type, occurred_at, actor_org, payload)
    SELECT md5((n % $2)::text), n / $2 + 1, 'dk.havn.identification.interview-held.v1', now(), 'cmm',
           jsonb_build_object('case_id', md5((n % $2)::text), 'interview_id', md5(n::text), 'in_detention', false,
                              'held_at', now(), 'occurred_at', now(), 'with_interpreter', true)
    FROM generate_series(0, $1 - 1) AS n
"""
_TOLD = """
    SELECT position, event_id, key, sequence, type, occurred_at, traceparent, payload FROM event_history ORDER BY position
"""


def main() -> list[Figure]:
    with tempfile.TemporaryDirectory(prefix="havn-p3-") as folder:
        os.environ["HAVN_HOME"] = folder
        server, kafka = EmbeddedPostgres(Path(folder)), RealKafka(Path(folder))
        try:
            kafka.start()
            asyncio.run(migrate_all(["identification"], Settings(), server.url))
            return uvloop.run(_measure(server.url, kafka.bootstrap))  # as Havn runs
        finally:
            kafka.wipe()
            server.stop()


async def _measure(server_url: str, bootstrap: str) -> list[Figure]:
    await make_topics(bootstrap, {_TOPIC})
    url = service_url(server_url, "identification")
    connection = await relay_connection(address_of(url))
    await connection.execute(_EVENTS, EVENTS, CASES)
    messages = [message_of("identification", row) for row in await connection.fetch(_TOLD)]
    bus = KafkaBus(bootstrap, "benchmark")
    relay = Relay("identification", url, bus, poll_seconds=1)
    ours, theirs = [], []
    for turn in range(ROUNDS):
        await replay(connection)
        ours.append(await _relayed(relay, connection))
        theirs.append(await _produced(bootstrap, messages))
        print(f"round {turn + 1} of {ROUNDS}: relay {ours[-1]:.0f}/s, producer {theirs[-1]:.0f}/s", flush=True)
    await bus.stop()
    await connection.close()
    print(f"\nP3  {EVENTS:,} events of {CASES:,} cases")
    return [Figure("P3", "relay, events/s", "bare idempotent producer", ratio(ours, theirs), ">= 0.5")]


async def _relayed(relay: Relay, connection: "asyncpg.Connection[Any]") -> float:
    """Events a second, until the queue is empty."""
    started = time.perf_counter()
    running = asyncio.create_task(relay.run())
    while await connection.fetchval("SELECT EXISTS (SELECT FROM outbox)"):
        await asyncio.sleep(0.02)
    took = time.perf_counter() - started
    running.cancel()
    await asyncio.wait([running])
    return EVENTS / took


async def _produced(bootstrap: str, messages: list[Message]) -> float:
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, enable_idempotence=True, acks="all")
    await producer.start()
    try:
        started = time.perf_counter()
        taken = [await producer.send(_TOPIC, each.value, key=each.key.encode()) for each in messages]
        await asyncio.gather(*taken)
        return len(messages) / (time.perf_counter() - started)
    finally:
        await producer.stop()
