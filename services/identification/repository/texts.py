"""Free text at rest."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.identification.schemas.person import SealedText
from shared import sealed


async def seal_text(
    session: AsyncSession, case_id: UUID, words: SealedText, *, table: str, column: str, row: UUID
) -> bytes:
    """Free text, sealed for its place."""
    key = await sealed.key_of(session, case_id)
    return key.seal(words, table=table, column=column, row=row)
