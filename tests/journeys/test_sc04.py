"""SC04: a Danish girl of 17, exploited by a "boyfriend". CMM decides, and US never receives anything about her."""

from uuid import uuid4

from tests.identification.builders import CASES, DANISH_GIRL, Opened, listed
from tests.referrals.builders import answer_in_one_trace
from tests.referrals.builders import listed as listed_referrals
from tests.world import World

SCHOOL = {
    "channel": "school",
    "occurred_at": "2026-03-16T11:00:00+01:00",
    "municipality": "0461",
    "reason": "A counsellor has seen bruises, and a boyfriend who waits outside.",
    "person": DANISH_GIRL,
}
LISTS = ("/identification/v1/cases", "/identification/v1/deadlines", "/identification/v1/events")


async def test_sc04_from_the_school_counsellor_to_the_period(havn_on_both: World) -> None:
    havn = havn_on_both
    await havn.set_clock("2026-03-16T12:00:00+01:00")
    opened = await havn.partner("cmm").post(CASES, SCHOOL)
    assert opened.status_code == 201, opened.text
    case = Opened(havn, opened.json()["case_id"])
    told = await case.details()
    assert (told["routing"]["authority"], told["routing"]["rule"]) == ("CMM", "R3")
    assert (told["age_group"], told["opened_on"], told["channel"]) == ("minor", "2026-03-16", "school")
    (notified,) = (await havn.partner("kommune-0461").get("/identification/v1/deadlines")).json()["items"]
    assert (notified["kind"], notified["due_at"]) == ("child_notification", "2026-03-17T11:00:00Z")

    await havn.set_clock("2026-03-30T10:00:00+02:00")
    await case.decide("CMM", decided_on="2026-03-30", exploitation_forms=["SEXUAL"])
    period = await case.grant("2026-03-30")
    assert (period["kind"], period["departure_deadline_suspended"]) == ("restitution", False)
    assert (period["starts_on"], period["ends_on"], period["cap_on"]) == ("2026-03-30", "2026-04-29", "2026-07-28")
    assert "departure" not in {deadline["kind"] for deadline in (await case.details())["deadlines"]}
    await havn.settled()

    us = havn.partner("us", "caseworker", "decider", "lawyer", "dashboard")
    assert await listed(havn, "us") == []
    assert await listed_referrals(us) == []
    for path in LISTS:
        assert (await us.get(path)).json()["items"] == [], path
    for part in ("", "/status", "/person", "/timeline"):
        theirs = await answer_in_one_trace(us, case.path + part)
        assert theirs == await answer_in_one_trace(us, f"{CASES}/{uuid4()}{part}")
        assert theirs[0] == 404
    tables = await havn.sql("identification", "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'")
    about_her = {row["name"] for row in tables} & {
        "case_file",
        "case_party",
        "decision",
        "period",
        "deadline",
        "interview",
        "legal_status",
        "consent",
    }
    for table in about_her:
        assert await havn.sql_as_runtime("identification", f"SELECT 1 FROM {table}", org="us") == [], table
