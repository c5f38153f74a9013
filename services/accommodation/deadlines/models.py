"""Tables of notices, and of the ends that were announced."""

from datetime import date, datetime
from uuid import UUID, uuid4

from sqlmodel import Field

from services.accommodation.case.models import Table, metadata
from shared.alerts import queue
from shared.data.columns import moment

ALERT = queue.table_in(metadata)
"""What is sent to people's channels."""


class Notice(Table, table=True):
    """The leader of a § 110 hostel notifies the acting municipality that somebody was admitted."""

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    placement_id: UUID = Field(foreign_key="placement.id")
    case_id: UUID
    facility_id: UUID = Field(foreign_key="facility.id")
    operator: str
    municipality: str | None
    admitted_on: date
    due_on: date
    given_at: datetime | None = moment(default=None)
    acknowledged_at: datetime | None = moment(default=None)
    version: int = 1


class Announcement(Table, table=True):
    """That an end was announced so many days before."""

    about_id: UUID = Field(primary_key=True)
    ends_on: date = Field(primary_key=True)
    days_before: int = Field(primary_key=True)
    announced_at: datetime = moment()
