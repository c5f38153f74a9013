"""On what the stay rests is a dated history: an undecided case follows it, a decision never changes."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.identification.builders import CMM_DECIDES, US_DECIDES, Opened, name_of, open_case
from tests.identification.opening.doors import describe, open_door, person_of, places
from tests.world import World

MONDAY = "2026-03-09T12:00:00+01:00"


@pytest.fixture(autouse=True)
async def monday(havn: World) -> None:
    await havn.set_clock(MONDAY)


def entry(basis: str, valid_from: str = "2026-03-09", **said: Any) -> dict[str, Any]:
    return {"residence_basis": basis, "valid_from": valid_from} | said


async def record(case: Opened, basis: str, valid_from: str = "2026-03-09", **said: Any) -> dict[str, Any]:
    recorded = await case.post("/legal-status", entry(basis, valid_from, **said))
    assert recorded.status_code == 201, recorded.text
    told: dict[str, Any] = recorded.json()
    return told


async def history(case: Opened) -> list[dict[str, Any]]:
    read = await case.get("/legal-status", purpose="legal")
    assert read.status_code == 200, read.text
    items: list[dict[str, Any]] = read.json()["items"]
    return items


async def decided_by(case: Opened) -> tuple[str, str]:
    routing = (await case.details())["routing"]
    return routing["authority"], routing["rule"]


async def test_the_first_entry_is_made_at_the_opening(havn: World) -> None:
    case = await open_case(havn, CMM_DECIDES | {"residence_valid_until": "2026-12-31"})
    (first,) = await history(case)
    assert (first["residence_basis"], first["valid_from"], first["valid_until"], first["holds"]) == (
        "residence_permit",
        "2026-03-09",
        "2026-12-31",
        True,
    )


@pytest.mark.row(9)
async def test_an_undecided_case_is_routed_again_and_the_answer_says_by_what(havn: World) -> None:
    case = await open_door(havn, CMM_DECIDES)
    assert await decided_by(case) == ("CMM", "R5")
    await record(case, "no_legal_stay", source="The permit was withdrawn.")
    told = (await case.details())["routing"]
    assert (told["authority"], told["rule"], told["table_version"]) == ("US", "R6", "routing-2021")
    assert told["facts_used"]["residence_basis"] == "no_legal_stay"
    assert told["routed_at"] == "2026-03-09T11:00:00Z"
    assert (await person_of(case))["residence_basis"] == "no_legal_stay"
    assert [each["holds"] for each in await history(case)] == [False, True]
    (event,) = await havn.events("identification", "legal-status-changed")
    assert (event["residence_basis"], event["valid_from"]) == ("no_legal_stay", "2026-03-09")
    (described,) = await havn.events("identification", "person-described")
    assert described["residence_basis"] == "no_legal_stay"


async def test_a_decision_stands_and_its_legal_status_with_it(havn: World) -> None:
    case = await open_door(havn, US_DECIDES)
    await case.decide("US")
    period = await case.grant(by="us")
    assert (await case.post("/legal-status", entry("asylum_seeker", asylum_pending=True))).status_code == 201
    told = await case.details()
    assert await decided_by(case) == ("US", "R6")
    assert told["residence_basis"] == "asylum_seeker"
    assert told["decisions"][0]["legal_status"] == "no_legal_stay"
    (now,) = told["periods"]
    assert (now["ends_on"], now["cap_on"]) == (period["ends_on"], period["cap_on"])
    assert (period["departure_deadline_suspended"], now["departure_deadline_suspended"]) == (False, True)


async def test_who_is_given_a_permit_need_not_leave_when_the_period_ends(havn: World) -> None:
    """Later facts wind the clocks; under legal stay nobody has a day to leave (docs/rules.md, deadline-2, deadline-4)."""
    case = await open_door(havn, US_DECIDES)
    await case.decide("US")
    await case.grant(by="us")

    async def days_to_leave() -> list[str]:
        return [each["due_on"] for each in (await case.details())["deadlines"] if each["kind"] == "departure"]

    assert len(await days_to_leave()) == 1
    await record(case, "residence_permit")
    told = await case.details()
    assert (await days_to_leave(), told["periods"][0]["departure_deadline_suspended"]) == ([], True)
    assert [each["kind"] for each in told["deadlines"] if each["kind"] == "reflection_period"], "it runs on"
    await record(case, "no_legal_stay", source="The permit was withdrawn.")
    assert len(await days_to_leave()) == 1


async def test_the_latest_that_has_begun_holds_and_of_one_day_the_last_recorded(havn: World) -> None:
    case = await open_door(havn, CMM_DECIDES)
    await record(case, "no_legal_stay", "2026-01-01")
    assert await decided_by(case) == ("CMM", "R5"), "what began before is past"
    await record(case, "asylum_seeker", asylum_pending=True)
    await record(case, "eu_right_of_residence")
    assert (await case.details())["residence_basis"] == "eu_right_of_residence"
    assert [each["residence_basis"] for each in await history(case)] == [
        "no_legal_stay",
        "residence_permit",
        "asylum_seeker",
        "eu_right_of_residence",
    ]


async def test_what_is_to_come_takes_effect_on_its_day(havn: World) -> None:
    case = await open_door(havn, CMM_DECIDES)
    told = await record(case, "no_legal_stay", "2026-03-16")
    assert told["has_taken_effect"] is False
    assert await decided_by(case) == ("CMM", "R5")
    await havn.set_clock("2026-03-15T23:59:59+01:00")
    assert await decided_by(case) == ("CMM", "R5")
    await havn.set_clock("2026-03-16T00:00:00+01:00")
    assert await decided_by(case) == ("US", "R6")
    assert (await case.get(by="us")).json()["status"] == "referred"
    routed = [event["authority"] for event in await havn.events("identification", "case-routed")]
    await havn.set_clock("2026-03-17T00:00:00+01:00")
    assert (routed, len(await havn.events("identification", "case-routed"))) == (["CMM", "US"], 2)


async def test_what_is_to_come_does_not_touch_a_decision(havn: World) -> None:
    case = await open_door(havn, CMM_DECIDES)
    await record(case, "no_legal_stay", "2026-03-16")
    await case.decide()
    await havn.set_clock("2026-03-16T09:00:00+01:00")
    assert await decided_by(case) == ("CMM", "R5")
    assert (await case.details())["residence_basis"] == "no_legal_stay"


async def test_a_new_description_is_an_entry_of_the_history(havn: World) -> None:
    case = await open_door(havn, CMM_DECIDES)
    await describe(case, CMM_DECIDES | {"given_name": "Malee"})
    assert len(await history(case)) == 1
    await describe(case, US_DECIDES)
    assert [each["residence_basis"] for each in await history(case)] == ["residence_permit", "no_legal_stay"]
    assert len(await havn.events("identification", "legal-status-changed")) == 1
    assert len(await havn.events("identification", "person-described")) == 1


async def test_an_end_before_the_beginning_is_named(havn: World) -> None:
    case = await open_door(havn, CMM_DECIDES)
    refused = await case.post("/legal-status", entry("visa", valid_until="2026-03-08"))
    assert refused.status_code == 422
    assert "valid_until" in refused.text
    assert places(await case.post("/legal-status", {"residence_basis": "visa"})) == {"valid_from"}


async def test_who_says_so_is_sealed_and_read_for_a_purpose(havn: World) -> None:
    case = await open_door(havn, CMM_DECIDES)
    await record(case, "visa", source="Her cousin Somchai.")
    assert [each["source"] for each in await history(case)] == [None, "Her cousin Somchai."]
    assert name_of(await case.get("/legal-status")) == (400, "PurposeMissing")
    stored = await havn.sql("identification", "SELECT legal_status::text FROM legal_status")
    assert not any("Somchai" in row[0] for row in stored)


async def test_the_history_is_of_those_who_work_on_the_case(havn: World) -> None:
    case = await open_case(havn, CMM_DECIDES)
    for org in ("politi-oestjylland", "us", "reden"):
        assert (await case.get("/legal-status", by=org, purpose="legal")).status_code == 404
    assert (await case.post("/legal-status", entry("visa"), by="us")).status_code == 404


async def test_who_houses_the_person_follows(havn: World) -> None:
    case = await open_door(havn, CMM_DECIDES | {"gender": "woman"})
    await case.decide()
    await havn.settled()
    asked = await havn.partner("cmm").post(
        "/accommodation/v1/placement-requests", {"case_id": case.id, "from_on": "2026-03-09"}
    )
    assert asked.json()["responsibility"]["row"] == "A1"
    await record(case, "no_legal_stay")
    await havn.settled()
    again = await havn.partner("cmm").post(
        "/accommodation/v1/placement-requests", {"case_id": case.id, "from_on": "2026-03-09"}
    )
    assert again.json()["responsibility"]["row"] == "B3"


async def test_a_closed_case_takes_no_entry(havn: World) -> None:
    case = await open_door(havn, CMM_DECIDES)
    await case.decide()
    await case.post("/closure", {"on": "2026-03-09", "reason": "She has gone home."})
    assert name_of(await case.post("/legal-status", entry("visa"))) == (409, "CaseStatusDoesNotAllow")


async def test_us_may_record_what_takes_the_case_out_of_its_hands(havn: World) -> None:
    case = await open_door(havn, US_DECIDES)
    recorded = await case.post("/legal-status", entry("eu_right_of_residence", source="A passport."), by="us")
    assert recorded.status_code == 201, recorded.text
    assert (await case.get(by="us")).status_code == 404, "it has no part in it any more"
    await describe(case, {"citizenships": ["ROU"], "residence_basis": "eu_right_of_residence"})
    assert await decided_by(case) == ("CMM", "R4")
    assert (await case.get("/timeline", by="us")).status_code == 404


async def test_a_stale_copy_records_nothing(havn: World) -> None:
    case = await open_door(havn, CMM_DECIDES)
    tag = await case.etag()
    await record(case, "visa")
    stale = await case.post("/legal-status", entry("no_legal_stay"), if_match=tag)
    assert name_of(stale) == (412, "Stale")
    assert len(await history(case)) == 2


days = st.integers(min_value=-20, max_value=20)
entries = st.lists(st.tuples(days, st.sampled_from(["visa", "no_legal_stay", "residence_permit"])), max_size=5)


@settings(max_examples=5, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(told=entries, asked=days)
async def test_what_holds_is_the_latest_that_has_begun_in_whatever_order_it_was_told(
    havn: World, told: list[tuple[int, str]], asked: int
) -> None:
    await havn.set_clock(MONDAY)
    case = await open_door(havn, CMM_DECIDES)
    monday = date(2026, 3, 9)
    known = [(0, -1, "residence_permit")]
    for number, (day, basis) in enumerate(told):
        await record(case, basis, str(monday + timedelta(days=day)))
        known.append((day, number, basis))
    on = max(asked, 0)
    await havn.settled()  # what is due is done in cases that nobody holds just then
    await havn.set_clock(f"{monday + timedelta(days=on)}T12:00:00+01:00")
    expected = max(each for each in known if each[0] <= on)[2]
    assert (await case.details())["residence_basis"] == expected
    assert [each["residence_basis"] for each in await history(case) if each["holds"]] == [expected]
    assert (await person_of(case))["residence_basis"] == expected


@pytest.mark.row(9)
@pytest.mark.parametrize("basis", ["visa", "visa_free", "residence_permit"])
async def test_a_stay_that_runs_out_before_the_decision_routes_the_case_again(havn: World, basis: str) -> None:
    case = await open_door(havn, CMM_DECIDES | {"residence_basis": basis, "residence_valid_until": "2026-03-15"})
    await havn.set_clock("2026-03-15T23:59:59+01:00")
    assert await decided_by(case) == ("CMM", "R5"), "the last day still counts"
    await havn.set_clock("2026-03-16T00:00:00+01:00")
    assert await decided_by(case) == ("US", "R6")
    assert (await case.details())["routing"]["facts_used"]["residence_validity"] == "expired"
    await case.recommend()
    assert name_of(await case.try_deciding("CMM", decided_on="2026-03-16")) == (403, "WrongAuthority")
    await havn.set_clock("2026-03-20T12:00:00+01:00")
    routed = [event["authority"] for event in await havn.events("identification", "case-routed")]
    assert routed == ["CMM", "US"], "once"
    decided = await case.try_deciding("US", decided_on="2026-03-16")
    assert decided.status_code == 201, decided.text


async def test_an_end_that_changes_no_rule_leaves_a_settlement_alone(havn: World) -> None:
    unclear = {
        "citizenships": ["UKR"],
        "residence_basis": "temporary_protection_ua",
        "residence_valid_until": "2026-03-15",
    }
    case = await open_door(havn, unclear)
    await case.settle("CMM")
    await havn.set_clock("2026-03-17T12:00:00+01:00")
    routing = (await case.details())["routing"]
    assert (routing["authority"], routing["rule"], routing["settled_by"]) == ("CMM", "R7", "cmm")


async def test_a_stay_that_runs_out_after_the_decision_changes_nothing_of_it(havn: World) -> None:
    case = await open_door(havn, CMM_DECIDES | {"residence_valid_until": "2026-03-15"})
    await case.decide()
    await havn.set_clock("2026-03-17T12:00:00+01:00")
    assert await decided_by(case) == ("CMM", "R5")
