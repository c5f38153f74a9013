"""What identification tells is known here: the same state whatever order cases come in, and however often."""

import asyncio
import time
from collections.abc import Sequence
from itertools import chain
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.accommodation.case import repository as cases
from shared.contract.codes import AgeGroup, Authority, Outcome, ResidenceBasis
from shared.contract.events import DecisionReplaced
from shared.messaging.messages import Message
from tests.accommodation.housing import Housing, decision, opening, part_ended, routing
from tests.world import World


async def parties(havn: World, case_id: str) -> set[tuple[str, str]]:
    rows = await havn.sql("accommodation", "SELECT org, part FROM case_party WHERE case_id = $1", UUID(case_id))
    return {(row["org"], row["part"]) for row in rows}


async def test_a_case_concerns_cmm_and_whoever_referred_the_person(havn: World, housing: Housing) -> None:
    case_id = await housing.case(referred_by="hopenow")
    assert await parties(havn, case_id) == {("cmm", "centre"), ("hopenow", "referrer")}
    unreferred = await housing.case(referred_by=None)
    assert await parties(havn, unreferred) == {("cmm", "centre")}


async def test_who_asks_before_the_case_is_known_here_waits_for_it(
    havn: World, housing: Housing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cases, "ARRIVES_WITHIN_SECONDS", 20)
    opened = opening()
    asking = asyncio.create_task(housing.ask(str(opened.case_id)))
    await asyncio.sleep(0.1)
    assert not asking.done()
    await housing.tell(opened)
    assert (await asking).status_code == 201


async def test_who_brings_a_child_or_keeps_apart_before_the_case_is_known_here_waits_for_it(
    havn: World, housing: Housing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cases, "ARRIVES_WITHIN_SECONDS", 20)
    shelter, mother, opened = await housing.shelter(2), await housing.case(), opening(age_group=AgeGroup.MINOR)
    placement_id, comes = await housing.there(mother, shelter.place_ids[0]), str(opened.case_id)
    apart = {"case_id": await housing.case(), "other_case_id": comes, "because": "suspect", "reason": "She says so."}
    asking = [
        asyncio.create_task(housing.step(placement_id, "companions", "cmm", {"kind": "child", "case_id": comes})),
        asyncio.create_task(havn.partner("cmm").post("/accommodation/v1/separations", apart)),
    ]
    await asyncio.sleep(0.1)
    assert not any(each.done() for each in asking)
    await housing.tell(opened)
    assert [each.status_code for each in await asyncio.gather(*asking)] == [201, 201]


async def test_a_case_of_nobody_and_of_others_are_waited_for_as_long(
    havn: World, housing: Housing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cases, "ARRIVES_WITHIN_SECONDS", 0.2)
    for case_id in (str(uuid4()), await housing.case()):
        before = time.monotonic()
        assert (await housing.ask(case_id, "hopenow")).status_code == 404
        assert time.monotonic() - before >= 0.2


async def test_whose_part_ends_while_they_ask_is_a_stranger(havn: World, housing: Housing) -> None:
    case_id = await housing.case(referred_by="hopenow")
    async with havn.meanwhile("accommodation") as ending:
        await ending.execute("SELECT FROM known_case WHERE case_id = $1 FOR UPDATE", UUID(case_id))
        asking = asyncio.create_task(housing.ask(case_id, "hopenow"))
        await asyncio.sleep(0.5)
        await ending.execute("DELETE FROM case_party WHERE case_id = $1 AND org = 'hopenow'", UUID(case_id))
    assert (await asking).status_code == 404


async def test_whose_part_has_ended_is_a_stranger_to_the_case(havn: World, housing: Housing) -> None:
    case_id = await housing.case(referred_by="hopenow", routed_to=Authority.US)
    assert (await housing.ask(case_id, "hopenow")).status_code == 201
    await housing.tell(part_ended(case_id, "hopenow"))
    assert await parties(havn, case_id) == {("cmm", "centre"), ("us", "authority")}
    assert (await housing.ask(case_id, "hopenow")).status_code == 404
    assert (await housing.ask(case_id, "us")).status_code == 201, "nobody else's part has ended"


async def test_a_case_concerns_us_while_it_is_routed_there(havn: World, housing: Housing) -> None:
    case_id = await housing.case(routed_to=Authority.US)
    assert (await housing.ask(case_id, "us")).status_code == 201
    await housing.tell(routing(case_id, Authority.CMM))
    assert (await housing.ask(case_id, "us")).status_code == 404


async def test_a_case_that_us_has_decided_stays_known_to_us(housing: Housing) -> None:
    case_id = await housing.case(routed_to=Authority.US)
    await housing.tell(decision(case_id, Authority.US), routing(case_id, Authority.CMM))
    assert (await housing.ask(case_id, "us")).status_code == 201


async def test_a_decision_opens_the_rows_of_the_decided_until_it_is_replaced(housing: Housing) -> None:
    case_id = await housing.case()
    assert await _row(housing, case_id) == "D"
    positive = decision(case_id, legal_status=ResidenceBasis.NO_LEGAL_STAY)
    await housing.tell(positive)
    assert await _row(housing, case_id) == "B3"
    negative = decision(case_id, outcome=Outcome.NOT_TRAFFICKED)
    replaced = DecisionReplaced(
        case_id=UUID(case_id),
        occurred_at=negative.occurred_at,
        decision_id=positive.decision_id,
        replaced_by=negative.decision_id,
    )
    await housing.tell(negative, replaced)
    assert await _row(housing, case_id) == "D"


async def test_a_negative_decision_opens_nothing(housing: Housing) -> None:
    case_id = await housing.case()
    await housing.tell(decision(case_id, outcome=Outcome.NOT_TRAFFICKED))
    assert await _row(housing, case_id) == "D"


async def _row(housing: Housing, case_id: str) -> Any:
    asked = (await housing.ask(case_id)).json()
    await housing.havn.partner("cmm").post(f"/accommodation/v1/placement-requests/{asked['request_id']}/withdraw")
    return asked["responsibility"]["row"]


async def test_an_event_that_comes_twice_takes_effect_once(havn: World, housing: Housing) -> None:
    opened = opening()
    decided = decision(opened.case_id, Authority.US)
    messages = [housing.next_message(event) for event in (opened, routing(opened.case_id, Authority.US), decided)]
    consumer = havn.application.workers["accommodation"].consumer
    await consumer.deliver(messages)
    before = await _everything(havn)
    await consumer.deliver(messages)
    await consumer.deliver([*reversed(messages)])
    assert await _everything(havn) == before
    assert before[0][0]["positive_decisions"] == [decided.decision_id]


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(order=st.permutations([0] * 4 + [1] * 4 + [2] * 3), doubled=st.sets(st.integers(0, 10)))
async def test_the_order_in_which_cases_come_makes_no_difference(
    havn: World, housing: Housing, order: Sequence[int], doubled: set[int]
) -> None:
    consumer = havn.application.workers["accommodation"].consumer
    one_by_one = [_story(housing, kind) for kind in range(3)]
    await consumer.deliver(list(chain.from_iterable(one_by_one)))
    mixed = [_story(housing, kind) for kind in range(3)]
    waiting = [iter(story) for story in mixed]
    for number, case in enumerate(order):
        message = next(waiting[case])
        await consumer.deliver([message] * (2 if number in doubled else 1))
    assert await _known(havn, mixed) == await _known(havn, one_by_one)


def _story(housing: Housing, kind: int) -> list[Message]:
    opened = opening(referred_by=("hopenow", "reden", None)[kind])
    case_id = opened.case_id
    if kind == 2:
        told = [opened, routing(case_id, Authority.CMM), decision(case_id)]
    else:
        told = [
            opened,
            routing(case_id, Authority.US),
            decision(case_id, Authority.US),
            routing(case_id, Authority.CMM),
        ]
    return [housing.next_message(event) for event in told]


async def _known(havn: World, stories: Sequence[Sequence[Message]]) -> list[Any]:
    """What is known of the stories' cases, but for the ids that differ from telling to telling."""
    rows = await havn.sql(
        "accommodation",
        "SELECT gender, age_group, residence_basis, authority, cardinality(positive_decisions) AS positive,"
        " (SELECT last_sequence FROM inbox WHERE key = case_id::text) AS last,"
        " (SELECT count(*) FROM data_key WHERE owner_id = case_id) AS keys,"
        " (SELECT array_agg(org || ' ' || part ORDER BY org, part) FROM case_party p WHERE p.case_id = k.case_id),"
        " (SELECT count(*) FROM dead_letter WHERE key = case_id::text) AS dead"
        " FROM known_case k JOIN unnest($1::uuid[]) WITH ORDINALITY AS told (id, nr) ON told.id = case_id ORDER BY nr",
        [UUID(story[0].key) for story in stories],
    )
    assert len(rows) == len(stories)
    return [dict(row) for row in rows]


async def _everything(havn: World) -> list[list[dict[str, Any]]]:
    return [
        [dict(row) for row in await havn.sql("accommodation", statement)]
        for statement in (
            "SELECT * FROM known_case ORDER BY case_id",
            "SELECT * FROM case_party ORDER BY case_id, org, part",
            "SELECT owner_id FROM data_key ORDER BY owner_id",
            "SELECT source, key, last_sequence FROM inbox ORDER BY source, key",
            "SELECT event_id FROM dead_letter",
        )
    ]


@pytest.mark.parametrize("org", ["cmm", "politi-oestjylland", "us"])
async def test_a_case_that_nobody_told_of_cannot_be_housed(housing: Housing, org: str) -> None:
    refused = await housing.ask(str(uuid4()), org)
    assert refused.status_code == 404
