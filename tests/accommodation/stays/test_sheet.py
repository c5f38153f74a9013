"""The night's list as a page to print: for the facility alone, and each who stands on it is noted as read."""

from tests.accommodation.housing import SHELTER, Housing
from tests.world import World


async def test_a_shelter_prints_its_night_and_every_read_is_noted(havn: World, housing: Housing) -> None:
    shelter = await housing.shelter(2)
    said = {"for_the_facility": {"given_name": "<b>Malee", "safe_contact": "Only the blue phone"}}
    case_id = await housing.case()
    placement_id = await housing.there(case_id, shelter.place_id, needs={"languages": ["tha"]}, **said)
    path = f"/accommodation/v1/facilities/{shelter.facility_id}/night"
    printed = await havn.partner("reden").get(path, purpose="accommodation")
    assert printed.status_code == 200, printed.text
    assert printed.headers["content-type"] == "text/html; charset=utf-8"
    assert printed.headers["cache-control"] == "no-store"
    for said_there in ("the night 2026-03-09", "&lt;b&gt;Malee", "Only the blue phone", "tha", "er her · here"):
        assert said_there in printed.text
    for hidden in ("<b>Malee", SHELTER["address"], SHELTER["name"], case_id, shelter.facility_id):
        assert hidden not in printed.text
    rows = await havn.sql(
        "accommodation", "SELECT org, purpose FROM audit WHERE operation = 'placement.day' ORDER BY position"
    )
    assert [(row["org"], row["purpose"]) for row in rows] == [("reden", "accommodation")]
    assert (await housing.step(placement_id, "leave")).status_code == 200
    assert "Malee" not in (await havn.partner("reden").get(path, purpose="accommodation", on="2026-03-12")).text


async def test_nobody_prints_another_s_night(havn: World, housing: Housing) -> None:
    shelter = await housing.shelter(secret_address=True)
    path = f"/accommodation/v1/facilities/{shelter.facility_id}/night"
    for org in ("us", "hopenow", "politi-oestjylland"):
        assert (await havn.partner(org).get(path, purpose="accommodation")).status_code == 404
    assert (await havn.partner("reden").get(path)).status_code == 400
    assert (await havn.partner("reden").get(path, purpose="investigation")).status_code == 403
