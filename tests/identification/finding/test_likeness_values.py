"""What each likeness of two descriptions is worth, value by value; what it comes to together test_likeness.py says."""

from datetime import date
from typing import Any

import pytest

from services.identification.finding import likeness
from services.identification.finding.likeness import part_likeness
from services.identification.finding.names import Name
from tests.identification.finding.test_likeness import known
from tests.identification.finding.test_likeness import likeness as likeness_of


@pytest.mark.parametrize(
    ("one", "other", "worth"),
    [
        ("suwan", "suwan", 1.0),
        ("ng", "ng", 1.0),
        ("ali", "ala", 0.92),  # one slip, in a part of three
        ("hansen", "hnasen", 0.92),  # two letters that changed places are one slip
        ("hansen", "harsex", 0.82),  # two slips, in a part of six
        ("xylob", "xavob", 0.0),  # none in a shorter one
        ("hansen", "xybsen", 0.0),
    ],
)
def test_a_part_of_a_name_forgives_so_many_slips(one: str, other: str, worth: float) -> None:
    assert part_likeness(one, other) == part_likeness(other, one) == worth


def test_what_sounds_the_same_is_alike_the_more_so_where_it_is_spelt_alike() -> None:
    assert likeness._alike("mohammed", "muhamad", "MHMT", "MHMT") == 0.93
    assert likeness._alike("abcdefgh", "zyxwvuts", "PK", "PK") == 0.84
    assert likeness._alike("abcdefgh", "zyxwvuts", "P", "P") == 0.0, "one sound alone says nothing"
    assert likeness._alike("abcdefgh", "zyxwvuts", "PK", "PT") == 0.0


@pytest.mark.parametrize(
    ("one", "other", "worth"),
    [
        ("2001-05-17", "2001-05-17", 0.28),
        ("2001-05-07", "2001-07-05", 0.16),  # day and month changed places
        ("2001-05-07", "2002-07-05", -0.3),  # not in another year
        ("2001-01-01", "2001-05-17", 0.12),  # the first of January stands for a year
        ("2001-05-17", "2001-01-01", 0.12),
        ("2001-01-01", "2002-05-17", -0.3),  # not for another one
        ("2001-05-17", "2001-05-18", 0.16),  # one digit
        ("2001-05-17", "2011-05-17", 0.16),
        ("2001-05-12", "2001-05-21", 0.16),  # two that changed places
        ("2001-05-12", "2001-05-23", -0.3),  # two others
        ("2001-05-17", "1983-11-30", -0.3),
        ("2001-11-03", "2001-01-13", 0.16),
    ],
)
def test_birth_dates_that_differ_as_a_slip_does_are_nearly_the_same(one: str, other: str, worth: float) -> None:
    days = date.fromisoformat(one), date.fromisoformat(other)
    assert likeness._days(*days) == likeness._days(*reversed(days)) == worth


@pytest.mark.parametrize(
    ("mine", "theirs", "worth", "field"),
    [
        (24, 24, 0.12, "stated_age"),
        (24, 25, 0.12, "stated_age"),
        (24, 26, 0.05, "stated_age"),
        (24, 27, 0.05, "stated_age"),
        (24, 28, 0.0, None),
        (24, 29, 0.0, None),
        (24, 30, -0.25, None),
        (24, None, 0.0, None),
        (None, None, 0.0, None),
    ],
)
def test_ages_speak_for_one_person_or_against_it(
    mine: int | None, theirs: int | None, worth: float, field: str | None
) -> None:
    assert likeness._age(known(stated_age=mine), known(stated_age=theirs)) == (worth, field)


def test_people_grow_older_between_two_days_on_which_their_age_was_stated() -> None:
    before = known(date(2020, 3, 2), stated_age=18)
    assert likeness._age(before, known(date(2026, 3, 2), stated_age=24)) == (0.12, "stated_age")
    assert likeness._age(before, known(date(2026, 3, 2), stated_age=18)) == (-0.25, None)
    born = known(birth_date="2001-09-02")
    assert likeness._age(born, known(stated_age=24)) == (0.12, "stated_age")
    assert likeness._age(born, known(stated_age=28))[0] == 0.0
    assert likeness._age(born, known(stated_age=31))[0] == -0.25


@pytest.mark.parametrize(
    ("person", "years"),
    [
        ({"birth_date": "2001-05-17"}, {2001}),
        ({"birth_date": "2001-05-17", "stated_age": 40}, {2001}),
        ({"stated_age": 24}, {2002, 2001}),
        ({}, set()),
    ],
)
def test_the_years_somebody_may_have_been_born_in(person: dict[str, Any], years: set[int]) -> None:
    assert known(**person).years == years


def test_names_written_together_here_and_apart_there_are_one_word() -> None:
    together = likeness_of({"given_name": "Annemarie", "family_name": "Hansen"}, {"given_name": "Anne Marie Hansen"})
    assert together.score == pytest.approx(0.72 * 0.97, abs=0.001)
    joined = likeness_of({"given_name": "Malee Suwan"}, {"given_name": "Maleesuwan"})
    assert joined.score == pytest.approx(0.72 * 0.97, abs=0.001)
    turned = likeness_of({"given_name": "Malee", "family_name": "Suwan"}, {"given_name": "Suwanmalee"})
    assert turned.score == pytest.approx(0.72 * 0.97, abs=0.001)
    assert likeness_of({"given_name": "Malee Suwan"}, {"given_name": "Xyzqrtmnop"}).score == 0


def test_a_name_that_has_a_part_more_is_a_little_less_alike_and_one_part_alone_much_less() -> None:
    full = {"given_name": "Malee", "family_name": "Suwan"}
    assert likeness_of(full, full).score == 0.72
    more = likeness_of(full, full | {"given_name": "Malee Ratana"})
    assert more.score == pytest.approx(0.72 * 0.94, abs=0.001)
    alone = likeness_of(full, {"given_name": "Malee"})
    assert alone.score == pytest.approx(0.72 * 0.94 * 0.75, abs=0.001)
    assert alone.matched_on == ("given_name",)


PASSPORT = {"type": "passport", "value": "TH4471902", "issuing_country": "THA"}
CPR, OTHER_CPR = ({"type": "cpr", "value": value} for value in ("740598-1234", "740598-4321"))


def test_a_number_is_always_asked_about_and_the_rest_shows_beside_it() -> None:
    mine = {"given_name": "Malee", "family_name": "Suwan", "identifiers": [PASSPORT]}
    assert likeness_of({"identifiers": [PASSPORT]}, {"identifiers": [PASSPORT]}).score == 0.9
    assert likeness_of(mine, mine).score == 1.0
    assert likeness_of(mine, mine | {"stated_age": 24}).matched_on == ("identifiers", "given_name", "family_name")
    aged = {"identifiers": [PASSPORT], "stated_age": 24}
    assert likeness_of(aged, aged).score == pytest.approx(0.93, abs=0.001)
    assert likeness_of(aged, aged | {"stated_age": 60}).score == 0.9, "what speaks against it lowers it no further"


def test_half_a_name_beside_an_equal_number_is_half_as_much_beside_it() -> None:
    mine = {"given_name": "Malee", "family_name": "Suwan", "identifiers": [PASSPORT]}
    half = likeness_of(mine, {"given_name": "Malee", "identifiers": [PASSPORT]})
    assert half.score == pytest.approx(0.9 + 0.1 * 0.94 * 0.75, abs=0.001)


def test_nothing_is_more_than_certain() -> None:
    weak = {"identifiers": [{"type": "passport", "value": "TH4471902"}], "birth_date": "2001-05-17"}
    named = weak | {"given_name": "Malee", "family_name": "Suwan"}
    assert likeness_of(named, named).score == 1.0


@pytest.mark.parametrize(
    ("one", "other", "pairs"),
    [
        (("anna", "anne"), ("anne", "anna"), {(0, 1.0), (1, 1.0)}),  # the most alike first
        (("anna",), ("anna", "anna"), {(0, 1.0)}),
        (("anna", "anna"), ("anna",), {(0, 1.0)}),  # each is used once, the first of equal ones
        (("anna", "anna"), ("anna", "anna"), {(0, 1.0), (1, 1.0)}),
        (("anna", "berg"), ("holm", "anne"), {(0, 0.92)}),
        (("anna",), ("berg",), set()),
    ],
)
def test_each_part_has_the_one_that_is_most_like_it(
    one: tuple[str, ...], other: tuple[str, ...], pairs: set[tuple[int, float]]
) -> None:
    found = likeness._aligned(Name(one), Name(other))
    assert len(found) == len(pairs)
    assert set(found) == pairs


def test_a_number_that_says_less_is_asked_about_too() -> None:
    weak = {"identifiers": [{"type": "passport", "value": "TH4471902"}]}
    assert likeness_of(weak, weak).score == 0.65
    named = weak | {"given_name": "Malee", "family_name": "Suwan"}
    assert likeness_of(named, named).score == pytest.approx(0.92, abs=0.001)


def test_two_numbers_of_a_register_that_gives_one_speak_against_one_person() -> None:
    mine = {"given_name": "Malee", "family_name": "Suwan", "identifiers": [CPR]}
    assert likeness_of(mine, mine | {"identifiers": [OTHER_CPR]}).score == pytest.approx(0.52, abs=0.001)
    assert likeness_of(mine, mine | {"identifiers": [PASSPORT]}).score == 0.72


def test_birth_dates_are_compared_where_both_are_known_and_the_most_alike_count() -> None:
    born = known(birth_date="2001-05-17", stated_birth_date="1983-11-30")
    assert likeness._age(born, known(birth_date="1983-11-30")) == (0.28, "birth_date")
    assert likeness._age(known(birth_date="2001-05-17"), known(birth_date="1983-11-30")) == (-0.3, None)


def test_an_alias_is_a_name_and_what_stands_for_none_is_not() -> None:
    called = likeness_of({"aliases": ["Lily"]}, {"given_name": "Lily"})
    assert (called.score, called.matched_on) == (0.72, ("aliases",))
    assert likeness_of({"aliases": ["Ukendt"]}, {"aliases": ["Ukendt"]}).score == 0
