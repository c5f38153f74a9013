"""Beds of the next fourteen nights: from counts alone, with the past error, for whoever may count."""

from datetime import date, timedelta
from statistics import fmean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.forecast import ratios
from services.accommodation.forecast.domain import AHEAD, ahead_of, expect, past_errors
from services.accommodation.forecast.repository import Counted
from shared.contract.codes import Region
from tests.accommodation.housing import Housing
from tests.world import World

TONIGHT = date(2026, 3, 9)
FORECAST = "/accommodation/v1/forecast"


@pytest.mark.row(77)
def test_it_is_less_off_than_the_week_before_on_seeded_histories() -> None:
    found = ratios(range(12), nights=300, back=70)
    assert fmean(found) < 0.95, found


@given(st.lists(st.integers(0, 9), max_size=80))
def test_it_stays_between_none_and_the_places_and_is_shown_with_its_past_error(had: list[int]) -> None:
    nights = ahead_of(Counted(TONIGHT, Region.MIDTJYLLAND, 7, had), TONIGHT)  # type: ignore[arg-type]
    assert [each.on for each in nights] == [TONIGHT + timedelta(days=ahead) for ahead in range(AHEAD)]
    assert all(0 <= each.expected <= 7 for each in nights)
    begun = len(had) - next((at for at, number in enumerate(had) if number), len(had))
    assert all((each.off_by is None) == (begun < 2 * AHEAD) for each in nights)


def test_what_never_changes_is_expected_to_go_on_and_was_never_off() -> None:
    assert expect([5] * 60, first=TONIGHT) == pytest.approx([5.0] * AHEAD)
    errors = past_errors([5] * 60, TONIGHT)
    assert errors
    assert errors.ours == pytest.approx([0.0] * AHEAD)


def test_a_day_of_the_week_that_is_always_fuller_is_expected_so() -> None:
    had = [4 + 3 * ((TONIGHT - timedelta(days=60 - at)).weekday() == 5) for at in range(60)]
    expected = {
        (TONIGHT + timedelta(days=ahead)).weekday(): each for ahead, each in enumerate(expect(had, first=TONIGHT))
    }
    assert expected[5] > max(each for weekday, each in expected.items() if weekday != 5) + 1


def test_a_past_forecast_uses_nothing_that_came_after_it() -> None:
    had = [number % 5 for number in range(60)]
    changed = [*had[:-AHEAD], *([9] * AHEAD)]
    begin = len(had) - AHEAD
    assert expect(had[:begin], first=TONIGHT) == expect(changed[:begin], first=TONIGHT)


@pytest.mark.row(77)
async def test_it_is_made_of_what_the_census_counts_for_whoever_may_count(havn: World, housing: Housing) -> None:
    shelter = await housing.shelter(3)
    secret = await housing.shelter(2, "amiami", secret_address=True)
    await housing.there(await housing.case(), shelter.place_ids[0])
    booked = await housing.booked(await housing.case(), secret.place_ids[0], operator="amiami")
    assert (await housing.step(booked, "arrive", "amiami")).status_code == 200
    await havn.set_clock("2026-03-20T12:00:00+01:00")
    answer = await havn.partner("cmm").get(FORECAST)
    assert answer.status_code == 200, answer.text
    assert {each["facility_id"] for each in answer.json()["items"]} == {shelter.facility_id, secret.facility_id}
    assert {each["capacity"] for each in answer.json()["items"]} == {2, 3}
    nights = answer.json()["items"][0]["nights"]
    assert (len(nights), nights[0]) == (
        AHEAD,
        {"on": "2026-03-20", "expected": 1.0, "off_by": None, "week_before_off_by": None},
    )
    theirs = await havn.partner("reden").get(FORECAST)
    assert [each["facility_id"] for each in theirs.json()["items"]] == [shelter.facility_id]
    us = await havn.partner("us").get(FORECAST)
    assert secret.facility_id not in us.text
    for org in ("politi-oestjylland", "hopenow", "kommune-0751"):
        assert (await havn.partner(org).get(FORECAST)).json()["items"] == [], org
