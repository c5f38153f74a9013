"""Who is who: a number is a claim, so two cases that may be about one person are a question, and people answer it
(docs/rules.md, identity-1 and identity-2)."""

from collections.abc import Collection, Iterable, Mapping
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from pydantic import Field

from services.identification import tables
from services.identification.case.codes import AskedBecause, QuestionState
from services.identification.case.models import Case
from services.identification.case.schemas import CasePerson
from services.identification.finding import repository as finding_repository
from services.identification.finding import search
from services.identification.finding.schemas import MatchedOn, PossibleDuplicate
from services.identification.finding.search import Found
from services.identification.questions import repository
from services.identification.questions.models import Question
from shared.alerts.queue import Alert, raise_alert
from shared.contract.codes import Authority, DeadlineKind
from shared.contract.organisations import CENTRE, IMMIGRATION
from shared.data.itself import as_itself
from shared.data.unit_of_work import UnitOfWork
from shared.kernel.clock import end_of, on_date
from shared.kernel.errors import Conflict
from shared.rules.decision_tables import Dated, Versions

LEAST_ASKED: Final = 0.6
MOST_ASKED: Final = 10
_WORD_OF_THE_SENDER: Final = 1.0
_AT_ONCE: Final = 50
_BECAUSE: Final[Mapping[MatchedOn, AskedBecause]] = {
    MatchedOn.IDENTIFIERS: AskedBecause.NUMBER,
    MatchedOn.GIVEN_NAME: AskedBecause.NAME,
    MatchedOn.FAMILY_NAME: AskedBecause.NAME,
    MatchedOn.ALIASES: AskedBecause.NAME,
    MatchedOn.BIRTH_DATE: AskedBecause.BIRTH_DATE,
}


class QuestionTerms(Dated):
    """How long a question may wait for its answer, by the day on which it was asked."""

    answer_days: int = Field(gt=0)
    warn_at_percent: int = Field(gt=0, lt=100)


TERMS: Final = Versions(tables.FOLDER, "questions", QuestionTerms)


class QuestionOpen(Conflict):
    """Another case has a number of this person; one person is not decided about twice."""


async def look(work: UnitOfWork, *, case_id: UUID) -> None:
    """Ask who else may be the person of this case, among all there are. It runs for itself, after the case is open or its
    person described anew, so that nobody who waits for an answer can tell whether there was anything to ask."""
    found = await finding_repository.open_case(work, case_id)
    if found is None:
        await ask_no_longer(work, case_id)
    else:
        await _look(work, *found)


async def look_once_open(work: UnitOfWork, *, case_id: UUID) -> None:
    """The same after an opening. Where events wait, the sweep may have been quicker (`look_where_due`): then it is done."""
    found = await finding_repository.open_case(work, case_id)
    if found and found[0].is_to_compare:
        await _look(work, *found)


async def _look(work: UnitOfWork, case: Case, person: CasePerson) -> None:
    case.is_to_compare = False
    if case.refused_on:
        await ask_no_longer(work, case.id)
        return
    said = await repository.said_by_senders(work, case.id)
    asked = await _pairs(work, case, person, said)
    await repository.ask(work, case.id, asked)
    async with as_itself(work):
        questions = await repository.about(work, [case.id])
        _end(questions, case.id, besides=asked)
        await _settle(work, questions)


async def look_again(work: UnitOfWork, case: Case) -> None:
    """The person of this locked case was described anew. CMM, which may know all of it, is asked at once; after anybody else's
    change it is looked later (`look_where_due`), so that the answer takes no longer for who is known."""
    case.is_to_compare = True
    if work.actor.org == CENTRE:
        async with as_itself(work):
            await look(work, case_id=case.id)


async def look_where_due(work: UnitOfWork) -> bool:
    """Sweep: cases whose person was described anew, or whose opening was not followed yet."""
    due = await repository.take_to_compare(work, limit=_AT_ONCE)
    for case_id in due:
        await look(work, case_id=case_id)
    return len(due) == _AT_ONCE


async def alert_of_waiting(work: UnitOfWork) -> bool:
    """Sweep: CMM is alerted of a question that has waited for most of its time, and once more when that is over. No event of
    the case says so: whoever else knows the case must not learn that there is a question (docs/rules.md, identity-3)."""
    found = await repository.take_due(work, limit=_AT_ONCE)
    for question in found:
        is_over = question.due_at <= work.now
        number = 2 if is_over else 1
        raise_alert(
            work, Alert(DeadlineKind.QUESTION, question.newer_now, CENTRE, due_at=question.due_at, number=number)
        )
        question.next_alert_at = None if is_over else question.due_at
    return len(found) == _AT_ONCE


async def _pairs(work: UnitOfWork, case: Case, person: CasePerson, said: Collection[UUID]) -> list[Question]:
    """The questions to ask, the strongest first; of cases that were merged, about the one where the work goes on, and between
    two of its own about the one that their authority knows."""
    group = await finding_repository.group_of(work, case.id)
    siblings = await repository.siblings_of(work, group)
    apart = group | siblings | set((await finding_repository.surviving(work, siblings)).values())
    alike = await search.likely(work, person=person, least=LEAST_ASKED, besides=apart, for_itself=True)
    if not (alike or said):
        return []
    survivors = await finding_repository.surviving(work, [*said, *(each.case_id for each in alike)])
    theirs = await repository.known_to_their_authority(work, [case.id, *survivors])
    never = apart | await repository.different_from(work, group)
    best: dict[UUID, tuple[float, set[AskedBecause]]] = {}
    for each in alike:
        found = {survivors.get(each.case_id, each.case_id)}
        if case.id in theirs and each.case_id in theirs:
            found.add(theirs[each.case_id])
        for other in sorted(found):
            if not {other, each.case_id} & never:
                best.setdefault(other, (each.likeness.score, _because(each)))
    for each_said in said:
        other = survivors.get(each_said, each_said)
        if not {other, each_said} & never:
            score, because = best.get(other, (_WORD_OF_THE_SENDER, set()))
            best[other] = (score, because | {AskedBecause.SENDER_SAYS})
    order = await repository.order_of_opening(work, [case.id, *best])
    strongest = sorted(best.items(), key=lambda pair: (-pair[1][0], order[pair[0]]))
    asked = []
    # An authority that decides in both sees its questions, and how many there are must not say who else is known.
    for is_theirs in (True, False):
        among = [pair for pair in strongest if (case.id in theirs and pair[0] in theirs) is is_theirs]
        for other, why in among[:MOST_ASKED]:
            older, newer = sorted((case.id, other), key=order.__getitem__)
            asked.append(_question(work, older, newer, why))
    return asked


def _because(found: Found) -> set[AskedBecause]:
    return {_BECAUSE[field] for field in found.likeness.matched_on if field in _BECAUSE}


def _question(work: UnitOfWork, older: UUID, newer: UUID, why: tuple[float, Collection[AskedBecause]]) -> Question:
    score, because = why
    return Question(
        newer_id=newer,
        older_id=older,
        newer_now=newer,
        older_now=older,
        score=score,
        matched_on=[each for each in AskedBecause if each in because],
        state=QuestionState.OPEN,
        **_days(work),
    )


def _days(work: UnitOfWork) -> dict[str, Any]:
    """The days of a question that is asked now."""
    terms = TERMS.on(on_date(work.now))
    due_on = on_date(work.now) + timedelta(days=terms.answer_days)
    alert_at = work.now + (end_of(due_on) - work.now) * terms.warn_at_percent / 100
    return {
        "asked_at": work.now,
        "due_at": end_of(due_on),
        "due_on": due_on,
        "alert_at": alert_at,
        "next_alert_at": alert_at,
    }


async def ask_no_longer(work: UnitOfWork, case_id: UUID) -> None:
    """What was asked about this case rests on nothing any more, and needs no answer."""
    async with as_itself(work):
        _end(await repository.about(work, [case_id]), case_id)


def _end(questions: Iterable[Question], case_id: UUID, *, besides: Iterable[Question] = ()) -> None:
    """Those that were asked about this case and wait for an answer need none, but for these."""
    still = {question.asked_of for question in besides}
    for question in questions:
        if question.state is QuestionState.OPEN and case_id in question.asked_of and question.asked_of not in still:
            question.state, question.score, question.matched_on = QuestionState.MOOT, 0.0, []


async def settle(work: UnitOfWork, case_ids: Collection[UUID]) -> None:
    """After cases were merged, or taken apart again: what was asked is asked of the cases where the work goes on, once for
    each pair and the strongest first; where the two are one by now there is nothing left to ask."""
    async with as_itself(work):
        await _settle(work, await repository.about(work, case_ids))


async def _settle(work: UnitOfWork, questions: Collection[Question]) -> None:
    if not questions:
        return
    survivors = await finding_repository.surviving(work, {each for question in questions for each in question.asked_of})
    theirs = await repository.known_to_their_authority(work, survivors)
    for question in questions:
        goes_on = theirs if question.asked_of <= theirs.keys() else survivors
        question.newer_now, question.older_now = goes_on[question.newer_id], goes_on[question.older_id]
        question.is_settled = survivors[question.newer_id] == survivors[question.older_id]
    behind = await repository.referrals_behind(work, set().union(*(each.asked_of_now for each in questions)))
    answered = {each.asked_of_now for each in questions if each.state is QuestionState.ANSWERED}
    for question in questions:
        pair = question.asked_of_now
        if question.state in repository.SETTLED_BY_MACHINE:
            # By a merge a question may come to be about two subjects of one referral, whom its sender has counted.
            are_two = len(pair) == 2 and bool(set.intersection(*(behind[each] for each in pair)))
            is_moot = len(pair) == 1 or are_two or pair in answered or not question.matched_on
            if question.state is QuestionState.MOOT and not is_moot:  # asked anew
                question.sqlmodel_update(_days(work))
            question.state = QuestionState.MOOT if is_moot else QuestionState.OPEN
            if not is_moot:
                answered.add(pair)


async def possible_duplicates(work: UnitOfWork, case: Case, person: CasePerson) -> list[PossibleDuplicate]:
    """For who opens a case: the cases it may be one with, as far as the actor may answer that question itself. Only what the
    actor may see anyway is looked through."""
    decides = work.actor.org == IMMIGRATION and case.authority is Authority.US
    if work.actor.org != CENTRE and not decides:
        return []
    found = await search.likely(work, person=person, least=LEAST_ASKED, besides=[case.id])
    survivors = await finding_repository.surviving(work, [each.case_id for each in found])
    shown: dict[UUID, PossibleDuplicate] = {}
    for each in found:
        other = survivors.get(each.case_id, each.case_id)
        shown.setdefault(other, PossibleDuplicate(case_id=other, **search.in_words(each.likeness)))
    return list(shown.values())[:MOST_ASKED]


async def check_answered(work: UnitOfWork, case: Case) -> None:
    """Raises QuestionOpen, with the questions that rest on a number and that the decider may answer itself. No other holds a
    decision up: what nobody here may know cannot be waited for (docs/rules.md, identity-7)."""
    blocking = await repository.blocking(work, case.id)
    if blocking:
        raise QuestionOpen(
            "Another case has a number of this person. Answer first whether the two are one: "
            "POST /identification/v1/questions/{id}/answer.",
            questions=[str(each) for each in blocking],
        )
