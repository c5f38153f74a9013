"""Finding a person though names are sealed: who is found, by what, and by whom."""

from typing import Any

import pytest

from tests.identification.builders import US_DECIDES, name_of, open_case
from tests.identification.finding.people import SEARCH, ecpr, ids_found, look_for, meet
from tests.world import World

MALEE = {"given_name": "Malee", "family_name": "Suwan", "birth_date": "2001-05-17"}


@pytest.mark.row(12)
@pytest.mark.parametrize(
    ("recorded", "sought"),
    [
        ({"given_name": "Sørine", "family_name": "Kjærgård"}, {"given_name": "Soerine", "family_name": "Kjaergaard"}),
        ({"given_name": "Sorine", "family_name": "Kjargard"}, {"given_name": "Sørine", "family_name": "Kjærgård"}),
        ({"given_name": "Malee", "family_name": "Suwan"}, {"given_name": "Suwan", "family_name": "Mali"}),
        ({"given_name": "Thi Lan", "family_name": "Nguyễn"}, {"given_name": "Lan", "family_name": "Nguyen"}),
        ({"given_name": "Muhammad", "family_name": "al-Hassan"}, {"given_name": "Mohamed", "family_name": "Hasan"}),
        (
            {"given_name": "Abd al-Rahman", "family_name": "Saleem"},
            {"given_name": "Abdulrahman", "family_name": "Salim"},
        ),
        ({"given_name": "Phonchai", "family_name": "Wattana"}, {"given_name": "Ponchai", "family_name": "Vattana"}),
        ({"given_name": "Yuliia", "family_name": "Shevchenko"}, {"given_name": "Julia", "family_name": "Shevcenko"}),
        ({"given_name": "Blessing", "family_name": "Okafor"}, {"given_name": "Blessing"}),
        ({"given_name": "Blessing", "family_name": "Okafor"}, {"aliases": ["Okafor Blesing"]}),
        ({"aliases": ["Blue Lily"]}, {"given_name": "Lily", "family_name": "Blue"}),
        ({"given_name": "Anne Marie", "family_name": "Holm"}, {"given_name": "Annemarie", "family_name": "Holm"}),
        ({"given_name": "Andreea", "family_name": "Țepeș"}, {"given_name": "Andrea", "family_name": "Tepez"}),
        ({"given_name": "Malee", "birth_date": "2001-05-17"}, {"family_name": "Malee", "birth_date": "2001-05-17"}),
        ({"given_name": "Оксана", "family_name": "Шевченко"}, {"given_name": "Oksana", "family_name": "Shevchenko"}),
        ({"given_name": "Somying", "family_name": "Suwan"}, {"given_name": "สมหญิง", "family_name": "สุวรรณ"}),
        ({"given_name": "محمد", "family_name": "الجبوري"}, {"given_name": "Mohammed", "family_name": "Jabouri"}),
        ({"given_name": "Alireza", "family_name": "Karimi"}, {"given_name": "علی\u200cرضا", "family_name": "كريمي"}),
        ({"given_name": "Γιώργος", "family_name": "Παππάς"}, {"aliases": ["Yiorgos Pappas"]}),
        ({"aliases": ["Wang Xiaoming"]}, {"given_name": "王小明"}),
        ({"given_name": "Selam", "family_name": "Tesfaye"}, {"given_name": "ሰላም", "family_name": "ተስፋዬ"}),
        ({"given_name": "নুসরাত", "family_name": "চৌধুরী"}, {"given_name": "Nusrat", "family_name": "Chowdhury"}),
        ({"given_name": "ქეთევან", "family_name": "ბერიძე"}, {"given_name": "Ketevan", "family_name": "Beridze"}),
    ],
)
async def test_a_person_is_found_however_the_name_is_written(
    havn: World, recorded: dict[str, Any], sought: dict[str, Any]
) -> None:
    somebody = await meet(havn, given_name="Xanthippe", family_name="Quirk")
    one = await meet(havn, **recorded)
    found = await look_for(havn, **sought)
    assert [item["case_id"] for item in found] == [one.id]
    assert somebody.id not in {item["case_id"] for item in found}


@pytest.mark.row(12)
async def test_candidates_come_with_score_and_matching_fields_the_best_first(havn: World) -> None:
    same = await meet(havn, **MALEE)
    alike = await meet(havn, given_name="Mali", family_name="Suwan", birth_date="2001-05-18")
    half = await meet(havn, given_name="Malee", family_name="Wongsa")
    found = await look_for(havn, given_name="Malee", family_name="Suwan", birth_date="2001-05-17")
    assert [item["case_id"] for item in found] == [same.id, alike.id, half.id][: len(found)]
    assert [item["score"] for item in found] == sorted((item["score"] for item in found), reverse=True)
    assert found[0] == {"case_id": same.id, "score": 1.0, "matched_on": ["given_name", "family_name", "birth_date"]}


@pytest.mark.row(12)
async def test_any_identifier_of_a_person_finds_them(havn: World) -> None:
    numbers = [ecpr("1405981AB2"), {"type": "passport", "value": "TH-900017", "issuing_country": "THA"}]
    one = await meet(havn, given_name="Malee", identifiers=numbers)
    for number in ({"type": "x_ecpr", "value": "140598-1 ab2"}, numbers[1] | {"value": "th900017"}):
        (found,) = await look_for(havn, identifiers=[number])
        assert found["case_id"] == one.id
        assert found["matched_on"] == ["identifiers"]
        assert found["score"] >= 0.9


@pytest.mark.row(12)
@pytest.mark.parametrize("more", [{}, {"stated_age": 25}, {"identifiers": [ecpr("1405981AB2")]}])
async def test_a_birth_date_finds_whoever_was_born_that_day(havn: World, more: dict[str, Any]) -> None:
    named = await meet(havn, **MALEE)
    nameless = await meet(havn, birth_date="2001-05-17")
    await meet(havn, given_name="Kanya", birth_date="2001-05-18")
    found = await look_for(havn, birth_date="2001-05-17", **more)
    assert {item["case_id"] for item in found} == {named.id, nameless.id}
    assert {tuple(item["matched_on"]) for item in found} == {("birth_date",)}
    with_a_name = await look_for(havn, given_name="Somchai", birth_date="2001-05-17")
    assert with_a_name == [], "another name with the same birth date is another person"


async def test_a_name_that_was_corrected_finds_nobody_any_more(havn: World) -> None:
    one = await meet(havn, given_name="Malee", family_name="Suwan")
    await one.describe({"given_name": "Kanya", "family_name": "Wongsa"})
    assert await ids_found(havn, given_name="Malee", family_name="Suwan") == []
    assert await ids_found(havn, given_name="Kanya", family_name="Wongsa") == [one.id]


async def test_somebody_of_a_referral_is_found_too(havn: World) -> None:
    one = await open_case(havn, {"given_name": "Malee", "family_name": "Suwan"})
    assert await ids_found(havn, given_name="Malee", family_name="Suwan") == [one.id]


async def test_who_declined_is_found_no_more(havn: World) -> None:
    one = await meet(havn, **MALEE, identifiers=[ecpr("1405981AB2")])
    refused = await one.post("/refusal", {"on": "2026-03-03"})
    assert refused.status_code in (200, 201), refused.text
    assert await ids_found(havn, **MALEE) == []
    assert await ids_found(havn, identifiers=[ecpr("1405981AB2")]) == []


async def test_us_finds_among_its_own_cases_and_others_find_nobody(havn: World) -> None:
    theirs = await open_case(havn, US_DECIDES | {"given_name": "Malee", "family_name": "Suwan"})
    ours = await meet(havn, given_name="Malee", family_name="Suwan")
    sought = {"given_name": "Malee", "family_name": "Suwan"}
    assert await ids_found(havn, by="us", **sought) == [theirs.id]
    assert set(await ids_found(havn, by="cmm", **sought)) == {theirs.id, ours.id}
    for stranger in ("politi-oestjylland", "reden", "kommune-0751"):
        assert await ids_found(havn, by=stranger, **sought) == []


async def test_a_search_says_why_and_by_what(havn: World) -> None:
    caseworker = havn.partner("cmm")
    assert name_of(await caseworker.post(SEARCH, {"given_name": "Malee"})) == (400, "PurposeMissing")
    for nothing in ({}, {"stated_age": 24}, {"aliases": []}, {"limit": 5}):
        answer = await caseworker.request("POST", SEARCH, json=nothing, params={"purpose": "support"})
        assert name_of(answer) == (422, "NothingToSearchBy"), answer.text


async def test_as_many_are_shown_as_are_asked_for(havn: World) -> None:
    for _ in range(3):
        await meet(havn, given_name="Malee", family_name="Suwan")
    assert len(await look_for(havn, given_name="Malee", family_name="Suwan")) == 3
    assert len(await look_for(havn, given_name="Malee", family_name="Suwan", limit=2)) == 2


async def test_whose_cases_were_shown_is_kept_and_who_was_sought_is_not(havn: World) -> None:
    one = await meet(havn, **MALEE)
    await look_for(havn, **MALEE)
    (row,) = await havn.sql("identification", "SELECT * FROM audit WHERE operation = 'person.search'")
    assert [str(case_id) for case_id in row["object_ids"]] == [one.id]
    assert (row["org"], row["purpose"]) == ("cmm", "identification")
    assert row["fields"] == ["birth_date", "family_name", "given_name"]
    assert "Malee" not in str(dict(row))


async def test_nothing_that_is_kept_for_searching_can_be_read(havn: World) -> None:
    await meet(havn, **MALEE)
    tokens = await havn.sql("identification", "SELECT * FROM search_token")
    assert len(tokens) > 10
    assert {type(row["token"]) for row in tokens} == {int}
    assert await havn.sql_as_runtime("identification", "SELECT * FROM search_token", org="us") == []
    assert await havn.sql_as_runtime("identification", "SELECT * FROM search_token", org="reden") == []


async def test_a_search_takes_the_same_number_of_statements_however_many_are_found(havn: World) -> None:
    async def statements() -> int:
        await havn.settled()
        with havn.statements("identification") as sent:
            await look_for(havn, given_name="Malee", family_name="Suwan")
        return len(sent)

    await meet(havn, given_name="Malee", family_name="Suwan")
    with_one = await statements()
    for _ in range(4):
        await meet(havn, given_name="Malee", family_name="Suwan")
    assert await statements() == with_one
