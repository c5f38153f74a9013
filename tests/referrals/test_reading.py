"""Whatever stands in a field, the referral is taken, unless it says wrongly who, to whom, when, or by which code."""

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
    if is_blank(reason):
        assert (taken.reason, taken.warnings[0].code) == (None, "blank")
    else:
        assert taken.reason is not None
        assert (taken.reason.value, taken.warnings) == (reason, [])


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
