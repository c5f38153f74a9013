from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from services.identification.authority.schemas import EarlierIdentification
from services.identification.case.models import Case
from services.identification.case.repository import seal
from services.identification.case.schemas import SealedText
from shared.data import audit

_EARLIER = text("SELECT * FROM earlier_identifications(:case_id) WHERE is_current")


async def earlier_identifications(session: AsyncSession, case_id: UUID) -> list[EarlierIdentification]:
    """What was decided in earlier cases of the same person, newest first. The database tells only who decides now."""
    return [
        EarlierIdentification.model_validate(row) for row in await session.execute(_EARLIER.bindparams(case_id=case_id))
    ]


async def add_settlement(session: AsyncSession, case: Case, reason: SealedText) -> None:
    """Note that who decides was settled in a locked case, and seal why."""
    await seal(session, case, {"settlement": reason}, owner=case.id)
    audit.record(session, operation="case.settle", subject_id=case.id)
