"""SC10: a Nigerian woman in a secret shelter in Copenhagen is recognised in the street, and moved to Jutland the same day."""

from datetime import date
from uuid import UUID

import pytest

from tests.identification.builders import open_case
from tests.journeys import beds
from tests.world import World

PERSON = {
    "stated_age": 25,
    "age_basis": "stated",
    "gender": "woman",
    "citizenships": ["NGA"],
    "residence_basis": "no_legal_stay",
    "suspected_forms": ["SEXUAL"],
}
SECRET = {"secret_address": True, "accepts": {"genders": ["woman"]}}


@pytest.mark.row(72)
async def test_sc10_moved_for_safety_and_nobody_learns_where(havn_on_both: World) -> None:
    havn = havn_on_both
    await havn.set_clock("2026-08-01T10:00:00+02:00")
    case = await open_case(havn, PERSON, sender="hopenow", channel="outreach", occurred_at="2026-08-01T09:00:00+02:00")
    copenhagen = await beds.shelter(
        havn, "reden", 7, municipality="0101", name="Planted K", address="Planted Street 1", **SECRET
    )
    jutland = await beds.shelter(
        havn, "reden", 2, municipality="0751", name="Planted J", address="Planted Street 2", **SECRET
    )
    await havn.set_clock("2026-08-10T10:00:00+02:00")
    await case.decide("US", decided_on="2026-08-10", exploitation_forms=["SEXUAL"])
    period = await case.grant("2026-08-10", by="us")
    assert (period["starts_on"], period["ends_on"]) == ("2026-08-10", "2026-09-09")
    await havn.settled()

    asked = await beds.ask(case, "us", "2026-08-10T18:00:00+02:00")
    assert (asked["responsibility"]["row"], asked["responsibility"]["payer"]) == ("B3", "US")
    first = await beds.place(
        case, asked["request_id"], copenhagen.place_id, "2026-08-10T18:00:00+02:00", by="cmm", operator="reden"
    )

    await havn.set_clock("2026-09-01T15:00:00+02:00")
    moved = await havn.partner("reden").post(
        f"/accommodation/v1/placements/{first['placement_id']}/move",
        {"reason": "safety", "avoid_municipalities": ["0101", "0147"]},
    )
    assert moved.status_code == 200, moved.text
    assert moved.json()["facility_id"] == jutland.facility_id
    await havn.settled()

    # Every night exactly one bed.
    nights = await havn.sql(
        "accommodation",
        "SELECT place_id::text, during FROM stay WHERE case_id = $1 AND state <> 'ended' ORDER BY lower(during)",
        UUID(case.id),
    )
    assert [(row["place_id"], row["during"].lower, row["during"].upper) for row in nights] == [
        (copenhagen.place_id, date(2026, 8, 10), date(2026, 9, 1)),
        (moved.json()["place_id"], date(2026, 9, 1), None),
    ]

    # The payer sees regions; the NGO that the person is placed; the operator the place.
    assert {each["region"] for each in await beds.seen(case, "us")} == {"1084", "1082"}
    assert all("facility_id" not in each and "place_id" not in each for each in await beds.seen(case, "us"))
    assert await beds.seen(case, "hopenow") == [{"placed": True}]
    hidden = [copenhagen.facility_id, jutland.facility_id, *copenhagen.place_ids, *jutland.place_ids, "Planted"]
    for service in ("accommodation", "identification"):
        told = str(await havn.events(service))
        assert [each for each in hidden if each in told] == [], service
    for org in ("us", "hopenow"):
        assert not [each for each in hidden if each in str(await beds.seen(case, org))]

    (period,) = (await case.details())["periods"]
    assert (period["starts_on"], period["ends_on"]) == ("2026-08-10", "2026-09-09"), "the period does not move"
