"""Interviews and recommendations."""

from uuid import UUID

from pydantic import BaseModel

from shared.codes import (
    Outcome,
)
from shared.personal import PersonalText
from shared.schemas import Answer, Body, Flag, Language, Moment


class Account(BaseModel):
    """What was said in an interview, and who helped."""

    summary: PersonalText | None = None
    interpreter: PersonalText | None = None
    companion: PersonalText | None = None


class InterviewReport(Body):
    """An interview that was held. `interpreter` and `companion` say whether there was one, or who it was."""

    held_at: Moment
    language: Language | None = None
    interpreter: Flag | PersonalText | None = None
    companion: Flag | PersonalText | None = None
    anonymous: Flag = False
    in_detention: Flag = False
    summary: PersonalText | None = None


class InterviewReceipt(Answer):
    """`number` counts the person's interviews; `held_in_detention` those while detained (a criticised practice)."""

    interview_id: UUID
    number: int
    held_in_detention: int


class RecommendationMade(Body):
    outcome: Outcome
    reasons: PersonalText


class RecommendationReceipt(Answer):
    recommendation_id: UUID
    outcome: Outcome
