"""Endpoints of the clocks, of custody, and of the on-call."""

from uuid import UUID

from fastapi import Response

from services.identification import repository, views
from services.identification.api.policies import Caseworker, FileReader
from services.identification.domain import custody, on_call
from services.identification.schemas.deadlines import (
    AlertDetails,
    CustodyDetails,
    CustodyEndReport,
    CustodyReport,
    DeadlineDetails,
    OnCallDetails,
    Until,
)
from shared.contract.codes import DeadlineKind, DeadlineState
from shared.http.endpoint import IfMatch, Now, Pages, Session
from shared.http.etag import tag
from shared.http.paging import Page
from shared.runtime.service import service_router

router = service_router()


@router.get("/deadlines")
async def list_deadlines(
    session: Session, actor: FileReader, pages: Pages, now: Now, until: Until | None = None,
    state: DeadlineState | None = None, kind: DeadlineKind | None = None, case_id: UUID | None = None,
) -> Page[DeadlineDetails]:  # fmt: skip
    """The clocks of the cases I work on, and those that run for me, soonest first. `until` is a day, whose end is meant, or
    an instant. What is done is listed with `state=done` only; `state=passed` is what is overdue."""
    found = await repository.deadlines.list_deadlines(
        session, actor, now=now, until=until, state=state, kind=kind, case_id=case_id, after=pages.after,
        limit=pages.limit,
    )  # fmt: skip
    items = [views.deadlines.see_deadline(row, now=now) for row in found]
    return pages.page(items, found, lambda row: [row.due_at.isoformat(), str(row.case_id), row.kind.value, row.ref])


@router.post("/cases/{case_id}/custody", status_code=201)
async def hold_in_custody(
    case_id: UUID, report: CustodyReport, response: Response, session: Session, actor: Caseworker, now: Now,
    match: IfMatch,
) -> CustodyDetails:  # fmt: skip
    """The person is detained; 72 hours run, and CMM is alerted at once, its on-call outside hotline hours. The police say
    so with a referral; CMM and US here."""
    case = await custody.hold(session, actor=actor, case_id=case_id, report=report, match=match, now=now)
    tag(response, case)
    return views.deadlines.see_custody(case)


@router.post("/cases/{case_id}/custody/end")
async def end_custody(
    case_id: UUID, report: CustodyEndReport, response: Response, session: Session, actor: Caseworker, now: Now,
    match: IfMatch,
) -> CustodyDetails:  # fmt: skip
    """The person is no longer detained: released, placed at a shelter instead (`placed_34`), remanded."""
    case = await custody.end(session, actor=actor, case_id=case_id, report=report, match=match, now=now)
    tag(response, case)
    return views.deadlines.see_custody(case)


@router.post("/cases/{case_id}/on-call/acknowledge")
async def acknowledge(
    case_id: UUID, response: Response, session: Session, actor: Caseworker, now: Now, match: IfMatch
) -> OnCallDetails:
    """Somebody on call has taken it; the alerts end. Saying so again changes nothing."""
    case, watch = await on_call.acknowledge(session, actor=actor, case_id=case_id, match=match, now=now)
    tag(response, case)
    return views.deadlines.see_on_call(watch)


@router.get("/alerts")
async def list_alerts(session: Session, actor: FileReader, pages: Pages) -> Page[AlertDetails]:
    """What my organisation was alerted of, newest first, and whether it was sent and acknowledged."""
    found = await repository.deadlines.list_alerts(session, actor, after=pages.after, limit=pages.limit)
    items = [views.deadlines.see_alert(alert) for alert in found]
    return pages.page(items, found, lambda alert: [alert.raised_at.isoformat(), str(alert.id)])
