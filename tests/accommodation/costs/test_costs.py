"""Bed-nights times rate, by who pays, come to the census to the øre; and whoever stays for long has a reason."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from services.accommodation.costs.domain import TABLES, Rates
from shared.contract.codes import Gender, ResidenceBasis
from tests.accommodation.housing import Housing, problem
from tests.accommodation.stays.test_payer_history import status
from tests.world import World

COSTS = "/accommodation/v1/costs"


async def costs(havn: World, org: str = "cmm", begin: str = "2026-03-01", end: str = "2026-04-01") -> dict[str, Any]:
    read = await havn.partner(org).get(COSTS, **{"from": begin, "to": end})
    assert read.status_code == 200, read.text
    bill: dict[str, Any] = read.json()
    return bill


@pytest.mark.row(76)
async def test_nights_times_rate_by_payer_are_the_census_to_the_oere(havn: World, housing: Housing) -> None:
    shelter = await housing.shelter(3)
    hostel = await housing.shelter(1, "amiami", kind="hostel_110", accepts={"genders": ["man"]})
    changes, stays = await housing.case(), await housing.case()
    placed = await housing.there(changes, shelter.place_ids[0])
    leaves = await housing.there(stays, shelter.place_ids[1])
    await housing.step(placed, "companions", body={"kind": "child", "born_on": "2020-01-01"})
    await housing.booked(await housing.case(Gender.MAN), hostel.place_id, operator="amiami", from_on="2026-03-12")
    await housing.tell(status(changes, ResidenceBasis.NO_LEGAL_STAY, date(2026, 3, 12)))
    await havn.set_clock("2026-03-14T12:00:00+01:00")
    await housing.step(leaves, "leave")
    bill = await costs(havn)
    # Two beds of hers (the child is six): 9 to 11 March by CMM, 12 to 14 by US; the other woman's five nights by CMM.
    assert [(item["payer"], item["nights"], item["rate"], item["amount"]) for item in bill["items"]] == [
        ("CMM", 11, "2214.50", "24359.50"),
        ("US", 6, "2214.50", "13287.00"),
    ]
    assert (bill["nights"], bill["amount"]) == (17, "37646.50")
    assert (bill["census_nights"], bill["census_amount"]) == (17, "37646.50")
    assert bill["items"][0]["rates"] == "rates-2026"


async def test_operators_see_their_own_without_who_pays_and_who_pays_its_own(havn: World, housing: Housing) -> None:
    shelter = await housing.shelter(2)
    pays = await housing.case(basis=ResidenceBasis.NO_LEGAL_STAY)
    await housing.there(pays, shelter.place_ids[0])
    await housing.there(await housing.case(), shelter.place_ids[1])
    own = await costs(havn, "reden")
    assert [(item["payer"], item["nights"]) for item in own["items"]] == [(None, 2)], "who pays tells of the stay"
    assert own["census_amount"] == own["amount"] == "4429.00"
    us = await costs(havn, "us")
    assert [(item["payer"], item["nights"]) for item in us["items"]] == [("US", 1)]
    assert us["census_nights"] is None, "what others pay is not its to count"
    for org in ("politi-fyn", "hopenow", "amiami"):
        assert (await costs(havn, org))["items"] == [], org


async def test_who_came_along_and_left_alone_costs_nothing_from_then_on(havn: World, housing: Housing) -> None:
    shelter = await housing.shelter(2)
    placement_id = await housing.there(await housing.case(), shelter.place_ids[0])
    child = {"kind": "child", "born_on": "2018-01-01"}
    joined = (await housing.step(placement_id, "companions", body=child)).json()["companion_id"]
    await havn.set_clock("2026-03-11T12:00:00+01:00")
    assert (await housing.step(placement_id, f"companions/{joined}/leave")).status_code == 200
    await havn.set_clock("2026-03-14T12:00:00+01:00")
    for org in ("cmm", "reden"):
        bill = await costs(havn, org)
        assert (bill["nights"], bill["amount"]) == (6 + 2, "17716.00") == (bill["census_nights"], bill["census_amount"])


async def test_nights_that_us_has_paid_stay_on_its_bill_when_others_pay_from_then_on(
    havn: World, housing: Housing
) -> None:
    case_id = await housing.case(basis=ResidenceBasis.NO_LEGAL_STAY)
    await housing.there(case_id, (await housing.shelter()).place_id)
    await havn.set_clock("2026-03-14T12:00:00+01:00")
    await housing.tell(status(case_id, ResidenceBasis.RESIDENCE_PERMIT, date(2026, 3, 13)))
    bill = await costs(havn, "us")
    assert (bill["nights"], bill["amount"]) == (4, "8858.00")
    of_all = {item["payer"]: item["nights"] for item in (await costs(havn))["items"]}
    assert of_all == {"US": 4, "CMM": 2}


async def test_why_somebody_stays_for_long_is_said_by_who_runs_the_facility(havn: World, housing: Housing) -> None:
    case_id = await housing.case(basis=ResidenceBasis.NO_LEGAL_STAY)
    placement_id = await housing.there(case_id, (await housing.shelter()).place_id)
    refused = await havn.partner("us").put(
        f"/accommodation/v1/placements/{placement_id}/long-stay", {"reason": "x"}, if_match="*"
    )
    assert (refused.status_code, problem(refused)) == (403, "NotYourFacility")


@pytest.mark.parametrize(
    ("begin", "end"), [("2026-03-02", "2026-03-02"), ("2026-03-02", "2026-03-01"), ("2020-01-01", "2026-01-01")]
)
async def test_no_nights_and_more_than_a_year_of_them_are_refused(
    havn: World, housing: Housing, begin: str, end: str
) -> None:
    refused = await havn.partner("cmm").get(COSTS, **{"from": begin, "to": end})
    assert (refused.status_code, problem(refused)) == (422, "PeriodInvalid")


def test_rates_are_amounts_for_every_kind_and_each_day_has_one_version() -> None:
    of_2025, of_2026 = TABLES.on(date(2025, 12, 31)), TABLES.on(date(2026, 1, 1))
    assert (of_2025.version, of_2026.version) == ("rates-2021", "rates-2026")
    assert all(isinstance(rate, Decimal) for rate in of_2026.a_night.values())
    plain = of_2026.model_dump(mode="json")
    less = {kind: rate for kind, rate in plain["a_night"].items() if kind != "safe_flat"}
    with pytest.raises(ValidationError, match="no rate is given for safe_flat"):
        Rates.model_validate(plain | {"a_night": less})
    with pytest.raises(ValidationError, match="no amount of kroner"):
        Rates.model_validate(plain | {"a_night": plain["a_night"] | {"safe_flat": "1.005"}})


@pytest.mark.row(75)
async def test_whoever_stays_for_long_is_listed_with_why_and_a_move_ends_no_stay(havn: World, housing: Housing) -> None:
    shelter = await housing.shelter(3)
    long = await housing.there(await housing.case(), shelter.place_ids[0])
    await housing.there(await housing.case(), shelter.place_ids[1])
    assert (await havn.partner("reden").get("/accommodation/v1/long-stays", purpose="accommodation", over=0)).json()[
        "items"
    ] == []
    await havn.set_clock("2026-04-09T12:00:00+02:00")
    moved = (await housing.step(long, "move", body={"reason": "need"})).json()["placement_id"]
    said = await havn.partner("reden").put(
        f"/accommodation/v1/placements/{moved}/long-stay", {"reason": "No flat yet."}, if_match="*"
    )
    assert said.status_code == 200, said.text

    async def listed(org: str, over: int) -> list[tuple[str, int, str | None]]:
        read = await havn.partner(org).get("/accommodation/v1/long-stays", purpose="accommodation", over=over)
        assert read.status_code == 200, read.text
        return [(item["from_on"], item["nights"], item["reason"]) for item in read.json()["items"]]

    both = [("2026-03-09", 31, None), ("2026-03-09", 31, "No flat yet.")]
    assert sorted(await listed("reden", 30), key=str) == sorted(both, key=str)
    assert await listed("cmm", 31) == []
    assert await listed("hopenow", 0) == await listed("us", 0) == []
    path = f"/accommodation/v1/placements/{moved}/long-stay"
    assert (await havn.partner("amiami").put(path, {"reason": "Not ours."}, if_match="*")).status_code == 404
    left = await housing.step(moved, "leave")
    assert left.status_code == 200
    assert problem(await havn.partner("reden").put(path, {"reason": "Gone."}, if_match="*")) == "NobodyIsThere"


@pytest.mark.row(66, 76)
async def test_what_a_secret_facility_costs_is_in_the_payer_s_sum_and_in_no_line(havn: World, housing: Housing) -> None:
    secret, known = await housing.shelter(secret_address=True, kind="safe_flat"), await housing.shelter()
    for shelter in (secret, known):
        case_id = await housing.case(basis=ResidenceBasis.NO_LEGAL_STAY)
        offered = await housing.offer(
            await housing.request(case_id),
            shelter.place_id,
            exceptions=[{"rule": "options", "reason": "She is followed."}],
        )
        placed = (await housing.answer(offered.json()["offer_id"], "accept")).json()["placement_id"]
        await housing.step(placed, "arrive")
    us, cmm = await costs(havn, "us"), await costs(havn)
    assert [(item["kind"], item["nights"]) for item in us["items"]] == [("crisis_centre", 1)]
    rates = {item["kind"]: item["rate"] for item in cmm["items"]}
    assert (us["secret_nights"], us["secret_amount"]) == (1, rates["safe_flat"])
    assert (us["nights"], us["amount"]) == (2, cmm["amount"])
    assert "safe_flat" not in str(us)
    assert (cmm["secret_nights"], (await costs(havn, "reden"))["secret_nights"]) == (0, 0)


@pytest.mark.row(66, 76)
async def test_nor_does_a_line_say_to_which_kind_of_place_somebody_was_moved_for_their_safety(
    havn: World, housing: Housing
) -> None:
    here, _ = await housing.shelter(municipality="0101"), await housing.shelter()
    placement_id = await housing.there(await housing.case(basis=ResidenceBasis.NO_LEGAL_STAY), here.place_id)
    await havn.set_clock("2026-03-12T20:00:00+01:00")
    before = await costs(havn, "us")
    assert ([item["nights"] for item in before["items"]], before["secret_nights"]) == ([4], 0)
    moved = await housing.step(placement_id, "move", body={"reason": "safety", "avoid_municipalities": ["0101"]})
    assert moved.status_code == 200, moved.text
    after = await costs(havn, "us")
    assert (after["items"], after["secret_nights"], after["amount"]) == ([], 4, before["amount"])
