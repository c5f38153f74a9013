"""Endpoints of the records: events a partner may fetch, and who saw what of a case."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from services.identification import feed, repository, views
from services.identification.api.policies import LogReader, Subscriber
from services.identification.schemas.consents import AccessEntry
from services.identification.schemas.feed import FeedEvent
from shared.http.endpoint import Pages, Session
from shared.http.paging import Limit, Page
from shared.runtime.service import service_router

router = service_router()


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
    found = await repository.history.accesses_of(
        session, actor, case_id, after=int(pages.after[0]) if pages.after else 0, limit=pages.limit
    )
    items = [views.consents.see_access(row) for row in found]
    return pages.page(items, found, lambda row: [row["position"]])
