"""The criminal track runs beside the identification: it changes no decision and no status."""

from typing import Any

from tests.identification.builders import CMM_DECIDES, US_DECIDES, name_of, open_case
from tests.identification.life import decided_case, done, told
from tests.world import World

PROSECUTION = "anklagemyndigheden"
STEP: dict[str, Any] = {"kind": "charge", "on": "2026-04-01", "section": "262a", "note": "Against the driver."}


async def test_a_step_changes_no_decision_and_no_status(havn: World) -> None:
    case = await open_case(havn, CMM_DECIDES)
    kinds = ["police_report", "charge", "indictment", "judgment", "charge_waiver_request", "victim_counsel"]
    before = await case.details()
    for kind in kinds:
        await done(case.post("/criminal-track", STEP | {"kind": kind}), 201)
    assert await case.details() == before
    assert [event["kind"] for event in await told(case, "criminal-step-recorded")] == kinds
    decided = await decided_case(havn)
    before = await decided.details()
    await done(decided.post("/criminal-track", STEP | {"kind": "judgment", "section": "262b"}), 201)
    assert await decided.details() == before


async def test_the_track_is_read_for_a_purpose_and_its_notes_are_sealed(havn: World) -> None:
    case = await open_case(havn, CMM_DECIDES)
    await done(case.post("/criminal-track", STEP), 201)
    await done(case.post("/criminal-track", {"kind": "victim_counsel", "on": "2026-04-02"}), 201)
    assert (await case.get("/criminal-track")).status_code == 400
    first, second = (await done(case.get("/criminal-track", purpose="prosecution")))["items"]
    assert (first["kind"], first["section"], first["on"], first["note"]) == tuple(
        STEP[name] for name in ("kind", "section", "on", "note")
    )
    assert (second["kind"], second["section"], second["note"]) == ("victim_counsel", None, None)
    (row, _) = await havn.sql("identification", "SELECT note FROM criminal_step ORDER BY recorded_at")
    assert b"driver" not in row["note"]
    assert "driver" not in str(await havn.events("identification"))


async def test_the_prosecution_records_steps_and_reads_its_own(havn: World) -> None:
    case = await open_case(havn, US_DECIDES)
    await done(case.post("/criminal-track", STEP), 201)
    recorded = await done(case.post("/criminal-track", STEP | {"kind": "indictment"}, by=PROSECUTION), 201)
    (item,) = (await done(case.get("/criminal-track", by=PROSECUTION, purpose="prosecution")))["items"]
    assert (item["step_id"], item["recorded_by"]) == (recorded["step_id"], PROSECUTION)
    assert len((await done(case.get("/criminal-track", purpose="prosecution")))["items"]) == 2
    assert len((await done(case.get("/criminal-track", by="us", purpose="legal")))["items"]) == 2


async def test_the_prosecution_records_also_where_it_referred(havn: World) -> None:
    case = await open_case(havn, CMM_DECIDES, sender=PROSECUTION)
    await done(case.post("/criminal-track", STEP, by=PROSECUTION), 201)


async def test_others_record_and_read_nothing(havn: World) -> None:
    case = await open_case(havn, CMM_DECIDES)
    assert (await case.post("/criminal-track", STEP, by="us")).status_code == 404
    assert (await case.post("/criminal-track", STEP, by="politi-oestjylland")).status_code == 403
    for org in ("us", "politi-oestjylland", "reden", "3f"):
        assert (await case.get("/criminal-track", by=org, purpose="prosecution")).status_code == 404


async def test_an_unknown_step_is_refused(havn: World) -> None:
    case = await open_case(havn, CMM_DECIDES)
    for said in ({"kind": "arrest"}, {"section": "262"}, {"on": "yesterday"}, {"who": "him"}):
        assert name_of(await case.post("/criminal-track", STEP | said)) == (422, "InvalidInput")
    assert await told(case, "criminal-step-recorded") == []
