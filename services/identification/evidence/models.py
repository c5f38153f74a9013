"""Tables of evidence: what a file is, its sealed content in parts, and who has released it."""

from datetime import date, datetime
from uuid import UUID

from sqlmodel import Field

from services.identification.case.codes import EvidenceStatus
from services.identification.case.models import Table
from shared.data.columns import code, moment, record_id, sealed
from shared.files.scanning import Verdict


class Evidence(Table, table=True):
    """A file in a case; `description` seals its name, what it shows, and why it was removed. Type and size are found, not
    claimed."""

    id: UUID = record_id()
    case_id: UUID = Field(foreign_key="case_file.id")
    status: EvidenceStatus = code(EvidenceStatus)
    scan: Verdict = code(Verdict)
    media_type: str | None
    size: int = 0
    obtained_on: date | None
    recorded_at: datetime = moment()
    recorded_by: str
    description: bytes = sealed()


class EvidencePart(Table, table=True):
    """A piece of a file's content, sealed for its own place."""

    __tablename__ = "evidence_part"
    id: UUID = record_id()
    evidence_id: UUID = Field(foreign_key="evidence.id")
    case_id: UUID = Field(foreign_key="case_file.id")
    number: int
    size: int
    content: bytes = sealed()


class EvidenceRelease(Table, table=True):
    """One person lets a file out that was not scanned; it takes two."""

    __tablename__ = "evidence_release"
    id: UUID = record_id()
    evidence_id: UUID = Field(foreign_key="evidence.id")
    case_id: UUID = Field(foreign_key="case_file.id")
    recorded_at: datetime = moment()
    recorded_by: str
    recorded_by_subject: str
    reason: bytes = sealed()
