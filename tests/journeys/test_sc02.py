"""SC02: an asylum-seeking Nigerian man, forced labour in a restaurant. US sees the signs, refers, and decides."""

from tests.identification.builders import listed, open_case
from tests.journeys.figures import counted
from tests.world import World

PERSON = {
    "reference": "A01",
    "stated_age": 29,
    "age_basis": "stated",
    "gender": "man",
    "citizenships": ["NGA"],
    "languages": ["eng"],
    "residence_basis": "asylum_seeker",
    "asylum_pending": True,
    "suspected_forms": ["FORCED_LABOUR"],
}


async def test_sc02_from_the_asylum_interview_to_a_suspended_period(havn_on_both: World) -> None:
    havn = havn_on_both
    await havn.set_clock("2026-01-12T11:00:00+01:00")
    case = await open_case(
        havn, PERSON, sender="us", channel="asylum_interview", occurred_at="2026-01-12T09:00:00+01:00"
    )
    told = await case.details()
    assert (told["routing"]["authority"], told["routing"]["rule"]) == ("US", "R2")
    assert (told["opened_on"], told["age_group"], told["channel"]) == ("2026-01-12", "adult", "asylum_interview")
    assert [item["case_id"] for item in await listed(havn, "us")] == [case.id]

    await havn.set_clock("2026-01-19T15:00:00+01:00")
    held = await case.interview("2026-01-19T13:00:00+01:00", language="eng", interpreter=True)
    assert (held["number"], held["held_in_detention"]) == (1, 0)

    await havn.set_clock("2026-02-03T10:00:00+01:00")
    await case.decide("US", decided_on="2026-02-03", exploitation_forms=["FORCED_LABOUR"])
    period = await case.grant("2026-02-03", by="us")
    assert (period["kind"], period["departure_deadline_suspended"]) == ("reflection", True)
    assert (period["starts_on"], period["ends_on"], period["cap_on"]) == ("2026-02-03", "2026-03-05", "2026-06-03")
    measure = {"kind": "contact_person", "starts_on": "2026-02-03", "provider": "CMM", "note": None}
    assert (await case.post("/support-measures", measure)).status_code == 201

    told = await case.details()
    assert "departure" not in {deadline["kind"] for deadline in told["deadlines"]}, "the date is no removal date"
    (decision,) = told["decisions"]
    assert (decision["authority"], decision["legal_status"]) == ("US", "asylum_seeker")
    assert (await case.get("/status", by="us")).json()["identification_pending"] is False
    await havn.settled()
    assert await counted(havn, "gender,exploitation_form,authority,referred_by") == [
        {"gender": "man", "exploitation_form": "FORCED_LABOUR", "authority": "US", "referred_by": "us", "count": 1}
    ]

    ended = {"residence_basis": "no_legal_stay", "valid_from": "2026-02-20", "asylum_pending": False, "source": "us"}
    await havn.set_clock("2026-02-20T12:00:00+01:00")
    assert (await case.post("/legal-status", ended, by="us")).status_code == 201
    told = await case.details()
    (period,) = told["periods"]
    assert period["departure_deadline_suspended"] is False, "the asylum case is over: the date is a removal date now"
    assert (told["decisions"], told["routing"]["rule"]) == ([decision], "R2"), "the decision stands as it was made"
