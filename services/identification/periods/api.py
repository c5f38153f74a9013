"""Endpoints of periods and their extensions."""

from uuid import UUID

from services.identification.case.policies import Caseworker
from services.identification.periods import domain, repository, views
from services.identification.periods.schemas import ExtensionRequest, PeriodDetails, PeriodRequest
from shared.contract.types import Tagged
from shared.http.parameters import IfMatch
from shared.runtime.service import service_router

router = service_router()


@router.post("/cases/{case_id}/periods", status_code=201)
async def grant_period(
    work: Caseworker, case_id: UUID, request: PeriodRequest, expected: IfMatch
) -> Tagged[PeriodDetails]:
    """The reflection or restitution period of the positive decision: 30 days from its date, at most 120."""
    case, period = await domain.grant_period(work, case_id=case_id, request=request, expected=expected)
    return views.see_period(case, period, []).tagged(case)


@router.post("/cases/{case_id}/periods/{period_id}/extensions", status_code=201)
async def extend_period(
    work: Caseworker, case_id: UUID, period_id: UUID, request: ExtensionRequest, expected: IfMatch
) -> Tagged[PeriodDetails]:
    """Extend the period for special reasons or for cooperation on a prepared return, at most to its cap."""
    case, period = await domain.extend_period(
        work, case_id=case_id, period_id=period_id, request=request, expected=expected
    )
    extensions = await repository.extensions_of(work, [case.id])
    return views.see_period(case, period, extensions[case.id]).tagged(case)


@router.post("/cases/{case_id}/periods/{period_id}/correction")
async def correct_period(work: Caseworker, case_id: UUID, period_id: UUID, expected: IfMatch) -> Tagged[PeriodDetails]:
    """Count the period from the decision that now stands (`replaces`), where the one that gave it had a wrong date. What it was
    extended to stays, at most to the new cap."""
    case, period = await domain.correct_period(work, case_id=case_id, period_id=period_id, expected=expected)
    extensions = await repository.extensions_of(work, [case.id])
    return views.see_period(case, period, extensions[case.id]).tagged(case)
