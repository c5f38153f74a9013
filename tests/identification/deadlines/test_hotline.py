"""When somebody answers the hotline."""

from datetime import date, datetime, time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.identification.deadlines.hotline import HotlineHours, is_open
from shared.kernel.clock import COPENHAGEN
from shared.rules.decision_tables import TableInvalid, load

moments = st.dates(date(2021, 1, 1), date(2060, 1, 1)).flatmap(
    lambda day: st.times().map(lambda at: datetime.combine(day, at, tzinfo=COPENHAGEN))
)


@pytest.mark.parametrize(
    ("moment", "somebody_answers"),
    [
        ("2026-06-22T08:29:59", False),  # Monday
        ("2026-06-22T08:30:00", True),
        ("2026-06-22T15:59:59", True),
        ("2026-06-22T16:00:00", False),
        ("2026-06-20T08:59:59", False),  # Saturday
        ("2026-06-20T09:00:00", True),
        ("2026-06-20T14:59:59", True),
        ("2026-06-20T15:00:00", False),
        ("2026-06-20T23:30:00", False),
        ("2026-06-21T12:00:00", True),  # Sunday
        ("2026-12-25T08:45:00", False),  # a Friday, and Christmas Day
        ("2026-12-25T15:30:00", False),
        ("2026-12-25T09:00:00", True),
        ("2026-06-05T15:30:00", True),  # Grundlovsdag is a weekday like any other
        ("2026-12-24T08:45:00", True),
        ("2024-04-26T15:30:00", True),  # store bededag is none any more
        ("2023-05-05T15:30:00", False),
        ("2026-03-29T09:00:00", True),  # the clocks have gone forward
        ("2026-03-29T15:00:00", False),
        ("2026-10-25T08:59:00", False),  # and back
        ("2026-10-25T09:00:00", True),
    ],
)
def test_the_hours_of_the_hotline(moment: str, somebody_answers: bool) -> None:
    assert is_open(datetime.fromisoformat(moment).replace(tzinfo=COPENHAGEN)) is somebody_answers


@given(moments)
def test_it_is_never_open_before_half_past_eight_nor_after_four(moment: datetime) -> None:
    if is_open(moment):
        assert time(8, 30) <= moment.time() < time(16)


def test_nobody_is_known_to_answer_on_a_day_that_no_table_covers() -> None:
    assert not is_open(datetime(2019, 6, 3, 12, tzinfo=COPENHAGEN))


def test_other_hours_are_another_table() -> None:
    hours = HotlineHours.model_validate(
        {
            "version": "t",
            "valid_from": "2030-01-01",
            "weekdays": ["00:00", "23:59"],
            "weekends_and_holidays": ["10:00", "12:00"],
        }
    )
    assert is_open(datetime(2026, 6, 22, 3, tzinfo=COPENHAGEN), hours)
    assert not is_open(datetime(2026, 6, 21, 9, tzinfo=COPENHAGEN), hours)


@pytest.mark.parametrize("wrong", [["16:00", "08:30"], ["08:30", "08:30"]])
def test_hours_that_close_before_they_open_are_refused(tmp_path: Path, wrong: list[str]) -> None:
    table = tmp_path / "hotline-2030.json"
    told = {"version": "t", "valid_from": "2030-01-01", "weekdays": wrong, "weekends_and_holidays": ["09:00", "15:00"]}
    table.write_text(str(told).replace("'", '"'), encoding="utf-8")
    with pytest.raises(TableInvalid, match="closes after it opens"):
        load(table, HotlineHours)
