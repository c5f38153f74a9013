"""Rights explained."""

from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field

from services.identification.case.codes import ExplanationMethod, Right
from shared.contract.personal import PersonalText
from shared.contract.times import Happened
from shared.contract.types import Answer, Body, Flag, Language, Moment, example


class RightsAccount(BaseModel):
    """Who interpreted, and what was noted."""

    interpreter: PersonalText | None = None
    note: PersonalText | None = None


class RightsReport(Body):
    """What the person was told of, when, and in which language. `interpreter` says whether there was one, or who it was."""

    model_config = example(
        explained_at="2026-03-09T10:30:00+01:00",
        rights=["reflection_period", "support", "confidentiality"],
        language="tha",
        interpreter=True,
    )

    explained_at: Happened
    rights: Annotated[list[Right], Field(min_length=1, max_length=len(Right))]
    language: Language | None = None
    interpreter: Flag | PersonalText | None = None
    method: ExplanationMethod = ExplanationMethod.ORAL
    note: PersonalText | None = None


class RightsReceipt(Answer):
    """`not_yet_explained` are the rights that no explanation in this case has named."""

    explanation_id: UUID
    not_yet_explained: list[Right]


class RightsDetails(Answer):
    """One explanation, as those who work on the case read it."""

    explanation_id: UUID
    explained_at: Moment
    rights: list[Right]
    language: str | None
    with_interpreter: bool
    method: ExplanationMethod
    interpreter: PersonalText | None
    note: PersonalText | None
    recorded_at: Moment
    recorded_by: str
