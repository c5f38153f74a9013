"""The register: who may add to it, who may know of what, and that an address is shown to few."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from shared.contract.organisations import Scope
from shared.identity.actor import Assurance
from tests.accommodation.housing import APPROVAL, LATER, SHELTER, Housing, problem, rules_of
from tests.world import World

FACILITIES = "/accommodation/v1/facilities"
ADDRESS = "Opdigtet Vej 7"


@pytest.mark.row(49)
async def test_an_organisation_registers_its_own_facility_and_the_address_is_sealed(
    havn: World, housing: Housing
) -> None:
    facility_id = await housing.facility("reden")
    read = await havn.partner("amiami").get(f"{FACILITIES}/{facility_id}")
    assert (read.json()["operator"], read.json()["name"]) == ("reden", SHELTER["name"])
    assert read.json()["accepts"]["genders"] == ["woman"]
    stored = str([dict(row) for row in await havn.sql("accommodation", "SELECT * FROM facility")])
    assert not any(text in stored for text in (ADDRESS, "Havnehuset", "Vagten"))


async def test_only_cmm_registers_a_facility_for_another_operator(havn: World, housing: Housing) -> None:
    foreign = await havn.partner("hopenow").post(FACILITIES, SHELTER | {"operator": "reden"})
    assert (foreign.status_code, problem(foreign)) == (403, "NotYourFacility")
    theirs = await havn.partner("cmm").post(FACILITIES, SHELTER | {"operator": "reden"})
    assert theirs.status_code == 201
    read = await havn.partner("reden").get(f"{FACILITIES}/{theirs.json()['facility_id']}")
    assert read.json()["operator"] == "reden"
    nobody = await havn.partner("cmm").post(FACILITIES, SHELTER | {"operator": "nobody-knows"})
    assert (nobody.status_code, problem(nobody)) == (422, "OperatorUnknown")


async def test_a_secret_facility_is_known_to_its_operator_its_supervision_and_cmm_alone(
    havn: World, housing: Housing
) -> None:
    facility_id = await housing.facility("reden", secret_address=True)
    open_id = await housing.facility("roede-kors", kind="asylum_centre")
    missing = await havn.partner("hopenow").get(f"{FACILITIES}/00000000-0000-4000-8000-000000000000")
    for org in ("reden", "cmm", "socialtilsyn-midt"):
        assert (await havn.partner(org).get(f"{FACILITIES}/{facility_id}")).status_code == 200
        assert facility_id in (await havn.partner(org).get(FACILITIES)).text
    for org in ("hopenow", "roede-kors", "politi-oestjylland", "kommune-0751", "us"):
        partner = havn.partner(org)
        listed = (await partner.get(FACILITIES)).json()["items"]
        assert [item["facility_id"] for item in listed] == [open_id]
        for path in ("", "/places", "/approvals"):
            hidden = await partner.get(f"{FACILITIES}/{facility_id}{path}")
            assert hidden.status_code == 404
            assert _without_trace(hidden.json()) == _without_trace(missing.json())
        assert (await partner.post(f"{FACILITIES}/{facility_id}/places", {"label": "1"})).status_code == 404


async def test_an_address_is_shown_to_its_operator_and_cmm_when_they_say_why(havn: World, housing: Housing) -> None:
    facility_id = await housing.facility("reden")
    for org in ("reden", "cmm"):
        silent = await havn.partner(org).get(f"{FACILITIES}/{facility_id}")
        assert silent.status_code == 200
        assert "address" not in silent.json()
        told = await havn.partner(org).get(f"{FACILITIES}/{facility_id}", purpose="accommodation")
        assert (told.json()["address"], told.json()["contact"]) == (SHELTER["address"], SHELTER["contact"])
        assert ADDRESS not in (await havn.partner(org).get(FACILITIES)).text
    for org in ("us", "hopenow"):
        other = await havn.partner(org).get(f"{FACILITIES}/{facility_id}", purpose="accommodation")
        assert other.status_code == 200
        assert ADDRESS not in other.text
        assert "Vagten" not in other.text


async def test_a_secret_address_needs_a_login_of_the_highest_assurance(havn: World, housing: Housing) -> None:
    facility_id = await housing.facility("reden", secret_address=True)
    path = f"{FACILITIES}/{facility_id}"
    for org in ("reden", "cmm"):
        low = await havn.partner(org).get(path, purpose="accommodation")
        assert (low.status_code, problem(low)) == (401, "AssuranceTooLow")
        assert 'error="insufficient_user_authentication"' in low.headers["www-authenticate"]
        assert ADDRESS not in low.text
        high = await havn.partner(org, assurance=Assurance.HIGH).get(path, purpose="accommodation")
        assert high.json()["address"] == SHELTER["address"]
    us = await havn.partner("us", assurance=Assurance.HIGH).get(path, purpose="accommodation")
    assert us.status_code == 404


async def test_every_address_shown_is_on_record(havn: World, housing: Housing) -> None:
    facility_id = await housing.facility("reden")
    await havn.partner("cmm").get(f"{FACILITIES}/{facility_id}", purpose="supervision")
    await havn.partner("us").get(f"{FACILITIES}/{facility_id}", purpose="accommodation")
    rows = await havn.sql(
        "accommodation",
        "SELECT org, purpose, fields, object_ids FROM audit WHERE operation = 'facility.read' ORDER BY position",
    )
    found = [(row["org"], row["purpose"], row["fields"]) for row in rows]
    assert found == [("cmm", "supervision", ["address", "contact"]), ("us", "accommodation", [])]
    assert str(rows[0]["object_ids"][0]) == facility_id


async def test_a_facility_is_changed_by_its_operator_who_has_read_it(havn: World, housing: Housing) -> None:
    facility_id = await housing.facility("reden")
    reden = havn.partner("reden")
    etag = (await reden.get(f"{FACILITIES}/{facility_id}")).headers["etag"]
    moved = SHELTER | {"address": "Anden Opdigtet Vej 1", "secret_address": True}
    assert (await reden.put(f"{FACILITIES}/{facility_id}", moved)).status_code == 428
    assert (await havn.partner("hopenow").put(f"{FACILITIES}/{facility_id}", moved, if_match=etag)).status_code == 403
    changed = await reden.put(f"{FACILITIES}/{facility_id}", moved, if_match=etag)
    assert changed.status_code == 200, changed.text
    assert (await reden.put(f"{FACILITIES}/{facility_id}", moved, if_match=etag)).status_code == 412
    read = await havn.partner("cmm", assurance=Assurance.HIGH).get(
        f"{FACILITIES}/{facility_id}", purpose="accommodation"
    )
    assert (read.json()["address"], read.json()["operator"]) == ("Anden Opdigtet Vej 1", "reden")
    assert (await havn.partner("hopenow").get(f"{FACILITIES}/{facility_id}")).status_code == 404


async def test_only_cmm_hands_a_facility_to_another_operator(havn: World, housing: Housing) -> None:
    facility_id = await housing.facility("reden")
    etag = (await havn.partner("reden").get(f"{FACILITIES}/{facility_id}")).headers["etag"]
    handed = SHELTER | {"operator": "hopenow"}
    assert (await havn.partner("reden").put(f"{FACILITIES}/{facility_id}", handed, if_match=etag)).status_code == 403
    assert (await havn.partner("cmm").put(f"{FACILITIES}/{facility_id}", handed, if_match=etag)).status_code == 200
    assert (await havn.partner("amiami").get(f"{FACILITIES}/{facility_id}")).json()["operator"] == "hopenow"


@pytest.mark.row(49)
async def test_who_saw_an_earlier_facility_or_request_changes_nothing_by_it(havn: World, housing: Housing) -> None:
    shelter = await housing.shelter()
    request = await housing.request(await housing.case())
    facility = f"{FACILITIES}/{shelter.facility_id}"
    (approval,) = (await havn.partner("cmm").get(f"{facility}/approvals")).json()["items"]
    offer = {"place_id": shelter.place_id, "expires_at": LATER}
    changes: list[tuple[str, str, dict[str, Any]]] = [
        ("reden", f"{facility}/places", {"label": "A further one"}),
        ("cmm", f"{facility}/approvals", APPROVAL),
        ("cmm", f"{facility}/approvals/{approval['approval_id']}/end", {"on": "2026-06-01", "reason": "Closed."}),
        ("cmm", f"/accommodation/v1/placement-requests/{request}/offers", offer),
    ]
    for org, path, body in changes:
        stale = await havn.partner(org).post(path, body, if_match='"an earlier one"')
        assert (stale.status_code, problem(stale)) == (412, "Stale"), path
    for org, path, body in changes[::-1]:
        seen = facility if "/facilities/" in path else path.removesuffix("/offers")
        read = await havn.partner(org).get(seen, purpose="accommodation")
        done = await havn.partner(org).post(path, body, if_match=read.headers["etag"])
        assert done.is_success, f"{path}: {done.text}"


async def test_places_are_added_by_the_operator_and_listed_with_their_labels(havn: World, housing: Housing) -> None:
    facility_id = await housing.facility("reden")
    path = f"{FACILITIES}/{facility_id}/places"
    place = {
        "label": "Vest 1",
        "unit": "Vest",
        "kind": "peak",
        "available_from": "2026-03-01",
        "available_until": "2026-06-01",
    }
    assert (await havn.partner("hopenow").post(path, place)).status_code == 403
    added = await havn.partner("reden").post(path, place)
    assert added.status_code == 201
    listed = await havn.partner("reden").get(path)
    (item,) = listed.json()["items"]
    assert item == place | {
        "place_id": added.json()["place_id"],
        "unit_id": item["unit_id"],
        "approved_by": "reden",
    }
    backwards = await havn.partner("reden").post(path, place | {"label": "2", "available_until": "2026-02-28"})
    assert backwards.status_code == 422
    for label in ("Vest 1", " vest  1 ", "Vest\u200b 1", "\uff36est\u00a0\uff11", "VEST \u0661"):
        twice = await havn.partner("reden").post(path, place | {"label": label})
        assert (twice.status_code, problem(twice)) == (409, "LabelTaken")
    one_day = await havn.partner("reden").post(path, place | {"label": "2", "available_until": "2026-03-01"})
    assert one_day.status_code == 201, "until includes its day"
    assert b"Vest" not in (await havn.sql("accommodation", "SELECT label FROM place"))[0]["label"]


async def test_an_approval_is_recorded_by_the_supervision_that_gave_it_or_by_cmm(havn: World, housing: Housing) -> None:
    facility_id = await housing.facility("reden", secret_address=True)
    path = f"{FACILITIES}/{facility_id}/approvals"
    for org in ("reden", "us", "kommune-0751", "socialtilsyn-syd"):
        refused = await havn.partner(org).post(path, APPROVAL)
        assert (refused.status_code, problem(refused)) == (403, "NotYourApproval"), org
    assert (await havn.partner("socialtilsyn-midt").post(path, APPROVAL)).status_code == 201
    assert (await havn.partner("cmm").post(path, APPROVAL | {"valid_from": "2026-02-01"})).status_code == 201
    for nobody in ("reden", "nobody-knows"):
        wrong = await havn.partner("cmm").post(path, APPROVAL | {"supervision": nobody})
        assert (wrong.status_code, problem(wrong)) == (422, "NotASupervision")
    listed = (await havn.partner("reden").get(path)).json()["items"]
    assert [item["supervision"] for item in listed] == ["socialtilsyn-midt", "socialtilsyn-midt"]
    assert listed[0]["reference"] == APPROVAL["reference"]


@pytest.mark.row(59)
async def test_a_place_out_of_service_is_offered_to_nobody(havn: World, housing: Housing) -> None:
    shelter = await housing.shelter()
    path = f"/accommodation/v1/places/{shelter.place_id}/out-of-service"
    closure = {"from_on": "2026-03-20", "to_on": "2026-03-22", "reason": "Water in the ceiling."}
    assert (await havn.partner("hopenow").post(path, closure)).status_code == 403
    assert (await havn.partner("reden").post(path, closure)).status_code == 201
    during = await housing.request(await housing.case(), from_on="2026-03-21", to_on="2026-03-30")
    after = await housing.request(await housing.case(), from_on="2026-03-22", to_on="2026-03-30")
    assert (await housing.matches(during))["excluded"] == {"out_of_service": 1}
    assert rules_of(await housing.offer(during, shelter.place_id)) == ["out_of_service"]
    assert (await housing.offer(after, shelter.place_id)).status_code == 201


async def test_a_hold_that_nobody_answered_in_time_keeps_no_place_and_no_unit_open(
    havn: World, housing: Housing
) -> None:
    reden, facility_id = havn.partner("reden"), await housing.facility()
    await housing.approve(facility_id)
    held = [await housing.place(facility_id, unit="North") for _ in range(2)]
    for place_id in held:
        await housing.held(await housing.case(), place_id)
    (unit,) = (await reden.get(f"{FACILITIES}/{facility_id}/units")).json()["items"]
    north = f"{FACILITIES}/{facility_id}/units/{unit['unit_id']}"
    shut, tag = {"name": "North", "available_until": "2026-03-08"}, (await reden.get(north)).headers["etag"]
    closure = {"from_on": "2026-03-20", "to_on": "2026-03-25", "reason": "Painting."}
    closing = f"/accommodation/v1/places/{held[0]}/out-of-service"
    assert problem(await reden.post(closing, closure)) == "PlaceInUse"
    assert problem(await reden.put(north, shut, if_match=tag)) == "UnitInUse"
    havn.development.clock.set(datetime.fromisoformat(LATER) + timedelta(seconds=1))  # no sweep has come by
    closed = await reden.post(closing, closure)
    assert closed.status_code == 201, closed.text
    assert (await reden.put(north, shut, if_match=tag)).status_code == 200


@pytest.mark.row(59)
async def test_a_time_out_of_service_is_listed_and_ends_earlier(havn: World, housing: Housing) -> None:
    shelter = await housing.shelter()
    path = f"/accommodation/v1/places/{shelter.place_id}/out-of-service"
    reden = havn.partner("reden")
    closed = (await reden.post(path, {"from_on": "2026-03-20", "to_on": "2026-03-25", "reason": "Painting."})).json()
    assert (await reden.get(path)).json()["items"] == [closed]
    end = f"{path}/{closed['closure_id']}/end"
    assert (await havn.partner("hopenow").post(end, {"to_on": "2026-03-22"})).status_code == 403
    ended = await reden.post(end, {"to_on": "2026-03-22"})
    assert (ended.status_code, ended.json()["to_on"]) == (200, "2026-03-22")
    assert problem(await reden.post(end, {"to_on": "2026-03-23"})) == "ClosureEndsEarlier"
    assert (await reden.post(end, {"to_on": "2026-03-20"})).status_code == 200
    assert (await reden.get(path)).json()["items"] == []
    assert (await reden.post(end, {"to_on": "2026-03-20"})).status_code == 404


async def test_a_facility_is_changed_by_nothing_that_those_who_live_there_could_not_live_with(
    havn: World, housing: Housing
) -> None:
    shelter = await housing.shelter()
    placement_id = await housing.booked(await housing.case(), shelter.place_id, needs={"wheelchair": True})
    path = f"{FACILITIES}/{shelter.facility_id}"
    accepts = SHELTER["accepts"]
    for change, rules in [
        ({"accepts": accepts | {"genders": ["trans_woman"]}}, ["gender"]),
        ({"accepts": accepts | {"wheelchair": False}}, ["wheelchair"]),
        ({"kind": "asylum_centre"}, ["options"]),
    ]:
        etag = (await havn.partner("reden").get(path)).headers["etag"]
        assert rules_of(await havn.partner("reden").put(path, SHELTER | change, if_match=etag)) == rules
    harmless = SHELTER | {"accepts": accepts | {"families": False}}
    assert (await havn.partner("reden").put(path, harmless, if_match=etag)).status_code == 200
    await housing.step(placement_id, "cancel", body={"reason": "She has found a flat."})
    etag = (await havn.partner("reden").get(path)).headers["etag"]
    empty = SHELTER | {"accepts": accepts | {"genders": ["trans_woman"]}}
    assert (await havn.partner("reden").put(path, empty, if_match=etag)).status_code == 200


async def test_what_changes_in_the_register_is_an_event_that_says_nothing_of_a_secret(
    havn: World, housing: Housing
) -> None:
    known, secret = await housing.facility(), await housing.facility(secret_address=True)
    first, second = await havn.events("accommodation", "facility-changed")
    assert first["facility_id"] == known
    assert second["facility_id"] is None
    assert secret not in str(second)
    await housing.place(secret)
    assert [event["key"] for event in await havn.events("accommodation", "facility-changed")] == [
        first["key"],
        second["key"],
        second["key"],
    ]


@pytest.mark.parametrize(
    "change",
    [
        {"region": "1081"},
        {"kind": "mens_crisis_centre"},
        {"kind": "childrens_centre"},
        {"operator": "kommune-9999"},
    ],
)
async def test_fields_that_disagree_are_refused(havn: World, housing: Housing, change: dict[str, Any]) -> None:
    refused = await havn.partner("cmm").post(FACILITIES, SHELTER | change)
    assert refused.status_code == 422, refused.text
    assert (await havn.partner("cmm").get(FACILITIES)).json()["items"] == []


async def test_a_region_that_is_left_out_is_the_municipality_s(havn: World, housing: Housing) -> None:
    facility_id = await housing.facility(municipality="0461")
    assert (await havn.partner("cmm").get(f"{FACILITIES}/{facility_id}")).json()["region"] == "1083"


async def test_a_place_that_somebody_has_is_not_taken_out_of_service(havn: World, housing: Housing) -> None:
    shelter = await housing.shelter()
    await housing.held(await housing.case(), shelter.place_id, to_on="2026-03-20")
    path = f"/accommodation/v1/places/{shelter.place_id}/out-of-service"
    refused = await havn.partner("reden").post(path, {"from_on": "2026-03-19", "reason": "Painting."})
    assert (refused.status_code, problem(refused)) == (409, "PlaceInUse")
    assert (await havn.partner("reden").post(path, {"from_on": "2026-03-20", "reason": "Paint."})).status_code == 201


async def test_a_list_comes_in_pages_that_miss_and_repeat_nothing(havn: World, housing: Housing) -> None:
    registered = {await housing.facility("reden") for _ in range(5)}
    seen: list[str] = []
    cursor = None
    while True:
        page = (await havn.partner("us").get(FACILITIES, limit=2, cursor=cursor)).json()
        seen += [item["facility_id"] for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert len(seen) == 5
    assert set(seen) == registered


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "hotel"},
        {"municipality": "9999"},
        {"region": "Jylland"},
        {"secret_address": "yes"},
        {"accepts": SHELTER["accepts"] | {"genders": []}},
        {"accepts": SHELTER["accepts"] | {"security": "huge"}},
        {"beds": 7},
    ],
)
async def test_a_facility_that_is_not_as_the_contract_says_is_refused_without_an_echo(
    havn: World, housing: Housing, change: dict[str, Any]
) -> None:
    refused = await havn.partner("reden").post(FACILITIES, SHELTER | change)
    assert refused.status_code == 422
    assert ADDRESS not in refused.text


async def test_without_scope_or_role_the_register_is_closed(havn: World, housing: Housing) -> None:
    assert (await havn.partner("cmm", "statistician").get(FACILITIES)).status_code == 403
    assert (await havn.partner("3f").get(FACILITIES)).status_code == 403
    assert (await havn.partner("cmm", scopes=[Scope.ACCOMMODATION_READ]).post(FACILITIES, SHELTER)).status_code == 403


def _without_trace(document: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in document.items() if name not in ("trace_id", "instance")}
