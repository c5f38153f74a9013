"""Places for several requests at once: six men in one night, explained, for whoever may match each of them."""

from typing import Any

import httpx
import pytest

from shared.contract.codes import Gender, Relation
from shared.contract.events import CaseLinked
from tests.accommodation.housing import NOW, Housing, problem
from tests.accommodation.separations.test_separations import keep_apart
from tests.world import World

HOSTEL: dict[str, Any] = {"kind": "hostel_110", "accepts": {"genders": ["man"]}}


async def asked(housing: Housing, *request_ids: str, org: str = "cmm") -> httpx.Response:
    return await housing.havn.partner(org).get(
        "/accommodation/v1/matches", purpose="accommodation", request_ids=",".join(request_ids)
    )


async def solved(housing: Housing, *request_ids: str, org: str = "cmm") -> dict[str, Any]:
    answer = await asked(housing, *request_ids, org=org)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def men(housing: Housing, number: int, **needs: Any) -> list[str]:
    """Requests for so many, a minute after one another."""
    made = []
    for _ in range(number):
        minute = len(await open_requests(housing))
        housing.move_clock(f"2026-03-09T12:{minute:02d}:00+01:00")
        made.append(await housing.request(await housing.case(Gender.MAN), needs=needs))
    return made


async def open_requests(housing: Housing) -> list[Any]:
    listed = await housing.havn.partner("cmm").get("/accommodation/v1/placement-requests", purpose="accommodation")
    found: list[Any] = listed.json()["items"]
    return found


@pytest.mark.row(64)
async def test_six_men_of_one_night_have_a_bed_each_and_all_can_be_offered_as_solved(
    havn: World, housing: Housing
) -> None:
    polish = await housing.shelter(3, languages=["pol"], **HOSTEL)
    await housing.shelter(4, "amiami", languages=["dan"], **HOSTEL)
    builders = await men(housing, 6, languages=["pol"])
    found = await solved(housing, *reversed(builders))
    assert [each["request_id"] for each in found["items"]] == builders, "in the order of the waiting list"
    assert found["worth"]["placed"] == 6
    assert found["worth"]["points"] == sum(each["total"] for each in found["items"]) >= found["one_by_one"]["points"]
    assert [each["facility_id"] for each in found["items"]].count(polish.facility_id) == 3
    assert len({each["place_id"] for each in found["items"]}) == 6
    assert await solved(housing, *builders) == found, "the same rows, the same answer"
    for each in found["items"]:
        offered = await housing.offer(each["request_id"], each["place_id"])
        assert offered.status_code == 201, offered.text
    held = await asked(housing, *builders)
    assert (held.status_code, problem(held)) == (409, "DoesNotWait"), held.text


@pytest.mark.row(64)
async def test_who_goes_without_is_the_last_in_line_and_it_is_said_why(housing: Housing) -> None:
    await housing.shelter(2, kind="hostel_110", accepts={"genders": ["man"], "wheelchair": False})
    first, second, third = await men(housing, 3)
    (in_a_wheelchair,) = await men(housing, 1, wheelchair=True)
    found = await solved(housing, first, second, third, in_a_wheelchair)
    assert [each["request_id"] for each in found["items"]] == [first, second]
    assert [(each["request_id"], each["because"]) for each in found["without"]] == [
        (third, "taken"),
        (in_a_wheelchair, "nothing_fits"),
    ]
    assert found["without"][1]["excluded"] == {"wheelchair": 2}
    assert all(each["why"] and each["why_da"] for each in found["items"] + found["without"])


@pytest.mark.row(59)
async def test_a_place_for_peaks_is_given_to_those_for_whom_no_ordinary_one_is_left(housing: Housing) -> None:
    shelter = await housing.shelter(1, **HOSTEL)
    peak = await housing.place(shelter.facility_id, kind="peak")
    two = await men(housing, 2)
    assert [each["place_id"] for each in (await housing.matches(two[1]))["items"]] == [shelter.place_id]
    assert {each["place_id"] for each in (await solved(housing, *two))["items"]} == {shelter.place_id, peak}
    assert [each["place_id"] for each in (await solved(housing, two[1]))["items"]] == [shelter.place_id]


@pytest.mark.row(74)
async def test_a_household_is_placed_together_though_each_alone_would_have_more_points(
    havn: World, housing: Housing
) -> None:
    await housing.shelter(1, languages=["tha"])
    family = await housing.shelter(2, "amiami", languages=["dan"])
    mother, child = await housing.case(), await housing.case()
    await housing.tell(CaseLinked(case_id=mother, other_case_id=child, relation=Relation.CHILD, occurred_at=NOW))
    requests = [await housing.request(case_id, needs={"languages": ["tha"]}) for case_id in (mother, child)]
    found = await solved(housing, *requests)
    assert {each["facility_id"] for each in found["items"]} == {family.facility_id}
    assert "fewer" in found["items"][0]["why"]


@pytest.mark.row(68)
async def test_who_is_kept_apart_is_solved_so_for_cmm_and_said_to_nobody_else(havn: World, housing: Housing) -> None:
    await housing.shelter(2, secret_address=False)
    one, other = [await housing.case(referred_by="hopenow") for _ in range(2)]
    requests = [await housing.request(case_id, "hopenow") for case_id in (one, other)]
    before = await solved(housing, *requests, org="hopenow")
    await keep_apart(housing, one, other)
    found = await solved(housing, *requests)
    assert (found["worth"]["placed"], found["without"][0]["because"]) == (1, "kept_apart")
    assert await solved(housing, *requests, org="hopenow") == before, "nobody else can see it from the answer"


async def test_whoever_may_not_match_one_of_them_is_told_of_none(havn: World, housing: Housing) -> None:
    theirs = await housing.request(await housing.case(referred_by="hopenow"), "hopenow")
    another = await housing.request(await housing.case())
    assert (await asked(housing, theirs, org="hopenow")).status_code == 200
    for org in ("hopenow", "reden", "kommune-0751"):
        refused = await asked(housing, theirs, another, org=org)
        assert (refused.status_code, problem(refused)) == (404, "NotFound"), org


@pytest.mark.parametrize(("said", "name"), [("", "NoIds"), ("none", "NoIds"), ("0" * 32, "NotFound")])
async def test_what_is_no_list_of_requests_is_refused(housing: Housing, said: str, name: str) -> None:
    assert problem(await asked(housing, said)) == name


async def test_more_than_twenty_are_refused(housing: Housing) -> None:
    refused = await asked(housing, *(f"{number:032x}" for number in range(21)))
    assert (refused.status_code, problem(refused)) == (422, "TooMany")
