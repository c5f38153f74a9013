"""Placements: coming and leaving, who may know the place, and SC01's full shelter."""

from datetime import date
from typing import Any
from uuid import UUID, uuid4

import pytest

from shared.contract.codes import Authority, ResidenceBasis
from tests.accommodation.housing import Housing, decision, problem, rules_of
from tests.world import World

PLACEMENTS = "/accommodation/v1/placements"


async def placements(havn: World, org: str, case_id: str) -> Any:
    answer = await havn.partner(org).get(PLACEMENTS, case_id=case_id, purpose="accommodation")
    return answer.json()["items"] if answer.status_code == 200 else answer.status_code


async def test_a_person_comes_and_leaves(havn: World, housing: Housing) -> None:
    shelter = await housing.shelter()
    case_id = await housing.case()
    placement_id = await housing.booked(case_id, shelter.place_id)
    came = await housing.step(placement_id, "arrive", body={"arrived_at": "2026-03-09T11:30:00+01:00"})
    assert (came.status_code, came.json()["status"]) == (200, "arrived")
    await havn.set_clock("2026-03-20T09:00:00+01:00")
    left = await housing.step(
        placement_id, "leave", body={"left_at": "2026-03-19T23:30:00+01:00", "reason": "Found a flat with a cousin."}
    )
    assert left.json() == {
        "placement_id": placement_id,
        "case_id": case_id,
        "place_id": shelter.place_id,
        "facility_id": shelter.facility_id,
        "region": "1082",
        "status": "left",
        "from_on": "2026-03-09",
        "to_on": "2026-03-19",
        "arrived_at": "2026-03-09T10:30:00Z",
        "left_at": "2026-03-19T22:30:00Z",
        "disappeared": False,
        "ending": "left",
        "moved_to_id": None,
        "exceptions": [],
    }
    told = await havn.events("accommodation", "person-")
    assert [(event["type"].split(".")[3], event["key"]) for event in told] == [
        ("person-arrived", case_id),
        ("person-left", case_id),
    ]
    assert (told[1]["left_at"], told[1]["disappeared"]) == ("2026-03-19T22:30:00Z", False)
    assert b"cousin" not in (await havn.sql("accommodation", "SELECT leaving FROM placement"))[0]["leaving"]


async def test_leaving_frees_the_place_from_that_day_and_keeps_the_nights_that_were_slept(
    havn: World, housing: Housing
) -> None:
    shelter = await housing.shelter()
    placement_id = await housing.booked(await housing.case(), shelter.place_id)
    await housing.step(placement_id, "arrive")
    await havn.set_clock("2026-03-12T09:00:00+01:00")
    free = await housing.request(await housing.case(), from_on="2026-03-12")
    later = "2026-03-13T12:00:00+01:00"
    assert rules_of(await housing.offer(free, shelter.place_id, expires_at=later)) == ["occupied"]
    await housing.step(placement_id, "leave", body={"disappeared": True})
    assert (await havn.events("accommodation", "person-left"))[0]["disappeared"] is True
    assert (await housing.offer(free, shelter.place_id, expires_at=later)).status_code == 201
    slept = await havn.sql("accommodation", "SELECT during FROM stay WHERE state = 'left'")
    assert [(row["during"].lower, row["during"].upper) for row in slept] == [(date(2026, 3, 9), date(2026, 3, 12))]


async def test_who_never_came_frees_the_whole_stay(housing: Housing) -> None:
    shelter = await housing.shelter()
    placement_id = await housing.booked(await housing.case(), shelter.place_id)
    left = await housing.step(placement_id, "leave", body={"left_at": "2026-03-08T10:00:00+01:00"})
    assert (left.json()["status"], left.json()["to_on"]) == ("left", "2026-03-09")
    await housing.booked(await housing.case(), shelter.place_id)


async def test_whoever_has_come_and_not_left_is_there_whatever_the_plan_said(havn: World, housing: Housing) -> None:
    shelter = await housing.shelter()
    first = await housing.booked(await housing.case(), shelter.place_id, to_on="2026-03-12")
    planned = await housing.booked(await housing.case(), shelter.place_id, from_on="2026-03-12", to_on="2026-03-20")
    await housing.step(first, "arrive")
    later = await housing.request(await housing.case(), from_on="2026-03-25")
    assert rules_of(await housing.offer(later, shelter.place_id)) == ["occupied"], "nobody is booked on top"
    await havn.set_clock("2026-03-14T09:00:00+01:00")
    early = await housing.step(planned, "arrive")
    assert rules_of(early) == ["occupied"], "two people are not in one bed"
    left = await housing.step(first, "leave")
    assert (left.status_code, left.json()["to_on"]) == (200, "2026-03-14"), "nights that were slept are no plan's"
    assert (await housing.step(planned, "arrive")).status_code == 200


@pytest.mark.parametrize(
    ("arrived_at", "from_on"),
    [
        ("2026-10-25T00:30:00+02:00", "2026-10-24"),
        ("2026-10-25T05:59:00+01:00", "2026-10-24"),
        ("2026-10-24T18:00:00+02:00", "2026-10-24"),
    ],
)
async def test_a_night_belongs_to_the_evening_before(
    havn: World, housing: Housing, arrived_at: str, from_on: str
) -> None:
    await havn.set_clock("2026-10-24T12:00:00+02:00")
    shelter = await housing.shelter()
    offer_id = (
        await housing.offer(
            await housing.request(await housing.case(), from_on="2026-10-24", to_on="2026-10-25"),
            shelter.place_id,
            expires_at="2026-10-25T12:00:00+01:00",
        )
    ).json()["offer_id"]
    placement_id = (await housing.answer(offer_id, "accept")).json()["placement_id"]
    await havn.set_clock("2026-10-25T06:30:00+01:00")
    came = await housing.step(placement_id, "arrive", body={"arrived_at": arrived_at})
    assert (came.status_code, came.json()["from_on"]) == (200, from_on)


async def test_who_comes_after_midnight_of_the_day_that_was_booked_has_come_for_the_night_before(
    havn: World, housing: Housing
) -> None:
    await havn.set_clock("2026-03-09T02:10:00+01:00")
    shelter = await housing.shelter()
    placement_id = await housing.booked(await housing.case(), shelter.place_id)
    await havn.set_clock("2026-03-09T06:00:00+01:00")
    early = await housing.step(placement_id, "arrive", body={"arrived_at": "2026-03-09T03:10:00+01:00"})
    assert (early.status_code, early.json()["from_on"]) == (200, "2026-03-08")


async def test_a_placement_is_cancelled_before_the_arrival_and_the_request_waits_again(
    havn: World, housing: Housing
) -> None:
    shelter = await housing.shelter()
    case_id = await housing.case()
    placement_id = await housing.booked(case_id, shelter.place_id)
    cancelled = await housing.step(placement_id, "cancel", body={"reason": "The boiler has burst."})
    assert (cancelled.status_code, cancelled.json()["status"], cancelled.json()["ending"]) == (200, "left", "cancelled")
    (event,) = await havn.events("accommodation", "placement-cancelled")
    assert event["placement_id"] == placement_id
    assert b"boiler" not in (await havn.sql("accommodation", "SELECT leaving FROM placement"))[0]["leaving"]
    found = (
        await havn.partner("cmm").get("/accommodation/v1/placement-requests", purpose="accommodation", case_id=case_id)
    ).json()["items"]
    assert [item["status"] for item in found] == ["open"]
    await housing.booked(await housing.case(), shelter.place_id)
    assert problem(await housing.step(placement_id, "cancel", body={"reason": "Again."})) == "PlacementDoesNotAllow"


@pytest.mark.row(56)
async def test_a_no_show_returns_the_place(havn: World, housing: Housing) -> None:
    shelter = await housing.shelter()
    placement_id = await housing.booked(await housing.case(), shelter.place_id, to_on="2026-03-12")
    outside = await housing.step(placement_id, "no-show", body={"on": "2026-03-08"})
    assert (outside.status_code, problem(outside)) == (422, "OutsideTheStay")
    assert (await housing.step(placement_id, "no-show", body={"on": "2026-03-10"})).status_code == 422, "it lies ahead"
    await havn.set_clock("2026-03-10T08:00:00+01:00")
    absent = await housing.step(placement_id, "no-show", body={"on": "2026-03-09"})
    assert (absent.status_code, absent.json()["ending"]) == (200, "no_show")
    assert [event["on"] for event in await havn.events("accommodation", "no-show")] == ["2026-03-09"]
    assert problem(await housing.step(placement_id, "arrive")) == "PlacementDoesNotAllow"
    request_id = await housing.request(await housing.case(), from_on="2026-03-10")
    offered = await housing.offer(request_id, shelter.place_id, expires_at="2026-03-11T12:00:00+01:00")
    assert offered.status_code == 201


async def test_a_stay_is_extended_under_the_rules_of_an_offer(havn: World, housing: Housing) -> None:
    facility_id = await housing.facility()
    await housing.approve(facility_id, valid_until="2026-03-31")
    place_id = await housing.place(facility_id)
    placement_id = await housing.booked(await housing.case(), place_id, to_on="2026-03-12")
    await housing.booked(await housing.case(), place_id, from_on="2026-03-20", to_on="2026-03-22")
    why = {"reason": "Her flat is not ready."}
    for to_on, rules in {"2026-03-21": ["occupied"], "2026-04-02": ["no_approval", "occupied"]}.items():
        assert rules_of(await housing.step(placement_id, "extend", body=why | {"to_on": to_on})) == rules
    backwards = await housing.step(placement_id, "extend", body=why | {"to_on": "2026-03-12"})
    assert (backwards.status_code, problem(backwards)) == (422, "NothingToExtend")
    assert (
        await housing.step(placement_id, "extend", "hopenow", body=why | {"to_on": "2026-03-20"})
    ).status_code == 404
    extended = await housing.step(placement_id, "extend", body=why | {"to_on": "2026-03-20"})
    assert (extended.status_code, extended.json()["to_on"]) == (200, "2026-03-20")
    (event,) = await havn.events("accommodation", "stay-extended")
    assert (event["placement_id"], event["to_on"]) == (placement_id, "2026-03-20")
    await housing.step(placement_id, "arrive")
    assert rules_of(await housing.step(placement_id, "extend", body=why | {"to_on": "2026-03-21"})) == ["occupied"]


async def test_the_payer_extends_a_stay_in_a_secret_facility_and_learns_no_more_of_it(housing: Housing) -> None:
    secret = await housing.shelter(secret_address=True)
    case_id = await housing.case(basis=ResidenceBasis.NO_LEGAL_STAY, routed_to=Authority.US)
    placement_id = await housing.booked(case_id, secret.place_id, to_on="2026-03-12")
    extended = await housing.step(placement_id, "extend", "us", body={"to_on": "2026-03-20", "reason": "Asylum."})
    assert extended.status_code == 200, extended.text
    assert (extended.json()["to_on"], extended.json()["region"]) == ("2026-03-20", "1082")
    assert secret.place_id not in extended.text
    assert secret.facility_id not in extended.text


@pytest.mark.parametrize(
    ("done", "step", "status", "allowed"),
    [
        (["arrive"], "arrive", "arrived", ["leave", "extend", "move", "companions"]),
        (["arrive", "leave"], "arrive", "left", []),
        (["leave"], "leave", "left", []),
        (["leave"], "arrive", "left", []),
    ],
)
async def test_a_step_that_the_status_does_not_allow_is_refused(
    housing: Housing, done: list[str], step: str, status: str, allowed: list[str]
) -> None:
    placement_id = await housing.booked(await housing.case(), (await housing.shelter()).place_id)
    for earlier in done:
        assert (await housing.step(placement_id, earlier)).status_code == 200
    refused = await housing.step(placement_id, step)
    assert (refused.status_code, problem(refused)) == (409, "PlacementDoesNotAllow")
    assert (refused.json()["current_status"], refused.json()["allowed"]) == (status, allowed)


@pytest.mark.parametrize(
    ("step", "body", "name"),
    [
        ("arrive", {"arrived_at": "2026-03-10T00:00:00+01:00"}, "InvalidInput"),
        ("leave", {"left_at": "2026-03-10T00:00:00+01:00"}, "InvalidInput"),
        ("arrive", {"arrived_at": "2026-03-08T23:59:00+01:00"}, "OutsideTheStay"),
        ("leave", {"left_at": "2026-03-09T08:00:00+01:00"}, "OutsideTheStay"),
    ],
)
async def test_what_is_recorded_has_happened_and_fits_the_stay(
    housing: Housing, step: str, body: dict[str, Any], name: str
) -> None:
    placement_id = await housing.booked(await housing.case(), (await housing.shelter()).place_id)
    if step == "leave":
        await housing.step(placement_id, "arrive", body={"arrived_at": "2026-03-09T09:00:00+01:00"})
    refused = await housing.step(placement_id, step, body=body)
    assert (refused.status_code, problem(refused)) == (422, name)


async def test_a_step_on_a_placement_that_has_changed_since_is_refused(havn: World, housing: Housing) -> None:
    placement_id = await housing.booked(await housing.case(), (await housing.shelter()).place_id)
    etag = (await havn.partner("reden").get(f"{PLACEMENTS}/{placement_id}", purpose="accommodation")).headers["etag"]
    assert (await housing.step(placement_id, "arrive", if_match=etag)).status_code == 200
    assert (await housing.step(placement_id, "leave", if_match=etag)).status_code == 412


async def test_partners_of_the_case_learn_that_there_is_a_place_and_never_where(havn: World, housing: Housing) -> None:
    shelter = await housing.shelter()
    case_id = await housing.case(referred_by="politi-oestjylland", routed_to=Authority.US)
    placement_id = await housing.booked(case_id, shelter.place_id)
    for org in ("cmm", "reden", "us"):
        (whole,) = await placements(havn, org, case_id)
        assert (whole["placement_id"], whole["region"], whole["status"]) == (placement_id, "1082", "booked")
        assert (await havn.partner(org).get(f"{PLACEMENTS}/{placement_id}", purpose="accommodation")).json() == whole
    police = "politi-oestjylland"
    for shown in ({"booked": True}, {"placed": True}):
        assert await placements(havn, police, case_id) == [shown]
        one = await havn.partner(police).get(f"{PLACEMENTS}/{placement_id}", purpose="accommodation")
        assert (one.json(), one.headers.get("etag")) == (shown, None)
        for step in ("arrive", "leave"):
            assert (await housing.step(placement_id, step, police)).status_code == 404
        await housing.step(placement_id, "arrive")
    for stranger in ("amiami", "hopenow", "kommune-0751", "politi-fyn"):
        assert await placements(havn, stranger, case_id) == 404
        assert (
            await havn.partner(stranger).get(f"{PLACEMENTS}/{placement_id}", purpose="accommodation")
        ).status_code == 404
    assert await placements(havn, "cmm", str(uuid4())) == 404
    await housing.step(placement_id, "leave")
    assert await placements(havn, police, case_id) == []


async def test_the_requester_sees_the_placement_whole_unless_the_facility_is_secret(
    havn: World, housing: Housing
) -> None:
    case_id = await housing.case(referred_by="hopenow")
    open_shelter, secret = await housing.shelter(), await housing.shelter(secret_address=True)
    await housing.booked(case_id, open_shelter.place_id, to_on="2026-03-12", org="cmm", asks="hopenow")
    (whole,) = await placements(havn, "hopenow", case_id)
    assert whole["facility_id"] == open_shelter.facility_id

    later = await housing.request(case_id, "hopenow", from_on="2026-03-12")
    first = (await housing.offer(later, secret.place_id, "cmm")).json()["offer_id"]
    await housing.answer(first, "decline")
    offer_id = (await housing.offer(later, secret.place_id, "reden")).json()["offer_id"]
    seen = await havn.partner("hopenow").get(f"/accommodation/v1/offers/{offer_id}")
    assert (seen.json()["status"], seen.json()["place_id"], seen.json()["facility_id"]) == ("held", None, None)
    accepted = await housing.answer(offer_id, "accept", "hopenow")
    assert accepted.status_code == 200, accepted.text
    assert secret.facility_id not in accepted.text
    assert await placements(havn, "hopenow", case_id) == [whole, {"booked": True}]


async def test_us_sees_the_placements_it_pays_for_and_those_of_its_cases_and_no_others(
    havn: World, housing: Housing
) -> None:
    shelter = await housing.shelter(places=3)
    danish = await housing.case(basis=ResidenceBasis.DANISH_CITIZEN)
    await housing.booked(danish, shelter.place_ids[0], needs={"gender": "woman"})
    assert await placements(havn, "us", danish) == 404
    paid = await housing.case(basis=ResidenceBasis.NO_LEGAL_STAY)
    await housing.booked(paid, shelter.place_ids[1])
    assert (await placements(havn, "us", paid))[0]["region"] == "1082"
    routed = await housing.case(routed_to=Authority.US)
    await housing.booked(routed, shelter.place_ids[2])
    assert (await placements(havn, "us", routed))[0]["status"] == "booked"


async def test_an_operator_sees_the_placements_in_its_own_facilities_only(havn: World, housing: Housing) -> None:
    case_id = await housing.case()
    reden = await housing.shelter(operator="reden")
    amiami = await housing.shelter(operator="amiami")
    await housing.booked(case_id, reden.place_id, to_on="2026-03-12")
    await housing.booked(case_id, amiami.place_id, operator="amiami", from_on="2026-03-12")
    for org, shelter in (("reden", reden), ("amiami", amiami)):
        assert [item["facility_id"] for item in await placements(havn, org, case_id)] == [shelter.facility_id]
    assert len(await placements(havn, "cmm", case_id)) == 2


async def test_a_persons_placements_come_in_pages_newest_first(havn: World, housing: Housing) -> None:
    shelter = await housing.shelter()
    case_id = await housing.case()
    for day in (9, 10, 11):
        await housing.booked(case_id, shelter.place_id, from_on=f"2026-03-{day:02}", to_on=f"2026-03-{day + 1:02}")
    seen, cursor = [], None
    while True:
        page = await havn.partner("cmm").get(
            PLACEMENTS, case_id=case_id, purpose="accommodation", limit=2, cursor=cursor
        )
        seen += [item["from_on"] for item in page.json()["items"]]
        cursor = page.json()["next_cursor"]
        if cursor is None:
            break
    assert seen == ["2026-03-11", "2026-03-10", "2026-03-09"]


@pytest.mark.parametrize(("limit", "sizes"), [(1, [1, 1, 1]), (2, [2, 1]), (3, [3])])
async def test_that_there_is_a_place_ends_the_last_page_and_no_page_is_longer_than_asked_for(
    havn: World, housing: Housing, limit: int, sizes: list[int]
) -> None:
    case_id = await housing.case(referred_by="hopenow")
    known, secret = await housing.shelter(), await housing.shelter(secret_address=True)
    for day in (9, 10):
        nights = {"from_on": f"2026-03-{day:02}", "to_on": f"2026-03-{day + 1:02}"}
        await housing.booked(case_id, known.place_id, asks="hopenow", **nights)
    await housing.booked(case_id, secret.place_id, from_on="2026-03-11")
    pages: list[list[dict[str, Any]]] = []
    cursor = None
    while not pages or cursor:
        page = (
            await havn.partner("hopenow").get(
                PLACEMENTS, case_id=case_id, purpose="accommodation", limit=limit, cursor=cursor
            )
        ).json()
        pages.append(page["items"])
        cursor = page["next_cursor"]
    assert [len(page) for page in pages] == sizes
    listed = [item for page in pages for item in page]
    assert [item.get("from_on") for item in listed] == ["2026-03-10", "2026-03-09", None]
    assert listed[-1] == {"booked": True}
    rows = await havn.sql(
        "accommodation", "SELECT fields FROM audit WHERE operation = 'placement.list' ORDER BY position"
    )
    shown = [["place"] * any("region" in item for item in page) + ["placed"] * ("booked" in page[-1]) for page in pages]
    assert [row["fields"] for row in rows] == shown


async def test_whoever_looks_where_a_person_is_leaves_a_trace(havn: World, housing: Housing) -> None:
    case_id = await housing.case(referred_by="hopenow")
    await housing.booked(case_id, (await housing.shelter()).place_id)
    await havn.partner("cmm").get(PLACEMENTS, case_id=case_id, purpose="support")
    await placements(havn, "hopenow", case_id)
    await placements(havn, "amiami", case_id)
    rows = await havn.sql(
        "accommodation",
        "SELECT org, purpose, fields, outcome, subject_id FROM audit"
        " WHERE operation IN ('placement.list', 'list_placements') ORDER BY position",
    )
    assert [(row["org"], row["purpose"], row["fields"], row["outcome"]) for row in rows] == [
        ("cmm", "support", ["place"], "allowed"),
        ("hopenow", "accommodation", ["placed"], "allowed"),
        ("amiami", "accommodation", [], "refused"),
    ]
    assert rows[0]["subject_id"] == UUID(case_id)


async def test_sc01_p01_and_p03_share_reden_j_which_is_then_full_for_anyone_else(havn: World, housing: Housing) -> None:
    reden_j = await housing.shelter(places=2, secret_address=True)
    p01 = await housing.case(routed_to=Authority.CMM)
    p03 = await housing.case(routed_to=Authority.US)
    await housing.tell(decision(p01), decision(p03, Authority.US, legal_status=ResidenceBasis.NO_LEGAL_STAY))
    for case_id, org, row, payer, place_id in [
        (p01, "cmm", "A1", "CMM", reden_j.place_ids[0]),
        (p03, "us", "B3", "US", reden_j.place_ids[1]),
    ]:
        asked = await housing.ask(case_id, org, needs={"languages": ["tha"]})
        found = asked.json()["responsibility"]
        assert (found["row"], found["payer"]) == (row, payer)
        matches = await housing.matches(asked.json()["request_id"])
        assert place_id in {match["place_id"] for match in matches["items"]}
        offered = await housing.offer(asked.json()["request_id"], place_id)
        accepted = await housing.answer(offered.json()["offer_id"], "accept")
        came = await housing.step(accepted.json()["placement_id"], "arrive")
        assert came.json()["status"] == "arrived"
    other = await housing.request(await housing.case())
    found = await housing.matches(other)
    assert (found["items"], found["excluded"]) == ([], {"occupied": 2})
    for place_id in reden_j.place_ids:
        assert rules_of(await housing.offer(other, place_id)) == ["occupied"]
    assert await placements(havn, "politi-oestjylland", p01) == [{"placed": True}]
    assert await placements(havn, "us", p01) == 404


@pytest.mark.row(66)
async def test_why_a_secret_facility_cannot_keep_somebody_is_not_for_who_pays(havn: World, housing: Housing) -> None:
    late: dict[str, Any] = {"to_on": "2028-01-01", "reason": "To find out."}
    refused = {}
    for is_secret in (True, False):
        shelter = await housing.shelter(secret_address=is_secret)
        case_id = await housing.case(basis=ResidenceBasis.NO_LEGAL_STAY, routed_to=Authority.US)
        placement_id = await housing.there(case_id, shelter.place_id, to_on="2026-03-20")
        refused[is_secret] = await housing.step(placement_id, "extend", "us", late)
        assert rules_of(await housing.step(placement_id, "extend", "reden", late)) == ["no_approval"]
    assert (refused[True].status_code, problem(refused[True])) == (409, "NotExtended")
    assert "rules" not in refused[True].json()
    assert rules_of(refused[False]) == ["no_approval"], "where it is no secret, the reason is none"
