"""Endpoints of the deadlines, of the on-call, and of the alerts that were raised."""

from uuid import UUID

from services.identification.case.policies import Caseworker, FileReader
from services.identification.deadlines import on_call, repository, views
from services.identification.deadlines.schemas import AlertDetails, DeadlineDetails, OnCallDetails, Until
from shared.contract.codes import DeadlineKind, DeadlineState
from shared.contract.types import Tagged
from shared.http.paging import Page, Pages
from shared.http.parameters import IfMatch
from shared.runtime.service import service_router

router = service_router()


@router.get("/deadlines")
async def list_deadlines(
    work: FileReader,
    pages: Pages,
    until: Until | None = None,
    state: DeadlineState | None = None,
    kind: DeadlineKind | None = None,
    case_id: UUID | None = None,
) -> Page[DeadlineDetails]:
    """The clocks of the cases I work on, and those that run for me, soonest first. `until` is a day, whose end is meant, or
    an instant. What is done is listed with `state=done` only; `state=passed` is what is overdue."""
    found = await repository.list_deadlines(
        work, until=until, state=state, kind=kind, case_id=case_id, after=pages.after, limit=pages.limit
    )
    items = [views.see_deadline(row, now=work.now) for row in found]
    return pages.page(items, found, lambda row: [row.due_at.isoformat(), str(row.case_id), row.kind.value, row.ref])


@router.post("/cases/{case_id}/on-call/acknowledge")
async def acknowledge(work: Caseworker, case_id: UUID, expected: IfMatch) -> Tagged[OnCallDetails]:
    """Somebody on call has taken it; the alerts end. Saying so again changes nothing."""
    case, watch = await on_call.acknowledge(work, case_id=case_id, expected=expected)
    return views.see_on_call(watch).tagged(case)


@router.get("/alerts")
async def list_alerts(work: FileReader, pages: Pages) -> Page[AlertDetails]:
    """What my organisation was alerted of, newest first, and whether it was sent and acknowledged."""
    found = await repository.list_alerts(work, after=pages.after, limit=pages.limit)
    items = [views.see_alert(alert) for alert in found]
    return pages.page(items, found, lambda alert: [alert.raised_at.isoformat(), str(alert.id)])
