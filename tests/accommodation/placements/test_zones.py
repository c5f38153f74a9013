"""Municipalities to avoid, and what lies too near to one of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.accommodation.placements.schemas import Needs
from services.accommodation.placements.zones import TABLES, distance, zone_of
from shared.contract.municipalities import MUNICIPALITIES
from tests.accommodation.housing import Housing, problem, rules_of
from tests.world import World

CODES = sorted(MUNICIPALITIES)


@pytest.mark.parametrize(
    ("one", "other", "km"),
    [("0101", "0147", 2), ("0101", "0265", 30), ("0101", "0751", 157), ("0751", "0740", 38), ("0101", "0400", 146)],
)
def test_distances_are_those_of_the_map(one: str, other: str, km: int) -> None:
    assert distance(one, other) == pytest.approx(km, abs=4)


def test_every_municipality_has_its_town_and_the_table_says_where_from() -> None:
    (table,) = TABLES.all
    assert table.towns.keys() == MUNICIPALITIES.keys()
    assert "GeoNames" in table.source


@given(st.sets(st.sampled_from(CODES), max_size=3), st.integers(0, 150))
def test_a_zone_has_what_is_avoided_and_just_what_is_as_near(avoided: set[str], km: int) -> None:
    zone = zone_of(Needs(avoid_municipalities=sorted(avoided), avoid_within_km=km))
    near = {code for code in CODES if any(distance(code, each) <= km for each in avoided)}
    assert zone == near | avoided
    assert all(distance(one, other) == distance(other, one) for one in avoided for other in avoided)


async def test_a_place_too_near_is_excluded_and_refused_and_the_answer_names_no_place_or_person(
    havn: World, housing: Housing
) -> None:
    near, far = await housing.shelter(municipality="0147"), await housing.shelter(municipality="0265")
    needs = {"avoid_municipalities": ["0101"], "avoid_within_km": 20}
    request_id = await housing.request(await housing.case(), needs=needs)
    found = await housing.matches(request_id)
    assert [each["place_id"] for each in found["items"]] == [far.place_id]
    assert found["excluded"] == {"distance": 1}
    refused = await housing.offer(request_id, near.place_id)
    assert rules_of(refused) == ["distance"]
    assert not [each for each in ("0101", "0147", "Frederiksberg") if each in refused.text]
    free = await havn.partner("cmm").get(
        "/accommodation/v1/availability",
        **{"from": "2026-03-09", "avoid_municipalities": "0101", "avoid_within_km": "20"},
    )
    assert [each["facility_ids"] for each in free.json()["items"]] == [[far.facility_id]]


async def test_a_zone_that_would_show_where_somebody_is_is_refused_to_who_is_not_cmm(housing: Housing) -> None:
    case_id = await housing.case(referred_by="hopenow")
    wide = {"avoid_municipalities": ["0101", "0461"], "avoid_within_km": 120}
    refused = await housing.ask(case_id, "hopenow", needs=wide)
    assert (refused.status_code, problem(refused)) == (422, "ZonesShowWhere")
    assert (await housing.ask(case_id, "cmm", needs=wide)).status_code == 201
