"""What is asked of a value when it is written. What was accepted once stays readable, whatever has become a rule since.

And what a text that says nothing is: one notion of it, for every field of every service."""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler, ValidationInfo
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

AS_STORED: Final = {"stored": True}
"""The context to validate in what we have accepted before: it comes out of a sealed column, or from another service."""

_INVISIBLE: Final = (
    # Unicode's spaces (Zs, Zl, Zp), format characters (Cf: zero width, bidi controls, tags), and Default_Ignorable_Code_Point
    # (fillers, variation selectors).
    *((0x20, 0x20), (0xA0, 0xA0), (0xAD, 0xAD), (0x34F, 0x34F), (0x600, 0x605), (0x61C, 0x61C), (0x6DD, 0x6DD)),
    *((0x70F, 0x70F), (0x890, 0x891), (0x8E2, 0x8E2), (0x115F, 0x1160), (0x1680, 0x1680), (0x17B4, 0x17B5)),
    *((0x180B, 0x180F), (0x2000, 0x200F), (0x2028, 0x202F), (0x205F, 0x206F), (0x3000, 0x3000), (0x3164, 0x3164)),
    *((0xFE00, 0xFE0F), (0xFEFF, 0xFEFF), (0xFFA0, 0xFFA0), (0xFFF0, 0xFFFB), (0x110BD, 0x110BD), (0x110CD, 0x110CD)),
    *((0x13430, 0x1343F), (0x1BCA0, 0x1BCA3), (0x1D173, 0x1D17A), (0xE0000, 0xE0FFF)),
    # Letters and symbols that show nothing, though Unicode does not count them among those.
    *((0x2800, 0x2800), (0x16FE4, 0x16FE4), (0x1D159, 0x1D159)),
)
"""The code points, first and last, of which a text that has no others shows nothing. Within a word they may be needed: a
Persian name has a zero-width non-joiner. A test holds the list against Unicode's own categories."""


def _escaped(code_point: int) -> str:
    # JSON Schema's patterns have no escape for what lies above U+FFFF that Python's and JavaScript's have in common.
    return f"\\u{code_point:04X}" if code_point <= 0xFFFF else chr(code_point)


INVISIBLE: Final = "".join(f"{_escaped(first)}-{_escaped(last)}" for first, last in _INVISIBLE)
"""What shows nothing, as JSON Schema writes it within brackets."""
_BLANK: Final = re.compile(rf"[\s{INVISIBLE}]*")


def is_blank(text: str) -> bool:
    """Whether the text says nothing: it is empty, or of spaces and of what cannot be seen alone."""
    return _BLANK.fullmatch(text) is not None


def as_it_looks(text: str) -> str:
    """The text by which two that look alike are one: without case, width, and what cannot be seen; any spaces are one."""
    plain = in_plain_digits(text).casefold()
    return " ".join(re.sub(rf"[{INVISIBLE}]", lambda found: " " if found[0].isspace() else "", plain).split())


_LETTERS_LIKE_DASHES: Final = "\u30fc\u4e00\u3161\u1173\u0640\u07fa\u02c9\u02cd\u1428\u2cba\u2cbb\ua7f7"
"""What looks as a dash does and counts as a letter: long vowels, strokes and fillers, which keyboards of their languages have
where ours have the dash."""
_LIKE_DASHES: Final = re.compile(f"[{_LETTERS_LIKE_DASHES}]+")
"""All that stand together: a pattern that asked for the digit behind them would look for it from each of them again."""
_DIGITS: Final = frozenset("0123456789")


_AT_ONCE: Final = 1_000
"""Characters that are normalised at once. Unicode's order of marks is found by sorting all that stand together, which takes the
square of their number: no name or number has so many."""


def normalised(form: Literal["NFC", "NFD", "NFKC", "NFKD"], text: str) -> str:
    """The text in this form of Unicode, in a time that grows with its length alone."""
    if text.isascii():
        return text  # which is each of them
    pieces = (text[start : start + _AT_ONCE] for start in range(0, len(text), _AT_ONCE))
    return "".join(unicodedata.normalize(form, piece) for piece in pieces)


def in_plain_digits(text: str) -> str:
    """The text with the digits of any script as those that we write: ٣١ and ３１ are 31; a letter that looks like a dash and
    stands beside one is a dash."""
    if text.isascii():
        return text
    digits = "".join(str(unicodedata.decimal(each, each)) for each in normalised("NFKC", text))
    return _LIKE_DASHES.sub(_as_a_dash, digits)


def _as_a_dash(found: re.Match[str]) -> str:
    first, behind = found.span()
    before, after = found.string[max(first - 1, 0) : first], found.string[behind : behind + 1]
    return "-" if before in _DIGITS or after in _DIGITS else found[0]


def in_plain_dashes(text: str) -> str:
    """The text in plain digits, with whatever else is a dash as ours."""
    plain = in_plain_digits(text)
    return "".join(
        "-" if unicodedata.category(each) == "Pd" or each in "\u2212\u02d7\u2043" else each for each in plain
    )


@dataclass(frozen=True, slots=True)
class Written:
    """In an `Annotated` text: `rule` raises a SpokenValueError for what may not be written; `published` says the same as
    JSON Schema, so that the contract and the code do not differ."""

    rule: Callable[[str], str]
    published: dict[str, Any] = field(hash=False)

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.with_info_after_validator_function(self._check, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return handler(schema) | self.published

    def _check(self, text: str, validation: ValidationInfo) -> str:
        return text if validation.context is AS_STORED else self.rule(text)
