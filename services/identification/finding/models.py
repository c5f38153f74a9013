"""Tables of what people are found by, and of pairs of cases that may be about one person."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger
from sqlmodel import Field

from services.identification.case.codes import QuestionStatus
from services.identification.case.models import Table
from shared.data.columns import code, moment, sealed, texts

# ---------------------------------------------------------------- search by keyed hashes


class SearchToken(Table, table=True):
    """A piece of how a person's name sounds or is spelt, as a keyed hash of eight bytes: it can be compared, not read."""

    __tablename__ = "search_token"
    token: int = Field(primary_key=True, sa_type=BigInteger)
    case_id: UUID = Field(primary_key=True, foreign_key="case_file.id", ondelete="CASCADE")


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
