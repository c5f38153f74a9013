"""A child whose age is written in another form is protected as a child: in words, with a fraction, as a birth date without its
day (docs/rules.md, child-6)."""

from calendar import monthrange
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from services.referrals.schemas import ReferralSubmission
from shared.kernel.clock import judged_at, months_after, whole_years
from tests.identification.builders import open_case
from tests.referrals.builders import referral, send, subject
from tests.world import World

NOW = datetime(2026, 3, 9, 11, 0, tzinfo=UTC)
TODAY = NOW.date()


def read(**person: Any) -> tuple[Any, dict[str, list[str]], dict[str, Any]]:
    """The subject that is made of it, what is warned of, and what was written, by field."""
    with judged_at(NOW):
        taken = ReferralSubmission.model_validate(referral(subject(**({"stated_age": None} | person))))
    warned: dict[str, list[str]] = {}
    for each in taken.warnings:
        warned.setdefault(str(each.loc[3]), []).append(each.code)
    return taken.subjects[0], warned, {str(each.loc[3]): each.value.value for each in taken.as_written}


SPELLINGS = [
    *(
        "{} år",
        "{} years",
        "{}årig",
        "{}-year-old",
        "ca. {}",
        "about {}",
        "{} år gammel",
        "{}+",
        "{}?",
        "{},5",
        "{}.5 år",
    ),
    *("{}½", "{} 1/2", "{} år og 6 måneder", "{} years 11 months", "mindst {}", "  {}  ", "\uff1d{}", "{}\u00a0år"),
]


@given(st.integers(0, 120), st.sampled_from(SPELLINGS), st.sampled_from(["stated_age", "age_at_exploitation"]))
def test_an_age_in_words_or_with_a_fraction_is_its_whole_years(age: int, spelling: str, field: str) -> None:
    written = spelling.format(age)
    person, warned, kept = read(**{field: written})
    assert getattr(person, field) == age
    assert (warned, kept) == ({field: ["age_in_words"]}, {field: written})


@pytest.mark.parametrize(
    ("written", "age"),
    [
        *(("U18", 17), ("u-18", 17), ("næsten 18", 17), ("almost 18", 17), ("fylder 18 i morgen", 17)),
        *(("bliver 16", 15), ("turning 17", 16), ("12e0", 12), ("1e1", 10), ("1.7e1 år", 1)),
    ],
)
def test_who_is_not_yet_of_an_age_is_a_year_younger_at_least(written: str, age: int) -> None:
    person, warned, _ = read(stated_age=written)
    assert (person.stated_age, warned) == (age, {"stated_age": ["age_in_words"]})


@pytest.mark.parametrize("written", ["1e999", "1e400", "12e3", float("inf")])
def test_an_age_that_nobody_has_is_unknown_however_it_is_written(written: Any) -> None:
    person, warned, _ = read(stated_age=written)
    assert (person.stated_age, warned) == (None, {"stated_age": ["impossible"]})


CHILD_WORDS = ["mindreårig", "Barn", "en mindreårig", "minor", "a child", "nyfødt", "infant", "under atten", "Teenager"]


@pytest.mark.parametrize("written", CHILD_WORDS)
@pytest.mark.parametrize(
    ("field", "basis"), [("stated_age", "age_basis"), ("age_at_exploitation", "age_at_exploitation_basis")]
)
def test_who_is_said_to_be_a_child_is_presumed_one(written: str, field: str, basis: str) -> None:
    person, warned, kept = read(**{field: written})
    assert (getattr(person, field), getattr(person, basis)) == (None, "presumed_minor")
    assert (warned, kept) == ({field: ["said_to_be_a_child"]}, {field: written})


@pytest.mark.parametrize("written", ["ikke mindreårig", "not a minor", "voksen", "mor til et lille barn", "adult"])
def test_who_is_not_said_to_be_a_child_is_not_presumed_one(written: str) -> None:
    person, warned, _ = read(stated_age=written)
    assert (person.stated_age, person.age_basis, warned) == (None, None, {"stated_age": ["not_understood"]})


@pytest.mark.parametrize("written", ["\u0662\u0660\u0661\u0660-\u0660\u0661-\u0660\u0661", "２０１０-０１-０１"])
def test_a_birth_date_in_other_digits_is_that_date(written: str) -> None:
    person, warned, kept = read(birth_date=written)
    assert person.birth_date is not None
    assert person.birth_date.value == date(2010, 1, 1)
    assert (warned, kept) == ({"birth_date": ["spelt"]}, {"birth_date": written})


@pytest.mark.parametrize("dash", ["–", "−", "ー", "ｰ", "一", "ㅡ", "ـ", "－"])
def test_a_birth_date_with_other_dashes_is_that_date(dash: str) -> None:
    person, warned, _ = read(birth_date=f"2010{dash}05{dash}12")
    assert person.birth_date is not None
    assert (person.birth_date.value, warned) == (date(2010, 5, 12), {"birth_date": ["spelt"]})


@given(st.integers(0, 120), st.floats(0, 0.99))
def test_so_is_a_number_with_a_fraction(age: int, fraction: float) -> None:
    written = age + fraction
    person, warned, _ = read(stated_age=written)
    assert person.stated_age == int(written)
    assert warned == {"stated_age": ["age_in_words"]}


@given(
    st.integers(0, 120),
    st.integers(0, 120),
    st.sampled_from(["{}-{}", "{} – {} år", "{} eller {}", "{} or {}", "{} to {}"]),
)
def test_of_two_ages_the_least_counts(one: int, other: int, spelling: str) -> None:
    person, warned, _ = read(stated_age=spelling.format(one, other))
    assert person.stated_age == min(one, other)
    assert warned == {"stated_age": ["age_in_words"]}


@given(
    st.integers(1, 120),
    st.sampled_from(["under {}", "<{}", "< {} år", "younger than {}", "ikke fyldt {}", "not yet {}"]),
)
def test_who_is_said_to_be_under_an_age_is_less(age: int, spelling: str) -> None:
    person, _, _ = read(stated_age=spelling.format(age))
    assert person.stated_age == age - 1


@pytest.mark.parametrize(
    ("written", "age"),
    [
        ("femten", 15),
        ("Fifteen years old", 15),
        ("8 måneder", 0),
        ("18 months", 1),
        ("6 uger", 0),
        ("١٥", 15),
        ("１５ år", 15),
        ("født 2012", 13),
        ("12.05.2012", 13),
        ("12.05.12", 13),
        ("12/05-90", 35),
        ("120512", 13),
        ("10, 11, 12", 10),
        ("10-11-12", 10),
        ("15 år (160 cm)", 15),
    ],
)
def test_other_ways_to_say_an_age(written: str, age: int) -> None:
    person, warned, kept = read(stated_age=written)
    assert (person.stated_age, warned, kept) == (age, {"stated_age": ["age_in_words"]}, {"stated_age": written})


@given(
    st.dates(date(1907, 1, 1), TODAY),
    st.sampled_from(["%Y", "%Y-00-00", "%Y-%m", "%Y-%m-00", "%Y-%m-32", "%d.%m.%Y", "%Y%m%d"]),
)
@example(date(2008, 3, 10), "%Y-%m-00")
@example(date(2026, 3, 1), "%Y-%m")
def test_a_birth_date_without_its_day_is_the_least_age_that_it_can_be(born: date, form: str) -> None:
    written = born.strftime(form)
    person, warned, kept = read(birth_date=written)
    knows_month = form.startswith("%Y-%m")
    days = [TODAY - timedelta(days=back) for back in range(44_000)]
    alike = (
        day
        for day in days
        if (day.year, day.month if knows_month else 0) == (born.year, born.month if knows_month else 0)
    )
    assert person.stated_age == whole_years(next(alike), TODAY) <= whole_years(born, TODAY)
    assert person.birth_date is None
    assert (warned, kept) == ({"birth_date": ["part_of_a_date"]}, {"birth_date": written})


@pytest.mark.parametrize(
    ("stated", "birth_date", "age", "codes"),
    [
        (24, "2012", 13, ["least_age"]),
        (17, "2008", 17, []),
        (18, "2008", 17, ["least_age"]),
        (15, "2005", 15, []),
        (31, "1996", 31, []),
        ("24 år", "2012", 13, ["age_in_words", "least_age"]),
        (200, "2012", 13, ["impossible"]),
    ],
)
def test_of_a_stated_age_and_a_year_of_birth_the_one_that_makes_a_child_counts(
    stated: Any, birth_date: str, age: int, codes: list[str]
) -> None:
    person, warned, kept = read(stated_age=stated, birth_date=birth_date)
    assert person.stated_age == age
    assert (warned.get("stated_age", []), warned["birth_date"]) == (codes, ["part_of_a_date"])
    assert kept == {"birth_date": birth_date} | ({"stated_age": stated} if codes else {})


@pytest.mark.parametrize(
    ("field", "written"),
    [
        *(
            (field, value)
            for field in ("stated_age", "age_at_exploitation")
            for value in (121, 200.5, "150 år", "-15", -1, -0.5)
        ),
        *(
            ("birth_date", value)
            for value in ("2027", "2026-04", "2026-04-00", "2026-04-01", "1850", "1850-05-05", "0000-00-00")
        ),
    ],
)
def test_what_no_person_can_be_is_unknown(field: str, written: Any) -> None:
    person, warned, kept = read(**{field: written})
    assert (person.stated_age, getattr(person, field)) == (None, None)
    assert (warned, kept) == ({field: ["impossible"]}, {field: written})


@pytest.mark.parametrize("field", ["stated_age", "age_at_exploitation", "birth_date"])
@pytest.mark.parametrize("written", ["ung", "en ung pige", [15], True])
def test_what_says_no_age_is_not_called_impossible(field: str, written: Any) -> None:
    person, warned, _ = read(**{field: written})
    assert (getattr(person, field), warned) == (None, {field: ["not_understood"]})


def test_an_age_at_exploitation_within_what_was_said_stays_a_child_s() -> None:
    person, warned, kept = read(stated_age="15-17", age_at_exploitation=16)
    assert (person.age_at_exploitation, warned["age_at_exploitation"]) == (15, ["least_age"])
    assert kept["age_at_exploitation"] == 16
    person, warned, _ = read(stated_age="15-17", age_at_exploitation=40)
    assert (person.age_at_exploitation, warned["age_at_exploitation"]) == (None, ["impossible"])
    person, warned, _ = read(stated_age="15-17", birth_date="2012-05-12", age_at_exploitation=14)
    assert (person.age_at_exploitation, warned["age_at_exploitation"]) == (None, ["impossible"]), "by the birth date"


@given(st.dates(date(1950, 1, 1), TODAY), st.integers(0, 120))
def test_nobody_was_older_when_exploited_than_they_are_by_their_birth_date(born: date, then: int) -> None:
    person, warned, _ = read(birth_date=born.isoformat(), age_at_exploitation=then)
    is_possible = then <= whole_years(born, TODAY)
    assert person.age_at_exploitation == (then if is_possible else None)
    assert warned == ({} if is_possible else {"age_at_exploitation": ["impossible"]})


def test_a_birth_date_that_stands_for_an_unknown_one_says_nothing_of_that() -> None:
    person, warned, _ = read(birth_date="1900-01-01", age_at_exploitation=40)
    assert (person.age_at_exploitation, warned) == (40, {"birth_date": ["placeholder"]})
    person, warned, _ = read(birth_date="2011-11-11", age_at_exploitation=40)
    assert person.age_at_exploitation is None


@pytest.mark.parametrize(
    ("written", "age"),
    [
        *(
            ("12.05.10", 13),
            ("12/05-10", 13),
            ("12/05/10", 13),
            ("120510", 13),
            (120510, 13),
            (50510, 15),
            ("12 05 10", 13),
        ),
        *(
            ("d. 12.5.'10", 13),
            ("120510-1234", 13),
            ("010190-2012", 36),
            ("XX.05.10", 15),
            ("??.??.10", 15),
            ("00.00.10", 15),
        ),
        *(("12. maj 10", 13), ("12.V.95", 30), ("12.5.95", 30), ("31.12.08", 17), ("95.05.12", 30), ("10.03.26", 15)),
        *(
            ("09.03.26", 0),
            ("13.05.30", 12),
            ("13.05.90", 35),
            ("12ー05ー10", 13),
            ("١٢.٠٥.١٠", 13),
            ("31.02.10", 15),
            ("99.99.10", 15),
        ),
    ],
)
def test_a_birth_date_whose_year_has_two_digits_is_the_least_age_that_it_can_be(written: Any, age: int) -> None:
    person, warned, kept = read(birth_date=written)
    assert (person.stated_age, person.birth_date) == (age, None)
    assert (warned, kept) == ({"birth_date": ["short_year"]}, {"birth_date": written})


@pytest.mark.parametrize(
    ("written", "age", "code"),
    [
        *(("12.05.10 (pas: 1990)", 13, "short_year"), ("12.05.10 eller 1990", 13, "short_year")),
        *(("1990 eller 12.05.10", 13, "short_year"), ("12.05.90 eller 12.05.10", 13, "short_year")),
        *(("12.05.90 eller 2012", 13, "part_of_a_date"), ("1990, cpr 120510-1234", 13, "short_year")),
        *(("1990-05-12 10:30:15", 35, "part_of_a_date"), ("12. maj 1990 kl. 10.30.15", 35, "part_of_a_date")),
        *(("1990-05-12T10:30:15", 35, "part_of_a_date"), ("13.05.90 10:30:15", 35, "short_year")),
    ],
)
def test_of_two_birth_dates_the_one_that_makes_the_younger_counts(written: str, age: int, code: str) -> None:
    person, warned, _ = read(birth_date=written)
    assert (person.stated_age, warned) == (age, {"birth_date": [code]})


@pytest.mark.parametrize(
    ("written", "age"),
    [
        *(("14.15.35", 14), ("20.30.40", 20), ("11.12.13", 11), ("15.16.17", 8), ("12.05.10 eller 1990", 13)),
        *(("31.05.12", 13), ("30.06.26", None), ("30.06.26, 15", 15)),
    ],
)
def test_where_an_age_is_asked_for_the_least_of_three_ages_and_a_date_counts(written: str, age: int | None) -> None:
    person, warned, _ = read(stated_age=written)
    code = "impossible" if age is None else "age_in_words"
    assert (person.stated_age, warned) == (age, {"stated_age": [code]})


@pytest.mark.parametrize("written", ["30.06.26", "30/06-26", "300626", "10.12.26", "26.05.28", "30.08.27"])
def test_a_date_that_lies_ahead_makes_nobody_an_adult(written: str) -> None:
    person, warned, kept = read(birth_date=written)
    expected = 15 if written.startswith("10") else None
    assert person.stated_age == expected
    assert (warned, kept) == (
        {"birth_date": ["short_year" if expected else "impossible"]},
        {"birth_date": written},
    )


@pytest.mark.parametrize(("written", "age"), [("31.10.27", 94), ("13.05.90", 35), ("12.05.32", 93)])
def test_a_date_far_ahead_that_can_be_nothing_else_is_of_the_last_century(written: str, age: int) -> None:
    assert read(birth_date=written)[0].stated_age == age


@given(
    st.dates(date(1926, 3, 10), TODAY),
    st.sampled_from(["%d.%m.%y", "%d/%m-%y", "%d/%m/%y", "%d%m%y", "%d %m %y", "%d-%m-%y"]),
)
@example(date(1931, 3, 26), "%d.%m.%y")
@example(date(1927, 1, 28), "%d.%m.%y")
def test_it_makes_nobody_older_than_the_order_of_danes_does(born: date, form: str) -> None:
    person, warned, _ = read(birth_date=born.strftime(form))
    if person.stated_age is None:
        assert may_lie_ahead(born)
        assert warned == {"birth_date": ["impossible"]}
        return
    assert 0 <= person.stated_age <= whole_years(born, TODAY) <= 99
    assert warned == {"birth_date": ["short_year"]}


def may_lie_ahead(born: date) -> bool:
    """Whether its three numbers, with a year of two digits, are also a day that lies ahead by so little that it may be meant:
    then they say no age."""
    day, month, year = born.day, born.month, born.year % 100
    orders = [
        (2000 + year, month, day),
        (2000 + year, day, month),
        (2000 + day, month, year),
        (2000 + day, year, month),
    ]
    days = [date(*order) for order in orders if 1 <= order[1] <= 12 and 1 <= order[2] <= monthrange(*order[:2])[1]]
    return any(TODAY < each <= months_after(TODAY, 18) for each in days)


@given(st.dates(date(1932, 1, 1), date(1999, 12, 31)))
def test_where_only_one_order_can_be_meant_it_is_that_age(born: date) -> None:
    if born.day > 12:
        person, _, _ = read(birth_date=born.strftime("%d.%m.%y"))
        assert person.stated_age == whole_years(born, TODAY)


@pytest.mark.parametrize("written", ["172800", "2027-05-12 10:30", "1273622400", "12345", 5])
def test_what_is_no_such_date_is_not_read_as_one(written: Any) -> None:
    person, warned, _ = read(birth_date=written)
    assert (person.stated_age, warned) == (None, {"birth_date": ["impossible"]})


@pytest.mark.parametrize("age", range(1, 100))
@pytest.mark.parametrize("spelling", ["{}", "{} år", "ca. {}"])
def test_an_age_in_roman_numerals_is_that_age(age: int, spelling: str) -> None:
    tens, ones = divmod(age, 10)
    roman = ["", "X", "XX", "XXX", "XL", "L", "LX", "LXX", "LXXX", "XC"][tens]
    roman += ["", "I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX"][ones]
    person, warned, _ = read(stated_age=spelling.format(roman))
    # X, XX and XXX stand for what is not known; V and I for words.
    is_one = len(set(roman)) > 1
    assert person.stated_age == (age if is_one else None)
    assert warned == {"stated_age": ["age_in_words" if is_one else "not_understood"]}


@pytest.mark.parametrize(("written", "age"), [("xvi", 16), ("XV-XVI", 15), ("Ⅻ", 12), ("Ⅹ", 10), ("XVI.", 16)])
def test_other_ways_to_write_roman_numerals(written: str, age: int) -> None:
    assert read(stated_age=written)[0].stated_age == age


@pytest.mark.parametrize("written", ["IL", "VIX", "MX", "XVI kvinder", "V"])
def test_what_is_no_roman_numeral_is_no_age(written: str) -> None:
    assert read(stated_age=written)[0].stated_age is None


CHILDREN: list[dict[str, Any]] = [
    *({"stated_age": age} for age in (15.5, "15 år", "15 years", "ca. 15", "15-16")),
    *(
        {"birth_date": day, "stated_age": None}
        for day in ("2012", "2012-00-00", "2012-05", "2012-05-00", "12/05-10", "120510")
    ),
    {"stated_age": "XVI"},
]


@pytest.mark.parametrize("child", CHILDREN)
async def test_a_child_so_written_is_protected_as_one(havn: World, child: dict[str, Any]) -> None:
    await havn.set_clock(NOW.isoformat())
    case = await open_case(havn, child, municipality="0751")
    details = await case.details()
    assert details["age_group"] == "presumed_minor"
    assert "child_notification" in [each["kind"] for each in details["deadlines"]]


async def test_the_receipt_says_how_it_was_read_and_both_parties_see_what_was_written(havn: World) -> None:
    await havn.set_clock(NOW.isoformat())
    sent = await send(havn, subject(birth_date="2012-05-00", stated_age=None))
    (warned,) = sent.receipt["warnings"]
    assert (warned["loc"], warned["code"]) == (["body", "subjects", 0, "birth_date"], "part_of_a_date")
    assert "the least age that somebody born then can be" in warned["msg"]
    shown = (await sent.read(by="cmm")).json()
    assert (shown["subjects"][0]["stated_age"], shown["subjects"][0]["birth_date"]) == (13, None)
    assert shown["as_written"] == [{"loc": warned["loc"], "value": "2012-05-00"}]
