"""The formats a figure comes in, which of them the caller asked for, and how to write it."""

import csv
import io
from collections.abc import Sequence
from enum import StrEnum
from typing import Any

from services.stats.schemas import VictimCounts
from shared.kernel.errors import DomainError, NotFound


class NotAcceptable(DomainError):
    """The caller wants a format that we do not write."""

    status = 406


class FormatNotFound(NotFound):
    """There is no file with that ending."""


class Format(StrEnum):
    """What we write, the preferred first."""

    JSON = "application/json"
    CSV = "text/csv"


_BY_SUFFIX = {"json": Format.JSON, "csv": Format.CSV}
_NOT_DRAWN_YET = frozenset({"svg", "png"})


def format_of(suffix: str, accept: str | None) -> Format:
    """The format that a path's ending names or, without one, that the Accept header likes best (RFC 9110, 12.5.1).

    Raises NotAcceptable, and FormatNotFound for an ending that no figure will ever have."""
    if suffix in _BY_SUFFIX:
        return _BY_SUFFIX[suffix]
    if suffix and suffix not in _NOT_DRAWN_YET:
        raise FormatNotFound
    liking = {} if suffix else {offered: _liking(offered, accept or "*/*") for offered in Format}
    best = max(liking, key=lambda offered: liking[offered], default=None)
    if best is None or liking[best] == 0:
        raise NotAcceptable(f"Figures come as {' or '.join(Format)}; ask for one of these.")
    return best


def _liking(offered: Format, accept: str) -> float:
    """How much an Accept header likes a format, 0 to 1; of several ranges that fit, the closest one speaks."""
    kind = offered.partition("/")[0]
    closeness = {"*/*": 1, f"{kind}/*": 2, str(offered): 3}
    fitting = [(0, 0.0)]
    for part in accept.split(","):
        media_range, *parameters = (piece.strip().lower() for piece in part.split(";"))
        if media_range in closeness:
            fitting.append((closeness[media_range], _quality(parameters)))
    return max(fitting)[1]


def _quality(parameters: Sequence[str]) -> float:
    written = next((given[2:] for given in parameters if given.startswith("q=")), "1")
    try:
        return min(max(float(written), 0.0), 1.0)
    except ValueError:
        return 0.0


def csv_of(counts: VictimCounts) -> str:
    """The counts as CSV (RFC 4180): the dimensions, then `count` and `status`. An empty count is suppressed or unknown."""
    columns = [*counts.dimensions, "count", "status"]
    file = io.StringIO(newline="")
    writer = csv.writer(file)
    writer.writerow(columns)
    writer.writerows([harmless(getattr(row, column)) for column in columns] for row in counts.rows)
    return file.getvalue()


def harmless(value: Any) -> Any:
    """The value, so that no spreadsheet takes it for a formula and runs it."""
    if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r", "\n")):
        return f"'{value}"
    return value
