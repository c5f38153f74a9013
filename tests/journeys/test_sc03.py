"""SC03: a Romanian boy forced to steal. He says 15, his papers say 18: presumed a minor, and CMM decides."""

from typing import Any

from tests.identification.builders import Opened, open_case
from tests.journeys.figures import counted
from tests.world import World

POLICE = "politi-koebenhavn"
DEADLINES = "/identification/v1/deadlines"
BOY = {
    "stated_age": 15,
    "birth_date": "2008-02-11",
    "age_basis": "documented",
    "gender": "man",
    "citizenships": ["ROU"],
    "residence_basis": "eu_right_of_residence",
    "unaccompanied": True,
    "suspected_forms": ["FORCED_CRIMINALITY"],
}
ARREST = {
    "occurred_at": "2026-05-04T14:30:00+02:00",
    "municipality": "0101",
    "in_custody": True,
    "custody_since": "2026-05-04T14:30:00+02:00",
}


async def deadline(case: Opened, kind: str, *, by: str = "cmm") -> dict[str, Any]:
    """The one deadline of that kind, as this organisation sees it in its list."""
    page = await case.havn.partner(by).get(DEADLINES, kind=kind)
    assert page.status_code == 200, page.text
    (found,) = page.json()["items"]
    assert found["case_id"] == case.id
    told: dict[str, Any] = found
    return told


async def test_sc03_from_the_arrest_to_the_period(havn_on_both: World) -> None:
    havn = havn_on_both
    await havn.set_clock("2026-05-04T16:00:00+02:00")
    case = await open_case(havn, BOY, sender=POLICE, **ARREST)
    told = await case.details()
    assert told["age_group"] == "presumed_minor"
    assert (told["routing"]["authority"], told["routing"]["rule"]) == ("CMM", "R4")
    state = (await case.get("/status", by=POLICE, purpose="investigation")).json()
    assert state["identification_pending"] is True, "nobody removes him meanwhile"
    assert (await case.get("/status", by="us", purpose="identification")).status_code == 404, "US has no part in it"
    assert (await deadline(case, "custody"))["due_at"] == "2026-05-07T12:30:00Z"

    assert "municipality-notified" in [line["kind"] for line in (await case.get("/timeline")).json()["items"]]
    notified = await deadline(case, "child_notification", by="kommune-0101")
    assert (notified["due_on"], notified["for_org"], notified["state"]) == ("2026-05-05", "kommune-0101", "running")
    who = await case.get("/person", by="kommune-0101", purpose="support")
    assert (who.status_code, who.json()["birth_date"]) == (200, "2008-02-11"), "it reads who is to be assessed"
    glimpse = (await case.get(by="kommune-0101")).json()
    assert {name for name, value in glimpse.items() if value is not None} == {"case_id"}, "and nothing of the case"
    await havn.set_clock("2026-05-05T17:00:00+02:00")
    assert (await deadline(case, "child_notification", by="kommune-0101"))["state"] == "passed"
    assert (await case.details())["status"] == "referred", "no clock does more than tell"

    asked = await case.post("/representative", {"requested_on": "2026-05-05"})
    assert asked.status_code in (200, 201), asked.text
    await havn.set_clock("2026-05-06T11:00:00+02:00")
    await case.interview("2026-05-06T10:00:00+02:00", language="ron", interpreter=True, in_detention=True)
    await havn.set_clock("2026-05-18T09:00:00+02:00")
    await case.decide("CMM", decided_on="2026-05-18", exploitation_forms=["FORCED_CRIMINALITY"])
    period = await case.grant("2026-05-18")
    assert (period["kind"], period["departure_deadline_suspended"]) == ("restitution", False)
    assert (period["starts_on"], period["ends_on"], period["cap_on"]) == ("2026-05-18", "2026-06-17", "2026-09-15")
    kinds = {each["kind"] for each in (await case.details())["deadlines"]}
    assert {"restitution_period", "period_cap"} <= kinds
    assert not kinds & {"departure", "custody", "decision"}, "no departure, and what is decided no longer runs"

    waiver = {
        "kind": "charge_waiver_request",
        "on": "2026-05-19",
        "section": "other",
        "note": "He was forced to steal.",
    }
    await havn.set_clock("2026-05-19T09:00:00+02:00")
    assert (await case.post("/criminal-track", waiver)).status_code == 201
    await havn.settled()
    assert await counted(havn, "gender,age_group,exploitation_form") == [
        {"gender": "man", "age_group": "presumed_minor", "exploitation_form": "FORCED_CRIMINALITY", "count": 1}
    ]
