"""Tables of the criminal track."""

from datetime import date, datetime
from uuid import UUID

from sqlmodel import Field

from services.identification.case.models import Table
from shared.contract.codes import CriminalSection, CriminalStep
from shared.data.columns import code, moment, record_id, sealed


class CriminalRecord(Table, table=True):
    """One step of the criminal track; it runs beside the identification."""

    __tablename__ = "criminal_step"
    id: UUID = record_id()
    case_id: UUID = Field(foreign_key="case_file.id")
    kind: CriminalStep = code(CriminalStep)
    section: CriminalSection | None = code(CriminalSection)
    taken_on: date
    recorded_at: datetime = moment()
    recorded_by: str
    note: bytes | None = sealed(default=None)
