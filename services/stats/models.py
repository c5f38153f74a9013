"""Tables of the stats service: what the events say, one row for each fact. No column can hold personal data."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, Column, Identity
from sqlalchemy.orm import registry
from sqlmodel import Field

from shared.contract.codes import AgeGroup, Authority, ExploitationForm, Gender, Outcome, ReferralStatus, Region
from shared.data.columns import code, codes, moment, texts
from shared.data.row import Row


class Table(Row, registry=registry()):
    """Base of this service's tables: one metadata of its own."""


metadata = Table.metadata


class Person(Table, table=True):
    """A person who has a case, by the case's id alone."""

    case_id: UUID = Field(primary_key=True)
    opened_on: date
    gender: Gender = code(Gender)
    age_group: AgeGroup = code(AgeGroup)
    citizenships: list[str] = texts()
    municipality: str | None
    region: Region | None = code(Region)
    referral_id: UUID | None
    referred_by: str | None
    age_group_at_exploitation: AgeGroup | None = code(AgeGroup, default=None)


class Description(Table, table=True):
    """The coded facts of a person as they were described anew; what was known before stays for figures as of then."""

    case_id: UUID = Field(primary_key=True)
    sequence: int = Field(primary_key=True, sa_type=BigInteger)
    gender: Gender = code(Gender)
    age_group: AgeGroup = code(AgeGroup)
    age_group_at_exploitation: AgeGroup | None = code(AgeGroup)
    citizenships: list[str] = texts()
    recorded_at: datetime = moment()
    age_group_at_decision: AgeGroup | None = code(AgeGroup, default=None)


class Interview(Table, table=True):
    """An interview of the clarification."""

    interview_id: UUID = Field(primary_key=True)
    case_id: UUID
    held_at: datetime = moment()


class Decision(Table, table=True):
    """What an authority decided; `recorded_at` is when Havn knew, `decided_on` the day it counts for."""

    decision_id: UUID = Field(primary_key=True)
    case_id: UUID
    authority: Authority = code(Authority)
    outcome: Outcome = code(Outcome)
    exploitation_forms: list[ExploitationForm] = codes(ExploitationForm)
    decided_on: date
    recorded_at: datetime = moment()


class Replacement(Table, table=True):
    """A decision no longer stands: another took its place."""

    decision_id: UUID = Field(primary_key=True)
    replaced_by: UUID
    recorded_at: datetime = moment()


class CaseMerge(Table, table=True):
    """From `recorded_at` on the case was about the person of another one; or, where `into_id` is null, no longer."""

    __tablename__ = "case_merge"
    position: int | None = Field(default=None, sa_column=Column(BigInteger, Identity(always=True), primary_key=True))
    case_id: UUID
    into_id: UUID | None
    recorded_at: datetime = moment()


class Departure(Table, table=True):
    """Somebody has left by a prepared return, on the day that was recorded last."""

    case_id: UUID = Field(primary_key=True)
    departed_on: date
    recorded_at: datetime = moment()


class Referral(Table, table=True):
    """A referral and where it stands."""

    referral_id: UUID = Field(primary_key=True)
    sender: str
    status: ReferralStatus = code(ReferralStatus)
    municipality: str | None
    region: Region | None = code(Region)
    submitted_at: datetime = moment()
    updated_at: datetime = moment()
