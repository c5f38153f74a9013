"""A shelter's day: who comes, is there and goes, and what is asked, in its own facilities and no others'."""

from typing import Any

import pytest

from tests.accommodation.housing import Housing, problem
from tests.world import World

PLACEMENTS, OFFERS = "/accommodation/v1/placements", "/accommodation/v1/offers"
MANAGER = ("reden", "facility_manager")


async def day(havn: World, on: str, *who: str, **asked: Any) -> Any:
    asked = {"purpose": "accommodation", "on": on} | asked
    answer = await havn.partner(*(who or MANAGER)).get(PLACEMENTS, **asked)
    return answer.json()["items"] if answer.status_code == 200 else answer.status_code


async def test_who_comes_is_there_goes_and_is_overdue(havn: World, housing: Housing) -> None:
    shelter = await housing.shelter(4)
    comes, here, goes, late = [await housing.case() for _ in range(4)]
    await housing.booked(comes, shelter.place_ids[0], from_on="2026-03-10", to_on="2026-03-14")
    await housing.there(here, shelter.place_ids[1])
    await housing.there(goes, shelter.place_ids[2], to_on="2026-03-10")
    await housing.booked(late, shelter.place_ids[3], to_on="2026-03-12")
    await havn.set_clock("2026-03-10T18:00:00+01:00")

    async def movements(on: str) -> dict[str, str]:
        return {item["placement"]["case_id"]: item["movement"] for item in await day(havn, on)}

    assert await movements("2026-03-10") == {comes: "arriving", here: "here", goes: "leaving", late: "overdue"}
    assert await movements("2026-03-11") == {comes: "here", here: "here", goes: "overdue", late: "overdue"}
    assert await movements("2026-03-08") == {}
    assert await movements("2026-03-09") == {here: "here", goes: "here", late: "overdue"}


@pytest.mark.parametrize("disappeared", [True, False])
async def test_who_came_and_went_on_one_day_is_on_that_day_s_list(
    havn: World, housing: Housing, disappeared: bool
) -> None:
    """The evening shift is to know that somebody disappeared in the afternoon; who never came was never there."""
    shelter = await housing.shelter(2)
    gone = await housing.there(await housing.case(), shelter.place_ids[0])
    never = await housing.booked(await housing.case(), shelter.place_ids[1])
    await havn.set_clock("2026-03-09T19:00:00+01:00")
    left = await housing.step(gone, "leave", body={"disappeared": disappeared, "reason": "gik"})
    assert (left.json()["from_on"], left.json()["to_on"]) == ("2026-03-09", "2026-03-09")
    assert (await housing.step(never, "cancel", body={"reason": "Elsewhere."})).status_code == 200
    (item,) = await day(havn, "2026-03-09")
    assert (item["placement"]["placement_id"], item["movement"]) == (gone, "leaving")
    assert await day(havn, "2026-03-08") == await day(havn, "2026-03-10") == []


async def test_a_shelter_reads_what_it_needs_to_know_and_each_read_is_noted(havn: World, housing: Housing) -> None:
    shelter = await housing.shelter(secret_address=True)
    case_id = await housing.case()
    told = {"given_name": "Malee", "safe_contact": "Her sister, +45 00 00 00 09", "health_flags": ["insulin"]}
    placement_id = await housing.booked(
        case_id, shelter.place_id, needs={"languages": ["tha"], "pregnant": True}, for_the_facility=told
    )
    (item,) = await day(havn, "2026-03-09")
    assert {name: item[name] for name in told} == told
    assert (item["placement"]["placement_id"], item["movement"], item["languages"]) == (
        placement_id,
        "arriving",
        ["tha"],
    )
    assert item["needs"]["pregnant"] is True
    assert item["label"].startswith("Vest")
    rows = await havn.sql("accommodation", "SELECT org, subject_id FROM audit WHERE operation = 'placement.day'")
    assert [(row["org"], str(row["subject_id"])) for row in rows] == [("reden", case_id)]
    stored = await havn.sql("accommodation", "SELECT needs FROM placement_request")
    assert b"Malee" not in stored[0]["needs"]
    read = await havn.partner("cmm").get(
        "/accommodation/v1/placement-requests", purpose="accommodation", case_id=case_id
    )
    assert "Malee" not in read.text


async def test_a_day_is_the_own_facilities_and_nobody_else_s(havn: World, housing: Housing) -> None:
    mine, theirs = await housing.shelter(), await housing.shelter(operator="amiami")
    await housing.there(await housing.case(referred_by="hopenow"), mine.place_id)
    second = await housing.booked(await housing.case(), theirs.place_id, operator="amiami")
    assert len(await day(havn, "2026-03-09")) == 1
    assert len(await day(havn, "2026-03-09", "cmm")) == 2
    for org in ("hopenow", "us", "politi-oestjylland", "roede-kors"):
        assert await day(havn, "2026-03-09", org) == []
    assert await day(havn, "2026-03-09", facility_id=mine.facility_id) != []
    assert await day(havn, "2026-03-09", facility_id=theirs.facility_id) == 404
    assert await day(havn, "2026-03-09", status="booked") == []
    assert await day(havn, "2026-03-09", "reden", "health", purpose="health") == 403, "not for every role"
    listed = (await havn.partner("amiami").get(PLACEMENTS, purpose="accommodation", status="booked")).json()["items"]
    assert [item["placement_id"] for item in listed] == [second]
    elsewhere = await havn.partner("reden").get(PLACEMENTS, purpose="accommodation", facility_id=theirs.facility_id)
    assert elsewhere.status_code == 404, "no list says that another's facility stands empty"
    for asked, name in (({}, (400, "PurposeMissing")), ({"purpose": "statistics"}, (403, "PurposeNotYours"))):
        refused = await havn.partner("reden").get(PLACEMENTS, on="2026-03-09", **asked)
        assert (refused.status_code, problem(refused)) == name


async def test_a_day_comes_in_pages(havn: World, housing: Housing) -> None:
    shelter = await housing.shelter(3)
    for place_id in shelter.place_ids:
        await housing.booked(await housing.case(), place_id)
    seen: list[str] = []
    cursor = None
    while True:
        page = (
            await havn.partner("reden").get(
                PLACEMENTS, purpose="accommodation", on="2026-03-09", limit=2, cursor=cursor
            )
        ).json()
        seen += [item["placement"]["placement_id"] for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert len(seen) == len(set(seen)) == 3


async def test_what_is_asked_of_a_shelter(havn: World, housing: Housing) -> None:
    mine, theirs = await housing.shelter(2), await housing.shelter(operator="amiami")
    needs = {"children": 2, "languages": ["tha"]}
    asked = await housing.held(await housing.case(), mine.place_ids[0], asks="politi-oestjylland", needs=needs)
    declined = await housing.held(await housing.case(), mine.place_ids[1])
    await housing.answer(declined, "decline")
    await housing.held(await housing.case(), theirs.place_id)

    async def listed(org: str, **params: str) -> list[str]:
        answer = await havn.partner(org).get(OFFERS, **params)
        assert answer.status_code == 200, answer.text
        return [item["offer_id"] for item in answer.json()["items"]]

    assert set(await listed("reden")) == {asked, declined}
    assert await listed("reden", status="held") == [asked]
    assert await listed("reden", status="declined") == [declined]
    assert len(await listed("cmm")) == 3
    assert await listed("politi-oestjylland") == [asked]
    assert await listed("hopenow") == []
    (item,) = (await havn.partner("reden").get(OFFERS, status="held")).json()["items"]
    assert (item["gender"], item["age_group"], item["children"], item["place_id"]) == (
        "woman",
        "adult",
        2,
        mine.place_ids[0],
    )
    (item,) = (await havn.partner("politi-oestjylland").get(OFFERS)).json()["items"]
    assert (item["gender"], item["age_group"]) == (None, None), "what comes from the case it does not read back"
    housing.move_clock("2026-03-10T12:00:00+01:00")
    assert await listed("reden", status="held") == []
    assert await listed("reden", status="expired") == [asked], "without a job"


@pytest.mark.parametrize("asked", [{"on": "today"}, {"status": "asleep"}, {"on": "2026-03-09", "night": "1"}])
async def test_a_question_about_a_day_that_says_nothing_is_refused(
    havn: World, housing: Housing, asked: dict[str, str]
) -> None:
    assert (await havn.partner("reden").get(PLACEMENTS, purpose="accommodation", **asked)).status_code == 422
