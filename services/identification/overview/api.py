"""Endpoints of a case as a whole: list, detail, status, timeline, notes, events, access log, export."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from services.identification.case import repository as cases
from services.identification.case.codes import CaseStatus
from services.identification.case.policies import FileWorker, Reader
from services.identification.decisions import repository as decisions_repository
from services.identification.indicators import repository as indicators_repository
from services.identification.overview import access_log, feed, htcds, repository, timeline, views, whereabouts
from services.identification.overview.schemas import (
    CaseDetails,
    CaseGlimpse,
    CaseState,
    Export,
    Notes,
    Timeline,
    Whereabouts,
)
from services.identification.person import repository as person_repository
from services.identification.records import repository as records
from services.identification.support.models import SupportMeasure
from shared.contract.codes import Authority
from shared.contract.types import Tagged
from shared.http.access_log import AccessEntry, LogReader
from shared.http.feed import After, FeedEvent, Subscriber, page_of
from shared.http.paging import Limit, Page, Pages
from shared.http.parameters import NeighboursForCaller, OptionalPurpose, PurposeOfReading
from shared.kernel.clock import on_date
from shared.runtime.service import service_router

router = service_router()


@router.get("/cases")
async def list_cases(
    work: Reader,
    pages: Pages,
    status: CaseStatus | None = None,
    authority: Annotated[Authority | None, Query(description="Who decides; `needs_review`: nobody yet.")] = None,
    missing: bool | None = None,
    missing_asked: Annotated[bool | None, Query(description="Somebody left a place without notice: missing?")] = None,
) -> Page[CaseDetails | CaseGlimpse]:
    """The cases I have to do with, newest first; no personal data. A filter passes over cases of which I may not know it."""
    sought = repository.Sought(status=status, authority=authority, missing=missing, missing_asked=missing_asked)
    found = await repository.list_cases(work, sought=sought, after=pages.after, limit=pages.limit)
    items = await views.see_cases(work, found)
    return pages.page(items, found, lambda row: [row[0].opened_at.isoformat(), str(row[0].id)])


@router.get("/cases/{case_id}")
async def read_case(work: Reader, case_id: UUID) -> Tagged[CaseDetails | CaseGlimpse]:
    """A case: all of it for those who work on it, a glimpse for others who have to do with it; no personal data."""
    case, part = await cases.find_case(work, case_id, operation="case.read")
    return (await views.see_cases(work, [(case, part)]))[0].tagged(case)


@router.get("/cases/{case_id}/status")
async def read_status(work: Reader, case_id: UUID, purpose: OptionalPurpose = None) -> Tagged[CaseState]:
    """Where the case stands. All but CMM and the deciding authority say for which purpose they ask."""
    case, part, stands = await repository.find_standing(work, case_id, purpose=purpose)
    return (await views.see_state(work, case, part, stands)).tagged(case)


@router.get("/cases/{case_id}/timeline")
async def read_timeline(work: Reader, case_id: UUID) -> Timeline:
    """What happened, in order; no personal data."""
    recorded = await cases.recorded_of(work, case_id)
    return Timeline(items=[timeline.see_event(event) for event in recorded])


@router.get("/cases/{case_id}/whereabouts")
async def read_whereabouts(work: FileWorker, case_id: UUID, purpose: PurposeOfReading) -> Whereabouts:
    """Where the child is, for the municipality that assesses what it needs, while it has that task, and for CMM: whether police
    hold the child, and since when it is missing. Every read is kept with its purpose."""
    return views.see_whereabouts(await whereabouts.find(work, case_id, purpose=purpose), now=work.now)


# ---------------------------------------------------------------- notes


@router.get("/cases/{case_id}/notes")
async def read_notes(work: FileWorker, case_id: UUID, purpose: PurposeOfReading) -> Notes:
    """What was said with the steps that have no page of their own: why the case was opened and who decides was settled, where
    the person was held, what the municipality found, why a period was made longer, who tried to reach the person. For those
    who work on the case; every read is kept with its purpose."""
    return Notes(items=await repository.read_notes(work, case_id, purpose=purpose))


# ---------------------------------------------------------------- timeline, feed and access log


@router.get("/events")
async def list_events(work: Subscriber, limit: Limit, after: After) -> Page[FeedEvent]:
    """The events of the cases my organisation may know, in order, each cut to what it may know now. When `next_cursor` is
    null you have them all: ask again later with the id of the last event you have as `after`. None is passed by.
    `data` is as AsyncAPI has it, without what my organisation may not know."""
    return page_of(await feed.read(work, after=after, limit=limit), limit)


@router.get("/cases/{case_id}/access-log")
async def read_access_log(
    work: LogReader, neighbours: NeighboursForCaller, case_id: UUID, pages: Pages
) -> Page[AccessEntry]:
    """Who saw or changed something of the case, through which client, why, and which fields, in order, refusals included; for
    CMM also of the referrals behind it and of where the person lives, of all services in one."""
    found = await access_log.read(work, neighbours, case_id, after=pages.after, limit=pages.limit)
    return pages.page([entry for entry, _ in found], found, lambda each: each[1])


# ---------------------------------------------------------------- export


@router.get("/cases/{case_id}/htcds")
async def export_htcds(work: Reader, case_id: UUID, purpose: PurposeOfReading) -> Export:
    """The case in the codes of IOM's Human Trafficking Case Data Standard 2.0, for those who work on it: coded facts only,
    and a list of what the standard has no code for."""
    case, person = await person_repository.read_person(work, case_id, purpose=purpose)
    await cases.find_working(work, case_id, operation="case.htcds")
    return htcds.export(
        case,
        person,
        decisions=(await decisions_repository.decisions_of(work, [case.id]))[case.id],
        observations=await indicators_repository.observations_of(work, case.id),
        support=(await records.by_case(work, [case.id], SupportMeasure))[case.id],
        on=on_date(work.now),
    )
