"""The endpoints of deadlines and notices."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from services.accommodation.case.policies import Reader, Writer
from services.accommodation.deadlines import domain, repository, views
from services.accommodation.deadlines.codes import HousingDeadline
from services.accommodation.deadlines.schemas import HousingDeadlineDetails, NoticeDetails
from shared.contract.types import Day, Tagged
from shared.http.paging import Page, Pages
from shared.http.parameters import IfMatch
from shared.runtime.service import service_router

router = service_router()


@router.get("/deadlines")
async def list_deadlines(
    work: Reader,
    pages: Pages,
    until: Annotated[Day | None, Query(description="The last day that is looked at; within 60 days without.")] = None,
    kind: HousingDeadline | None = None,
) -> Page[HousingDeadlineDetails]:
    """What runs out and concerns you, the first to do first: notices of § 110, approvals, offers, stays, requests that wait,
    and people in a facility whose approval has ended."""
    found = await domain.running(work, until=until, kind=kind, after=pages.after, limit=pages.limit)
    items = [views.see_deadline(each) for each in found]
    return pages.page(items, found, lambda each: [each.due_at.isoformat(), each.kind.value, str(each.key)])


@router.get("/notices")
async def list_notices(work: Reader, pages: Pages) -> Page[NoticeDetails]:
    """The notices of § 110: an operator's own, and for the acting municipality those that were given to it."""
    found = await repository.list_notices(work, after=pages.after, limit=pages.limit)
    return pages.page([views.see_notice(notice) for notice in found], found, lambda notice: [str(notice.id)])


@router.post("/notices/{notice_id}/give")
async def give_notice(work: Writer, notice_id: UUID, expected: IfMatch) -> Tagged[NoticeDetails]:
    """The leader of the hostel notifies the acting municipality, which reads it from then on."""
    notice = await domain.give_notice(work, notice_id=notice_id, expected=expected)
    return views.see_notice(notice).tagged(notice)


@router.post("/notices/{notice_id}/acknowledge")
async def acknowledge_notice(work: Writer, notice_id: UUID, expected: IfMatch) -> Tagged[NoticeDetails]:
    """The acting municipality has read the notice."""
    notice = await domain.acknowledge_notice(work, notice_id=notice_id, expected=expected)
    return views.see_notice(notice).tagged(notice)
