"""SC06: a trans woman from Venezuela who seeks asylum, referred by LGBT Asyl. US decides; her gender is her own."""

from tests.identification.builders import open_case
from tests.journeys import beds
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


async def test_sc06_a_bed_where_she_is_safe_by_her_own_gender(havn_on_both: World) -> None:
    havn = havn_on_both
    await havn.set_clock("2026-06-08T10:00:00+02:00")
    outreach = {"channel": "outreach", "occurred_at": "2026-06-05T18:00:00+02:00"}
    case = await open_case(havn, PERSON, sender="lgbt-asyl", **outreach)
    await havn.settled()
    both = {"genders": ["woman", "man", "trans_woman", "trans_man"], "lgbt_safe": False}
    centre = await beds.shelter(havn, "roede-kors", 2, kind="asylum_centre", municipality="0657", accepts=both)
    women = await beds.shelter(havn, "amiami", municipality="0101", accepts={"genders": ["woman"], "lgbt_safe": True})
    hers = {"genders": ["woman", "trans_woman"], "lgbt_safe": True}
    reden = await beds.shelter(havn, "reden", 2, municipality="0751", secret_address=True, accepts=hers)

    asked = await beds.ask(case, "us", "2026-06-08T18:00:00+02:00", needs={"lgbt_safe": True})
    assert (asked["responsibility"]["authority"], asked["responsibility"]["payer"]) == ("US", "US")
    seen = await beds.matches(case, asked["request_id"], "us")
    assert seen["items"] == [], "the asylum centre is not safe for her, the women's house takes in no trans women"
    assert seen["excluded"] == {"gender": len(women.place_ids), "lgbt_safe": len(centre.place_ids)}
    found = await beds.matches(case, asked["request_id"], "cmm")
    assert {each["place_id"] for each in found["items"]} <= set(reden.place_ids)
    why = [{"rule": "options", "reason": "US has assessed that the asylum centre is unsafe for her."}]
    placed = await beds.place(
        case,
        asked["request_id"],
        reden.place_id,
        "2026-06-08T19:00:00+02:00",
        by="cmm",
        operator="reden",
        exceptions=why,
    )
    assert placed["status"] == "arrived"
    assert [each["region"] for each in await beds.seen(case, "us")] == ["1082"]
    assert await beds.seen(case, "lgbt-asyl") == [{"placed": True}]
