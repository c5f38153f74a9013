"""Whatever stands in a field, the referral is taken, unless it says wrongly who, to whom, when, or by which code."""

import json
from copy import deepcopy
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from services.referrals.reading import Reading
from services.referrals.schemas import ReferralSubmission
from shared.kernel.clock import judged_at
from shared.kernel.strict_json import MAX_DEPTH, MalformedJson, loads, loads_forgiving, plain, writable
from shared.kernel.text import is_blank
from tests.referrals.builders import referral, subject

NOW = datetime(2026, 3, 9, 11, 0, tzinfo=UTC)
OF_THE_REFERRAL = ("municipality", "in_custody", "safe_contact")
OF_A_SUBJECT = (
    *("given_name", "family_name", "birth_date", "stated_age", "age_at_exploitation", "citizenships", "languages"),
    *(
        "interpreter_language",
        "residence_valid_until",
        "unpermitted_work",
        "asylum_pending",
        "unaccompanied",
        "identifiers",
    ),
)
scalars = (
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False) | st.text(max_size=300)
)
values = scalars | st.lists(scalars, max_size=15)


def read(body: dict[str, Any]) -> ReferralSubmission:
    with judged_at(NOW):
        return ReferralSubmission.model_validate(body)


def sent_as(body: dict[str, Any]) -> ReferralSubmission:
    """What is made of the bytes that the body is sent as, half characters and all."""
    return read(loads_forgiving(json.dumps(body).encode()))


def at(body: Any, loc: list[str | int]) -> Any:
    for part in loc[1:]:
        body = body[part]
    return body


@given(
    st.dictionaries(st.sampled_from(OF_THE_REFERRAL), values, max_size=3),
    st.dictionaries(st.sampled_from(OF_A_SUBJECT), values, max_size=6),
)
@settings(deadline=None)
def test_a_referral_is_taken_whatever_stands_in_what_may_be_left_out(
    said: dict[str, Any], person: dict[str, Any]
) -> None:
    body = referral(subject(**person), **said)
    sent = deepcopy(body)
    taken = read(body)
    assert body == sent, "what was sent is not touched"
    for kept in taken.as_written:
        assert at(sent, kept.loc) == kept.value.value
    warned = {tuple(each.loc) for each in taken.warnings}
    for kept in taken.as_written:
        assert any(place[: len(kept.loc)] == tuple(kept.loc) for place in warned), "what is read otherwise is warned of"
    again = read(sent)
    assert (again.warnings, again.as_written, again) == (taken.warnings, taken.as_written, again)


@given(values.filter(lambda value: value is not None))
def test_what_is_not_read_as_it_was_written_is_named(value: Any) -> None:
    taken = read(referral(subject(stated_age=value)))
    is_an_age = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 120
    assert bool(taken.warnings) is not is_an_age
    assert (taken.subjects[0].stated_age == value) or taken.as_written[0].value.value == value


@given(st.text(max_size=50))
def test_a_reason_is_what_was_written_or_null_with_a_warning(reason: str) -> None:
    taken = read(referral(reason=reason))
    if is_blank(plain(reason)):
        assert (taken.reason, taken.warnings[0].code) == (None, "blank")
    else:
        assert taken.reason is not None
        assert taken.reason.value == plain(reason)
        assert [each.code for each in taken.warnings] == ["characters"] * (plain(reason) != reason)


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "adoption"},
        {"recipient": "Nobody!"},
        {"occurred_at": "tomorrow"},
        {"subjects": []},
        {"subjects": [{"reference": "P01", "gender": "female"}]},
        {"nickname": "Malee"},
    ],
)
def test_a_refusal_names_what_it_is_for_and_not_what_would_have_been_forgiven(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as refused:
        read(referral(municipality="9999", in_custody="yes") | wrong)
    assert {error["loc"][0] for error in refused.value.errors()} == set(wrong)


def test_a_place_is_counted_as_it_was_sent() -> None:
    reading = Reading({"subjects": [{"citizenships": ["?", "THA", "!", "-", "NGA"]}]})
    reading._taken_out["subjects", 0, "citizenships"] = {0, 2, 3}
    assert [reading.as_sent(("subjects", 0, "citizenships", position))[-1] for position in (0, 1)] == [1, 4]


# ---------------------------------------------------------------- what JSON can say and no field can hold

any_text = st.text(st.characters(exclude_categories=()), max_size=30).map(lambda text: json.loads(json.dumps(text)))
"""Half characters and control characters too; two halves that follow one another are whole, as JSON has it."""
beyond_64_bits = st.integers(min_value=2**63) | st.integers(max_value=-(2**63) - 1)


@given(any_text)
def test_a_text_is_read_with_what_it_may_hold_and_named_where_that_is_not_all(text: str) -> None:
    taken = sent_as(referral(safe_contact=f"a{text}"))
    assert taken.safe_contact is not None
    read_as = taken.safe_contact.value
    assert loads(json.dumps(read_as).encode()) == read_as == plain(f"a{text}")
    assert [each.code for each in taken.warnings] == ["characters"] * (read_as != f"a{text}")
    assert [each.value.value for each in taken.as_written] == [writable(f"a{text}")] * (read_as != f"a{text}")


@given(beyond_64_bits)
def test_a_number_beyond_64_bits_is_a_text_where_one_may_stand_and_unknown_elsewhere(number: int) -> None:
    identifiers = [{"type": "other", "value": number}]
    taken = sent_as(referral(subject(stated_age=number, identifiers=identifiers)))
    person = taken.subjects[0]
    assert (person.stated_age, person.identifiers[0].value.value) == (None, str(number)[:64])
    warned = {(str(each.loc[-1]), each.code) for each in taken.warnings}
    assert ("stated_age", "impossible") in warned
    assert ("value", "spelt" if len(str(number)) <= 64 else "too_long") in warned
    assert {kept.value.value for kept in taken.as_written} == {str(number)}


@given(st.integers(-(2**63), 2**63 - 1) | beyond_64_bits.filter(lambda number: len(str(number)) <= 64))
def test_a_reference_without_quotes_is_what_it_spells(number: int) -> None:
    taken = sent_as(referral({"reference": number}))
    reference = taken.subjects[0].reference
    assert reference is not None
    assert reference.value == str(number)
    assert [(each.loc, each.code) for each in taken.warnings] == [(["body", "subjects", 0, "reference"], "spelt")]


@given(st.lists(any_text, min_size=2, max_size=5))
def test_of_what_is_said_twice_the_last_counts_and_nothing_is_lost(said: list[str]) -> None:
    members = ", ".join(f'"safe_contact": {json.dumps(f"a{text}")}' for text in said)
    taken = read(loads_forgiving(f"{json.dumps(referral())[:-1]}, {members}}}".encode()))
    assert taken.safe_contact is not None
    assert taken.safe_contact.value == plain(f"a{said[-1]}")
    assert [each.code.value for each in taken.warnings].count("said_twice") == 1
    kept = [each.value.value for each in taken.as_written]
    assert {writable(f"a{text}") for text in said[:-1]} <= set(kept)


@given(
    st.recursive(
        any_text | beyond_64_bits | st.none() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False),
        lambda inner: st.lists(inner) | st.dictionaries(any_text, inner),
    )
)
@settings(deadline=None)
def test_whatever_json_stands_in_what_may_be_left_out_the_referral_is_taken_and_can_be_shown(value: Any) -> None:
    for field in ("citizenships", "given_name"):
        taken = sent_as(referral(subject(**{field: value})))
        for kept in taken.as_written:
            assert kept.model_dump_json().encode()
        for each in taken.warnings:
            assert set(each.loc[:4]) <= {"body", "subjects", 0, field}
            assert all(isinstance(part, int) for part in each.loc[4:]), "a name within is somebody's word"


def test_what_lies_within_a_value_that_is_read_otherwise_is_named_with_it_alone() -> None:
    taken = sent_as(referral(subject(given_name={"Malee": "\x00", "age": 2**70}, stated_age="\x00")))
    assert [(each.loc[3:], each.code) for each in taken.warnings] == [
        (["given_name"], "not_understood"),
        (["stated_age"], "blank"),
    ]


def test_what_divides_a_text_goes_on_dividing_it() -> None:
    assert plain("a\x0bb\x0cc\x85d\x1fe") == "a\nb\nc\nd e"
    assert plain("Ma\x00l\x1bee\ud800") == "Malee\ufffd"
    assert plain("a\tb\r\nc") == "a\tb\r\nc"


NO_JSON = [
    b"{Karla}",
    b'{"a": NaN}',
    b'{"a": "b\nc"}',
    b'"\xff"',
    '{"a": 1}'.encode("utf-16"),
    b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1),
    json.dumps([0] * 20_001).encode(),
    b"{" + b'"a": 0, ' * 20_001 + b'"a": 0}',
    b'{"a": ' + json.dumps([0] * 20_001).encode() + b', "a": 0}',
]


@pytest.mark.parametrize("body", NO_JSON)
def test_what_is_no_json_or_beyond_our_limits_is_refused_though_much_is_forgiven(body: bytes) -> None:
    with pytest.raises(MalformedJson):
        loads_forgiving(body)


def test_fifty_people_of_whom_everything_is_said_are_a_referral() -> None:
    consents = [{"recipient": "cmm", "purpose": "support"}] * 50
    identifiers = [{"type": "other", "value": f"A{number}", "issuing_country": "THA"} for number in range(20)]
    everything = {
        "consents": consents,
        "identifiers": identifiers,
        "citizenships": ["THA"] * 10,
        "languages": ["tha"] * 10,
    }
    body = referral(*(subject(f"P{number}", **everything) for number in range(50)))
    with pytest.raises(MalformedJson):
        loads(json.dumps(body).encode())
    assert len(sent_as(body).subjects) == 50
