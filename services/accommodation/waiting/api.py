"""The endpoint of the waiting list."""

from services.accommodation.case.policies import Reader
from services.accommodation.waiting import domain, views
from services.accommodation.waiting.schemas import Waiting
from shared.http.paging import Page, Pages
from shared.http.parameters import PurposeOfReading
from shared.runtime.service import service_router

router = service_router()


@router.get("/waiting-list")
async def read_waiting_list(work: Reader, pages: Pages, purpose: PurposeOfReading) -> Page[Waiting]:
    """What waits for a place and concerns you, the first in line first, and why it stands there; of the others you learn how many
    they are."""
    found = await domain.waiting_list(work, purpose=purpose)
    begin = int(pages.after[0]) if pages.after else 0
    rows = list(enumerate(found, start=1))[begin : begin + pages.limit + 1]
    return pages.page([views.see_waiting(each) for _, each in rows], rows, lambda row: [row[0]])
