"""Where a list goes on: the sort key of the last item that the caller has, as `Cursors` handed it out, in types again."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID


def moment_and_id(after: Sequence[str | int]) -> tuple[datetime, UUID]:
    """The position in a list that is ordered by an instant and an id."""
    return datetime.fromisoformat(str(after[0])), UUID(str(after[1]))


def day_and_id(after: Sequence[str | int]) -> tuple[date, UUID]:
    """The position in a list that is ordered by a day and an id."""
    return date.fromisoformat(str(after[0])), UUID(str(after[1]))
