"""Pairs of cases that may be about one person."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Field

from services.identification.models.base import Table
from shared.contract.codes import QuestionStatus
from shared.data.columns import code, moment, sealed, texts


class DuplicateQuestion(Table, table=True):
    """Whether two cases are about one person, asked once for the pair: `case_id` is the smaller of the two ids."""

    __tablename__ = "duplicate_question"
    case_id: UUID = Field(primary_key=True, foreign_key="case_file.id")
    other_case_id: UUID = Field(primary_key=True, foreign_key="case_file.id")
    score: float
    matched_on: list[str] = texts()
    status: QuestionStatus = code(QuestionStatus, default=QuestionStatus.OPEN)
    asked_at: datetime = moment()
    overridden_at: datetime | None = moment(default=None)
    overridden_by: str | None = None
    reason: bytes | None = sealed(default=None)
    """Why they are not the same, sealed under the key of `case_id`."""
