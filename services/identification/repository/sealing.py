"""Words at rest: sealed under the case's key, each for its own row and column."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncSession

from shared.data import sealed


async def seal(
    session: AsyncSession,
    row: Any,
    documents: Mapping[str, BaseModel | None],
    *,
    owner: UUID | None = None,
    place: UUID | None = None,
) -> None:
    """Seal each document in the column of this row that it is named by; None leaves the column empty.

    The key is the one of `owner`, by default of the case that the row belongs to; `place` tells the row apart in its table, by
    default its id."""
    key = await sealed.key_of(session, owner or row.case_id)
    for column, document in documents.items():
        words = key.seal(document, table=row.__tablename__, column=column, row=place or row.id) if document else None
        setattr(row, column, words)
