"""How each reader of a script spells a name in Latin letters, word by word; how alike the spellings are test_scripts.py says."""

from collections.abc import Callable

import pytest

from services.identification.finding import names, scripts

READ: list[tuple[Callable[[str], str], str, str]] = [
    (scripts._east, "Ёлкин", "yolkin"),
    (scripts._east, "Елена", "yelena"),
    (scripts._east, "Єва", "yeva"),
    (scripts._east, "Щукин", "shchukin"),
    (scripts._east, "Мыльников", "mylnikov"),
    (scripts._east_plain, "Ёлкин", "elkin"),
    (scripts._east_plain, "Елена", "elena"),
    (scripts._east_plain, "Євген", "evgen"),
    (scripts._bulgarian, "Щерев", "shterev"),
    (scripts._bulgarian, "Вълчев", "valchev"),
    (scripts._bulgarian, "Хрущыв", "khrushchyv"),  # a letter that Bulgarian has not
    (scripts._bulgarian_french, "Желязков", "jelyazkov"),
    (scripts._bulgarian_french, "Вълчев", "vulchev"),
    (scripts._serbian, "Ћирић", "ciric"),
    (scripts._serbian, "Хрущыв", "khrushchyv"),
    (scripts._serbian_plain, "Ђорђе", "djordje"),
    (scripts._greek_letters, "Ευτυχία", "eftychia"),
    (scripts._greek_letters, "Αυξέντιος", "afxentios"),
    (scripts._greek_letters, "Παύλος", "pavlos"),
    (scripts._greek_letters, "Άγγελος", "angelos"),
    (scripts._greek_sounds, "Γιώργος", "yiorgos"),
    (scripts._greek_sounds, "Γεωργία", "yeorgia"),
    (scripts._greek_sounds, "Γάτα", "gata"),
    (scripts._greek_sounds, "Μπάμπης", "babis"),
    (scripts._greek_sounds, "Γκίκας", "gikas"),
    (scripts._greek_sounds, "Ντίνος", "dinos"),
    (scripts._chinese, "王小明", "wang xiaoming"),
    (scripts._chinese, "欧阳小明", "ouyang xiaoming"),
    (scripts._chinese, "单小明", "shan xiaoming"),
    (scripts._chinese, "王明", "wangming"),
    (scripts._chinese, "小明王大力", "xiaomingwangdali"),
    (scripts._bengali, "করিম", "karim"),
    (scripts._bengali, "ওয়াহিদ", "wahid"),
    (scripts._bengali, "শ্রী", "sari"),
    (scripts._bengali_glides, "চৌধুরী", "chawdhuri"),
    (scripts._bengali_glides, "রাউল", "rawl"),
    (scripts._georgian_plain, "ხათუნა", "hatuna"),
    (scripts._georgian_plain, "ჟანა", "jana"),
    (scripts._thai_royal, "นางสาวสมหญิง", "somying"),
    (scripts._thai_royal, "ใจดี", "chaidi"),
    (scripts._thai_royal, "สุภาพบุตร", "suphapbutn"),
    (scripts._thai_royal, "อํานวย", "amnuai"),
    (scripts._thai_usual, "ใจดี", "jaidi"),
    (scripts._thai_usual, "กมล", "kamol"),
    (scripts._thai_usual, "แก้ว", "kaew"),
    (scripts._thai_usual, "ศิริพร", "siriphorn"),
    (scripts._thai_usual, "จันทร์", "jan"),
    (scripts._thai_usual, "สุภาพบุตร", "suphabbutrn"),
    (scripts._thai_letters, "นายสมชาย", "smchay"),
    (scripts._thai_letters, "แก้ว", "kaew"),
    (scripts._thai_letters, "เก้า", "kea"),
    (scripts._thai_letters, "จันทร์", "chanth"),
]


@pytest.mark.parametrize(("reader", "written", "latin"), READ)
def test_each_reader_spells_a_word_so(reader: Callable[[str], str], written: str, latin: str) -> None:
    assert reader(written) == latin


@pytest.mark.parametrize(
    ("written", "is_persian", "waw", "keeps_h", "latin"),
    [
        ("عبدالرحمن", False, "u", False, "abd al-rahman"),
        ("عبدالرحمن", False, "u", True, "abd al-rahaman"),
        ("عبدالرحمن", True, "u", True, "abadalarahaman"),  # no article in Persian
        ("الحسن", False, "u", True, "al-hasan"),
        ("الحسن", True, "u", True, "alahasan"),
        ("بن", False, "u", True, "bin"),
        ("ياسر", False, "u", True, "yasar"),
        ("علي", False, "u", True, "ali"),
        ("حمزة", False, "u", True, "hamaza"),
        ("سوى", False, "u", True, "sua"),
        ("سوى", False, "v", True, "sava"),
        ("سوى", True, "u", True, "sui"),
        ("وليد", False, "u", True, "valid"),
        ("فوزي", False, "u", True, "fuzi"),
        ("فوزي", False, "v", True, "favazi"),
        ("احمد", False, "u", True, "ahamad"),
        ("احمد", False, "u", False, "ahmad"),
        ("مهدی", True, "u", True, "mahadi"),
        ("مهدی", True, "u", False, "mahdi"),
        ("نهاد", True, "u", False, "nahad"),
        ("بدوی", False, "u", True, "badavi"),
        ("مریم", False, "u", True, "marim"),
        ("ایوب", False, "u", True, "ayub"),
        ("فاطمه", True, "u", True, "fatama"),
        ("عماه", False, "u", True, "ama"),
        ("حاوه", False, "u", True, "hava"),
        ("مریه", True, "u", True, "maria"),
        ("رضا", False, "u", True, "rada"),
        ("رضا", True, "u", True, "raza"),
        ("ژاله", False, "u", True, "zhala"),
        ("ژاله", True, "u", True, "jala"),
        ("ثریا", True, "u", True, "saraya"),
        ("ٺمر", False, "u", True, "thamar"),  # a letter that no table has
    ],
)
def test_arabic_letters_are_read_with_the_vowels_that_nobody_wrote(
    written: str, is_persian: bool, waw: str, keeps_h: bool, latin: str
) -> None:
    assert scripts._arabic_reader(is_persian=is_persian, waw=waw, keeps_h=keeps_h)(written) == latin


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (("Ͱ",), [("h",)]),  # the first letter that is no Latin one
        (("王小明", "Shevchenko"), [("wang xiaoming", "Shevchenko")]),
        (
            ("Оксана", "王"),
            [("oksana", "wang")],
        ),  # of two scripts, the one that leaves less open goes on with what it has
        (("ሰላም",), [("selam",)]),
        (("Anna", None), [("Anna", "")]),
    ],
)
def test_a_name_is_read_in_the_ways_that_its_script_leaves_open(
    written: tuple[str | None, ...], read: list[tuple[str, ...]]
) -> None:
    assert list(scripts.readings(*written)) == read


def test_no_more_ways_are_read_than_are_asked_for() -> None:
    some = list(scripts.readings("Ђорђе Ћирић Щерев Ёлкин Вълчев Желязков"))
    assert len(some) == scripts.MOST_READINGS == 6


@pytest.mark.parametrize(
    ("written", "read"),
    [("Aлексей", "Алексей"), ("Ρaul", "Paul"), ("abх", "abx"), ("ab", "ab"), ("xах", "xax"), ("Жaк", "Жак")],
)
def test_a_word_is_of_one_script_where_the_others_letters_look_as_its_own_do(written: str, read: str) -> None:
    assert scripts._in_one_script(written) == read


def test_a_table_is_written_in_pairs() -> None:
    assert scripts._table("a=b c=") == {"a": "b", "c": ""}


@pytest.mark.parametrize(
    ("written", "folded"),
    [("Cecilie", "sesili"), ("Carl", "karl"), ("Chidi", "chidi"), ("Czesław", "cseslav"), ("Maccari", "makari")],
)
def test_a_part_of_a_name_folds_to_this(written: str, folded: str) -> None:
    assert names.fold(written) == folded


@pytest.mark.parametrize(
    ("written", "heard"),
    [
        ("Iuliia", "jl"),
        ("Anna", "an"),
        ("Ingrid", "angrd"),
        ("Oskar", "askr"),
        ("Hassan", "gsn"),
        ("Fatimah", "ptm"),
        ("Chidi", "sd"),
        ("Jj", "j"),
        ("Hh", ""),
    ],
)
def test_a_part_of_a_name_sounds_so(written: str, heard: str) -> None:
    assert names.sound(names.fold(written)) == heard


def test_a_name_has_these_keys_and_no_others() -> None:
    (name,) = names.names_of("Anne Marie", "Berg")
    found = {key for key in names.keys_of(name, [1990]) if key[0] in "spy"}
    heard = {"an", "mr", "brg"}
    whole = "anmr"
    assert found == {
        *(f"s:{each}" for each in heard | {whole}),
        *("p:an+mr", "p:an+brg", "p:brg+mr", "p:anmr+brg"),
        *(f"y:{each}+1990" for each in heard),
    }


def test_what_is_put_together_is_in_one_order_and_parted_by_a_space() -> None:
    assert names.full(("suwan", "malee")) == names.full(("malee", "suwan")) == "malee suwan"
    assert names.phone("+45 31+51 86 19") == "4531518619"
