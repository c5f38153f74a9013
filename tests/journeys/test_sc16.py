"""SC16: in custody, out of hours. Saturday night police hold two Chinese women; the hotline is closed."""

from typing import Any

from tests.identification.builders import Opened, open_cases
from tests.world import World

POLICE = "politi-koebenhavn"
WOMAN = {
    "stated_age": 27,
    "gender": "woman",
    "citizenships": ["CHN"],
    "languages": ["cmn"],
    "residence_basis": "no_legal_stay",
    "suspected_forms": ["SEXUAL"],
}
HELD = {
    "in_custody": True,
    "custody_since": "2026-06-20T23:30:00+02:00",
    "occurred_at": "2026-06-20T23:30:00+02:00",
    "municipality": "0101",
    "urgency": "acute",
}


async def alerts(case: Opened) -> list[dict[str, Any]]:
    """The times the on-call was alerted of this case, oldest first."""
    page = await case.havn.partner("cmm").get("/identification/v1/alerts", limit=100)
    assert page.status_code == 200, page.text
    ours = [each for each in page.json()["items"] if each["case_id"] == case.id and each["kind"] == "on_call"]
    return ours[::-1]


async def test_sc16_from_the_cell_to_a_reassessment(havn_on_both: World) -> None:
    havn = havn_on_both
    await havn.set_clock("2026-06-20T23:30:00+02:00")
    one, two = await open_cases(havn, WOMAN, WOMAN, sender=POLICE, **HELD)
    for case in (one, two):
        assert len(await alerts(case)) == 1, "at once"
        told = await case.details()
        custody = next(each for each in told["deadlines"] if each["kind"] == "custody")
        assert custody["due_at"] == "2026-06-23T21:30:00Z", "72 hours, 23:30 in Copenhagen"
        assert told["proposals"] == ["placement_34_1_3"], "a shelter instead of detention"
        for org in (POLICE, "us"):
            state = (await case.get("/status", by=org, purpose="identification")).json()
            assert state["identification_pending"] is True, org
    await havn.set_clock("2026-06-21T00:00:00+02:00")
    assert len(await alerts(one)) == 2, "again after 30 minutes"
    taken = await one.post("/on-call/acknowledge", None)
    assert taken.status_code == 200, taken.text
    await havn.set_clock("2026-06-21T00:30:00+02:00")
    assert (len(await alerts(one)), len(await alerts(two))) == (2, 3), "until somebody has taken it"

    await havn.set_clock("2026-06-22T12:00:00+02:00")
    await one.interview("2026-06-22T10:00:00+02:00", language="cmn", interpreter=True, in_detention=True)
    first = await one.decide("US", "insufficient_basis", decided_on="2026-06-22")
    await havn.set_clock("2026-07-06T12:00:00+02:00")
    await one.interview("2026-07-06T10:00:00+02:00", language="cmn", interpreter=True)
    again = await one.try_deciding("US", decided_on="2026-07-06", exploitation_forms=["SEXUAL"], replaces=first)
    assert again.status_code == 201, again.text
    told = await one.details()
    assert [(each["outcome"], each["is_current"]) for each in told["decisions"]] == [
        ("insufficient_basis", False),
        ("assessed_trafficked", True),
    ], "the reassessment does not overwrite the first"
    assert (await one.grant("2026-07-06", by="us"))["ends_on"] == "2026-08-05"
