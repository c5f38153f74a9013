"""The rows of periods and their extensions."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from services.identification.case.models import Case
from services.identification.case.repository import of_cases, rows_by_case, seal
from services.identification.case.schemas import SealedText
from services.identification.periods.models import GrantedPeriod, PeriodExtension
from shared.data.unit_of_work import UnitOfWork
from shared.kernel.errors import NotFound


class PeriodNotFound(NotFound):
    """No such period in this case."""


async def add_period(work: UnitOfWork, period: GrantedPeriod) -> None:
    work.session.add(period)
    work.audit(operation="period.add", subject_id=period.case_id, object_ids=[period.id])


async def note_correction(work: UnitOfWork, period: GrantedPeriod) -> None:
    """Store the days that a period of a locked case has now."""
    await work.session.flush()
    work.audit(operation="period.correct", subject_id=period.case_id, object_ids=[period.id])


async def add_extension(work: UnitOfWork, extension: PeriodExtension, note: SealedText | None) -> None:
    await seal(work, extension, {"note": note})
    work.session.add(extension)
    await work.session.flush()
    work.audit(operation="period.extend", subject_id=extension.case_id, object_ids=[extension.period_id])


async def period_of(work: UnitOfWork, case: Case, period_id: UUID) -> GrantedPeriod:
    """A period of a case already read; raises PeriodNotFound."""
    found = await work.session.get(GrantedPeriod, period_id)
    if found is None or found.case_id != case.id:
        raise PeriodNotFound
    return found


async def periods_of(work: UnitOfWork, case_ids: Sequence[UUID]) -> dict[UUID, list[GrantedPeriod]]:
    """The periods of cases already read, by start, with one statement."""
    return await rows_by_case(work, case_ids, _PERIODS)


async def extensions_of(work: UnitOfWork, case_ids: Sequence[UUID]) -> dict[UUID, list[PeriodExtension]]:
    """The extensions in cases already read, as granted, with one statement."""
    return await rows_by_case(work, case_ids, _EXTENSIONS)


_PERIODS: Final = of_cases(GrantedPeriod, select(GrantedPeriod).order_by(col(GrantedPeriod.starts_on)))
_EXTENSIONS: Final = of_cases(
    PeriodExtension, select(PeriodExtension).order_by(col(PeriodExtension.granted_at), col(PeriodExtension.id))
)
