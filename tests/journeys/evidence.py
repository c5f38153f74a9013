"""Gathers what the checker judges: from every service's database, and from the topics as a newcomer reads them."""

import asyncio
import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import uuid4

import asyncpg

from services.everything import SERVICES
from shared.data.database import address_of, service_url
from shared.messaging.kafka import KafkaBus
from shared.messaging.messages import Message
from shared.runtime.running import TOPICS
from tests.journeys.checker import Carried, Evidence, Told

NAMES = tuple(service.name for service in SERVICES)
LISTENS = {
    service.name: sorted(topic.removeprefix("havn.") for topic in service.handlers.topics) for service in SERVICES
}


async def rows(server_url: str, service: str, statement: str, *values: Any) -> list[asyncpg.Record]:
    """What SQL finds in a service's database, asked as its owner."""
    url = service_url(server_url, service)
    connection = await asyncpg.connect(address_of(url))
    try:
        found: list[asyncpg.Record] = await connection.fetch(statement, *values)
        return found
    finally:
        await connection.close()


async def unsent(server_url: str, services: Iterable[str] = NAMES) -> dict[str, int]:
    """How many events wait in each service's queue."""
    return {name: (await rows(server_url, name, "SELECT count(*) FROM outbox"))[0][0] for name in services}


async def collect(server_url: str, *, promised: Sequence[str], bootstrap: str | None = None) -> Evidence:
    """All the evidence there is; with `bootstrap`, that of the topics too."""
    subjects = await rows(
        server_url,
        "referrals",
        "SELECT r.id::text AS referral, s.id::text AS subject, s.case_id::text AS case_id"
        " FROM referral r LEFT JOIN referral_subject s ON s.referral_id = r.id",
    )
    referrals: dict[str, list[str]] = defaultdict(list)
    for row in subjects:
        referrals[row["referral"]] += [row["subject"]] if row["subject"] else []
    linked = await rows(server_url, "identification", "SELECT subject_id::text, case_id::text FROM case_referral")
    return Evidence(
        promised=promised,
        referrals=referrals,
        case_told_to_referrer={row["subject"]: row["case_id"] for row in subjects if row["subject"]},
        case_of_subject=[(row["subject_id"], row["case_id"]) for row in linked],
        cases=[row["id"] for row in await rows(server_url, "identification", "SELECT id::text FROM case_file")],
        histories={name: await _history(server_url, name) for name in NAMES},
        unsent=await unsent(server_url),
        listens=LISTENS,
        inboxes={name: await _inbox(server_url, name) for name in NAMES},
        dead_letters={name: await _dead_letters(server_url, name) for name in NAMES},
        topics=await read_as_a_newcomer(bootstrap) if bootstrap else None,
    )


async def all_is_taken(server_url: str) -> bool:
    """Whether nothing is unsent, and every inbox has all that was told."""
    if any((await unsent(server_url)).values()):
        return False
    last = {name: await _last_sequences(server_url, name) for name in NAMES}
    for consumer in NAMES:
        inbox = await _inbox(server_url, consumer)
        for source in LISTENS[consumer]:
            if any(inbox.get((source, key), 0) < sequence for key, sequence in last[source].items()):
                return False
    return True


async def settled(server_url: str, *, within: float) -> None:
    """Wait until every event has taken effect everywhere, whichever process it is for. Two looks, as the first may have
    looked at a consumer before, and at its source after, something was told."""
    quiet = 0
    async with asyncio.timeout(within):
        while quiet < 2:
            quiet = quiet + 1 if await all_is_taken(server_url) else 0
            if not quiet:
                await asyncio.sleep(0.2)


async def read_as_a_newcomer(bootstrap: str, within: float = 60) -> dict[str, list[Carried]]:
    """Everything on the topics, by service, as a group that nobody knew before reads it."""
    read: list[Message] = []

    async def keep(messages: Sequence[Message]) -> None:
        read.extend(messages)

    bus = KafkaBus(bootstrap, "newcomer")
    bus.subscribe(f"newcomer-{uuid4()}", frozenset(TOPICS), keep)
    await bus.start()
    try:
        async with asyncio.timeout(within):
            while not (lag := await bus.lag()) or any(lag.values()):
                await asyncio.sleep(0.1)
    finally:
        await bus.stop()
    topics: dict[str, list[Carried]] = {name: [] for name in NAMES}
    for message in read:
        sequence = int(json.loads(message.value)["sequence"])
        topics[message.topic.removeprefix("havn.")].append(Carried(message.id, message.key, sequence, message.value))
    return topics


async def _history(server_url: str, service: str) -> list[Told]:
    found = await rows(
        server_url,
        service,
        "SELECT event_id::text, key, sequence, type, payload->>'subject_id' AS subject_id"
        " FROM event_history ORDER BY position",
    )
    return [
        Told(row["event_id"], row["key"], row["sequence"], row["type"].split(".")[3], row["subject_id"])
        for row in found
    ]


async def _last_sequences(server_url: str, service: str) -> dict[str, int]:
    return {row["key"]: row["last"] for row in await rows(server_url, service, "SELECT key, last FROM event_sequence")}


async def _inbox(server_url: str, service: str) -> dict[tuple[str, str], int]:
    found = await rows(server_url, service, "SELECT source, key, last_sequence FROM inbox")
    return {(row["source"], row["key"]): row["last_sequence"] for row in found}


async def _dead_letters(server_url: str, service: str) -> list[str]:
    found = await rows(server_url, service, "SELECT event_id FROM dead_letter WHERE replayed_at IS NULL")
    return [row["event_id"] for row in found]
