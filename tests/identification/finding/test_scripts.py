"""Names in other scripts are read as passports and papers usually spell them, and names that only resemble them are not."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.scripts import PEOPLE, STRANGERS, spelt
from services.identification.case.schemas import CasePerson
from services.identification.finding.likeness import Known, compare
from services.identification.finding.names import keys_of, names_of, parts
from services.identification.finding.scripts import MOST_READINGS, readings
from services.identification.questions.domain import LEAST_ASKED
from tests.identification.finding.test_likeness import ON, known

SPELT_ELSEWHERE = [
    ("Оксана Шевченко", "Oksana Shevchenko"),
    ("Сергій Гриценко", "Serhii Hrytsenko"),
    ("Євген Щербак", "Yevhen Shcherbak"),
    ("Євген Щербак", "Evgen Scherbak"),
    ("В'ячеслав", "Viacheslav"),
    ("Екатерина Хрущёва", "Yekaterina Khrushcheva"),
    ("Христо Щерев", "Hristo Shterev"),
    ("Живко Желязков", "Jivko Jeliazkov"),
    ("Цвета Търновска", "Tsveta Tarnovska"),
    ("Ђорђе Ковачевић", "Đorđe Kovačević"),
    ("Ђорђе Ковачевић", "Djordje Kovacevic"),
    ("Цветко Хаџић", "Cvetko Hadzic"),
    ("Γιώργος Παπαδόπουλος", "Giorgos Papadopoulos"),
    ("Γιώργος Παπαδόπουλος", "Yiorgos Papadopoulos"),
    ("Χαράλαμπος Μπακογιάννης", "Haralambos Bakogiannis"),
    ("Ευαγγελία Χατζή", "Evangelia Chatzi"),
    ("محمد", "Mohammed"),
    ("محمد", "Muhammad"),
    ("أحمد الحسن", "Ahmed al-Hassan"),
    ("أحمد الحسن", "Ahmad Hassan"),
    ("مُحَمَّد", "Mohamed"),
    ("محمـــد", "Mohamed"),
    ("عبدالرحمن سليم", "Abdulrahman Saleem"),
    ("عبد الرحمن سليم", "Abdel Rahman Salim"),
    ("عبد الله", "Abdullah"),
    ("ليلى", "Layla"),
    ("فوزي بدوي", "Fawzi Badawi"),
    ("علی‌رضا کریمی", "Alireza Karimi"),
    ("علي‌رضا كريمي", "Alireza Karimi"),
    ("کوثر رضایی", "Kowsar Rezaei"),
    ("ژاله صادقی", "Jaleh Sadeghi"),
    ("مهدی موسوی", "Mehdi Mousavi"),
    ("ሰላም ተስፋዬ", "Selam Tesfaye"),
    ("ብርሃነ ገብረመድህን", "Berhane Gebremedhin"),
    ("মোহাম্মদ রহমান", "Mohammad Rahman"),
    ("ওয়াহিদ হক", "Wahid Haque"),
    ("নুসরাত চৌধুরী", "Nusrat Chowdhury"),
    ("ქეთევან ჯავახიშვილი", "Ketevan Javakhishvili"),
    ("ხათუნა ბერიძე", "Hatuna Beridze"),
    ("אברהם לוי", "Avraham Levi"),
    ("משה כהן", "Moshe Cohen"),
    ("דוד כהן", "David Cohen"),
    ("רחל ביטון", "Rachel Biton"),
    ("חנה שוורץ", "Hannah Schwartz"),
    ("יצחק רבין", "Yitzhak Rabin"),
    ("박 지영", "Park Ji-young"),
    ("이 수진", "Lee Sujin"),
    ("최은희", "Choi Eun-hee"),
    ("အောင် ဆန်း", "Aung San"),
    ("သန္တာ ဝင်း", "Thandar Win"),
    ("မြင့်မြင့်ခင်", "Myint Myint Khin"),
    ("နန်းခင်ဇေယျာ", "Nan Khin Zayar"),
    ("ချမ်း မြေ့", "Chan Myay"),
    ("သူဇာ ထွန်း", "Thuzar Htun"),
    ("박지성", "Park Ji-sung"),
    ("ຄຳ ພົມມະຈັນ", "Kham Phommachanh"),
    ("ແກ້ວ ວົງສາ", "Keo Vongsa"),
    ("ນ້ອຍ ບຸນມີ", "Noi Bounmy"),
    ("विष्णु थापा", "Bishnu Thapa"),
    ("王小明", "Wang Xiaoming"),
    ("王小明", "Xiaoming Wang"),
    ("欧阳娜娜", "Ouyang Nana"),
    ("單文博", "Shan Wenbo"),
    ("陳美玲", "Chen Mei Ling"),
    ("สมหญิง สุวรรณ", "Somying Suwan"),
    ("พรชัย ใจดี", "Pornchai Jaidee"),
    ("พรชัย ใจดี", "Phonchai Chaidi"),
    ("กมล แก้วมณี", "Kamol Kaewmanee"),
    ("อำนาจ คำแพง", "Amnat Khampaeng"),
    ("นางสาวมาลี", "Malee"),
    ("सीता", "Sita"),
    ("Հայկ", "Hayk"),
]
ANOTHER_SPELLING_OF_THE_SAME_LETTERS = [
    ("یاسمین کریمی", "ياسمين كريمي"),
    ("فاطمة", "فاطمه"),
    ("ﻣﺤﻤﺪ", "محمد"),
    ("Mаlee", "Malee"),  # a Cyrillic letter among Latin ones
    ("Oкcaнa", "Оксана"),  # Latin letters among Cyrillic ones
    ("ΕΛΕΝΗ", "Eλένη"),  # a Latin letter among Greek ones
    ("Ｏｋｓａｎａ", "Oksana"),
    ("ГАННА", "Ганна"),
    ("Йосип", "Йосип"),  # a letter with its mark apart
]


def likeness(one: str, other: str) -> float:
    """Of two whole names, each in one field."""
    return compare(known(given_name=one), known(given_name=other)).score


@pytest.mark.row(12)
@pytest.mark.parametrize(("one", "other"), SPELT_ELSEWHERE)
def test_a_name_is_like_its_usual_latin_spelling_whichever_was_recorded(one: str, other: str) -> None:
    assert likeness(one, other) >= LEAST_ASKED
    assert likeness(other, one) >= LEAST_ASKED


@pytest.mark.row(12)
@pytest.mark.parametrize(("one", "other"), SPELT_ELSEWHERE)
def test_a_name_shares_more_than_single_letters_with_its_latin_spelling(one: str, other: str) -> None:
    mine, theirs = ({key for name in names_of(each, None) for key in keys_of(name, [])} for each in (one, other))
    assert {key[0] for key in mine & theirs} & set("spt"), "nobody is found by what everybody shares"


@pytest.mark.parametrize(("one", "other"), ANOTHER_SPELLING_OF_THE_SAME_LETTERS)
def test_letters_that_look_alike_are_one(one: str, other: str) -> None:
    assert parts(one) == parts(other) != ()


@pytest.mark.parametrize("script", PEOPLE)
def test_nearly_all_names_of_a_script_are_like_their_usual_spellings(script: str) -> None:
    pairs = [(written, latin) for names in PEOPLE[script] for written, usual in spelt(names) for latin in usual]
    # A family name of two letters, as it stands beside: half of the name is right, and the other half is asked about.
    missed = [(one, other) for one, other in pairs if likeness(f"{one} Xu", f"{other} Xu") < LEAST_ASKED]
    assert len(missed) <= len(pairs) * 0.05, missed


@pytest.mark.parametrize("script", STRANGERS)
def test_no_more_strangers_pass_for_one_than_in_latin_letters(script: str) -> None:
    usual = dict(spelt(PEOPLE[script][0]))
    pairs = [(written, other) for written, (other,) in spelt(STRANGERS[script])]
    asked = [(one, other) for one, other in pairs if likeness(f"{one} Xu", f"{other} Xu") >= LEAST_ASKED]
    in_latin = [
        (one, other)
        for one, other in pairs
        if any(likeness(f"{latin} Xu", f"{other} Xu") >= LEAST_ASKED for latin in usual[one])
    ]
    assert set(asked) <= set(in_latin)


@pytest.mark.parametrize(
    ("given_name", "family_name", "sought"),
    [("小明", "王", "Wang Xiaoming"), ("Оксана", "Shevchenko", "Oksana Shevchenko"), (None, "محمد", "Mohammed")],
)
def test_given_and_family_name_stand_in_their_fields_or_in_one(
    given_name: str | None, family_name: str, sought: str
) -> None:
    person = CasePerson.model_validate({"given_name": given_name, "family_name": family_name})
    assert compare(known(given_name=sought), Known.of(person, on=ON)).score >= LEAST_ASKED


def test_an_alias_is_read_as_well() -> None:
    assert compare(known(aliases=["Оксана Шевченко"]), known(aliases=["Oksana Shevchenko"])).score >= LEAST_ASKED


def test_latin_letters_are_left_as_they_are() -> None:
    assert list(readings("Sørine Đặng", None)) == [("Sørine Đặng", "")]


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=40))
def test_whatever_is_written_has_a_bounded_number_of_readings(name: str) -> None:
    read = list(readings(name, name[::-1]))
    assert 1 <= len(read) <= MOST_READINGS
    assert len(set(read)) == len(read)
    assert all(parts(text) == parts(text) for pair in read for text in pair)


@pytest.mark.parametrize("letters", ["ก", "กร", "ตากลม", "หม", "ا", "Ж", "王", "ব"])
def test_a_name_of_two_hundred_letters_is_read_as_any_other(letters: str) -> None:
    long = (letters * 200)[:200]
    assert len(list(readings(long, long))) <= MOST_READINGS


def test_nothing_is_loaded_before_a_name_needs_it_nothing_fetched_and_nothing_written(tmp_path: Path) -> None:
    program = """
import socket, sys
from services.identification.finding import names
names.names_of("Sørine", "Đặng")
assert not {"anyascii", "pythainlp"} & sys.modules.keys(), "loaded too early"
names.names_of("Оксана", None)
assert "pythainlp" not in sys.modules, "loaded too early"
def refused(*_): raise AssertionError("a connection")
socket.socket.connect = socket.getaddrinfo = refused
assert names.parts("สมหญิง") == ("soming",)
assert not {"torch", "requests"} & sys.modules.keys()
"""
    home = os.environ | {"HOME": str(tmp_path)}
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, env=home)
    assert ended.returncode == 0, ended.stderr
    assert list(tmp_path.iterdir()) == []
