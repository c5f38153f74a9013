"""Endpoints of how long things are kept: what would be erased, what was, and holds."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import Query

from services.identification.case.policies import Administrator, Lawyer, Overseer
from services.identification.retention import domain, repository, views
from services.identification.retention.schemas import (
    HoldReport,
    HoldState,
    RetentionForecast,
    RetentionReport,
    SlipReceipt,
    SlipReport,
)
from shared.contract.types import Day, Tagged
from shared.http.paging import Page, Pages
from shared.http.parameters import IfMatch
from shared.kernel.clock import on_date
from shared.runtime.service import service_router

router = service_router()


@router.get("/retention")
async def forecast_retention(
    work: Overseer, on: Annotated[Day | None, Query(description="The day to look at; today without it.")] = None
) -> RetentionForecast:
    """What would be erased on that day, by which rule. Nothing is changed: the erasing runs by itself, once a day.

    Whoever works on a case can see it coming, and do what keeps it: go on with it, link it, or have a lawyer hold it."""
    day: date = on or on_date(work.now)
    due = await domain.due_on(work, on=day)
    return views.see_forecast(day, domain.TERMS.on(day).version, due)


@router.get("/retention/runs")
async def list_retention_runs(work: Administrator, pages: Pages) -> Page[RetentionReport]:
    """The reports of the runs, newest first."""
    found = await repository.runs(work, after=pages.after, limit=pages.limit)
    items = [views.see_run(done) for done in found]
    return pages.page(items, found, lambda row: [row.ran_at.isoformat(), str(row.id)])


@router.post("/cases/{case_id}/erasure")
async def erase_slip(work: Lawyer, case_id: UUID, report: SlipReport, expected: IfMatch) -> SlipReceipt:
    """CMM erases a case that never should have been: its only referral was withdrawn, and no work on it has begun (409
    otherwise). It is erased everywhere within the hour; this cannot be undone."""
    case = await domain.erase_slip(work, case_id=case_id, report=report, expected=expected)
    return SlipReceipt(case_id=case.id, erased_at=work.now, reason=report.reason)


@router.post("/cases/{case_id}/legal-hold", status_code=201)
async def place_legal_hold(work: Lawyer, case_id: UUID, report: HoldReport, expected: IfMatch) -> Tagged[HoldState]:
    """Nothing of the case is erased until the hold is ended."""
    case, placed = await domain.hold(work, case_id=case_id, report=report, expected=expected)
    return views.see_hold(placed).tagged(case)


@router.post("/cases/{case_id}/legal-hold/end")
async def end_legal_hold(work: Lawyer, case_id: UUID, expected: IfMatch) -> Tagged[HoldState]:
    """The case is kept no longer than others."""
    case, placed = await domain.end_hold(work, case_id=case_id, expected=expected)
    return views.see_hold(placed).tagged(case)
