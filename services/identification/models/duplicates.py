"""Pairs of cases that may be about one person."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlmodel import Field

from services.identification.models.base import Table
from shared.columns import code, moment, sealed, texts


class QuestionStatus(StrEnum):
    """How the question stands whether two cases are about one person."""

    OPEN = "open"
    OVERRIDDEN = "overridden"
    """Somebody has said that they are never the same person; the pair is not proposed again."""
    MERGED = "merged"
    """Found by the cases themselves and never stored, so that undoing a merge restores what was."""


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
