"""A secret address: shown for a purpose, for minutes, on a record that the facility reads; two people drop the secrecy."""

from typing import Any

import pytest

from shared.contract.roles import Assurance
from tests.accommodation.housing import SHELTER, Housing, problem
from tests.world import World

FACILITIES = "/accommodation/v1/facilities"
ADDRESS = "Opdigtet Vej 7"
REASON = {"reason": "The shelter has moved; nobody lives there any more."}


async def reveals(havn: World, facility_id: str, org: str = "reden") -> list[dict[str, Any]]:
    found = await havn.partner(org).get(f"{FACILITIES}/{facility_id}/reveals")
    assert found.status_code == 200, found.text
    items: list[dict[str, Any]] = found.json()["items"]
    return items


@pytest.mark.row(67)
async def test_whoever_was_shown_a_secret_address_stands_on_a_record_that_the_facility_reads(
    havn: World, housing: Housing
) -> None:
    facility_id = await housing.facility(secret_address=True)
    path = f"{FACILITIES}/{facility_id}"
    cmm = havn.partner("cmm", assurance=Assurance.HIGH, subject="Anna")
    assert "address" not in (await cmm.get(path)).json(), "no purpose, no address"
    shown = (await cmm.get(path, purpose="supervision")).json()
    assert (shown["address"], shown["revealed_until"]) == (SHELTER["address"], "2026-03-09T11:15:00Z")
    low = await havn.partner("cmm").get(path, purpose="supervision")
    assert (low.status_code, problem(low)) == (401, "AssuranceTooLow")
    (reveal,) = await reveals(havn, facility_id)
    assert reveal | {"reveal_id": None} == {
        "reveal_id": None,
        "org": "cmm",
        "actor": reveal["actor"],
        "roles": ["caseworker"],
        "purpose": "supervision",
        "revealed_at": "2026-03-09T11:00:00Z",
        "until": "2026-03-09T11:15:00Z",
    }
    assert "Anna" in reveal["actor"]
    assert ADDRESS not in str(reveal)
    await havn.set_clock("2026-03-09T12:20:00+01:00")
    again = (await cmm.get(path, purpose="supervision")).json()
    assert again["revealed_until"] == "2026-03-09T11:35:00Z", "a later look is a reveal of its own"
    assert len(await reveals(havn, facility_id, "cmm")) == 2


@pytest.mark.row(67)
async def test_the_record_is_the_facility_s_and_the_centre_s(havn: World, housing: Housing) -> None:
    facility_id = await housing.facility(secret_address=True)
    high = havn.partner("socialtilsyn-midt", assurance=Assurance.HIGH)
    assert (await high.get(f"{FACILITIES}/{facility_id}", purpose="supervision")).json()["revealed_until"]
    assert len(await reveals(havn, facility_id)) == 1
    for org in ("socialtilsyn-midt", "us", "hopenow"):
        assert (await havn.partner(org).get(f"{FACILITIES}/{facility_id}/reveals")).status_code == 404
    known = await housing.facility(secret_address=False)
    shown = (await high.get(f"{FACILITIES}/{known}", purpose="supervision")).json()
    assert (shown["address"], shown["revealed_until"]) == (SHELTER["address"], None), "no secret, no reveal"
    assert await reveals(havn, known) == []
    assert (await havn.partner("hopenow").get(f"{FACILITIES}/{known}/reveals")).status_code == 404


@pytest.mark.row(67)
async def test_a_role_that_needs_no_address_is_shown_none(havn: World, housing: Housing) -> None:
    facility_id = await housing.facility(secret_address=True)
    for role in ("dashboard", "statistician", "auditor", "admin"):
        asked = await havn.partner("cmm", role, assurance=Assurance.HIGH).get(
            f"{FACILITIES}/{facility_id}", purpose="supervision"
        )
        assert ADDRESS not in asked.text
    assert await reveals(havn, facility_id) == []


@pytest.mark.row(67)
async def test_dropping_the_secrecy_takes_two_people(havn: World, housing: Housing) -> None:
    facility_id = await housing.facility(secret_address=True)
    path = f"{FACILITIES}/{facility_id}"
    anna, bo = (havn.partner("reden", subject=name) for name in ("Anna", "Bo"))
    early = await bo.post(f"{path}/unveiling/confirm", REASON)
    assert (early.status_code, problem(early)) == (409, "NothingToConfirm")
    asked = await anna.put(path, SHELTER | {"secret_address": False}, if_match="*")
    assert (asked.status_code, asked.json()["awaiting"]) == (200, "second_person"), asked.text
    read = (await bo.get(path)).json()
    assert (read["secret_address"], read["awaiting"]) == (True, "second_person")
    assert (await havn.partner("hopenow").get(path)).status_code == 404, "one alone drops nothing"
    for one in (anna, havn.partner("reden", "system")):
        alone = await one.post(f"{path}/unveiling/confirm", REASON)
        assert (alone.status_code, problem(alone)) == (403, "NotASecondPerson")
    by_machine = await havn.partner("reden", "system").put(path, SHELTER | {"secret_address": False}, if_match="*")
    assert (by_machine.status_code, problem(by_machine)) == (403, "NotASecondPerson")
    stranger = await havn.partner("hopenow").post(f"{path}/unveiling/confirm", REASON)
    assert stranger.status_code == 404
    supervision = await havn.partner("socialtilsyn-midt").post(f"{path}/unveiling/confirm", REASON)
    assert supervision.status_code in (403, 404)
    assert (await bo.post(f"{path}/unveiling/confirm", {})).status_code == 422
    assert (await bo.get(path)).json()["secret_address"] is True
    confirmed = await bo.post(f"{path}/unveiling/confirm", REASON)
    assert (confirmed.status_code, confirmed.json()["awaiting"]) == (200, None)
    read = (await havn.partner("hopenow").get(path)).json()
    assert (read["secret_address"], read["awaiting"]) == (False, None)


@pytest.mark.row(67)
async def test_who_says_that_it_is_a_secret_again_asks_nobody_any_more(havn: World, housing: Housing) -> None:
    facility_id = await housing.facility(secret_address=True)
    path = f"{FACILITIES}/{facility_id}"
    reden = havn.partner("reden", subject="Anna")
    await reden.put(path, SHELTER | {"secret_address": False}, if_match="*")
    again = await reden.put(path, SHELTER | {"secret_address": True}, if_match="*")
    assert again.json()["awaiting"] is None
    late = await havn.partner("cmm").post(f"{path}/unveiling/confirm", REASON)
    assert (late.status_code, problem(late)) == (409, "NothingToConfirm")


@pytest.mark.row(59)
async def test_a_place_for_peaks_names_who_has_approved_it(havn: World, housing: Housing) -> None:
    facility_id = await housing.facility()
    path = f"{FACILITIES}/{facility_id}/places"
    reden = havn.partner("reden")
    peak = {"kind": "peak", "available_from": "2026-03-01", "available_until": "2026-04-01"}
    await reden.post(path, peak | {"label": "Sofa"})
    await reden.post(path, peak | {"label": "Loft", "approved_by": "socialtilsyn-midt"})
    await reden.post(path, {"label": "Room"})
    found = {place["label"]: place["approved_by"] for place in (await reden.get(path)).json()["items"]}
    assert found == {"Sofa": "reden", "Loft": "socialtilsyn-midt", "Room": None}
    other = await reden.post(path, peak | {"label": "Attic", "approved_by": "hopenow"})
    assert (other.status_code, problem(other)) == (422, "NobodyToApprove")
    ordinary = await reden.post(path, {"label": "Hall", "approved_by": "cmm"})
    assert (ordinary.status_code, problem(ordinary)) == (422, "InvalidInput")
