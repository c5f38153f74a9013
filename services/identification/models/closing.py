"""Tables of closures."""

from datetime import date, datetime
from uuid import UUID

from sqlmodel import Field

from services.identification.models.base import Table
from shared.data.columns import moment, record_id, sealed


class Closure(Table, table=True):
    """Somebody closed the case, for a reason; and reopened it, where `reopened_on` says so."""

    id: UUID = record_id()
    case_id: UUID = Field(foreign_key="case_file.id")
    closed_on: date
    recorded_at: datetime = moment()
    recorded_by: str
    reopened_on: date | None = None
    reopened_by: str | None = None
    reason: bytes | None = sealed(default=None)
    reopening: bytes | None = sealed(default=None)
