"""Tables of absences: when the person was missing, and when and where found."""

from datetime import date, datetime
from uuid import UUID

from sqlmodel import Field

from services.identification.case.models import Table
from shared.data.columns import moment, record_id


class Absence(Table, table=True):
    """A time when nobody knew where the person was; open until `found_on`."""

    id: UUID = record_id()
    case_id: UUID = Field(foreign_key="case_file.id")
    since: date
    reported_to_police_on: date | None
    found_on: date | None = None
    municipality: str | None = None
    recorded_at: datetime = moment()
    recorded_by: str
