"""Where the people of SC02, SC03, SC06 and SC07 sleep: who is responsible, who pays, and which house takes them in."""

from tests.identification.builders import open_case, open_cases
from tests.journeys import beds
from tests.journeys.test_sc02 import PERSON as ASYLUM_SEEKER
from tests.journeys.test_sc03 import ARREST, BOY
from tests.journeys.test_sc03 import POLICE as POLICE_OF_THE_BOY
from tests.journeys.test_sc06 import PERSON as TRANS_WOMAN
from tests.journeys.test_sc07 import BUILDER
from tests.world import World


async def test_sc02_an_asylum_seeking_man_stays_with_us_before_and_after_the_decision(havn_on_both: World) -> None:
    havn = havn_on_both
    await havn.set_clock("2026-01-12T11:00:00+01:00")
    asylum = {"channel": "asylum_interview", "occurred_at": "2026-01-12T09:00:00+01:00"}
    case = await open_case(havn, ASYLUM_SEEKER, sender="us", **asylum)
    men = {"kind": "asylum_centre", "accepts": {"genders": ["man"]}}
    centre = await beds.shelter(havn, "roede-kors", **men)
    await beds.shelter(havn, "reden")
    asked = await beds.ask(case, "us", "2026-01-12T18:00:00+01:00")
    responsible = asked["responsibility"]
    assert (responsible["row"], responsible["payer"], responsible["options"]) == ("B2", "US", ["asylum_centre"])
    found = await beds.matches(case, asked["request_id"], "us")
    assert [each["place_id"] for each in found["items"]] == [centre.place_id]
    placed = await beds.place(
        case, asked["request_id"], centre.place_id, "2026-01-12T18:00:00+01:00", by="us", operator="roede-kors"
    )
    await havn.set_clock("2026-02-03T10:00:00+01:00")
    await case.decide("US", decided_on="2026-02-03", exploitation_forms=["FORCED_LABOUR"])
    await havn.settled()
    history = await havn.partner("us").get(
        f"/accommodation/v1/placements/{placed['placement_id']}/responsibility", purpose="accommodation"
    )
    assert {(each["row"], each["payer"]) for each in history.json()["items"]} == {("B2", "US")}


async def test_sc03_a_presumed_minor_s_place_is_the_municipality_s_and_no_place_for_men(havn_on_both: World) -> None:
    havn = havn_on_both
    await havn.set_clock("2026-05-04T16:00:00+02:00")
    case = await open_case(havn, BOY, sender=POLICE_OF_THE_BOY, **ARREST)
    home = await beds.shelter(
        havn, "kommune-0101", kind="residential_institution", accepts={"genders": ["man"], "minors": True}
    )
    adults = {"kind": "residential_institution", "accepts": {"genders": ["man"]}}
    await beds.shelter(havn, "kommune-0101", **adults)
    said = {"responsibility": {"unaccompanied": True, "minor": False}}
    asked = await beds.ask(case, "cmm", "2026-05-04T18:00:00+02:00", **said)
    responsible = asked["responsibility"]
    assert (responsible["row"], responsible["payer"]) == ("C2", "municipality")
    assert "minor" in responsible["differs"], "nobody's word makes an adult of a child"
    found = await beds.matches(case, asked["request_id"], "cmm")
    assert [each["place_id"] for each in found["items"]] == [home.place_id]
    assert found["excluded"]["minors"] == 1
    await beds.place(
        case, asked["request_id"], home.place_id, "2026-05-04T18:00:00+02:00", by="cmm", operator="kommune-0101"
    )


async def test_sc06_a_trans_woman_for_whom_the_asylum_centre_is_unsafe_sleeps_at_a_shelter_for_women(
    havn_on_both: World,
) -> None:
    havn = havn_on_both
    await havn.set_clock("2026-07-01T09:00:00+02:00")
    outreach = {"channel": "outreach", "occurred_at": "2026-06-30T18:00:00+02:00"}
    case = await open_case(havn, TRANS_WOMAN, sender="lgbt-asyl", **outreach)
    reden = await beds.shelter(havn, "reden", accepts={"genders": ["woman", "trans_woman"], "lgbt_safe": True})
    women_alone = await beds.shelter(havn, "reden", name="Another", accepts={"genders": ["woman"], "lgbt_safe": True})
    centre = {"kind": "asylum_centre", "accepts": {"genders": ["man", "trans_woman"], "lgbt_safe": False}}
    await beds.shelter(havn, "roede-kors", **centre)
    at = "2026-07-01T18:00:00+02:00"
    asked = await beds.ask(case, "us", at, needs={"lgbt_safe": True})
    assert asked["responsibility"]["payer"] == "US"
    found = await beds.matches(case, asked["request_id"], "us")
    assert women_alone.place_id not in [each["place_id"] for each in found["items"]], "by her own gender"
    assert found["excluded"]["lgbt_safe"] == 1, "the asylum centre"
    await beds.place(case, asked["request_id"], reden.place_id, at, by="us", operator="reden")
    assert await beds.seen(case, "lgbt-asyl") == [{"placed": True}]


async def test_sc07_six_builders_sleep_at_a_hostel_each_in_a_bed_of_their_own(havn_on_both: World) -> None:
    havn = havn_on_both
    await havn.set_clock("2026-04-07T15:00:00+02:00")
    inspection = {"channel": "inspection", "occurred_at": "2026-04-07T07:00:00+02:00", "municipality": "0607"}
    cases = await open_cases(havn, *[BUILDER] * 6, sender="arbejdstilsynet", **inspection)
    men = {"kind": "hostel_110", "municipality": "0607", "accepts": {"genders": ["man"]}}
    hostel = await beds.shelter(havn, "frelsens-haer", 6, **men)
    at, taken = "2026-04-07T20:00:00+02:00", set()
    for case in cases:
        asked = await beds.ask(case, "cmm", at)
        assert "hostel_110" in asked["responsibility"]["options"]
        found = await beds.matches(case, asked["request_id"], "cmm")
        assert len(found["items"]) == 6 - len(taken)
        bed = found["items"][0]["place_id"]
        await beds.place(case, asked["request_id"], bed, at, by="cmm", operator="frelsens-haer")
        taken.add(bed)
    assert taken == set(hostel.place_ids)
    notices = (await havn.partner("frelsens-haer").get("/accommodation/v1/notices")).json()["items"]
    assert [(each["acting_municipality"], each["due_on"]) for each in notices] == [("0607", "2026-04-10")] * 6
