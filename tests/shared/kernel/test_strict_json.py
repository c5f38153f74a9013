"""JSON with one meaning: what could be read differently elsewhere, or not be stored, is refused in our own words."""

import json
import math
import time
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shared.kernel.errors import UnsupportedMediaType
from shared.kernel.strict_json import (
    MAX_DEPTH,
    MAX_ITEMS,
    MalformedJson,
    Members,
    loads,
    loads_forgiving,
    require_json,
    require_uncompressed,
)

_characters = st.characters(exclude_categories=("Cs", "Cc"), include_characters="\t\n\r")
_texts = st.text(_characters)
_scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | _texts
)
_values = st.recursive(_scalars, lambda inner: st.lists(inner) | st.dictionaries(_texts, inner), max_leaves=30)


@given(_values, st.booleans(), st.sampled_from([None, 2]))
def test_what_json_writes_comes_back_equal(value: Any, escaped: bool, indent: int | None) -> None:
    assert loads(json.dumps(value, ensure_ascii=escaped, indent=indent).encode()) == value


@given(st.binary() | st.text().map(lambda text: text.encode("utf-8", "surrogatepass")))
@example(b"")
@example(b"[" * 100_000)
@example(b'{"a":' * 100_000)
@example(b'"\\')
@example(b"9" * 10_000)
@example(b"1" + b"0" * 500_000 + b".0")
def test_t041_any_bytes_are_a_value_or_malformed(body: bytes) -> None:
    with suppress(MalformedJson):
        loads_forgiving(body)
    try:
        value = loads(body)
    except MalformedJson:
        return
    assert loads_forgiving(body) == value, "what is taken strictly is taken alike"


@given(st.text(alphabet='[]{}",:\\0-eu1a ', max_size=200))
def test_t041_anything_that_looks_like_json_is_a_value_or_malformed(text: str) -> None:
    try:
        value = loads(text.encode())
    except MalformedJson:
        return
    assert value == json.loads(text)


MALFORMED = {
    "nothing": b"",
    "no JSON": b"{Karla}",
    "two values": b"{} {}",
    "byte order mark": b"\xef\xbb\xbf{}",
    "UTF-16": '{"a": 1}'.encode("utf-16"),
    "UTF-16 without mark": '{"a": 1}'.encode("utf-16-le"),
    "Latin-1": '"Søren"'.encode("latin-1"),
    "key twice": b'{"name": "Karla", "name": "Karl"}',
    "key twice, once escaped": b'{"name": 1, "n\\u0061me": 2}',
    "key twice, inside": b'[{"a": {"b": 1, "b": 1}}]',
    "NaN": b"[NaN]",
    "Infinity": b"[Infinity]",
    "-Infinity": b"-Infinity",
    "float that overflows": b"[1e400]",
    "float that overflows downwards": b"-1.0e999",
    "integer over 64 bits": b"9223372036854775808",
    "integer under 64 bits": b"-9223372036854775809",
    "integer of many digits": b"1" * 5000,
    "lone high surrogate": b'"\\ud83d"',
    "lone low surrogate": b'"\\ude00"',
    "surrogates the wrong way round": b'"\\ude00\\ud83d"',
    "surrogate in a key": b'{"\\ud800": 1}',
    "encoded surrogate": b'"\xed\xa0\xbd"',
    "U+0000": b'"Karla\\u0000"',
    "U+0000 in a key": b'{"\\u0000": 1}',
    "U+0000 as it is": b'"\x00"',
    "line end as it is": b'"a\nb"',
    "escape character": b'"\\u001b[31m"',
    "backspace": b'"\\b"',
    "form feed": b'"\\f"',
    "DEL": b'"\x7f"',
    "next line (C1)": '"\x85"'.encode(),
    "too deep": b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1),
    "too deep, in objects": b'{"a":' * MAX_DEPTH + b"[[]]" + b"}" * MAX_DEPTH,
    "too deep behind a string of brackets": b'["]]]]]", ' + b"[" * MAX_DEPTH + b"]" * (MAX_DEPTH + 1),
    "too deep behind an escaped quote": b'["\\"]]", ' + b"[" * MAX_DEPTH + b"]" * (MAX_DEPTH + 1),
    "too many items": json.dumps([0] * (MAX_ITEMS + 1)).encode(),
    "too many keys": json.dumps({str(n): n for n in range(MAX_ITEMS + 1)}).encode(),
    "too many items in all": json.dumps([[0] * 100] * 100).encode(),
}


@pytest.mark.parametrize("body", MALFORMED.values(), ids=MALFORMED.keys())
def test_t041_what_another_reader_could_take_otherwise_is_refused_without_a_quote(body: bytes) -> None:
    with pytest.raises(MalformedJson) as refused:
        loads(body)

    assert refused.value.status == 400
    assert refused.value.detail.endswith(".")
    assert "Karl" not in refused.value.detail
    assert refused.value.__context__ is None  # the parser's own error carries the whole body


FORGIVEN: list[tuple[str, Any]] = [
    ("byte order mark", {}),
    ("key twice", {"name": "Karl"}),
    ("key twice, once escaped", {"name": 2}),
    ("key twice, inside", [{"a": {"b": 1}}]),
    ("float that overflows", ["1e400"]),
    ("float that overflows downwards", "-1.0e999"),
    ("integer over 64 bits", "9223372036854775808"),
    ("integer under 64 bits", "-9223372036854775809"),
    ("integer of many digits", "1" * 5000),
    ("lone high surrogate", "\ud83d"),
    ("surrogate in a key", {"\ufffd": 1}),
    ("U+0000", "Karla\x00"),
    ("U+0000 in a key", {"\ufffd": 1}),
    ("form feed", "\f"),
    ("DEL", "\x7f"),
]


@pytest.mark.parametrize(("which", "value"), FORGIVEN)
def test_a_referral_is_read_all_the_same(which: str, value: Any) -> None:
    assert loads_forgiving(MALFORMED[which]) == value


def test_what_was_said_before_is_kept_in_its_order() -> None:
    read = loads_forgiving(b'{"a": 1, "b": 2, "a": 3, "a": 4}')
    assert isinstance(read, Members)
    assert (read, read.passed_over) == ({"a": 4, "b": 2}, {"a": [1, 3]})


SOUND: list[tuple[bytes, Any]] = [
    (b' {"a": [1, -2.5, true, null]} \r\n', {"a": [1, -2.5, True, None]}),
    (b'"\\t\\n\\r"', "\t\n\r"),
    (b'"\\ud83d\\ude00"', "😀"),
    (b"[9223372036854775807, -9223372036854775808]", [2**63 - 1, -(2**63)]),
    (b"[" * MAX_DEPTH + b"]" * MAX_DEPTH, None),
    (b'"' + b"[{" * 1000 + b'"', "[{" * 1000),
    (b'["\\\\", "' + b"[" * 100 + b'"]', ["\\", "[" * 100]),
    (json.dumps([0] * MAX_ITEMS).encode(), [0] * MAX_ITEMS),
]


@pytest.mark.parametrize(("body", "value"), SOUND)
def test_what_keeps_the_limits_is_read(body: bytes, value: Any) -> None:
    found = loads(body)

    assert value is None or found == value


def test_a_small_float_may_round_to_zero() -> None:
    assert math.isclose(loads(b"1e-400"), 0.0)


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 1_000_000,
        b'"' + b"\\" * 1_000_000,
        b"[" * 40 + b'"\\"' * 300_000,
        b"[" + b"0," * 500_000 + b"0]",
        b"1" * 1_000_000,
        b'["' + b"[" * 1_000_000,
    ],
)
def test_reading_a_body_takes_time_in_proportion_to_its_length(body: bytes) -> None:
    def quickest(given: bytes) -> float:
        took = []
        for _ in range(3):
            began = time.thread_time()
            with pytest.raises(MalformedJson):
                loads(given)
            took.append(time.thread_time() - began)
        return min(took)

    # Five times the length: 5 in proportion, 25 if anything in it were quadratic. A floor, as the shortest are noise.
    assert quickest(body) / max(quickest(body[: len(body) // 5]), 0.001) < 15


@pytest.mark.parametrize(
    ("content_type", "content_encoding"),
    [
        ("application/json", None),
        ("Application/JSON; charset=UTF-8", "identity"),
        ('application/json;charset="utf-8"', None),
        ("application/merge-patch+json", None),
        ("application/cloudevents+json; profile=x", None),
    ],
)
def test_plain_json_in_utf_8_is_taken(content_type: str, content_encoding: str | None) -> None:
    require_uncompressed(content_encoding)
    require_json(content_type)


@pytest.mark.parametrize(
    ("content_type", "content_encoding"),
    [
        (None, None),
        ("", None),
        ("text/json", None),
        ("application/x-www-form-urlencoded", None),
        ("multipart/form-data; boundary=application/json", None),
        ("application/jsonp", None),
        ("application/+json", None),
        ("application/json, text/plain", None),
        ("application/json; charset=utf-16", None),
        ("application/json; charset=utf-8; charset=latin-1", None),
        ("application/json", "gzip"),
        ("application/json", "identity, br"),
    ],
)
def test_t040_anything_else_is_415_without_a_quote(content_type: str | None, content_encoding: str | None) -> None:
    def require() -> None:
        require_uncompressed(content_encoding)
        require_json(content_type)

    with pytest.raises(UnsupportedMediaType) as refused:
        require()

    assert "latin-1" not in refused.value.detail


@pytest.mark.parametrize(("written", "read"), [(b"24.0", 24), (b"-2.0e1", -20), (b"24.5", 24.5), (b"1e30", 1e30)])
def test_a_number_without_a_fraction_is_a_whole_one_however_it_is_written(written: bytes, read: float) -> None:
    found = loads(written)
    assert found == read
    assert type(found) is type(read)
