"""Tables of decisions, of appeals, and of closures."""

from datetime import date, datetime
from uuid import UUID

from sqlmodel import Field

from services.identification.case.codes import Appellant
from services.identification.case.models import Table
from shared.contract.codes import AppealOutcome, Authority, ExploitationForm, Outcome, ResidenceBasis
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


# ---------------------------------------------------------------- appeals


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


# ---------------------------------------------------------------- closing


class Closure(Table, table=True):
    """Somebody closed the case, for a reason; and reopened it, where `reopened_on` says so."""

    id: UUID = record_id()
    case_id: UUID = Field(foreign_key="case_file.id")
    closed_on: date
    recorded_at: datetime = moment()
    recorded_by: str
    reopened_on: date | None = None
    reopened_by: str | None = None
    reason: bytes | None = sealed(default=None)
    reopening: bytes | None = sealed(default=None)
