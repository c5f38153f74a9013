"""What a closed case refuses, everything that is recorded in an open one; and the days around a closure."""

from typing import Any

import pytest

from tests.identification.builders import CMM_DECIDES, DANISH_GIRL, Opened, name_of, open_case
from tests.identification.life import close, decided_case, done, plan_return, put, told
from tests.world import World

AT = "2026-06-02T10:00:00+02:00"
ADDED: dict[str, dict[str, Any]] = {
    "/rights-explained": {"explained_at": AT, "rights": ["support"]},
    "/indicators": {
        "set": "adult_labour",
        "observations": [{"item": "violence", "answer": "yes", "observed_on": "2026-06-02"}],
    },
    "/risk-assessments": {"level": "high", "assessed_on": "2026-06-02"},
    "/consents": {"recipient": "hopenow", "purpose": "support"},
    "/custody": {"since": "2026-03-02T10:00:00+01:00"},
    "/return-plan/follow-ups": {"month": 1, "contacted": True, "on": "2026-08-20"},
    "/decisions": {"authority": "CMM", "outcome": "declined", "decided_on": "2026-06-02"},
}
PUT: dict[str, dict[str, Any]] = {
    "/return-plan": {"destination": "ROU", "agreed_on": "2026-06-19"},
    "/health-needs": {"needs_doctor": True},
}


async def as_it_is(case: Opened) -> tuple[dict[str, Any], str, int]:
    """The case as it is shown, its version, and how much has been told of it."""
    return await case.details(), await case.etag(), len(await told(case, ""))


@pytest.mark.parametrize("part", [*ADDED, *PUT])
async def test_nothing_is_added_to_a_closed_case_that_an_open_one_takes(havn: World, part: str) -> None:
    case = await decided_case(havn)
    await plan_return(case, departed_on="2026-07-20")
    replaces = {"replaces": (await case.details())["decisions"][0]["decision_id"]} if part == "/decisions" else {}
    await close(case, "2026-06-01")

    async def adding() -> Any:
        if part in PUT:
            return await put(case, part, PUT[part] | ({"departed_on": "2026-07-20"} if "plan" in part else {}))
        role = "decider" if part == "/decisions" else "caseworker"
        return await case.post(part, ADDED[part] | replaces, role=role, if_match="*")

    before = await as_it_is(case)
    refused = await adding()
    assert name_of(refused) == (409, "CaseStatusDoesNotAllow")
    assert refused.json()["current_status"] == "closed"
    assert await as_it_is(case) == before, "what is refused changes nothing"
    await done(case.post("/reopening", {"reason": "She has come back."}))
    again = await adding()
    assert again.status_code in (200, 201), again.text


async def test_a_person_who_was_missing_when_the_case_was_closed_is_found_after_it_is_reopened(havn: World) -> None:
    case = await decided_case(havn)
    await done(case.post("/missing", {"since": "2026-04-01"}))
    await close(case)
    assert name_of(await case.post("/found", {"on": "2026-06-10"})) == (409, "CaseStatusDoesNotAllow")
    assert (await case.details())["missing"] is True
    await done(case.post("/reopening", {"reason": "She was seen."}))
    await done(case.post("/found", {"on": "2026-06-10"}))
    assert (await case.details())["missing"] is False


async def test_a_measure_of_a_closed_case_goes_on_until_it_is_reopened(havn: World) -> None:
    case = await decided_case(havn)
    begun = await done(case.post("/support-measures", {"kind": "doctor", "starts_on": "2026-03-10"}), 201)
    await close(case)
    path = f"/support-measures/{begun['measure_id']}/end"
    assert name_of(await case.post(path, {"on": "2026-06-30"})) == (409, "CaseStatusDoesNotAllow")
    await done(case.post("/reopening", {"reason": "The doctor has moved."}))
    assert (await done(case.post(path, {"on": "2026-06-30"})))["ends_on"] == "2026-06-30"


async def test_a_case_may_be_closed_on_the_day_of_its_latest_decision_and_not_before(havn: World) -> None:
    case = await decided_case(havn)
    court = await case.try_deciding("COURT", by="cmm", decided_on="2026-05-04")
    assert court.status_code == 201, court.text
    early = await case.post("/closure", {"on": "2026-05-03", "reason": "?"})
    assert name_of(early) == (422, "ClosedBeforeDecision")
    assert "2026-05-04" in early.json()["detail"]
    assert (await case.details())["status"] == "decided"
    await close(case, "2026-05-04")


async def test_a_decision_that_was_replaced_no_longer_says_when_a_case_may_be_closed(havn: World) -> None:
    case = await open_case(havn, CMM_DECIDES)
    first = await case.decide(decided_on="2026-05-04")
    assert (await case.try_deciding(decided_on="2026-04-01", replaces=first)).status_code == 201
    await close(case, "2026-04-01")


async def test_each_closure_has_its_own_reopening(havn: World) -> None:
    case = await decided_case(havn)
    await havn.set_clock("2026-06-10T12:00:00+02:00")
    await close(case, "2026-06-01")
    await done(case.post("/reopening", {"reason": "A question."}))
    assert (await case.details())["closed_on"] is None
    await havn.set_clock("2026-07-10T12:00:00+02:00")
    await close(case, "2026-07-01")
    items = (await done(case.get("/closures", purpose="supervision")))["items"]
    assert [(each["closed_on"], each["reopened_on"]) for each in items] == [
        ("2026-06-01", "2026-06-10"),
        ("2026-07-01", None),
    ]
    await done(case.post("/reopening", {"reason": "Another one."}))
    items = (await done(case.get("/closures", purpose="supervision")))["items"]
    assert [each["reopened_on"] for each in items] == ["2026-06-10", "2026-07-10"]
    assert name_of(await case.post("/reopening", {"reason": "?"})) == (409, "CaseStatusDoesNotAllow")


async def test_a_court_that_recognises_nobody_leaves_a_closed_case_closed(havn: World) -> None:
    case = await decided_case(havn, "not_trafficked")
    await close(case)
    recorded = await case.try_deciding("COURT", "not_trafficked", by="cmm", decided_on="2026-07-01")
    assert recorded.status_code == 201, recorded.text
    assert (await case.details())["status"] == "closed"
    assert await told(case, "case-reopened") == []


async def test_a_child_that_is_missing_is_one_alert_each_time(havn: World) -> None:
    child = await open_case(havn, DANISH_GIRL)
    for since, found in (("2026-04-01", "2026-04-02"), ("2026-05-01", "2026-05-02")):
        await done(child.post("/missing", {"since": since}))
        await done(child.post("/found", {"on": found}))
    alerts = (await done(havn.partner("cmm").get("/identification/v1/alerts", limit=100)))["items"]
    assert len([each for each in alerts if each["kind"] == "missing_child"]) == 2
    absences = (await done(child.get("/absences", purpose="support")))["items"]
    assert [each["found_on"] for each in absences] == ["2026-04-02", "2026-05-02"], "each its own end"
