"""Tables of the on-call's watch and of the alerts to people; the deadlines themselves stand in `case/models.py`."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Field

from services.identification.case.models import Table, metadata
from shared.alerts import queue
from shared.data.columns import moment

ALERT = queue.table_in(metadata)
"""What is sent to people's channels stands in this service's database too."""


class OnCallWatch(Table, table=True):
    """Somebody is held and the hotline was closed: the on-call is alerted until somebody has taken it."""

    __tablename__ = "on_call"
    case_id: UUID = Field(primary_key=True, foreign_key="case_file.id")
    started_at: datetime = moment()
    alerts: int
    next_at: datetime | None = moment()
    """When the on-call is alerted again; null once it was acknowledged, or nobody is held any more."""
    acknowledged_at: datetime | None = moment(default=None)
    acknowledged_by: str | None = None
