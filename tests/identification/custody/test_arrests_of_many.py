"""Arrests of one person in three cases, merged in any order: the earliest that has not ended runs wherever the work goes on, each
police has the hours of its own, and CMM corrects what it sees."""

from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.identification.case.models import Case
from services.identification.custody import arrests
from services.identification.custody.arrests import Arrest
from tests.identification.builders import US_DECIDES, Opened, name_of, open_case
from tests.identification.custody.test_two_arrests import (
    EARLY,
    EAST,
    FUNEN,
    LATE,
    NOW,
    OF_EARLY,
    OF_LATE,
    held,
    hours,
    let_go,
    merged,
)
from tests.identification.life import done
from tests.world import World

NORTH = "politi-nordjylland"


async def chain(havn: World, *arrests_of: str | None, through: bool = True) -> list[Opened]:
    """Cases of different senders, each held since then or free; each merged into the one before, or all into the first."""
    await havn.set_clock(NOW)
    senders = (EAST, FUNEN, NORTH)
    made = [
        await held(havn, since, sender) if since else await open_case(havn, US_DECIDES, sender=sender)
        for since, sender in zip(arrests_of, senders, strict=True)
    ]
    first, second, third = made
    await done(third.post("/merge", {"into": second.id if through else first.id}))
    await done(second.post("/merge", {"into": first.id}))
    return made


async def due(havn: World, *several: Opened) -> list[list[str]]:
    return [[at for at, _ in await hours(havn, "cmm", each)] for each in several]


async def test_a_merge_that_is_undone_leaves_the_hours_of_whoever_is_still_merged(havn: World) -> None:
    first, second, _ = await chain(havn, None, EARLY, LATE, through=False)
    assert await due(havn, first) == [[OF_EARLY]]
    await done(second.post("/unmerge", None))
    assert await due(havn, first, second) == [[OF_LATE], [OF_EARLY]]


async def test_in_a_chain_too(havn: World) -> None:
    first, second, third = await chain(havn, None, LATE, EARLY)
    assert await due(havn, first) == [[OF_EARLY]]
    await done(third.post("/unmerge", None))
    assert await due(havn, first, third) == [[OF_LATE], [OF_EARLY]]
    assert (await second.details())["custody"]["since"] == "2026-03-10T10:00:00Z"


@pytest.mark.parametrize(("at", "left"), [(NOW, []), ("2026-03-10T10:45:00+01:00", [OF_LATE])])
async def test_the_word_of_cmm_holds_in_the_middle_of_a_chain(havn: World, at: str, left: list[str]) -> None:
    first, second, third = await chain(havn, EARLY, None, LATE)
    await let_go(first, "cmm", at)
    assert await due(havn, first) == [left]
    await done(second.post("/unmerge", None))
    assert await due(havn, first, second) == [[], left]
    assert await hours(havn, NORTH, third) == [(each, "running") for each in left]


async def test_a_later_word_is_the_district_s_own_where_another_arrest_runs(havn: World) -> None:
    surviving, case = await merged(havn, LATE, EARLY)
    await let_go(surviving, EAST, "2026-03-10T11:15:00+01:00")
    again = {"in_custody": True, "custody_since": "2026-03-10T11:30:00+01:00", "case_id": surviving.id}
    sent = await havn.partner(EAST).post(
        "/referrals/v1/referrals",
        {"kind": "police_report", "channel": "police_operation", "occurred_at": NOW, "reason": "Arrested again."}
        | {"subjects": [{"reference": "P01"}]}
        | again,
    )
    assert sent.status_code == 201, sent.text
    await havn.settled()
    assert await hours(havn, EAST, surviving) == [("2026-03-13T10:30:00Z", "running")]
    await let_go(case, FUNEN, NOW)
    assert await due(havn, surviving) == [["2026-03-13T10:30:00Z"]]


async def test_cmm_corrects_what_stands_in_the_case_wherever_it_came_from(havn: World) -> None:
    surviving, case = await merged(havn, LATE, EARLY)
    corrected = await done(surviving.post("/custody", {"since": "2026-03-09T12:00:00+01:00"}), 201)
    assert corrected["since"] == "2026-03-09T11:00:00Z"
    assert await due(havn, surviving) == [["2026-03-12T11:00:00Z"]]
    assert await hours(havn, FUNEN, case) == [("2026-03-12T11:00:00Z", "running")]
    assert await hours(havn, EAST, surviving) == [(OF_LATE, "running")]
    await let_go(case, FUNEN, NOW)
    assert await due(havn, surviving) == [[OF_LATE]], "no arrest is left that nobody made"


async def test_corrected_to_a_later_time_than_another_s_that_one_runs(havn: World) -> None:
    surviving, _ = await merged(havn, EARLY, LATE)
    await done(surviving.post("/custody", {"since": "2026-03-10T11:30:00+01:00"}), 201)
    assert await due(havn, surviving) == [[OF_LATE]]


async def test_nothing_begins_before_cmm_has_said_that_it_is_over(havn: World) -> None:
    surviving, _ = await merged(havn, LATE, EARLY)
    await let_go(surviving, "cmm", "2026-03-10T11:30:00+01:00")
    refused = await surviving.post("/custody", {"since": "2026-03-10T11:00:00+01:00"})
    assert name_of(refused) == (422, "CustodyOutOfOrder")


async def test_an_end_changes_the_etag_of_those_cases_alone_that_it_changes(havn: World) -> None:
    surviving, case = await merged(havn, EARLY, LATE)

    async def tags() -> list[str]:
        return [(await each.get()).headers["etag"] for each in (surviving, case)]

    before = await tags()
    await let_go(case, FUNEN, "2026-03-10T11:30:00+01:00")
    between = await tags()
    assert [one == other for one, other in zip(before, between, strict=True)] == [True, False]
    await let_go(surviving, "cmm", NOW)
    assert (await tags())[0] != between[0]


async def test_a_case_whose_arrest_cmm_has_ended_from_above_has_another_etag(havn: World) -> None:
    surviving, case = await merged(havn, EARLY, LATE)
    before = (await case.get()).headers["etag"]
    await let_go(surviving, "cmm", NOW)
    assert (await case.get()).headers["etag"] != before


moments = st.integers(0, 100).map(lambda hour: datetime(2026, 3, 9, tzinfo=UTC) + timedelta(hours=hour))
made_arrests = st.none() | st.builds(Arrest, moments, st.none() | moments)


@given(st.lists(made_arrests, min_size=1, max_size=5))
def test_the_earliest_that_runs_stands_and_each_keeps_its_own(recorded: list[Arrest | None]) -> None:
    family = [case_with(each) for each in recorded]
    first, *below = family
    for _ in range(2):  # again is the same
        arrests.go_on(first, below)
        running = [each for each in recorded if each and each.runs]
        shown = arrests.standing(first)
        if running:
            assert shown == min(running, key=lambda each: each.since)
        else:
            assert shown == recorded[0]
        assert [arrests.own(each) for each in family] == recorded
    arrests.give_up(first)
    assert (arrests.own(first), first.custody_from) == (recorded[0], None)


def case_with(arrest: Arrest | None) -> Case:
    facts: dict[str, Any] = {"id": uuid4()}
    case = Case(**facts)
    arrests.set_own(case, arrest)
    return case


async def test_what_an_earlier_release_has_left_is_known_by_its_merges(havn: World) -> None:
    """It kept no arrest of a case's own beside another's, and ended the case alone where the work went on."""
    earlier = import_module("services.identification.migrations.versions.0042_own_arrest")
    free = await open_case(havn, US_DECIDES, sender=NORTH)
    surviving, case = await merged(havn, LATE, EARLY)
    await done(free.post("/merge", {"into": surviving.id}))
    ended, source = await held(havn, LATE, EAST), await held(havn, EARLY, FUNEN)
    await done(source.post("/merge", {"into": ended.id}))
    await let_go(ended, "cmm", NOW)
    reset = "UPDATE case_file SET custody_own_since = NULL, custody_own_ended_at = NULL, custody_own_end_reason = NULL"
    await havn.sql("identification", reset)
    still = "UPDATE case_file SET custody_ended_at = NULL, custody_end_reason = NULL WHERE id = $1"
    await havn.sql("identification", still, UUID(source.id))
    for statement in (earlier.ENDED, earlier.REMEMBERED):
        await havn.sql("identification", statement)
    assert await hours(havn, EAST, surviving) == [(OF_LATE, "running")]
    assert await hours(havn, FUNEN, case) == [(OF_EARLY, "running")]
    assert (await source.details())["custody"]["ended_at"] == "2026-03-10T11:00:00Z"
    await let_go(case, FUNEN, NOW)
    assert await due(havn, surviving) == [[OF_LATE]]
