"""What HTTP shows of proposed moves, and to whom."""

from services.accommodation.case.schemas import Remark
from services.accommodation.placements.models import Placement
from services.accommodation.proposals import domain
from services.accommodation.proposals.models import MoveProposal
from services.accommodation.proposals.schemas import ExplainedMove, ProposedMove


def see_proposal(
    proposal: MoveProposal, placement: Placement, *, in_whole: bool, reason: Remark | None
) -> ExplainedMove | ProposedMove:
    """A proposed move; the row, the payer and what changed for who may know outcome and legal status."""
    fields = proposal.model_dump(include={"placement_id", "case_id", "from_on", "proposed_at", "authority"})
    status = domain.status_of(proposal, placement)
    if not in_whole:
        return ProposedMove(proposal_id=proposal.id, status=status, **fields)
    return ExplainedMove(
        proposal_id=proposal.id,
        status=status,
        kept_because=reason.text if reason else None,
        **fields,
        **proposal.model_dump(include={"row", "payer", "options", "because"}),
    )
