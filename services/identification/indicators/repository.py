"""The signs that were observed in a case."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from services.identification.case.repository import CASE_ID, seal
from services.identification.indicators.models import Observation
from services.identification.indicators.schemas import ObservationAccount
from shared.data.unit_of_work import UnitOfWork


async def add_observations(
    work: UnitOfWork, case_id: UUID, made: Sequence[Observation], accounts: Sequence[ObservationAccount]
) -> None:
    """Store observations of a locked case, with what each account seals."""
    for observation, account in zip(made, accounts, strict=True):
        await seal(work, observation, {"account": account})
    work.session.add_all(made)
    await work.session.flush()
    work.audit(operation="indicators.add", subject_id=case_id, object_ids=[observation.id for observation in made])


_OBSERVATIONS: Final = select(Observation).where(col(Observation.case_id) == CASE_ID).order_by(col(Observation.number))


async def observations_of(work: UnitOfWork, case_id: UUID) -> list[Observation]:
    """All observations in a case already read, in the order they were made."""
    return await work.session.scalars(_OBSERVATIONS, {"case_id": case_id})
