"""Risk assessments, and which of them are overdue."""

from collections.abc import Sequence
from datetime import date
from functools import cache
from typing import Final
from uuid import UUID

from sqlalchemy import Select, bindparam, exists, or_, select
from sqlmodel import col

from services.identification.case.codes import CaseStatus
from services.identification.case.models import Case, CaseParty, Deadline
from services.identification.case.repository import CASE_ID, WORKING
from services.identification.records import repository as records
from services.identification.risk.models import RiskAssessment
from services.identification.risk.schemas import RiskAccount
from shared.contract.codes import DeadlineKind
from shared.data.columns import ORGANISATION, is_one_of
from shared.data.positions import day_and_id, oldest_first, page
from shared.data.unit_of_work import UnitOfWork

_STANDING: Final = select(RiskAssessment).where(col(RiskAssessment.case_id) == CASE_ID, col(RiskAssessment.is_latest))


async def latest_of(work: UnitOfWork, case_id: UUID) -> RiskAssessment | None:
    """The assessment that stands in a case already read."""
    return await work.session.scalar(_STANDING, {"case_id": case_id})


async def add_assessment(
    work: UnitOfWork, assessment: RiskAssessment, account: RiskAccount, *, replaced: RiskAssessment | None
) -> None:
    """Store an assessment of a locked case; the one it replaces stays, and no longer stands."""
    if replaced:
        replaced.is_latest = False
        await work.session.flush()  # before the new row: one assessment stands in a case
    await records.add(work, assessment, operation="risk.add", account=account)


_RUNS: Final = exists().where(
    col(Deadline.case_id) == col(RiskAssessment.case_id),
    col(Deadline.kind) == DeadlineKind.RISK_REASSESSMENT,
    col(Deadline.done_at).is_(None),
)
"""The deadlines say when an assessment where the work on a merged case goes on has taken its place."""


@cache
def _overdue(*, goes_on: bool) -> Select[RiskAssessment]:
    query = (
        select(RiskAssessment)
        .join(CaseParty, col(CaseParty.case_id) == col(RiskAssessment.case_id))
        .join(Case, col(Case.id) == col(RiskAssessment.case_id))
        .where(
            col(CaseParty.org) == ORGANISATION,
            is_one_of(col(CaseParty.part), WORKING),
            col(Case.status) != CaseStatus.CLOSED,
            or_(col(Case.merged_into).is_(None), _RUNS),
            col(RiskAssessment.is_latest),
            col(RiskAssessment.reassess_on) < bindparam("on"),
        )
    )
    return oldest_first(query, col(RiskAssessment.reassess_on), col(RiskAssessment.case_id), goes_on=goes_on)


async def list_overdue(
    work: UnitOfWork, *, on: date, after: Sequence[str | int] | None, limit: int
) -> list[RiskAssessment]:
    """Of the open cases that the actor works on, those whose standing assessment was to be renewed before that day: the
    longest overdue first, up to one more than `limit`; `after` is (reassess_on, case_id) of the last seen."""
    asked = page(after, limit, day_and_id) | {"org": work.actor.org, "on": on}
    found = await work.session.scalars(_overdue(goes_on=bool(after)), asked)
    work.audit(operation="risk.overdue", object_ids=[row.case_id for row in found[:limit]])
    return found
