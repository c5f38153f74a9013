"""What HTTP takes and gives of a merge, and of the answer to a question."""

from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, Field, model_validator

from services.identification.case.codes import SameOrDifferent
from services.identification.case.schemas import CasePerson
from services.identification.questions.schemas import QuestionHead
from shared.contract.personal import PersonalText
from shared.contract.types import Answer, Body, example
from shared.kernel.errors import SpokenValueError


class MergeInto(Body):
    """The case about the same person, where the work goes on."""

    model_config = example(into="019cadab-2340-7d3e-9a52-3f6f0f0c8e21")

    into: UUID


class MergeState(Answer):
    """Where the work on the person goes on; null where the case stands for itself."""

    case_id: UUID
    merged_into: UUID | None


class QuestionAnswer(Body):
    """Whether the two cases are about one person. With `same`, `keep` says for each fact in which they differ whose holds:
    the id of one of the two cases; with `different` there is nothing to choose."""

    model_config = example(
        answer="same",
        keep={"stated_age": "019cadab-2340-7d3e-9a52-3f6f0f0c8e21"},
        reason="The interpreter has met her in both places.",
    )

    answer: SameOrDifferent
    keep: Annotated[
        dict[str, UUID], Field(max_length=50, json_schema_extra={"propertyNames": {"pattern": "^[a-z_]+$"}})
    ] = {}
    reason: PersonalText

    @model_validator(mode="after")
    def _chooses_for_one_person(self) -> Self:
        if self.keep and self.answer is SameOrDifferent.DIFFERENT:
            raise SpokenValueError("Each of two different people keeps what is theirs: leave keep out, or answer same.")
        return self


class AnswerReceipt(Answer):
    """The question as it stands now, and the case where the work goes on: of two different people, the newer one's."""

    question: QuestionHead
    case_id: UUID


class MergeMemory(BaseModel):
    """The surviving case's person before the merge and after it, as they are sealed."""

    before: CasePerson
    after: CasePerson
