"""The numbers that no law fixes stand in a dated table, and what they are for goes by the version of its day."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from services.accommodation.case.nights import night_of
from services.accommodation.case.terms import TERMS, HousingTerms, terms_on
from services.accommodation.stays.along import Recorded
from tests.accommodation.housing import Housing
from tests.world import World

NOW = TERMS.all[-1].model_dump()
LATER = NOW | {"version": "housing-2026", "valid_from": "2026-06-01", "valid_until": None}


@pytest.fixture
def another(monkeypatch: pytest.MonkeyPatch) -> HousingTerms:
    """From June 2026 on other numbers are in force."""
    changed: dict[str, Any] = {"morning_hour": 4, "own_bed_months": 24, "most_open_requests": 1}
    now = HousingTerms(**NOW | {"valid_until": date(2026, 6, 1)})
    later = HousingTerms(**LATER | changed)
    monkeypatch.setitem(TERMS.__dict__, "all", (now, later))
    return later


def test_each_day_has_its_numbers(another: HousingTerms) -> None:
    assert terms_on(date(2026, 6, 1)) == another
    assert terms_on(date(2026, 5, 31)).morning_hour == NOW["morning_hour"]
    assert terms_on(date(1999, 1, 1)).morning_hour == NOW["morning_hour"], "before the first: the first"


def test_the_morning_is_that_of_the_day(another: HousingTerms) -> None:
    assert night_of(datetime(2026, 5, 31, 3, tzinfo=UTC)) == date(2026, 5, 30)
    assert night_of(datetime(2026, 6, 1, 3, tzinfo=UTC)) == date(2026, 6, 1), "five in Copenhagen"


def test_a_child_has_a_bed_of_its_own_by_the_day_of_the_stay(another: HousingTerms) -> None:
    child = Recorded(born_on=date(2024, 1, 1))
    assert child.is_small(None, on=date(2026, 5, 31))
    assert not child.is_small(None, on=date(2026, 6, 1))


async def test_what_is_asked_for_goes_by_the_numbers_of_today(
    housing: Housing, havn: World, another: HousingTerms
) -> None:
    await havn.set_clock("2026-06-02T12:00:00+02:00")
    woman = await housing.case()
    wanted = {"case_id": woman, "from_on": "2026-06-03", "to_on": "2026-06-10"}
    cmm = havn.partner("cmm")
    assert (await cmm.post("/accommodation/v1/placement-requests", wanted)).status_code == 201
    refused = await cmm.post("/accommodation/v1/placement-requests", wanted)
    assert (refused.status_code, refused.json()["detail"].split()[0]) == (409, "1")


@pytest.mark.parametrize("days", [[14, 60], [14, 14], [], [-1]])
def test_what_ends_is_announced_earlier_first(days: list[int]) -> None:
    with pytest.raises(ValidationError):
        HousingTerms(**LATER | {"approval_announced_days": days})
