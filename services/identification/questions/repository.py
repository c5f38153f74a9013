"""The questions whether two cases are about one person: only ever added to, and moved along when cases are merged."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from functools import cache
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    DateTime,
    Float,
    Select,
    Uuid,
    and_,
    bindparam,
    case,
    exists,
    or_,
    select,
    text,
    tuple_,
    union_all,
)
from sqlalchemy.dialects.postgresql import Insert, insert
from sqlalchemy.orm import Mapped
from sqlmodel import col

from services.identification.case.codes import AskedBecause, QuestionState, SameOrDifferent
from services.identification.case.models import Case, CaseParty, CaseReferral
from services.identification.case.repository import CASE_ID, UNLISTED, seal
from services.identification.case.schemas import SealedText
from services.identification.questions.models import Question
from shared.contract.codes import Purpose
from shared.contract.organisations import IMMIGRATION
from shared.contract.visibility import Part
from shared.data.columns import LIMIT, NOW, ORGANISATION, any_asked, any_of
from shared.data.unit_of_work import UnitOfWork
from shared.kernel.errors import NotFound

UNANSWERED = frozenset({QuestionState.OPEN, QuestionState.UNDONE})
SETTLED_BY_MACHINE = frozenset({QuestionState.OPEN, QuestionState.MOOT})
_SIDES = (col(Question.newer_id), col(Question.older_id), col(Question.newer_now), col(Question.older_now))


class QuestionNotFound(NotFound):
    """No such question, or none that you may answer."""


def _has_part(case_id: Mapped[UUID], part: Part) -> ColumnElement[bool]:
    return exists().where(
        col(CaseParty.case_id) == case_id, col(CaseParty.org) == ORGANISATION, col(CaseParty.part) == part
    )


_CENTRE_MAY, _AUTHORITY_MAY = (
    and_(_has_part(col(Question.newer_now), part), _has_part(col(Question.older_now), part))
    for part in (Part.CENTRE, Part.AUTHORITY)
)
_IS_OPEN: Final = col(Question.state) == QuestionState.OPEN
WAITS_FOR_CMM: Final = and_(_IS_OPEN, ~col(Question.is_settled))
MAY_ANSWER: Final = or_(and_(_CENTRE_MAY, or_(~_IS_OPEN, WAITS_FOR_CMM)), _AUTHORITY_MAY)
"""Whether an organisation may: CMM, and the authority that decides in both cases (docs/rules.md, identity-2)."""


# ---------------------------------------------------------------- asking


def _asked_apart() -> CompoundSelect[UUID]:
    is_answered = and_(col(Question.state) == QuestionState.ANSWERED, col(Question.answer) == SameOrDifferent.DIFFERENT)
    sides = [(Question.newer_id, Question.older_id), (Question.newer_now, Question.older_now)]
    both_ways = [*sides, *(side[::-1] for side in sides)]
    return union_all(
        *(select(col(other)).where(any_asked(col(mine), "case_ids"), is_answered) for mine, other in both_ways)
    )


_ASKED: Final = frozenset(Question.model_fields) - {"reason", "answer", "answered_at", "answered_by"}
_DAYS: Final = ("asked_at", "due_at", "due_on", "alert_at", "next_alert_at")


def _put() -> Insert:
    added = insert(Question).values({name: bindparam(name) for name in _ASKED})
    is_moot = col(Question.state) == QuestionState.MOOT
    return added.on_conflict_do_update(
        index_elements=["newer_id", "older_id"],
        set_={name: added.excluded[name] for name in ("score", "matched_on", "state")}
        | {name: case((is_moot, added.excluded[name]), else_=col(getattr(Question, name))) for name in _DAYS},
        where=any_of(col(Question.state), SETTLED_BY_MACHINE),
    )


_SIBLINGS: Final = select(col(CaseReferral.case_id)).where(
    col(CaseReferral.referral_id).in_(
        select(col(CaseReferral.referral_id)).where(any_asked(col(CaseReferral.case_id), "case_ids"))
    )
)
_REFERRALS_BEHIND: Final = text("""
    WITH RECURSIVE family AS (
        SELECT id AS root, id FROM case_file WHERE id = ANY (CAST(:case_ids AS uuid[]))
        UNION SELECT family.root, f.id FROM family JOIN case_file f ON f.merged_into = family.id)
    SELECT DISTINCT family.root, r.referral_id FROM family JOIN case_referral r ON r.case_id = family.id
""")
_SAID_THE_SAME: Final = select(col(CaseReferral.same_as)).where(
    col(CaseReferral.case_id) == CASE_ID, col(CaseReferral.same_as).is_not(None)
)
_PUT: Final = _put()
_ASKED_APART: Final = _asked_apart()
_LOCKED: Final = (
    select(col(Case.id))
    .where(any_asked(col(Case.id), "case_ids"))
    .order_by(col(Case.id))
    .with_for_update(key_share=True)
)
_POSITIONS: Final = select(col(Case.id), col(Case.position)).where(any_asked(col(Case.id), "case_ids"))


async def siblings_of(work: UnitOfWork, case_ids: Collection[UUID]) -> set[UUID]:
    """The cases of the other subjects of the referrals behind these: their senders have counted them."""
    return set(await work.session.scalars(_SIBLINGS, {"case_ids": list(case_ids)})) - set(case_ids)


async def referrals_behind(work: UnitOfWork, case_ids: Collection[UUID]) -> dict[UUID, set[UUID]]:
    """For each of these cases the referrals behind it, and behind those that were merged into it."""
    found: dict[UUID, set[UUID]] = {case_id: set() for case_id in case_ids}
    for root, referral_id in await work.session.execute(_REFERRALS_BEHIND, {"case_ids": list(case_ids)}):
        found[root].add(referral_id)
    return found


async def said_by_senders(work: UnitOfWork, case_id: UUID) -> set[UUID]:
    """The cases that those who referred the person say are about the same one."""
    return {each for each in await work.session.scalars(_SAID_THE_SAME, {"case_id": case_id}) if each}


async def different_from(work: UnitOfWork, case_ids: Collection[UUID]) -> set[UUID]:
    """The cases of which somebody has said that they are about another person than these cases, as asked and by now."""
    return set(await work.session.scalars(_ASKED_APART, {"case_ids": list(case_ids)}))


async def ask(work: UnitOfWork, case_id: UUID, questions: Collection[Question]) -> None:
    """Ask these about a case; a question that waits for its answer, or had become moot, is asked as it stands now. One that was
    moot is asked anew: its days begin again."""
    about = {each for question in questions for each in question.asked_of}
    await _lock_in_order(work, {case_id, *about})
    work.audit(operation="question.ask", subject_id=case_id, object_ids=sorted(about - {case_id}))
    for question in questions:
        await work.session.execute(_PUT, question.model_dump(include=set(_ASKED)))


async def _lock_in_order(work: UnitOfWork, case_ids: Collection[UUID]) -> None:
    """A question keeps the cases that it is about from being locked, and those who merge two lock them in this order."""
    await work.session.execute(_LOCKED, {"case_ids": list(case_ids)})


async def order_of_opening(work: UnitOfWork, case_ids: Collection[UUID]) -> dict[UUID, int]:
    """For each of these cases a number that is greater the later it was opened."""
    found = await work.session.execute(_POSITIONS, {"case_ids": list(case_ids)})
    return {case_id: position or 0 for case_id, position in found}


async def known_to_their_authority(work: UnitOfWork, case_ids: Collection[UUID]) -> dict[UUID, UUID]:
    """For each of these cases the one where the work on its person goes on as far as US knows, where US decides there. For Havn
    itself."""
    asked = {"case_ids": list(case_ids), "org": IMMIGRATION, "unlisted": sorted(UNLISTED)}
    return {row.start: row.id for row in await work.session.execute(_KNOWN_TO_US, asked)}


_KNOWN_TO_US: Final = text("""
    WITH RECURSIVE chain AS (
        SELECT c.id AS start, c.id, c.merged_into, 0 AS step FROM case_file c WHERE c.id = ANY (CAST(:case_ids AS uuid[]))
        UNION ALL
        SELECT chain.start, c.id, c.merged_into, chain.step + 1
        FROM chain JOIN case_file c ON c.id = chain.merged_into JOIN case_party p ON p.case_id = c.id
        WHERE p.org = :org AND p.part <> ALL (CAST(:unlisted AS varchar[]))),
    known AS (SELECT DISTINCT ON (start) start, id FROM chain ORDER BY start, step DESC)
    SELECT known.start, known.id FROM known JOIN case_party p ON p.case_id = known.id
    WHERE p.org = :org AND p.part = 'authority'
""")


async def take_to_compare(work: UnitOfWork, *, limit: int) -> list[UUID]:
    """Cases whose person is still to be compared with everybody else, locked; those that somebody else is at are passed by."""
    return list(await work.session.scalars(_TO_COMPARE, {"limit": limit}))


_TO_COMPARE: Final = (
    select(col(Case.id))
    .where(col(Case.is_to_compare), col(Case.erased_at).is_(None))
    .order_by(col(Case.position))
    .limit(LIMIT)
    .with_for_update(skip_locked=True)
)


async def take_due(work: UnitOfWork, *, limit: int) -> list[Question]:
    """Open questions of which an alert is due, locked; those that somebody else is at are passed by."""
    return list(await work.session.scalars(_DUE, {"now": work.now, "limit": limit}))


_DUE: Final = (
    select(Question)
    .where(WAITS_FOR_CMM, col(Question.next_alert_at) <= NOW)
    .order_by(col(Question.next_alert_at), col(Question.id))
    .limit(LIMIT)
    .with_for_update(skip_locked=True)
)


_ABOUT: Final = (
    select(Question)
    .where(or_(*(any_asked(side, "case_ids") for side in _SIDES)))
    .order_by(col(Question.score).desc(), col(Question.asked_at), col(Question.id))
    .with_for_update()
    .execution_options(populate_existing=True)
)
_BLOCKING: Final = (
    select(col(Question.id))
    .where(
        or_(col(Question.newer_now) == CASE_ID, col(Question.older_now) == CASE_ID),
        col(Question.state) == QuestionState.OPEN,
        col(Question.matched_on).contains([AskedBecause.NUMBER]),
        MAY_ANSWER,
    )
    .order_by(col(Question.asked_at), col(Question.id))
)


async def about(work: UnitOfWork, case_ids: Collection[UUID]) -> list[Question]:
    """All that was ever asked about these cases, the strongest first, of equal ones the oldest; locked."""
    return await work.session.scalars(_ABOUT, {"case_ids": list(case_ids)})


async def blocking(work: UnitOfWork, case_id: UUID) -> list[UUID]:
    """The open questions about the case that rest on a number and that the actor may answer itself, oldest first."""
    return await work.session.scalars(_BLOCKING, {"case_id": case_id, "org": work.actor.org})


# ---------------------------------------------------------------- answering


_ANSWERABLE: Final = select(Question).where(col(Question.id) == bindparam("question_id"), MAY_ANSWER)
_ANSWERED_NOW: Final = _ANSWERABLE.with_for_update().execution_options(populate_existing=True)


async def find(work: UnitOfWork, question_id: UUID, *, operation: str, purpose: Purpose | None = None) -> Question:
    """A question that the actor may answer; raises QuestionNotFound."""
    found = await _find(work, question_id, _ANSWERABLE)
    work.audit(operation=operation, subject_id=found.newer_now, object_ids=[found.id, found.older_now], purpose=purpose)
    return found


async def lock(work: UnitOfWork, question_id: UUID) -> Question:
    """The same, locked, as it stands by then. The cases it is about are locked before it, as those who merge them do; raises
    QuestionNotFound."""
    return await _find(work, question_id, _ANSWERED_NOW)


async def _find(work: UnitOfWork, question_id: UUID, query: Select[Question]) -> Question:
    found = await work.session.scalar(query, {"question_id": question_id, "org": work.actor.org})
    if found is None:
        raise QuestionNotFound
    return found


async def keep(work: UnitOfWork, question: Question) -> None:
    """Write how the question stands now."""
    work.session.add(question)
    await work.session.flush()


async def keep_reason(work: UnitOfWork, question: Question, reason: SealedText) -> None:
    """Seal why the question was answered so."""
    await seal(work, question, {"reason": reason}, owner=question.newer_id)
    await work.session.flush()


_PLACE = (col(Question.asked_at), -col(Question.score), col(Question.id))


@cache
def _listed(*, of_case: bool, goes_on: bool) -> Select[Question]:
    query = select(Question).where(col(Question.state) == bindparam("state"), MAY_ANSWER)
    if of_case:
        query = query.where(or_(*(side == CASE_ID for side in _SIDES)))
    if goes_on:
        last = (bindparam("last_at", type_=DateTime(timezone=True)), bindparam("last_score", type_=Float))
        query = query.where(tuple_(*_PLACE) > tuple_(*last, bindparam("last_id", type_=Uuid)))
    return query.order_by(*_PLACE).limit(LIMIT)


async def list_questions(
    work: UnitOfWork,
    *,
    state: QuestionState,
    case_id: UUID | None,
    after: Sequence[str | int] | None,
    limit: int,
) -> list[Question]:
    """The questions that the actor may answer, oldest first and of one instant the strongest, up to one more than `limit`."""
    asked: dict[str, Any] = {"state": state, "org": work.actor.org, "case_id": case_id, "limit": limit + 1}
    if after:
        asked_at, score, question_id = after
        asked |= {"last_at": datetime.fromisoformat(str(asked_at)), "last_score": -float(score)}
        asked |= {"last_id": UUID(str(question_id))}
    found = await work.session.scalars(_listed(of_case=case_id is not None, goes_on=bool(after)), asked)
    work.audit(operation="question.list", object_ids=[question.id for question in found[:limit]])
    return found


_CASES: Final = select(Case).where(any_asked(col(Case.id), "case_ids"))


async def cases_in(work: UnitOfWork, questions: Iterable[Question]) -> dict[UUID, Case]:
    """The cases that these questions are about, with one statement."""
    wanted = {each for question in questions for each in question.shown_as_about}
    return {case.id: case for case in await work.session.scalars(_CASES, {"case_ids": list(wanted)})}
