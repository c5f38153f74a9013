"""A child's municipality is told at once, learns nothing else, and nobody asks for a consent; US meets no Danish child."""

from typing import Any

import pytest

from tests.identification.builders import (
    CASES,
    CMM_DECIDES,
    DANISH_GIRL,
    US_DECIDES,
    Opened,
    listed,
    name_of,
    open_case,
)
from tests.identification.life import done
from tests.identification.opening.doors import describe, open_door
from tests.world import World

NOON = "2026-03-16T12:00:00+01:00"
HOME = "kommune-0461"


@pytest.fixture(autouse=True)
async def monday(havn: World) -> None:
    await havn.set_clock(NOON)


async def girl(havn: World, **said: Any) -> Opened:
    return await open_door(havn, DANISH_GIRL, **({"municipality": "0461", "channel": "school"} | said))


async def protection(case: Opened) -> dict[str, Any]:
    told: dict[str, Any] = (await case.details())["child_protection"]
    return told


@pytest.mark.row(3)
async def test_the_municipality_is_told_at_the_opening_without_anybodys_consent(havn: World) -> None:
    case = await girl(havn)
    (event,) = await havn.events("identification", "municipality-notified")
    assert (event["case_id"], event["municipality"]) == (case.id, "0461")
    assert (await protection(case))["child_notified_at"] == "2026-03-16T11:00:00Z"


@pytest.mark.row(3)
async def test_a_child_is_referred_without_consent_and_without_a_municipality(havn: World) -> None:
    case = await open_case(havn, DANISH_GIRL, sender="sygehus-aarhus")
    assert (await case.details())["age_group"] == "minor"
    assert await havn.events("identification", "municipality-notified") == []
    told = await case.post("/child-notification", {"municipality": "0461"})
    assert (told.status_code, told.json()["municipality"]) == (200, "0461")
    again = await case.post("/child-notification", {"municipality": "0461"})
    assert again.json() == told.json(), "the same notice again is none"
    assert len(await havn.events("identification", "municipality-notified")) == 1


async def waiting(havn: World, org: str) -> list[str]:
    """When the hours end that run for the organisation's children."""
    page = await havn.partner(org).get("/identification/v1/deadlines", kind="child_notification")
    assert page.status_code == 200, page.text
    return [each["due_at"] for each in page.json()["items"] if each["for_org"] == org]


async def parts_of(havn: World, municipality: str) -> list[str]:
    rows = await havn.sql("identification", "SELECT part FROM case_party WHERE org = $1", f"kommune-{municipality}")
    return [row["part"] for row in rows]


@pytest.mark.row(3)
@pytest.mark.parametrize("by", ["cmm", "us"])
async def test_another_municipality_steps_in_the_place_of_the_first(havn: World, by: str) -> None:
    child = US_DECIDES | {"stated_age": 16}
    case = await open_door(havn, child, by=by, municipality="0751")
    assert await waiting(havn, "kommune-0751") == ["2026-03-17T11:00:00Z"]
    await havn.set_clock("2026-03-16T18:00:00+01:00")
    corrected = await case.post("/child-notification", {"municipality": "0101"}, by=by)
    assert (corrected.status_code, corrected.json()["municipality"]) == (200, "0101")
    assert corrected.json()["child_notified_at"] == "2026-03-16T17:00:00Z"
    assert await waiting(havn, "kommune-0101") == ["2026-03-17T17:00:00Z"]
    for state in ("running", "due", "passed", "done"):
        gone = await havn.partner("kommune-0751").get("/identification/v1/deadlines", state=state)
        assert gone.json()["items"] == [], state
    assert (await parts_of(havn, "0751"), await parts_of(havn, "0101")) == ([], ["municipality"])
    told = await havn.events("identification", "municipality-notified")
    assert [event["municipality"] for event in told] == ["0751", "0101"]
    for _ in range(2):
        again = await case.post("/child-notification", {"municipality": "0101"}, by=by)
        assert again.json() == corrected.json()
    assert len(await havn.events("identification", "municipality-notified")) == 2


async def test_the_hours_run_anew_for_a_child_that_has_moved_after_the_assessment(havn: World) -> None:
    case = await girl(havn)
    await havn.set_clock("2026-03-16T15:00:00+01:00")
    await case.post("/child-assessment", {"assessed_at": "2026-03-16T15:00:00+01:00"})
    assert await waiting(havn, HOME) == []
    await havn.set_clock("2026-03-20T12:00:00+01:00")
    moved = (await case.post("/child-notification", {"municipality": "0751"})).json()
    assert (moved["municipality"], moved["child_assessed_at"]) == ("0751", None)
    assert await waiting(havn, "kommune-0751") == ["2026-03-21T11:00:00Z"]
    early = await case.post("/child-assessment", {"assessed_at": "2026-03-16T15:00:00+01:00"})
    assert name_of(early) == (422, "AssessedBeforeNotice")
    await havn.set_clock("2026-03-20T13:00:00+01:00")
    assert (await case.post("/child-assessment", {"assessed_at": "2026-03-20T13:00:00+01:00"})).status_code == 200
    assert await waiting(havn, "kommune-0751") == []


async def test_a_municipality_that_referred_the_child_goes_on_seeing_what_who_refers_sees(havn: World) -> None:
    case = await open_case(havn, DANISH_GIRL, sender=HOME, municipality="0461")
    await case.post("/child-notification", {"municipality": "0751"})
    assert await waiting(havn, HOME) == []
    assert [each["case_id"] for each in await listed(havn, HOME)] == [case.id]


async def test_who_turns_out_to_be_a_child_without_a_municipality_is_cmms_to_place(havn: World) -> None:
    case = await open_door(havn, US_DECIDES | {"stated_age": 20}, by="us")
    assert await waiting(havn, "cmm") == []
    await havn.set_clock("2026-03-16T13:00:00+01:00")
    changed = await describe(case, US_DECIDES | {"stated_age": 16}, by="us")
    assert changed.status_code == 200, changed.text
    assert await waiting(havn, "cmm") == ["2026-03-17T12:00:00Z"]
    assert await havn.events("identification", "municipality-notified") == []
    await havn.set_clock("2026-03-17T13:00:01+01:00")
    (passed, *_) = (await havn.events("identification", "deadline-approaching"))[-1:]
    assert (passed["kind"], passed["for_org"], passed["state"]) == ("child_notification", "cmm", "passed")
    await case.post("/child-notification", {"municipality": "0461"})
    assert await waiting(havn, "cmm") == []
    assert await waiting(havn, HOME) == ["2026-03-18T12:00:01Z"]


async def test_a_child_referred_without_a_municipality_is_cmms_to_place_from_the_opening(havn: World) -> None:
    case = await open_case(havn, DANISH_GIRL, sender="sygehus-aarhus")
    assert await waiting(havn, "cmm") == ["2026-03-17T11:00:00Z"]
    await describe(case, DANISH_GIRL | {"stated_age": 20, "age_basis": "assessed"})
    assert await waiting(havn, "cmm") == [], "there is no child to place"
    await describe(case, DANISH_GIRL | {"age_basis": "assessed"})
    assert await waiting(havn, "cmm") == ["2026-03-17T11:00:00Z"]


async def test_a_referral_with_a_municipality_tells_it(havn: World) -> None:
    await open_case(havn, DANISH_GIRL, sender=HOME, municipality="0461")
    assert len(await havn.events("identification", "municipality-notified")) == 1
    assert len(await listed(havn, HOME)) == 1, "who referred her sees what referrers see"


async def test_who_turns_out_to_be_a_child_is_protected_from_then_on(havn: World) -> None:
    case = await open_door(havn, CMM_DECIDES | {"stated_age": 20}, municipality="0461")
    assert await protection(case) is None
    assert name_of(await case.post("/child-assessment", {"assessed_at": NOON})) == (409, "NotAChild")
    await describe(case, CMM_DECIDES | {"stated_age": 16, "age_basis": "assessed"})
    await describe(case, CMM_DECIDES | {"stated_age": 15, "age_basis": "assessed"})
    assert len(await havn.events("identification", "municipality-notified")) == 1
    assert (await protection(case))["child_notified_at"] == "2026-03-16T11:00:00Z"


async def test_the_assessment_ends_the_24_hours_once(havn: World) -> None:
    case = await girl(havn)
    early = await case.post("/child-assessment", {"assessed_at": "2026-03-16T11:59:59+01:00"})
    assert name_of(early) == (422, "AssessedBeforeNotice")
    await havn.set_clock("2026-03-18T09:00:00+01:00")
    assessed = await case.post(
        "/child-assessment", {"assessed_at": "2026-03-17T09:00:00+01:00", "note": "With an aunt."}
    )
    assert (assessed.status_code, assessed.json()["child_assessed_at"]) == (200, "2026-03-17T08:00:00Z")
    again = await case.post("/child-assessment", {"assessed_at": "2026-03-18T09:00:00+01:00"})
    assert name_of(again) == (409, "ChildIsAssessed")
    (event,) = await havn.events("identification", "child-assessed")
    assert "aunt" not in str(event)


async def test_a_representative_is_asked_for_and_appointed_and_stands_beside_the_child(havn: World) -> None:
    case = await girl(havn)
    asked = await case.post("/representative", {"requested_on": "2026-03-16"})
    assert asked.status_code == 200, asked.text
    backwards = {"requested_on": "2026-03-16", "appointed_on": "2026-03-15"}
    assert name_of(await case.post("/representative", backwards)) == (422, "AppointedBeforeRequest")
    await havn.set_clock("2026-03-19T12:00:00+01:00")
    appointed = {"requested_on": "2026-03-16", "appointed_on": "2026-03-18", "name": "Karen Opdigtet"}
    assert (await case.post("/representative", appointed)).json()["representative_appointed_on"] == "2026-03-18"
    kinds = [event["type"].split(".")[-2] for event in await havn.events("identification", "representative")]
    assert kinds == ["representative-requested", "representative-appointed"]
    held = await case.interview("2026-03-19T10:00:00+01:00", representative="Karen Opdigtet")
    assert held["number"] == 1
    rows = await havn.sql(
        "identification", "SELECT i::text, c::text FROM interview i JOIN case_file c ON c.id = case_id"
    )
    assert "Karen" not in str(rows)


async def test_only_those_who_work_on_the_case_record_it(havn: World) -> None:
    case = await girl(havn)
    for part, body in (
        ("child-assessment", {"assessed_at": NOON}),
        ("representative", {"requested_on": "2026-03-16"}),
        ("child-notification", {"municipality": "0461"}),
    ):
        for org in ("us", "anklagemyndigheden"):
            assert (await case.post(f"/{part}", body, by=org)).status_code in (403, 404)


async def test_sc04_us_meets_a_danish_child_nowhere(havn: World) -> None:
    case = await girl(havn)
    await case.post("/legal-status", {"residence_basis": "danish_citizen", "valid_from": "2026-03-16"})
    assert await listed(havn, "us") == []
    assert (await havn.partner("us").get(f"{CASES}/{case.id}/status", purpose="identification")).status_code == 404
    assert await havn.sql("identification", "SELECT FROM case_party WHERE org = 'us'") == []


async def test_us_may_find_out_that_the_person_is_a_child(havn: World) -> None:
    case = await open_door(havn, US_DECIDES | {"stated_age": 20}, by="us", municipality="0461")
    changed = await describe(case, US_DECIDES | {"stated_age": 16}, by="us")
    assert changed.status_code == 200, changed.text
    assert (await protection(case))["child_notified_at"] == "2026-03-16T11:00:00Z"
    parts = await havn.sql("identification", f"SELECT part FROM case_party WHERE org = '{HOME}'")
    assert [row["part"] for row in parts] == ["municipality"]


async def test_us_opens_a_childs_case_and_the_municipality_is_told(havn: World) -> None:
    case = await open_door(havn, US_DECIDES | {"stated_age": 16}, by="us", municipality="0461")
    assert len(await havn.events("identification", "municipality-notified")) == 1
    await havn.set_clock("2026-03-16T15:00:00+01:00")
    assessed = await case.post("/child-assessment", {"assessed_at": "2026-03-16T15:00:00+01:00"}, by="us")
    assert assessed.status_code == 200


async def test_what_is_said_of_a_child_is_sealed_and_no_event_carries_it(havn: World) -> None:
    case = await girl(havn)
    await havn.set_clock("2026-03-16T15:00:00+01:00")
    said = {"assessed_at": "2026-03-16T15:00:00+01:00", "note": "Her aunt Bodil."}
    assert (await case.post("/child-assessment", said)).status_code == 200
    await case.post("/representative", {"requested_on": "2026-03-16", "name": "Karen Opdigtet"})
    stored = await havn.sql("identification", "SELECT c::text FROM case_file c")
    told = await havn.sql("identification", "SELECT payload::text FROM event_history")
    assert not any(name in row[0] for row in (*stored, *told) for name in ("Bodil", "Karen"))


async def test_an_appointment_told_twice_is_one_event(havn: World) -> None:
    case = await girl(havn)
    await havn.set_clock("2026-03-18T12:00:00+01:00")
    for _ in range(2):
        body = {"requested_on": "2026-03-16", "appointed_on": "2026-03-18"}
        assert (await case.post("/representative", body)).status_code == 200
    assert len(await havn.events("identification", "representative")) == 2
    assert (await protection(case))["representative_requested_on"] == "2026-03-16"


async def test_an_assessment_recorded_after_a_merge_stays_when_that_is_undone(havn: World) -> None:
    """Neither child had a municipality, so neither notification came from the other's case (docs/rules.md, duty-1)."""
    await havn.set_clock("2026-03-09T12:00:00+01:00")
    child = CMM_DECIDES | {"stated_age": 16}
    one, other = [await open_case(havn, child, sender=by, municipality=None) for by in ("hopenow", "reden")]
    await done(one.post("/merge", {"into": other.id}))
    await done(other.post("/child-assessment", {"assessed_at": "2026-03-09T12:00:00+01:00", "note": "Safe."}))
    await done(one.post("/unmerge", None))
    assert (await other.details())["child_protection"]["child_assessed_at"] is not None
    assert (await one.details())["child_protection"]["child_assessed_at"] is None


async def test_an_age_that_was_assessed_by_mistake_begins_no_hours_anew(havn: World) -> None:
    await havn.set_clock("2026-03-16T10:00:00+01:00")
    case = await girl(havn)
    for hour, age in ((11, 24), (14, 15)):
        await havn.set_clock(f"2026-03-16T{hour}:00:00+01:00")
        await describe(case, DANISH_GIRL | {"birth_date": None, "stated_age": age, "age_basis": "assessed"})
    assert (await case.details())["child_protection"]["child_notified_at"] == "2026-03-16T09:00:00Z"
    due = {each["kind"]: each["due_at"] for each in (await case.details())["deadlines"]}
    assert due["child_notification"] == "2026-03-17T09:00:00Z"
    assessed = {"assessed_at": "2026-03-16T10:30:00+01:00", "note": "With her aunt."}
    assert (await case.post("/child-assessment", assessed, by="kommune-0461")).status_code == 200


async def test_another_representative_is_asked_for(havn: World) -> None:
    """The first one's name was wrong, say: Familieretshuset has the task again, and its days."""
    await havn.set_clock("2026-03-16T10:00:00+01:00")
    case = await girl(havn)
    await done(case.post("/representative", {"requested_on": "2026-03-10", "appointed_on": "2026-03-12"}))
    again = await done(case.post("/representative", {"requested_on": "2026-03-16"}))
    assert (again["representative_requested_on"], again["representative_appointed_on"]) == ("2026-03-16", None)
    assert "representative" in [each["kind"] for each in (await case.details())["deadlines"]]
    appointed = {"appointed_on": "2026-03-16", "name": "Karen Opdigtet"}
    answer = await case.post("/representative", appointed, by="familieretshuset")
    assert (answer.status_code, answer.json()["representative_appointed_on"]) == (200, "2026-03-16")


async def test_since_when_who_was_a_minor_is_none_is_published_with_that_day(havn: World) -> None:
    """The birthday or the assessment, whenever Havn was told or looked (docs/rules.md, child-4)."""
    by_birthday = await open_case(havn, DANISH_GIRL | {"birth_date": "2008-03-17", "stated_age": None})
    by_assessment = await open_case(havn, DANISH_GIRL)
    await havn.set_clock("2026-03-18T12:00:00+01:00")
    await describe(
        by_assessment, DANISH_GIRL | {"stated_age": 20, "age_basis": "assessed", "age_assessed_on": "2026-03-16"}
    )
    told = await havn.events("identification", "person-described")
    since = {each["case_id"]: each["of_age_since"] for each in told if each["age_group"] == "adult"}
    assert since == {by_birthday.id: "2026-03-17", by_assessment.id: "2026-03-16"}
