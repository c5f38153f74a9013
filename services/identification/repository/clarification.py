"""What clarification has brought."""

from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.identification.models.clarification import Interview, Recommendation
from services.identification.repository.texts import seal_text
from services.identification.schemas.clarification import Account
from services.identification.schemas.person import SealedText
from shared import audit, sealed


async def add_interview(session: AsyncSession, interview: Interview, account: Account) -> tuple[int, int]:
    """Store an interview; says how many there now are, and how many of them were held in detention."""
    key = await sealed.key_of(session, interview.case_id)
    interview.account = key.seal(account, table="interview", column="account", row=interview.id)
    session.add(interview)
    await session.flush()
    audit.record(session, operation="interview.add", subject_id=interview.case_id, object_ids=[interview.id])
    return await count_interviews(session, interview.case_id)


async def count_interviews(session: AsyncSession, case_id: UUID) -> tuple[int, int]:
    """How many interviews were held in a case already read, and how many of them in detention."""
    counted = select(func.count(), func.count().filter(col(Interview.in_detention)))
    row = (await session.execute(counted.where(col(Interview.case_id) == case_id))).one()
    return int(row[0]), int(row[1])


async def add_recommendation(session: AsyncSession, recommendation: Recommendation, reasons: SealedText) -> None:
    recommendation.reasons = await seal_text(
        session, recommendation.case_id, reasons, table="recommendation", column="reasons", row=recommendation.id
    )
    session.add(recommendation)
    audit.record(session, operation="recommendation.add", subject_id=recommendation.case_id)
