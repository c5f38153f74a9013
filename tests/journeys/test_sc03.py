"""SC03: a Romanian boy forced to steal. He says 15, his papers say 18: presumed a minor, and CMM decides."""

from tests.identification.builders import open_case
from tests.referrals.builders import send, subject
from tests.world import World

POLICE = "politi-koebenhavn"
BOY = {
    "stated_age": 15, "birth_date": "2008-02-11", "age_basis": "documented", "gender": "man",
    "citizenships": ["ROU"], "residence_basis": "eu_right_of_residence", "unaccompanied": True,
    "suspected_forms": ["FORCED_CRIMINALITY"],
}  # fmt: skip


async def test_sc03_from_the_arrest_to_the_period(havn: World) -> None:
    await havn.set_clock("2026-05-04T16:00:00+02:00")
    arrest = {
        "occurred_at": "2026-05-04T14:30:00+02:00",
        "municipality": "0101",
        "in_custody": True,
        "custody_since": "2026-05-04T14:30:00+02:00",
    }
    case = await open_case(havn, BOY, sender=POLICE, **arrest)
    told = await case.details()
    assert told["age_group"] == "presumed_minor"
    assert (told["routing"]["authority"], told["routing"]["rule"]) == ("CMM", "R4")
    assert {"kind": "custody", "due_at": "2026-05-07T12:30:00Z"} in told["deadlines"]
    state = (await case.get("/status", by=POLICE, purpose="investigation")).json()
    assert state["identification_pending"] is True, "nobody removes him meanwhile"
    assert (await case.get(by="us")).status_code == 404, "he has a right of residence"

    notified = await send(havn, subject("B01"), sender="cmm", recipient="kommune-0101", kind="child_notification")
    acknowledged = await notified.step("acknowledge")
    assert (acknowledged.status_code, acknowledged.json()["updated_at"]) == (200, "2026-05-04T14:00:00Z")
    assert (await case.get(by="kommune-0101")).status_code == 404, "a notification opens no door to the case"

    await case.interview("2026-05-06T10:00:00+02:00", language="ron", interpreter=True, in_detention=True)
    await havn.set_clock("2026-05-18T09:00:00+02:00")
    await case.decide("CMM", decided_on="2026-05-18", exploitation_forms=["FORCED_CRIMINALITY"])
    period = await case.grant("2026-05-18")
    assert (period["kind"], period["departure_deadline_suspended"]) == ("restitution", False)
    assert (period["starts_on"], period["ends_on"], period["cap_on"]) == ("2026-05-18", "2026-06-17", "2026-09-15")
    kinds = {deadline["kind"] for deadline in (await case.details())["deadlines"]}
    assert kinds == {"restitution_period", "period_cap"}, "no departure, and custody no longer runs"
