"""An API's commit wakes the relay of another process, which otherwise looks by itself now and then."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any
from uuid import uuid4

import pytest

from shared.data.database import Database
from shared.messaging.waking import Waker
from tests.shared.lone_service import COMMITTED, CollectingBus, LoneService, extended

NEVER_SECONDS = 600


@asynccontextmanager
async def woken_relay(lone: LoneService, bus: CollectingBus) -> AsyncIterator[Database]:
    """A relay that would not look by itself, and an API beside it that has no more to do with it than its database; gives the
    API's own way to that."""
    relay = lone.relay(bus, poll_seconds=NEVER_SECONDS)
    api = lone.open_database()
    waker = Waker(api)
    lone.database.on_commit = waker.wake
    at_work = [asyncio.create_task(relay.run()), asyncio.create_task(waker.run())]
    try:
        async with asyncio.timeout(60):
            while not relay.is_leader:
                await asyncio.sleep(0.01)
            await asyncio.sleep(0.2)  # it has looked for the first time
            yield api
    finally:
        lone.database.on_commit = lambda _: None
        for task in at_work:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        await api.close()


async def test_what_an_api_commits_is_sent_at_once(lone: LoneService) -> None:
    bus = CollectingBus()
    async with woken_relay(lone, bus):
        for number in range(1, 4):
            await lone.tell(extended(uuid4(), number))
            while len(bus.taken) < number:
                await asyncio.sleep(0.01)
    assert len(bus.taken) == 3


async def test_a_call_that_fails_does_not_end_the_calling(lone: LoneService, monkeypatch: pytest.MonkeyPatch) -> None:
    bus, calls = CollectingBus(), 0

    @asynccontextmanager
    async def away() -> AsyncIterator[Any]:
        nonlocal calls
        calls += 1
        raise ConnectionRefusedError
        yield

    async with woken_relay(lone, bus) as api:
        with monkeypatch.context() as while_away:
            while_away.setattr(api, "connection", away)
            lone.database.on_commit(COMMITTED)
            while calls == 0:
                await asyncio.sleep(0.01)
        await lone.tell(extended(uuid4(), 1))
        while not bus.taken:
            await asyncio.sleep(0.01)
    assert (calls, len(bus.taken)) == (1, 1)
