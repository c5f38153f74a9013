"""Tables of appeals."""

from datetime import date, datetime
from uuid import UUID

from sqlmodel import Field

from services.identification.models.base import Table
from shared.contract.codes import AppealOutcome, Appellant
from shared.data.columns import code, moment, record_id, sealed


class Appeal(Table, table=True):
    """An appeal against a decision, and what became of it; an open one holds a removal."""

    id: UUID = record_id()
    case_id: UUID = Field(foreign_key="case_file.id")
    decision_id: UUID = Field(foreign_key="decision.id")
    filed_on: date
    filed_by: Appellant = code(Appellant)
    recorded_at: datetime = moment()
    recorded_by: str
    outcome: AppealOutcome | None = code(AppealOutcome, default=None)
    decided_on: date | None = None
    statement: bytes | None = sealed(default=None)
    reasons: bytes | None = sealed(default=None)

    @property
    def is_open(self) -> bool:
        return self.outcome is None
