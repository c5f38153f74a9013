"""SC07: six Polish builders in Fredericia, referred together. Two are trafficked, four exploited (§ 262 b)."""

from tests.identification.builders import name_of, open_cases
from tests.referrals.builders import send, subject
from tests.world import World

BUILDER = {
    "stated_age": 38,
    "age_basis": "stated",
    "gender": "man",
    "citizenships": ["POL"],
    "languages": ["pol"],
    "residence_basis": "eu_right_of_residence",
    "suspected_forms": ["FORCED_LABOUR"],
}


async def test_sc07_from_the_inspection_to_six_decisions(havn: World) -> None:
    await havn.set_clock("2026-04-07T15:00:00+02:00")
    inspection = {"channel": "inspection", "occurred_at": "2026-04-07T07:00:00+02:00", "municipality": "0607"}
    cases = await open_cases(havn, *[BUILDER] * 6, sender="arbejdstilsynet", **inspection)
    assert len({case.id for case in cases}) == 6
    for case in cases:
        routing = (await case.details())["routing"]
        assert (routing["authority"], routing["rule"]) == ("CMM", "R4")

    await havn.set_clock("2026-05-04T10:00:00+02:00")
    for case in cases[:2]:
        await case.decide("CMM", decided_on="2026-05-04", exploitation_forms=["FORCED_LABOUR"])
        period = await case.grant("2026-05-04")
        assert period["kind"] == "restitution"
        assert (period["starts_on"], period["ends_on"], period["cap_on"]) == ("2026-05-04", "2026-06-03", "2026-09-01")
    for case in cases[2:]:
        await case.decide("CMM", "other_offence_262b", decided_on="2026-05-04")
        told = await case.details()
        assert (told["status"], told["decisions"][0]["exploitation_forms"]) == ("decided", [])
        refused = await case.post("/periods", {"requested_on": "2026-05-04"})
        assert name_of(refused) == (409, "NothingGrantsAPeriod")
    made = [event["outcome"] for event in await havn.events("identification", "decision-made")]
    assert (made.count("assessed_trafficked"), made.count("other_offence_262b")) == (2, 4)

    exploited = [subject(f"B{number}") for number in range(3, 7)]
    for recipient, kind in {"politi-sydoestjylland": "police_report", "3f": "support"}.items():
        sent = await send(havn, *exploited, sender="cmm", recipient=recipient, kind=kind)
        assert (await sent.read(by=recipient)).status_code == 200
    await havn.settled()
    assert len(await havn.events("identification", "case-opened")) == 6, "referring on opens no further cases"
