"""A stay is run by its facility, CMM and who pays, and is what has happened, whatever the plan said."""

import pytest

from shared.contract.codes import Authority, ResidenceBasis
from tests.accommodation.housing import Housing, problem, rules_of
from tests.world import World


async def test_a_night_that_was_booked_and_not_slept_is_nobodys(havn: World, housing: Housing) -> None:
    shelter = await housing.shelter()
    placement_id = await housing.booked(await housing.case(), shelter.place_id, to_on="2026-03-20")
    await havn.set_clock("2026-03-12T11:00:00+01:00")
    came = await housing.step(placement_id, "arrive")
    assert (came.json()["from_on"], came.json()["to_on"]) == ("2026-03-12", "2026-03-20")
    for on, movements in (("2026-03-09", []), ("2026-03-11", []), ("2026-03-12", ["here"])):
        day = (await havn.partner("reden").get("/accommodation/v1/placements", on=on, purpose="accommodation")).json()
        assert [each["movement"] for each in day["items"]] == movements, on
        taken = (await havn.partner("reden").get("/accommodation/v1/occupancy", on=on)).json()["items"]
        assert [each["occupied"] for each in taken] == [len(movements)], on


@pytest.mark.parametrize("asks", ["hopenow", "politi-oestjylland"])
async def test_who_asked_for_a_place_runs_no_stay_in_it(havn: World, housing: Housing, asks: str) -> None:
    """Its facility does, CMM, and who pays (docs/contract.md)."""
    shelter = await housing.shelter(2)
    case_id = await housing.case(referred_by=asks)
    placement_id = await housing.booked(case_id, shelter.place_id, asks=asks, to_on="2026-03-20")
    longer = {"to_on": "2026-03-30", "reason": "Nowhere else."}
    for step, body in (("extend", longer), ("no-show", {}), ("leave", {"disappeared": True})):
        refused = await housing.step(placement_id, step, asks, body=body)
        assert (refused.status_code, problem(refused)) == (403, "NotYourStay"), step
    assert (await housing.step(placement_id, "arrive", asks)).status_code == 200, "they bring her"
    for step, body in (("extend", longer), ("leave", {}), ("move", {"reason": "need"})):
        refused = await housing.step(placement_id, step, asks, body=body)
        assert (refused.status_code, problem(refused)) == (403, "NotYourStay"), step
    for by in ("reden", "cmm"):
        assert (await housing.step(placement_id, "extend", by, body=longer)).status_code == 200
        longer["to_on"] = "2026-04-02"


async def test_us_runs_a_stay_that_it_pays_for_and_no_other(housing: Housing) -> None:
    shelter = await housing.shelter(2)
    longer = {"to_on": "2026-03-30", "reason": "Nowhere else."}
    paid = await housing.case(basis=ResidenceBasis.NO_LEGAL_STAY, routed_to=Authority.US)
    theirs = await housing.booked(paid, shelter.place_ids[0], to_on="2026-03-20")
    assert (await housing.step(theirs, "extend", "us", body=longer)).status_code == 200
    others = await housing.booked(await housing.case(), shelter.place_ids[1], to_on="2026-03-20")
    assert (await housing.step(others, "extend", "us", body=longer)).status_code == 404


async def test_who_has_come_while_another_place_has_them_still_is_told_what_to_do(
    havn: World, housing: Housing
) -> None:
    here, there = await housing.shelter(), await housing.shelter(operator="amiami")
    case_id = await housing.case()
    first = await housing.booked(case_id, here.place_id, to_on="2026-03-12")
    second = await housing.booked(case_id, there.place_id, operator="amiami", from_on="2026-03-12")
    assert (await housing.step(first, "arrive")).status_code == 200
    await havn.set_clock("2026-03-12T18:00:00+01:00")
    refused = await housing.step(second, "arrive", "amiami")
    assert (refused.status_code, rules_of(refused)) == (409, ["person_elsewhere"])
    assert "POST .../leave" in refused.json()["detail"]
    assert "POST .../leave" in refused.json()["instead_da"]
    assert (await housing.step(first, "leave", "cmm")).status_code == 200
    assert (await housing.step(second, "arrive", "amiami")).status_code == 200
