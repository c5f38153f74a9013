"""Table of risk assessments."""

from datetime import date, datetime
from uuid import UUID

from sqlmodel import Field

from services.identification.case.models import Table
from shared.contract.codes import RiskLevel
from shared.data.columns import code, moment, record_id, sealed


class RiskAssessment(Table, table=True):
    """How great the danger to the person was on a day; `account` seals the threats and what is done about them.

    Of a case's assessments the one of the latest day stands (`is_latest`); of two of one day, the one recorded later."""

    __tablename__ = "risk_assessment"
    id: UUID = record_id()
    case_id: UUID = Field(foreign_key="case_file.id")
    level: RiskLevel = code(RiskLevel)
    assessed_on: date
    reassess_on: date
    is_latest: bool
    recorded_at: datetime = moment()
    recorded_by: str
    account: bytes = sealed()
