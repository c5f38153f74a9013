"""SC08: consent withdrawn. A Hungarian woman lets HopeNow and the police know, takes it back for the police, and later
declines everything."""

from typing import Any

import pytest

from tests.identification.builders import Opened, name_of, open_case
from tests.identification.finding.people import Met
from tests.journeys.figures import counted
from tests.world import World

POLICE = "politi-koebenhavn"
NUMBER = {"type": "x_ecpr", "value": "1405931AB2"}
NOBODYS = {"type": "x_ecpr", "value": "0102931CD3"}
PERSON = {
    "stated_age": 33,
    "age_basis": "stated",
    "gender": "woman",
    "citizenships": ["HUN"],
    "residence_basis": "eu_right_of_residence",
    "suspected_forms": ["SEXUAL"],
}


async def consent(case: Opened, recipient: str, purpose: str) -> str:
    """She lets this organisation know; gives the consent's id."""
    given = {
        "recipient": recipient,
        "purpose": purpose,
        "scope": "Where her case stands",
        "method": "oral",
        "given_at": "2026-06-10T10:00:00+02:00",
        "interpreter": True,
    }
    answer = await case.post("/consents", given)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["consent_id"])


async def asked_by(case: Opened, org: str) -> tuple[Any, ...]:
    answer = await case.get("/status", by=org, purpose="identification")
    return (200,) if answer.status_code == 200 else name_of(answer)


async def told_to(case: Opened, org: str) -> list[str]:
    """The types of the events about her in the organisation's feed."""
    page = await case.havn.partner(org).get("/identification/v1/events")
    assert page.status_code == 200, page.text
    return [event["type"] for event in page.json()["items"] if event["subject"] == case.id]


async def refers_again_and_is_told_what_anybody_is(case: Opened) -> None:
    """The police meet her again, and refer her under her number as if for the first time: a case of its own, which looks to
    them like that of somebody whom nobody knows."""
    her, stranger = [
        await open_case(case.havn, PERSON | {"identifiers": [number]}, sender=POLICE) for number in (NUMBER, NOBODYS)
    ]
    answers = []
    for opened in (her, stranger):
        read = await opened.get(by=POLICE)
        assert read.status_code == 200
        feed = (await case.havn.partner(POLICE).get("/identification/v1/events")).json()["items"]
        told = [(event["type"], event["sequence"]) for event in feed if event["subject"] == opened.id]
        answers.append((read.json() | {"case_id": None}, sorted(read.headers), told))
    assert answers[0] == answers[1]
    assert await asked_by(case, POLICE) == (404, "NotFound"), "nor does it bring back what she took from them"
    assert await told_to(case, POLICE) == []
    assert (await Met(case.havn, her.id, []).answer(case, "same")).status_code == 200, "CMM is asked, and knows"
    assert (await her.get(by=POLICE)).json() == answers[0][0] | {"case_id": her.id}, "which the police are not told"
    assert await asked_by(case, POLICE) == (404, "NotFound")


@pytest.mark.row(42)
async def test_sc08_from_two_consents_to_a_declined_identification(havn_on_both: World) -> None:
    havn = havn_on_both
    await havn.set_clock("2026-06-08T10:00:00+02:00")
    hotline = {"channel": "hotline", "occurred_at": "2026-06-08T09:40:00+02:00"}
    case = await open_case(havn, PERSON | {"identifiers": [NUMBER]}, sender="cmm", **hotline)
    assert (await case.details())["routing"]["rule"] == "R4"
    await havn.set_clock("2026-06-10T10:00:00+02:00")
    await case.interview("2026-06-10T09:00:00+02:00", language="hun", interpreter=True)
    for org in (POLICE, "hopenow", "us"):
        assert await asked_by(case, org) == (404, "NotFound"), "whom nothing is shared with, for them there is no case"

    await consent(case, "hopenow", "support")
    for_police = await consent(case, POLICE, "investigation")
    for org in (POLICE, "hopenow"):
        assert await asked_by(case, org) == (200,)
    told_before = await told_to(case, POLICE)

    await havn.set_clock("2026-06-12T10:00:00+02:00")
    taken_back = await case.post(f"/consents/{for_police}/withdraw", {"withdrawn_at": "2026-06-12T10:00:00+02:00"})
    assert taken_back.status_code == 200, taken_back.text
    assert await asked_by(case, POLICE) == (404, "NotFound")
    assert name_of(await case.get(by=POLICE)) == (404, "NotFound")
    assert await asked_by(case, "hopenow") == (200,), "what HopeNow may know is another consent"
    await havn.set_clock("2026-06-13T10:00:00+02:00")
    await case.interview("2026-06-13T09:00:00+02:00", language="hun", interpreter=True)
    await havn.settled()
    assert await told_to(case, POLICE) == [], f"{told_before} were told; from that instant there is nothing more"
    again = await case.post(f"/consents/{for_police}/withdraw", {"withdrawn_at": "2026-06-12T10:00:00+02:00"})
    assert again.status_code == 409

    (open_one,) = (await havn.partner(POLICE).get("/identification/v1/withdrawals")).json()["items"]
    assert open_one["consent_id"] == for_police
    acknowledged = await havn.partner(POLICE).post(f"/identification/v1/withdrawals/{for_police}/acknowledge")
    assert acknowledged.status_code == 200, acknowledged.text
    log = (await case.get("/access-log", limit=100)).json()["items"]
    assert POLICE in {line["actor_org"] for line in log}, "what they saw before stays in the audit"

    await refers_again_and_is_told_what_anybody_is(case)

    await havn.set_clock("2026-06-19T10:00:00+02:00")
    declined = await case.try_deciding("CMM", "declined", decided_on="2026-06-19", if_match=await case.etag())
    assert declined.status_code == 201, declined.text
    told = await case.details()
    assert (told["status"], told["identification_pending"]) == ("decided", False)
    assert [(each["outcome"], each["exploitation_forms"]) for each in told["decisions"]] == [("declined", [])]
    refused = await case.post("/periods", {"requested_on": "2026-06-19"})
    assert name_of(refused) == (409, "NothingGrantsAPeriod")
    await havn.settled()
    assert await counted(havn, "year") == [], "not identified, so not counted"
