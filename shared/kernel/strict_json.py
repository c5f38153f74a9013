"""JSON with one meaning. What two parsers could read differently, or PostgreSQL cannot store, is refused.

A referral is not lost over that: `loads_forgiving` hands such a body on, so that what stands wrong in it can be named.

No sentence here quotes the input: it may be a person's name.
"""

import json
import math
import re
from collections import defaultdict
from typing import Any, NoReturn

from shared.kernel.errors import BadRequest, UnsupportedMediaType

MAX_DEPTH = 32
MAX_ITEMS = 10_000
MAX_ITEMS_FORGIVEN = 20_000
"""Fifty people of whom everything is said that the contract has a place for come to 15,000."""
_LOWEST, _HIGHEST = -(2**63), 2**63 - 1
_LARGEST_EXACT = 2**53
_MARK = b"\xef\xbb\xbf"
_LONGEST_INTEGER = len(str(_LOWEST))

# Strings are taken whole, so that a bracket inside one does not count. Possessive: no input makes it slow.
_STRING_OR_BRACKET = re.compile(r'"(?:[^"\\]|\\.)*+"?|[\[\]{}]', re.DOTALL)
_UNWANTED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
UNWANTED = r"\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f"
"""The control characters that no text may hold, as JSON Schema writes them within brackets."""
_UNWRITABLE = re.compile("[\ud800-\udfff]")
_MISSING = "\ufffd"
_DIVIDING = {**dict.fromkeys("\x0b\x0c\x1c\x1d\x1e\x85", "\n"), "\x1f": " "}
"""Control characters that divide a text, as Word's soft line break does: without them two words would be one."""
_JSON_TYPE = re.compile(r"application/(?:[a-z0-9!#$&^_.-]+\+)?json")


class MalformedJson(BadRequest):
    """The body is not JSON as Havn takes it."""


class WrittenNumber(str):
    """A number that is too large for any field, as it was written."""

    __slots__ = ()


class Members(dict[str, Any]):
    """An object in which a name may stand more than once. The last counts; `passed_over` has what stood there before."""

    __slots__ = ("passed_over",)

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        super().__init__(pairs)
        written: defaultdict[str, list[Any]] = defaultdict(list)
        for name, value in pairs:
            written[name].append(value)
        self.passed_over = {name: values[:-1] for name, values in written.items() if len(values) > 1}


def loads(body: bytes) -> Any:
    """The value that `body` holds. Raises MalformedJson, and nothing else, when it is not I-JSON within our limits."""
    value = _parsed(_decode(body), _DECODER)
    _require_decent(value, most=MAX_ITEMS, any_text=False)
    return value


def loads_forgiving(body: bytes) -> Any:
    """The value that `body` holds, whatever JSON it is: its texts as they are (see `plain`), a number that fits no field as a
    WrittenNumber, an object that says a name twice as Members. Raises MalformedJson when it is no JSON, or beyond our limits."""
    value = _parsed(_decode(body.removeprefix(_MARK)), _FORGIVING)
    _require_decent(value, most=MAX_ITEMS_FORGIVEN, any_text=True)
    return value


def plain(text: str) -> str:
    """The text with only what a text may hold: what divides it is a line end, half a character is one that cannot be shown, and
    every other control character is left out."""
    return text if text.isprintable() else _UNWANTED.sub(_instead, text)


def writable(text: str) -> str:
    """The text as UTF-8 can write it: half a character is one that cannot be shown."""
    return _UNWRITABLE.sub(_MISSING, text)


def _instead(found: re.Match[str]) -> str:
    return _MISSING if _UNWRITABLE.match(found[0]) else _DIVIDING.get(found[0], "")


def _parsed(text: str, decoder: json.JSONDecoder) -> Any:
    _require_shallow(text)
    try:
        value = decoder.decode(text)
    except ValueError:
        value = _MALFORMED
    if value is _MALFORMED:  # raised out here, so that the parser's error, which holds the whole body, does not travel
        raise MalformedJson("The body is not valid JSON.")
    return value


def require_uncompressed(content_encoding: str | None) -> None:
    """Refuse a body that would have to be unpacked first. Raises UnsupportedMediaType."""
    if (content_encoding or "identity").strip().lower() != "identity":
        raise UnsupportedMediaType("Send the body without a Content-Encoding.")


def require_json(content_type: str | None) -> None:
    """Refuse a body that does not say it is JSON in UTF-8. Raises UnsupportedMediaType."""
    media_type, *parameters = (part.strip().lower() for part in (content_type or "").split(";"))
    if not _JSON_TYPE.fullmatch(media_type):
        raise UnsupportedMediaType("Send the body with Content-Type: application/json.")
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "charset" and value.strip().strip('"') not in {"utf-8", "utf8"}:
            raise UnsupportedMediaType("Send the body in UTF-8.")


def _decode(body: bytes) -> str:
    if body.startswith(_MARK):
        raise MalformedJson("The body starts with a byte order mark; send UTF-8 without one.")
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        pass
    raise MalformedJson("The body is not UTF-8.")


def _require_shallow(text: str) -> None:
    """Before parsing, because the parser itself recurses and would run out of stack."""
    if text.count("[") + text.count("{") <= MAX_DEPTH:
        return
    depth = 0
    for found in _STRING_OR_BRACKET.finditer(text):
        token = found.group()
        if token in ("[", "{"):
            depth += 1
            if depth > MAX_DEPTH:
                raise MalformedJson(f"The body is nested more than {MAX_DEPTH} levels deep.")
        elif token in ("]", "}"):
            depth -= 1


def _require_decent(value: Any, *, most: int, any_text: bool) -> None:
    items = 0
    waiting = [value]
    while waiting:
        found = waiting.pop()
        if isinstance(found, str):
            if not any_text and _UNWANTED.search(found):
                raise MalformedJson("A text in the body holds a control character or half a character.")
        elif isinstance(found, list | dict):
            items += len(found)
            if items > most:
                raise MalformedJson(f"The body holds more than {most:,} items.")
            waiting.extend(found)
            if isinstance(found, dict):
                waiting.extend(found.values())
            if isinstance(found, Members):
                waiting.extend(found.passed_over.values())


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise MalformedJson("An object in the body has the same key twice.")
    return members


def _forgiving_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) == len(pairs) and "".join(members).isprintable():
        return members
    # A name with such a character is no field's; without it, it could be one.
    return Members([(_UNWANTED.sub(_MISSING, name), value) for name, value in pairs])


def _integer(digits: str) -> int:
    if not _fits(digits):
        raise MalformedJson("A whole number in the body does not fit in 64 bits.")
    return int(digits)


def _forgiving_integer(digits: str) -> int | str:
    return int(digits) if _fits(digits) else WrittenNumber(digits)


def _fits(digits: str) -> bool:
    # Length first: making a number of a long row of digits is slow.
    return len(digits) <= _LONGEST_INTEGER and _LOWEST <= int(digits) <= _HIGHEST


def _fraction(digits: str) -> float | int:
    number = _forgiving_fraction(digits)
    if isinstance(number, str):
        raise MalformedJson("A number in the body is too large.")
    return number


def _forgiving_fraction(digits: str) -> float | int | str:
    number = float(digits)
    if math.isinf(number):
        return WrittenNumber(digits)
    # JSON has one kind of number, and 24.0 is a whole one. Beyond 2**53 a float no longer says which.
    return int(number) if number.is_integer() and abs(number) <= _LARGEST_EXACT else number


def _constant(_: str) -> NoReturn:
    raise MalformedJson("NaN and Infinity are not JSON.")


_MALFORMED = object()
_DECODER = json.JSONDecoder(
    object_pairs_hook=_object, parse_int=_integer, parse_float=_fraction, parse_constant=_constant
)
_FORGIVING = json.JSONDecoder(
    object_pairs_hook=_forgiving_object,
    parse_int=_forgiving_integer,
    parse_float=_forgiving_fraction,
    parse_constant=_constant,
)
