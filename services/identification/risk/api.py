"""Endpoints of the danger to a person."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from services.identification.case.policies import Caseworker, Reader
from services.identification.records import repository as records
from services.identification.risk import domain, repository
from services.identification.risk.models import RiskAssessment
from services.identification.risk.schemas import OverdueRisk, RiskAccount, RiskDetails, RiskReceipt, RiskReport
from shared.contract.types import Day, Tagged
from shared.http.paging import Page, Pages
from shared.http.parameters import IfMatch, PurposeOfReading
from shared.kernel.clock import on_date
from shared.runtime.service import service_router

router = service_router()


@router.post("/cases/{case_id}/risk-assessments", status_code=201)
async def assess_risk(work: Caseworker, case_id: UUID, report: RiskReport, expected: IfMatch) -> Tagged[RiskReceipt]:
    """Record how great the danger to the person is. Left out, `reassess_on` is the last day that the level
    allows; it may be an earlier one."""
    case, assessment = await domain.assess(work, case_id=case_id, report=report, expected=expected)
    return _receipt(assessment).tagged(case)


@router.get("/cases/{case_id}/risk-assessments")
async def list_risk_assessments(
    work: Reader, case_id: UUID, pages: Pages, purpose: PurposeOfReading
) -> Page[RiskDetails]:
    """All assessments, as recorded, for those who work on the case; every read is kept with its purpose."""
    case = await records.read_case(work, case_id, operation="risk.list", purpose=purpose)
    rows = await records.list_records(work, case.id, RiskAssessment, after=pages.after, limit=pages.limit)
    accounts = await records.opened(work, rows, "account", RiskAccount)
    items = [
        RiskDetails(
            **dict(_receipt(row)),
            **dict(accounts[row.id]),
            recorded_at=row.recorded_at,
            recorded_by=row.recorded_by,
        )
        for row in rows
    ]
    return pages.page(items, rows, records.position)


@router.get("/risk-assessments/overdue")
async def list_overdue_risk(
    work: Reader,
    pages: Pages,
    on: Annotated[Day | None, Query(description="Seen from that day; left out: today in Copenhagen.")] = None,
) -> Page[OverdueRisk]:
    """The open cases I work on whose danger should have been assessed again before that day, the longest overdue first."""
    seen_from = on or on_date(work.now)
    rows = await repository.list_overdue(work, on=seen_from, after=pages.after, limit=pages.limit)
    items = [
        OverdueRisk(
            case_id=row.case_id,
            risk_assessment_id=row.id,
            level=row.level,
            assessed_on=row.assessed_on,
            reassess_on=row.reassess_on,
            days_overdue=domain.days_overdue(row, on=seen_from),
        )
        for row in rows
    ]
    return pages.page(items, rows, lambda row: [row.reassess_on.isoformat(), str(row.case_id)])


def _receipt(assessment: RiskAssessment) -> RiskReceipt:
    return RiskReceipt(risk_assessment_id=assessment.id, **assessment.model_dump(include=set(RiskReceipt.model_fields)))
