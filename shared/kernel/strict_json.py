"""JSON with one meaning. What two parsers could read differently, or PostgreSQL cannot store, is refused.

No sentence here quotes the input: it may be a person's name.
"""

import json
import math
import re
from typing import Any, NoReturn

from shared.kernel.errors import BadRequest, UnsupportedMediaType

MAX_DEPTH = 32
MAX_ITEMS = 10_000
_LOWEST, _HIGHEST = -(2**63), 2**63 - 1
_LARGEST_EXACT = 2**53
_LONGEST_INTEGER = len(str(_LOWEST))

# Strings are taken whole, so that a bracket inside one does not count. Possessive: no input makes it slow.
_STRING_OR_BRACKET = re.compile(r'"(?:[^"\\]|\\.)*+"?|[\[\]{}]', re.DOTALL)
_UNWANTED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
UNWANTED = r"\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f"
"""The control characters that no text may hold, as JSON Schema writes them within brackets."""
_JSON_TYPE = re.compile(r"application/(?:[a-z0-9!#$&^_.-]+\+)?json")


class MalformedJson(BadRequest):
    """The body is not JSON as Havn takes it."""


def loads(body: bytes) -> Any:
    """The value that `body` holds. Raises MalformedJson, and nothing else, when it is not I-JSON within our limits."""
    text = _decode(body)
    _require_shallow(text)
    try:
        value = _DECODER.decode(text)
    except ValueError:
        value = _MALFORMED
    if value is _MALFORMED:  # raised out here, so that the parser's error, which holds the whole body, does not travel
        raise MalformedJson("The body is not valid JSON.")
    _require_decent(value)
    return value


def copied(value: Any) -> Any:
    """The same value once more, of which one can be changed without the other: as `deepcopy`, for what JSON can say."""
    if isinstance(value, dict):
        return {name: copied(inner) for name, inner in value.items()}
    return [copied(inner) for inner in value] if isinstance(value, list) else value


def require_json(content_type: str | None, content_encoding: str | None) -> None:
    """Refuse a body that does not say it is plain UTF-8 JSON. Raises UnsupportedMediaType."""
    if (content_encoding or "identity").strip().lower() != "identity":
        raise UnsupportedMediaType("Send the body without a Content-Encoding.")
    media_type, *parameters = (part.strip().lower() for part in (content_type or "").split(";"))
    if not _JSON_TYPE.fullmatch(media_type):
        raise UnsupportedMediaType("Send the body with Content-Type: application/json.")
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "charset" and value.strip().strip('"') not in {"utf-8", "utf8"}:
            raise UnsupportedMediaType("Send the body in UTF-8.")


def _decode(body: bytes) -> str:
    if body.startswith(b"\xef\xbb\xbf"):
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


def _require_decent(value: Any) -> None:
    items = 0
    waiting = [value]
    while waiting:
        found = waiting.pop()
        if isinstance(found, str):
            if _UNWANTED.search(found):
                raise MalformedJson("A text in the body holds a control character or half a character.")
        elif isinstance(found, list | dict):
            items += len(found)
            if items > MAX_ITEMS:
                raise MalformedJson(f"The body holds more than {MAX_ITEMS:,} items.")
            waiting.extend(found)
            if isinstance(found, dict):
                waiting.extend(found.values())


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise MalformedJson("An object in the body has the same key twice.")
    return members


def _integer(digits: str) -> int:
    # Length first: turning a long row of digits into a number is slow.
    if len(digits) > _LONGEST_INTEGER or not _LOWEST <= int(digits) <= _HIGHEST:
        raise MalformedJson("A whole number in the body does not fit in 64 bits.")
    return int(digits)


def _fraction(digits: str) -> float | int:
    number = float(digits)
    if math.isinf(number):
        raise MalformedJson("A number in the body is too large.")
    # JSON has one kind of number, and 24.0 is a whole one. Beyond 2**53 a float no longer says which.
    return int(number) if number.is_integer() and abs(number) <= _LARGEST_EXACT else number


def _constant(_: str) -> NoReturn:
    raise MalformedJson("NaN and Infinity are not JSON.")


_MALFORMED = object()
_DECODER = json.JSONDecoder(
    object_pairs_hook=_object, parse_int=_integer, parse_float=_fraction, parse_constant=_constant
)
