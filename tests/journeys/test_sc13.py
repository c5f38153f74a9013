"""SC13: prepared return. A Ukrainian woman wants to go to Romania, where her family lives."""

from typing import Any

from tests.identification.builders import Opened, open_case
from tests.journeys.figures import counted
from tests.world import World

PERSON = {
    "stated_age": 38,
    "gender": "woman",
    "citizenships": ["UKR"],
    "languages": ["ukr"],
    "residence_basis": "temporary_protection_ua",
    "suspected_forms": ["FORCED_LABOUR"],
}


async def plan(case: Opened, **said: Any) -> None:
    agreed = {"destination": "ROU", "agreed_on": "2026-06-19", "planned_departure_on": "2026-07-20"} | said
    seen = await case.get("/return-plan", purpose="return")
    etag = seen.headers["etag"] if seen.status_code == 200 else await case.etag()
    put = await case.havn.partner("cmm").put(f"{case.path}/return-plan", agreed, if_match=etag)
    assert put.status_code == 200, put.text


async def follow_up(case: Opened, month: int, on: str, *, contacted: bool) -> None:
    await case.havn.set_clock(f"{on}T12:00:00+01:00")
    told = {"month": month, "contacted": contacted, "on": on, "note": "By telephone."}
    made = await case.post("/return-plan/follow-ups", told)
    assert made.status_code == 201, made.text


async def due(case: Opened, kind: str) -> list[str]:
    page = await case.havn.partner("cmm").get("/identification/v1/deadlines", kind=kind, limit=100)
    assert page.status_code == 200, page.text
    return [each["due_on"] for each in page.json()["items"] if each["state"] != "done"]


async def test_sc13_from_the_settlement_to_six_months_in_romania(havn_on_both: World) -> None:
    havn = havn_on_both
    await havn.set_clock("2026-05-20T10:00:00+02:00")
    case = await open_case(havn, PERSON, sender="newlives", channel="outreach", occurred_at="2026-05-20T09:00:00+02:00")
    assert (await case.details())["routing"]["authority"] == "needs_review"
    await case.settle("CMM")
    await havn.set_clock("2026-05-21T11:00:00+02:00")
    await case.interview("2026-05-21T10:00:00+02:00", language="ukr", interpreter=True)
    await havn.set_clock("2026-06-01T10:00:00+02:00")
    await case.decide("CMM", decided_on="2026-06-01", legal_status="temporary_protection_ua")
    period = await case.grant("2026-06-01")
    assert (period["kind"], period["ends_on"], period["cap_on"]) == ("restitution", "2026-07-01", "2026-09-29")

    await havn.set_clock("2026-06-19T10:00:00+02:00")
    await plan(case)
    longer = {"until": "2026-07-31", "reason": "cooperation_on_return", "note": "She has agreed to return."}
    extended = await case.post(f"/periods/{period['period_id']}/extensions", longer)
    assert (extended.status_code, extended.json()["ends_on"]) == (201, "2026-07-31")

    await havn.set_clock("2026-07-20T18:00:00+02:00")
    await plan(case, departed_on="2026-07-20")
    months = ["2026-08-20", "2026-09-20", "2026-10-20", "2026-11-20", "2026-12-20", "2027-01-20"]
    assert await due(case, "follow_up") == months
    assert await due(case, "reintegration") == ["2027-01-20"]

    await follow_up(case, 1, "2026-08-20", contacted=True)
    await follow_up(case, 2, "2026-09-21", contacted=True)
    alerts = "/identification/v1/alerts"
    before = len((await havn.partner("cmm").get(alerts, limit=100)).json()["items"])
    await follow_up(case, 3, "2026-10-20", contacted=False)
    raised = (await havn.partner("cmm").get(alerts, limit=100)).json()["items"]
    assert len(raised) == before + 1, "no contact in month 3 raises an alert"
    assert raised[0]["case_id"] == case.id
    for month, on in enumerate(months[3:], 4):
        await follow_up(case, month, on, contacted=True)

    closed = await case.post("/closure", {"on": "2027-01-20", "reason": "Six months have gone well."})
    assert closed.status_code == 200, closed.text
    assert (await case.details())["status"] == "closed"
    assert await due(case, "follow_up") == await due(case, "reintegration") == []
    await havn.settled()
    assert await counted(havn, "year,gender") == [{"year": 2026, "gender": "woman", "count": 1}]
    flow = await havn.partner("cmm", "dashboard").get("/stats/v1/flow", **{"from": "2026", "to": "2026"})
    assert flow.json()["prepared_returns"] == 1
