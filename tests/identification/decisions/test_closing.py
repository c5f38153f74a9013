"""Closing a case: a person does it, once it is decided and nobody hears an appeal; what is closed is worked on no more."""

from typing import Any

import pytest

from tests.identification.builders import CMM_DECIDES, Opened, name_of, open_case
from tests.identification.life import appeal, close, decided_case, done, outcome, put, told
from tests.world import World

CLOSURE: dict[str, Any] = {"on": "2026-06-01", "reason": "She lives well in Aarhus."}
CHANGES: list[tuple[str, dict[str, Any]]] = [
    ("/interviews", {"held_at": "2026-06-02T10:00:00+02:00"}),
    ("/recommendation", {"outcome": "not_trafficked", "reasons": "Again."}),
    ("/periods", {"requested_on": "2026-06-02"}),
    ("/support-measures", {"kind": "doctor", "starts_on": "2026-06-02"}),
    ("/missing", {"since": "2026-06-02"}),
    ("/closure", CLOSURE),
]

TOLD = {
    *("person-missing", "person-found", "appeal-filed", "appeal-decided", "return-planned", "person-departed"),
    "case-closed",
}


async def test_only_a_decided_case_is_closed(havn: World) -> None:
    case = await open_case(havn, CMM_DECIDES)
    refused = await case.post("/closure", CLOSURE)
    assert name_of(refused) == (409, "CaseStatusDoesNotAllow")
    assert refused.json()["detail"] == (
        "A case that is referred does not allow to close the case; decide it first: POST .../decisions."
    )
    assert (refused.json()["current_status"], refused.json()["allowed"]) == ("referred", ["decided"])
    await case.interview("2026-03-03T10:00:00+01:00")
    assert (await case.post("/closure", CLOSURE)).json()["current_status"] == "clarification"
    await case.decide()
    closed = await done(case.post("/closure", CLOSURE))
    assert closed == {"case_id": case.id, "status": "closed", "closed_on": "2026-06-01"}
    details = await case.details()
    assert (details["status"], details["closed_on"]) == ("closed", "2026-06-01")
    (event,) = await told(case, "case-closed")
    assert event["on"] == "2026-06-01"


async def test_a_case_is_not_closed_before_it_was_decided_or_while_an_appeal_is_open(havn: World) -> None:
    case = await decided_case(havn, "not_trafficked")
    early = await case.post("/closure", CLOSURE | {"on": "2026-03-08"})
    assert name_of(early) == (422, "ClosedBeforeDecision")
    appeal_id = await appeal(case)
    assert name_of(await case.post("/closure", CLOSURE)) == (409, "AppealStillOpen")
    assert (await case.details())["status"] == "decided"
    await done(outcome(case, appeal_id))
    await close(case)


@pytest.mark.parametrize(("part", "body"), CHANGES, ids=[part for part, _ in CHANGES])
async def test_a_closed_case_is_worked_on_no_more(havn: World, part: str, body: dict[str, Any]) -> None:
    case = await decided_case(havn)
    await close(case)
    before = await case.details(), await case.etag()
    refused = await case.post(part, body)
    assert name_of(refused) == (409, "CaseStatusDoesNotAllow")
    assert refused.json()["current_status"] == "closed"
    assert refused.json()["detail"].endswith("open it again first: POST .../reopening.")
    assert (await case.details(), await case.etag()) == before


async def test_a_closed_case_is_not_decided_planned_or_extended(havn: World) -> None:
    case = await decided_case(havn)
    period = await case.grant()
    await close(case)
    decision = (await case.details())["decisions"][0]["decision_id"]
    longer = {"until": "2026-05-08", "reason": "special_reasons"}
    plan = {"destination": "ROU", "agreed_on": "2026-06-19"}
    for refused in (
        await case.try_deciding(decided_on="2026-06-02", replaces=decision),
        await case.post(f"/periods/{period['period_id']}/extensions", longer),
        await put(case, "/return-plan", plan),
        await put(case, "/health-needs", {"wheelchair": True}),
    ):
        assert name_of(refused) == (409, "CaseStatusDoesNotAllow"), refused.text


async def test_a_closed_case_is_reopened_for_a_reason_and_both_stay_readable(havn: World) -> None:
    await havn.set_clock("2026-07-01T12:00:00+02:00")
    case = await decided_case(havn)
    again = {"reason": "She was seen on the street."}
    assert name_of(await case.post("/reopening", again)) == (409, "CaseStatusDoesNotAllow")
    await close(case)
    assert await done(case.post("/reopening", again)) == {"case_id": case.id, "status": "decided", "closed_on": None}
    (event,) = await told(case, "case-reopened")
    assert event["on"] == "2026-07-01"
    await havn.set_clock("2026-08-01T12:00:00+02:00")
    await close(case, "2026-08-01")
    assert (await case.get("/closures")).status_code == 400
    first, second = (await done(case.get("/closures", purpose="supervision")))["items"]
    assert (first["closed_on"], first["reopened_on"], first["reopening_reason"]) == (
        "2026-06-01",
        "2026-07-01",
        again["reason"],
    )
    assert (second["closed_on"], second["reason"], second["reopened_on"]) == (
        "2026-08-01",
        "The work has ended.",
        None,
    )
    rows = await havn.sql("identification", "SELECT reason, reopening FROM closure")
    assert not any(word in (row["reason"] + (row["reopening"] or b"")) for row in rows for word in (b"work", b"street"))


async def test_when_the_person_was_last_followed_up_is_kept(havn: World) -> None:
    async def last(case: Opened) -> list[str | None]:
        rows = await havn.sql("identification", "SELECT last_follow_up_on, closed_on FROM case_file")
        return [str(day) if day else None for day in rows[0]]

    case = await decided_case(havn)
    assert await last(case) == [None, None]
    left = {"destination": "ROU", "agreed_on": "2026-03-20", "departed_on": "2026-04-01"}
    await done(put(case, "/return-plan", left))
    await done(case.post("/return-plan/follow-ups", {"month": 3, "contacted": True, "on": "2026-06-03"}), 201)
    await done(case.post("/return-plan/follow-ups", {"month": 1, "contacted": True, "on": "2026-05-01"}), 201)
    assert await last(case) == ["2026-06-03", None]
    await close(case, "2026-06-01")
    assert await last(case) == ["2026-06-03", "2026-06-01"]
    await done(case.post("/reopening", {"reason": "A question."}))
    await close(case, "2026-09-01")
    assert await last(case) == ["2026-09-01", "2026-09-01"]


async def test_closing_is_for_those_who_work_on_the_case(havn: World) -> None:
    case = await decided_case(havn)
    for org in ("us", "anklagemyndigheden"):
        assert (await case.post("/closure", CLOSURE, by=org)).status_code == 404
    await close(case)
    for org in ("us", "anklagemyndigheden"):
        assert (await case.post("/reopening", {"reason": "?"}, by=org)).status_code == 404
    for org in ("us", "politi-oestjylland"):
        assert (await case.get("/closures", by=org, purpose="supervision")).status_code == 404


async def test_no_clock_ever_closes_a_case(havn: World) -> None:
    case = await decided_case(havn)
    await case.grant()
    for moment in ("2026-04-09T12:00:00+02:00", "2026-07-08T12:00:00+02:00", "2031-01-01T12:00:00+01:00"):
        await havn.set_clock(moment)
    assert (await case.details())["status"] == "decided"
    assert await told(case, "case-closed") == []


async def test_closing_honours_if_match(havn: World) -> None:
    case = await decided_case(havn)
    seen = await case.etag()
    await case.interview("2026-03-10T10:00:00+01:00")
    assert name_of(await case.post("/closure", CLOSURE, if_match=seen)) == (412, "Stale")
    assert (await case.post("/closure", CLOSURE, if_match=await case.etag())).status_code == 200


async def test_the_timeline_tells_the_life_of_a_case_in_sentences(havn: World) -> None:
    case = await decided_case(havn, "not_trafficked")
    await done(case.post("/missing", {"since": "2026-04-01"}))
    await done(case.post("/found", {"on": "2026-04-10"}))
    await done(outcome(case, await appeal(case)))
    await done(
        put(case, "/return-plan", {"destination": "ROU", "agreed_on": "2026-05-10", "departed_on": "2026-05-20"})
    )
    await close(case)
    items = (await done(case.get("/timeline")))["items"]
    assert [item["summary"] for item in items if item["kind"] in TOLD] == [
        "The person is missing since 2026-04-01.",
        "The person was found on 2026-04-10.",
        "A decision was appealed on 2026-03-20; the person is not removed meanwhile.",
        "An appeal was decided on 2026-05-04: upheld.",
        "A prepared return to ROU was agreed on 2026-05-10.",
        "The person left on 2026-05-20; reintegration is followed until 2026-11-20.",
        "The case was closed on 2026-06-01.",
    ]


async def test_the_courts_keep_no_step_with_our_work(havn: World) -> None:
    case = await decided_case(havn, outcome="not_trafficked")
    await close(case)
    charge = await case.post("/criminal-track", {"kind": "charge", "on": "2026-06-02", "section": "262a"})
    assert (charge.status_code, (await case.details())["status"]) == (201, "closed")
    acquitted = {"decided_on": "2026-06-03", "by": "anklagemyndigheden"}
    first = await case.try_deciding("COURT", "not_trafficked", **acquitted)
    assert (first.status_code, (await case.details())["status"]) == (201, "closed")
    recognised = await case.try_deciding(
        "COURT", by="anklagemyndigheden", decided_on="2026-06-04", replaces=first.json()["decision_id"]
    )
    assert recognised.status_code == 201, recognised.text
    details = await case.details()
    assert (details["status"], details["closed_on"], details["support_to_open"]) == ("decided", None, True)
    assert "case-reopened" in [item["kind"] for item in (await case.get("/timeline")).json()["items"]]
