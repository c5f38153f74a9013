"""Who sees which part of a case: by role and by part in it; and what is not theirs does not exist."""

from typing import Any
from uuid import uuid4

import pytest

from tests.identification.builders import (
    CASES,
    CMM_DECIDES,
    DANISH_GIRL,
    EUROPEAN,
    NEEDS_REVIEW,
    US_DECIDES,
    Opened,
    listed,
    open_case,
)
from tests.identification.consents.test_consents import consent
from tests.identification.life import appeal, outcome
from tests.referrals.builders import POLICE, answer_in_one_trace
from tests.world import World

STRANGERS = ("politi-fyn", "reden", "kommune-0751", "sygehus-rigshospitalet", "3f", "iom", "familieretshuset")
REFERRERS_GLIMPSE = {"status": "decided", "opened_on": "2026-03-02", "deciding_authority": "US"}
NOTHING = dict.fromkeys(
    ("status", "opened_on", "identification_pending", "removal_hold", "deciding_authority", "outcome")
)


async def decided_case(havn: World, person: dict[str, Any], authority: str, sender: str = POLICE) -> Opened:
    await havn.set_clock("2026-03-02T10:00:00+01:00")
    case = await open_case(havn, person, sender=sender)
    if authority == "CMM" and person is NEEDS_REVIEW:
        await case.settle("CMM")
    await havn.set_clock("2026-03-09T10:00:00+01:00")
    await case.decide(authority)
    return case


async def state(case: Opened, org: str) -> dict[str, Any]:
    """What the status endpoint tells this organisation, beside the case's id and the time."""
    read = await case.get("/status", by=org, purpose="identification")
    assert read.status_code == 200, (org, read.text)
    told: dict[str, Any] = read.json()
    assert told.pop("case_id") == case.id
    assert told.pop("as_of") == f"{case.havn.development.clock.now():%Y-%m-%dT%H:%M:%SZ}"
    return told


async def test_the_status_tells_each_part_what_it_may_know(havn: World) -> None:
    case = await decided_case(havn, US_DECIDES, "US", sender="hopenow")
    everything = {
        "identification_pending": False,
        "removal_hold": False,
        "status": "decided",
        "deciding_authority": "US",
        "outcome": "assessed_trafficked",
    }
    assert await state(case, "cmm") == everything
    assert await state(case, "us") == everything
    without_outcome = everything | {"outcome": None, "identification_pending": None, "removal_hold": None}
    assert await state(case, "hopenow") == without_outcome
    assert await state(case, "anklagemyndigheden") == without_outcome


async def test_police_who_referred_see_that_it_is_pending_and_never_the_outcome(havn: World) -> None:
    case = await decided_case(havn, CMM_DECIDES, "CMM")
    told = {"identification_pending": False, "status": "decided", "deciding_authority": "CMM", "outcome": None}
    told["removal_hold"] = False
    assert await state(case, POLICE) == told


async def test_us_meets_nobody_in_whose_case_it_has_no_part(havn: World) -> None:
    """Whoever they are: there is no look-up by number or by list (docs/rules.md, privacy-1). What it has brought it sees."""
    us = havn.partner("us", "caseworker", "decider", "lawyer")
    for person in (NEEDS_REVIEW, CMM_DECIDES, EUROPEAN):
        case = await decided_case(havn, person, "CMM")
        for part in ("", "/status", "/person", "/timeline"):
            theirs = await answer_in_one_trace(us, case.path + part)
            assert theirs == await answer_in_one_trace(us, f"{CASES}/{uuid4()}{part}")
        assert await havn.sql_as_runtime("identification", "SELECT id FROM case_file", org="us") == []
    assert await listed(havn, "us") == []
    assert (await us.get("/identification/v1/events")).json()["items"] == []
    brought = await open_case(havn, CMM_DECIDES, sender="us")
    assert (await state(brought, "us"))["identification_pending"] is True


async def test_the_case_itself_shows_all_to_those_who_work_on_it_and_a_glimpse_to_others(havn: World) -> None:
    case = await decided_case(havn, US_DECIDES, "US", sender="hopenow")
    whole = await case.details()
    assert whole["decisions"][0]["outcome"] == "assessed_trafficked"
    assert (await case.get(by="us")).json() == whole
    seen = {org: (await case.get(by=org)).json() for org in ("hopenow", "anklagemyndigheden")}
    assert seen["hopenow"] == NOTHING | REFERRERS_GLIMPSE | {"case_id": case.id}
    assert seen["anklagemyndigheden"] == seen["hopenow"], "whoever knows the id of the case may know how far it is"


async def test_person_and_timeline_are_only_for_those_who_work_on_the_case(havn: World) -> None:
    case = await decided_case(havn, US_DECIDES, "US", sender="hopenow")
    for org, status in {"cmm": 200, "us": 200, "hopenow": 404, "anklagemyndigheden": 404, POLICE: 404}.items():
        assert (await case.get("/person", by=org, purpose="support")).status_code == status, org
        assert (await case.get("/timeline", by=org)).status_code == status, org


async def test_lists_hold_what_each_has_to_do_with_and_never_the_prosecution_s_keyhole(havn: World) -> None:
    us_case = await open_case(havn, US_DECIDES)
    cmm_case = await open_case(havn, CMM_DECIDES, sender="hopenow")
    european = await open_case(havn, EUROPEAN, sender="anklagemyndigheden")
    ids = {org: {item["case_id"] for item in await listed(havn, org)} for org in ("cmm", "us", POLICE, "hopenow")}
    assert ids == {
        "cmm": {us_case.id, cmm_case.id, european.id},
        "us": {us_case.id},
        POLICE: {us_case.id},
        "hopenow": {cmm_case.id},
    }
    assert [item["case_id"] for item in await listed(havn, "anklagemyndigheden")] == [european.id]
    for stranger in STRANGERS:
        assert await listed(havn, stranger) == []


async def test_to_a_stranger_a_case_is_as_one_that_does_not_exist(havn: World) -> None:
    case = await open_case(havn, CMM_DECIDES)
    for org in STRANGERS:
        partner = havn.partner(org)
        for part in ("", "/status", "/person", "/timeline"):
            theirs = await answer_in_one_trace(partner, case.path + part)
            absent = await answer_in_one_trace(partner, f"{CASES}/{uuid4()}{part}")
            assert theirs == absent, (org, part)
            assert theirs[0] == 404


async def test_what_one_may_not_change_is_as_what_does_not_exist(havn: World) -> None:
    """US, which has no part in this case, and the prosecution, which may only record a court's word."""
    case = await open_case(havn, NEEDS_REVIEW)
    bodies = {
        "/interviews": {"held_at": "2026-03-03T10:00:00+01:00"},
        "/recommendation": {"outcome": "not_trafficked", "reasons": "None."},
        "/route": {"authority": "US", "reason": "Ours."},
        "/periods": {"requested_on": "2026-03-09"},
    }
    for org in ("us", "anklagemyndigheden"):
        partner = havn.partner(org, "caseworker", "lawyer", "decider")
        for part, body in bodies.items():
            theirs = await answer_in_one_trace(partner, case.path + part, method="POST", body=body)
            absent = await answer_in_one_trace(partner, f"{CASES}/{uuid4()}{part}", method="POST", body=body)
            assert theirs == absent, (org, part)
            assert theirs[0] == 404


async def test_sc04_us_meets_a_danish_girl_nowhere(havn: World) -> None:
    case = await open_case(havn, DANISH_GIRL, sender="cmm", channel="school")
    us = havn.partner("us", "caseworker", "decider", "lawyer")
    for step in ("referred", "recommended", "decided"):
        if step == "recommended":
            await case.recommend()
        if step == "decided":
            assert (await case.try_deciding()).status_code == 201
            await case.grant()
        assert await listed(havn, "us") == []
        assert await listed(havn, "us", status=step) == []
        for part in ("", "/status", "/person", "/timeline"):
            theirs = await answer_in_one_trace(us, case.path + part)
            assert theirs == await answer_in_one_trace(us, f"{CASES}/{uuid4()}{part}")
            assert theirs[0] == 404
        rows = await havn.sql_as_runtime("identification", "SELECT id FROM case_file", org="us")
        assert rows == [], "not even the database shows her to US"


async def test_sc04_a_girl_found_to_be_danish_disappears_for_us(havn: World) -> None:
    illegal = {"stated_age": 17, "gender": "woman", "residence_basis": "no_legal_stay"}
    case = await open_case(havn, illegal, sender="cmm")
    assert (await case.get(by="us")).status_code == 200, "it decides"
    danish = {"stated_age": 17, "gender": "woman", "citizenships": ["DNK"], "residence_basis": "danish_citizen"}
    changed = await havn.partner("cmm").put(f"{case.path}/person", danish, if_match=await case.etag())
    assert changed.status_code == 200, changed.text
    assert (await case.get(by="us")).status_code == 404
    assert await listed(havn, "us") == []


async def test_other_organisations_say_why_they_ask_for_a_status(havn: World) -> None:
    case = await open_case(havn, NEEDS_REVIEW)
    for org, status in {"cmm": 200, POLICE: 400, "us": 404, "politi-fyn": 404}.items():
        assert (await case.get("/status", by=org)).status_code == status, org
    await case.get("/status", by=POLICE, purpose="investigation")
    kept = await havn.sql(
        "identification", "SELECT org, purpose FROM audit WHERE operation = 'case.status' AND outcome = 'allowed'"
    )
    assert (POLICE, "investigation") in {(row["org"], row["purpose"]) for row in kept}


@pytest.mark.parametrize("role", ["statistician", "dashboard", "auditor"])
async def test_roles_that_do_not_work_with_people_see_no_case(havn: World, role: str) -> None:
    case = await open_case(havn, CMM_DECIDES)
    for path in (CASES, case.path, f"{case.path}/status", f"{case.path}/timeline"):
        assert (await havn.partner("cmm", role).get(path)).status_code == 403


async def test_no_case_shows_personal_data_and_a_list_costs_the_same_however_long(havn: World) -> None:
    async def cost_of(org: str, cases: int) -> int:
        with havn.statements("identification") as sent:
            told = await listed(havn, org)
        assert len(told) == cases
        assert "Malee" not in str(told)
        return len(sent)

    await decided_case(havn, CMM_DECIDES | {"given_name": "Malee"}, "CMM")
    of_one = {org: await cost_of(org, 1) for org in ("cmm", POLICE)}
    for _ in range(4):
        await (await decided_case(havn, CMM_DECIDES, "CMM")).grant()
    assert {org: await cost_of(org, 5) for org in ("cmm", POLICE)} == of_one


async def test_cases_come_in_pages_newest_first_without_a_gap(havn: World) -> None:
    ids = [(await open_case(havn, CMM_DECIDES)).id for _ in range(3)]
    cmm = havn.partner("cmm")
    first = (await cmm.get(CASES, limit=2)).json()
    await open_case(havn, CMM_DECIDES)
    second = (await cmm.get(CASES, limit=2, cursor=first["next_cursor"])).json()
    assert [item["case_id"] for item in first["items"] + second["items"]] == ids[::-1]
    assert (await havn.partner("us").get(CASES, limit=2, cursor=first["next_cursor"])).status_code == 400


async def test_who_could_remove_the_person_sees_that_an_appeal_forbids_it(havn: World) -> None:
    """Police who referred, and US which does not decide and was let know: by status, case and events."""
    case = await decided_case(havn, CMM_DECIDES, "CMM")
    await consent(case, "us", "legal")
    await havn.set_clock("2026-05-04T10:00:00+02:00")
    appeal_id = await appeal(case)
    for org in (POLICE, "us"):
        told = (await state(case, org))["removal_hold"], (await case.get(by=org)).json()["removal_hold"]
        assert told == (True, True), org
        (filed,) = await events_of(havn, org, "appeal-filed")
        assert set(filed["data"]) == {"case_id", "occurred_at"}
    assert (await outcome(case, appeal_id)).status_code == 200
    for org in (POLICE, "us"):
        assert (await state(case, org))["removal_hold"] is False
        (ended,) = await events_of(havn, org, "appeal-decided")
        assert ended["data"]["removal_hold"] is False
        assert "outcome" not in ended["data"]
    assert (await state(case, "anklagemyndigheden"))["removal_hold"] is None


async def events_of(havn: World, org: str, kind: str) -> list[dict[str, Any]]:
    """What the feed tells the organisation of that kind."""
    items: list[dict[str, Any]] = (await havn.partner(org).get("/identification/v1/events")).json()["items"]
    return [item for item in items if f".{kind}." in item["type"]]


async def test_a_filter_tells_nobody_what_the_case_does_not(havn: World) -> None:
    case = await decided_case(havn, CMM_DECIDES, "CMM")
    open_one = await open_case(havn, US_DECIDES)
    by_law = {
        "recipient": "us",
        "purpose": "legal",
        "fields": ["outcome"],
        "legal_basis": "danger_to_life",
        "reason": "?",
    }
    assert (await case.post("/disclosures", by_law)).status_code == 201
    assert [item["case_id"] for item in await listed(havn, "cmm", status="decided")] == [case.id]
    assert [item["case_id"] for item in await listed(havn, "cmm", authority="US")] == [open_one.id]
    assert [item["case_id"] for item in await listed(havn, POLICE, status="decided")] == [case.id], (
        "it has referred her"
    )
    assert case.id in {item["case_id"] for item in await listed(havn, "us")}
    for asked in ({"status": "decided"}, {"authority": "CMM"}, {"missing": "false"}):
        assert case.id not in {item["case_id"] for item in await listed(havn, "us", **asked)}, asked
    assert await listed(havn, POLICE, missing="false") == []


async def test_a_recipient_filters_by_the_status_it_has_leave_to_know(havn: World) -> None:
    case = await open_case(havn, CMM_DECIDES)
    by_law = {
        "recipient": "3f",
        "purpose": "legal",
        "fields": ["outcome"],
        "legal_basis": "danger_to_life",
        "reason": "?",
    }
    assert (await case.post("/disclosures", by_law)).status_code == 201
    assert (await case.post("/consents", {"recipient": "hopenow", "purpose": "support"})).status_code == 201
    assert [item["case_id"] for item in await listed(havn, "hopenow", status="referred")] == [case.id]
    assert [item["status"] for item in await listed(havn, "3f")] == [None]
    assert await listed(havn, "3f", status="referred") == []


async def test_cases_are_found_by_who_decides_and_by_who_is_missing(havn: World) -> None:
    unclear, gone = await open_case(havn, NEEDS_REVIEW), await open_case(havn, CMM_DECIDES)
    assert (await gone.post("/missing", {"since": "2026-03-05"})).status_code == 200
    assert [item["case_id"] for item in await listed(havn, "cmm", authority="needs_review")] == [unclear.id]
    assert [item["case_id"] for item in await listed(havn, "cmm", missing="true")] == [gone.id]
    assert [item["case_id"] for item in await listed(havn, "cmm", missing="false")] == [unclear.id]
    clocks = (await havn.partner("cmm").get("/identification/v1/deadlines", case_id=gone.id)).json()["items"]
    assert clocks
    assert {clock["case_id"] for clock in clocks} == {gone.id}
