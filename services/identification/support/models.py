"""Tables of the support package, of what the person's health asks for, and of the prepared return."""

from datetime import date, datetime
from uuid import UUID

from sqlmodel import Field

from services.identification.case.codes import SupportKind
from services.identification.case.models import Table
from shared.data.columns import code, moment, record_id, sealed


class SupportMeasure(Table, table=True):
    """One measure of the support package; `details` seals who gives it, and how it goes."""

    __tablename__ = "support_measure"
    id: UUID = record_id()
    case_id: UUID = Field(foreign_key="case_file.id")
    kind: SupportKind = code(SupportKind)
    starts_on: date
    ends_on: date | None = None
    recorded_at: datetime = moment()
    recorded_by: str
    details: bytes | None = sealed(default=None)


class HealthNeeds(Table, table=True):
    """What a shelter must be able to give. Why is sealed, and stays with health and the caseworkers of the case."""

    __tablename__ = "health_needs"
    case_id: UUID = Field(primary_key=True, foreign_key="case_file.id")
    needs_midwife: bool = False
    needs_doctor: bool = False
    needs_psychologist: bool = False
    needs_medication: bool = False
    wheelchair: bool = False
    recorded_at: datetime = moment()
    recorded_by: str
    reasons: bytes | None = sealed(default=None)


# ---------------------------------------------------------------- prepared return


class ReturnPlan(Table, table=True):
    """A person's prepared return. Reintegration is followed monthly until `reintegration_until`."""

    __tablename__ = "return_plan"
    case_id: UUID = Field(primary_key=True, foreign_key="case_file.id")
    destination: str
    agreed_on: date
    planned_departure_on: date | None
    departed_on: date | None
    reintegration_until: date | None
    recorded_at: datetime = moment()
    recorded_by: str


class FollowUp(Table, table=True):
    """The follow-up of one month after a departure; one for each month at most."""

    __tablename__ = "return_follow_up"
    id: UUID = record_id()
    case_id: UUID = Field(foreign_key="case_file.id")
    month: int
    contacted: bool
    made_on: date
    recorded_at: datetime = moment()
    recorded_by: str
    note: bytes | None = sealed(default=None)
