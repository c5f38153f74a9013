"""What identification says of where somebody is, and accommodation says otherwise: CMM is alerted, and no machine decides who
is right (docs/rules.md, process-17, process-18)."""

from typing import Any

import pytest

from tests.accommodation.housing import NOW, Housing
from tests.identification.builders import CMM_DECIDES, US_DECIDES, Opened, open_case
from tests.identification.finding.people import Met
from tests.identification.life import close, decided_case, done, plan_return
from tests.world import World

KNOWN: dict[str, Any] = CMM_DECIDES | {"identifiers": [{"type": "passport", "value": "P1234567"}]}
KINDS = ("missing_arrived", "ended_while_housed")


@pytest.fixture
async def housing(havn: World) -> Housing:
    await havn.set_clock(NOW)
    return Housing(havn)


async def book(housing: Housing, case: Opened, name: str = "Havnehuset", on: str = "2026-03-09") -> str:
    """A place that is booked for the person from that day on; gives the placement."""
    found = await housing.shelter(name=name, accepts={"genders": ["woman", "man", "unknown"], "minors": True})
    request_id = await housing.request(case.id, from_on=on)
    excepted = [{"rule": "options", "reason": "Nothing else is free tonight."}]
    offered = await housing.offer(request_id, found.place_id, expires_at=f"{on}T23:59:00+01:00")
    if offered.status_code != 201:
        offered = await housing.offer(
            request_id, found.place_id, expires_at=f"{on}T23:59:00+01:00", exceptions=excepted
        )
    accepted = await done(housing.answer(offered.json()["offer_id"], "accept"))
    return str(accepted["placement_id"])


async def arrive(housing: Housing, placement_id: str) -> None:
    await done(housing.step(placement_id, "arrive"))
    await housing.havn.settled()


async def leave(housing: Housing, placement_id: str, at: str, *, disappeared: bool) -> None:
    await housing.havn.set_clock(at)
    await done(housing.step(placement_id, "leave", body={"disappeared": disappeared}))
    await housing.havn.settled()


async def alerts_of(case: Opened, org: str = "cmm") -> list[str]:
    found = (await done(case.havn.partner(org).get("/identification/v1/alerts", limit=100)))["items"]
    return [each["kind"] for each in found if each["case_id"] == case.id and each["kind"] in KINDS]


@pytest.mark.parametrize("person", [CMM_DECIDES, US_DECIDES], ids=["CMM decides", "US decides"])
async def test_who_is_missing_and_arrives_at_a_place_is_an_alert_and_is_missing_still(
    housing: Housing, person: dict[str, Any]
) -> None:
    case = await open_case(housing.havn, person)
    placement_id = await book(housing, case)
    await done(case.post("/missing", {"since": "2026-03-08"}))
    before = await case.etag()
    await arrive(housing, placement_id)
    assert await alerts_of(case) == ["missing_arrived"]
    details = await case.details()
    assert (details["missing"], await case.etag()) == (True, before), "no machine ends a search"
    (row,) = await housing.havn.sql("identification", f"SELECT is_housed FROM case_file WHERE id = '{case.id}'")
    assert row["is_housed"] is True


async def test_so_is_who_is_only_asked_about_and_not_who_is_found_or_was_never_sought(housing: Housing) -> None:
    case = await open_case(housing.havn, CMM_DECIDES)
    first = await book(housing, case)
    await arrive(housing, first)
    assert await alerts_of(case) == [], "nobody misses them"
    await leave(housing, first, "2026-03-12T23:00:00+01:00", disappeared=True)
    assert (await case.details())["missing_asked_since"] == "2026-03-12"
    second = await book(housing, case, "Another", "2026-03-12")
    await arrive(housing, second)
    assert await alerts_of(case) == ["missing_arrived"]
    assert (await case.details())["missing_asked_since"] == "2026-03-12", "the question waits for a person"

    await done(case.post("/missing", {"since": "2026-03-12"}))
    await done(case.post("/found", {"on": "2026-03-12"}))
    await leave(housing, second, "2026-03-13T12:00:00+01:00", disappeared=False)
    await arrive(housing, await book(housing, case, "A third", "2026-03-13"))
    assert await alerts_of(case) == ["missing_arrived"]


async def test_who_is_missing_where_the_work_goes_on_arrives_under_the_merged_case(housing: Housing) -> None:
    first = await open_case(housing.havn, KNOWN)
    second = await open_case(housing.havn, KNOWN, sender="politi-fyn")
    placement_id = await book(housing, second)
    await done(Met(housing.havn, second.id, []).answer(first, "same"))
    await done(first.post("/missing", {"since": "2026-03-08"}))
    before = await first.etag()
    await arrive(housing, placement_id)
    assert (await alerts_of(first), await alerts_of(second)) == (["missing_arrived"], [])
    assert await first.etag() == before


async def test_closing_a_case_of_somebody_who_lives_in_a_place_is_an_alert(housing: Housing) -> None:
    for disappears in (False, True):
        case = await decided_case(housing.havn)
        placement_id = await book(housing, case, f"Place {disappears}")
        await arrive(housing, placement_id)
        if disappears:
            await leave(housing, placement_id, "2026-03-09T13:00:00+01:00", disappeared=False)
        await close(case, "2026-03-09")
        assert (await case.details())["status"] == "closed"
        assert await alerts_of(case) == ([] if disappears else ["ended_while_housed"])


async def test_so_is_a_departure_once_for_each_day_that_is_said(housing: Housing) -> None:
    case = await decided_case(housing.havn)
    await arrive(housing, await book(housing, case))
    plan = {"agreed_on": "2026-03-09", "planned_departure_on": None}
    await plan_return(case, **plan)
    assert await alerts_of(case) == []
    await plan_return(case, **plan, departed_on="2026-03-09")
    await plan_return(case, **plan, departed_on="2026-03-09")
    assert await alerts_of(case) == ["ended_while_housed"]


async def test_the_place_may_be_given_under_a_case_that_was_merged(housing: Housing) -> None:
    first = await decided_case(housing.havn, identifiers=KNOWN["identifiers"])
    second = await open_case(housing.havn, KNOWN, sender="politi-fyn")
    await arrive(housing, await book(housing, second))
    await done(Met(housing.havn, second.id, []).answer(first, "same"))
    await plan_return(first, agreed_on="2026-03-09", planned_departure_on=None, departed_on="2026-03-09")
    await close(first, "2026-03-09")
    assert await alerts_of(first) == ["ended_while_housed"] * 2
