"""Tables of referrals that tell a municipality of a child, and of notes for the municipality that assesses it."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Field

from services.identification.case.models import Table
from shared.data.columns import moment, record_id, sealed


class ChildReferral(Table, table=True):
    """A referral that asks a municipality to assess a child of a case."""

    __tablename__ = "child_referral"
    referral_id: UUID = Field(primary_key=True)
    case_id: UUID = Field(foreign_key="case_file.id")
    municipality: str


class ChildNote(Table, table=True):
    """What somebody who has to do with the case has noted for the municipality that assesses the child."""

    __tablename__ = "child_note"
    id: UUID = record_id()
    case_id: UUID = Field(foreign_key="case_file.id")
    recorded_at: datetime = moment()
    recorded_by: str
    addressed_to: str | None
    """The municipality that had the task then; None where none had, and CMM alone reads the note."""
    words: bytes | None = sealed(default=None)
