"""What clarification has brought."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.identification.case.repository import _by_case, seal
from services.identification.case.schemas import SealedText
from services.identification.clarification.models import Interview, Recommendation
from services.identification.clarification.schemas import Account
from services.identification.records import repository as records
from shared.data import audit


async def add_interview(session: AsyncSession, interview: Interview, account: Account) -> tuple[int, int]:
    """Store an interview; says how many there now are, and how many of them were held in detention."""
    await records.add(session, interview, operation="interview.add", account=account)
    return await count_interviews(session, interview.case_id)


async def count_interviews(session: AsyncSession, case_id: UUID) -> tuple[int, int]:
    """How many interviews were held in a case already read, and how many of them in detention."""
    counted = select(func.count(), func.count().filter(col(Interview.in_detention)))
    row = (await session.execute(counted.where(col(Interview.case_id) == case_id))).one()
    return int(row[0]), int(row[1])


async def recommendations_of(session: AsyncSession, case_ids: Sequence[UUID]) -> dict[UUID, list[Recommendation]]:
    """The recommendations in cases already read, as made, with one statement."""
    in_order = (col(Recommendation.made_at), col(Recommendation.id))
    return await _by_case(session, case_ids, select(Recommendation).order_by(*in_order), Recommendation)


async def add_recommendation(session: AsyncSession, recommendation: Recommendation, reasons: SealedText) -> None:
    await seal(session, recommendation, {"reasons": reasons})
    session.add(recommendation)
    audit.record(session, operation="recommendation.add", subject_id=recommendation.case_id)
