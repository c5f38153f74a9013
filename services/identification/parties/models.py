"""What is kept of a part that CMM has ended."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Field

from services.identification.case.models import Table
from shared.contract.visibility import Part
from shared.data.columns import code, moment, record_id, sealed


class EndedPart(Table, table=True):
    """CMM has ended an organisation's part in a case; `reason` seals why, under the case's key."""

    __tablename__ = "ended_part"
    id: UUID = record_id()
    case_id: UUID = Field(foreign_key="case_file.id")
    org: str
    part: Part = code(Part)
    ended_at: datetime = moment()
    ended_by: str
    reason: bytes | None = sealed(default=None)
