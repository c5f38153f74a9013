"""A case is opened without a referral: what must be answered, who may, and how little has to be known."""

from typing import Any
from uuid import uuid4

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
from tests.identification.finding.people import Met
from tests.identification.life import put
from tests.identification.opening.doors import CPR, describe, open_door, opening, person_of, places, try_opening
from tests.world import World

GIRL = {"stated_age": 16, "age_basis": "stated", "citizenships": ["VNM"], "residence_basis": "no_legal_stay"}


@pytest.mark.row(1)
@pytest.mark.parametrize("field", ["channel", "occurred_at", "reason", "person"])
async def test_a_missing_answer_is_named(havn: World, field: str) -> None:
    body = opening()
    del body[field]
    refused = await havn.partner("cmm").post(CASES, body)
    assert (refused.status_code, places(refused)) == (422, {field})
    assert await listed(havn, "cmm") == []


@pytest.mark.row(1)
@pytest.mark.row(3)
@pytest.mark.parametrize("person", [GIRL, {"age_basis": "presumed_minor"}, {"birth_date": "2012-05-01"}])
async def test_a_child_needs_its_municipality(havn: World, person: dict[str, Any]) -> None:
    await havn.set_clock("2026-03-02T10:00:00+01:00")
    refused = await try_opening(havn, person)
    assert name_of(refused) == (422, "AnswerMissing")
    assert places(refused) == {"municipality"}
    assert (await try_opening(havn, person, municipality="0461")).status_code == 201


@pytest.mark.row(6)
async def test_forms_are_codes_and_several(havn: World) -> None:
    refused = await try_opening(havn, {"suspected_forms": ["SEXUAL", "PIRACY"]})
    assert refused.status_code == 422
    case = await open_door(havn, {"suspected_forms": ["SEXUAL", "OTHER"], "other_form": "Sham marriages."})
    told = await person_of(case)
    assert (told["suspected_forms"], told["other_form"]) == (["SEXUAL", "OTHER"], "Sham marriages.")


@pytest.mark.row(6)
async def test_a_decision_of_another_form_says_which(havn: World) -> None:
    case = await open_door(havn, CMM_DECIDES)
    await case.recommend()
    for nothing in ({}, {"reasons": " "}, {"other_form": " "}):
        refused = await case.try_deciding(**{"exploitation_forms": ["OTHER"], "reasons": None} | nothing)
        assert name_of(refused) == (422, "InvalidInput")
    decided = await case.try_deciding(exploitation_forms=["OTHER", "SEXUAL"], other_form="Sham marriages.")
    assert decided.status_code == 201, decided.text
    stored = await havn.sql("identification", "SELECT reasons FROM decision")
    assert b"Sham" not in stored[0]["reasons"]


@pytest.mark.row(6)
async def test_the_reasons_of_a_decision_may_say_what_the_other_form_was(havn: World) -> None:
    case = await open_door(havn, CMM_DECIDES)
    await case.recommend()
    decided = await case.try_deciding(exploitation_forms=["OTHER"], reasons="Sham marriages.")
    assert decided.status_code == 201, decided.text


@pytest.mark.row(6)
async def test_who_adds_another_form_to_a_person_says_which(havn: World) -> None:
    case = await open_door(havn, CMM_DECIDES | {"suspected_forms": ["SEXUAL"]})
    other = CMM_DECIDES | {"suspected_forms": ["SEXUAL", "OTHER"]}
    refused = await put(case, "/person", other)
    assert (name_of(refused), places(refused)) == ((422, "OtherFormUnexplained"), {"other_form"})
    assert (await put(case, "/person", other | {"other_form": "Sham marriages."})).status_code == 200


@pytest.mark.row(6)
async def test_the_reason_a_case_was_opened_for_says_what_the_other_form_is(havn: World) -> None:
    case = await open_door(havn, CMM_DECIDES | {"suspected_forms": ["OTHER"]}, reason="Sham marriages.")
    again = CMM_DECIDES | {"suspected_forms": ["OTHER"], "gender": "woman"}
    assert (await put(case, "/person", again)).status_code == 200


async def test_cmm_and_us_open_cases_and_others_refer(havn: World) -> None:
    assert (await try_opening(havn, by="us")).status_code == 201
    assert name_of(await try_opening(havn, by="anklagemyndigheden")) == (403, "OpenedByOthers")
    assert (await try_opening(havn, by="politi-oestjylland")).status_code == 403


async def test_the_case_is_as_one_that_was_referred(havn: World) -> None:
    await havn.set_clock("2026-03-02T23:30:00+01:00")
    case = await open_door(havn, US_DECIDES | {"gender": "woman"}, channel="hotline", municipality="0751")
    told = await case.details()
    assert (told["opened_on"], told["channel"], told["municipality"]) == ("2026-03-02", "hotline", "0751")
    assert (told["status"], told["referral_ids"], told["routing"]["authority"]) == ("referred", [], "US")
    (event,) = await havn.events("identification", "case-opened")
    assert (event["referral_id"], event["referred_by"], event["subject_id"]) == (None, None, None)
    assert [item["case_id"] for item in await listed(havn, "us")] == [case.id]
    assert await listed(havn, "politi-oestjylland") == []


async def test_what_us_opens_it_keeps_sight_of_whoever_decides(havn: World) -> None:
    theirs = await open_door(havn, US_DECIDES, by="us")
    assert (await theirs.get(by="us")).json()["deciding_authority"] == "US"
    others = await open_door(havn, CMM_DECIDES, by="us")
    assert (await others.get(by="us")).json()["status"] == "referred"
    assert (await others.get("/person", by="us", purpose="identification")).status_code == 404
    (us, _) = await havn.events("identification", "case-opened")
    assert us["referred_by"] == "us"
    assert (await others.details())["deciding_authority"] == "CMM"


async def test_a_known_number_opens_a_new_case_all_the_same_and_names_the_other(havn: World) -> None:
    number = {"identifiers": [{"type": "replacement_cpr", "value": CPR}]}
    first = await open_door(havn, CMM_DECIDES | number)
    opened = await try_opening(havn, CMM_DECIDES | number)
    assert opened.json()["case_id"] != first.id
    (found,) = opened.json()["possible_duplicates"]
    assert found["case_id"] == first.id
    assert found["score"] > 0
    assert found["matched_on"]


async def test_a_new_case_is_linked_as_it_is_opened(havn: World) -> None:
    mother = await open_door(havn, CMM_DECIDES)
    child = await open_door(havn, GIRL, municipality="0461", linked_case_id=mother.id, relation="child")
    assert [(each["case_id"], each["relation"]) for each in (await mother.details())["linked"]] == [(child.id, "child")]
    assert [(each["case_id"], each["relation"]) for each in (await child.details())["linked"]] == [
        (mother.id, "parent")
    ]


@pytest.mark.parametrize("linked", [{"linked_case_id": str(uuid4()), "relation": "child"}])
async def test_a_link_to_what_is_not_ones_own_stores_nothing(havn: World, linked: dict[str, Any]) -> None:
    assert (await try_opening(havn, **linked)).status_code == 404
    assert await havn.sql("identification", "SELECT FROM case_file") == []
    assert (await try_opening(havn, relation="child")).status_code == 422


@pytest.mark.row(16)
async def test_a_person_may_be_known_by_an_alias_alone_and_be_named_later(havn: World) -> None:
    case = await open_door(havn, {"aliases": ["Blue"]}, anonymous=True)
    told = await person_of(case)
    assert told["aliases"] == ["Blue"]
    assert (told["given_name"], told["birth_date"], told["identifiers"], told["citizenships"]) == (None, None, [], [])
    assert (await case.details())["routing"]["rule"] == "R7", "who decides is nobody's guess"
    named = await describe(case, CMM_DECIDES | {"aliases": ["Blue"], "given_name": "Malee", "birth_date": "1998-05-14"})
    assert named.status_code == 200, named.text
    assert (await person_of(case))["given_name"] == "Malee"
    assert (await case.details())["deciding_authority"] == "CMM"


@pytest.mark.row(16)
async def test_who_is_to_be_anonymous_is_not_named(havn: World) -> None:
    identity = {
        "given_name": "Malee",
        "birth_date": "1998-05-14",
        "identifiers": [{"type": "passport", "value": "TH0000001"}],
        "safe_contact": "The bakery.",
    }
    refused = await try_opening(havn, identity, anonymous=True)
    assert name_of(refused) == (422, "NamesAnAnonymousPerson")
    assert places(refused) == set(identity)


@pytest.mark.row(17)
async def test_what_it_takes_to_speak_with_the_person_travels_with_the_referral(havn: World) -> None:
    needs = {"interpreter_language": "vie", "communication_needs": ["female_interpreter", "literacy"]}
    case = await open_case(havn, CMM_DECIDES | needs)
    told = await person_of(case)
    assert {name: told[name] for name in needs} == needs
    refused = await try_opening(havn, {"communication_needs": ["telepathy"]})
    assert refused.status_code == 422


@pytest.mark.row(2)
async def test_age_is_asked_twice_and_who_was_exploited_as_a_child_counts_as_one(havn: World) -> None:
    await havn.set_clock("2026-03-02T10:00:00+01:00")
    grown = {"stated_age": 19, "age_at_exploitation": 17, "age_at_exploitation_basis": "documented"}
    at_once = await open_door(havn, CMM_DECIDES | grown)
    assert (await at_once.details())["age_group"] == "adult"
    assert (await at_once.details())["age_group_at_exploitation"] == "minor"
    later = await open_door(havn, CMM_DECIDES | {"stated_age": 19})
    never = await open_door(havn, CMM_DECIDES | {"stated_age": 19, "age_at_exploitation": 18})
    await havn.set_clock("2026-03-09T10:00:00+01:00")
    for case in (at_once, later, never):
        await case.decide()
    assert (await describe(later, CMM_DECIDES | grown)).status_code == 200
    await havn.settled()
    read = await havn.partner("cmm", "statistician").get("/stats/v1/victims", by="age_group")
    assert {row["age_group"]: row["count"] for row in read.json()["rows"]} == {"adult": 1, "minor": 2}


PASSPORT: dict[str, Any] = {"identifiers": [{"type": "passport", "value": "TH0000001"}]}
OTHER: dict[str, Any] = {"identifiers": [{"type": "other", "value": "LGBT-77"}]}


async def earlier(case: Opened, *, by: str = "cmm") -> list[tuple[str, str]]:
    """The decisions in other cases of the person, as the authority sees them that decides in this one."""
    seen = await case.get("/earlier-identifications", by=by, purpose="identification")
    assert seen.status_code == 200, seen.text
    return [(each["case_id"], each["authority"]) for each in seen.json()["items"]]


async def closed(case: Opened, *, by: str = "cmm") -> None:
    ended = await case.post("/closure", {"on": "2026-03-20", "reason": "She has gone home."}, by=by)
    assert ended.status_code < 300, ended.text


@pytest.mark.row(23)
async def test_who_decides_sees_what_was_decided_before_and_nobody_else_does(havn: World) -> None:
    first = await open_door(havn, US_DECIDES | PASSPORT, by="us")
    await first.decide("US", exploitation_forms=["SEXUAL"])
    await closed(first, by="us")
    again = await open_case(havn, US_DECIDES | PASSPORT)
    assert again.id != first.id, "a closed case stays closed"
    seen = await again.get("/earlier-identifications", by="us", purpose="identification")
    assert seen.json()["items"] == [
        {
            "case_id": first.id,
            "outcome": "assessed_trafficked",
            "authority": "US",
            "decided_on": "2026-03-09",
            "exploitation_forms": ["SEXUAL"],
        }
    ]
    for org in ("cmm", "politi-oestjylland", "anklagemyndigheden", "reden"):
        assert (await again.get("/earlier-identifications", by=org, purpose="identification")).status_code == 404, org
    assert await earlier(first, by="us") == []
    for part in ("", "/timeline", "/status"):
        assert first.id not in (await again.get(part, purpose="identification")).text


@pytest.mark.row(23)
@pytest.mark.parametrize("ended", [False, True], ids=["open", "closed after the opening"])
async def test_a_number_alone_tells_us_nothing_of_a_case_that_it_does_not_work_on(havn: World, ended: bool) -> None:
    """It is a claim, and what people have said of it since is nothing to whoever has no part in the other case (docs/rules.md,
    identity-7)."""
    first = await open_door(havn, CMM_DECIDES | PASSPORT)
    await first.decide()
    again = await open_door(havn, US_DECIDES | PASSPORT, by="us")
    if ended:
        await closed(first)
    assert await earlier(again, by="us") == []
    merged = await first.post("/merge", {"into": again.id})
    assert merged.status_code == 200, merged.text
    assert await earlier(again, by="us") == []
    for org in ("cmm", "politi-oestjylland", "anklagemyndigheden", "reden"):
        assert (await again.get("/earlier-identifications", by=org, purpose="identification")).status_code == 404, org


@pytest.mark.row(23)
async def test_us_learns_of_no_danish_citizen_even_where_people_have_said_that_the_two_are_one(havn: World) -> None:
    first = await open_door(havn, DANISH_GIRL | {"stated_age": 24} | PASSPORT)
    await first.decide()
    again = await open_door(havn, US_DECIDES | PASSPORT, by="us")
    assert (await first.post("/merge", {"into": again.id})).status_code == 200
    assert await earlier(again, by="us") == []


@pytest.mark.row(23)
async def test_the_door_to_earlier_cases_is_locked_in_the_database_too(havn: World) -> None:
    first = await open_door(havn, US_DECIDES | PASSPORT, by="us")
    await first.decide("US")
    await closed(first, by="us")
    again = await open_case(havn, US_DECIDES | PASSPORT)
    asked = f"SELECT * FROM earlier_identifications('{again.id}')"
    seen = {org: len(await havn.sql_as_runtime("identification", asked, org=org)) for org in ("us", "cmm", "reden", "")}
    assert seen == {"us": 1, "cmm": 0, "reden": 0, "": 0}
    inside = f"SELECT case_that_goes_on('{first.id}') AS id UNION ALL SELECT cases_never_the_same('{first.id}')"
    for org in ("reden", ""):
        assert {row["id"] for row in await havn.sql_as_runtime("identification", inside, org=org)} <= {None}, org


@pytest.mark.row(23)
async def test_two_numbers_lead_cmm_from_case_to_case(havn: World) -> None:
    first = await open_door(havn, CMM_DECIDES | PASSPORT)
    await first.decide()
    both = {"identifiers": PASSPORT["identifiers"] + OTHER["identifiers"]}
    await open_door(havn, CMM_DECIDES | both)
    third = await open_door(havn, CMM_DECIDES | OTHER)
    assert await earlier(third) == [(first.id, "CMM")]


@pytest.mark.row(23)
async def test_of_whom_it_was_said_that_they_are_different_nothing_is_shown(havn: World) -> None:
    first = await open_door(havn, CMM_DECIDES | PASSPORT)
    await first.decide()
    both = {"identifiers": PASSPORT["identifiers"] + OTHER["identifiers"]}
    again, third = await open_door(havn, CMM_DECIDES | both), await open_door(havn, CMM_DECIDES | OTHER)
    merged = await open_door(havn, CMM_DECIDES)
    answered = await Met(havn, again.id, []).answer(first, "different")
    assert answered.status_code == 200, answered.text
    assert await earlier(again) == []
    assert await earlier(third) == [], "nor of who is the same person as one of them"
    assert (await first.post("/merge", {"into": merged.id})).status_code == 200
    assert await earlier(again) == [], "the two were told apart whatever case the work goes on in"


@pytest.mark.row(23)
async def test_who_has_decided_sees_nothing_of_what_is_decided_elsewhere_later(havn: World) -> None:
    first = await open_door(havn, US_DECIDES | PASSPORT, by="us")
    await first.decide("US", "not_trafficked")
    await closed(first, by="us")
    again = await open_door(havn, US_DECIDES | PASSPORT, by="us")
    await again.decide("US", decided_on="2026-03-10")
    assert await earlier(again, by="us") == [(first.id, "US")]
    assert await earlier(first, by="us") == []


async def test_the_same_request_opens_one_case(havn: World) -> None:
    partner = havn.partner("cmm")
    first = await partner.post(CASES, opening(), idempotency_key="one")
    again = await partner.post(CASES, opening(), idempotency_key="one")
    assert first.json() == again.json()
    assert len(await listed(havn, "cmm")) == 1
