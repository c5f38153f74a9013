"""Tables of cases, of who has to do with them, and of what the people are known by; and three that several packages read:
attempts of contact, deadlines, legal holds."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID, uuid4

from sqlalchemy import BigInteger, Column, DateTime, ForeignKey, Identity
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import registry
from sqlmodel import Field

from services.identification.case.codes import CaseStatus, ContactChannel, CustodyEnd
from shared.contract.codes import AgeGroup, Authority, Channel, DeadlineKind, Gender, ResidenceBasis
from shared.contract.visibility import Part
from shared.data.columns import code, moment, record_id, sealed, texts
from shared.data.row import Row

# ---------------------------------------------------------------- the base of all tables


class Table(Row, registry=registry()):
    """Base of this service's tables: one metadata of its own."""


metadata = Table.metadata


class Case(Table, table=True):
    """One person's case. Coded facts stand open, as routing and lists need them; `person` seals the description."""

    __tablename__ = "case_file"
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    status: CaseStatus = code(CaseStatus, default=CaseStatus.REFERRED)
    missing: bool = False
    missing_asked_since: date | None = None
    """Since when the person may be missing: they left a place without notice, and nobody has answered yet whether they are."""
    opened_at: datetime = moment()
    opened_on: date
    channel: Channel = code(Channel)
    occurred_at: datetime = moment()
    municipality: str | None
    referred_by: str | None
    custody_since: datetime | None = moment()
    custody_ended_at: datetime | None = moment(default=None)
    custody_end_reason: CustodyEnd | None = code(CustodyEnd, default=None)
    custody_place: bytes | None = sealed(default=None)
    custody_from: UUID | None = None
    """The merged case that brought this custody; it gets it back when the merge is undone."""
    custody_own_since: datetime | None = moment(default=None)
    custody_own_ended_at: datetime | None = moment(default=None)
    custody_own_end_reason: CustodyEnd | None = code(CustodyEnd, default=None)
    """What this case's own record says of an arrest, while that of a merged case stands in the fields above."""
    has_deadlines: bool = Field(default=False, sa_column_kwargs={"name": "is_wound"})
    """Whether its deadlines are set by what is known; a case of an earlier Havn has none until its worker sets them. The
    column keeps its first name: another one would be a migration that changes nothing."""
    gender: Gender = code(Gender)
    age_group: AgeGroup = code(AgeGroup)
    age_stated_on: date | None = None
    """Since when the stated age is as it is: it grows with the years since then."""
    adult_on: date | None = None
    """The first day on which who is a minor, or presumed one, is none; None for everybody else, and where no age says when."""
    first_positive_on: date | None = None
    """The day of the first positive decision in it that stands: statistics count the person from then on."""
    age_group_at_decision: AgeGroup | None = code(AgeGroup, default=None)
    """In which age group the person was on that day, by what is known of the age now."""
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
    merged_into: UUID | None = Field(default=None, foreign_key="case_file.id")
    """The case about the same person where the work goes on; this one is only read."""
    is_to_compare: bool = True
    """Whether it is still to be looked who else the person may be."""
    source_withdrawn_at: datetime | None = moment(default=None)
    """When the only referral behind the case was withdrawn; it stays open with CMM, and no machine closes or erases it."""
    placement_asked_at: datetime | None = moment(default=None)
    """When a place to stay was first asked for, as far as accommodation has said: the contact has come to something."""
    is_housed: bool = False
    """Whether the person lives in such a place, as far as accommodation has said."""
    closed_on: date | None = None
    last_follow_up_on: date | None = None
    """When the person was last followed up: the closure, or a follow-up after the departure. Retention counts from it."""
    erased_at: datetime | None = moment(default=None)
    opened_by: str | None = None
    """Who opened the case without a referral; None where it was a referral that did."""
    age_group_at_exploitation: AgeGroup | None = code(AgeGroup, default=None)
    unaccompanied: bool | None = None
    """Whether a minor came alone, as far as anybody has said."""
    facts_used: dict[str, Any] = Field(default_factory=dict, sa_type=JSONB)
    routing_facts: dict[str, Any] | None = Field(default=None, sa_type=JSONB)
    """All that was known when it was routed: a table that is only proposed can be tried on it."""
    routed_at: datetime = moment()
    child_since: datetime | None = moment(default=None)
    """Since when the person is known to be a child, or presumed one; None where they are neither."""
    child_notified_at: datetime | None = moment(default=None)
    child_assessed_at: datetime | None = moment(default=None)
    representative_requested_on: date | None = None
    representative_appointed_on: date | None = None
    refused_on: date | None = None
    """The day the person declined; from then on the case is an anonymous notification."""
    position: int | None = Field(default=None, sa_column=Column(BigInteger, Identity(always=True)))
    """In which order cases were opened, within one instant too. It never leaves the service."""
    version: int = 1
    person: bytes = sealed()
    settlement: bytes | None = sealed(default=None)
    opening: bytes | None = sealed(default=None)
    child: bytes | None = sealed(default=None)
    representative: bytes | None = sealed(default=None)
    refusal: bytes | None = sealed(default=None)


class CaseParty(Table, table=True):
    """An organisation that has to do with the case."""

    __tablename__ = "case_party"
    case_id: UUID = Field(
        primary_key=True, sa_column_args=[ForeignKey("case_file.id", deferrable=True, initially="DEFERRED")]
    )
    org: str = Field(primary_key=True)
    part: Part = code(Part)
    since: datetime = moment()
    """When the part began: nothing that was recorded earlier is shown by it."""


WEAKER: Final[Mapping[Part, frozenset[Part]]] = {
    # A consent adds to what any other part may know.
    Part.RECIPIENT: frozenset({Part.PROSECUTION, Part.MUNICIPALITY, Part.REPRESENTATION}),
    Part.PROSECUTION: frozenset(),
    Part.MUNICIPALITY: frozenset(),
    Part.REPRESENTATION: frozenset(),
    Part.HOLDER: frozenset(),
    Part.REFERRER: frozenset({Part.PROSECUTION, Part.MUNICIPALITY, Part.REPRESENTATION, Part.HOLDER, Part.RECIPIENT}),
    Part.AUTHORITY: frozenset({Part.PROSECUTION, Part.REFERRER, Part.RECIPIENT}),
    Part.CENTRE: frozenset(Part) - {Part.CENTRE},
}
"""For each part those that may know less, and give way to it."""


class CaseReferral(Table, table=True):
    """A subject of a referral that this case is about."""

    __tablename__ = "case_referral"
    subject_id: UUID = Field(primary_key=True)
    referral_id: UUID
    referred_by: str
    case_id: UUID = Field(foreign_key="case_file.id")
    same_as: UUID | None = None
    """The case that the sender says is about the same person."""
    withdrawn_at: datetime | None = moment(default=None)


class KnownIdentifier(Table, table=True):
    """An identifier the person is or was known by, as a keyed hash: equality can be found, the number cannot."""

    __tablename__ = "known_identifier"
    hash: bytes = Field(primary_key=True)
    case_id: UUID = Field(foreign_key="case_file.id", primary_key=True)


class ContactAttempt(Table, table=True):
    """Somebody tried to reach the person, over a channel that is recorded as safe."""

    __tablename__ = "contact_attempt"
    id: UUID = record_id()
    case_id: UUID = Field(foreign_key="case_file.id")
    channel: ContactChannel = code(ContactChannel)
    made_at: datetime = moment()
    made_by: str
    reached: bool
    note: bytes | None = sealed(default=None)


class Deadline(Table, table=True):
    """One deadline of a case. Only Havn itself sets it, by what is known of the case; it alerts at `alerts`, then at `due_at`.

    Whatever lies at or before `alerted_until` has been published; `alerts` are those that belong to the present `due_at`."""

    case_id: UUID = Field(primary_key=True, foreign_key="case_file.id")
    kind: DeadlineKind = code(DeadlineKind, primary_key=True)
    ref: str = Field(primary_key=True)
    """Which of several: the period, the assessment, the month; empty where there is one."""
    starts_at: datetime = moment()
    due_at: datetime = moment()
    due_on: date
    for_org: str
    alerts: list[datetime] = Field(sa_type=ARRAY(DateTime(timezone=True)))
    alerted_until: datetime | None = moment(default=None)
    next_alert_at: datetime | None = moment(default=None)
    done_at: datetime | None = moment(default=None)


class LegalHold(Table, table=True):
    """Nothing of the case is erased while this stands."""

    __tablename__ = "legal_hold"
    id: UUID = record_id()
    case_id: UUID = Field(foreign_key="case_file.id")
    placed_at: datetime = moment()
    placed_by: str
    ended_at: datetime | None = moment(default=None)
    ended_by: str | None = None
    reason: bytes | None = sealed(default=None)


MINORS = frozenset({AgeGroup.MINOR, AgeGroup.PRESUMED_MINOR})


def age_group_on(case: Case, day: date) -> AgeGroup:
    """In which group the person is on that day, also before the sweep has recorded that they came of age."""
    return AgeGroup.ADULT if case.adult_on and case.adult_on <= day else case.age_group


def is_held(case: Case) -> bool:
    """Recorded as in custody now."""
    return case.custody_since is not None and case.custody_ended_at is None


def is_child(case: Case, *, on: date) -> bool:
    """Whoever is presumed a minor is treated as one, until the day on which they come of age."""
    return age_group_on(case, on) in MINORS
