"""What clarification has brought."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import func, select
from sqlmodel import col

from services.identification.case.repository import family_of, of_cases, rows_by_case, seal
from services.identification.case.schemas import SealedText
from services.identification.clarification.models import Interview, Recommendation
from services.identification.clarification.schemas import Account
from services.identification.records import repository as records
from shared.data.columns import any_asked
from shared.data.unit_of_work import UnitOfWork


async def add_interview(work: UnitOfWork, interview: Interview, account: Account) -> tuple[int, int]:
    """Store an interview; says how many there now are, and how many of them were held in detention."""
    await records.add(work, interview, operation="interview.add", account=account)
    return await count_interviews(work, interview.case_id)


_COUNTED: Final = select(func.count(), func.count().filter(col(Interview.in_detention))).where(
    any_asked(col(Interview.case_id), "case_ids")
)


async def count_interviews(work: UnitOfWork, case_id: UUID) -> tuple[int, int]:
    """How many interviews the person of a case already read was held to, and how many of them in detention: in it, and in those
    that were merged into it, as far as the actor works on them."""
    family = await family_of(work, case_id)
    row = (await work.session.execute(_COUNTED, {"case_ids": family})).one()
    return int(row[0]), int(row[1])


async def recommendations_of(work: UnitOfWork, case_ids: Sequence[UUID]) -> dict[UUID, list[Recommendation]]:
    """The recommendations in cases already read, as made, with one statement."""
    return await rows_by_case(work, case_ids, _RECOMMENDATIONS)


_RECOMMENDATIONS: Final = of_cases(
    Recommendation, select(Recommendation).order_by(col(Recommendation.made_at), col(Recommendation.id))
)


async def add_recommendation(work: UnitOfWork, recommendation: Recommendation, reasons: SealedText) -> None:
    await seal(work, recommendation, {"reasons": reasons})
    work.session.add(recommendation)
    work.audit(operation="recommendation.add", subject_id=recommendation.case_id)
