"""The answer to a question: one person, and the newer case is merged into the older; or two, and never asked again. Both can
be taken back."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from services.identification.case import lifecycle
from services.identification.case import repository as cases
from services.identification.case.codes import CaseStatus, QuestionState, SameOrDifferent
from services.identification.case.models import Case
from services.identification.case.schemas import CasePerson, SealedText
from services.identification.finding import repository as finding_repository
from services.identification.merging import domain, repository
from services.identification.merging.schemas import QuestionAnswer
from services.identification.questions import domain as questions
from services.identification.questions import facts
from services.identification.questions import repository as questions_repository
from services.identification.questions.models import Question
from shared.contract.personal import Personal
from shared.data.unit_of_work import UnitOfWork
from shared.http.etag import ExpectedVersion
from shared.kernel.errors import Conflict, Unprocessable


class QuestionAnswered(Conflict):
    """Somebody has answered it, or there is nothing left to ask."""


class QuestionNotAnswered(Conflict):
    """There is no answer to take back."""


class ChoiceMissing(Conflict):
    """The two cases say different things of the person, and somebody has to say whose holds."""


class NotAChoice(Unprocessable):
    """`keep` names a fact of a person, and one of the two cases."""


class BothCasesClosed(Conflict):
    """A closed case never goes on, so one of the two is opened again first."""


async def answer(
    work: UnitOfWork, *, question_id: UUID, said: QuestionAnswer, expected: ExpectedVersion
) -> tuple[Question, UUID]:
    """Say whether the two cases are about one person; gives the question and the case where the work goes on."""
    question = await questions_repository.find(work, question_id, operation="question.answer")
    _check_waits(question, expected)
    # Between two cases of an authority's, CMM may know further on than that is asked.
    survivors = await finding_repository.surviving(work, question.asked_of_now)
    sides = [survivors.get(each, each) for each in (question.newer_now, question.older_now)]
    if sides[0] == sides[1]:
        raise QuestionAnswered(
            "The two cases are one by now, so there is nothing left to ask; POST .../unmerge parts them.",
            danish="De to sager er én nu, så der er intet at spørge om; POST .../unmerge skiller dem.",
        )
    asked_of = question.asked_of_now
    newer, older = await cases.lock_pair(work, sides[0], sides[1], ExpectedVersion())
    question = await questions_repository.lock(work, question_id)
    _check_waits(question, expected)
    if question.asked_of_now != asked_of:
        raise QuestionAnswered(
            "One of the two cases has just been merged, or parted again; read the question again.",
            danish=(
                "En af de to sager er netop lagt sammen med en anden eller skilt fra den igen; læs spørgsmålet igen."
            ),
        )
    goes_on, merged = newer, older
    if said.answer is SameOrDifferent.SAME:
        goes_on, merged = _who_follows(newer, older)
        await _check_choice(work, goes_on, merged, said.keep)
    question.note_answer(QuestionState.ANSWERED, said.answer, at=work.now, by=work.actor.org)
    await questions_repository.keep_reason(work, question, SealedText(text=said.reason))
    if said.answer is SameOrDifferent.SAME and merged.merged_into is None:
        await domain.join(work, merged, goes_on, keep=said.keep, question_id=question.id)
    else:
        await questions.settle(work, {newer.id, older.id})
        for each in (newer, older):
            domain.keep_etag(each)  # nothing becomes of either
    return question, goes_on.id


def _check_waits(question: Question, expected: ExpectedVersion) -> None:
    """Raises QuestionAnswered, and PreconditionFailed where somebody has written it since."""
    expected.check(question)
    if question.state not in questions_repository.UNANSWERED:
        raise QuestionAnswered(f"The question is {question.state}; what was answered is taken back by POST .../undo.")


def _who_follows(newer: Case, older: Case) -> tuple[Case, Case]:
    """The case where the work goes on, and the one that is merged into it. One that is merged already, of which who answers
    knows nothing, stays where it is, and the other one follows it."""
    goes_on, merged = _who_goes_on(newer, older)
    return (merged, goes_on) if merged.merged_into and not goes_on.merged_into else (goes_on, merged)


def _who_goes_on(newer: Case, older: Case) -> tuple[Case, Case]:
    """The case where the work goes on, and the one that is merged into it: the older goes on unless only the newer is decided,
    or who declined in the older wants help by now, and nobody's identity is written back; a closed one never does
    (docs/rules.md, identity-2)."""
    if CaseStatus.CLOSED is newer.status is older.status:
        raise BothCasesClosed("Both cases are closed. Open the one that goes on again first: POST .../reopening.")
    only_newer_is_decided = newer.status in lifecycle.DECIDED and older.status not in lifecycle.DECIDED
    wants_help_now = older.refused_on is not None and newer.refused_on is None
    newer_goes_on = only_newer_is_decided or wants_help_now or older.status is CaseStatus.CLOSED
    if newer_goes_on and newer.status is not CaseStatus.CLOSED:
        return newer, older
    return older, newer


async def _check_choice(work: UnitOfWork, goes_on: Case, merged: Case, keep: Mapping[str, UUID]) -> None:
    """Raises NotAChoice and ChoiceMissing."""
    unknown = [
        name for name, case_id in keep.items() if name not in facts.CHOSEN or case_id not in (goes_on.id, merged.id)
    ]
    if unknown:
        raise NotAChoice(
            "`keep` takes facts in which the two cases differ, each with the id of one of the two: GET .../questions/{id}.",
            errors=[{"loc": ["body", "keep"], "msg": "Not a fact that is chosen, or not one of the two cases."}],
        )
    differing = facts.differing(await cases.person_of(work, goes_on), await cases.person_of(work, merged))
    missing = [name for name in differing if name not in keep]
    if missing:
        raise ChoiceMissing(
            f"The two cases differ in {', '.join(missing)}: say in `keep` whose holds, for each.", fields=missing
        )


async def undo(work: UnitOfWork, *, question_id: UUID, expected: ExpectedVersion) -> tuple[Question, UUID]:
    """Take the answer back: two merged cases are two again, and a pair that was said to be different may be asked about
    again. Gives the question and its newer case."""
    question = await questions_repository.find(work, question_id, operation="question.undo")
    _check_answered(question, expected)
    made_one = await _lock_made_one(work, question) if question.answer is SameOrDifferent.SAME else None
    question = await questions_repository.lock(work, question_id)
    _check_answered(question, expected)
    if made_one:
        await domain.part(work, *made_one)
    question.note_answer(QuestionState.UNDONE, None, at=work.now, by=work.actor.org)
    await questions.settle(work, question.asked_of)
    await questions_repository.keep(work, question)
    if made_one:
        await domain.look_again(work, *made_one)
    return question, question.newer_now


def _check_answered(question: Question, expected: ExpectedVersion) -> None:
    """Raises QuestionNotAnswered, and PreconditionFailed where somebody has written it since."""
    expected.check(question)
    if question.state is not QuestionState.ANSWERED:
        raise QuestionNotAnswered(f"The question is {question.state}; there is no answer to take back.")


async def _lock_made_one(work: UnitOfWork, question: Question) -> tuple[Case, Case] | None:
    """The two cases that this answer has made one, locked; None where somebody has parted them since."""
    merged_id = await repository.merged_by(work, question.id)
    into = await repository.merge_of(work, merged_id) if merged_id else None
    if merged_id is None or into is None:
        return None
    case, surviving = await cases.lock_pair(work, merged_id, into.into_id, ExpectedVersion(), even_merged=True)
    return (case, surviving) if case.merged_into == surviving.id else None


async def differs(work: UnitOfWork, question: Question) -> dict[str, dict[UUID, Personal[Any]]]:
    """The facts in which the two descriptions differ, as each case has them."""
    people = await finding_repository.open_people(work, [question.newer_now, question.older_now], for_itself=False)
    if len(people) < 2:
        return {}
    one, other = people
    names = facts.differing(one.person, other.person)
    return {name: {each.case_id: _bare(each.person, name) for each in people} for name in names}


def _bare(person: CasePerson, name: str) -> Personal[Any]:
    return Personal(person.model_dump(mode="json", include={name})[name])
