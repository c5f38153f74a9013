"""Tables of decisions and of the periods they give."""

from datetime import date, datetime
from uuid import UUID

from sqlmodel import Field

from services.identification.models.base import Table
from shared.contract.codes import Authority, ExploitationForm, ExtensionReason, Outcome, PeriodKind, ResidenceBasis
from shared.data.columns import code, codes, moment, record_id, sealed


class Decision(Table, table=True):
    """An authority's decision. A later one never overwrites it: it names the one it replaces."""

    id: UUID = record_id()
    case_id: UUID = Field(foreign_key="case_file.id")
    authority: Authority = code(Authority)
    outcome: Outcome = code(Outcome)
    exploitation_forms: list[ExploitationForm] = codes(ExploitationForm)
    decided_on: date
    notified_on: date | None
    legal_status: ResidenceBasis = code(ResidenceBasis)
    asylum_pending: bool
    replaces: UUID | None = Field(foreign_key="decision.id")
    is_current: bool = True
    recorded_at: datetime = moment()
    recorded_by: str
    decided_by: str | None = None
    """The decider, as the login calls them."""
    rule: str | None = None
    table_version: str | None = None
    """By which rule of which routing table the authority was the one to decide."""
    reasons: bytes | None = sealed(default=None)


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
