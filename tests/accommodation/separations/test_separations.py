"""Whoever is kept apart from somebody gets no place where they live, and nobody is named; a household stays together, or it is
kept why not."""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

from shared.contract.codes import Authority, Relation, ResidenceBasis
from shared.contract.events import CaseLinked, CaseUnlinked
from tests.accommodation.housing import NOW, Housing, problem, rules_of
from tests.world import World

SEPARATIONS = "/accommodation/v1/separations"
WHY = "She still calls the man who brought them here."


async def keep_apart(housing: Housing, one: str, other: str, **changes: Any) -> dict[str, Any]:
    said = {"case_id": one, "other_case_id": other, "because": "unsafe_co_victim", "reason": WHY} | changes
    answer = await housing.havn.partner("cmm").post(SEPARATIONS, said)
    assert answer.status_code == 201, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def without_stay(housing: Housing) -> str:
    return await housing.case(basis=ResidenceBasis.NO_LEGAL_STAY, routed_to=Authority.US)


@pytest.mark.row(68)
@pytest.mark.parametrize("is_other_way", [False, True])
async def test_where_one_lives_the_other_gets_no_place_and_the_refusal_names_nobody(
    havn: World, housing: Housing, *, is_other_way: bool
) -> None:
    shelter, elsewhere = await housing.shelter(3), await housing.shelter(1, "amiami")
    lives_there, seeks = await without_stay(housing), await without_stay(housing)
    await keep_apart(housing, *((seeks, lives_there) if is_other_way else (lives_there, seeks)))
    await housing.there(lives_there, shelter.place_ids[0])
    request_id = await housing.request(seeks, "us")
    found = await housing.matches(request_id, "us")
    assert [each["place_id"] for each in found["items"]] == [elsewhere.place_id]
    assert found["excluded"] == {"co_placement": 3}
    refused = await housing.offer(request_id, shelter.place_ids[1], "us")
    assert rules_of(refused) == ["co_placement"]
    assert not [each for each in (lives_there, WHY, "co-victim", "suspect") if each in refused.text]
    why = [{"rule": "co_placement", "reason": "They have made up."}]
    for org in ("us", "reden"):
        alone = await housing.offer(request_id, shelter.place_ids[1], org, exceptions=why)
        assert alone.status_code in (404, 409), "CMM alone sets it aside"
    by_centre = await housing.offer(request_id, shelter.place_ids[1], "cmm", exceptions=why)
    assert by_centre.status_code == 201, by_centre.text


@pytest.mark.row(68)
async def test_a_held_or_booked_place_counts_a_stay_that_is_over_or_other_nights_do_not(
    havn: World, housing: Housing
) -> None:
    shelter = await housing.shelter(3)
    one, other = await housing.case(), await housing.case()
    apart = await keep_apart(housing, one, other, because="suspect")
    await housing.booked(one, shelter.place_ids[0], to_on="2026-03-20")
    later = await housing.request(other, from_on="2026-03-20")
    at_once = await housing.request(other)
    assert rules_of(await housing.offer(at_once, shelter.place_ids[1])) == ["co_placement"]
    assert (await housing.offer(later, shelter.place_ids[1])).status_code == 201, "he will have gone"
    ended = await havn.partner("cmm").post(f"{SEPARATIONS}/{apart['separation_id']}/end")
    assert (ended.status_code, ended.json()["ended_at"] is not None) == (200, True), ended.text
    again = await havn.partner("cmm").post(f"{SEPARATIONS}/{apart['separation_id']}/end")
    assert (again.status_code, problem(again)) == (409, "SeparationIsEnded")
    assert (await housing.offer(at_once, shelter.place_ids[2])).status_code in (201, 409)


@pytest.mark.row(68)
async def test_who_lives_together_already_is_said_to_cmm_until_one_is_moved(havn: World, housing: Housing) -> None:
    shelter, elsewhere = await housing.shelter(3), await housing.shelter(1)
    one, other, third = [await housing.case() for _ in range(3)]
    await housing.there(one, shelter.place_ids[0], to_on="2026-03-20")
    placement_id = await housing.there(other, shelter.place_ids[1], to_on="2026-03-15")
    await housing.booked(third, elsewhere.place_ids[0], from_on="2026-03-20", to_on="2026-03-25")
    apart = await keep_apart(housing, one, other)
    assert apart["together_in"] == [shelter.facility_id]
    assert (await keep_apart(housing, other, third))["together_in"] == []

    async def listed() -> list[str]:
        items = (await havn.partner("cmm").get(SEPARATIONS, purpose="accommodation", case_id=one)).json()["items"]
        return [place for each in items for place in each["together_in"]]

    await havn.set_clock("2026-03-18T12:00:00+01:00")
    assert await listed() == [shelter.facility_id], "nobody has said that they left"
    left = await housing.step(placement_id, "leave", body={"left_at": "2026-03-18T11:00:00+01:00"})
    assert left.status_code == 200, left.text
    assert await listed() == []


@pytest.mark.row(68)
async def test_who_is_kept_apart_is_for_cmm_alone(havn: World, housing: Housing) -> None:
    one, other = await housing.case(referred_by="hopenow"), await housing.case(referred_by="hopenow")
    apart = await keep_apart(housing, one, other)
    (seen,) = (await havn.partner("cmm").get(SEPARATIONS, purpose="accommodation", case_id=other)).json()["items"]
    assert (seen["reason"], seen["because"]) == (WHY, "unsafe_co_victim")
    for org in ("hopenow", "us", "reden", "politi-oestjylland"):
        listed = await havn.partner(org).get(SEPARATIONS, purpose="accommodation")
        assert listed.json()["items"] == [], org
        refused = await havn.partner(org).post(
            SEPARATIONS, {"case_id": one, "other_case_id": other, "because": "other", "reason": "No."}
        )
        assert (refused.status_code, problem(refused)) == (403, "NotYoursToSeparate")
        ended = await havn.partner(org).post(f"{SEPARATIONS}/{apart['separation_id']}/end")
        assert ended.status_code == 404
    cmm = havn.partner("cmm")
    same = {"case_id": one, "other_case_id": one, "because": "other", "reason": "A slip."}
    assert (await cmm.post(SEPARATIONS, same)).status_code == 422
    assert (await cmm.post(SEPARATIONS, same | {"other_case_id": str(uuid4())})).status_code == 404
    rows = await havn.sql("accommodation", "SELECT reason FROM separation")
    assert WHY.encode() not in rows[0]["reason"]


@pytest.mark.row(74)
async def test_a_household_is_placed_together_or_it_is_kept_why_not(havn: World, housing: Housing) -> None:
    at_home, elsewhere = await housing.shelter(2), await housing.shelter(1, "amiami")
    mother, child = await without_stay(housing), await without_stay(housing)
    ids = UUID(mother), UUID(child)
    now = datetime.fromisoformat(NOW)
    await housing.tell(
        CaseLinked(case_id=ids[0], occurred_at=now, other_case_id=ids[1], relation=Relation.CHILD),
        CaseLinked(case_id=ids[1], occurred_at=now, other_case_id=ids[0], relation=Relation.PARENT),
    )
    await housing.there(mother, at_home.place_ids[0])
    request_id = await housing.request(child, "us")
    found = await housing.matches(request_id, "us")
    assert [each["place_id"] for each in found["items"]] == [at_home.place_ids[1]]
    assert found["excluded"]["household"] == 1
    refused = await housing.offer(request_id, elsewhere.place_id, "us")
    assert rules_of(refused) == ["household"]
    why = [{"rule": "household", "reason": "The grown daughter asks for it herself."}]
    parted = await housing.offer(request_id, elsewhere.place_id, "us", exceptions=why)
    assert (parted.status_code, parted.json()["exceptions"]) == (201, ["household"]), parted.text
    read = await havn.partner("cmm").get(f"/accommodation/v1/offers/{parted.json()['offer_id']}")
    assert read.json()["exceptions_why"] == why
    declined = await havn.partner("amiami").post(
        f"/accommodation/v1/offers/{parted.json()['offer_id']}/decline", {"reason": "No room."}
    )
    assert declined.status_code == 200
    await housing.tell(CaseUnlinked(case_id=ids[1], occurred_at=now, other_case_id=ids[0]))
    assert (await housing.offer(request_id, elsewhere.place_id, "us")).status_code == 201, "they are no household"


@pytest.mark.row(74)
async def test_where_the_others_of_a_household_are_is_not_found_out_by_who_has_nothing_to_do_with_them(
    housing: Housing,
) -> None:
    at_home, elsewhere = await housing.shelter(2), await housing.shelter(1, "amiami")
    mother, child = await housing.case(referred_by="hopenow"), await housing.case(referred_by="kommune-0751")
    linked = CaseLinked(
        case_id=UUID(child),
        occurred_at=datetime.fromisoformat(NOW),
        other_case_id=UUID(mother),
        relation=Relation.PARENT,
    )
    await housing.tell(linked)
    await housing.there(mother, at_home.place_ids[0])
    request_id = await housing.request(child, "kommune-0751")
    found = await housing.matches(request_id, "kommune-0751")
    assert {each["place_id"] for each in found["items"]} == {at_home.place_ids[1], elsewhere.place_id}
    assert (await housing.matches(request_id))["excluded"]["household"] == 1, "CMM knows of both"
