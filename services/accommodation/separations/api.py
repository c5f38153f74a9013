"""The endpoints of who is kept apart: translate, call the domain, return."""

from uuid import UUID

from services.accommodation.case.policies import PlacementWriter, Reader
from services.accommodation.separations import domain, repository, views
from services.accommodation.separations.schemas import SeparationDetails, SeparationReport
from shared.contract.types import Tagged
from shared.http.paging import Page, Pages
from shared.http.parameters import IfMatch, PurposeOfReading
from shared.runtime.service import service_router

router = service_router()


@router.post("/separations", status_code=201)
async def keep_apart(work: PlacementWriter, report: SeparationReport) -> Tagged[SeparationDetails]:
    """Two people live in no facility together: a suspect and whom they exploited, or co-victims of whom one is not safe for the
    other. By CMM, which alone learns of it: others are refused a place with `co_placement`, and nobody is named. Whoever lives
    together already goes on doing so until one of them is moved; `together_in` says where."""
    apart = await domain.keep_apart(work, report=report)
    return views.see_separation(apart).tagged(apart.separation)


@router.get("/separations")
async def list_separations(
    work: Reader, pages: Pages, purpose: PurposeOfReading, case_id: UUID | None = None
) -> Page[SeparationDetails]:
    """Who is kept apart from whom, newest first: from the person of a case, or all. CMM alone is shown any."""
    found = await repository.list_of(work, case_id, purpose=purpose, after=pages.after, limit=pages.limit)
    items = [views.see_separation(each) for each in found]
    return pages.page(items, found, lambda each: [each.separation.noted_at.isoformat(), str(each.separation.id)])


@router.post("/separations/{separation_id}/end")
async def end_separation(work: PlacementWriter, separation_id: UUID, expected: IfMatch) -> Tagged[SeparationDetails]:
    """Nothing speaks against the two living in one facility any more."""
    apart = await domain.end(work, separation_id=separation_id, expected=expected)
    return views.see_separation(apart).tagged(apart.separation)
