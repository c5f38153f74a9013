"""Questions whether two cases are about one person."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, delete, exists, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.identification.models.cases import Case
from services.identification.models.duplicates import DuplicateQuestion
from services.identification.repository.sealing import seal
from services.identification.schemas.person import SealedText
from services.identification.schemas.search import MatchedOn, PersonFound
from shared.contract.codes import CaseStatus, QuestionStatus
from shared.data import audit


def _pair(one: UUID, other: UUID) -> tuple[UUID, UUID]:
    return (one, other) if one < other else (other, one)


def _about(case_ids: Collection[UUID]) -> ColumnElement[bool]:
    return or_(col(DuplicateQuestion.case_id).in_(case_ids), col(DuplicateQuestion.other_case_id).in_(case_ids))


def other_of(question: DuplicateQuestion, case_id: UUID) -> UUID:
    """The case on the other side of the question."""
    return question.other_case_id if question.case_id == case_id else question.case_id


async def questions_about(session: AsyncSession, case_ids: Collection[UUID]) -> list[DuplicateQuestion]:
    """All that was asked about these cases, the most alike first."""
    in_order = (
        col(DuplicateQuestion.score).desc(),
        col(DuplicateQuestion.asked_at),
        col(DuplicateQuestion.case_id),
        col(DuplicateQuestion.other_case_id),
    )
    return list(await session.scalars(select(DuplicateQuestion).where(_about(case_ids)).order_by(*in_order)))


async def never_the_same(session: AsyncSession, case_ids: Collection[UUID]) -> set[frozenset[UUID]]:
    """The pairs, with one of these cases, of which somebody has said that they are not about one person."""
    query = select(DuplicateQuestion).where(
        _about(case_ids), col(DuplicateQuestion.status) == QuestionStatus.OVERRIDDEN
    )
    return {frozenset((each.case_id, each.other_case_id)) for each in await session.scalars(query)}


async def ask(session: AsyncSession, case_id: UUID, found: Iterable[PersonFound], *, now: datetime) -> None:
    """Ask about these pairs, and no longer about other ones of this case that nobody has answered."""
    asked = list(found)
    await _ask_no_longer(session, case_id, besides=[each.case_id for each in asked])
    audit.record(
        session, operation="duplicate.ask", subject_id=case_id, object_ids=sorted(each.case_id for each in asked)
    )
    if not asked:
        return
    rows = [
        {
            **dict(zip(("case_id", "other_case_id"), _pair(case_id, each.case_id), strict=True)),
            "score": each.score,
            "matched_on": [str(field) for field in each.matched_on],
            "status": QuestionStatus.OPEN,
            "asked_at": now,
        }
        for each in asked
    ]
    added = insert(DuplicateQuestion).values(rows)
    await session.execute(
        added.on_conflict_do_update(
            index_elements=["case_id", "other_case_id"],
            set_={"score": added.excluded.score, "matched_on": added.excluded.matched_on},
            where=col(DuplicateQuestion.status) == QuestionStatus.OPEN,
        )
    )


async def _ask_no_longer(session: AsyncSession, case_id: UUID, *, besides: Sequence[UUID]) -> None:
    about_others = or_(
        and_(col(DuplicateQuestion.case_id) == case_id, col(DuplicateQuestion.other_case_id).not_in(besides)),
        and_(col(DuplicateQuestion.other_case_id) == case_id, col(DuplicateQuestion.case_id).not_in(besides)),
    )
    is_open = col(DuplicateQuestion.status) == QuestionStatus.OPEN
    await session.execute(
        delete(DuplicateQuestion).where(about_others, is_open).execution_options(synchronize_session=False)
    )


async def override(
    session: AsyncSession, case_id: UUID, other_case_id: UUID, *, by: str, reason: SealedText, now: datetime
) -> DuplicateQuestion:
    """Note that the two are never the same person, whether it was asked or not."""
    first, second = _pair(case_id, other_case_id)
    question = await session.get(DuplicateQuestion, (first, second), with_for_update=True)
    if question is None:
        question = DuplicateQuestion(case_id=first, other_case_id=second, score=0.0, matched_on=[], asked_at=now)
        session.add(question)
    question.status = QuestionStatus.OVERRIDDEN
    question.overridden_at, question.overridden_by = now, by
    await seal(session, question, {"reason": reason}, place=second)
    await session.flush()
    audit.record(session, operation="duplicate.override", subject_id=case_id, object_ids=[other_case_id])
    return question


async def group_of(session: AsyncSession, case_id: UUID) -> set[UUID]:
    """The case and all that were merged into it, directly or through others."""
    members = select(col(Case.id)).where(col(Case.id) == case_id).cte("members", recursive=True)
    members = members.union(select(col(Case.id)).where(col(Case.merged_into) == members.c.id))
    return set(await session.scalars(select(members.c.id)))


def rests_on_a_number(question: DuplicateQuestion) -> bool:
    return MatchedOn.IDENTIFIERS in question.matched_on


async def any_open(session: AsyncSession, case_ids: Collection[UUID]) -> bool:
    """Whether one of these cases is still worked on."""
    open_case = exists().where(col(Case.id).in_(case_ids), col(Case.status) != CaseStatus.CLOSED)
    return bool(case_ids) and bool(await session.scalar(select(open_case)))
