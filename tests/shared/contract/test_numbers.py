"""A number is a claim: what is compared with what, what says less, and what is none at all."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.contract.codes import IdentifierType
from shared.contract.countries import citizenships_read, read_as
from shared.contract.numbers import Identifier, Number, SameNumber, fits_its_type, number_of, same_number
from shared.contract.placeholders import PLACEHOLDERS, is_no_birth_date, is_no_name, is_no_number, plain

DASHES = (
    "-\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe63\uff0d"
    "\u30fc\uff70\u4e00\u3161\u1173\u0640\u07fa\u02c9\u02cd\u1428\u2cba\ua7f7\u2500\u31d0"
)
ZEROS = "0٠۰०০๐０"


def identifier(kind: str, value: str, country: str | None = None) -> Identifier:
    return Identifier.model_validate({"type": kind, "value": value, "issuing_country": country})


def number(kind: str, value: str, country: str | None = None) -> Number:
    found = number_of(identifier(kind, value, country))
    assert found is not None
    return found


# ---------------------------------------------------------------- how they are compared


def test_letters_alone_are_a_number_of_a_passport_and_none_of_another_paper() -> None:
    assert number_of(identifier("other", "ABCDEFG")) is None
    assert number_of(identifier("foreigner_number", "ABCDEFG")) is None
    assert number_of(identifier("cpr", "14")) is None


def test_a_number_says_less_where_only_one_of_two_has_its_types_shape() -> None:
    fits, does_not = number("cpr", "740598-1234"), number("x_ecpr", "740598-1234")
    assert (fits.fits, does_not.fits) == (True, False)
    assert same_number(fits, fits) is SameNumber.FIRM
    assert same_number(fits, does_not) is same_number(does_not, fits) is SameNumber.WEAK


@given(
    st.text("0123456789", min_size=10, max_size=10),
    st.sampled_from([*DASHES, " ", "", "\u00a0", "\u200b", ".", "/"]),
    st.sampled_from(ZEROS),
)
def test_dashes_spaces_and_scripts_make_no_other_number(digits: str, between: str, zero: str) -> None:
    spelt = "".join(chr(ord(zero) + int(each)) for each in digits[:6]) + between + digits[6:]
    assert plain(spelt) == digits
    assert plain(f"C{between}{digits}") == f"C{digits}"


@given(st.text(max_size=30))
def test_what_is_compared_compares_as_itself(text: str) -> None:
    assert plain(plain(text)) == plain(text)


def test_danish_numbers_are_one_number_space() -> None:
    kinds = ("cpr", "replacement_cpr", "x_ecpr", "d_ecpr")
    for one in kinds:
        for other in kinds:
            assert same_number(number(one, "690188-1234"), number(other, "6901881234")), (one, other)
    assert same_number(number("cpr", "6901881234"), number("passport", "6901881234")) is None


@pytest.mark.parametrize(
    ("one", "other", "says"),
    [
        ("THA", "THA", SameNumber.FIRM),
        ("THA", "NGA", None),
        (None, "THA", SameNumber.WEAK),
        (None, None, SameNumber.WEAK),
        ("D", "DEU", SameNumber.FIRM),
        ("RKS", "XKX", SameNumber.FIRM),
        ("UNK", "THA", SameNumber.WEAK),
        ("GBD", "GBR", None),
        ("GRL", "DNK", SameNumber.FIRM),
    ],
)
def test_passports_are_compared_with_their_country(one: str | None, other: str | None, says: SameNumber | None) -> None:
    assert same_number(number("passport", "C1234567", one), number("passport", "c 123-4567", other)) is says


@pytest.mark.parametrize(("other", "says"), [("THA", SameNumber.WEAK), (None, SameNumber.WEAK), ("NGA", None)])
def test_a_passport_and_another_foreign_document_of_its_number_may_be_one(
    other: str | None, says: SameNumber | None
) -> None:
    passport, paper = number("passport", "C1234567", "THA"), number("other", "c 123-4567", other)
    assert same_number(passport, paper) is same_number(paper, passport) is says


def test_what_has_not_its_types_shape_is_compared_as_written_and_says_less() -> None:
    odd = number("cpr", "12-3457")
    assert not odd.fits
    assert same_number(odd, number("cpr", "123 457")) is SameNumber.WEAK


@pytest.mark.parametrize(
    ("kind", "value", "fits"),
    [
        ("cpr", "0101901234", True),
        ("cpr", "690188-0001", True),  # a replacement number, sent as a CPR number
        ("cpr", "010190-1111", True),  # never modulus 11
        ("cpr", "310290-1234", True),  # nor the calendar
        ("cpr", "1405981AB2", False),
        ("cpr", "991390-1234", False),
        ("cpr", "12345", False),
        ("replacement_cpr", "690188-0001", True),
        ("replacement_cpr", "010190-1234", False),
        ("x_ecpr", "1405981AB2", True),
        ("x_ecpr", "7405981ab2", True),
        ("x_ecpr", "140598-1234", False),
        ("d_ecpr", "140598-A123", True),
        ("d_ecpr", "1405981234", False),
        ("passport", "C1234567", True),
        ("passport", "C1", False),
        ("foreigner_number", "12345678", True),
        ("other", "whatever 12", True),
    ],
)
def test_the_shape_is_checked_per_type(kind: str, value: str, fits: bool) -> None:
    assert fits_its_type(identifier(kind, value)) is fits


# ---------------------------------------------------------------- what is no number


@pytest.mark.parametrize(
    "value",
    [
        *(
            "ukendt",
            "unknown",
            "UNKNOWN",
            "n/a",
            "ingen",
            "-",
            "?",
            "none",
            "000000-0000",
            "999999-9999",
            "123456789",
            "0",
        ),
        *(
            "1234567890",
            "987654321",
            "111111",
            "X0000000",
            "A1",
            "12",
            "abc",
            "ABCDEFGH",
            "١٢٣٤٥٦٧٨٩",
            "０００００００",
            "—",
            "\u200b",
        ),
        *("ukendt 2", "Unknown-3", "ikke oplyst 1", "no passport 1", "TEST 1234", "140598-XXXX", "xxxx1", "112233"),
        *(
            "ukendt kvinde 7",
            "kvinde 24",
            "person 1",
            "mangler pr. 02-03-2026",
            "født 1985",
            "intet pas 2024",
            "no ID 3",
        ),
        *("TEMP001", "unkn0wn", "Max Mustermann 1"),
    ],
)
@pytest.mark.parametrize("kind", list(IdentifierType))
def test_a_value_that_is_no_number_is_never_matched(kind: IdentifierType, value: str) -> None:
    assert is_no_number(kind, value)


@pytest.mark.parametrize("value", ["140598", "140598-????", "140598-0000"])
def test_a_birth_date_alone_is_no_danish_number(value: str) -> None:
    assert is_no_number(IdentifierType.CPR, value)
    assert not is_no_number(IdentifierType.PASSPORT, value)


@pytest.mark.parametrize("value", ["121212", "123123123"])
def test_what_only_repeats_itself_is_no_number_but_a_danish_one(value: str) -> None:
    assert is_no_number(IdentifierType.PASSPORT, value)
    assert not is_no_number(IdentifierType.CPR, "0101010101")


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("passport", "C1234567"),
        ("passport", "NA1234567"),
        ("passport", "ABCD 1234"),
        ("passport", "THAI 123456"),
        ("other", "MALEE 2001"),
        ("passport", "X00000001"),
        ("passport", "AB123"),
        ("cpr", "690188-0001"),
        ("x_ecpr", "1405981AB2"),
        ("foreigner_number", "12345679"),
        ("other", "KV-2026-17"),
    ],
)
def test_what_could_be_a_number_is_matched(kind: str, value: str) -> None:
    assert number_of(identifier(kind, value)) is not None


@pytest.mark.parametrize("kind", ["other", "foreigner_number"])
@pytest.mark.parametrize("value", ["A12", "7-11", "ABCDE", "Malee"])
def test_short_values_and_letters_alone_are_shown_and_never_matched(kind: str, value: str) -> None:
    assert number_of(identifier(kind, value)) is None


@given(st.sampled_from(list(IdentifierType)), st.characters(categories=("Nd", "Lu", "Ll")), st.integers(1, 30))
def test_one_character_over_and_over_is_no_number(kind: IdentifierType, character: str, times: int) -> None:
    assert is_no_number(kind, character * times)


@given(
    st.sampled_from(list(IdentifierType)),
    st.text(st.characters(exclude_categories=("Nd", "No", "Nl", "Cs")), max_size=30),
)
def test_without_a_digit_there_is_no_number(kind: IdentifierType, text: str) -> None:
    if not any(each.isascii() and each.isdigit() for each in plain(text)):
        assert is_no_number(kind, text)


@given(
    st.sampled_from(list(IdentifierType)),
    st.text(st.characters(codec="latin-1", categories=("Lu", "Ll", "Nd"), exclude_characters="ß"), max_size=20),
    st.sampled_from([" ", "\u200b", "–"]),
)
def test_how_it_is_spelt_makes_nothing_a_number(kind: IdentifierType, text: str, between: str) -> None:
    assert is_no_number(kind, text) == is_no_number(kind, between.join(text))


# ---------------------------------------------------------------- names and birth dates


@pytest.mark.parametrize(
    "name",
    [
        *(
            "Ukendt",
            "UKENDT",
            " ukendt ",
            "N.N.",
            "NN",
            "N. N.",
            "FNU",
            "LNU",
            "n/a",
            "???",
            "-",
            "xxx",
            "XXXX",
            "Ukendt kvinde",
        ),
        *(
            "ukendt, navn",
            "No Name",
            "Unknown unknown",
            "Anonym",
            "Jane Doe",
            "neznámý",
            "Unbekannt",
            "inconnue",
            "12345",
        ),
        *(
            "неизвестная",
            "невідомо",
            "άγνωστο",
            "غير معروف",
            "ไม่ทราบชื่อ",
            "不明",
            "অজানা",
            "\u200b",
            "Ｕｋｅｎｄｔ",
            "Uk\u200bendt",
        ),
        *(
            "Ukendt 2",
            "ukendt kvinde 1",
            "Woman 1",
            "NN 2",
            "fnu lnu",
            "John Doe 2",
            "TBD",
            "none",
            "Baby girl",
            "٣ ukendt",
        ),
        *(
            "Jane Roe",
            "Richard Roe",
            "NFN NLN",
            "NFN",
            "Test Test",
            "Navn Efternavn",
            "Fornavn Efternavn",
            "Given Name",
            "Surname",
            "Vorname Nachname",
            "Nom Prénom",
            "Prénom",
        ),
        *("不詳", "미상", "אלמוני", "Tuntematon", "Không rõ", "Nepoznato", "непозната", "氏名不詳", "Khong ro"),
        *("P01 P01", "P-01", "K2", "P01", "Kvinde P01", "p٣"),
        *(
            "mand mand",
            "Kvinde",
            "Pige",
            "girl",
            "Thai Kvinde",
            "thai mand",
            "Ukendt thailandsk kvinde",
            "Vietnamesisk mand",
            "Nigerian woman 2",
            "Romanian man",
            "Ukendt rumænsk",
            "en østeuropæisk kvinde",
        ),
    ],
)
def test_what_stands_for_an_unknown_name_is_none(name: str) -> None:
    assert is_no_name(name)


@pytest.mark.parametrize(
    "name",
    [
        "Malee",
        "Na",
        "An",
        "Aa",
        "No",
        "Nok",
        "An Man",
        "Malee 2",
        "Oksana Shevchenko",
        "Оксана",
        "มาลี",
        "Ukendt Petersen",
        "Li",
        "Ng",
        "O",
        "Jane",
        "Roe",
        "Jane Roerich",
        "Richard Roer",
        "Malee Test",
        "Thai",
        "Thai Man",
        "Ukendt Thai",
        "Danish",
        "Danish Mand",
        "Danish Khan",
        "Germán",
        "Man Man",
        "Somali",
        "Malee P01",
        "Ng 2",
        "Thai Van Man",
        "Kvindesland",
        "Malee Kvinde Petersen",
        "Moldovan",
        "Thailandsk",
    ],
)
def test_short_and_foreign_names_are_names(name: str) -> None:
    assert not is_no_name(name)


@pytest.mark.parametrize("born", sorted(PLACEHOLDERS.birth_dates))
def test_a_listed_birth_date_is_unknown(born: date) -> None:
    assert is_no_birth_date(born, on=date(2026, 3, 2))


@given(st.dates(date(1900, 1, 1), date(2199, 12, 31)), st.dates(date(2020, 1, 1), date(2100, 1, 1)))
def test_nobody_was_born_after_today_nor_lives_past_the_oldest(born: date, on: date) -> None:
    if born > on or on.year - born.year > PLACEHOLDERS.oldest:
        assert is_no_birth_date(born, on=on)
    elif born not in PLACEHOLDERS.birth_dates:
        assert not is_no_birth_date(born, on=on)


# ---------------------------------------------------------------- countries


@pytest.mark.parametrize(
    ("written", "read"),
    [
        *(("D", "DEU"), ("RKS", "XKX"), ("XKX", "XKX"), ("GRL", "DNK"), ("FRO", "DNK"), ("THA", "THA"), ("GBD", "GBD")),
        *((code, None) for code in ("XXA", "XXB", "XXC", "XXX", "UNK")),
    ],
)
def test_the_codes_of_passports_are_read_as_countries(written: str, read: str | None) -> None:
    assert read_as(written) == read


def test_citizenships_are_read_in_their_order_each_once() -> None:
    codes: list[Any] = ["D", "DEU", "UNK", "XXA", "GRL", "DNK", "XXX"]
    assert citizenships_read(codes) == ("DEU", "XXA", "DNK")
