"""What runs out is announced in time, stands before whom it concerns, and ends nothing by itself."""

from typing import Any

import pytest

from shared.contract.codes import Authority, ResidenceBasis
from tests.accommodation.housing import Housing, problem
from tests.world import World

DEADLINES, NOTICES = "/accommodation/v1/deadlines", "/accommodation/v1/notices"


async def deadlines(havn: World, org: str = "reden", **asked: str) -> list[dict[str, Any]]:
    answer = await havn.partner(org).get(DEADLINES, **asked)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def admitted(havn: World, housing: Housing, moment: str, *, operator: str = "reden") -> str:
    """Somebody has come to a § 110 hostel in Aarhus at that time."""
    await havn.set_clock(moment)
    hostel = await housing.shelter(operator=operator, kind="hostel_110")
    day = moment[:10]
    request_id = await housing.request(await housing.case(), from_on=day, to_on="2026-12-31")
    offered = await housing.offer(request_id, hostel.place_id, expires_at=f"{day}T23:59:00Z")
    accepted = await housing.answer(offered.json()["offer_id"], "accept", operator)
    assert (await housing.step(accepted.json()["placement_id"], "arrive", operator)).status_code == 200
    return str(accepted.json()["placement_id"])


@pytest.mark.parametrize(
    ("moment", "due_on"),
    [
        ("2026-03-09T12:00:00+01:00", "2026-03-12"),
        ("2026-04-01T12:00:00+02:00", "2026-04-09"),  # Maundy Thursday, Good Friday and Easter Monday do not count
        ("2026-12-23T12:00:00+01:00", "2026-12-29"),  # 25 and 26 December do not; the 24th is no holiday by law
        ("2026-03-13T12:00:00+01:00", "2026-03-18"),  # a Friday: Saturday does not count
    ],
)
async def test_a_hostel_notifies_the_acting_municipality_within_three_weekdays(
    havn: World, housing: Housing, moment: str, due_on: str
) -> None:
    placement_id = await admitted(havn, housing, moment)
    (found,) = await deadlines(havn, kind="notice_110")
    assert (found["placement_id"], found["due_on"], found["acting_municipality"], found["state"]) == (
        placement_id,
        due_on,
        "0751",
        "running",
    )
    (event,) = await havn.events("accommodation", "notice-due")
    assert (event["placement_id"], event["due_on"]) == (placement_id, due_on)
    await havn.set_clock(f"{due_on}T12:00:00Z")
    assert (await deadlines(havn, kind="notice_110"))[0]["state"] == "due"


async def test_a_municipality_that_runs_the_hostel_itself_acknowledges_its_own_notice(
    havn: World, housing: Housing
) -> None:
    await admitted(havn, housing, "2026-03-09T12:00:00+01:00", operator="kommune-0751")
    kommune = havn.partner("kommune-0751")
    (own,) = (await kommune.get(NOTICES)).json()["items"]
    path = f"{NOTICES}/{own['notice_id']}"
    assert problem(await kommune.post(f"{path}/acknowledge")) == "NotYourNotice", "it was not given yet"
    assert (await kommune.post(f"{path}/give")).status_code == 200
    assert (await kommune.post(f"{path}/acknowledge")).json()["acknowledged_at"] == "2026-03-09T11:00:00Z"


async def test_the_municipality_reads_the_notice_when_it_is_given_and_nothing_of_the_facility(
    havn: World, housing: Housing
) -> None:
    await admitted(havn, housing, "2026-03-09T12:00:00+01:00")
    kommune = havn.partner("kommune-0751")
    assert (await kommune.get(NOTICES)).json()["items"] == []
    (own,) = (await havn.partner("reden").get(NOTICES)).json()["items"]
    path = f"{NOTICES}/{own['notice_id']}"
    assert (await kommune.post(f"{path}/acknowledge")).status_code == 404, "it was not given yet"
    for org in ("hopenow", "kommune-0101", "us"):
        assert (await havn.partner(org).post(f"{path}/give")).status_code == 404
    assert (await havn.partner("reden").post(f"{path}/give")).status_code == 200
    assert problem(await havn.partner("reden").post(f"{path}/give")) == "NoticeIsGiven"
    (read,) = (await kommune.get(NOTICES)).json()["items"]
    assert set(read) == {
        *("notice_id", "case_id", "operator", "acting_municipality", "admitted_on", "due_on"),
        *("given_at", "acknowledged_at"),
    }
    assert problem(await kommune.post(f"{path}/give")) == "NotYourNotice"
    assert problem(await havn.partner("reden").post(f"{path}/acknowledge")) == "NotYourNotice"
    assert (await kommune.post(f"{path}/acknowledge")).json()["acknowledged_at"] == "2026-03-09T11:00:00Z"
    assert problem(await kommune.post(f"{path}/acknowledge")) == "NoticeIsGiven"
    assert (await deadlines(havn, kind="notice_110"))[0]["state"] == "done"
    rows = await havn.sql_as_runtime("accommodation", "SELECT 1 FROM notice", org="kommune-0101")
    assert rows == []


async def test_the_end_of_a_stay_is_announced_three_days_and_one_before(havn: World, housing: Housing) -> None:
    shelter = await housing.shelter()
    placement_id = await housing.there(await housing.case(), shelter.place_id, to_on="2026-03-20")
    counts = {}
    for day in (16, 17, 18, 19, 20, 21, 22):
        await havn.set_clock(f"2026-03-{day}T12:00:00+01:00")
        counts[day] = len(await havn.events("accommodation", "stay-ending"))
    assert counts == {16: 0, 17: 1, 18: 1, 19: 2, 20: 2, 21: 2, 22: 2}
    (found,) = await deadlines(havn, kind="stay_end")
    assert (found["placement_id"], found["due_on"], found["state"]) == (placement_id, "2026-03-20", "passed")
    occupied = (await havn.partner("reden").get("/accommodation/v1/occupancy", on="2026-03-21")).json()["items"]
    assert [item["occupied"] for item in occupied] == [1], "she is there still"


async def test_the_payer_knows_the_end_of_a_stay_and_of_a_secret_facility_nothing_else(
    havn: World, housing: Housing
) -> None:
    ends = {}
    for is_secret in (False, True):
        shelter = await housing.shelter(secret_address=is_secret)
        case_id = await housing.case(basis=ResidenceBasis.NO_LEGAL_STAY, routed_to=Authority.US)
        ends[await housing.there(case_id, shelter.place_id, to_on="2026-03-20")] = (
            (None, "cmm") if is_secret else (shelter.facility_id, "reden")
        )
    found = await deadlines(havn, "us", kind="stay_end")
    assert {each["placement_id"]: (each["facility_id"], each["for_org"]) for each in found} == ends
    assert {(each["due_on"], each["state"]) for each in found} == {("2026-03-20", "running")}
    for other in ("politi-oestjylland", "hopenow", "politi-fyn"):
        assert await deadlines(havn, other, kind="stay_end") == []


async def test_the_end_of_an_approval_is_announced_sixty_and_fourteen_days_before_without_naming_a_secret(
    havn: World, housing: Housing
) -> None:
    known, secret = await housing.facility(), await housing.facility(secret_address=True)
    for facility_id in (known, secret):
        await housing.approve(facility_id, valid_until="2026-06-30")
    counts = {}
    for day in ("04-30", "05-01", "06-15", "06-16", "06-29"):
        await havn.set_clock(f"2026-{day}T12:00:00+02:00")
        counts[day] = len(await havn.events("accommodation", "approval-expiring"))
    assert counts == {"04-30": 0, "05-01": 2, "06-15": 2, "06-16": 4, "06-29": 4}
    told = await havn.events("accommodation", "approval-expiring")
    assert {event["facility_id"] for event in told} == {known, None}
    assert secret not in str(told)
    for org in ("reden", "socialtilsyn-midt", "cmm"):
        found = await deadlines(havn, org, kind="approval_expiry")
        assert {(item["facility_id"], item["due_on"], item["state"]) for item in found} == {
            (known, "2026-06-30", "due"),
            (secret, "2026-06-30", "due"),
        }
    for org in ("hopenow", "socialtilsyn-syd", "us"):
        assert await deadlines(havn, org, kind="approval_expiry") == []


async def test_offers_and_requests_that_wait_stand_before_whom_they_concern(havn: World, housing: Housing) -> None:
    shelter = await housing.shelter()
    await housing.held(await housing.case(), shelter.place_id)
    (offer,) = await deadlines(havn, kind="offer_expiry")
    assert (offer["due_at"], offer["for_org"], offer["state"]) == ("2026-03-10T11:00:00Z", "reden", "running")
    assert await deadlines(havn, "amiami") == []
    housing.move_clock("2026-03-10T12:00:00+01:00")
    assert await deadlines(havn, kind="offer_expiry") == []
    (waiting,) = await deadlines(havn, "cmm", kind="request_waiting")
    assert (waiting["state"], waiting["for_org"]) == ("passed", "cmm")


async def test_deadlines_come_in_pages(havn: World, housing: Housing) -> None:
    for _ in range(3):
        await housing.request(await housing.case())
    seen: list[str] = []
    cursor = None
    while True:
        page = (await havn.partner("cmm").get(DEADLINES, limit=2, cursor=cursor)).json()
        seen += [item["request_id"] for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert len(seen) == len(set(seen)) == 3


# ---------------------------------------------------------------- the census


async def occupancy(havn: World, org: str, on: str) -> list[tuple[int, int, int]]:
    answer = await havn.partner(org).get("/accommodation/v1/occupancy", on=on)
    assert answer.status_code == 200, answer.text
    return sorted((item["capacity"], item["occupied"], item["out_of_service"]) for item in answer.json()["items"])


@pytest.mark.row(57)
async def test_the_census_of_a_night_is_the_sum_of_its_placements(havn: World, housing: Housing) -> None:
    shelter = await housing.shelter(4)
    await housing.there(await housing.case(), shelter.place_ids[0])
    leaves = await housing.there(await housing.case(), shelter.place_ids[1])
    await housing.booked(await housing.case(), shelter.place_ids[2], from_on="2026-03-11")
    path = f"/accommodation/v1/places/{shelter.place_ids[3]}/out-of-service"
    await havn.partner("reden").post(path, {"from_on": "2026-03-10", "to_on": "2026-03-12", "reason": "Paint."})
    await havn.set_clock("2026-03-10T12:00:00+01:00")
    await housing.step(leaves, "leave")
    nights = {f"2026-03-{day:02}": await occupancy(havn, "reden", f"2026-03-{day:02}") for day in range(8, 13)}
    assert nights == {
        "2026-03-08": [(4, 0, 0)],
        "2026-03-09": [(4, 2, 0)],
        "2026-03-10": [(4, 1, 1)],
        "2026-03-11": [(4, 2, 1)],
        "2026-03-12": [(4, 2, 0)],
    }


async def test_capacity_is_counted_by_whom_it_concerns(havn: World, housing: Housing) -> None:
    await housing.shelter(2)
    await housing.shelter(3, secret_address=True)
    await housing.shelter(1, "amiami")
    on = "2026-03-09"
    assert await occupancy(havn, "cmm", on) == [(1, 0, 0), (2, 0, 0), (3, 0, 0)]
    assert await occupancy(havn, "reden", on) == [(2, 0, 0), (3, 0, 0)]
    assert await occupancy(havn, "us", on) == [(1, 0, 0), (2, 0, 0)], "nothing of a secret one"
    for org in ("hopenow", "politi-fyn", "kommune-0751"):
        assert await occupancy(havn, org, on) == []


async def test_people_in_a_facility_whose_approval_ended_are_an_alert_and_a_deadline(
    havn: World, housing: Housing
) -> None:
    shelter = await housing.shelter()
    placement_id = await housing.there(await housing.case(), shelter.place_id, to_on="2026-03-20")
    assert await deadlines(havn, kind="unapproved_stay") == []
    (approval,) = (
        await havn.partner("cmm").get(f"/accommodation/v1/facilities/{shelter.facility_id}/approvals")
    ).json()["items"]
    end = {"on": "2026-03-12", "reason": "The fire exits are blocked."}
    ended = await havn.partner("cmm").post(
        f"/accommodation/v1/facilities/{shelter.facility_id}/approvals/{approval['approval_id']}/end", end
    )
    assert ended.status_code == 200, ended.text
    for day, expected in (("11", 0), ("12", 1), ("13", 1)):
        await havn.set_clock(f"2026-03-{day}T12:00:00+01:00")
        alerts = await havn.sql("accommodation", "SELECT kind, for_org, case_id::text FROM alert")
        assert [(row["kind"], row["for_org"]) for row in alerts] == [("unapproved_stay", "cmm")] * expected
    for org in ("reden", "cmm"):
        (found,) = await deadlines(havn, org, kind="unapproved_stay")
        assert (found["placement_id"], found["due_on"]) == (placement_id, "2026-03-11")
        assert (found["state"], found["for_org"]) == ("passed", "reden")
    for org in ("hopenow", "us", "politi-oestjylland"):
        assert await deadlines(havn, org, kind="unapproved_stay") == []
    await housing.approve(shelter.facility_id, valid_from="2026-03-12")
    assert await deadlines(havn, kind="unapproved_stay") == []


async def test_who_was_expected_and_has_not_come_is_somebody_s_task_once_the_night_is_over(
    havn: World, housing: Housing
) -> None:
    shelter = await housing.shelter(2)
    booked = await housing.booked(await housing.case(), shelter.place_ids[0], to_on="2026-03-20")
    await housing.there(await housing.case(), shelter.place_ids[1], to_on="2026-03-20")
    for moment, expected in (("10T05:00", []), ("10T06:01", ["cmm", "reden"]), ("12T12:00", ["cmm", "reden"])):
        await havn.set_clock(f"2026-03-{moment}:00+01:00")
        alerts = await havn.sql("accommodation", "SELECT kind, for_org FROM alert")
        assert sorted((row["kind"], row["for_org"]) for row in alerts) == [("not_arrived", org) for org in expected]
    for org in ("reden", "cmm"):
        (found,) = await deadlines(havn, org, kind="not_arrived")
        assert (found["placement_id"], found["due_on"]) == (booked, "2026-03-09")
        assert (found["state"], found["for_org"]) == ("passed", "reden")
    for org in ("hopenow", "us", "politi-oestjylland"):
        assert await deadlines(havn, org, kind="not_arrived") == []
    assert (await housing.step(booked, "arrive")).status_code == 200
    assert await deadlines(havn, kind="not_arrived") == []


async def test_who_pays_reads_it_too_and_not_where_a_secret_facility_is(havn: World, housing: Housing) -> None:
    secret = await housing.shelter(secret_address=True)
    booked = await housing.booked(await housing.case(basis=ResidenceBasis.NO_LEGAL_STAY), secret.place_id)
    await havn.set_clock("2026-03-10T12:00:00+01:00")
    (found,) = await deadlines(havn, "us", kind="not_arrived")
    assert (found["placement_id"], found["for_org"], found["facility_id"]) == (booked, "cmm", None)


async def test_of_overlapping_approvals_the_last_end_is_announced(havn: World, housing: Housing) -> None:
    facility_id = await housing.facility()
    await housing.approve(facility_id, valid_until="2026-04-30")
    await housing.approve(facility_id, valid_from="2026-05-01", valid_until="2026-06-30")
    await housing.approve(facility_id, valid_from="2026-03-01", valid_until="2026-05-31")
    await havn.set_clock("2026-04-20T12:00:00+02:00")
    assert await havn.events("accommodation", "approval-expiring") == []
    found = await deadlines(havn, kind="approval_expiry", until="2026-12-31")
    assert [each["due_on"] for each in found] == ["2026-06-30"]
    await havn.set_clock("2026-05-10T12:00:00+02:00")
    (announced,) = await havn.events("accommodation", "approval-expiring")
    assert announced["valid_until"] == "2026-06-30"


@pytest.mark.parametrize(
    ("looked_on", "is_late"),
    [("2026-04-30", True), ("2026-05-02", True), ("2026-06-29", True), ("2026-06-30", False)],
)
async def test_the_end_of_an_approval_is_announced_late_where_nobody_looked_in_time(
    havn: World, housing: Housing, looked_on: str, is_late: bool
) -> None:
    await housing.approve(await housing.facility(), valid_until="2026-04-30")
    for _ in range(2):
        await havn.set_clock(f"{looked_on}T12:00:00+02:00")
    announced = await havn.events("accommodation", "approval-expiring")
    assert [event["valid_until"] for event in announced] == ["2026-04-30"] * is_late


async def test_an_approval_that_was_over_when_recorded_or_was_ended_or_given_anew_is_not_announced_late(
    havn: World, housing: Housing
) -> None:
    ended, given_anew, recorded_late = [await housing.facility() for _ in range(3)]
    await housing.approve(ended)
    (approval,) = await havn.sql("accommodation", "SELECT id FROM approval")
    answer = await havn.partner("cmm").post(
        f"/accommodation/v1/facilities/{ended}/approvals/{approval['id']}/end",
        {"on": "2026-04-30", "reason": "Moved out."},
    )
    assert answer.status_code == 200, answer.text
    await housing.approve(given_anew, valid_until="2026-04-30")
    await housing.approve(given_anew, valid_from="2026-05-03", valid_until=None)
    await havn.set_clock("2026-05-10T12:00:00+02:00")
    await housing.approve(recorded_late, valid_until="2026-05-09")
    await havn.set_clock("2026-05-11T12:00:00+02:00")
    assert await havn.events("accommodation", "approval-expiring") == []


async def test_an_approval_that_ended_is_nobodys_deadline_once_another_has_begun(havn: World, housing: Housing) -> None:
    facility_id = await housing.facility()
    await housing.approve(facility_id, valid_until="2026-04-30")
    await housing.approve(facility_id, valid_from="2026-06-01", valid_until=None)
    for clock, states in (("2026-05-15", ["passed"]), ("2026-06-01", [])):
        await havn.set_clock(f"{clock}T12:00:00+02:00")
        found = await deadlines(havn, "socialtilsyn-midt", kind="approval_expiry", until="2026-12-31")
        assert [each["state"] for each in found] == states, clock


@pytest.mark.parametrize("is_within", [True, False], ids=["another room", "another hostel"])
async def test_a_move_to_another_room_of_a_hostel_is_no_admission(
    havn: World, housing: Housing, is_within: bool
) -> None:
    here = await housing.shelter(2, kind="hostel_110")
    there = here.place_ids[1] if is_within else (await housing.shelter(kind="hostel_110")).place_id
    placement_id = await housing.there(await housing.case(), here.place_id)
    moved = await housing.step(placement_id, "move", body={"reason": "capacity", "place_id": there})
    assert moved.status_code == 200, moved.text
    admitted = [placement_id] if is_within else [placement_id, moved.json()["placement_id"]]
    assert sorted(each["placement_id"] for each in await deadlines(havn, kind="notice_110")) == sorted(admitted)
    assert len(await havn.events("accommodation", "notice-due")) == len(admitted)
