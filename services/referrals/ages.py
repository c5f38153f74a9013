"""Ages as people write them: what is meant by "15 år", 15.5, "15-16" or XV.

Whoever may be a child is to be protected as one, so the least counts of what can be meant (docs/rules.md, child-6)."""

import re
import unicodedata
from datetime import date
from typing import Any, Final

from services.referrals.births import DATE_FOR_AN_AGE, OLDEST, age_by_birth, to_read
from shared.kernel.text import in_plain_digits, normalised

_UNIT: Final = r"år|aar|years?|yrs?|yo"
_SPELT_OUT: Final = {
    word: years
    for words in (
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen",
        "nul et to tre fire fem seks syv otte ni ti elleve tolv tretten fjorten femten seksten sytten",
    )
    for years, word in enumerate(words.split())
}
"""The ages of children, in English and Danish."""
_BESIDE_IT: Final = re.compile(rf"\b(?:{_UNIT}|årig|old|gammel|ca|cirka|about|around)\b")
_IN_A_YEAR: Final = {"m": 12, "u": 52, "w": 52, "d": 365}
"""How many months, weeks (*uger*) and days are a year, by the letter with which their words begin in Danish and English."""
_NUMBER: Final = re.compile(r"(?<![0-9])([0-9]+)(?:[.,][0-9]+)?(?![0-9])")
_WITH_UNIT: Final = re.compile(rf"[0-9][\s-]*(?:{_UNIT})", re.IGNORECASE)
_FRACTION: Final = re.compile(r"(?<=[0-9] )[0-9]/[0-9](?![0-9])")
_NEGATIVE: Final = re.compile(r"\s*[-\u2212]\s*[0-9]")
_PART_OF_A_YEAR: Final = re.compile(
    r"(?<![0-9])([0-9]+)(?:[.,][0-9]+)?[\s-]*(måned|mdr|month|mth|uge|week|dag|day)[a-zæøå]*", re.IGNORECASE
)
_LESS_THAN: Final = re.compile(
    r"(?:<|\b(?:under|below|yngre end|younger than|mindre end|less than|ikke|ikke fyldt|not|not yet|før|before|u"
    r"|næsten|snart|almost|nearly|fylder|bliver|turns|turning))[\s-]*([0-9]+)",
    re.IGNORECASE,
)
_POWER_OF_TEN: Final = re.compile(r"\s*[0-9]+(?:\.[0-9]+)?e[+-]?[0-9]+\s*", re.IGNORECASE)
_SAYS_A_CHILD: Final = frozenset(
    [
        "barn",
        "barnet",
        "børn",
        "child",
        "children",
        "kid",
        "infant",
        "baby",
        "spædbarn",
        "nyfødt",
        "newborn",
        "mindreårig",
        "mindreaarig",
        "minor",
        "underage",
        "umyndig",
        "teenager",
        "teen",
        "adolescent",
    ]
)
_FEW_WORDS: Final = 3
"""More of them may say that somebody has a child."""
_SAYS_NOT: Final = frozenset(["ikke", "ej", "intet", "no", "not", "never", "aldrig", "ingen"])
_UNDER_EIGHTEEN: Final = re.compile(r"\b(?:under|below)\s+(?:atten|eighteen)\b")
_ROMAN: Final = re.compile("(?=.)(xc|xl|l?x{0,3})(ix|iv|v?i{0,3})")
_ROMAN_TENS: Final = {"": 0, "x": 10, "xx": 20, "xxx": 30, "xl": 40, "l": 50, "lx": 60, "lxx": 70, "lxxx": 80, "xc": 90}
_ROMAN_ONES: Final = ("", "i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix")


def says_a_number(written: Any) -> bool:
    """Whether there is a number in it at all, of whatever size."""
    if isinstance(written, str):
        return re.search("[0-9]", in_plain_digits(written)) is not None
    return isinstance(written, int | float) and not isinstance(written, bool)


def years_meant(written: Any, *, on: date) -> int | None:
    """The whole years of an age that was written in words or with a fraction, the least where there are several; of a year of
    birth, the least that who was born then can be on that day. None where no age of a person stands in it."""
    if isinstance(written, float):
        return int(written) if 0 <= written < OLDEST + 1 else None
    if not isinstance(written, str) or not (written := to_read(written)):
        return None
    # "½" is a part of a year, and would else become digits of its own.
    text = in_plain_digits("".join(" " if unicodedata.category(each) == "No" else each for each in written))
    if _NEGATIVE.match(text):
        return None
    if _POWER_OF_TEN.fullmatch(text):
        return years_meant(float(text), on=on)
    if not _WITH_UNIT.search(text):
        if (by_birth := age_by_birth(text, on=on)) is not None:
            return by_birth
        text = DATE_FOR_AN_AGE.sub(" ", text)  # what says nothing as a date says no age by its day
    years = _years_in(_FRACTION.sub(" ", text)) or _roman_years(written)
    if not years:
        return None
    less_than = [int(found) for found in _LESS_THAN.findall(text) if found == str(min(years))]
    return max(0, min(years) - bool(less_than))


def says_a_child(written: Any) -> bool:
    """Whether it says of somebody in words alone that they are a child, of whatever age."""
    if not isinstance(written, str) or says_a_number(written):
        return False
    text = to_read(written).casefold()
    words = re.findall(r"[^\W_]+", text)
    is_said = not _SAYS_A_CHILD.isdisjoint(words) or _UNDER_EIGHTEEN.search(text) is not None
    return is_said and len(words) <= _FEW_WORDS and _SAYS_NOT.isdisjoint(words)


def _years_in(text: str) -> list[int]:
    """All numbers of years that stand there."""
    said = [int(found) for found in _NUMBER.findall(_PART_OF_A_YEAR.sub(" ", text)) if len(found) <= len(str(OLDEST))]
    if said:
        return [each for each in said if each <= OLDEST]
    if parts := _PART_OF_A_YEAR.findall(text):
        return [int(count) // _IN_A_YEAR[unit[0].lower()] for count, unit in parts if len(count) <= len(str(OLDEST))]
    words = re.findall(r"[^\W_]+", _BESIDE_IT.sub(" ", text.casefold()))
    return [_SPELT_OUT[words[0]]] if len(words) == 1 and words[0] in _SPELT_OUT else []


def _roman_years(written: str) -> list[int]:
    """The ages in Roman numerals, where nothing else stands there. `X` and `XX` alone stand for what is not known, and other
    single letters for words, unless they are written as the signs for numbers."""
    words = re.findall(r"[^\W\d_]+", _BESIDE_IT.sub(" ", normalised("NFKC", written).casefold()))
    found = [_ROMAN.fullmatch(word) for word in words]
    if not all(found) or (not any(len(set(word)) > 1 for word in words) and not re.search("[\u2160-\u217f]", written)):
        return []
    return [_ROMAN_TENS[each[1]] + _ROMAN_ONES.index(each[2]) for each in found if each]
