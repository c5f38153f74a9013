"""Table of why people stay for long, sealed under the case's key."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Field

from services.accommodation.case.models import Table
from shared.data.columns import moment, sealed


class LongStayNote(Table, table=True):
    """The newest reason why somebody is still there."""

    __tablename__ = "long_stay_note"
    placement_id: UUID = Field(primary_key=True, foreign_key="placement.id")
    case_id: UUID
    noted_by: str
    noted_at: datetime = moment()
    reason: bytes = sealed()
