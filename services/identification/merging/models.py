"""What a merge remembers, so that its undoing gives back everything and nobody is shown what was there before."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, String
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field

from services.identification.case.codes import CaseStatus, CustodyEnd
from services.identification.case.models import Table
from shared.contract.codes import Authority
from shared.data.columns import code, moment, sealed


class Merge(Table, table=True):
    """One case was merged into another: how the surviving one stood then. `memory` seals its person, before and after."""

    __tablename__ = "case_merge"
    case_id: UUID = Field(primary_key=True, foreign_key="case_file.id")
    into_id: UUID = Field(foreign_key="case_file.id")
    merged_at: datetime = moment()
    question_id: UUID | None = Field(default=None, foreign_key="question.id")
    status: CaseStatus = code(CaseStatus)
    authority: Authority = code(Authority)
    position: int = Field(sa_type=BigInteger)
    """The last of the history of events that was recorded before: nobody is shown anything earlier through the merge."""
    child_since: datetime | None = moment(default=None)
    child_notified_at: datetime | None = moment(default=None)
    municipality: str | None = None
    representative_requested_on: date | None = None
    custody_since: datetime | None = moment(default=None)
    custody_ended_at: datetime | None = moment(default=None)
    custody_end_reason: CustodyEnd | None = code(CustodyEnd, default=None)
    goes_on_for: list[str] | None = Field(default=None, sa_type=ARRAY(String))
    """For whom the work goes on in the surviving case, as the merged one's deadlines are set by; None before they are."""
    memory: bytes | None = sealed(default=None)


class ShownEvent(Table, table=True):
    """Something that an organisation was shown of a case through a merge that is undone: it keeps its number."""

    __tablename__ = "shown_event"
    org: str = Field(primary_key=True)
    case_id: UUID = Field(primary_key=True, foreign_key="case_file.id")
    position: int = Field(primary_key=True, sa_type=BigInteger)
