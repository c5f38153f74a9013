"""Table of the rights that were explained to a person."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID, uuid4

from sqlmodel import Field

from services.identification.models.base import Table
from shared.columns import code, codes, moment, sealed


class Right(StrEnum):
    """What a person who may be a victim is told about."""

    REFLECTION_PERIOD = "reflection_period"
    SUPPORT = "support"
    LEGAL_AID = "legal_aid"
    INTERPRETER = "interpreter"
    CONFIDENTIALITY = "confidentiality"
    CONSENT = "consent"
    COMPLAINT = "complaint"
    RETURN = "return"
    ASYLUM = "asylum"
    OTHER = "other"


class Told(StrEnum):
    """How it was explained."""

    ORAL = "oral"
    WRITTEN = "written"
    BOTH = "both"


class RightsExplanation(Table, table=True):
    """One time that rights were explained; `account` seals who interpreted and what was noted."""

    __tablename__ = "rights_explanation"
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    case_id: UUID = Field(foreign_key="case_file.id")
    explained_at: datetime = moment()
    recorded_at: datetime = moment()
    recorded_by: str
    rights: list[Right] = codes(Right)
    language: str | None
    with_interpreter: bool
    method: Told = code(Told)
    account: bytes = sealed()
