"""When things are: ONE rule for what has happened and one for what is planned, for every field of every request.

What has happened lies between 1900 and now, by the clock of the domain; whose clock reports may be some minutes ahead of it.
A plan may lie ahead, as far as the rule of what it plans says.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated, Any, Final, TypeVar

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler, ValidationInfo
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from shared.contract.types import Day, Moment
from shared.kernel.clock import instant_of_judging, on_date
from shared.kernel.errors import SpokenValueError
from shared.kernel.text import AS_STORED

TOLERANCE: Final = timedelta(minutes=5)
"""How far the clock of who reports may be ahead of ours (docs/rules.md, time-1)."""
HELD_AT_MOST: Final = timedelta(hours=72)
"""How long a suspected victim without legal stay may be held before a decision, from the arrest (docs/rules.md, deadline-5)."""
WHICH: Final = "x-time"
"""In the published schema of every day and time of a request: whether it says what has happened or what is planned."""
TimeT = TypeVar("TimeT", date, datetime)


def lies_ahead(time: date, *, of: datetime) -> bool:
    """Whether a time, or a Danish day, is still to come at that instant, by more than the tolerance."""
    latest = of + TOLERANCE
    return time > latest if isinstance(time, datetime) else time > on_date(latest)


@dataclass(frozen=True, slots=True)
class _Said:
    """In an `Annotated` day or time."""

    has_happened: bool

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.with_info_after_validator_function(self._check, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return handler(schema) | {WHICH: "happened" if self.has_happened else "planned"}

    def _check(self, time: TimeT, validation: ValidationInfo) -> TimeT:
        now = instant_of_judging()
        if self.has_happened and now and validation.context is not AS_STORED and lies_ahead(time, of=now):
            raise SpokenValueError("That lies ahead; record what has happened.")
        return time


Happened = Annotated[Moment, _Said(has_happened=True)]
HappenedOn = Annotated[Day, _Said(has_happened=True)]
Planned = Annotated[Moment, _Said(has_happened=False)]
PlannedOn = Annotated[Day, _Said(has_happened=False)]
