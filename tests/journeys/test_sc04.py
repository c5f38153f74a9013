"""SC04: a Danish girl of 17, exploited by a "boyfriend". CMM decides, and US never receives anything about her."""

from uuid import uuid4

from tests.identification.builders import CASES, DANISH_GIRL, listed, open_case
from tests.referrals.builders import answer_in_one_trace, send, subject
from tests.referrals.builders import listed as listed_referrals
from tests.world import World


async def test_sc04_from_the_school_counsellor_to_the_period(havn: World) -> None:
    await havn.set_clock("2026-03-16T12:00:00+01:00")
    school = {"channel": "school", "occurred_at": "2026-03-16T11:00:00+01:00", "municipality": "0461"}
    case = await open_case(havn, DANISH_GIRL, sender="cmm", **school)
    told = await case.details()
    assert (told["routing"]["authority"], told["routing"]["rule"]) == ("CMM", "R3")
    assert (told["age_group"], told["opened_on"], told["channel"]) == ("minor", "2026-03-16", "school")
    notified = await send(havn, subject("M01"), sender="cmm", recipient="kommune-0461", kind="child_notification")
    assert await listed_referrals(havn.partner("kommune-0461"), box="incoming") == [notified.id]

    await havn.set_clock("2026-03-30T10:00:00+02:00")
    await case.decide("CMM", decided_on="2026-03-30", exploitation_forms=["SEXUAL"])
    period = await case.grant("2026-03-30")
    assert (period["kind"], period["departure_deadline_suspended"]) == ("restitution", False)
    assert (period["starts_on"], period["ends_on"], period["cap_on"]) == ("2026-03-30", "2026-04-29", "2026-07-28")
    assert "departure" not in {deadline["kind"] for deadline in (await case.details())["deadlines"]}

    us = havn.partner("us", "caseworker", "decider", "lawyer")
    assert await listed(havn, "us") == []
    assert await listed_referrals(us) == []
    for part in ("", "/status", "/person", "/timeline"):
        theirs = await answer_in_one_trace(us, case.path + part)
        assert theirs == await answer_in_one_trace(us, f"{CASES}/{uuid4()}{part}")
        assert theirs[0] == 404
    for table in ("case_file", "case_party", "decision", "period", "case_referral", "interview"):
        assert await havn.sql_as_runtime("identification", f"SELECT 1 FROM {table}", org="us") == [], table
