"""Nights among nights: asked of every place, so it is not asked of SQLAlchemy's range, and says what that would."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.accommodation.case.nights import covers, nights

DAY = st.one_of(st.none(), st.integers(0, 6).map(lambda day: date(2026, 3, 9) + timedelta(day)))


@given(DAY, DAY, DAY, DAY)
def test_nights_cover_what_postgresql_s_range_contains(
    begins: date | None, ends: date | None, first: date | None, last: date | None
) -> None:
    found, wanted = nights(begins, ends), nights(first, last)
    for each in (found, wanted):
        if each.lower and each.upper and each.lower >= each.upper:
            return  # nobody has no night
    assert covers(found, wanted) is found.contains(wanted)
