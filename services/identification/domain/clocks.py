"""The clocks that run for a person: what is due, for whom, and who is told. No clock ever closes a case."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from services.identification.models.cases import Case


async def wind(session: AsyncSession, case: Case, *, now: datetime) -> None:
    """Set the clocks of a locked case by what is now known of it. Whoever changes what a clock depends on calls this."""
