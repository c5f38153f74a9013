"""SC11: found again. A Ghanaian woman whom CMM assessed as trafficked in 2025 is met by the police of another district in 2026,
under the same e-CPR. A number is a claim: a second case, a question, and one person in the statistics."""

from typing import Any

import pytest

from tests.identification.builders import Opened, name_of, open_case
from tests.identification.finding.people import QUESTIONS
from tests.journeys.figures import counted
from tests.world import World

FIRST, OTHERS = "politi-koebenhavn", "politi-fyn"
PERSON: dict[str, Any] = {
    "stated_age": 29,
    "age_basis": "stated",
    "gender": "woman",
    "citizenships": ["GHA"],
    "residence_basis": "residence_permit",
    "suspected_forms": ["SEXUAL"],
    "identifiers": [{"type": "x_ecpr", "value": "1405971AB2"}],
}
HELD = {
    "in_custody": True,
    "custody_since": "2026-05-04T08:00:00+02:00",
    "occurred_at": "2026-05-04T08:00:00+02:00",
    "municipality": "0461",
}


async def year_of(havn: World) -> dict[int, int]:
    await havn.settled()
    return {row["year"]: row["count"] for row in await counted(havn, "year") if row["count"]}


async def seen_by(case: Opened, org: str) -> tuple[Any, list[str]]:
    """What the organisation reads of its case, and is told of it."""
    read = await case.get(by=org)
    assert read.status_code == 200, read.text
    feed = (await case.havn.partner(org).get("/identification/v1/events")).json()["items"]
    assert {event["subject"] for event in feed} <= {case.id}
    return (read.json(), read.headers["etag"]), [event["type"] for event in feed]


@pytest.mark.row(23)
async def test_sc11_found_again_by_the_police_of_another_district(havn_on_both: World) -> None:
    havn = havn_on_both
    await havn.set_clock("2025-11-03T10:00:00+01:00")
    first = await open_case(havn, PERSON, sender=FIRST, occurred_at="2025-11-03T09:00:00+01:00")
    await havn.set_clock("2025-12-01T10:00:00+01:00")
    decision_id = await first.decide("CMM", decided_on="2025-12-01", exploitation_forms=["SEXUAL"])
    assert await year_of(havn) == {2025: 1}

    await havn.set_clock("2026-05-04T10:00:00+02:00")
    again = await open_case(havn, PERSON, sender=OTHERS, **HELD)
    assert again.id != first.id, "nothing is joined by a number"
    told = await again.details()
    assert (told["status"], told["identification_pending"], told["routing"]["authority"]) == ("referred", True, "CMM")
    custody = next(each for each in told["deadlines"] if each["kind"] == "custody")
    assert custody["due_at"] == "2026-05-07T06:00:00Z", "its own 72 hours, at once"
    alerts = (await havn.partner("cmm").get("/identification/v1/alerts")).json()["items"]
    assert again.id in {each["case_id"] for each in alerts}
    assert name_of(await first.get(by=OTHERS)) == (404, "NotFound")
    before = await seen_by(again, OTHERS)

    (question,) = (await havn.partner("cmm").get(QUESTIONS, case_id=again.id)).json()["items"]
    assert [case["case_id"] for case in question["cases"]] == [again.id, first.id]
    assert "number" in question["matched_on"]
    for org in (OTHERS, FIRST, "us"):
        asked = await havn.partner(org).get(QUESTIONS)
        assert asked.status_code == 403 or asked.json()["items"] == [], org
    await again.recommend()
    refused = await again.try_deciding("CMM", decided_on="2026-05-04", exploitation_forms=["SEXUAL"])
    assert name_of(refused) == (409, "QuestionOpen"), "one person is not decided about twice"
    assert refused.json()["questions"] == [question["question_id"]]
    before = await seen_by(again, OTHERS)

    said = {"answer": "same", "keep": {}, "reason": "The interpreter has met her in both places."}
    answered = await havn.partner("cmm").post(f"{QUESTIONS}/{question['question_id']}/answer", said)
    assert answered.status_code == 200, answered.text
    assert answered.json()["case_id"] == first.id, "the work goes on in the older case"
    assert await seen_by(again, OTHERS) == before, "the sender is told of no question and of no merge"
    assert name_of(await first.get(by=OTHERS)) == (404, "NotFound")
    goes_on = await first.details()
    assert [each["decision_id"] for each in goes_on["decisions"]] == [decision_id]
    assert (await again.details())["merged_into"] == first.id

    reassessed = await first.try_deciding(
        "CMM", decided_on="2026-05-04", exploitation_forms=["SEXUAL"], replaces=decision_id
    )
    assert reassessed.status_code == 201, reassessed.text
    assert await year_of(havn) == {2025: 1}, "one person, in the first year"
