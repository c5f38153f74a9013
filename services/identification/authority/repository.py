from uuid import UUID

from sqlalchemy import text

from services.identification.authority.schemas import EarlierIdentification
from services.identification.case.models import Case
from services.identification.case.repository import seal
from services.identification.case.schemas import SealedText
from shared.data.unit_of_work import UnitOfWork

_EARLIER = text("SELECT * FROM earlier_identifications(:case_id) WHERE is_current")


async def earlier_identifications(work: UnitOfWork, case_id: UUID) -> list[EarlierIdentification]:
    """What was decided in earlier cases of the same person, newest first. The database tells only who decides now."""
    return [
        EarlierIdentification.model_validate(row)
        for row in await work.session.execute(_EARLIER.bindparams(case_id=case_id))
    ]


async def add_settlement(work: UnitOfWork, case: Case, reason: SealedText) -> None:
    """Note that who decides was settled in a locked case, and seal why."""
    await seal(work, case, {"settlement": reason}, owner=case.id)
    work.audit(operation="case.settle", subject_id=case.id)
