"""Nights that were slept are whose they were, however the bed was booked then."""

import pytest

from tests.accommodation.housing import Housing
from tests.world import World


@pytest.mark.parametrize(
    ("next_from", "next_to"), [("2026-03-12", "2026-03-16"), ("2026-03-13", "2026-03-16"), ("2026-03-12", "2026-03-13")]
)
@pytest.mark.parametrize("then", ["is expected", "was cancelled"])
async def test_nights_that_were_slept_are_no_plan_s_however_the_bed_was_booked_then(
    havn: World, housing: Housing, next_from: str, next_to: str, then: str
) -> None:
    shelter = await housing.shelter()
    there, expected = [
        await housing.booked(await housing.case(), shelter.place_id, from_on=from_on, to_on=to_on)
        for from_on, to_on in (("2026-03-10", "2026-03-12"), (next_from, next_to))
    ]
    await havn.set_clock("2026-03-10T18:00:00+01:00")
    assert (await housing.step(there, "arrive")).status_code == 200
    if then == "was cancelled":
        assert (await housing.step(expected, "cancel", body={"reason": "Elsewhere."})).status_code == 200
    await havn.set_clock("2026-03-14T12:00:00+01:00")
    left = await housing.step(there, "leave", body={"left_at": "2026-03-14T11:00:00+01:00"})
    assert (left.status_code, left.json()["to_on"]) == (200, "2026-03-14"), left.text
    days = [f"2026-03-{day:02}" for day in range(9, 14)]
    occupied = [
        (await havn.partner("reden").get("/accommodation/v1/occupancy", on=on)).json()["items"][0] for on in days
    ]
    assert [each["occupied"] for each in occupied] == [0, 1, 1, 1, 1]
    if then == "is expected" and next_to > "2026-03-14":
        assert (await housing.step(expected, "arrive")).status_code == 200, "the bed is theirs from now on"
        assert (await housing.step(expected, "leave")).json()["from_on"] == "2026-03-14"


async def test_nobody_has_slept_in_a_bed_in_which_somebody_else_was(havn: World, housing: Housing) -> None:
    shelter = await housing.shelter()
    first, second = [
        await housing.booked(await housing.case(), shelter.place_id, from_on=from_on, to_on=to_on)
        for from_on, to_on in (("2026-03-10", "2026-03-12"), ("2026-03-12", "2026-03-16"))
    ]
    await havn.set_clock("2026-03-14T12:00:00+01:00")
    assert (await housing.step(first, "arrive", body={"arrived_at": "2026-03-10T18:00:00+01:00"})).status_code == 200
    refused = await housing.step(second, "arrive", body={"arrived_at": "2026-03-12T18:00:00+01:00"})
    assert refused.status_code == 409, "the first is there still"
    left = await housing.step(first, "leave", body={"left_at": "2026-03-12T10:00:00+01:00"})
    assert left.json()["to_on"] == "2026-03-12"
    assert (await housing.step(second, "arrive", body={"arrived_at": "2026-03-12T18:00:00+01:00"})).status_code == 200
