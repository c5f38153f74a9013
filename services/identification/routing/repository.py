from sqlalchemy import select
from sqlmodel import col

from services.identification.case.models import Case
from shared.data.unit_of_work import UnitOfWork


async def routed_cases(work: UnitOfWork) -> list[Case]:
    """All cases, oldest first, for a table that is tried on them; nothing is opened."""
    return list(await work.session.scalars(select(Case).order_by(col(Case.opened_at), col(Case.id))))
