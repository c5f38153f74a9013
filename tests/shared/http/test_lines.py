"""Whose turn it is: many requests of one client do not hold up the others', and hold up nobody where there is nobody else."""

import asyncio
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.http import lines as module
from shared.http.lines import Lines
from shared.identity.actor import Actor
from tests.shared.lone_service import ITSELF


async def in_hand(lines: Lines, *actors: Actor, seconds: float = 0.05) -> int:
    """How many of these requests, which none of them ends, are in hand at the same time after that long."""
    begun: list[Actor] = []

    async def ask(actor: Actor) -> None:
        async with lines.of(actor):
            begun.append(actor)
            await asyncio.Event().wait()

    asking = [asyncio.create_task(ask(actor)) for actor in actors]
    await asyncio.sleep(seconds)
    for each in asking:
        each.cancel()
    await asyncio.gather(*asking, return_exceptions=True)
    return len(begun)


ONE, OTHER = (replace(ITSELF, org="reden", client_id=name) for name in ("one", "other"))


@pytest.fixture(autouse=True)
def nothing_is_slow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SLOW_SECONDS", 60.0)


async def test_of_what_one_client_asks_at_once_the_rest_waits_and_nobody_else_waits_for_it() -> None:
    assert await in_hand(Lines(2), OTHER, ONE, ONE, ONE, ONE) == 3
    assert await in_hand(Lines(2), OTHER, ONE, ONE, ONE, OTHER, OTHER) == 4
    assert await in_hand(Lines(2, alone=2), *[ITSELF] * 5) == 5, "our own services wait for nobody"
    lines = Lines(2, alone=2)
    assert [await in_hand(lines, ONE, ONE, ONE) for _ in range(2)] == [2, 2], "a turn comes back, however it ended"


async def test_who_asks_alone_has_more_in_hand_until_somebody_else_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = Lines(2, alone=5)
    assert await in_hand(lines, *[ONE] * 9) == 5
    assert await in_hand(lines, OTHER, *[ONE] * 9) == 3
    assert await in_hand(lines, *[ONE] * 9) == 2, "somebody else has asked a moment ago"
    monkeypatch.setattr(module, "ALONE_SECONDS", 0.0)
    assert await in_hand(lines, OTHER, *[ONE] * 9) >= 3
    assert await in_hand(lines, *[ONE] * 9) == 5


async def test_what_is_slow_gives_its_turn_to_the_next_and_none_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SLOW_SECONDS", 0.05)
    lines = Lines(1, alone=1)
    assert await in_hand(lines, ONE, ONE, seconds=0.09) == 2
    monkeypatch.setattr(module, "SLOW_SECONDS", 60.0)
    assert await in_hand(lines, ONE, ONE, ONE) == 1, "who gave the turn away has none to give back"


async def test_who_goes_away_while_waiting_leaves_no_turn_behind_and_takes_none_along() -> None:
    lines, begun = Lines(1, alone=1), []

    async def ask(name: str, *, until: asyncio.Event) -> None:
        async with lines.of(ONE):
            begun.append(name)
            await until.wait()

    first, last = asyncio.Event(), asyncio.Event()
    asking = {name: asyncio.create_task(ask(name, until=first)) for name in ("first", "gone", "gone as it comes")}
    await asyncio.sleep(0.01)
    asking["gone"].cancel()
    first.set()
    asking["gone as it comes"].cancel()
    await asyncio.gather(*asking.values(), return_exceptions=True)
    last.set()
    await asyncio.wait_for(ask("last", until=last), 1)
    assert begun == ["first", "last"]
    assert await in_hand(lines, ONE, ONE) == 1


@given(
    steps=st.lists(st.tuples(st.sampled_from([ONE, OTHER]), st.sampled_from(["ask", "end", "go away"])), max_size=40)
)
async def test_in_whatever_order_requests_come_and_go_none_is_forgotten(steps: list[tuple[Actor, str]]) -> None:
    lines, asking = Lines(2, alone=3), []
    for actor, step in steps:
        if step == "ask":
            ends = asyncio.Event()
            asking.append((asyncio.create_task(_until(lines, actor, ends)), ends))
        elif asking:
            task, ends = asking[len(asking) // 2]
            ends.set() if step == "end" else task.cancel()
        await asyncio.sleep(0)
    for _, ends in asking:
        ends.set()
    ended = await asyncio.wait_for(asyncio.gather(*(task for task, _ in asking), return_exceptions=True), 5)
    assert {type(each) for each in ended} <= {type(None), asyncio.CancelledError}
    assert await in_hand(lines, OTHER, ONE, ONE, ONE, seconds=0) == 3


async def _until(lines: Lines, actor: Actor, ends: asyncio.Event) -> None:
    async with lines.of(actor):
        await ends.wait()
