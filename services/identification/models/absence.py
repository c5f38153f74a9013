"""Tables of absences: when the person was missing, and when and where found."""

from datetime import date, datetime
from uuid import UUID, uuid4

from sqlmodel import Field

from services.identification.models.base import Table
from shared.columns import moment


class Absence(Table, table=True):
    """A time when nobody knew where the person was; open until `found_on`."""

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    case_id: UUID = Field(foreign_key="case_file.id")
    since: date
    reported_to_police_on: date | None
    found_on: date | None = None
    municipality: str | None = None
    recorded_at: datetime = moment()
    recorded_by: str
