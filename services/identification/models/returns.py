"""Tables of prepared returns."""

from datetime import date, datetime
from uuid import UUID

from sqlmodel import Field

from services.identification.models.base import Table
from shared.data.columns import moment, record_id, sealed


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
