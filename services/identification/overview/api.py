"""Endpoints of cases and the people they are about."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Response

from services.identification.case import repository as cases
from services.identification.case.policies import FileWorker, LogReader, Reader, Subscriber
from services.identification.case.repository import Sought
from services.identification.decisions import repository as decisions_repository
from services.identification.indicators import repository as indicators_repository
from services.identification.overview import feed, htcds, repository, timeline, views
from services.identification.overview.schemas import (
    AccessEntry,
    CaseDetails,
    CaseGlimpse,
    CaseState,
    Export,
    FeedEvent,
    Notes,
    Timeline,
)
from services.identification.person import repository as person_repository
from services.identification.records import repository as records
from services.identification.support.models import SupportMeasure
from shared.contract.codes import Authority, CaseStatus
from shared.http.endpoint import Now, OptionalPurpose, Pages, PurposeMissing, PurposeOfReading, Session
from shared.http.etag import tag
from shared.http.paging import Limit, Page
from shared.kernel.clock import on_date
from shared.runtime.service import service_router

router = service_router()


@router.get("/cases")
async def list_cases(
    session: Session,
    actor: Reader,
    pages: Pages,
    status: CaseStatus | None = None,
    authority: Annotated[Authority | None, Query(description="Who decides; `needs_review`: nobody yet.")] = None,
    missing: bool | None = None,
) -> Page[CaseDetails | CaseGlimpse]:
    """The cases I have to do with, newest first; no personal data. A filter passes over cases of which I may not know it."""
    sought = Sought(status=status, authority=authority, missing=missing)
    found = await cases.list_cases(session, actor, sought=sought, after=pages.after, limit=pages.limit)
    items = await views.see_cases(session, actor, found)
    return pages.page(items, found, lambda row: [row[0].opened_at.isoformat(), str(row[0].id)])


@router.get("/cases/{case_id}")
async def read_case(case_id: UUID, response: Response, session: Session, actor: Reader) -> CaseDetails | CaseGlimpse:
    """A case: all of it for those who work on it, a glimpse for others who have to do with it; no personal data."""
    case, part = await cases.find_case(session, actor, case_id, operation="case.read")
    tag(response, case)
    return (await views.see_cases(session, actor, [(case, part)]))[0]


@router.get("/cases/{case_id}/status")
async def read_status(
    case_id: UUID, response: Response, session: Session, actor: Reader, now: Now, purpose: OptionalPurpose = None
) -> CaseState:
    """Where the case stands. Organisations that do not work on the case say for which purpose they ask."""
    case, part = await cases.find_case(session, actor, case_id, operation="case.status", purpose=purpose)
    if part not in cases.WORKING and purpose is None:
        raise PurposeMissing("Say why you ask: ?purpose=identification, support, investigation ...")
    tag(response, case)
    return await views.see_state(session, actor, case, part, now=now)


@router.get("/cases/{case_id}/timeline")
async def read_timeline(case_id: UUID, session: Session, actor: Reader) -> Timeline:
    """What happened, in order; no personal data."""
    told = await cases.told_of(session, actor, case_id)
    return Timeline(items=[timeline.see_event(event) for event in told])


# ---------------------------------------------------------------- The endpoint of what was said with the steps in a


@router.get("/cases/{case_id}/notes")
async def read_notes(case_id: UUID, session: Session, actor: FileWorker, purpose: PurposeOfReading) -> Notes:
    """What was said with the steps that have no page of their own: why the case was opened and who decides was settled, where
    the person was held, what the municipality found, why a period was made longer, who tried to reach the person. For those
    who work on the case; every read is kept with its purpose."""
    return Notes(items=await repository.read_notes(session, actor, case_id, purpose=purpose))


# ---------------------------------------------------------------- Endpoints of the records: events a partner may fet


@router.get("/events")
async def list_events(
    session: Session,
    actor: Subscriber,
    limit: Limit,
    after: Annotated[
        UUID | None, Query(description="The id of the last event you have; all events without it.")
    ] = None,
) -> Page[FeedEvent]:
    """The events of the cases my organisation may know, in order, each cut to what it may know now. When `next_cursor` is
    null you have them all: ask again later with the id of the last event you have as `after`. None is passed by."""
    found = await feed.read(session, actor, after=after, limit=limit)
    more = found[limit:]
    return Page(items=found[:limit], next_cursor=found[limit - 1].id if more else None)


@router.get("/cases/{case_id}/access-log")
async def read_access_log(case_id: UUID, session: Session, actor: LogReader, pages: Pages) -> Page[AccessEntry]:
    """Who saw or changed something of the case, why, and which fields, in order, refusals included: for those who work on
    it and for CMM's auditors."""
    found = await repository.accesses_of(
        session, actor, case_id, after=int(pages.after[0]) if pages.after else 0, limit=pages.limit
    )
    items = [views.see_access(row) for row in found]
    return pages.page(items, found, lambda row: [row["position"]])


# ---------------------------------------------------------------- The export of a case in the codes of a standard


@router.get("/cases/{case_id}/htcds")
async def export_htcds(case_id: UUID, session: Session, actor: Reader, now: Now, purpose: PurposeOfReading) -> Export:
    """The case in the codes of IOM's Human Trafficking Case Data Standard 2.0, for those who work on it: coded facts only,
    and a list of what the standard has no code for."""
    case, person = await person_repository.read_person(session, actor, case_id, purpose=purpose)
    await cases.find_working(session, actor, case_id, operation="case.htcds")
    return htcds.export(
        case,
        person,
        decisions=(await decisions_repository.decisions_of(session, [case.id]))[case.id],
        observations=await indicators_repository.observations_of(session, case.id),
        support=(await records.by_case(session, [case.id], SupportMeasure))[case.id],
        on=on_date(now),
    )
