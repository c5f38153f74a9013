"""Questions as those see them who may answer."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from services.identification.case.models import Case
from services.identification.questions.models import Question
from services.identification.questions.schemas import AskedCase, QuestionHead


def see_question(question: Question, cases: Mapping[UUID, Case]) -> QuestionHead:
    """The question about the two cases, the newer first, without who the people are."""
    return QuestionHead(**head_of(question, cases))


def head_of(question: Question, cases: Mapping[UUID, Case]) -> dict[str, Any]:
    """The fields of a question's head, for what shows more beside it."""
    return {
        "question_id": question.id,
        "cases": [_see_case(cases[each]) for each in question.shown_as_about if each in cases],
        **question.model_dump(
            include={"state", "asked_at", "score", "matched_on", "answer", "answered_by", "answered_at"}
        ),
    }


def _see_case(case: Case) -> AskedCase:
    return AskedCase(case_id=case.id, opened_on=case.opened_on, sender=case.referred_by or case.opened_by)
