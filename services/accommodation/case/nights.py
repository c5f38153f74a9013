"""Nights as PostgreSQL keeps them: a range of dates that its constraints understand."""

from datetime import date

from sqlalchemy.dialects.postgresql import Range

Nights = Range[date]
"""The nights from the first day to the last, which is not slept: `[from_on, to_on)`, open where nobody has set an end."""


def nights(from_on: date | None, to_on: date | None) -> Nights:
    """The nights from the one day until, but not on, the other; None where that end is open."""
    return Range(from_on, to_on, bounds="[)")


def first_of(found: Nights) -> date:
    """The first night of a stay or an approval, which always has one."""
    if found.lower is None:
        raise ValueError("These nights have no beginning.")
    return found.lower
