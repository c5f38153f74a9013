"""SC07: six Polish builders in Fredericia, referred together. Two are trafficked, four exploited (§ 262 b)."""

from tests.identification.builders import name_of, open_cases
from tests.journeys import beds
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


async def test_sc07_six_beds_in_a_hostel_the_same_night_and_six_notices(havn_on_both: World) -> None:
    havn = havn_on_both
    await havn.set_clock("2026-04-07T15:00:00+02:00")
    inspection = {"channel": "inspection", "occurred_at": "2026-04-07T07:00:00+02:00", "municipality": "0607"}
    cases = await open_cases(havn, *[BUILDER] * 6, sender="arbejdstilsynet", **inspection)
    await havn.settled()
    men = {"genders": ["man", "trans_man"], "families": False}
    hostel = await beds.shelter(havn, "amiami", 6, kind="hostel_110", municipality="0607", accepts=men)
    for number, case in enumerate(cases):
        asked = await beds.ask(case, "cmm", "2026-04-07T18:00:00+02:00", needs={"languages": ["pol"]})
        assert "hostel_110" in asked["responsibility"]["options"]
        found = await beds.matches(case, asked["request_id"], "cmm")
        assert len(found["items"]) == 6 - number
        place_id = found["items"][0]["place_id"]
        await beds.place(case, asked["request_id"], place_id, "2026-04-07T19:00:00+02:00", by="cmm", operator="amiami")
    full = (await havn.partner("amiami").get("/accommodation/v1/occupancy", on="2026-04-07")).json()["items"]
    assert [(each["facility_id"], each["capacity"], each["occupied"]) for each in full] == [(hostel.facility_id, 6, 6)]

    amiami, fredericia = havn.partner("amiami"), havn.partner("kommune-0607")
    notices = (await amiami.get("/accommodation/v1/notices")).json()["items"]
    assert {(each["acting_municipality"], each["due_on"]) for each in notices} == {("0607", "2026-04-10")}
    assert len(notices) == 6
    assert (await fredericia.get("/accommodation/v1/notices")).json()["items"] == [], "nothing before it is given"
    for notice in notices:
        given = await amiami.post(f"/accommodation/v1/notices/{notice['notice_id']}/give")
        assert given.status_code == 200, given.text
        read = await fredericia.post(f"/accommodation/v1/notices/{notice['notice_id']}/acknowledge")
        assert read.status_code == 200, read.text
