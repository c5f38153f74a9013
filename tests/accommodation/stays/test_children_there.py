"""Children who live with somebody count wherever a place is judged for them; and when they came and when they leave."""

from typing import Any

import httpx
import pytest

from shared.contract.codes import ResidenceBasis
from tests.accommodation.housing import SHELTER, Housing, problem, rules_of
from tests.world import World

FACILITIES = "/accommodation/v1/facilities"
NO_FAMILIES = {"accepts": SHELTER["accepts"] | {"families": False}}


async def mother(housing: Housing, place_id: str, **child: Any) -> str:
    """A placement whose person has come, with a child of whom nothing was said before."""
    placement_id = await housing.there(await housing.case(basis=ResidenceBasis.VISA), place_id)
    joined = await with_child(housing, placement_id, **child)
    assert joined.status_code == 201, joined.text
    return placement_id


async def with_child(housing: Housing, placement_id: str, **child: Any) -> httpx.Response:
    return await housing.step(placement_id, "companions", body={"kind": "child"} | child)


@pytest.mark.row(72)
async def test_an_offer_in_place_of_where_they_live_is_judged_with_the_children_who_live_there(
    havn: World, housing: Housing
) -> None:
    here, there = await housing.shelter(), await housing.shelter(operator="amiami", **NO_FAMILIES)
    placement_id = await mother(housing, here.place_id, born_on="2025-01-01")
    case_id = (await havn.sql("accommodation", "SELECT case_id FROM placement"))[0]["case_id"]
    request_id = await housing.request(str(case_id))
    offered = await housing.offer(request_id, there.place_id, instead_of=placement_id)
    assert (offered.status_code, rules_of(offered)) == (409, ["families"])


async def test_nor_does_the_facility_close_itself_to_families_while_one_lives_there(housing: Housing) -> None:
    here = await housing.shelter()
    placement_id = await mother(housing, here.place_id, born_on="2025-01-01")
    path = f"{FACILITIES}/{here.facility_id}"
    changed = await housing.havn.partner("reden").put(path, SHELTER | NO_FAMILIES, if_match="*")
    assert (changed.status_code, rules_of(changed)) == (409, ["families"])
    assert (await housing.step(placement_id, "leave")).status_code == 200
    changed = await housing.havn.partner("reden").put(path, SHELTER | NO_FAMILIES, if_match="*")
    assert changed.status_code == 200, changed.text


@pytest.mark.row(72)
async def test_who_is_born_during_the_stay_joins_it_on_that_day_and_nobody_before_it(
    havn: World, housing: Housing
) -> None:
    here = await housing.shelter()
    placement_id = await housing.there(await housing.case(), here.place_id)
    await havn.set_clock("2026-03-12T15:00:00+01:00")
    early = await with_child(housing, placement_id, born_on="2026-03-12", joined_at="2026-03-11T12:00:00+01:00")
    assert (early.status_code, problem(early)) == (422, "OutsideTheStay")
    born = await with_child(housing, placement_id, born_on="2026-03-11")
    assert (born.status_code, born.json()["joined_at"]) == (201, "2026-03-11T11:00:00Z"), born.text


@pytest.mark.row(72)
async def test_nobody_leaves_before_somebody_has_come_along_to_them(havn: World, housing: Housing) -> None:
    here = await housing.shelter()
    placement_id = await housing.there(await housing.case(), here.place_id)
    await havn.set_clock("2026-03-12T15:00:00+01:00")
    assert (await with_child(housing, placement_id, born_on="2025-01-01")).status_code == 201
    early = await housing.step(placement_id, "leave", body={"left_at": "2026-03-12T12:00:00+01:00"})
    assert (early.status_code, problem(early)) == (422, "OutsideTheStay")
    assert (await housing.step(placement_id, "leave")).status_code == 200
