"""The endpoints of costs and of long stays: translate, call the domain, return."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from services.accommodation.case.nights import night_of
from services.accommodation.case.policies import PlacementWriter, Reader
from services.accommodation.costs import domain, repository, views
from services.accommodation.costs.schemas import Costs, LongStay, LongStayExplained, LongStayReason
from shared.contract.types import Day
from shared.http.paging import Page, Pages
from shared.http.parameters import PurposeOfReading, RequiredIfMatch
from shared.runtime.service import service_router

router = service_router()


@router.get("/costs")
async def read_costs(
    work: Reader,
    from_on: Annotated[Day, Query(alias="from", description="The first night.", examples=["2026-03-01"])],
    to_on: Annotated[Day, Query(alias="to", description="The day after the last night.", examples=["2026-04-01"])],
) -> Costs:
    """What nights cost by who pays, at dated rates, held against the census: for CMM all, for operators their own without who
    pays, for US what it pays: nights of facilities that are a secret to it are in the sum, and in no line."""
    bill = await domain.costs_between(work, from_on=from_on, to_on=to_on)
    return views.see_costs(bill, from_on, to_on)


@router.get("/long-stays")
async def list_long_stays(
    work: Reader,
    pages: Pages,
    purpose: PurposeOfReading,
    over: Annotated[int, Query(ge=0, le=3650, description="More nights than this.")] = 30,
) -> Page[LongStay]:
    """Whoever is in your own facilities (CMM: in all) and has stayed for more nights than that, the longest first, with why."""
    tonight = night_of(work.now)
    found = await repository.long_stays(work, over=over, tonight=tonight, purpose=purpose)
    begin = int(pages.after[0]) if pages.after else 0
    rows = list(enumerate(found, start=1))[begin : begin + pages.limit + 1]
    items = [views.see_long_stay(*each, tonight=tonight) for _, each in rows]
    return pages.page(items, rows, lambda row: [row[0]])


@router.put("/placements/{placement_id}/long-stay")
async def explain_long_stay(
    work: PlacementWriter, placement_id: UUID, body: LongStayReason, expected: RequiredIfMatch
) -> LongStayExplained:
    """Why somebody is still there; a new reason takes the place of the old."""
    placement = await domain.explain(work, placement_id=placement_id, reason=body.reason, expected=expected)
    return LongStayExplained(placement_id=placement.id, reason=body.reason)
