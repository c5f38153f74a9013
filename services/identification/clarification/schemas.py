"""Interviews and recommendations."""

from uuid import UUID

from pydantic import BaseModel

from shared.contract.codes import Outcome
from shared.contract.personal import PersonalText
from shared.contract.times import Happened
from shared.contract.types import Answer, Body, Flag, Language, Moment, example
from shared.http.paging import Page


class Account(BaseModel):
    """What was said in an interview, and who helped."""

    summary: PersonalText | None = None
    interpreter: PersonalText | None = None
    companion: PersonalText | None = None
    representative: PersonalText | None = None


class InterviewReport(Body):
    """An interview that was held. `interpreter` and `companion` say whether there was one, or who it was."""

    model_config = example(
        held_at="2026-03-09T10:00:00+01:00",
        language="tha",
        interpreter=True,
        summary="She says that the passports are kept in a safe.",
    )

    held_at: Happened
    language: Language | None = None
    interpreter: Flag | PersonalText | None = None
    companion: Flag | PersonalText | None = None
    representative: Flag | PersonalText | None = None
    """A child's personal representative."""
    anonymous: Flag = False
    in_detention: Flag = False
    summary: PersonalText | None = None


class InterviewReceipt(Answer):
    """`number` counts the person's interviews; `held_in_detention` those while detained (a criticised practice)."""

    interview_id: UUID
    number: int
    held_in_detention: int


class InterviewDetails(Answer):
    """An interview as those who work on the case read it. Who helped is a name where one was given."""

    interview_id: UUID
    held_at: Moment
    held_by: str
    recorded_at: Moment
    language: str | None
    with_interpreter: bool
    with_companion: bool
    with_representative: bool
    anonymous: bool
    in_detention: bool
    summary: PersonalText | None
    interpreter: PersonalText | None
    companion: PersonalText | None
    representative: PersonalText | None


class InterviewPage(Page[InterviewDetails]):
    """Interviews as recorded. `number` counts all of the person's, whatever the page, also in cases that were merged into this
    one; `held_in_detention` those of them that were held while the person was detained (a criticised practice)."""

    number: int
    held_in_detention: int


class RecommendationMade(Body):
    model_config = example(
        outcome="assessed_trafficked", reasons="The whole picture: debt, passports held, no day off."
    )

    outcome: Outcome
    reasons: PersonalText


class RecommendationSummary(Answer):
    """What CMM recommended, without its reasons."""

    recommendation_id: UUID
    outcome: Outcome
    made_at: Moment


class RecommendationDetails(RecommendationSummary):
    """A recommendation as the deciding authority reads it."""

    made_by: str
    reasons: PersonalText


class Recommendations(Answer):
    """All of them, the last one at the end."""

    items: list[RecommendationDetails]


class RecommendationReceipt(Answer):
    recommendation_id: UUID
    outcome: Outcome
