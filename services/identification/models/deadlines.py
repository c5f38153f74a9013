"""Tables of the clocks: what runs out for whom, who is on call, and which referrals of a child await an assessment."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import DateTime
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field

from services.identification.models.base import Table, metadata
from shared.alerts import queue
from shared.contract.codes import DeadlineKind
from shared.data.columns import code, moment

ALERT = queue.table_in(metadata)
"""What is sent to people's channels stands in this service's database too."""


class Deadline(Table, table=True):
    """One clock of a case. Only Havn itself sets it, by what is known of the case; it fires `alerts`, then `due_at`.

    Whatever lies at or before `alerted_until` has been told; `alerts` are those that belong to the present `due_at`."""

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


class OnCallWatch(Table, table=True):
    """Somebody is held and the hotline was closed: the on-call is alerted until somebody has taken it."""

    __tablename__ = "on_call"
    case_id: UUID = Field(primary_key=True, foreign_key="case_file.id")
    started_at: datetime = moment()
    alerts: int
    next_at: datetime | None = moment()
    """When the on-call is alerted again; null once it was acknowledged, or nobody is held any more."""
    acknowledged_at: datetime | None = moment(default=None)
    acknowledged_by: str | None = None


class ChildReferral(Table, table=True):
    """A referral that asks a municipality to assess a child of a case."""

    __tablename__ = "child_referral"
    referral_id: UUID = Field(primary_key=True)
    case_id: UUID = Field(foreign_key="case_file.id")
    municipality: str
