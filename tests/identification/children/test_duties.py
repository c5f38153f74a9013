"""Duties come with eyes: who has a deadline or a task reaches the case, reads what the task needs, reports it done, and from then
on knows nothing of the case (docs/rules.md, duty-1)."""

from typing import Any

import pytest

from tests.identification.builders import CMM_DECIDES, DANISH_GIRL, US_DECIDES, Opened, listed, name_of, open_case
from tests.identification.finding.people import Met
from tests.identification.life import put
from tests.world import World

HOME = "kommune-0461"
POLICE = "politi-oestjylland"
NOON = "2026-03-16T12:00:00+01:00"
ONE = "2026-03-16T13:00:00+01:00"
GIRL = DANISH_GIRL | {"family_name": "Opdigtet"}
ASSESSED = {"assessed_at": ONE, "note": "With an aunt."}
NOTIFICATION = {
    "kind": "child_notification",
    "channel": "other",
    "occurred_at": NOON,
    "reason": "A child.",
    "subjects": [{"reference": "P01", "stated_age": 16}],
}
SINCE = {"since": "2026-03-16T11:00:00+01:00", "place": "The station in Aarhus."}


@pytest.fixture
async def noon(havn: World) -> World:
    await havn.set_clock(NOON)
    return havn


async def deadlines_of(havn: World, org: str, **asked: Any) -> list[dict[str, Any]]:
    page = await havn.partner(org).get("/identification/v1/deadlines", **asked)
    assert page.status_code == 200, page.text
    items: list[dict[str, Any]] = page.json()["items"]
    return items


async def child(havn: World, *, sender: str = "hopenow", municipality: str = "0461") -> Opened:
    case = await open_case(havn, GIRL, sender=sender, municipality=municipality, safe_contact="Through her teacher.")
    await havn.set_clock(ONE)
    return case


async def test_the_municipality_reads_what_its_task_needs_and_no_more(noon: World) -> None:
    case = await child(noon)
    assert [(item["case_id"], item["kind"]) for item in await deadlines_of(noon, HOME)] == [
        (case.id, "child_notification")
    ]
    person = await case.get("/person", by=HOME, purpose="support")
    assert person.status_code == 200, person.text
    assert (person.json()["given_name"], person.json()["safe_contact"]) == ("Mynte", "Through her teacher.")
    assert person.json().get("consents", []) == []
    glimpse = (await case.get(by=HOME)).json()
    assert glimpse.pop("case_id") == case.id
    assert set(glimpse.values()) == {None}, "nothing of the case itself"
    for part in ("/timeline", "/notes", "/legal-status", "/interviews"):
        assert (await case.get(part, by=HOME, purpose="support")).status_code == 404, part
    assert name_of(await case.get("/person", by=HOME, purpose="investigation")) == (403, "PurposeNotYours")
    assert name_of(await case.get("/person", by=HOME)) == (400, "PurposeMissing")


async def test_the_municipality_reports_it_done_and_knows_nothing_of_the_case_from_then_on(noon: World) -> None:
    case = await child(noon)
    assessed = await case.post("/child-assessment", ASSESSED, by=HOME)
    assert assessed.status_code == 200, assessed.text
    for part in ("", "/person", "/status"):
        assert (await case.get(part, by=HOME, purpose="support")).status_code == 404, part
    for state in ("running", "due", "passed", "done"):
        assert await deadlines_of(noon, HOME, state=state) == []
    assert (await case.post("/child-assessment", ASSESSED, by=HOME)).status_code == 404
    assert (await case.details())["child_protection"]["child_assessed_at"] is not None


async def test_a_municipality_that_has_referred_the_child_is_the_referrer_again_once_it_is_done(noon: World) -> None:
    case = await child(noon, sender=HOME)
    assert (await case.get("/person", by=HOME, purpose="support")).status_code == 200
    assert name_of(await case.post(f"/parties/{HOME}/end", {"reason": "A slip."})) == (409, "PartIsADuty")
    assert (await case.post("/child-assessment", ASSESSED, by=HOME)).status_code == 200
    assert (await case.get("/person", by=HOME, purpose="support")).status_code == 404
    assert (await case.get(by=HOME)).json()["status"] == "referred"


@pytest.mark.parametrize("stranger", ["kommune-0101", "us", POLICE, "hopenow", "anklagemyndigheden"])
async def test_nobody_else_assesses_the_child(noon: World, stranger: str) -> None:
    case = await child(noon)
    assert (await case.post("/child-assessment", ASSESSED, by=stranger)).status_code in (403, 404)
    assert (await case.details())["child_protection"]["child_assessed_at"] is None


async def test_the_police_reports_under_its_own_case_that_somebody_is_held_and_out_again(noon: World) -> None:
    case = await open_case(noon, US_DECIDES)
    held = await case.post("/custody", SINCE, by=POLICE)
    assert held.status_code == 201, held.text
    assert "custody" in {deadline["kind"] for deadline in (await case.details())["deadlines"]}
    await noon.set_clock(ONE)
    ended = await case.post("/custody/end", {"ended_at": ONE, "reason": "placed_34"}, by=POLICE)
    assert ended.status_code == 200, ended.text
    assert (await case.details())["custody"]["reason"] == "placed_34"


@pytest.mark.parametrize("stranger", ["politi-fyn", "hopenow", "kommune-0101"])
async def test_nobody_else_says_that_somebody_is_held(noon: World, stranger: str) -> None:
    case = await open_case(noon, US_DECIDES, sender="hopenow")
    assert (await case.post("/custody", SINCE, by=stranger)).status_code in (403, 404)
    assert (await case.details())["custody"] is None


async def test_the_hours_run_where_the_work_goes_on_though_the_police_is_told_of_no_merge(noon: World) -> None:
    known = Met(noon, (await open_case(noon, CMM_DECIDES, sender="reden")).id, [])
    own = Met(noon, (await open_case(noon, CMM_DECIDES)).id, [])
    assert (await own.merge(known)).status_code == 200
    held = await own.post("/custody", SINCE, by=POLICE)
    assert held.status_code == 201, held.text
    assert known.id not in held.text
    assert "custody" in {deadline["kind"] for deadline in (await known.details())["deadlines"]}
    await noon.set_clock(ONE)
    assert (await own.post("/custody/end", {"ended_at": ONE, "reason": "released"}, by=POLICE)).status_code == 200
    assert (await known.details())["custody"]["reason"] == "released"


async def test_everybody_reaches_every_case_of_which_a_deadline_is_shown_to_them(noon: World) -> None:
    """For every organisation that any deadline runs for, and for those that work on the cases."""
    await child(noon)
    await open_case(noon, US_DECIDES | {"stated_age": 16}, municipality="0751", in_custody=True)
    await open_case(noon, CMM_DECIDES | {"stated_age": 16}, sender="kommune-0101", municipality="0101")
    rows = await noon.sql("identification", "SELECT DISTINCT for_org FROM deadline")
    organisations = {row["for_org"] for row in rows} | {"cmm", "us"}
    assert {HOME, "kommune-0751", "kommune-0101", "cmm", "us"} <= organisations
    for organisation in sorted(organisations):
        items = await deadlines_of(noon, organisation)
        assert items, organisation
        for item in items:
            case = Opened(noon, item["case_id"])
            assert (await case.get(by=organisation)).status_code == 200, (organisation, item["kind"])
            if item["kind"] == "child_notification" and item["for_org"] == organisation != "cmm":
                done = await case.post("/child-assessment", ASSESSED, by=organisation)
                assert done.status_code == 200, (organisation, done.text)


# ---------------------------------------------------------------- a representative to appoint

FAMILIERETSHUSET = "familieretshuset"
ASKED = {"requested_on": "2026-03-16"}
APPOINTED = {"appointed_on": "2026-03-16", "name": "Rigmor Opdigtet"}


async def asked_for(havn: World, *, sender: str = "hopenow") -> Opened:
    case = await child(havn, sender=sender)
    asked = await case.post("/representative", ASKED)
    assert asked.status_code == 200, asked.text
    return case


async def test_familieretshuset_has_a_deadline_and_reads_what_its_task_needs_and_no_more(noon: World) -> None:
    case = await asked_for(noon)
    (deadline,) = await deadlines_of(noon, FAMILIERETSHUSET)
    assert (deadline["case_id"], deadline["kind"], deadline["due_on"], deadline["for_org"]) == (
        case.id,
        "representative",
        "2026-03-23",
        FAMILIERETSHUSET,
    )
    assert "representative" in {each["kind"] for each in (await case.details())["deadlines"]}
    person = await case.get("/person", by=FAMILIERETSHUSET, purpose="legal")
    assert (person.json()["given_name"], person.json()["safe_contact"]) == ("Mynte", "Through her teacher.")
    glimpse = (await case.get(by=FAMILIERETSHUSET)).json()
    assert glimpse.pop("case_id") == case.id
    assert set(glimpse.values()) == {None}, "nothing of the case itself"
    for part in ("/timeline", "/notes", "/legal-status", "/interviews"):
        assert (await case.get(part, by=FAMILIERETSHUSET, purpose="legal")).status_code == 404, part
    assert name_of(await case.get("/person", by=FAMILIERETSHUSET, purpose="investigation")) == (403, "PurposeNotYours")
    cases = await noon.partner(FAMILIERETSHUSET).get("/identification/v1/cases")
    assert cases.json()["items"] == []


async def test_familieretshuset_reports_the_appointment_and_knows_nothing_of_the_case_from_then_on(noon: World) -> None:
    case = await asked_for(noon)
    assert name_of(await case.post("/parties/familieretshuset/end", {"reason": "A slip."})) == (409, "PartIsADuty")
    without = await case.post("/representative", ASKED, by=FAMILIERETSHUSET)
    assert name_of(without) == (422, "AppointmentMissing")
    early = await case.post("/representative", {"appointed_on": "2026-03-15"}, by=FAMILIERETSHUSET)
    assert name_of(early) == (422, "AppointedBeforeRequest")
    moved = APPOINTED | {"requested_on": "2026-03-01"}
    appointed = await case.post("/representative", moved, by=FAMILIERETSHUSET)
    assert appointed.status_code == 200, appointed.text
    shown = {name for name, value in appointed.json().items() if value is not None}
    assert shown == {"case_id", "representative_requested_on", "representative_appointed_on"}
    protection = (await case.details())["child_protection"]
    assert protection["representative_requested_on"] == "2026-03-16", "when it was asked for is not its to say"
    assert protection["representative_appointed_on"] == "2026-03-16"
    notes = (await case.get("/notes", purpose="support")).json()["items"]
    assert [note["text"] for note in notes if note["kind"] == "representative"] == ["Rigmor Opdigtet"]
    for part in ("", "/person", "/status"):
        assert (await case.get(part, by=FAMILIERETSHUSET, purpose="legal")).status_code == 404, part
    for state in ("running", "due", "passed", "done"):
        assert await deadlines_of(noon, FAMILIERETSHUSET, state=state) == []
    assert (await case.post("/representative", APPOINTED, by=FAMILIERETSHUSET)).status_code == 404


async def test_the_task_ends_when_cmm_records_the_appointment_itself(noon: World) -> None:
    case = await asked_for(noon)
    assert (await case.post("/representative", ASKED | APPOINTED)).status_code == 200
    assert (await case.get("/person", by=FAMILIERETSHUSET, purpose="legal")).status_code == 404
    assert await deadlines_of(noon, FAMILIERETSHUSET) == []


@pytest.mark.parametrize("stranger", ["kommune-0461", "kommune-0101", POLICE, "hopenow", "anklagemyndigheden", "iom"])
async def test_nobody_else_appoints_a_representative(noon: World, stranger: str) -> None:
    case = await asked_for(noon)
    assert (await case.post("/representative", APPOINTED, by=stranger)).status_code in (403, 404)
    assert (await case.details())["child_protection"]["representative_appointed_on"] is None


async def test_familieretshuset_is_in_no_case_of_which_nobody_has_asked_it(noon: World) -> None:
    case = await child(noon)
    assert (await case.post("/representative", APPOINTED, by=FAMILIERETSHUSET)).status_code == 404
    assert (await case.get(by=FAMILIERETSHUSET)).status_code == 404
    assert name_of(await case.post("/representative", APPOINTED)) == (422, "RequestDayMissing")


async def test_a_representative_is_appointed_in_the_case_that_familieretshuset_knows_and_holds_where_it_goes_on(
    noon: World,
) -> None:
    known = Met(noon, (await child(noon)).id, [])
    own = Met(noon, (await asked_for(noon, sender="reden")).id, [])
    assert (await own.merge(known)).status_code == 200
    (deadline,) = await deadlines_of(noon, FAMILIERETSHUSET)
    assert deadline["case_id"] == own.id
    assert {"representative"} < {each["kind"] for each in (await known.details())["deadlines"]}
    appointed = await own.post("/representative", APPOINTED, by=FAMILIERETSHUSET)
    assert appointed.status_code == 200, appointed.text
    assert known.id not in appointed.text
    assert (await known.details())["child_protection"]["representative_appointed_on"] == "2026-03-16"


async def test_a_request_that_came_with_a_merge_goes_back_with_it(noon: World) -> None:
    known = Met(noon, (await child(noon)).id, [])
    own = Met(noon, (await asked_for(noon, sender="reden")).id, [])
    assert (await own.merge(known)).status_code == 200
    assert (await own.post("/unmerge", None)).status_code == 200
    assert (await known.details())["child_protection"]["representative_requested_on"] is None
    assert (await own.details())["child_protection"]["representative_requested_on"] == "2026-03-16"


async def two_of_one(havn: World, *, municipality: str = "0751") -> tuple[Met, Met]:
    """The case where the work goes on, in a municipality of its own, and one that was merged into it, in which both have their
    task."""
    known = Met(havn, (await child(havn, municipality=municipality)).id, [])
    own = Met(havn, (await asked_for(havn, sender="reden")).id, [])
    assert (await own.merge(known)).status_code == 200
    return known, own


async def tasks_in(case: Opened) -> set[str]:
    """Whose tasks the case still has."""
    rows = await case.havn.sql(
        "identification",
        "SELECT org FROM case_party WHERE case_id::text = $1 AND part IN ('municipality', 'representation')",
        case.id,
    )
    running = await case.havn.sql(
        "identification",
        "SELECT for_org FROM deadline WHERE case_id::text = $1 AND done_at IS NULL"
        " AND kind IN ('child_notification', 'representative')",
        case.id,
    )
    assert {row["for_org"] for row in running} <= {row["org"] for row in rows} | {"cmm"}
    return {row["org"] for row in rows}


async def test_an_assessment_where_the_work_goes_on_leaves_nobody_with_the_task_under_the_merged_case(
    noon: World,
) -> None:
    known, own = await two_of_one(noon)
    assert await tasks_in(own) == {HOME, FAMILIERETSHUSET}
    etag = await own.etag()
    assert (await known.post("/child-assessment", ASSESSED)).status_code == 200
    assert await tasks_in(own) == {FAMILIERETSHUSET}
    assert await deadlines_of(noon, HOME) == []
    assert (await own.post("/child-assessment", ASSESSED, by=HOME)).status_code == 404, "there is nothing left to do"
    assert await own.etag() == etag
    assert (await known.post("/representative", ASKED | APPOINTED)).status_code == 200
    assert await tasks_in(own) == set()
    assert await deadlines_of(noon, FAMILIERETSHUSET) == []


async def test_who_has_the_task_in_both_is_done_with_both(noon: World) -> None:
    known, own = await two_of_one(noon, municipality="0461")
    assert (await known.post("/child-assessment", ASSESSED, by=HOME)).status_code == 200
    assert await tasks_in(own) == {FAMILIERETSHUSET}


async def test_what_is_reported_in_one_merged_case_is_done_in_the_other_too(noon: World) -> None:
    known, own = await two_of_one(noon)
    third = Met(noon, (await asked_for(noon, sender="amiami")).id, [])
    assert (await third.merge(known)).status_code == 200
    assert (await own.post("/representative", APPOINTED, by=FAMILIERETSHUSET)).status_code == 200
    assert await tasks_in(third) == {HOME}


async def test_a_notification_under_a_merged_case_holds_where_the_work_goes_on(noon: World) -> None:
    known, own = [Met(noon, (await open_case(noon, GIRL, sender=sender)).id, []) for sender in ("hopenow", "reden")]
    assert (await own.merge(known)).status_code == 200
    told = await noon.partner("reden").post(
        "/referrals/v1/referrals", NOTIFICATION | {"case_id": own.id, "recipient": HOME}
    )
    assert told.status_code == 201, told.text
    await noon.settled()
    assert await tasks_in(own) == {HOME}
    protection = (await known.details())["child_protection"]
    assert protection["child_notified_at"] == "2026-03-16T11:00:00Z"
    assert (await known.details())["municipality"] == "0461"
    await noon.set_clock(ONE)
    assert (await own.post("/child-assessment", ASSESSED, by=HOME)).status_code == 200
    assert (await known.details())["child_protection"]["child_assessed_at"] == "2026-03-16T12:00:00Z"
    assert await deadlines_of(noon, "cmm", kind="child_notification") == []


async def test_a_municipality_reports_what_it_had_done_for_the_child_before_it_referred_it(noon: World) -> None:
    """It met the child on 2 March; nobody else can have assessed it before the notice."""
    own, others = [await open_case(noon, GIRL, sender=sender, municipality="0461") for sender in (HOME, "hopenow")]
    before = {"assessed_at": "2026-03-16T11:00:00+01:00", "note": "With an aunt."}
    assert name_of(await others.post("/child-assessment", before, by=HOME)) == (422, "AssessedBeforeNotice")
    long_before = {"assessed_at": "2026-03-01T11:00:00+01:00"}
    assert name_of(await own.post("/child-assessment", long_before, by=HOME)) == (422, "AssessedBeforeNotice")
    reported = await own.post("/child-assessment", before, by=HOME)
    assert reported.status_code == 200, reported.text
    assert [each["case_id"] for each in await deadlines_of(noon, HOME)] == [others.id]


async def test_a_municipality_that_has_referred_the_child_is_notified_under_its_own_case(noon: World) -> None:
    """It learns of no merge by its task, and what it reports holds where the work goes on."""
    known, own = [Met(noon, (await open_case(noon, GIRL, sender=sender)).id, []) for sender in ("hopenow", HOME)]
    assert (await own.merge(known)).status_code == 200
    before = {each["case_id"] for each in await listed(noon, HOME)}
    assert (await known.post("/child-notification", {"municipality": "0461"})).status_code == 200
    (deadline,) = await deadlines_of(noon, HOME)
    assert deadline["case_id"] == own.id
    assert {each["case_id"] for each in await listed(noon, HOME)} == before == {own.id}
    assert (await known.get(by=HOME)).status_code == 404
    protection = (await known.details())["child_protection"]
    assert protection["child_notified_at"] == "2026-03-16T11:00:00Z"
    await noon.set_clock(ONE)
    assert (await own.post("/child-assessment", ASSESSED, by=HOME)).status_code == 200
    assert (await known.details())["child_protection"]["child_assessed_at"] == "2026-03-16T12:00:00Z"
    assert await deadlines_of(noon, "cmm", kind="child_notification") == []
    assert (await known.post("/child-notification", {"municipality": "0751"})).status_code == 200
    (deadline,) = await deadlines_of(noon, "kommune-0751")
    assert deadline["case_id"] == known.id, "whoever knows neither is notified where the work goes on"


async def test_the_tasks_come_back_when_they_turn_out_to_be_two_children(noon: World) -> None:
    known, own = await two_of_one(noon)
    assert (await known.post("/child-assessment", ASSESSED)).status_code == 200
    assert (await known.post("/representative", ASKED | APPOINTED)).status_code == 200
    assert (await own.unmerge()).status_code == 200
    assert await tasks_in(own) == {HOME, FAMILIERETSHUSET}
    protection = (await own.details())["child_protection"]
    assert (protection["child_assessed_at"], protection["representative_appointed_on"]) == (None, None)
    assert (await own.post("/child-assessment", ASSESSED, by=HOME)).status_code == 200
    assert (await own.post("/representative", APPOINTED, by=FAMILIERETSHUSET)).status_code == 200


async def test_what_was_done_in_the_merged_case_itself_stays_done(noon: World) -> None:
    known, own = await two_of_one(noon)
    assert (await own.post("/child-assessment", ASSESSED, by=HOME)).status_code == 200
    assert (await own.post("/representative", APPOINTED, by=FAMILIERETSHUSET)).status_code == 200
    assert (await own.unmerge()).status_code == 200
    assert await tasks_in(own) == set()
    protection = (await own.details())["child_protection"]
    assert protection["representative_appointed_on"] == "2026-03-16"
    assert await tasks_in(known) == {"kommune-0751"}, "its own child is still to be assessed"


async def test_nobody_keeps_a_task_about_who_turns_out_to_be_no_child(noon: World) -> None:
    case = await asked_for(noon)
    grown = GIRL | {"stated_age": 24, "age_basis": "assessed"}
    described = await noon.partner("cmm").put(
        f"{case.path}/person", {"reference": "P01"} | grown, if_match=await case.etag()
    )
    assert described.status_code == 200, described.text
    for organisation in (HOME, FAMILIERETSHUSET):
        assert await deadlines_of(noon, organisation) == [], organisation
        assert (await case.get(by=organisation)).status_code == 404, organisation


async def test_the_hours_of_who_comes_of_age_within_them_run_until_the_municipality_has_reported(havn: World) -> None:
    """It ends when it is reported done or taken back, and not by a birthday (docs/rules.md, duty-1)."""
    await havn.set_clock("2026-03-05T10:00:00+01:00")
    case = await open_case(havn, DANISH_GIRL | {"birth_date": "2008-03-06", "stated_age": None}, municipality="0461")
    asked = await case.post("/representative", {"requested_on": "2026-03-05"})
    assert asked.status_code == 200, asked.text
    await havn.set_clock("2026-03-06T12:00:00+01:00")
    details = await case.details()
    assert details["age_group"] == "adult"
    left = {each["kind"]: (each["state"], each["for_org"]) for each in details["deadlines"]}
    assert left["child_notification"] == ("passed", "kommune-0461")
    assert details["child_protection"]["child_assessed_at"] is None, "for as long as it is to assess"
    assert "representative" not in left, "who is of age needs none"
    spelt = (await case.get("/person", purpose="support")).json() | {"given_name": "Maja"}
    assert (await put(case, "/person", spelt)).status_code == 200
    home = havn.partner("kommune-0461")
    shown = (await home.get("/identification/v1/deadlines")).json()["items"]
    assert [(each["kind"], each["case_id"]) for each in shown] == [("child_notification", case.id)], "nor by a spelling"
    report = {"assessed_at": "2026-03-05T20:00:00+01:00", "note": "Visited."}
    done = await case.post("/child-assessment", report, by="kommune-0461")
    assert done.status_code == 200, done.text
    assert (await home.get("/identification/v1/deadlines")).json()["items"] == []
    assert name_of(await case.post("/child-notification", {"municipality": "0751"})) == (409, "NotAChild")
