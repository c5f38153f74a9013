"""SC06: a trans woman from Venezuela who seeks asylum, referred by LGBT Asyl. US decides; her gender is her own."""

from tests.identification.builders import open_case
from tests.world import World

PERSON = {
    "stated_age": 26,
    "age_basis": "stated",
    "gender": "trans_woman",
    "citizenships": ["VEN"],
    "residence_basis": "asylum_seeker",
    "asylum_pending": True,
    "suspected_forms": ["SEXUAL"],
    "identifiers": [{"type": "replacement_cpr", "value": "710100-1231"}],
}


async def test_sc06_from_the_ngo_to_a_suspended_period(havn: World) -> None:
    await havn.set_clock("2026-06-08T10:00:00+02:00")
    outreach = {"channel": "outreach", "occurred_at": "2026-06-05T18:00:00+02:00"}
    case = await open_case(havn, PERSON, sender="lgbt-asyl", **outreach)
    told = await case.details()
    assert told["gender"] == "trans_woman", "never read from a number"
    assert (told["routing"]["authority"], told["routing"]["rule"]) == ("US", "R2")
    await havn.set_clock("2026-06-15T11:00:00+02:00")
    await case.interview("2026-06-15T10:00:00+02:00", language="spa", interpreter=True)

    await havn.set_clock("2026-07-01T10:00:00+02:00")
    await case.decide("US", decided_on="2026-07-01", exploitation_forms=["SEXUAL"])
    period = await case.grant("2026-07-01", by="us")
    assert (period["kind"], period["departure_deadline_suspended"]) == ("reflection", True)
    assert (period["starts_on"], period["ends_on"], period["cap_on"]) == ("2026-07-01", "2026-07-31", "2026-10-29")

    state = (await case.get("/status", by="lgbt-asyl", purpose="support")).json()
    assert (state["status"], state["deciding_authority"]) == ("decided", "US")
    assert (state["outcome"], state["identification_pending"]) == (None, None), "an NGO is not told the outcome"
    assert (await case.get("/person", by="lgbt-asyl", purpose="support")).status_code == 404
