"""SC02: an asylum-seeking Nigerian man, forced labour in a restaurant. US sees the signs, refers, and decides."""

from tests.identification.builders import listed, open_case
from tests.world import World

PERSON = {
    "reference": "A01", "stated_age": 29, "age_basis": "stated", "gender": "man", "citizenships": ["NGA"],
    "languages": ["eng"], "residence_basis": "asylum_seeker", "asylum_pending": True,
    "suspected_forms": ["FORCED_LABOUR"],
}  # fmt: skip


async def test_sc02_from_the_asylum_interview_to_a_suspended_period(havn: World) -> None:
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

    told = await case.details()
    assert "departure" not in {deadline["kind"] for deadline in told["deadlines"]}, "the date is no removal date"
    (decision,) = told["decisions"]
    assert (decision["authority"], decision["legal_status"]) == ("US", "asylum_seeker")
    assert (await case.get("/status", by="us")).json()["identification_pending"] is False
