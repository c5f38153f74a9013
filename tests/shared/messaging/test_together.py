"""Events that are taken together do what they do one by one: each once, in its case's order, whatever fails on the way."""

import random
from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from services.stats.consumers import handlers as of_stats
from shared.contract.events import CaseErased, PeriodExtended
from shared.messaging.consumer import Consumer, Delivery, Handlers
from shared.messaging.inbox import InboxPosition
from shared.messaging.messages import Message
from tests.shared.lone_service import LoneService, story_of

Trouble = Callable[[UUID, int], Exception | None]


def noting(*, together: bool, trouble: Trouble = lambda _, __: None) -> Handlers:
    handlers = Handlers()

    @handlers.on(PeriodExtended, together=together)
    async def note(work: Delivery, event: PeriodExtended) -> None:
        await work.session.execute(
            text("INSERT INTO noted (case_id, number) VALUES (:case_id, :number)"),
            {"case_id": event.case_id, "number": event.period_id.int},
        )
        if found := trouble(event.case_id, event.period_id.int):
            raise found

    return handlers


async def transactions(lone: LoneService, consumer: Consumer, messages: list[Message]) -> int:
    """In how many transactions the messages are taken."""
    sent: list[str] = []
    lone.database.on_statement = lambda statement, _: sent.append(statement)
    try:
        await consumer.deliver(messages)
    finally:
        lone.database.on_statement = lambda _, __: None
    return sum(statement.startswith("BEGIN") for statement in sent)


async def left_by(lone: LoneService) -> list[Any]:
    """All that the events leave behind, but for when."""
    noted = await lone.sql("SELECT case_id, array_agg(number ORDER BY position) FROM noted GROUP BY case_id ORDER BY 1")
    inbox = await lone.sql("SELECT * FROM inbox ORDER BY source, key")
    letters = await lone.sql("SELECT event_id, sequence, reason, attempts FROM dead_letter ORDER BY event_id")
    return [[tuple(row) for row in rows] for rows in (noted, inbox, letters)]


async def test_many_cases_take_one_transaction(lone: LoneService) -> None:
    stories = [message for _ in range(50) for message in story_of(uuid4(), 10)]
    assert await transactions(lone, lone.consumer(noting(together=True)), stories) == 1
    noted, inbox, letters = await left_by(lone)
    assert [numbers for _, numbers in noted] == [list(range(1, 11))] * 50
    assert [last for _, _, last in inbox] == [10] * 50
    assert letters == []


@pytest.mark.parametrize("seed", range(8))
async def test_together_leaves_what_one_by_one_leaves(lone: LoneService, seed: int) -> None:
    """Also with events that come twice, too late, never, or cannot be read, in batches of any size."""
    chance = random.Random(seed)
    stories = [message for _ in range(20) for message in story_of(uuid4(), 6)]
    coming: list[Message] = []
    for message in stories:
        fate = chance.random()
        if fate < 0.04:
            message = Message(message.topic, message.key, message.id, b"{", None)
        coming += [] if fate > 0.97 else [message] * chance.choice([1, 1, 1, 2])
    for _ in range(10):  # some overtake others
        at, other = chance.randrange(len(coming)), chance.randrange(len(coming))
        coming[at], coming[other] = coming[other], coming[at]
    size = chance.choice([7, 40, 500])
    left = []
    for together in (True, False):
        consumer = lone.consumer(noting(together=together))
        for start in range(0, len(coming), size):
            await consumer.deliver(coming[start : start + size])
        left.append(await left_by(lone))
        await lone.empty()
    assert left[0] == left[1]


async def test_one_that_fails_in_the_middle_is_a_dead_letter_and_holds_up_nobody(lone: LoneService) -> None:
    cases = [uuid4() for _ in range(50)]
    stories = [message for case in cases for message in story_of(case, 10)]

    def fails(case: UUID, number: int) -> Exception | None:
        return RuntimeError("no") if case == cases[24] and number == 10 else None

    await lone.consumer(noting(together=True, trouble=fails)).deliver(stories)
    noted, inbox, letters = await left_by(lone)
    told = dict(noted)
    assert told.pop(cases[24]) == list(range(1, 10))
    assert list(told.values()) == [list(range(1, 11))] * 49
    assert [last for _, _, last in inbox] == [10] * 50
    assert [(sequence, attempts > 0) for _, sequence, _, attempts in letters] == [(10, True)]


async def test_a_connection_that_breaks_in_the_middle_loses_nothing_and_doubles_nothing(lone: LoneService) -> None:
    broken = iter([True])

    def breaks(case: UUID, number: int) -> Exception | None:
        return ConnectionResetError() if number == 5 and next(broken, False) else None

    stories = [message for _ in range(20) for message in story_of(uuid4(), 8)]
    await lone.consumer(noting(together=True, trouble=breaks)).deliver(stories)
    noted, _, letters = await left_by(lone)
    assert [numbers for _, numbers in noted] == [list(range(1, 9))] * 20
    assert letters == []


async def test_a_case_behind_a_dead_letter_waits_while_the_others_go_on_together(lone: LoneService) -> None:
    case, other, third = uuid4(), uuid4(), uuid4()
    story = story_of(case, 3)

    def fails(of: UUID, number: int) -> Exception | None:
        return RuntimeError("no") if of == case and number == 1 else None

    await lone.consumer(noting(together=True, trouble=fails)).deliver(story[:1])
    await lone.consumer(noting(together=True)).deliver(story[1:] + story_of(other, 2) + story_of(third, 2))
    noted, _, letters = await left_by(lone)
    assert {of for of, _ in noted} == {other, third}
    assert sorted(sequence for _, sequence, _, _ in letters) == [1, 2, 3]
    assert await lone.consumer(noting(together=True)).replay() == (3, 0)
    assert dict((await left_by(lone))[0])[case] == [1, 2, 3]


async def test_a_handler_that_did_not_say_so_shares_a_transaction_with_events_of_its_own_case_alone(
    lone: LoneService,
) -> None:
    stories = [message for _ in range(3) for message in story_of(uuid4(), 2)]
    assert await transactions(lone, lone.consumer(noting(together=False)), stories) == 3
    noted, inbox, letters = await left_by(lone)
    assert [numbers for _, numbers in noted] == [[1, 2]] * 3
    assert [last for _, _, last in inbox] == [2] * 3
    assert letters == []


async def test_within_a_case_each_handler_finds_what_the_one_before_it_stored(lone: LoneService) -> None:
    handlers, found = Handlers(), []

    @handlers.on(PeriodExtended)
    async def count(work: Delivery, event: PeriodExtended) -> None:
        stored = await work.session.scalar(text("SELECT last_sequence FROM inbox WHERE source = 'counted'"))
        row = await work.session.get(InboxPosition, ("counted", str(event.case_id)))
        found.append((stored, row.last_sequence if row else None, work.session.known(InboxPosition) == [row]))
        if row:
            row.last_sequence += 1
        else:
            work.session.add(InboxPosition(source="counted", key=str(event.case_id), last_sequence=1))

    story = story_of(uuid4(), 3)
    assert await transactions(lone, lone.consumer(handlers), story) == 1
    assert found == [(None, None, False), (1, 1, True), (2, 2, True)]


async def test_events_of_a_case_of_which_one_fails_are_taken_one_by_one(lone: LoneService) -> None:
    case = uuid4()

    def fails(_: UUID, number: int) -> Exception | None:
        return RuntimeError("no") if number == 3 else None

    await lone.consumer(noting(together=False, trouble=fails)).deliver(story_of(case, 4))
    noted, inbox, letters = await left_by(lone)
    assert noted == [(case, [1, 2])]
    assert [last for _, _, last in inbox] == [4]
    assert [(sequence, attempts > 0) for _, sequence, _, attempts in letters] in (
        [(3, True), (4, False)],
        [(4, False), (3, True)],
    )


def test_statistics_take_all_together_but_what_erases() -> None:
    assert of_stats.alone == {CaseErased}
