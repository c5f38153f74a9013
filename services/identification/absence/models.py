"""Tables of absences, and of disappearances: whether the person is missing is asked when they left a place without notice."""

from datetime import date, datetime
from uuid import UUID

from sqlmodel import Field

from services.identification.case.models import Table
from shared.data.columns import moment, record_id, sealed


class Absence(Table, table=True):
    """A time when nobody knew where the person was; open until `found_on`."""

    id: UUID = record_id()
    case_id: UUID = Field(foreign_key="case_file.id")
    since: date
    reported_to_police_on: date | None
    found_on: date | None = None
    municipality: str | None = None
    brought_by: UUID | None = None
    """The case that it came from by a merge."""
    recorded_at: datetime = moment()
    recorded_by: str


class Disappearance(Table, table=True):
    """The person left a place without notice: are they missing? Open until somebody who works on the case answers."""

    id: UUID = record_id()
    case_id: UUID = Field(foreign_key="case_file.id")
    since: date
    recorded_at: datetime = moment()
    answered_at: datetime | None = moment(default=None)
    answered_by: str | None = None
    is_missing: bool | None = None
    brought_by: UUID | None = None
    """The case that the question came from by a merge."""
    reason: bytes | None = sealed(default=None)
