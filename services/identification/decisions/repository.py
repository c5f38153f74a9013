"""The rows of decisions; appeals and closures are kept as records are."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final
from uuid import UUID

from sqlalchemy import Boolean, Select, func, select
from sqlmodel import col

from services.identification.case import repository as cases
from services.identification.case.models import Case
from services.identification.case.repository import CASE_ID, WORKING, of_cases, rows_by_case
from services.identification.case.schemas import SealedText
from services.identification.decisions.models import Decision
from services.identification.records import repository as records
from shared.contract.codes import Authority, Outcome
from shared.contract.visibility import Part
from shared.data.columns import any_asked
from shared.data.positions import page
from shared.data.unit_of_work import UnitOfWork
from shared.http.etag import ExpectedVersion


async def lock_decided(
    work: UnitOfWork,
    case_id: UUID,
    expected: ExpectedVersion,
    *,
    parts: frozenset[Part] = WORKING,
    is_of_a_decision: bool = True,
) -> tuple[Case, list[Decision]]:
    """The case, locked as by `lock_case`, and what was decided in it. What is of such a decision (an appeal, a later decision, a
    period) goes on in it, also once the case is merged (docs/rules.md, identity-2)."""
    case = await cases.lock_case(work, case_id, expected, parts=parts, even_merged=True)
    made = (await decisions_of(work, [case.id]))[case.id]
    if not (made and is_of_a_decision):
        await cases.check_goes_on_here(work, case)
    return case, made


async def add_decision(
    work: UnitOfWork, decision: Decision, reasons: SealedText | None, *, replaced: Decision | None
) -> None:
    """Store a decision; the one it replaces stays, and is no longer the authority's current one."""
    if replaced:
        replaced.is_current = False
        await work.session.flush()  # before the new row: an authority has one current decision in a case
    await records.add(work, decision, operation="decision.add", reasons=reasons)


@cache
def _listed(*, is_of_courts: bool, goes_on: bool) -> Select[Decision]:
    conditions = [col(Decision.case_id) == CASE_ID]
    if is_of_courts:
        conditions.append(col(Decision.authority) == Authority.COURT)
    return records.page_of(Decision, *conditions, goes_on=goes_on)


async def list_decisions(
    work: UnitOfWork, case_id: UUID, *, is_of_courts: bool, after: Sequence[str | int] | None, limit: int
) -> list[Decision]:
    """The decisions of a case already read, or those of courts alone, oldest first, up to one more than `limit`."""
    asked = page(after, limit) | {"case_id": case_id}
    return await work.session.scalars(_listed(is_of_courts=is_of_courts, goes_on=bool(after)), asked)


async def decisions_of(work: UnitOfWork, case_ids: Sequence[UUID]) -> dict[UUID, list[Decision]]:
    """The decisions of cases already read, in the order they were recorded, with one statement."""
    return await rows_by_case(work, case_ids, _DECISIONS)


_DECISIONS: Final = of_cases(Decision, select(Decision).order_by(col(Decision.recorded_at), col(Decision.id)))
OUTCOME: Final = (
    select(col(Decision.outcome))
    .where(col(Decision.case_id) == col(Case.id), col(Decision.is_current))
    .order_by(
        (col(Decision.outcome) == Outcome.ASSESSED_TRAFFICKED).desc(),
        col(Decision.recorded_at).desc(),
        col(Decision.id),
    )
    .limit(1)
    .correlate(Case)
    .scalar_subquery()
)
"""Of a case in a statement: what was decided in it. Of several authorities' decisions the one that recognised the person counts;
else the latest."""
IS_ON_HOLD: Final = func.is_on_hold(col(Case.id), type_=Boolean)
"""Of a case in a statement: whether an appeal keeps its person from being removed, in it or in a case that was merged into it and
that the actor works on as well."""
_OUTCOMES_AND_HOLDS: Final = select(col(Case.id), OUTCOME, IS_ON_HOLD).where(any_asked(col(Case.id), "case_ids"))


@dataclass(frozen=True, slots=True)
class OutcomeAndHold:
    """What was decided in a case, None where nothing was; and whether an appeal keeps its person from being removed."""

    outcome: Outcome | None
    is_on_hold: bool


async def outcomes_and_holds_of(work: UnitOfWork, case_ids: Collection[UUID]) -> dict[UUID, OutcomeAndHold]:
    """What stands in each of these cases, with one statement."""
    if not case_ids:
        return {}
    rows = await work.session.execute(_OUTCOMES_AND_HOLDS, {"case_ids": list(case_ids)})
    return {row[0]: OutcomeAndHold(row[1], row[2]) for row in rows}
