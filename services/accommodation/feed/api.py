"""Endpoint of the events of accommodation."""

from services.accommodation.feed import domain
from shared.http.feed import After, FeedEvent, Subscriber, page_of
from shared.http.paging import Limit, Page
from shared.runtime.service import service_router

router = service_router()


@router.get("/events")
async def list_events(work: Subscriber, limit: Limit, after: After = None) -> Page[FeedEvent]:
    """The events of requests, stays and facilities that concern my organisation, in order, each cut to what it may know.
    When `next_cursor` is null you have them all: ask again later with the id of the last event you have as `after`. None
    is passed by."""
    return page_of(await domain.read(work, after=after, limit=limit), limit)
