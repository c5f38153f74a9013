"""Tables of the identification service. Free text and everything that names a person is sealed under the case's key."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID, uuid4

from sqlalchemy import ForeignKey
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from shared.codes import (
    AgeGroup,
    Authority,
    CaseStatus,
    Channel,
    ExploitationForm,
    ExtensionReason,
    Gender,
    Outcome,
    PeriodKind,
    ResidenceBasis,
)
from shared.columns import code, codes, moment, sealed, texts


class Table(SQLModel, registry=registry()):
    """Base of this service's tables: one metadata of its own."""


metadata = Table.metadata


class Part(StrEnum):
    """What an organisation has to do with a case; who may see what follows from it."""

    CENTRE = "centre"
    AUTHORITY = "authority"
    REFERRER = "referrer"
    REMOVAL = "removal"
    """Could have the person removed, and so must see that an identification is pending; nothing else."""
    PROSECUTION = "prosecution"
    """May record what a court has decided in a case whose id it knows; no list shows it the case."""


class Case(Table, table=True):
    """One person's case. Coded facts stand open, as routing and lists need them; `person` seals the description."""

    __tablename__ = "case_file"
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    status: CaseStatus = code(CaseStatus, default=CaseStatus.REFERRED)
    missing: bool = False
    opened_at: datetime = moment()
    opened_on: date
    channel: Channel = code(Channel)
    occurred_at: datetime = moment()
    municipality: str | None
    referred_by: str | None
    custody_since: datetime | None = moment()
    gender: Gender = code(Gender)
    age_group: AgeGroup = code(AgeGroup)
    citizenships: list[str] = texts()
    residence_basis: ResidenceBasis = code(ResidenceBasis)
    residence_valid_until: date | None
    unpermitted_work: bool
    asylum_pending: bool
    court_recognised: bool = False
    authority: Authority = code(Authority)
    rule: str
    table_version: str
    why: str
    settled_by: str | None = None
    removal_hold: bool = False
    version: int = 1
    person: bytes = sealed()
    settlement: bytes | None = sealed(default=None)


class CaseParty(Table, table=True):
    """An organisation that has to do with the case."""

    __tablename__ = "case_party"
    case_id: UUID = Field(
        primary_key=True, sa_column_args=[ForeignKey("case_file.id", deferrable=True, initially="DEFERRED")]
    )
    org: str = Field(primary_key=True)
    part: Part = code(Part)


class CaseReferral(Table, table=True):
    """A subject of a referral that this case is about."""

    __tablename__ = "case_referral"
    subject_id: UUID = Field(primary_key=True)
    referral_id: UUID
    referred_by: str
    case_id: UUID = Field(foreign_key="case_file.id")


class KnownIdentifier(Table, table=True):
    """An identifier the person is or was known by, as a keyed hash: equality can be found, the number cannot."""

    __tablename__ = "known_identifier"
    hash: bytes = Field(primary_key=True)
    case_id: UUID = Field(foreign_key="case_file.id")


class Interview(Table, table=True):
    """One interview of the clarification; `account` seals what was said and who helped."""

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    case_id: UUID = Field(foreign_key="case_file.id")
    held_at: datetime = moment()
    held_by: str
    language: str | None
    with_interpreter: bool
    with_companion: bool
    anonymous: bool
    in_detention: bool
    account: bytes = sealed()


class Recommendation(Table, table=True):
    """What CMM recommends to the deciding authority."""

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    case_id: UUID = Field(foreign_key="case_file.id")
    made_at: datetime = moment()
    made_by: str
    outcome: Outcome = code(Outcome)
    reasons: bytes = sealed()


class Decision(Table, table=True):
    """An authority's decision. A later one never overwrites it: it names the one it replaces."""

    id: UUID = Field(default_factory=uuid4, primary_key=True)
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
    reasons: bytes | None = sealed(default=None)


class GrantedPeriod(Table, table=True):
    """A reflection or restitution period. Days are Danish calendar days; `ends_on` and `cap_on` still belong to it."""

    __tablename__ = "period"
    id: UUID = Field(default_factory=uuid4, primary_key=True)
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
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    period_id: UUID = Field(foreign_key="period.id")
    case_id: UUID = Field(foreign_key="case_file.id")
    until: date
    reason: ExtensionReason = code(ExtensionReason)
    granted_at: datetime = moment()
    granted_by: str
    note: bytes | None = sealed(default=None)
