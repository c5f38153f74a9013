"""Units of a facility: they accept no more than it, have days of their own, and every rule asks them."""

from datetime import date
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest
from asyncpg import Range

from services.accommodation.facilities import repository
from services.accommodation.facilities.models import Place
from services.accommodation.facilities.schemas import PlaceLabel
from shared.contract.personal import PersonalName
from shared.data import sealed
from shared.identity.actor import Actor
from tests.accommodation.housing import SHELTER, Housing, problem, rules_of
from tests.world import World

FACILITIES = "/accommodation/v1/facilities"
STAY = "INSERT INTO stay (id, place_id, case_id, during, state) VALUES ($1, $2, $3, $4, $5)"
WIDE = {"genders": ["woman", "man"], "minors": True, "families": True, "wheelchair": True, "security": "high"}
FLAGS = ("minors", "families", "wheelchair", "lgbt_safe")


async def unit(havn: World, facility_id: str, name: str = "North", org: str = "reden", **said: Any) -> httpx.Response:
    return await havn.partner(org).post(f"{FACILITIES}/{facility_id}/units", {"name": name} | said)


async def change(
    havn: World, facility_id: str, unit_id: str, body: dict[str, Any], org: str = "reden", **headers: str
) -> httpx.Response:
    path = f"{FACILITIES}/{facility_id}/units/{unit_id}"
    headers = headers or {"if_match": (await havn.partner("cmm").get(path)).headers["etag"]}
    return await havn.partner(org).put(path, {"name": "North"} | body, **headers)


@pytest.mark.row(49)
async def test_a_unit_is_registered_read_and_described_anew(havn: World, housing: Housing) -> None:
    facility_id = await housing.facility(accepts=WIDE)
    said = {
        "name": "Family wing",
        "accepts": {"genders": ["woman"], "wheelchair": False, "security": "raised"},
        "available_from": "2026-03-01",
        "available_until": "2026-12-31",
    }
    made = await unit(havn, facility_id, **said)
    assert made.status_code == 201, made.text
    unit_id = made.json()["unit_id"]
    nothing: dict[str, Any] = {"genders": None, "minors": None, "families": None, "wheelchair": None}
    shown = said | {
        "unit_id": unit_id,
        "accepts": nothing | {"lgbt_safe": None, "security": None} | dict(said["accepts"]),  # type: ignore[call-overload]
    }
    listed = await havn.partner("hopenow").get(f"{FACILITIES}/{facility_id}/units")
    assert listed.json()["items"] == [shown], "whoever may know the facility may know its units"
    read = await havn.partner("reden").get(f"{FACILITIES}/{facility_id}/units/{unit_id}")
    assert read.json() == shown
    assert read.headers["etag"] == made.headers["etag"]
    changed = await change(havn, facility_id, unit_id, {"name": "Wing", "accepts": {}}, if_match=made.headers["etag"])
    assert changed.status_code == 200, changed.text
    again = await havn.partner("reden").get(f"{FACILITIES}/{facility_id}/units/{unit_id}")
    assert (again.json()["name"], again.json()["accepts"]["genders"], again.json()["available_until"]) == (
        "Wing",
        None,
        None,
    )
    assert again.headers["etag"] == changed.headers["etag"] != made.headers["etag"]
    stale = await change(havn, facility_id, unit_id, {"name": "W"}, if_match=made.headers["etag"])
    assert stale.status_code == 412
    assert len(await havn.events("accommodation", "facility-changed")) == 3
    assert b"Wing" not in (await havn.sql("accommodation", "SELECT name FROM unit"))[0]["name"]


@pytest.mark.row(49)
async def test_a_place_is_in_the_unit_that_it_names_and_a_new_name_makes_one(havn: World, housing: Housing) -> None:
    facility_id = await housing.facility()
    unit_id = (await unit(havn, facility_id, accepts={"wheelchair": False})).json()["unit_id"]
    for number, name in enumerate(("North", " north ", "South", None)):
        await housing.place(facility_id, label=str(number), unit=name)
    places = (await havn.partner("reden").get(f"{FACILITIES}/{facility_id}/places")).json()["items"]
    units = (await havn.partner("reden").get(f"{FACILITIES}/{facility_id}/units")).json()["items"]
    south = next(each for each in units if each["name"] == "South")
    assert set(south["accepts"].values()) == {None}, "it accepts whom the facility does"
    assert {each["label"]: (each["unit"], each["unit_id"]) for each in places} == {
        "0": ("North", unit_id),
        "1": ("North", unit_id),
        "2": ("South", south["unit_id"]),
        "3": (None, None),
    }
    for taken in (await unit(havn, facility_id, "SOUTH"), await change(havn, facility_id, unit_id, {"name": "South"})):
        assert (taken.status_code, problem(taken)) == (409, "LabelTaken")


async def test_what_the_places_are_called_is_read_once_for_a_place_that_makes_a_unit(
    havn: World, housing: Housing
) -> None:
    facility_id = await housing.facility()
    await housing.place(facility_id)
    with havn.statements("accommodation") as sent:
        await housing.place(facility_id, unit="Loftet")
    assert len([each for each in sent if "FROM place " in each and "place.label" in each]) == 1


async def test_places_that_bore_a_unit_s_name_alone_are_in_it_once_it_is_named(havn: World, housing: Housing) -> None:
    facility_id = await housing.facility()
    await housing.approve(facility_id)
    place_id = await housing.place(facility_id, unit="North")
    label = (await havn.sql("accommodation", "SELECT label FROM place"))[0]["label"]
    assert b"North" not in label
    await _bear_names_alone(havn, facility_id, place_id, "North")
    path = f"{FACILITIES}/{facility_id}/places"
    (before,) = (await havn.partner("reden").get(path)).json()["items"]
    assert (before["unit"], before["unit_id"]) == ("North", None)
    await housing.booked(await housing.case(), place_id, needs={"wheelchair": True})
    assert rules_of(await unit(havn, facility_id, accepts={"wheelchair": False})) == ["wheelchair"]
    unit_id = (await unit(havn, facility_id, accepts={"families": False})).json()["unit_id"]
    (after,) = (await havn.partner("reden").get(path)).json()["items"]
    assert (after["unit"], after["unit_id"]) == ("North", unit_id)


async def _bear_names_alone(havn: World, facility_id: str, place_id: str, name: str) -> None:
    """As places stood before there were units: the name is sealed in the label."""
    itself = Actor.system("accommodation")
    async with havn.application.databases["accommodation"].transaction(itself) as work:
        place = await work.session.get_one(Place, UUID(place_id))
        key = await sealed.key_of(work, UUID(facility_id))
        label = repository.open_label(key, place)
        old = PlaceLabel(label=label.label, unit=PersonalName(name))
        place.label = key.seal(old, table="place", column="label", row=place.id)
        place.unit_id = None
    await havn.sql("accommodation", "DELETE FROM unit")


@pytest.mark.row(49)
async def test_units_are_the_operator_s_and_cmm_s_alone_to_change(havn: World, housing: Housing) -> None:
    facility_id, secret = await housing.facility(), await housing.facility(secret_address=True)
    own, hidden = [(await unit(havn, each)).json()["unit_id"] for each in (facility_id, secret)]
    for org in ("hopenow", "us", "kommune-0751", "politi-oestjylland", "socialtilsyn-midt"):
        for refused in (
            await unit(havn, facility_id, "South", org),
            await change(havn, facility_id, own, {"accepts": {"families": False}}, org),
        ):
            assert (refused.status_code, problem(refused)) == (403, "NotYourFacility"), org
    for org in ("hopenow", "us", "kommune-0751", "politi-oestjylland"):
        partner = havn.partner(org)
        answers = [
            await unit(havn, secret, "South", org),
            await change(havn, secret, hidden, {}, org),
            await partner.get(f"{FACILITIES}/{secret}/units"),
            await partner.get(f"{FACILITIES}/{secret}/units/{hidden}"),
        ]
        assert [each.status_code for each in answers] == [404] * 4, org
    elsewhere = await havn.partner("reden").get(f"{FACILITIES}/{facility_id}/units/{hidden}")
    assert (elsewhere.status_code, problem(elsewhere)) == (404, "NotFound")
    assert (await change(havn, facility_id, hidden, {}, if_match="*")).status_code == 404
    assert (await unit(havn, facility_id, "South", "cmm")).status_code == 201
    assert (
        await havn.partner("reden").put(f"{FACILITIES}/{facility_id}/units/{own}", {"name": "N"})
    ).status_code == 428


@pytest.mark.parametrize(
    ("accepts", "beyond"),
    [
        ({"genders": ["woman", "man"]}, "genders"),
        ({"minors": True}, "minors"),
        ({"families": True}, "families"),
        ({"wheelchair": True}, "wheelchair"),
        ({"lgbt_safe": True}, "lgbt_safe"),
        ({"security": "raised"}, "security"),
    ],
)
async def test_a_unit_that_would_accept_more_than_its_facility_is_refused(
    havn: World, housing: Housing, accepts: dict[str, Any], beyond: str
) -> None:
    nobody = dict.fromkeys(FLAGS, False)
    facility_id = await housing.facility(accepts={"genders": ["woman"]} | nobody)
    refused = await unit(havn, facility_id, accepts=accepts)
    assert (refused.status_code, problem(refused), refused.json()["beyond"]) == (422, "UnitAcceptsMore", beyond)
    unit_id = (await unit(havn, facility_id, accepts=nobody)).json()["unit_id"]
    assert problem(await change(havn, facility_id, unit_id, {"accepts": accepts})) == "UnitAcceptsMore"
    units = (await havn.partner("reden").get(f"{FACILITIES}/{facility_id}/units")).json()["items"]
    assert [each["accepts"]["minors"] for each in units] == [False]


async def test_a_unit_that_ends_before_it_begins_is_refused(havn: World, housing: Housing) -> None:
    backwards = {"available_from": "2026-03-02", "available_until": "2026-03-01"}
    assert (await unit(havn, await housing.facility(), **backwards)).status_code == 422


@pytest.mark.row(69)
async def test_a_minor_in_a_unit_for_adults_takes_two_people(havn: World, housing: Housing) -> None:
    shelter = await housing.shelter(kind="hostel_110", accepts={"minors": True})
    await unit(havn, shelter.facility_id, "Adults", accepts={"minors": False})
    adults = await housing.place(shelter.facility_id, unit="Adults")
    own = await housing.case(referred_by="reden")
    request_id = await housing.request(own, "reden", needs={"minor": True})
    assert rules_of(await housing.offer(request_id, adults, "reden")) == ["minors"]
    why = {"exceptions": [{"rule": "minors", "reason": "Her mother lives there."}]}
    offered = await housing.offer(request_id, adults, "reden", **why)
    assert (offered.status_code, offered.json()["awaiting"]) == (201, "second_person"), offered.text
    other = await housing.request(await housing.case(referred_by="reden"), "reden", needs={"minor": True})
    among_minors = await housing.offer(other, shelter.place_id, "reden")
    assert (among_minors.status_code, among_minors.json()["awaiting"]) == (201, None)


async def test_nothing_changes_that_those_who_live_in_a_unit_could_not_live_with(havn: World, housing: Housing) -> None:
    shelter = await housing.shelter()
    facility_id = shelter.facility_id
    north = (await unit(havn, facility_id)).json()["unit_id"]
    south = (await unit(havn, facility_id, "South")).json()["unit_id"]
    place_id = await housing.place(facility_id, unit="North")
    placement_id = await housing.booked(await housing.case(), place_id, needs={"wheelchair": True}, to_on="2026-03-20")
    without = {"accepts": {"wheelchair": False}}
    assert rules_of(await change(havn, facility_id, north, without)) == ["wheelchair"]
    assert (await change(havn, facility_id, south, without | {"name": "South"})).status_code == 200
    for days in ({"available_until": "2026-03-18"}, {"available_from": "2026-03-10"}):
        in_use = await change(havn, facility_id, north, days)
        assert (in_use.status_code, problem(in_use)) == (409, "UnitInUse"), days
    assert (await change(havn, facility_id, north, {"available_until": "2026-03-19"})).status_code == 200
    assert (await change(havn, facility_id, north, {"available_until": "2026-04-30"})).status_code == 200
    await housing.step(placement_id, "arrive")
    there = await change(havn, facility_id, north, {"available_until": "2026-04-01"})
    assert problem(there) == "UnitInUse", "whoever is there has the place without an end"
    assert (await change(havn, facility_id, north, {"available_until": "2026-05-30"})).status_code == 200
    await housing.step(placement_id, "leave", body={"disappeared": False})
    assert (await change(havn, facility_id, north, without | {"available_until": "2026-04-01"})).status_code == 200


async def test_a_unit_where_a_child_sleeps_goes_on_taking_families_wherever_the_mother_sleeps(
    havn: World, housing: Housing
) -> None:
    shelter = await housing.shelter()
    north = (await unit(havn, shelter.facility_id)).json()["unit_id"]
    placement_id = await housing.there(await housing.case(), shelter.place_id)
    await housing.place(shelter.facility_id, unit="North")
    joined = await housing.step(placement_id, "companions", body={"kind": "child", "born_on": "2018-01-01"})
    assert joined.status_code == 201, joined.text
    without = {"accepts": {"families": False}}
    assert rules_of(await change(havn, shelter.facility_id, north, without)) == ["families"]
    left = await housing.step(placement_id, f"companions/{joined.json()['companion_id']}/leave")
    assert left.status_code == 200, left.text
    assert (await change(havn, shelter.facility_id, north, without)).status_code == 200


async def test_a_facility_is_judged_as_it_is_in_the_unit_where_somebody_lives(havn: World, housing: Housing) -> None:
    shelter = await housing.shelter(accepts={"genders": ["woman", "man"]})
    path = f"{FACILITIES}/{shelter.facility_id}"
    await unit(havn, shelter.facility_id, accepts={"genders": ["woman"], "wheelchair": False})
    north = await housing.place(shelter.facility_id, unit="North")
    await housing.booked(await housing.case(), north)
    for genders, refused in ((["man"], ["gender"]), (["woman"], None)):
        etag = (await havn.partner("reden").get(path)).headers["etag"]
        body = SHELTER | {"accepts": SHELTER["accepts"] | {"genders": genders, "wheelchair": False}}
        answer = await havn.partner("reden").put(path, body, if_match=etag)
        assert refused is None or rules_of(answer) == refused
    assert answer.status_code == 200, "nobody outside the unit needs what was given up"


async def test_a_child_s_own_bed_is_in_no_unit_without_families(havn: World, housing: Housing) -> None:
    shelter = await housing.shelter()
    await unit(havn, shelter.facility_id, accepts={"families": False})
    single = await housing.place(shelter.facility_id, unit="North")
    placement_id = await housing.there(await housing.case(), shelter.place_id, needs={"children": 1})
    child = {"kind": "child", "born_on": "2018-01-01"}
    for said in (child | {"place_id": single}, child):
        refused = await housing.step(placement_id, "companions", body=said)
        assert rules_of(refused) == (["families"] if "place_id" in said else ["occupied"])
    both = await housing.place(shelter.facility_id)
    joined = await housing.step(placement_id, "companions", body=child)
    assert joined.is_success, joined.text
    assert str((await havn.sql("accommodation", "SELECT place_id FROM stay WHERE joined_as = 'child'"))[0][0]) == both


@pytest.mark.row(57)
async def test_a_place_counts_while_its_unit_is_open(havn: World, housing: Housing) -> None:
    shelter = await housing.shelter()
    await unit(havn, shelter.facility_id, available_from="2026-03-10", available_until="2026-03-12")
    await housing.place(shelter.facility_id, unit="North")
    for on, capacity in (("2026-03-09", 1), ("2026-03-10", 2), ("2026-03-12", 2), ("2026-03-13", 1)):
        census = (await havn.partner("reden").get("/accommodation/v1/occupancy", on=on)).json()
        assert [each["capacity"] for each in census["items"]] == [capacity], census


@pytest.mark.parametrize("as_owner", [True, False])
@pytest.mark.row(49)
async def test_postgresql_refuses_nights_on_which_the_unit_is_closed_and_to_close_it_under_somebody(
    havn: World, housing: Housing, as_owner: bool
) -> None:
    facility_id = await housing.facility()
    await housing.approve(facility_id)
    days = {"available_from": "2026-03-10", "available_until": "2026-03-12"}
    unit_id = (await unit(havn, facility_id, **days)).json()["unit_id"]
    place_id, case_id = await housing.place(facility_id, unit="North"), await housing.case()

    async def speak(statement: str, *values: Any) -> None:
        if as_owner:
            await havn.sql("accommodation", statement, *values)
        else:
            await havn.sql_as_runtime("accommodation", statement, *values, org="cmm")

    def stay(first: int, last: int | None, state: str) -> tuple[Any, ...]:
        during = Range(date(2026, 3, first), date(2026, 3, last) if last else None)
        return uuid4(), UUID(place_id), UUID(case_id), during, state

    for first, last in ((9, 11), (12, 14), (10, None), (20, 21)):
        for state in ("held", "booked"):
            with pytest.raises(asyncpg.CheckViolationError):
                await speak(STAY, *stay(first, last, state))
    with pytest.raises(asyncpg.CheckViolationError):
        await speak(STAY, *stay(13, None, "arrived"))
    await speak(STAY, *stay(10, 13, "booked"))
    closes = "UPDATE unit SET available_until = $2 WHERE id = $1"
    with pytest.raises(asyncpg.ExclusionViolationError):
        await speak(closes, UUID(unit_id), date(2026, 3, 11))
    await speak(closes, UUID(unit_id), date(2026, 3, 31))
    elsewhere = await housing.place(await housing.facility())
    with pytest.raises(asyncpg.ForeignKeyViolationError):
        await speak("UPDATE place SET unit_id = $2 WHERE id = $1", UUID(elsewhere), UUID(unit_id))


async def test_row_level_security_shows_units_with_their_facility(havn: World, housing: Housing) -> None:
    await unit(havn, await housing.facility(secret_address=True))
    seen = {
        org: len(await havn.sql_as_runtime("accommodation", "SELECT 1 FROM unit", org=org))
        for org in ("", "amiami", "kommune-0751", "reden", "cmm", "havn", "socialtilsyn-midt")
    }
    assert seen == {"": 0, "amiami": 0, "kommune-0751": 0, "reden": 1, "cmm": 1, "havn": 1, "socialtilsyn-midt": 1}
    changed = await havn.sql_as_runtime("accommodation", "UPDATE unit SET minors = false RETURNING 1", org="amiami")
    assert changed == []
