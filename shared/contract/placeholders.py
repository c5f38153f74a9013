"""What is written where nothing is known: it is kept as written, and never taken for a fact about anybody.

Two people whose number is "unknown" are two people. What counts as such is a dated list (`placeholders-*.json`) and the
rules below (docs/rules.md, identity-6 and identity-9).
"""

import re
import unicodedata
from collections.abc import Sequence
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from shared.contract.codes import IdentifierType
from shared.kernel.text import in_plain_digits, is_blank, normalised


class _Listed(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


_UNSEEN: Final = frozenset({"Mn", "Mc", "Me", "Cf"})


def _without_marks(text: str) -> str:
    """Without accents and vowel signs, which people write or leave out, and without what cannot be seen."""
    if text.isascii():
        return text
    letters = normalised("NFKD", text)
    bare = "".join(each for each in letters if unicodedata.category(each) not in _UNSEEN)
    return normalised("NFC", bare)  # Korean syllables stand together again


def _as_compared(word: str) -> str:
    return _without_marks(word.casefold())  # a Greek word ends in another letter than it has in the middle


_Word = Annotated[str, AfterValidator(_as_compared)]


class _Numbers(_Listed):
    """`shortest`: the characters that a number has at least; `serials`: last four digits that no CPR number ends in; `words`:
    what says that there is none, also with some digits beside it; `prose`: words of a sentence, which stand in no number;
    `labels`: words that say what number it is, before a real one too. Beside what is a number by itself, only those of `none`
    say that it is none, and those of `elsewhere` that it is the number of something else."""

    shortest: int = Field(gt=0)
    shortest_of: dict[IdentifierType, int]
    serials: frozenset[str]
    listed: frozenset[str]
    words: frozenset[str]
    prose: frozenset[_Word]
    none: frozenset[_Word]
    elsewhere: frozenset[_Word]
    labels: frozenset[_Word]


class _Names(_Listed):
    """`as_written` to the letter; `whole` without spaces and marks; `unknown` are words that say it, alone or `with_it`; so are
    words that are `nobodys` name. `nations` say where somebody is from; some of these are `also_names`."""

    as_written: frozenset[str]
    whole: frozenset[_Word]
    unknown: frozenset[_Word]
    with_it: frozenset[_Word]
    nobodys: frozenset[_Word]
    nations: frozenset[_Word]
    also_names: frozenset[_Word]


class _Placeholders(_Listed):
    version: str
    valid_from: date
    valid_until: date | None
    numbers: _Numbers
    names: _Names
    birth_dates: frozenset[date]
    oldest: int = Field(gt=0)


def _newest() -> _Placeholders:
    found = [
        _Placeholders.model_validate_json(path.read_text(encoding="utf-8"))
        for path in Path(__file__).parent.glob("placeholders-*.json")
    ]
    return max(found, key=lambda each: each.valid_from)


PLACEHOLDERS: Final = _newest()
_SEQUENCES: Final = ("01234567890123456789", "98765432109876543210")
_BIRTH_DATE: Final = re.compile(r"(?:0[1-9]|[12][0-9]|3[01]|[67][0-9]|8[0-9]|9[01])(?:0[1-9]|1[0-2])(?:19|20)?[0-9]{2}")
"""A CPR number of which only the birth date is known, the day of a replacement number with 60 added."""
_BESIDE_NOBODYS: Final = frozenset[str]().union(
    *(getattr(PLACEHOLDERS.names, each) for each in ("unknown", "whole", "with_it", "nobodys", "nations", "also_names"))
)
"""All words that may stand beside one that is nobody's name."""
_AS_WRITTEN: Final = frozenset(
    each.strip(".") for each in PLACEHOLDERS.names.as_written if not each.strip(".").isalnum()
)
_NUMBERED: Final = re.compile(r"^[0-9]+\W*(?=\w)|(?<![0-9])[0-9]+\W*$")
_MASKED: Final = re.compile("X{4,}")
_ALTERNATING: Final = re.compile(r"(.{1,3})\1+")
_WORD: Final = re.compile(r"[^\W_]+")
_DIGITS: Final = re.compile("[0-9]")
_COUNTED: Final = re.compile("[a-z]{1,2}[0-9]+")
"""How those who gave no name are kept apart: `P01`."""
_LETTER_APART: Final = re.compile(r"(?<![^\W_])([a-z])[\W_]+(?=[0-9])")
"""The letter of `P-01`."""
_SHORTEST_WORD: Final = 3
"""Series of passports have two letters as a rule (`AB 123456`). What has more may be one beside many digits (`ABC 123456`)."""
_SAY_THAT_THERE_IS_NONE: Final = frozenset(
    word
    for word in PLACEHOLDERS.names.unknown
    | PLACEHOLDERS.names.whole
    | frozenset(map(_as_compared, PLACEHOLDERS.numbers.words))
    if len(word) > _SHORTEST_WORD and word not in PLACEHOLDERS.numbers.labels
).union(PLACEHOLDERS.numbers.prose)
"""Each of them in a value, by itself, says that the value is no number."""
_THERE_IS_NONE: Final = PLACEHOLDERS.names.unknown | PLACEHOLDERS.numbers.none
_OTHER_SCRIPT: Final = "\u0530-\u1dff\u2e80-\ud7ff"
"""Letters that stand in no number: those of numbers are Latin, Greek and Cyrillic. Nor do all their languages part words."""
_OTHER_WORD: Final = re.compile(f"[{_OTHER_SCRIPT}]{{2}}")
_WHERE_SCRIPTS_MEET: Final = re.compile(rf"(?<=[{_OTHER_SCRIPT}])(?=[0-9])|(?<=[0-9])(?=[{_OTHER_SCRIPT}])")
_FEW_DIGITS, _A_NUMBERS_DIGITS, _A_NUMBERS_LENGTH = 3, 5, 6
_YEAR: Final = re.compile("(?:19|20)[0-9]{2}")
_DAY: Final = r"(?:0?[1-9]|[12][0-9]|3[01])"
_MONTH: Final = r"(?:0?[1-9]|1[0-2])"
_DATE: Final = re.compile(
    rf"{_DAY}(?P<one>\W{{1,2}}){_MONTH}(?P=one)(?:19|20)[0-9]{{2}}|{_MONTH}(?P<two>\W{{1,2}}){_DAY}(?P=two)(?:19|20)[0-9]{{2}}"
    rf"|(?:19|20)[0-9]{{2}}(?P<three>\W{{1,2}}){_MONTH}(?P=three){_DAY}|{_DAY}(?P<four>[./-]){_MONTH}(?P=four)[0-9]{{2}}"
)
_DAY_AND_YEAR: Final = re.compile(rf"{_DAY}\W+(?:19|20)[0-9]{{2}}")
"""What is left of a date whose month stood there in a word."""
_DATE_TOGETHER: Final = re.compile(rf"(?:19|20)[0-9]{{2}}{_MONTH}{_DAY}|{_DAY}{_MONTH}(?:19|20)[0-9]{{2}}")
_IN_A_SERIES: Final = re.compile(r"(?<![^\W_])([^\W\d_]{1,3})[ ./-]?[0-9]{5,}(?![^\W_])")
"""`AB 12345`."""
_GLUED: Final = re.compile(r"([^\W\d_]+)([0-9]+)|([0-9]+)([^\W\d_]+)")
_TWO_LETTERS: Final = re.compile(r"[^\W\d_]{2}")
_SERIES: Final = re.compile(r"([^\W\d_]+)[-/][0-9]+")
_LETTERS: Final = re.compile(r"[^\W\d_]+")
_REPEATED: Final = 3
"""From so many letters on, a name of one letter is none: `xxx`. `Aa` is a family name."""


def plain(number: str) -> str:
    """A number as it is compared: digits of any script as digits, letters without case, and nothing else."""
    return "".join(filter(str.isalnum, in_plain_digits(number).casefold())).upper()


def is_no_number(kind: IdentifierType, number: str) -> bool:
    """Whether the value is written where no number is known, or could be anybody's."""
    rules = PLACEHOLDERS.numbers
    value = plain(number)
    digits = "".join(_DIGITS.findall(value))
    word = _DIGITS.sub("", value).casefold()
    return (
        len(value) < rules.shortest_of.get(kind, rules.shortest)
        or not digits
        or len(set(value)) == 1
        or (len(digits) >= rules.shortest and set(digits) in ({"0"}, {"9"}))
        or any(value in sequence for sequence in _SEQUENCES)
        or (value == digits and digits.count("0") == len(digits) - 1)
        or value in rules.listed
        or (word in rules.words and not _has_a_number(_as_read(number)))
        or word in PLACEHOLDERS.names.unknown
        or (len(word) >= rules.shortest and (word in PLACEHOLDERS.names.whole or _is_no_name_either(number)))
        or _is_prose(kind, number)
        or _MASKED.search(value) is not None
        or (_says_no_danish_number(value) if kind in DANISH else _ALTERNATING.fullmatch(value) is not None)
    )


def _is_no_name_either(number: str) -> bool:
    """Whether what is written as a number stands for an unknown name. Letters with spaces between are no words."""
    return _TWO_LETTERS.search(number) is not None and is_no_name(number)


def _is_prose(kind: IdentifierType, number: str) -> bool:
    """Whether it is a date, or words of a language with some digits among them: `see file 123`, `expired 2024`."""
    text = _as_read(number)
    if "<" in text:
        return False  # what a machine reads of a passport has its number, and names
    words = [each for each in _words(text) if not _DIGITS.search(each)]
    if _has_a_number(text):
        return _is_said_to_be_none(kind, words) or _bare(_DIGITS.sub("", text)) in _AS_WRITTEN
    if not _SAY_THAT_THERE_IS_NONE.isdisjoint(words) or _is_glued(text) or _bare(_DIGITS.sub("", text)) in _AS_WRITTEN:
        return True
    digits = len(_DIGITS.findall(text))
    shortest = _SHORTEST_WORD - (digits < _FEW_DIGITS)  # se P-01
    ordinary = [each for each in words if len(each) >= shortest or _OTHER_WORD.match(each)]
    rest = _bare(" ".join(_LETTERS.sub(" ", text).split())) if ordinary else _bare(text)
    if _DATE.fullmatch(rest) or (ordinary and _DAY_AND_YEAR.fullmatch(rest)):
        return True
    if digits >= _A_NUMBERS_DIGITS or (kind is IdentifierType.OTHER and _is_in_series(text)):
        return False
    # A word and a year may be the number of something in a register that nobody knows.
    is_of_a_year = _YEAR.fullmatch(rest) is not None and kind is not IdentifierType.OTHER
    return bool(ordinary) and (digits <= _FEW_DIGITS or is_of_a_year or len(ordinary) > 1)


def _as_read(number: str) -> str:
    return _without_marks(in_plain_digits(number).casefold())


def _words(text: str) -> list[str]:
    return _WORD.findall(_WHERE_SCRIPTS_MEET.sub(" ", text))


def _has_a_number(text: str) -> bool:
    """Whether something in it is a number by itself, whatever remark stands beside it: `P1234567 (expired)`."""
    prose = PLACEHOLDERS.numbers.prose
    for token in _words(text):
        glued = _GLUED.fullmatch(token)
        is_remark = glued is not None and (glued[1] or glued[4]) in prose
        number = "".join(_DIGITS.findall(token)) if is_remark else token
        is_long = len(number) >= _A_NUMBERS_LENGTH and len(_DIGITS.findall(number)) >= _A_NUMBERS_DIGITS
        if is_long and not _DATE_TOGETHER.fullmatch(number):
            return True
    in_series = _IN_A_SERIES.findall(text)
    return any(series not in prose and series not in _THERE_IS_NONE for series in in_series)


def _is_said_to_be_none(kind: IdentifierType, words: Sequence[str]) -> bool:
    """Whether a word beside a number says that there is none, or that it is the number of something else; as another paper, a
    case has a number."""
    said = {*words, *map("".join, pairwise(words))}  # j.nr., not known
    if not _THERE_IS_NONE.isdisjoint(said) or not PLACEHOLDERS.names.whole.isdisjoint(said.difference(words)):
        return True
    return kind is not IdentifierType.OTHER and not PLACEHOLDERS.numbers.elsewhere.isdisjoint(said)


def _is_in_series(text: str) -> bool:
    """Whether it is letters and a running number with a dash between, as projects and houses number people: `LGBT-77`."""
    found = _SERIES.fullmatch(_bare(text))
    return found is not None and found[1] not in PLACEHOLDERS.numbers.labels


def _bare(text: str) -> str:
    """Without what stands around letters and digits."""
    # A pattern would look for the end of the text from each of many dashes in a row.
    places = [place for place, each in enumerate(text) if each.isalnum()]
    return text[places[0] : places[-1] + 1] if places else ""


def _is_glued(text: str) -> bool:
    """Whether it is such a word with its digits written to it: `kopi1`, `udløbet2024`."""
    found = _GLUED.fullmatch(_bare(text))
    word = (found[1] or found[4]) if found else ""
    digits = len(_DIGITS.findall(text))
    rules = PLACEHOLDERS.numbers
    if digits <= _FEW_DIGITS and word in rules.labels:
        return True
    return word in rules.prose and (digits <= _FEW_DIGITS or len(word) > _SHORTEST_WORD)


def _says_no_danish_number(value: str) -> bool:
    return _BIRTH_DATE.fullmatch(value) is not None or value[-4:] in PLACEHOLDERS.numbers.serials


DANISH: Final = frozenset(
    {IdentifierType.CPR, IdentifierType.REPLACEMENT_CPR, IdentifierType.X_ECPR, IdentifierType.D_ECPR}
)
"""The types of Danish numbers: one number space, whatever the sender took the number for."""


def is_no_name(name: str) -> bool:
    """Whether the text stands where no name is known."""
    if is_blank(name):
        return True
    rules = PLACEHOLDERS.names
    written = normalised("NFKC", name).casefold().strip()
    numbered, words = _numbered_words(written)
    together = "".join(words)
    if not any(map(str.isalpha, together)) or together in rules.whole:
        return True
    if {written, _NUMBERED.sub("", in_plain_digits(written)).strip()} & rules.as_written:
        return True
    # Syllables of Indian scripts are one letter with different marks.
    is_one_letter = len(set(together)) == 1 and not any(unicodedata.category(each)[0] == "M" for each in written)
    if is_one_letter and (len(together) >= _REPEATED or len(words) > 1):  # B.B.
        return True
    # "Man 1" is how those who gave no name are kept apart.
    return _says_that_it_is_unknown(words, is_numbered=words != numbered)


def _numbered_words(written: str) -> tuple[list[str], list[str]]:
    """The words as they are numbered, and without their numbers as far as that leaves anything."""
    bare = _without_marks(written)
    if bare.replace(" ", "").isalpha():  # as most names are
        words = bare.split()
        return words, words
    numbered = [in_plain_digits(word) for word in _WORD.findall(_LETTER_APART.sub(r"\1", bare))]
    return numbered, [
        word for word in (_DIGITS.sub("", each) for each in numbered if not _COUNTED.fullmatch(each)) if word
    ]


def _says_that_it_is_unknown(words: Sequence[str], *, is_numbered: bool) -> bool:
    """Whether all words say that no name is known, or what somebody is instead: none of them may be a part of a name."""
    rules = PLACEHOLDERS.names
    if not _BESIDE_NOBODYS.issuperset(words):
        return False
    if any(word in rules.nobodys for word in words):
        return True
    says_it = [word in rules.unknown or word in rules.whole for word in words]
    is_from_there = [word in rules.nations for word in words]
    goes_with_it = [word in rules.with_it for word in words]
    if not all(map(any, zip(says_it, is_from_there, goes_with_it, strict=True))):
        return False
    return any(says_it) or (any(goes_with_it) and (any(is_from_there) or is_numbered))


def is_no_birth_date(born: date, *, on: date) -> bool:
    """Whether nobody who is met on that day can have been born then, or the date stands for an unknown one."""
    return born in PLACEHOLDERS.birth_dates or born > on or on.year - born.year > PLACEHOLDERS.oldest
