"""What stands for something unknown finds nobody and joins nobody; a number that was corrected stops matching."""

from typing import Any

import pytest

from tests.identification.builders import CASES, CMM_DECIDES, Opened, name_of
from tests.identification.finding.people import SEARCH, ids_found, meet
from tests.world import World

NUMBER = {"type": "passport", "value": "C7000001", "issuing_country": "THA"}
NOBODY: dict[str, Any] = {
    "given_name": "Ukendt",
    "family_name": "N.N.",
    "birth_date": "1900-01-01",
    "identifiers": [{"type": "passport", "value": "unknown"}, {"type": "cpr", "value": "999999-9999"}],
}


def warned(answer: dict[str, Any]) -> set[tuple[str, str]]:
    return {(".".join(map(str, each["loc"])), each["code"]) for each in answer["warnings"]}


async def search(havn: World, **sought: Any) -> dict[str, Any]:
    asked = havn.partner("cmm").request("POST", SEARCH, json=sought, params={"purpose": "identification"})
    answer = await asked
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def test_a_search_by_nothing_but_placeholders_answers_nobody_and_says_why(havn: World) -> None:
    await meet(havn, **NOBODY)
    told = await search(havn, **NOBODY, aliases=["???"])
    assert told["items"] == []
    assert warned(told) == {
        ("body.given_name", "placeholder"),
        ("body.family_name", "placeholder"),
        ("body.aliases.0", "placeholder"),
        ("body.birth_date", "placeholder"),
        ("body.identifiers.0.value", "placeholder"),
        ("body.identifiers.1.value", "placeholder"),
    }


async def test_what_is_known_beside_a_placeholder_still_finds(havn: World) -> None:
    met = await meet(havn, given_name="Malee", family_name="Ukendt", identifiers=[NUMBER])
    told = await search(havn, given_name="Ukendt", identifiers=[NUMBER | {"value": "c 700\u20130001"}])
    assert [item["case_id"] for item in told["items"]] == [met.id]
    assert warned(told) == {("body.given_name", "placeholder")}
    assert (await search(havn, given_name="Malee"))["warnings"] == []


async def test_two_cases_of_people_of_whom_nothing_is_known_are_not_asked_about(havn: World) -> None:
    await meet(havn, **NOBODY)
    second = await meet(havn, **NOBODY)
    assert await second.questions() == []


@pytest.mark.parametrize(
    ("given_name", "family_name"),
    [
        ("Jane", "Roe"),
        ("Navn", "Efternavn"),
        ("Thai", "Kvinde"),
        ("P01", "P01"),
        ("Ukendt", "thailandsk kvinde"),
        ("Fru", "X"),
        ("Offer", "hemmeligt navn"),
    ],
)
async def test_two_of_whom_only_such_words_are_known_are_not_asked_about_and_found_by_nobody(
    havn: World, given_name: str, family_name: str
) -> None:
    await meet(havn, given_name=given_name, family_name=family_name)
    second = await meet(havn, given_name=given_name, family_name=family_name)
    assert await second.questions() == []
    told = await search(havn, given_name=given_name, family_name=family_name)
    assert (told["items"], warned(told)) == (
        [],
        {("body.given_name", "placeholder"), ("body.family_name", "placeholder")},
    )


@pytest.mark.parametrize("value", ["jf. sag 0900-12345", "same as P01", "udløbet 2024", "1900-01-01"])
async def test_two_whose_passport_is_words_or_a_date_are_not_asked_about(havn: World, value: str) -> None:
    passport = {"type": "passport", "value": value, "issuing_country": "THA"}
    await meet(havn, identifiers=[passport])
    second = await meet(havn, identifiers=[passport])
    assert await second.questions() == []
    told = await search(havn, identifiers=[passport])
    assert (told["items"], warned(told)) == ([], {("body.identifiers.0.value", "placeholder")})


@pytest.mark.parametrize("family_name", ["Boy", "Mand", "Null"])
async def test_whoever_has_such_a_name_is_found_by_the_other(havn: World, family_name: str) -> None:
    met = await meet(havn, given_name="Malee", family_name=family_name)
    assert await ids_found(havn, given_name="Malee", family_name=family_name) == [met.id]


async def test_opening_a_case_keeps_placeholders_as_written_and_warns(havn: World) -> None:
    opened = await havn.partner("cmm").post(
        CASES,
        {"channel": "hotline", "occurred_at": "2026-03-02T09:30:00+01:00", "reason": "A call.", "person": NOBODY},
    )
    assert opened.status_code == 201, opened.text
    assert warned(opened.json()) == {
        ("body.person.given_name", "placeholder"),
        ("body.person.family_name", "placeholder"),
        ("body.person.birth_date", "placeholder"),
        ("body.person.identifiers.0.value", "placeholder"),
        ("body.person.identifiers.1.value", "placeholder"),
    }
    case = Opened(havn, opened.json()["case_id"])
    read = (await case.get("/person", purpose="identification")).json()
    assert (read["given_name"], read["birth_date"]) == ("Ukendt", "1900-01-01")
    assert (await case.details())["age_group"] == "unknown"


async def test_a_draft_that_becomes_a_case_warns_too(havn: World) -> None:
    cmm = havn.partner("cmm")
    content = {"channel": "hotline", "occurred_at": "2026-03-02T09:30:00+01:00", "reason": "A call.", "person": NOBODY}
    draft = (await cmm.post("/identification/v1/drafts", {"content": content})).json()
    opened = await cmm.post(f"/identification/v1/drafts/{draft['draft_id']}/open")
    assert ("body.person.given_name", "placeholder") in warned(opened.json())


async def test_a_description_says_what_of_it_says_less_than_it_seems_to(havn: World) -> None:
    met = await meet(havn)
    odd = {"identifiers": [{"type": "cpr", "value": "12-3457"}, NUMBER], "family_name": "Ukendt"}
    put = await havn.partner("cmm").put(f"{met.path}/person", CMM_DECIDES | odd, if_match=await met.etag())
    assert put.status_code == 200, put.text
    assert warned(put.json()) == {("body.family_name", "placeholder"), ("body.identifiers.0.value", "shape")}
    read = (await met.get("/person", purpose="identification")).json()
    assert "warnings" not in read, "what is read can be sent again"
    again = await havn.partner("cmm").put(f"{met.path}/person", read, if_match=await met.etag())
    assert again.status_code == 200, again.text


@pytest.mark.parametrize(
    "wrong",
    [
        {"birth_date": "2031-01-01"},
        {"stated_age": 19, "age_at_exploitation": 40},
        {"birth_date": "2000-01-01", "age_at_exploitation": 40},
        {"citizenships": ["XYZ"]},
        {"languages": ["qqq"]},
        {"given_name": "\u200b"},
        {"identifiers": [{"type": "cpr", "value": "\u3164"}]},
    ],
)
async def test_the_strict_rules_hold_for_what_is_no_referral(havn: World, wrong: dict[str, Any]) -> None:
    met = await meet(havn, given_name="Malee")
    before = (await met.get("/person", purpose="identification")).json()
    put = await havn.partner("cmm").put(f"{met.path}/person", CMM_DECIDES | wrong, if_match=await met.etag())
    assert name_of(put) == (422, "InvalidInput")
    assert (await met.get("/person", purpose="identification")).json() == before


async def test_a_number_that_was_corrected_stops_matching(havn: World) -> None:
    met = await meet(havn, identifiers=[NUMBER])
    assert await ids_found(havn, identifiers=[NUMBER]) == [met.id]
    right = NUMBER | {"value": "C7000002"}
    await met.describe({"identifiers": [right]})
    assert await ids_found(havn, identifiers=[NUMBER]) == []
    assert await ids_found(havn, identifiers=[right]) == [met.id]
    other = await meet(havn, identifiers=[NUMBER])
    assert await other.questions() == []


async def test_the_country_of_a_passport_is_compared_where_both_are_known(havn: World) -> None:
    met = await meet(havn, identifiers=[NUMBER])
    assert await ids_found(havn, identifiers=[NUMBER | {"issuing_country": "NGA"}]) == []
    (weak,) = (await search(havn, identifiers=[NUMBER | {"issuing_country": None}]))["items"]
    (firm,) = (await search(havn, identifiers=[NUMBER]))["items"]
    assert weak["case_id"] == firm["case_id"] == met.id
    assert weak["score"] < firm["score"]


@pytest.mark.parametrize("kind", ["cpr", "replacement_cpr", "x_ecpr", "d_ecpr"])
async def test_a_danish_number_is_found_whatever_it_was_taken_for(havn: World, kind: str) -> None:
    met = await meet(havn, identifiers=[{"type": "cpr", "value": "690188-4321"}])
    assert await ids_found(havn, identifiers=[{"type": kind, "value": "٦٩٠١٨٨٤٣٢١"}]) == [met.id]


async def test_a_telephone_number_is_one_however_it_is_spelt(havn: World) -> None:
    one, other = await meet(havn), await meet(havn)
    for case, phone in ((one, "+45 31518619"), (other, "٣١٥١٨٦١٩")):
        named = await case.post("/suspects", {"phone": phone})
        assert named.status_code == 201, named.text
    cluster = (await one.get("/cluster")).json()
    assert other.id in str(cluster)
