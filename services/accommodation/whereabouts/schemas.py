"""What HTTP gives of where a child is placed."""

from datetime import date
from uuid import UUID

from shared.contract.codes import Region
from shared.contract.personal import PersonalText
from shared.contract.types import Answer, Moment


class PlacedWith(Answer):
    """Whom to go to. Of a facility that is a secret nothing but who runs it, and the region."""

    booked: bool
    """The child is expected there, and has not come yet."""
    from_on: date
    to_on: date | None
    region: Region
    operator: str
    facility_id: UUID | None
    contact: PersonalText | None


class PlacedWhere(Answer):
    """Where a child is placed; `placement` is null where accommodation knows of no place. Whether the child is held or missing,
    identification says: `GET /identification/v1/cases/{case_id}/whereabouts`."""

    case_id: UUID
    placement: PlacedWith | None
    as_of: Moment
