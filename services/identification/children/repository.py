from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.identification.children.models import ChildReferral

# ---------------------------------------------------------------- children


async def child_referral(session: AsyncSession, referral_id: UUID) -> ChildReferral | None:
    return await session.get(ChildReferral, referral_id)


async def add_child_referral(session: AsyncSession, referral: ChildReferral) -> None:
    session.add(referral)
    await session.flush()
