"""Two districts hold one person, one after the other: each says for itself when it let them go, and the hours of the other run on
where the work does."""

from typing import Any

import pytest

from tests.identification.builders import US_DECIDES, Opened, name_of, open_case
from tests.identification.life import done
from tests.world import World

NOW = "2026-03-10T12:00:00+01:00"
EARLY, LATE = "2026-03-09T10:00:00+01:00", "2026-03-10T11:00:00+01:00"
OF_EARLY, OF_LATE = "2026-03-12T09:00:00Z", "2026-03-13T10:00:00Z"
EAST, FUNEN = "politi-oestjylland", "politi-fyn"


async def held(havn: World, since: str, sender: str) -> Opened:
    custody = {"in_custody": True, "custody_since": since, "occurred_at": since}
    return await open_case(havn, US_DECIDES, sender=sender, **custody)


async def merged(havn: World, first: str, second: str) -> tuple[Opened, Opened]:
    """A case of the district in the east, and one of Funen's that was merged into it; held since then each."""
    await havn.set_clock(NOW)
    surviving, case = await held(havn, first, EAST), await held(havn, second, FUNEN)
    await done(case.post("/merge", {"into": surviving.id}))
    return surviving, case


async def hours(havn: World, org: str, case: Opened) -> list[tuple[str, str]]:
    found = await havn.partner(org).get("/identification/v1/deadlines", case_id=case.id, kind="custody")
    assert found.status_code == 200, found.text
    return [(each["due_at"], each["state"]) for each in found.json()["items"]]


async def let_go(case: Opened, by: str, at: str) -> Any:
    return await done(case.post("/custody/end", {"ended_at": at, "reason": "released"}, by=by))


@pytest.mark.parametrize("first", [EARLY, LATE])
async def test_each_district_has_the_hours_of_its_own_arrest_and_cmm_those_of_the_earlier(
    havn: World, first: str
) -> None:
    second = LATE if first == EARLY else EARLY
    surviving, case = await merged(havn, first, second)
    due = {EARLY: OF_EARLY, LATE: OF_LATE}
    assert await hours(havn, "cmm", surviving) == [(OF_EARLY, "running")]
    assert await hours(havn, EAST, surviving) == [(due[first], "running")]
    assert await hours(havn, FUNEN, case) == [(due[second], "running")]


async def test_the_hours_of_the_later_arrest_run_on_when_the_earlier_has_ended(havn: World) -> None:
    surviving, case = await merged(havn, EARLY, LATE)
    ended = await let_go(surviving, EAST, "2026-03-10T11:30:00+01:00")
    assert (ended["since"], ended["ended_at"]) == ("2026-03-09T09:00:00Z", "2026-03-10T10:30:00Z")
    assert await hours(havn, "cmm", surviving) == [(OF_LATE, "running")]
    assert (await surviving.details())["custody"] == {"since": "2026-03-10T10:00:00Z", "ended_at": None, "reason": None}
    assert await hours(havn, EAST, surviving) == []
    assert await hours(havn, FUNEN, case) == [(OF_LATE, "running")]
    again = await surviving.post("/custody/end", {"ended_at": NOW}, by=EAST)
    assert name_of(again) == (409, "NotInCustody")
    await let_go(case, FUNEN, NOW)
    assert await hours(havn, "cmm", surviving) == []
    assert (await surviving.details())["custody"]["ended_at"] == "2026-03-10T11:00:00Z"


async def test_the_surviving_case_s_own_arrest_runs_on_when_the_one_that_came_with_the_merge_has_ended(
    havn: World,
) -> None:
    surviving, case = await merged(havn, LATE, EARLY)
    await let_go(case, FUNEN, "2026-03-10T10:30:00+01:00")
    assert await hours(havn, "cmm", surviving) == [(OF_LATE, "running")]
    assert await hours(havn, EAST, surviving) == [(OF_LATE, "running")]
    assert await hours(havn, FUNEN, case) == []
    begun = [event["since"] for event in await havn.events("identification", "custody-began")]
    assert begun[-1] == "2026-03-10T10:00:00Z"
    await let_go(surviving, EAST, NOW)
    assert await hours(havn, "cmm", surviving) == []


async def test_the_surviving_case_s_own_arrest_may_end_first(havn: World) -> None:
    surviving, case = await merged(havn, LATE, EARLY)
    await let_go(surviving, EAST, NOW)
    assert await hours(havn, EAST, surviving) == []
    assert await hours(havn, "cmm", surviving) == [(OF_EARLY, "running")]
    assert await hours(havn, FUNEN, case) == [(OF_EARLY, "running")]
    await done(case.post("/unmerge", None))
    custody = [(await each.details())["custody"] for each in (surviving, case)]
    assert [each["ended_at"] for each in custody] == ["2026-03-10T11:00:00Z", None], "each has what became of its own"
    assert custody[1]["since"] == "2026-03-09T09:00:00Z"


async def test_by_the_word_of_cmm_the_person_is_free_wherever_they_were_held(havn: World) -> None:
    surviving, case = await merged(havn, EARLY, LATE)
    await let_go(surviving, "cmm", NOW)
    for org, of in (("cmm", surviving), (EAST, surviving), (FUNEN, case)):
        assert await hours(havn, org, of) == [], org
    assert name_of(await case.post("/custody/end", {"ended_at": NOW}, by=FUNEN)) == (409, "NotInCustody")


async def test_an_arrest_of_after_what_cmm_has_said_is_none_of_it(havn: World) -> None:
    surviving, case = await merged(havn, EARLY, LATE)
    await let_go(surviving, "cmm", "2026-03-10T10:45:00+01:00")
    assert await hours(havn, "cmm", surviving) == [(OF_LATE, "running")]
    assert await hours(havn, FUNEN, case) == [(OF_LATE, "running")]


async def test_a_new_arrest_beside_earlier_hours_is_the_district_s_own(havn: World) -> None:
    surviving, case = await merged(havn, LATE, EARLY)
    await let_go(surviving, EAST, "2026-03-10T11:15:00+01:00")
    again = await done(surviving.post("/custody", {"since": "2026-03-10T11:30:00+01:00"}, by=EAST), 201)
    assert again["since"] == "2026-03-10T10:30:00Z"
    assert await hours(havn, "cmm", surviving) == [(OF_EARLY, "running")]
    assert await hours(havn, EAST, surviving) == [("2026-03-13T10:30:00Z", "running")]
    await let_go(case, FUNEN, NOW)
    assert await hours(havn, "cmm", surviving) == [("2026-03-13T10:30:00Z", "running")]
