"""The only way to the parts of those who hold a person."""

from collections.abc import Collection
from typing import Final
from uuid import UUID

from sqlalchemy import delete
from sqlmodel import col

from services.identification.case.models import CaseParty
from shared.contract.visibility import Part
from shared.data.columns import any_asked
from shared.data.unit_of_work import UnitOfWork

_LET_GO: Final = delete(CaseParty).where(
    any_asked(col(CaseParty.case_id), "case_ids"), col(CaseParty.part) == Part.HOLDER
)


async def end_holding(work: UnitOfWork, case_ids: Collection[UUID]) -> None:
    """In none of these cases, of one person, has anybody the task any more to say when they are let go; for Havn itself."""
    await work.session.flush()
    await work.session.execute(_LET_GO, {"case_ids": list(case_ids)})
