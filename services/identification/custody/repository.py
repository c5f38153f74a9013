"""The only way to the parts of those who hold a person."""

from typing import Final
from uuid import UUID

from sqlalchemy import delete
from sqlmodel import col

from services.identification.case.models import CaseParty
from services.identification.case.repository import CASE_ID
from shared.contract.visibility import Part
from shared.data.unit_of_work import UnitOfWork

_LET_GO: Final = delete(CaseParty).where(col(CaseParty.case_id) == CASE_ID, col(CaseParty.part) == Part.HOLDER)


async def end_holding(work: UnitOfWork, case_id: UUID) -> None:
    """Nobody has the task any more to say when the person is let go; for Havn itself."""
    await work.session.flush()
    await work.session.execute(_LET_GO, {"case_id": case_id})
