"""What HTTP takes and gives of proposed moves."""

from uuid import UUID

from services.accommodation.case.codes import FacilityKind, HousingAuthority, PlacementRow
from services.accommodation.placements.codes import ChangeGround
from services.accommodation.proposals.codes import ProposalStatus
from shared.contract.personal import PersonalText
from shared.contract.types import Answer, Body, Day, Moment, example


class ProposedMove(Answer):
    """A move that is proposed, for who runs the facility: the authority is all it may know of why."""

    proposal_id: UUID
    placement_id: UUID
    case_id: UUID
    from_on: Day
    status: ProposalStatus
    proposed_at: Moment
    authority: HousingAuthority


class ExplainedMove(ProposedMove):
    """For who may know outcome and legal status: which row holds from then on, what changed, and which kinds it offers."""

    row: PlacementRow
    payer: HousingAuthority
    options: list[FacilityKind]
    because: ChangeGround
    kept_because: PersonalText | None


class Keeping(Body):
    """Why the person stays where they are all the same."""

    model_config = example(reason="She gives birth next month and is safe here; the new payer agrees.")

    reason: PersonalText
