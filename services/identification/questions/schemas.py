"""Questions whether two cases are about one person, as they are shown."""

from datetime import date
from typing import Any
from uuid import UUID

from services.identification.case.codes import AskedBecause, QuestionState, SameOrDifferent
from shared.contract.personal import Personal
from shared.contract.types import Answer, Moment


class AskedCase(Answer):
    """One of the two cases; `sender` is the organisation that referred the person or opened the case."""

    case_id: UUID
    opened_on: date
    sender: str | None


class QuestionHead(Answer):
    """A question, without who the people are; the newer case comes first. `score` is between 0 and 1."""

    question_id: UUID
    state: QuestionState
    asked_at: Moment
    score: float
    matched_on: list[AskedBecause]
    cases: list[AskedCase]
    answer: SameOrDifferent | None
    answered_by: str | None
    answered_at: Moment | None


class QuestionDetails(QuestionHead):
    """The question with each fact in which the two descriptions differ, as each case has it: who answers `same` chooses one."""

    differs: dict[str, dict[UUID, Personal[Any]]]
