"""The endpoints of proposed moves: translate, call the domain, return."""

from uuid import UUID

from services.accommodation.case.policies import PlacementWriter, Reader
from services.accommodation.case.schemas import Remark
from services.accommodation.proposals import domain, repository, views
from services.accommodation.proposals.schemas import ExplainedMove, Keeping, ProposedMove
from shared.contract.types import Tagged
from shared.http.paging import Page, Pages
from shared.http.parameters import IfMatch, PurposeOfReading
from shared.runtime.service import service_router

router = service_router()


@router.get("/move-proposals")
async def list_move_proposals(
    work: Reader, pages: Pages, purpose: PurposeOfReading
) -> Page[ExplainedMove | ProposedMove]:
    """Moves that are proposed because another row says now who is responsible, newest first: for CMM, who pays, and, without what
    changed, the facility."""
    found = await repository.list_proposals(work, purpose=purpose, after=pages.after, limit=pages.limit)
    items = [views.see_proposal(each[0], each[1], in_whole=each[2], reason=each[3]) for each in found]
    return pages.page(items, found, lambda each: [each[0].proposed_at.isoformat(), str(each[0].id)])


@router.post("/move-proposals/{proposal_id}/keep")
async def keep_where_they_are(
    work: PlacementWriter, proposal_id: UUID, body: Keeping, expected: IfMatch
) -> Tagged[ExplainedMove | ProposedMove]:
    """The person stays where they are all the same, with a reason that is kept; by CMM or who pays."""
    proposal, placement = await domain.keep(work, proposal_id=proposal_id, reason=body.reason, expected=expected)
    shown = views.see_proposal(proposal, placement, in_whole=True, reason=Remark(text=body.reason))
    return shown.tagged(proposal)
