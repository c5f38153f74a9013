"""Table of the moves that are proposed. Why the person stays all the same is sealed under the case's key."""

from datetime import date, datetime
from uuid import UUID, uuid4

from sqlmodel import Field

from services.accommodation.case.codes import FacilityKind, HousingAuthority, PlacementRow
from services.accommodation.case.models import Table
from services.accommodation.placements.codes import ChangeGround
from shared.data.columns import code, codes, moment, sealed


class MoveProposal(Table, table=True):
    """From that day on another row says who is responsible, and the facility is none of its options."""

    __tablename__ = "move_proposal"
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    placement_id: UUID = Field(foreign_key="placement.id")
    case_id: UUID
    from_on: date
    row: PlacementRow = code(PlacementRow)
    authority: HousingAuthority = code(HousingAuthority)
    payer: HousingAuthority = code(HousingAuthority)
    options: list[FacilityKind] = codes(FacilityKind)
    because: ChangeGround = code(ChangeGround)
    proposed_at: datetime = moment()
    kept_at: datetime | None = moment(default=None)
    kept_by: str | None = None
    withdrawn_at: datetime | None = moment(default=None)
    """Since then the facility is among the options again."""
    version: int = 1
    reason: bytes | None = sealed(default=None)
