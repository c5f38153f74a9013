"""Endpoints of who is who: the questions, their answers, merging two cases by hand, and undoing either."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from services.identification.case.codes import QuestionState
from services.identification.case.policies import Caseworker, FileWorker
from services.identification.merging import answers, domain
from services.identification.merging.schemas import AnswerReceipt, MergeInto, MergeState, QuestionAnswer
from services.identification.questions import repository, views
from services.identification.questions.models import Question
from services.identification.questions.schemas import QuestionDetails, QuestionHead
from shared.contract.types import Tagged
from shared.data.unit_of_work import UnitOfWork
from shared.http.paging import Page, Pages
from shared.http.parameters import IfMatch, PurposeOfReading
from shared.runtime.service import service_router

router = service_router()


@router.get("/questions")
async def list_questions(
    work: FileWorker,
    pages: Pages,
    state: Annotated[QuestionState, Query(description="How the questions stand.")] = QuestionState.OPEN,
    case_id: Annotated[UUID | None, Query(description="Only those about this case.")] = None,
) -> Page[QuestionHead]:
    """Cases that may be about one person, for those who may answer: CMM, and an authority where it decides in both. The oldest
    first, and of those asked at once the strongest. Who the people are is not in it."""
    found = await repository.list_questions(work, state=state, case_id=case_id, after=pages.after, limit=pages.limit)
    cases = await repository.cases_in(work, found)
    items = [views.see_question(question, cases) for question in found]
    return pages.page(items, found, lambda each: [each.asked_at.isoformat(), str(each.score), str(each.id)])


@router.get("/questions/{question_id}")
async def read_question(work: FileWorker, question_id: UUID, purpose: PurposeOfReading) -> Tagged[QuestionDetails]:
    """One question, with each fact in which the two descriptions differ, as each case has it."""
    question = await repository.find(work, question_id, operation="question.read", purpose=purpose)
    cases = await repository.cases_in(work, [question])
    differs = await answers.differs(work, question)
    return QuestionDetails(**views.head_of(question, cases), differs=differs).tagged(question)


@router.post("/questions/{question_id}/answer")
async def answer_question(
    work: Caseworker, question_id: UUID, said: QuestionAnswer, expected: IfMatch
) -> Tagged[AnswerReceipt]:
    """`same`: the newer case is merged into the older one, and in `keep` somebody has said whose each differing fact is.
    `different`: the pair is never asked about again. Nobody else is told, and either answer can be undone."""
    question, goes_on = await answers.answer(work, question_id=question_id, said=said, expected=expected)
    return (await _receipt(work, question, goes_on)).tagged(question)


@router.post("/questions/{question_id}/undo")
async def undo_answer(work: Caseworker, question_id: UUID, expected: IfMatch) -> Tagged[AnswerReceipt]:
    """The answer was an error: merged cases are two again, with everything that was theirs; a pair that was said to be
    different may be answered anew."""
    question, case_id = await answers.undo(work, question_id=question_id, expected=expected)
    return (await _receipt(work, question, case_id)).tagged(question)


async def _receipt(work: UnitOfWork, question: Question, case_id: UUID) -> AnswerReceipt:
    cases = await repository.cases_in(work, [question])
    return AnswerReceipt(question=views.see_question(question, cases), case_id=case_id)


@router.post("/cases/{case_id}/merge")
async def merge(work: Caseworker, case_id: UUID, body: MergeInto, expected: IfMatch) -> Tagged[MergeState]:
    """This case is about the person of another one, where the work goes on and whose description stands. This case stays
    readable as it was, and can be taken out again."""
    case = await domain.merge(work, case_id=case_id, into=body.into, expected=expected)
    return MergeState(case_id=case.id, merged_into=case.merged_into).tagged(case)


@router.post("/cases/{case_id}/unmerge")
async def unmerge(work: Caseworker, case_id: UUID, expected: IfMatch) -> Tagged[MergeState]:
    """The merge was an error: this case stands for itself again, as does the other."""
    case = await domain.unmerge(work, case_id=case_id, expected=expected)
    return MergeState(case_id=case.id, merged_into=case.merged_into).tagged(case)
