"""How alike two descriptions of a person are: what raises the score, what lowers it."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.identification.case.schemas import CasePerson
from services.identification.finding.likeness import Known, Likeness, compare
from services.identification.finding.search import LEAST_SHOWN
from services.identification.questions.domain import LEAST_ASKED

ON = date(2026, 3, 2)
MALEE = {"given_name": "Malee", "family_name": "Suwan"}


def known(on: date = ON, **person: Any) -> Known:
    return Known.of(CasePerson.model_validate(person), on=on)


def likeness(one: dict[str, Any], other: dict[str, Any]) -> Likeness:
    return compare(known(**one), known(**other))


people = st.fixed_dictionaries(
    {},
    optional={
        "given_name": st.sampled_from(["Malee", "Mali", "Somchai", "Nguyễn", "Mohammed", "Muhamad", "Anne Marie", "J"]),
        "family_name": st.sampled_from(
            ["Suwan", "Suvan", "Hansen", "Thi Lan", "al-Hassan", "Ali Hassan", "Suwan Malee"]
        ),
        "aliases": st.lists(st.sampled_from(["Lily", "Malee", "Mo", "Blue Lily"]), max_size=2),
        "birth_date": st.dates(date(1960, 1, 1), date(2015, 1, 1)).map(date.isoformat),
        "stated_age": st.integers(10, 60),
    },
)


@given(people, people)
def test_it_does_not_matter_which_of_two_people_is_compared_with_which(
    one: dict[str, Any], other: dict[str, Any]
) -> None:
    assert likeness(one, other).score == pytest.approx(likeness(other, one).score)


@given(people, people)
def test_a_score_lies_between_nothing_and_certainty(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert 0 <= likeness(one, other).score <= 1


@given(people)
def test_nobody_is_more_like_somebody_than_themselves(one: dict[str, Any]) -> None:
    itself = likeness(one, one).score
    assert itself >= likeness(one, one | {"given_name": "Xzqrt"}).score


@pytest.mark.row(12)
@pytest.mark.parametrize(
    "written",
    [
        {"given_name": "Suwan", "family_name": "Malee"},
        {"given_name": "Mali", "family_name": "Suvan"},
        {"given_name": "Malee", "family_name": "Suwann"},
        {"given_name": "Maleesuwan"},
        {"given_name": "Malee", "family_name": "Phon Suwan"},
        {"aliases": ["Malee Suwan"]},
    ],
)
def test_one_name_in_another_spelling_is_asked_about(written: dict[str, Any]) -> None:
    assert likeness(MALEE, written).score >= LEAST_ASKED


def test_half_a_name_is_shown_to_who_searches_and_asked_about_only_with_more() -> None:
    half = likeness({"given_name": "Malee"}, MALEE)
    assert LEAST_SHOWN <= half.score < LEAST_ASKED
    born = {"birth_date": "2001-05-17"}
    assert likeness({"given_name": "Malee"} | born, MALEE | born).score >= LEAST_ASKED


@pytest.mark.parametrize(
    ("one", "other", "matched"),
    [
        (MALEE, MALEE, ["given_name", "family_name"]),
        (MALEE, {"family_name": "Suwan", "given_name": "Ngozi"}, ["family_name"]),
        (MALEE, {"aliases": ["Malee"]}, ["aliases"]),
        (
            MALEE | {"birth_date": "2001-05-17"},
            MALEE | {"birth_date": "2001-05-17"},
            ["given_name", "family_name", "birth_date"],
        ),
        (MALEE | {"stated_age": 24}, MALEE | {"stated_age": 25}, ["given_name", "family_name", "stated_age"]),
        (MALEE | {"birth_date": "2001-05-17"}, MALEE | {"stated_age": 24}, ["given_name", "family_name", "stated_age"]),
    ],
)
def test_what_matches_is_named_as_the_fields_of_a_person(
    one: dict[str, Any], other: dict[str, Any], matched: list[str]
) -> None:
    assert list(likeness(one, other).matched_on) == matched


@pytest.mark.parametrize(
    ("date_written", "is_more"),
    [
        ("2001-05-17", True),  # the same
        ("2001-05-18", True),  # a slip of the pen
        ("2002-05-17", True),
        ("2001-05-71".replace("71", "07"), True),
        ("2001-01-01", True),  # known by its year
        ("1974-11-30", False),
    ],
)
def test_a_birth_date_raises_or_lowers(date_written: str, is_more: bool) -> None:
    without = likeness(MALEE, MALEE).score
    with_it = likeness(MALEE | {"birth_date": "2001-05-17"}, MALEE | {"birth_date": date_written}).score
    assert (with_it > without) is is_more


def test_day_and_month_are_swapped_as_people_do() -> None:
    swapped = likeness({"birth_date": "2001-05-07"} | MALEE, {"birth_date": "2001-07-05"} | MALEE)
    assert swapped.score > likeness(MALEE, MALEE).score
    assert "birth_date" in swapped.matched_on


def test_two_people_of_one_name_and_other_ages_are_not_asked_about() -> None:
    assert likeness(MALEE | {"stated_age": 19}, MALEE | {"stated_age": 41}).score < LEAST_ASKED
    assert likeness(MALEE | {"birth_date": "1980-05-17"}, MALEE | {"birth_date": "2001-09-30"}).score < LEAST_ASKED


def test_an_age_is_compared_as_of_when_it_was_told() -> None:
    then, now = known(date(2016, 3, 2), **MALEE, stated_age=20), known(ON, **MALEE, stated_age=30)
    assert compare(then, now).matched_on[-1] == "stated_age"


def test_a_birth_date_that_was_stated_first_counts_as_much() -> None:
    person = MALEE | {"birth_date": "1999-09-30", "stated_birth_date": "2001-05-17"}
    assert "birth_date" in likeness(person, MALEE | {"birth_date": "2001-05-17"}).matched_on


def test_an_equal_identifier_is_always_asked_about_whatever_the_names() -> None:
    number = {"identifiers": [{"type": "x_ecpr", "value": "140598 1AB2"}]}
    same = {"identifiers": [{"type": "x_ecpr", "value": "140598-1ab2"}]}
    other = {"given_name": "Ngozi", "family_name": "Eze"}
    assert likeness(MALEE | number, other | same).score >= 0.9
    assert likeness(MALEE | number, other | same).matched_on == ("identifiers",)


def test_the_same_number_of_another_register_is_another_number() -> None:
    one = {"identifiers": [{"type": "passport", "value": "61059812"}]}
    other = {"identifiers": [{"type": "foreigner_number", "value": "61059812"}]}
    assert likeness(one, other).score == 0


def test_two_numbers_of_a_register_that_gives_everybody_one_speak_against_one_person() -> None:
    one = {"identifiers": [{"type": "foreigner_number", "value": "F-100012"}]}
    other = {"identifiers": [{"type": "foreigner_number", "value": "F-200013"}]}
    assert likeness(MALEE | one, MALEE | other).score < LEAST_ASKED
    passports = ({"identifiers": [{"type": "passport", "value": value}]} for value in ("A1000012", "B2000013"))
    first, second = passports
    assert likeness(MALEE | first, MALEE | second).score == likeness(MALEE, MALEE).score


def passport(country: str | None = None, value: str = "C1234567") -> dict[str, Any]:
    return {"identifiers": [{"type": "passport", "value": value, "issuing_country": country}]}


def test_a_passport_without_its_country_is_asked_about_and_says_less() -> None:
    she, he = MALEE | {"stated_age": 24}, {"given_name": "Ngozi", "family_name": "Eze", "stated_age": 39}
    weak = likeness(she | passport(), he | passport("NGA"))
    assert LEAST_ASKED <= weak.score < likeness(she | passport("NGA"), he | passport("NGA")).score
    assert weak.matched_on == ("identifiers",)
    assert likeness(MALEE | passport(), MALEE | passport()).score > weak.score


def test_the_same_number_of_another_countrys_passport_is_another_number() -> None:
    assert likeness(passport("THA"), passport("NGA")) == Likeness(0.0, ())


def test_a_number_that_has_not_its_types_shape_says_less() -> None:
    odd = {"identifiers": [{"type": "cpr", "value": "12-3457"}]}
    assert LEAST_ASKED <= likeness(odd, odd).score < 0.9


NOTHING_KNOWN: dict[str, Any] = {
    "given_name": "Ukendt",
    "family_name": "N.N.",
    "aliases": ["FNU", "???"],
    "birth_date": "1900-01-01",
    "identifiers": [{"type": "passport", "value": "unknown"}, {"type": "cpr", "value": "000000-0000"}],
}


def test_two_people_of_whom_nothing_is_known_have_nothing_in_common() -> None:
    assert likeness(NOTHING_KNOWN, NOTHING_KNOWN) == Likeness(0.0, ())


@given(people, people)
def test_what_stands_for_something_unknown_changes_no_score(one: dict[str, Any], other: dict[str, Any]) -> None:
    def beside(person: dict[str, Any]) -> dict[str, Any]:
        aliases = [*person.get("aliases", []), "Ukendt"]
        return person | {"identifiers": NOTHING_KNOWN["identifiers"], "aliases": aliases}

    assert likeness(beside(one), beside(other)) == likeness(one, other)


def test_the_name_that_is_known_counts_beside_one_that_is_not() -> None:
    half = {"given_name": "Ukendt", "family_name": "Suwan"}
    assert "family_name" in likeness(half, MALEE).matched_on
    assert likeness({"given_name": "Ukendt", "family_name": "Eze"}, half).matched_on == ()
