"""The cases whose routing a proposed table is tried on."""

from typing import Final

from sqlalchemy import select
from sqlmodel import col

from services.identification.case.models import Case
from shared.data.unit_of_work import UnitOfWork

_ALL: Final = select(Case).where(col(Case.erased_at).is_(None)).order_by(col(Case.opened_at), col(Case.id))


async def routed_cases(work: UnitOfWork) -> list[Case]:
    """All cases, oldest first, for a table that is tried on them; of what was erased nothing is known. Nothing is opened."""
    return await work.session.scalars(_ALL)
