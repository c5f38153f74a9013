"""A child's protection step by step, who cannot be reached or decline when, and what a stay's history keeps of each entry."""

from typing import Any

import pytest

from tests.identification.builders import CMM_DECIDES, US_DECIDES, Opened, name_of, open_case
from tests.identification.children.test_children import girl, protection
from tests.identification.finding.people import look_for, meet
from tests.identification.life import close, done, put
from tests.identification.opening.doors import describe, open_door, person_of
from tests.identification.person.test_legal_status import entry, history, record
from tests.world import World

MONDAY = "2026-03-09T12:00:00+01:00"
SMS: dict[str, Any] = {"contact_channels": [{"channel": "sms", "value": "+45 00 00 00 00", "is_safe": True}]}


@pytest.fixture(autouse=True)
async def monday(havn: World) -> None:
    await havn.set_clock(MONDAY)


async def clocks(case: Opened) -> set[str]:
    return {each["kind"] for each in (await case.details())["deadlines"]}


async def closed_case(havn: World, **person: Any) -> Opened:
    case = await open_door(havn, CMM_DECIDES | person)
    await case.decide()
    await close(case, "2026-03-09")
    return case


# ---------------------------------------------------------------- an age that was assessed


async def describe_as(case: Opened, *, by: str = "cmm", **said: Any) -> dict[str, Any]:
    described = await put(case, "/person", CMM_DECIDES | said, by=by)
    assert described.status_code == 200, described.text
    answer: dict[str, Any] = described.json()
    return answer


async def test_an_age_assessment_holds_against_later_claims_until_a_new_one(havn: World) -> None:
    case = await open_case(havn, CMM_DECIDES | {"stated_age": 15, "birth_date": "2010-05-01"})
    await describe_as(case, birth_date="2004-01-01", age_basis="assessed", given_name="Fon")
    assert (await case.details())["age_group"] == "adult"
    claimed = await describe_as(case, stated_age=15, age_basis="stated", birth_date="2010-05-01", given_name="Fonn")
    assert claimed["differs"] == ["birth_date", "stated_age", "age_basis"]
    assert (claimed["birth_date"], claimed["stated_age"], claimed["age_basis"]) == ("2004-01-01", None, "assessed")
    assert claimed["given_name"] == "Fonn", "everything else is as it was sent"
    assert claimed["stated_birth_date"] == "2010-05-01"
    assert (await case.details())["age_group"] == "adult"
    silent = await describe_as(case, given_name="Fon")
    assert (silent["birth_date"], silent["age_basis"], silent["differs"]) == ("2004-01-01", "assessed", [])
    for basis in ("documented", "presumed_minor"):
        assert (await describe_as(case, birth_date="2010-05-01", age_basis=basis))["age_basis"] == "assessed", basis
    assessed = await describe_as(case, stated_age=16, age_basis="assessed")
    assert (assessed["stated_age"], assessed["birth_date"], assessed["differs"]) == (16, None, [])
    assert (await case.details())["age_group"] == "minor"


@pytest.mark.parametrize(
    "corrected",
    [{"birth_date": "1990-01-01"}, {"birth_date": None}, {"birth_date": "1990-01-01", "age_basis": "documented"}],
)
@pytest.mark.parametrize(
    "said", [{"birth_date": "2010-01-01"}, {"birth_date": "1991-01-01", "stated_birth_date": "2010-01-01"}]
)
async def test_no_second_correction_makes_an_adult_of_whom_one_made_a_minor(
    havn: World, said: dict[str, Any], corrected: dict[str, Any]
) -> None:
    """The birth date that was stated first says an adult, and is kept; the one in between is that of a child."""
    await havn.set_clock("2026-03-16T12:00:00+01:00")
    case = await open_case(havn, CMM_DECIDES | {"stated_age": None, "birth_date": "1991-01-01"})
    assert (await case.details())["age_group"] == "adult"
    await describe_as(case, stated_age=None, **said)
    assert (await case.details())["age_group"] == "presumed_minor"
    await describe_as(case, stated_age=None, **corrected)
    assert (await case.details())["age_group"] == "presumed_minor"
    assert "child_notification" in {each["kind"] for each in (await case.details())["deadlines"]}
    await describe_as(case, stated_age=None, birth_date="1990-01-01", age_basis="assessed")
    assert (await case.details())["age_group"] == "adult"


async def test_a_stated_birth_date_that_is_recorded_later_is_kept(havn: World) -> None:
    case = await open_case(havn, CMM_DECIDES | {"stated_age": 24})
    described = await describe_as(case, stated_birth_date="2010-02-02")
    assert (described["stated_birth_date"], described["differs"]) == ("2010-02-02", [])
    assert (await case.details())["age_group"] == "presumed_minor"
    again = await describe_as(case, stated_birth_date="1999-02-02")
    assert (again["stated_birth_date"], again["differs"]) == ("2010-02-02", ["stated_birth_date"])


async def test_the_consents_of_the_description_are_those_of_the_case(havn: World) -> None:
    """What is new in it is recorded, what was withdrawn is gone from it, and what it leaves out stands until it is withdrawn."""
    support, legal = ({"recipient": "hopenow", "purpose": purpose} for purpose in ("support", "legal"))
    case = await open_case(havn, CMM_DECIDES)

    async def described() -> list[dict[str, str]]:
        said: list[dict[str, str]] = (await case.get("/person", purpose="support")).json()["consents"]
        return sorted((each for each in said if each["recipient"] == "hopenow"), key=lambda each: each["purpose"])

    await describe_as(case, consents=[support])
    listed = (await case.get("/consents", purpose="support")).json()["items"]
    (ours,) = [each for each in listed if each["recipient"] == "hopenow"]
    assert (ours["purpose"], ours["is_live"]) == ("support", True)
    assert (await case.get("/status", by="hopenow", purpose="support")).status_code == 200
    left_out = await describe_as(case, consents=[])
    assert "consents" in left_out["differs"]
    assert await described() == [support]
    recorded = await case.post("/consents", legal | {"scope": ["status"], "method": "oral"})
    assert recorded.status_code == 201, recorded.text
    assert await described() == [legal, support]
    taken_back = await case.post(f"/consents/{ours['consent_id']}/withdraw", {})
    assert taken_back.status_code == 200, taken_back.text
    assert await described() == [legal]
    again = await describe_as(case, consents=[support, legal])
    assert "consents" in again["differs"], "what was taken back is given again by POST .../consents alone"
    assert await described() == [legal]


async def test_on_what_another_age_rests_is_not_said_of_the_one_that_is_kept(havn: World) -> None:
    case = await open_case(havn, CMM_DECIDES | {"stated_age": 15, "age_basis": "stated"})
    described = await describe_as(case, stated_age=20, age_basis="documented")
    assert (described["stated_age"], described["age_basis"]) == (15, "stated")
    assert described["differs"] == ["stated_age", "age_basis"]


@pytest.mark.parametrize(
    "child",
    [
        *({"stated_age": 15}, {"stated_age": 15, "age_basis": "stated"}, {"age_basis": "presumed_minor"}),
        *({"stated_age": 24, "age_basis": "presumed_minor"}, {"birth_date": "2012-05-01", "age_basis": "documented"}),
        {"birth_date": "2012-05-01"},
    ],
)
async def test_nobodys_later_word_makes_an_adult_of_a_minor_and_an_age_assessment_does(
    havn: World, child: dict[str, Any]
) -> None:
    unsaid = {"stated_age": None, "birth_date": None, "age_basis": None}
    case = await open_case(havn, CMM_DECIDES | unsaid | child, municipality="0751")
    minors = ("minor", "presumed_minor")
    assert (await case.details())["age_group"] in minors
    for basis in (None, "stated", "documented"):
        for said in (
            {"stated_age": 25},
            {"birth_date": "1995-01-01"},
            {"birth_date": "1995-01-01", "stated_age": 25},
            {},
        ):
            await describe_as(case, **(unsaid | said | {"age_basis": basis}))
            assert (await case.details())["age_group"] in minors, (basis, said)
            assert "child_notification" in await clocks(case)
    await describe_as(case, **(unsaid | {"stated_age": 25, "age_basis": "assessed"}))
    assert (await case.details())["age_group"] == "adult"
    assert "child_notification" not in await clocks(case)


# ---------------------------------------------------------------- children


async def test_the_municipalitys_24_hours_begin_with_the_notice_and_end_with_the_assessment(havn: World) -> None:
    case = await open_case(havn, CMM_DECIDES | {"stated_age": 16}, sender="sygehus-aarhus")
    assert "child_notification" in await clocks(case), "CMM's, to find the municipality"
    assert name_of(await case.post("/child-notification", {"municipality": "461"})) == (422, "InvalidInput")
    assert await havn.events("identification", "municipality-notified") == []
    await done(case.post("/child-notification", {"municipality": "0461"}))
    (waiting,) = [each for each in (await case.details())["deadlines"] if each["kind"] == "child_notification"]
    assert waiting["for_org"] == "kommune-0461"
    assert "child_notification" in await clocks(case)
    await done(case.post("/child-assessment", {"assessed_at": MONDAY}))
    assert "child_notification" not in await clocks(case)


async def test_an_assessment_of_a_child_nobody_was_told_of_lies_after_the_opening(havn: World) -> None:
    case = await open_case(havn, CMM_DECIDES | {"stated_age": 16}, sender="sygehus-aarhus")
    early = await case.post("/child-assessment", {"assessed_at": "2026-03-09T11:59:00+01:00"})
    assert name_of(early) == (422, "AssessedBeforeNotice")
    assert (await protection(case))["child_assessed_at"] is None
    await done(case.post("/child-assessment", {"assessed_at": MONDAY}))


async def test_a_representative_can_be_appointed_on_the_day_and_stays_until_another_is(havn: World) -> None:
    case = await girl(havn)
    await havn.set_clock("2026-03-10T12:00:00+01:00")
    both = {"requested_on": "2026-03-09", "appointed_on": "2026-03-09"}
    await done(case.post("/representative", both))
    again = await done(case.post("/representative", {"requested_on": "2026-03-09"}))
    assert again["representative_appointed_on"] == "2026-03-09", "leaving it out takes nobody away"
    moved = await done(case.post("/representative", {"requested_on": "2026-03-08", "appointed_on": "2026-03-10"}))
    assert (moved["representative_requested_on"], moved["representative_appointed_on"]) == ("2026-03-08", "2026-03-10")
    told = [
        event.get("requested_on") or event.get("appointed_on")
        for event in await havn.events("identification", "representative")
    ]
    assert told == ["2026-03-09", "2026-03-09", "2026-03-08", "2026-03-10"]


async def test_what_is_for_children_is_refused_for_adults_and_in_a_closed_case(havn: World) -> None:
    adult, closed = await open_door(havn, CMM_DECIDES | {"stated_age": 20}), await closed_case(havn)
    bodies: dict[str, dict[str, Any]] = {
        "/child-notification": {"municipality": "0461"},
        "/child-assessment": {"assessed_at": MONDAY},
        "/representative": {"requested_on": "2026-03-09"},
    }
    for part, body in bodies.items():
        assert name_of(await adult.post(part, body)) == (409, "NotAChild"), part
        assert name_of(await closed.post(part, body)) == (409, "CaseStatusDoesNotAllow"), part
    for kind in ("municipality-notified", "child-assessed", "representative"):
        assert await havn.events("identification", kind) == []


# ---------------------------------------------------------------- declining, and being reached


async def test_nobody_declines_and_nobody_is_reached_in_a_closed_case(havn: World) -> None:
    case = await closed_case(havn, given_name="Malee", **SMS)
    assert name_of(await case.post("/refusal", {"on": "2026-03-09"})) == (409, "CaseStatusDoesNotAllow")
    assert name_of(await case.post("/contact-attempts", {"channel": "sms"})) == (409, "CaseStatusDoesNotAllow")
    assert (await person_of(case))["given_name"] == "Malee"
    assert await havn.sql("identification", "SELECT FROM contact_attempt") == []


async def test_an_attempt_is_kept_with_when_and_whether_and_its_words_sealed(havn: World) -> None:
    case = await open_door(havn, US_DECIDES | SMS)
    made = await done(
        case.post(
            "/contact-attempts",
            {"channel": "sms", "at": "2026-03-08T20:00:00+01:00", "reached": True, "note": "Her sister answered."},
            by="us",
        ),
        201,
    )
    assert made["at"] == "2026-03-08T19:00:00Z"
    await done(case.post("/contact-attempts", {"channel": "sms"}), 201)
    rows = await havn.sql(
        "identification",
        "SELECT made_by, reached, note IS NOT NULL AS has_note, contact_attempt::text AS whole"
        " FROM contact_attempt ORDER BY made_at",
    )
    assert [(row["made_by"], row["reached"], row["has_note"]) for row in rows] == [
        ("us", True, True),
        ("cmm", False, False),
    ]
    assert not any("sister" in row["whole"] for row in rows)


async def test_why_somebody_declined_is_kept_sealed_where_it_was_said(havn: World) -> None:
    silent, spoken = await open_door(havn, CMM_DECIDES), await open_door(havn, CMM_DECIDES)
    await done(silent.post("/refusal", {"on": "2026-03-08"}))
    await done(spoken.post("/refusal", {"on": "2026-03-08", "note": "She wants nothing of this."}))
    rows = await havn.sql("identification", "SELECT id::text, refusal, case_file::text AS whole FROM case_file")
    assert {row["id"] for row in rows if row["refusal"]} == {spoken.id}
    assert not any("nothing of this" in row["whole"] for row in rows)


async def test_of_whoever_declined_nobody_asks_any_more_who_it_is(havn: World) -> None:
    name = {"given_name": "Malee", "family_name": "Opdigtet", "birth_date": "1998-05-14"}
    case, other = await meet(havn, **name), await meet(havn, **name)
    assert await other.asked_about() == {case.id}
    await done(case.post("/refusal", {"on": "2026-03-09"}))
    assert await other.asked_about() == set()
    assert [each["case_id"] for each in await look_for(havn, given_name="Malee", family_name="Opdigtet")] == [other.id]


async def test_a_new_description_is_found_by_its_name_and_told_where_a_code_has_changed(havn: World) -> None:
    case = await open_door(havn, CMM_DECIDES)
    await describe(case, CMM_DECIDES | {"given_name": "Malee", "family_name": "Opdigtet"})
    assert [each["case_id"] for each in await look_for(havn, given_name="Malee", family_name="Opdigtet")] == [case.id]
    assert await havn.events("identification", "person-described") == [], "a name is nobody else's to know"
    await describe(case, CMM_DECIDES | {"gender": "trans_woman"})
    (told,) = await havn.events("identification", "person-described")
    assert told["gender"] == "trans_woman"
    assert await look_for(havn, given_name="Malee", family_name="Opdigtet") == []


async def test_that_an_age_is_assessed_is_published_also_where_the_age_stays_what_it_was(havn: World) -> None:
    case = await open_door(havn, CMM_DECIDES | {"birth_date": "1999-01-01", "stated_age": None})
    adult = CMM_DECIDES | {"birth_date": "1999-01-01", "stated_age": None}
    await describe(case, adult | {"age_basis": "assessed"})
    await describe(case, adult | {"age_basis": "assessed", "given_name": "Fon"})
    await record(case, "asylum_seeker")
    events = await havn.events("identification", "person-described")
    assert [(each["age_group"], each["age_assessed"]) for each in events] == [("adult", True), ("adult", None)]


# ---------------------------------------------------------------- the stay


async def test_an_entry_keeps_all_that_was_said_and_the_case_follows_it(havn: World) -> None:
    case = await open_door(havn, US_DECIDES)
    said = {"valid_until": "2026-12-31", "asylum_pending": True, "unpermitted_work": True}
    await record(case, "asylum_seeker", **said)
    kept = (await history(case))[-1]
    assert {name: kept[name] for name in said} == said
    assert (kept["recorded_by"], kept["recorded_at"]) == ("cmm", "2026-03-09T11:00:00Z")
    told = await person_of(case)
    assert told["residence_valid_until"] == "2026-12-31"
    assert (told["asylum_pending"], told["unpermitted_work"]) == (True, True)
    assert (await case.details())["residence_basis"] == "asylum_seeker"
    (event,) = await havn.events("identification", "legal-status-changed")
    assert {name: event[name] for name in said} == said
    await record(case, "asylum_seeker", valid_until="2027-06-30")
    told = await person_of(case)
    assert (told["residence_valid_until"], told["asylum_pending"], told["unpermitted_work"]) == (
        "2027-06-30",
        False,
        False,
    )
    assert len(await havn.events("identification", "person-described")) == 1, "the basis changed once"


async def test_a_description_with_another_end_of_the_same_stay_is_an_entry_too(havn: World) -> None:
    case = await open_door(havn, CMM_DECIDES)
    for change in ({"residence_valid_until": "2026-12-31"}, {"unpermitted_work": True}, {"asylum_pending": True}):
        before = len(await history(case))
        await describe(case, CMM_DECIDES | change)
        kept = await history(case)
        assert len(kept) == before + 1, change
        assert kept[-1]["holds"] is True
    assert [each["holds"] for each in await history(case)] == [False, False, False, True]


async def test_an_entry_to_come_is_told_at_once_and_changes_nothing_before_its_day(havn: World) -> None:
    case = await open_door(havn, CMM_DECIDES | {"residence_valid_until": "2026-04-30"})
    await record(case, "no_legal_stay", "2026-05-01")
    (event,) = await havn.events("identification", "legal-status-changed")
    assert event["valid_from"] == "2026-05-01"
    assert (await case.details())["residence_basis"] == "residence_permit"
    assert [(each["residence_basis"], each["holds"]) for each in await history(case)] == [
        ("residence_permit", True),
        ("no_legal_stay", False),
    ]


async def test_what_is_recorded_for_yesterday_is_past_where_a_later_day_is_known(havn: World) -> None:
    case = await open_door(havn, CMM_DECIDES)
    told = await record(case, "no_legal_stay", "2026-03-08")
    assert told["has_taken_effect"] is True
    assert await havn.events("identification", "person-described") == []
    assert len(await havn.events("identification", "case-routed")) == 1


@pytest.mark.parametrize(
    "bad", [{"residence_basis": "pirate"}, {"valid_from": "9 March"}, {"unpermitted_work": "maybe"}, {"until": "2027"}]
)
async def test_an_entry_that_cannot_be_read_leaves_the_history_as_it_was(havn: World, bad: dict[str, Any]) -> None:
    case = await open_door(havn, CMM_DECIDES)
    before = await history(case)
    assert name_of(await case.post("/legal-status", entry("visa") | bad)) == (422, "InvalidInput")
    assert await history(case) == before
    assert await havn.events("identification", "legal-status-changed") == []
