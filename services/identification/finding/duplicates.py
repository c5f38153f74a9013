"""Cases that may be about one person: asked when a case is opened or its person described, answered by a merge or an
override, and never by the machine."""

from collections.abc import Collection, Mapping, Sequence
from typing import Final
from uuid import UUID

from services.identification.case import repository as cases
from services.identification.case.codes import QuestionStatus
from services.identification.case.models import Case
from services.identification.case.schemas import CasePerson, SealedText
from services.identification.finding import repository, search
from services.identification.finding.models import DuplicateQuestion
from services.identification.finding.schemas import DuplicateQuestionDetails, Override, PossibleDuplicate
from shared.data.unit_of_work import UnitOfWork
from shared.http.etag import ExpectedVersion
from shared.kernel.errors import Conflict

LEAST_ASKED: Final = 0.6
_MOST_ASKED: Final = 20


class DuplicateUnresolved(Conflict):
    """Another open case has the same identifier; one person is not decided about twice."""


class NotAPair(Conflict):
    """A case cannot be set apart from itself, nor from one that was merged with it."""


async def questions_of_new_case(work: UnitOfWork, case: Case, person: CasePerson) -> list[PossibleDuplicate]:
    """Ask who else may be this case's person, and give what of it the actor may know: the cases it works on.

    For every case that is opened, and again whenever its person is described anew."""
    async with cases.as_itself(work):
        # Whether two people are one does not depend on who asks; what is shown of it does.
        asked = await _find(work, case, person)
        await repository.ask(work, case.id, asked)
    visible = await cases.worked_on(work, [each.case_id for each in asked])
    return [each for each in asked if each.case_id in visible]


async def _find(work: UnitOfWork, case: Case, person: CasePerson) -> list[PossibleDuplicate]:
    """The cases that are to be asked about; of those that were merged, the one where the work goes on."""
    group = await repository.group_of(work, case.id)
    found = await search.likely(work, person=person, least=LEAST_ASKED, besides=group, for_itself=True)
    survivors = await repository.surviving(work, [each.case.id for each in found])
    apart = await repository.never_the_same(work, [case.id])
    passed_by = group.union(*apart) | {case.earlier_case_id}
    asked: dict[UUID, PossibleDuplicate] = {}
    for each in found:
        other = survivors.get(each.case.id, each.case.id)
        if not {other, each.case.id} & passed_by:
            asked.setdefault(other, PossibleDuplicate(case_id=other, **search.in_words(each.likeness)))
    return list(asked.values())[:_MOST_ASKED]


async def read(work: UnitOfWork, *, case_id: UUID, status: QuestionStatus) -> Sequence[DuplicateQuestionDetails]:
    """The case's questions with this status, about other cases the actor works on."""
    await cases.find_worked_on(work, case_id, operation="duplicate.list")
    questions = await repository.questions_about(work, [case_id])
    others = [repository.other_of(question, case_id) for question in questions]
    visible = await cases.worked_on(work, others)
    survivors = await repository.surviving(work, [case_id, *others])
    apart = await repository.never_the_same(work, set(survivors.values()))
    return [
        _details(question, other, stands)
        for question, other in zip(questions, others, strict=True)
        if other in visible and (stands := _standing(question, survivors, apart)) is status
    ]


def _standing(
    question: DuplicateQuestion, survivors: Mapping[UUID, UUID], apart: Collection[frozenset[UUID]]
) -> QuestionStatus:
    """A question about two cases that are merged is answered, until the merge is undone; so is one about cases that were
    merged into two which are kept apart."""
    pair = _where_the_work_goes_on(question, survivors)
    if len(pair) == 1:
        return QuestionStatus.MERGED
    return QuestionStatus.OVERRIDDEN if pair in apart else question.status


def _where_the_work_goes_on(question: DuplicateQuestion, survivors: Mapping[UUID, UUID]) -> frozenset[UUID]:
    return frozenset(survivors.get(each, each) for each in (question.case_id, question.other_case_id))


def _details(question: DuplicateQuestion, other: UUID, status: QuestionStatus) -> DuplicateQuestionDetails:
    fields = question.model_dump(include={"score", "matched_on", "asked_at", "overridden_by"})
    return DuplicateQuestionDetails(case_id=other, status=status, **fields)


async def override(
    work: UnitOfWork, *, case_id: UUID, other_case_id: UUID, said: Override, expected: ExpectedVersion
) -> tuple[Case, DuplicateQuestionDetails]:
    """The two are never the same person: the pair is not proposed again, in either direction."""
    case, other = await cases.lock_pair(work, case_id, other_case_id, expected)
    if other.id in await repository.group_of(work, case.id):
        raise NotAPair("Those are one case. If they were merged in error, undo that first: POST .../unmerge.")
    question = await repository.override(
        work, case.id, other.id, by=work.actor.org, reason=SealedText(text=said.reason)
    )
    return case, _details(question, other.id, question.status)


async def check_resolved(work: UnitOfWork, case: Case) -> None:
    """Raises DuplicateUnresolved while it is open whether another open case, in which the same identifier is known, is
    about the same person. That a name is alike only warns."""
    async with cases.as_itself(work):
        group = await repository.group_of(work, case.id)
        questions = [
            question
            for question in await repository.questions_about(work, group)
            if question.status is QuestionStatus.OPEN and repository.rests_on_a_number(question)
        ]
        asked_about = {each for question in questions for each in (question.case_id, question.other_case_id)}
        survivors = await repository.surviving(work, asked_about)
        pairs = {_where_the_work_goes_on(question, survivors) for question in questions}
        apart = await repository.never_the_same(work, [case.id])
        others = frozenset[UUID]().union(*pairs - apart) - group
        is_unresolved = await repository.any_open(work, others)
    if is_unresolved:
        raise DuplicateUnresolved(
            "Another open case has an identifier of this person. Find it with GET .../possible-duplicates, of this case or of "
            "one that was merged into it; then merge the two (POST .../merge), or say why they are never the same person "
            "(POST .../possible-duplicates/{id}/override). Where no such case is shown to you, CMM does that."
        )
