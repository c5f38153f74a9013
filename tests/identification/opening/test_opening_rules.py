"""What an opening keeps and leaves alone when it is refused; and drafts, which become a case whole or not at all."""

from typing import Any
from uuid import uuid4

import pytest

from tests.identification.builders import CASES, CMM_DECIDES, EUROPEAN, US_DECIDES, Opened, listed, name_of, open_case
from tests.identification.finding.people import Met, look_for
from tests.identification.life import done
from tests.identification.opening.doors import describe, open_door, opening, person_of, places, try_opening
from tests.identification.opening.test_drafts import DRAFTS, HALF, read, save
from tests.world import World

PASSPORT = {"identifiers": [{"type": "passport", "value": "TH0000001"}]}
TABLES = ("case_file", "data_key", "known_identifier", "search_token", "case_party", "event_history", "legal_status")


@pytest.fixture(autouse=True)
async def first_of_march(havn: World) -> None:
    await havn.set_clock("2026-03-01T12:00:00+01:00")


async def rows(havn: World) -> dict[str, int]:
    found = {name: await havn.sql("identification", f"SELECT FROM {name}") for name in TABLES}
    return {name: len(kept) for name, kept in found.items()}


async def opened_events(havn: World) -> list[dict[str, Any]]:
    return await havn.events("identification", "case-opened")


# ---------------------------------------------------------------- opening


@pytest.mark.parametrize(
    ("org", "referred_by"), [("cmm", None), ("us", "us")], ids=["who works on it anyway", "who hands it over"]
)
async def test_who_opened_a_case_is_kept_and_told_where_it_is_not_the_centre(
    havn: World, org: str, referred_by: str | None
) -> None:
    await open_door(havn, EUROPEAN, by=org, municipality="0461")
    (event,) = await opened_events(havn)
    assert (event["referred_by"], event["referral_id"], event["subject_id"]) == (referred_by, None, None)
    assert (event["channel"], event["municipality"], event["opened_on"]) == ("outreach", "0461", "2026-03-01")
    (row,) = await havn.sql("identification", "SELECT opened_by, case_file::text AS whole, opening FROM case_file")
    assert row["opened_by"] == org
    assert row["opening"], "why is kept"
    assert "street nurse" not in row["whole"], "and sealed"


async def test_a_referred_case_was_opened_by_nobody_and_has_no_reason_of_its_own(havn: World) -> None:
    await open_case(havn, CMM_DECIDES)
    (row,) = await havn.sql("identification", "SELECT opened_by, opening FROM case_file")
    assert (row["opened_by"], row["opening"]) == (None, None)


async def test_consents_at_the_door_are_given_when_the_person_was_met(havn: World) -> None:
    said = {"consents": [{"recipient": "hopenow", "purpose": "support"}]}
    case = await open_door(havn, CMM_DECIDES | said, occurred_at="2026-02-27T09:30:00+01:00")
    (kept,) = (await done(case.get("/consents", purpose="support")))["items"]
    assert (kept["given_at"], kept["recorded_by"]) == ("2026-02-27T08:30:00Z", "cmm")
    assert (await case.get("/status", by="hopenow", purpose="support")).status_code == 200


async def test_whoever_is_met_is_found_by_name_and_number_from_then_on(havn: World) -> None:
    case = await open_door(havn, CMM_DECIDES | PASSPORT | {"given_name": "Malee", "family_name": "Opdigtet"})
    assert [each["case_id"] for each in await look_for(havn, given_name="Malee", family_name="Opdigtet")] == [case.id]
    referred = Met(havn, (await open_case(havn, PASSPORT, sender="reden")).id, [])
    assert await referred.asked_about() == {case.id}


@pytest.mark.parametrize(
    ("person", "said", "name"),
    [
        ({"given_name": "Malee"}, {"anonymous": True}, "NamesAnAnonymousPerson"),
        (PASSPORT | {"aliases": ["Lily"]}, {"anonymous": True}, "NamesAnAnonymousPerson"),
        ({"age_basis": "presumed_minor"}, {}, "AnswerMissing"),
        (PASSPORT, {"linked_case_id": str(uuid4()), "relation": "relative"}, "NotFound"),
        (PASSPORT, {"relation": "relative"}, "InvalidInput"),
        (PASSPORT, {"channel": "pigeon"}, "InvalidInput"),
        (PASSPORT, {"municipality": "Aarhus"}, "InvalidInput"),
    ],
)
async def test_an_opening_that_is_refused_leaves_nothing_behind(
    havn: World, person: dict[str, Any], said: dict[str, Any], name: str
) -> None:
    before = await rows(havn)
    refused = await try_opening(havn, person, **said)
    assert name_of(refused)[1] == name, refused.text
    assert await rows(havn) == before
    assert await listed(havn, "cmm") == []


async def test_an_anonymous_person_may_have_an_alias_and_what_is_wrong_is_named_field_by_field(havn: World) -> None:
    named = {"given_name": "Malee", "birth_date": "1998-05-14", "aliases": ["Lily"]}
    refused = await try_opening(havn, named, anonymous=True)
    assert places(refused) == {"given_name", "birth_date"}
    case = await open_door(havn, {"aliases": ["Lily"]}, anonymous=True)
    assert (await person_of(case))["aliases"] == ["Lily"]


async def test_us_links_a_new_case_only_to_one_it_works_on(havn: World) -> None:
    theirs, cmms = await open_door(havn, US_DECIDES), await open_door(havn, CMM_DECIDES)
    before = await rows(havn)
    refused = await try_opening(havn, US_DECIDES, by="us", linked_case_id=cmms.id, relation="relative")
    assert name_of(refused) == (404, "NotFound")
    assert await rows(havn) == before
    linked = await open_door(havn, US_DECIDES, by="us", linked_case_id=theirs.id, relation="relative")
    assert [each["case_id"] for each in (await linked.details())["linked"]] == [theirs.id]


async def test_how_to_reach_the_person_safely_comes_with_the_referral_into_the_case(havn: World) -> None:
    case = await open_case(havn, CMM_DECIDES, safe_contact="The blue bakery.")
    without = await open_case(havn, CMM_DECIDES)
    assert (await person_of(case))["safe_contact"] == "The blue bakery."
    assert (await person_of(without))["safe_contact"] is None


async def test_a_person_who_was_described_anew_since_is_asked_about_by_the_new_number(havn: World) -> None:
    case = await open_door(havn, CMM_DECIDES)
    await describe(case, CMM_DECIDES | PASSPORT)
    assert await Met(havn, (await open_case(havn, PASSPORT)).id, []).asked_about() == {case.id}


# ---------------------------------------------------------------- drafts


async def test_a_draft_whose_opening_is_refused_is_still_there_with_all_it_held(havn: World) -> None:
    cmm = havn.partner("cmm")
    linked = opening(CMM_DECIDES | {"given_name": "Malee"}, linked_case_id=str(uuid4()), relation="relative")
    child = opening(CMM_DECIDES | {"stated_age": 16})
    for content, name in ((linked, "NotFound"), (child, "AnswerMissing"), (HALF, "DraftIncomplete")):
        draft = await save(cmm, content)
        refused = await cmm.post(f"{DRAFTS}/{draft['draft_id']}/open")
        assert name_of(refused)[1] == name, refused.text
        assert (await read(cmm, draft)).json()["content"] == content
    assert await listed(havn, "cmm") == []
    assert await opened_events(havn) == []


async def test_the_case_of_a_draft_is_as_one_that_was_opened_at_once(havn: World) -> None:
    cmm = havn.partner("cmm")
    body = opening(CMM_DECIDES | PASSPORT | {"given_name": "Malee"}, municipality="0461")
    known = await open_door(havn, CMM_DECIDES | PASSPORT)
    draft = await save(cmm, body)
    opened = await done(cmm.post(f"{DRAFTS}/{draft['draft_id']}/open"), 201)
    at_once = await done(cmm.post(CASES, body), 201)
    assert known.id in {each["case_id"] for each in opened["possible_duplicates"]}
    assert {each["case_id"] for each in at_once["possible_duplicates"]} == {known.id, opened["case_id"]}
    from_draft, direct = [Opened(havn, each["case_id"]) for each in (opened, at_once)]
    one, other = [await case.details() for case in (from_draft, direct)]
    for told in (one, other):
        for name in ("case_id", "deadlines"):
            told.pop(name)
    assert one == other
    assert await person_of(from_draft) == await person_of(direct)


async def test_a_draft_is_opened_once_and_from_a_fresh_copy(havn: World) -> None:
    cmm = havn.partner("cmm")
    draft = await save(cmm, opening(CMM_DECIDES))
    path = f"{DRAFTS}/{draft['draft_id']}"
    assert name_of(await cmm.post(f"{path}/open", if_match='"99"')) == (412, "Stale")
    await done(cmm.post(f"{path}/open"), 201)
    assert (await cmm.post(f"{path}/open")).status_code == 404
    assert len(await listed(havn, "cmm")) == 1


async def test_saving_again_is_noted_and_drafts_are_listed_the_last_saved_first(havn: World) -> None:
    cmm = havn.partner("cmm")
    first = await save(cmm)
    await havn.set_clock("2026-03-02T12:00:00+01:00")
    second = await save(cmm)
    await havn.set_clock("2026-03-03T12:00:00+01:00")
    again = await cmm.put(f"{DRAFTS}/{first['draft_id']}", {"content": HALF | {"channel": "school"}}, if_match="*")
    assert again.status_code == 200, again.text
    page = await done(cmm.get(DRAFTS, limit=1))
    assert page["items"][0]["saved_at"] == "2026-03-03T11:00:00Z"
    rest = await done(cmm.get(DRAFTS, limit=1, cursor=page["next_cursor"]))
    assert [each["draft_id"] for each in page["items"] + rest["items"]] == [first["draft_id"], second["draft_id"]]


@pytest.mark.parametrize(
    ("field", "written", "says"),
    [
        *(
            (field, value, "15, not 15.5")
            for field in ("stated_age", "age_at_exploitation")
            for value in ("15 år", 15.5, "15")
        ),
        *(
            ("birth_date", value, "send instead stated_age")
            for value in ("2012", "2012-05", "2012-05-00", "2012-00-00")
        ),
    ],
)
async def test_an_age_in_another_form_is_refused_with_what_to_send(
    havn: World, field: str, written: Any, says: str
) -> None:
    before = await rows(havn)
    refused = await try_opening(havn, {field: written})
    assert name_of(refused) == (422, "InvalidInput")
    (error,) = refused.json()["errors"]
    assert error["loc"] == ["body", "person", field]
    assert says in error["msg"]
    assert await rows(havn) == before
