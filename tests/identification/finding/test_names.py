"""Spellings of one name are alike, and two names are not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.identification.finding import names
from services.identification.finding.likeness import part_likeness
from services.identification.finding.names import fold, full, keys_of, names_of, parts, phone, sound, trigrams

written = st.text(alphabet=st.sampled_from("abcdeghiklmnoprstuvyzæøåäöüéđłışñ '-ABCÆØÅ"), max_size=24)

SPELT_ALIKE = [
    ("Sørensen", "Soerensen"),
    ("Sørensen", "Sorensen"),
    ("Kjær", "Kjaer"),
    ("Østergård", "Oestergaard"),
    ("Ågård", "Agard"),
    ("Müller", "Mueller"),
    ("Nguyễn", "Nguyen"),
    ("Đặng", "Dang"),
    ("Trần", "Tran"),
    ("Țepeș", "Tepes"),
    ("Ștefan", "Stefan"),
    ("Phonchai", "Ponchai"),
    ("Wichai", "Vichai"),
    ("Saleem", "Salim"),
    ("Noor", "Nour"),
    ("Yasmeen", "Jasmin".replace("J", "Y")),
    ("Khaleel", "Kalil"),
    ("Łukasz", "Lukasz"),
    ("Zoë", "Zoe"),
    ("ANNE-MARIE", "anne-marie"),
]
SOUND_ALIKE = [
    ("Mohammed", "Muhammad"),
    ("Mohamed", "Mohamad"),
    ("Fatimah", "Fatima"),
    ("Sophia", "Sofia"),
    ("Yulia", "Iuliia"),
    ("Julia", "Yulia"),
    ("Oleksandr", "Alexander"),
    ("Olha", "Olga"),
    ("Serhiy", "Sergei"),
    ("Kateryna", "Katerina"),
    ("Christian", "Kristian"),
    ("Chidi", "Shidi"),
    ("Somchai", "Somshai"),
    ("Zainab", "Sainab"),
]
PARTS_ALIKE = [
    ("al-Hassan", "Hassan"),
    ("El Hassan", "Hassan"),
    ("Abd al-Rahman", "Abdulrahman"),
    ("Abdel Rahman", "Abdul-Rahman"),
    ("Omar bin Khalid", "Omar Khalid"),
    ("Nguyen Thi Lan", "Nguyễn Lan"),
    ("Nang Malee", "Malee"),
    ("Fru Hansen", "Hansen"),
    ("Dr. Okafor", "Okafor"),
    ("  Malee   Suwan ", "Malee Suwan"),
]
DIFFERENT = [("Malee", "Somchai"), ("Hansen", "Okafor"), ("Blessing", "Joy"), ("Andrei", "Maria")]


@pytest.mark.row(12)
@pytest.mark.parametrize(("one", "other"), SPELT_ALIKE)
def test_spellings_of_one_name_fold_to_one(one: str, other: str) -> None:
    assert parts(one) == parts(other) != ()


@pytest.mark.row(12)
@pytest.mark.parametrize(("one", "other"), SOUND_ALIKE)
def test_transliterations_of_one_name_sound_alike(one: str, other: str) -> None:
    assert [sound(part) for part in parts(one)] == [sound(part) for part in parts(other)]
    assert part_likeness(*parts(one), *parts(other)) >= 0.84


@pytest.mark.row(12)
@pytest.mark.parametrize(("one", "other"), PARTS_ALIKE)
def test_articles_titles_and_particles_tell_nobody_apart(one: str, other: str) -> None:
    assert parts(one) == parts(other) != ()


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_different_names_stay_different(one: str, other: str) -> None:
    assert part_likeness(*parts(one), *parts(other)) == 0


@pytest.mark.parametrize("name", ["Miss", "Al", "bin", "Thi", "Dr"])
def test_a_name_that_is_nothing_but_a_title_is_kept(name: str) -> None:
    assert len(parts(name)) == 1


@pytest.mark.parametrize("name", [None, "", "  ", "-", "'", "…"])
def test_a_name_without_a_letter_is_none(name: str | None) -> None:
    assert names_of(name, None) == ()


@given(written)
def test_what_is_folded_folds_to_itself(name: str) -> None:
    for part in parts(name):
        assert fold(fold(part)) == fold(part)


@given(written)
def test_capitals_and_accents_never_matter(name: str) -> None:
    assert parts(name.upper()) == parts(name)
    assert parts(name.replace("e", "é")) == parts(name.replace("é", "e"))


@given(written)
def test_a_name_finds_itself(name: str) -> None:
    for part in parts(name):
        assert part_likeness(part, part) == 1.0


@given(written, written)
def test_how_alike_two_parts_are_does_not_depend_on_the_order(one: str, other: str) -> None:
    for mine in parts(one):
        for theirs in parts(other):
            assert part_likeness(mine, theirs) == part_likeness(theirs, mine)


@given(written, written)
def test_swapped_names_are_found_by_the_same_keys(given_name: str, family_name: str) -> None:
    ones, others = names_of(given_name, family_name), names_of(family_name, given_name)
    for one, other in zip(ones, others, strict=True):
        assert keys_of(one, [1999]) == keys_of(other, [1999])


@given(written, written, st.sets(st.integers(1930, 2020), max_size=3))
def test_the_number_of_keys_of_a_name_is_bounded(given_name: str, family_name: str, years: set[int]) -> None:
    for name in names_of(given_name * 5, family_name * 5):
        assert len(keys_of(name, years)) < 4000


@pytest.mark.row(12)
def test_a_name_is_found_by_pairs_before_parts_and_by_parts_before_letters() -> None:
    (name,) = names_of("Malee", "Suwan")
    found = keys_of(name, [2001])
    assert {"p:ml+svn", "s:ml", "s:svn", "y:ml+2001", "g:#ma", "t:#ma+svn"} <= found


def test_trigrams_mark_where_a_name_begins_and_ends() -> None:
    assert trigrams("ana") == {"#an", "ana", "na#"}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("70 20 25 50", "+45 70202550"),
        ("0045-70202550", "4570202550"),
        ("+45 (0) 70 20 25 50", "4570202550"),
        ("0046 (0)70-123 45 67", "+46701234567"),
        ("Mobil: +46 ( 0 ) 70 123 45 67", "+46701234567"),
        ("(+66) 81 234 5678", "0066812345678"),
    ],
)
def test_one_telephone_number_is_written_in_many_ways(one: str, other: str) -> None:
    assert phone(one) == phone(other) != ""


@pytest.mark.parametrize("number", ["", "112", "call me", "12 34"])
def test_what_is_too_short_to_be_a_telephone_number_is_none(number: str) -> None:
    assert phone(number) == ""


@pytest.mark.parametrize(
    "number",
    [
        *("12345678", "+45 12 34 56 78", "87654321", "11111111", "+45 99999999", "00000000", "10000000", "12341234"),
        *("+46 70 000 00 00", "+66 81 111 1111", "١٢٣٤٥٦٧٨"),
    ],
)
def test_what_is_written_for_an_unknown_telephone_number_is_none(number: str) -> None:
    assert phone(number) == ""


@pytest.mark.parametrize("number", ["35353535", "70202020", "70 20 25 50", "22334455"])
def test_a_number_that_is_easily_kept_in_mind_is_one(number: str) -> None:
    assert phone(number) != ""


def test_one_part_of_a_name_makes_nobody_one_suspect() -> None:
    assert full(parts("Boss")) == ""
    assert full(parts("Big Boss")) == full(parts("boss big")) != ""
    assert names.full(()) == ""
