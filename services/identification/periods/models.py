from datetime import date, datetime
from uuid import UUID

from sqlmodel import Field

from services.identification.case.codes import ExtensionReason
from services.identification.case.models import Table
from shared.contract.codes import PeriodKind
from shared.data.columns import code, moment, record_id, sealed


class GrantedPeriod(Table, table=True):
    """A reflection or restitution period. Days are Danish calendar days; `ends_on` and `cap_on` still belong to it."""

    __tablename__ = "period"
    id: UUID = record_id()
    case_id: UUID = Field(foreign_key="case_file.id")
    decision_id: UUID = Field(foreign_key="decision.id", unique=True)
    kind: PeriodKind = code(PeriodKind)
    requested_on: date
    starts_on: date
    ends_on: date
    cap_on: date


class PeriodExtension(Table, table=True):
    """One move of a period's end."""

    __tablename__ = "period_extension"
    id: UUID = record_id()
    period_id: UUID = Field(foreign_key="period.id")
    case_id: UUID = Field(foreign_key="case_file.id")
    until: date
    reason: ExtensionReason = code(ExtensionReason)
    granted_at: datetime = moment()
    granted_by: str
    note: bytes | None = sealed(default=None)
