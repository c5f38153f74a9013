"""The cases whose routing a proposed table is tried on."""

from typing import Final

from sqlalchemy import select
from sqlmodel import col

from services.identification.case.models import Case
from shared.data.unit_of_work import UnitOfWork

_ALL: Final = select(Case).order_by(col(Case.opened_at), col(Case.id))


async def routed_cases(work: UnitOfWork) -> list[Case]:
    """All cases, oldest first, for a table that is tried on them; nothing is opened."""
    return await work.session.scalars(_ALL)
