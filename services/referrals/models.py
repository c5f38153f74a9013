"""Tables of the referrals service."""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy.orm import registry
from sqlmodel import Field

from shared.contract.codes import (
    Channel,
    DisclosureBasis,
    LegalBasis,
    Purpose,
    ReferralKind,
    ReferralStatus,
    Urgency,
)
from shared.contract.organisations import OrganisationKind
from shared.data.columns import code, moment, record_id, sealed
from shared.data.row import Row


class Table(Row, registry=registry()):
    """Base of this service's tables: one metadata of its own."""


metadata = Table.metadata


class Organisation(Table, table=True):
    """An entry of the directory."""

    id: str = Field(primary_key=True)
    kind: OrganisationKind = code(OrganisationKind)
    name: str
    region: str | None
    municipality_code: str | None
    version: int = 1


class Referral(Table, table=True):
    """What one organisation hands to another. `narrative` seals the reason and the safe contact, under the referral's key."""

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    sender: str
    recipient: str
    forwarded_by: str | None = None
    kind: ReferralKind = code(ReferralKind)
    channel: Channel = code(Channel)
    urgency: Urgency = code(Urgency)
    status: ReferralStatus = code(ReferralStatus, default=ReferralStatus.SUBMITTED)
    occurred_at: datetime = moment()
    municipality: str | None
    in_custody: bool
    custody_since: datetime | None = moment()
    case_id: UUID | None
    submitted_at: datetime = moment()
    updated_at: datetime = moment()
    version: int = 1
    erased_at: datetime | None = moment(default=None)
    narrative: bytes = sealed()


class ReferralSubject(Table, table=True):
    """A person the referral is about, in the sender's order, sealed under a key of their own; identification tells the case."""

    __tablename__ = "referral_subject"
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    referral_id: UUID = Field(foreign_key="referral.id")
    position: int
    case_id: UUID | None = None
    erased_at: datetime | None = moment(default=None)
    person: bytes = sealed()


class StatusChange(Table, table=True):
    """One step of the referral's life; `remark` seals the reason or the outcome that was given with it."""

    __tablename__ = "status_change"
    id: UUID = record_id()
    referral_id: UUID = Field(foreign_key="referral.id")
    at: datetime = moment()
    org: str
    status: ReferralStatus = code(ReferralStatus)
    recipient: str | None = None
    """To whom it was forwarded, and on what basis; None where nobody is named in it, so that it takes none."""
    basis: DisclosureBasis | None = code(DisclosureBasis, default=None)
    legal_basis: LegalBasis | None = code(LegalBasis, default=None)
    remark: bytes | None = sealed()


class KnownConsent(Table, table=True):
    """The person of a case lets an organisation know, or has taken that back."""

    __tablename__ = "known_consent"
    org: str = Field(primary_key=True)
    case_id: UUID = Field(primary_key=True)
    purpose: Purpose = code(Purpose, primary_key=True)
    is_live: bool


class WithdrawnConsent(Table, table=True):
    """The person has taken consent back from an organisation: since then nothing more of the case reaches it."""

    __tablename__ = "withdrawn_share"
    org: str = Field(primary_key=True)
    case_id: UUID = Field(primary_key=True)
    since: datetime = moment()
