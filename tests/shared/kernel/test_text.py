"""Blank means blank: what shows nothing says nothing, in every field of every service."""

import re
import sys
import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from shared.contract.personal import PersonalCode, PersonalName, PersonalText
from shared.kernel.text import in_plain_digits, is_blank

PATTERN = re.compile(TypeAdapter(PersonalText).json_schema()["pattern"])
BLANKS = {
    "zero width space": "\u200b",
    "zero width joiners": "\u200c\u200d",
    "byte order mark": "\ufeff",
    "soft hyphen": "\u00ad",
    "Hangul fillers": "\u115f\u1160\u3164\uffa0",
    "braille blank": "\u2800",
    "bidirectional controls": "\u202a\u202e\u2066\u2069\u200e",
    "variation selectors": "\ufe0f\U000e0100",
    "tags": "\U000e0041\U000e007f",
    "combining grapheme joiner": "\u034f",
    "Khmer inherent vowels": "\u17b4\u17b5",
    "Mongolian separators": "\u180b\u180e",
    "musical null note": "\U0001d159",
    "Khitan filler": "\U00016fe4",
    "with spaces between": " \u200b\t\u3164\u00a0\u3000",
}
WORDS = {
    "a Persian name with a non-joiner": "می\u200cنا",
    "an emoji of several": "\U0001f469\u200d\U0001f467",
    "a Thai name": "มาลี",
    "one letter between fillers": "\u3164a\u3164",
    "a dot": ".",
    "a digit": "7",
}


@pytest.mark.parametrize("kind", [PersonalName, PersonalText, PersonalCode])
@pytest.mark.parametrize("text", BLANKS.values(), ids=BLANKS)
def test_text_of_what_cannot_be_seen_is_refused(kind: Any, text: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(kind).validate_python(text)
    assert not PATTERN.search(text)


@pytest.mark.parametrize("kind", [PersonalName, PersonalText, PersonalCode])
@pytest.mark.parametrize("text", WORDS.values(), ids=WORDS)
def test_what_is_needed_within_words_stays(kind: Any, text: str) -> None:
    assert TypeAdapter(kind).validate_python(text).value == text
    assert PATTERN.search(text)


def test_the_list_has_all_that_unicode_counts_as_space_or_format() -> None:
    invisible = {"Cf", "Zs", "Zl", "Zp"}
    unlisted = [each for each in map(chr, range(sys.maxunicode + 1)) if unicodedata.category(each) in invisible]
    assert [f"U+{ord(each):04X}" for each in unlisted if not is_blank(each)] == []


def test_no_letter_but_the_fillers_and_no_digit_is_on_it() -> None:
    fillers = set("\u115f\u1160\u3164\uffa0")
    letters = [each for each in map(chr, range(sys.maxunicode + 1)) if unicodedata.category(each)[0] in "LN"]
    assert {each for each in letters if is_blank(each)} == fillers


@given(st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=30))
def test_the_published_pattern_says_the_same_as_the_rule(text: str) -> None:
    assert bool(PATTERN.search(text)) is not is_blank(text)


@given(st.sampled_from(["0", "٠", "۰", "०", "০", "๐", "０", "𝟎"]), st.lists(st.integers(0, 9), min_size=1, max_size=12))
def test_digits_of_any_script_are_read_as_digits(zero: str, digits: list[int]) -> None:
    written = "".join(chr(ord(zero) + digit) for digit in digits)
    assert in_plain_digits(written) == "".join(map(str, digits))


@pytest.mark.parametrize("letter", "ー一ـ")
def test_a_letter_that_looks_like_a_dash_is_one_beside_a_digit_alone(letter: str) -> None:
    assert in_plain_digits(f"12{letter}34") == "12-34"
    assert in_plain_digits(f"マ{letter}リ") == f"マ{letter}リ"
