"""A place is described anew, and nobody who has it loses it."""

from typing import Any

import asyncpg
import httpx
import pytest

from tests.accommodation.housing import Housing, Shelter, problem
from tests.world import World

FACILITIES = "/accommodation/v1/facilities"


async def change(havn: World, shelter: Shelter, org: str = "reden", **said: Any) -> httpx.Response:
    path = f"{FACILITIES}/{shelter.facility_id}/places/{shelter.place_id}"
    return await havn.partner(org).put(path, {"label": "Garden room"} | said, if_match="*")


async def shown(havn: World, shelter: Shelter) -> dict[str, Any]:
    items = (await havn.partner("reden").get(f"{FACILITIES}/{shelter.facility_id}/places")).json()["items"]
    (found,) = [each for each in items if each["place_id"] == shelter.place_id]
    return dict(found)


@pytest.mark.row(49)
async def test_a_place_is_what_its_operator_says_anew(havn: World, housing: Housing) -> None:
    shelter = await housing.shelter(places=2)
    said = {"label": "Garden room", "unit": "North", "kind": "peak", "available_from": "2026-03-01"}
    changed = await change(havn, shelter, **said, available_until="2026-12-31")
    assert (changed.status_code, changed.json()) == (200, {"place_id": shelter.place_id})
    now = await shown(havn, shelter)
    assert {name: now[name] for name in said} == said
    assert (now["available_until"], now["approved_by"]) == ("2026-12-31", "reden")
    assert (await change(havn, shelter, org="cmm", kind="ordinary")).status_code == 200
    now = await shown(havn, shelter)
    assert (now["unit"], now["kind"], now["approved_by"]) == (None, "ordinary", None), "what is left out is so no more"


async def test_only_its_operator_and_cmm_change_a_place_and_its_label_is_its_own(havn: World, housing: Housing) -> None:
    shelter, other = await housing.shelter(places=2), await housing.shelter()
    before = await shown(havn, shelter)
    for org in ("hopenow", "politi-fyn", "us", "socialtilsyn-midt"):
        assert (await change(havn, shelter, org=org)).status_code in (403, 404), org
    (neighbour,) = [
        each["label"]
        for each in (await havn.partner("reden").get(f"{FACILITIES}/{shelter.facility_id}/places")).json()["items"]
        if each["place_id"] != shelter.place_id
    ]
    assert problem(await change(havn, shelter, label=neighbour.upper())) == "LabelTaken"
    assert (await change(havn, shelter, label=before["label"])).status_code == 200, "its own is not another's"
    of_another = f"{FACILITIES}/{other.facility_id}/places/{shelter.place_id}"
    assert (await havn.partner("reden").put(of_another, {"label": "Attic"}, if_match="*")).status_code == 404
    path = f"{FACILITIES}/{shelter.facility_id}/places/{shelter.place_id}"
    blind = await havn.partner("reden").put(path, {"label": "Attic"})
    assert (blind.status_code, problem(blind)) == (428, "IfMatchMissing")
    stale = await havn.partner("reden").put(
        f"{FACILITIES}/{shelter.facility_id}/places/{shelter.place_id}", {"label": "Attic"}, if_match='"stale"'
    )
    assert stale.status_code == 412
    assert await shown(havn, shelter) == before


@pytest.mark.parametrize("arrives", [False, True])
async def test_nobody_loses_the_place_that_they_have(havn: World, housing: Housing, arrives: bool) -> None:
    shelter = await housing.shelter()
    case = await housing.case()
    booked = {"from_on": "2026-03-09", "to_on": "2026-03-12"}
    if arrives:
        await housing.there(case, shelter.place_id, **booked)
    else:
        await housing.booked(case, shelter.place_id, **booked)
    before = await shown(havn, shelter)
    for said in (
        {"available_until": "2026-03-10"},
        {"available_from": "2026-03-10"},
        {"unit": "North"},
        {"kind": "peak"},
    ):
        refused = await change(havn, shelter, **said)
        assert (refused.status_code, problem(refused)) == (409, "PlaceInUse"), said
    assert await shown(havn, shelter) == before
    with pytest.raises(asyncpg.ExclusionViolationError):  # whoever asks, also the owner of the database
        await havn.sql(
            "accommodation", "UPDATE place SET available_until = '2026-03-10' WHERE id = $1", shelter.place_id
        )
    assert (await change(havn, shelter, available_from="2026-03-01")).status_code == 200
    if not arrives:
        assert (await change(havn, shelter, available_until="2026-03-11")).status_code == 200, (
            "to_on is the day of leaving"
        )


async def test_a_hold_that_has_expired_keeps_no_place_from_being_changed(havn: World, housing: Housing) -> None:
    shelter = await housing.shelter()
    await housing.held(await housing.case(), shelter.place_id)
    assert problem(await change(havn, shelter, kind="peak")) == "PlaceInUse"
    housing.move_clock("2026-03-30T12:00:00+02:00")
    assert (await change(havn, shelter, kind="peak")).status_code == 200


async def test_a_place_is_read_with_the_etag_that_it_is_changed_with(havn: World, housing: Housing) -> None:
    shelter = await housing.shelter()
    path, reden = f"{FACILITIES}/{shelter.facility_id}/places/{shelter.place_id}", havn.partner("reden")
    unmatched = await reden.put(path, {"label": "Attic"})
    assert (
        unmatched.status_code,
        "GET .../facilities/{facility_id}/places/{place_id}" in unmatched.json()["detail"],
    ) == (428, True)
    read = await reden.get(path)
    (listed,) = (await reden.get(f"{FACILITIES}/{shelter.facility_id}/places")).json()["items"]
    assert read.json() == listed
    assert read.headers["etag"] == (await reden.get(f"{FACILITIES}/{shelter.facility_id}")).headers["etag"]
    assert (await reden.put(path, {"label": "Attic"}, if_match=read.headers["etag"])).status_code == 200
    again = await reden.put(path, {"label": "Cellar"}, if_match=read.headers["etag"])
    assert again.status_code == 412, "another has changed it since"
    assert (await reden.get(path)).json()["label"] == "Attic"


async def test_a_place_is_shown_under_its_own_facility_to_who_may_know_that(havn: World, housing: Housing) -> None:
    shelter = await housing.shelter(secret_address=True)
    other = await housing.shelter()
    path = f"{FACILITIES}/{shelter.facility_id}/places/{shelter.place_id}"
    assert [(await havn.partner(org).get(path)).status_code for org in ("cmm", "hopenow", "us")] == [200, 404, 404]
    of_another = f"{FACILITIES}/{other.facility_id}/places/{shelter.place_id}"
    assert (await havn.partner("reden").get(of_another)).status_code == 404
