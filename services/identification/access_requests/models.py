"""The table of requests for access to what is held of a person."""

from datetime import date, datetime
from uuid import UUID

from sqlmodel import Field

from services.identification.case.codes import AccessOutcome, AskedBy, AskerRelation
from services.identification.case.models import Table
from shared.data.columns import code, moment, record_id, sealed


class AccessRequest(Table, table=True):
    """Somebody asks for what is held of the person. `account` seals who asks and how that was proven, `review` why it was granted
    or refused."""

    __tablename__ = "access_request"
    id: UUID = record_id()
    case_id: UUID = Field(foreign_key="case_file.id")
    recorded_at: datetime = moment()
    recorded_by: str
    recorded_by_subject: str
    requested_on: date
    asked_by: AskedBy = code(AskedBy)
    relation: AskerRelation | None = code(AskerRelation, default=None)
    answer_by: date
    """The last day on which it may be answered."""
    outcome: AccessOutcome | None = code(AccessOutcome, default=None)
    reviewed_at: datetime | None = moment(default=None)
    reviewed_by_subject: str | None = None
    granted_until: date | None = None
    """The last day on which what was granted may be handed out."""
    handed_out_on: date | None = None
    ended_at: datetime | None = moment(default=None)
    """When it was refused, or handed out."""
    account: bytes | None = sealed(default=None)
    review: bytes | None = sealed(default=None)
