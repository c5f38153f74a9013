"""Hverdage: public holidays never count, and Saturday where somebody says so."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.kernel.clock import COPENHAGEN, end_of, months_after, on_date, start_of
from shared.rules.working_days import add_weekdays, is_public_holiday, is_weekday

days = st.dates(date(2021, 1, 1), date(2100, 1, 1))


@pytest.mark.parametrize(
    ("day", "is_one"),
    [
        ("2026-01-01", True),
        ("2026-04-02", True),  # skærtorsdag
        ("2026-04-03", True),  # langfredag
        ("2026-04-06", True),  # 2. påskedag
        ("2026-05-14", True),  # Kristi himmelfartsdag
        ("2026-05-25", True),  # 2. pinsedag
        ("2026-12-25", True),
        ("2026-12-26", True),
        ("2023-05-05", True),  # store bededag, the last one
        ("2024-04-26", False),  # abolished from 2024
        ("2026-05-01", False),
        ("2026-06-05", False),  # grundlovsdag: no public holiday by law
        ("2026-12-24", False),
        ("2026-12-31", False),
    ],
)
def test_the_public_holidays_are_those_of_the_law(day: str, is_one: bool) -> None:
    assert is_public_holiday(date.fromisoformat(day)) is is_one


@pytest.mark.parametrize(
    ("admitted", "notice"),
    [
        ("2026-06-15", "2026-06-18"),  # Monday
        ("2026-06-18", "2026-06-23"),  # Thursday: over the weekend
        ("2026-06-20", "2026-06-24"),  # Saturday
        ("2026-04-01", "2026-04-09"),  # before Easter
        ("2026-12-23", "2026-12-29"),  # 24 December counts, 25 and 26 do not
        ("2023-05-04", "2023-05-10"),  # store bededag
        ("2024-04-25", "2024-04-30"),  # no longer one
    ],
)
def test_three_weekdays_after_an_admission(admitted: str, notice: str) -> None:
    assert add_weekdays(date.fromisoformat(admitted), 3) == date.fromisoformat(notice)


def test_whether_saturday_counts_is_for_the_caller_to_say() -> None:
    saturday, sunday = date(2026, 6, 20), date(2026, 6, 21)
    assert [is_weekday(saturday), is_weekday(saturday, saturday_counts=True)] == [False, True]
    assert [is_weekday(sunday), is_weekday(sunday, saturday_counts=True)] == [False, False]
    assert add_weekdays(date(2026, 6, 18), 3, saturday_counts=True) == date(2026, 6, 22)
    boxing_day = date(2026, 12, 26)
    assert boxing_day.weekday() == 5
    assert not is_weekday(boxing_day, saturday_counts=True), "a public holiday never counts"


def test_no_weekdays_are_the_day_itself() -> None:
    assert add_weekdays(date(2026, 6, 20), 0) == date(2026, 6, 20)


@given(days, st.integers(0, 40), st.booleans())
def test_so_many_weekdays_ahead_lie_so_many_weekdays(day: date, number: int, saturday_counts: bool) -> None:
    found = add_weekdays(day, number, saturday_counts=saturday_counts)
    between = [day + timedelta(days=step) for step in range(1, (found - day).days + 1)]
    assert sum(is_weekday(each, saturday_counts=saturday_counts) for each in between) == number
    assert not number or is_weekday(found, saturday_counts=saturday_counts)


@given(days, st.integers(1, 20))
def test_a_later_start_never_ends_earlier(day: date, number: int) -> None:
    assert add_weekdays(day, number) <= add_weekdays(day + timedelta(days=1), number)


# ---------------------------------------------------------------- days and months by the clock in Copenhagen


@pytest.mark.parametrize(
    ("day", "hours"), [("2026-03-28", 24), ("2026-03-29", 23), ("2026-10-25", 25), ("2028-02-29", 24)]
)
def test_a_day_is_as_long_as_the_change_of_clocks_makes_it(day: str, hours: int) -> None:
    told = date.fromisoformat(day)
    assert end_of(told) - start_of(told) == timedelta(hours=hours)


@given(days)
def test_days_follow_each_other_without_a_gap(day: date) -> None:
    assert end_of(day) == start_of(day + timedelta(days=1))
    assert on_date(start_of(day)) == day
    assert on_date(end_of(day) - timedelta(microseconds=1)) == day
    assert start_of(day).astimezone(COPENHAGEN).hour == 0


@pytest.mark.parametrize(
    ("day", "months", "later"),
    [
        ("2026-07-20", 6, "2027-01-20"),
        ("2026-08-31", 6, "2027-02-28"),
        ("2027-08-31", 6, "2028-02-29"),
        ("2026-12-31", 2, "2027-02-28"),
        ("2026-11-30", 1, "2026-12-30"),
        ("2026-05-31", 0, "2026-05-31"),
    ],
)
def test_months_later_is_the_same_day_or_the_last_of_a_shorter_month(day: str, months: int, later: str) -> None:
    assert months_after(date.fromisoformat(day), months) == date.fromisoformat(later)


@given(days, st.integers(0, 60))
def test_a_month_later_never_skips_a_month(day: date, months: int) -> None:
    later = months_after(day, months)
    assert (later.year * 12 + later.month) - (day.year * 12 + day.month) == months
    assert later.day <= day.day
