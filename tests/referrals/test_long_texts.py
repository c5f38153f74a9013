"""A text of any length is read in a time that grows with it alone: nobody keeps the others waiting with one referral."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

import pytest

from services.referrals import ages, births
from services.referrals.schemas import ReferralSubmission
from shared.contract import placeholders
from shared.contract.codes import IdentifierType
from shared.kernel import text
from shared.kernel.clock import judged_at
from tests.referrals.builders import referral, subject

LONG: Final = 100_000
SECONDS: Final = 2.0
NOW: Final = datetime(2026, 3, 9, 11, 0, tzinfo=UTC)
TODAY: Final = NOW.date()

FUNCTIONS: dict[str, Callable[[str], Any]] = {
    "says_a_number": ages.says_a_number,
    "years_meant": lambda written: ages.years_meant(written, on=TODAY),
    "says_a_child": ages.says_a_child,
    "to_read": births.to_read,
    "age_by_birth": lambda written: births.age_by_birth(written, on=TODAY),
    "whole_day": births.whole_day,
    "least_age": lambda written: births.least_age(written, on=TODAY),
    "least_age_by_short_date": lambda written: births.least_age_by_short_date(written, on=TODAY),
    "plain": placeholders.plain,
    "is_no_passport": lambda written: placeholders.is_no_number(IdentifierType.PASSPORT, written),
    "is_no_cpr": lambda written: placeholders.is_no_number(IdentifierType.CPR, written),
    "is_no_other": lambda written: placeholders.is_no_number(IdentifierType.OTHER, written),
    "is_no_name": placeholders.is_no_name,
    "is_blank": text.is_blank,
    "as_it_looks": text.as_it_looks,
    "normalised": lambda written: text.normalised("NFKD", written),
    "in_plain_digits": text.in_plain_digits,
    "in_plain_dashes": text.in_plain_dashes,
}
REPEATED = [
    *("1", "12.", "12. ", "a1", "1a", "1 ", "1-", "1e", "u-", "x-", "?", "X", "IX", "ab", "P-", "12ー", "ー1", "<"),
    *(
        " ",
        ".",
        "-",
        "_",
        "–",
        "−",
        "ー",
        "一",
        "ㅡ",
        "ـ",
        "\u3164",
        "\u200b",
        "\u00a0",
        "a",
        "æ",
        "無",
        "ا",
        "١",
        "١ー",
    ),
    *("see file ", "a \u0301", "\u0301\u0316", "\n", "år ", "1/2 "),
]


@pytest.mark.parametrize("each", REPEATED, ids=ascii)
def test_a_long_text_is_read_at_once(each: str) -> None:
    run = (each * LONG)[:LONG]
    for name, read in FUNCTIONS.items():
        # What is not the same at its ends is where a pattern begins again.
        for written in (run, f"a{run}a", f"1{run}", f"{run}1", f"1{run}a", f"ー{run}ー", f"c. 1 {run} x"):
            began = time.process_time()
            read(written)
            assert time.process_time() - began < SECONDS, (name, written[:20], written[-5:])


@pytest.mark.parametrize("field", ["birth_date", "stated_age", "age_at_exploitation"])
@pytest.mark.parametrize(
    "written", ["ー" * 40_000, "1" * 20_000, "12." * 20_000, "15 år. " * 20, "født 2012" + " x" * 50]
)
def test_a_referral_with_a_whole_story_for_an_age_is_taken_and_says_no_age(field: str, written: str) -> None:
    began = time.process_time()
    with judged_at(NOW):
        taken = ReferralSubmission.model_validate(referral(subject(**{"stated_age": None, field: written})))
    assert time.process_time() - began < SECONDS
    assert (taken.subjects[0].stated_age, getattr(taken.subjects[0], field)) == (None, None)
    assert [each.value.value for each in taken.as_written] == [written]
    assert [each.code for each in taken.warnings] == ["not_understood" if written[0] == "ー" else "impossible"]


def test_no_public_function_is_forgotten() -> None:
    for module in (ages, births, placeholders, text):
        own = [
            name
            for name, each in vars(module).items()
            if callable(each) and getattr(each, "__module__", "") == module.__name__ and name[0] != "_"
        ]
        kinds = {"Written", "is_no_birth_date", "is_no_number"}
        assert set(own) <= FUNCTIONS.keys() | kinds
