from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.identification.case.models import Case


async def routed_cases(session: AsyncSession) -> list[Case]:
    """All cases, oldest first, for a table that is tried on them; nothing is opened."""
    return list(await session.scalars(select(Case).order_by(col(Case.opened_at), col(Case.id))))
