"""Table of the rights that were explained to a person."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Field

from services.identification.case.codes import ExplanationMethod, Right
from services.identification.case.models import Table
from shared.data.columns import code, codes, moment, record_id, sealed


class RightsExplanation(Table, table=True):
    """One time that rights were explained; `account` seals who interpreted and what was noted."""

    __tablename__ = "rights_explanation"
    id: UUID = record_id()
    case_id: UUID = Field(foreign_key="case_file.id")
    explained_at: datetime = moment()
    recorded_at: datetime = moment()
    recorded_by: str
    rights: list[Right] = codes(Right)
    language: str | None
    with_interpreter: bool
    method: ExplanationMethod = code(ExplanationMethod)
    account: bytes = sealed()
