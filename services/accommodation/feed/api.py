"""Endpoints of what happened in accommodation: its events, and who looked."""

from uuid import UUID

from services.accommodation.feed import domain, repository
from shared.http import access_log
from shared.http.access_log import AfterPosition, LogReader, PlacedEntry
from shared.http.feed import After, FeedEvent, Subscriber, page_of
from shared.http.paging import Limit, Page
from shared.runtime.service import service_router

router = service_router()


@router.get("/events")
async def list_events(work: Subscriber, limit: Limit, after: After) -> Page[FeedEvent]:
    """The events of requests, stays and facilities that concern my organisation, in order, each cut to what it may know.
    When `next_cursor` is null you have them all: ask again later with the id of the last event you have as `after`. None
    is passed by. `data` is as AsyncAPI has it, without what my organisation may not know."""
    return page_of(await domain.read(work, after=after, limit=limit), limit)


@router.get("/access-log")
async def list_accesses(work: LogReader, case_id: UUID, limit: Limit, after: AfterPosition) -> Page[PlacedEntry]:
    """Who saw or changed something of where the person of the case lives, or tried, in order, for CMM. Of all services in one:
    identification's log of the case. When `next_cursor` is null you have them all; it is the last one's `position`."""
    access_log.check_reader(work)
    rows = await repository.accesses_of(work, case_id, after=after, most=limit + 1)
    return access_log.page_of(work, "accommodation", case_id, rows, limit)
