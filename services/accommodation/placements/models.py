"""Tables of requests, offers and placements. What a person needs, and every reason that somebody wrote, is sealed."""

from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy.dialects.postgresql import DATERANGE, JSONB
from sqlmodel import Field

from services.accommodation.case.codes import FacilityKind, HousingAuthority, PlacementRow
from services.accommodation.case.models import Table
from services.accommodation.case.nights import Nights
from services.accommodation.placements.codes import (
    DeclineCode,
    Ending,
    FitRule,
    OfferStatus,
    PlacementStatus,
    RequestStatus,
    WaitingCriterion,
)
from shared.contract.codes import MoveReason
from shared.data.columns import code, codes, moment, record_id, sealed, texts


class PlacementRequest(Table, table=True):
    """Somebody asks for a place for a person; `needs` seals what the person needs, under the case's key."""

    __tablename__ = "placement_request"
    id: UUID = record_id()
    case_id: UUID = Field(foreign_key="known_case.case_id")
    requested_by: str
    requested_at: datetime = moment()
    from_on: date
    to_on: date | None
    status: RequestStatus = code(RequestStatus, default=RequestStatus.OPEN)
    row: PlacementRow = code(PlacementRow)
    authority: HousingAuthority = code(HousingAuthority)
    payer: HousingAuthority = code(HousingAuthority)
    options: list[FacilityKind] = codes(FacilityKind)
    why: str
    why_da: str
    needs_review: bool
    table_version: str
    facts: dict[str, Any] | None = Field(default=None, sa_type=JSONB)
    """What the answer rests on, so that it can be found anew when one of them changes."""
    by_itself: dict[str, Any] | None = Field(default=None, sa_type=JSONB)
    """While the case is merged: what these fields say of who is responsible by its own facts alone, for who is to learn of no
    merge."""
    differs: list[str] = texts()
    """Where the requester's word was another than the case's, which decides."""
    urgent_because: list[WaitingCriterion] = codes(WaitingCriterion, default_factory=list)
    urgent_as_said: list[WaitingCriterion] = codes(WaitingCriterion, default_factory=list)
    """The same by what the requester said, for who may not know the rest."""
    parked_until: date | None = None
    """The person has said no: until then others come first."""
    version: int = 1
    needs: bytes = sealed()


class Offer(Table, table=True):
    """A place held for a request until `expires_at`. `reason` seals why it was declined."""

    id: UUID = record_id()
    request_id: UUID = Field(foreign_key="placement_request.id")
    case_id: UUID
    facility_id: UUID = Field(foreign_key="facility.id")
    place_id: UUID
    stay_id: UUID = Field(foreign_key="stay.id")
    during: Nights | None = Field(sa_type=DATERANGE)
    """For which nights it was offered, or accepted: when the stay goes on, or ends, is not for all to know who know the offer.
    None where a Havn of before this was kept has made it; those of the stay, then."""
    requested_by: str
    payer: HousingAuthority = code(HousingAuthority)
    offered_by: str
    offered_at: datetime = moment()
    expires_at: datetime = moment()
    offered_by_person: str = ""
    answer_by: str
    """Who did not make the offer answers it."""
    status: OfferStatus = code(OfferStatus, default=OfferStatus.HELD)
    declined_because: DeclineCode | None = code(DeclineCode, default=None)
    exceptions: list[FitRule] = codes(FitRule, default_factory=list)
    """Rules that speak against the place and were excepted; `exceptions_why` seals the reasons."""
    awaits_second_person: bool = False
    confirmed_at: datetime | None = moment(default=None)
    placement_id: UUID | None = None
    police_until: datetime | None = moment(default=None)
    """Police have offered it in place of a cell: until then it is theirs to give."""
    version: int = 1
    reason: bytes | None = sealed(default=None)
    exceptions_why: bytes | None = sealed(default=None)


class Placement(Table, table=True):
    """A person's stay at a place, from the booking to the leaving. `leaving` seals the reason of its end."""

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    case_id: UUID
    request_id: UUID = Field(foreign_key="placement_request.id")
    facility_id: UUID = Field(foreign_key="facility.id")
    place_id: UUID
    stay_id: UUID = Field(foreign_key="stay.id")
    requested_by: str
    payer: HousingAuthority = code(HousingAuthority)
    status: PlacementStatus = code(PlacementStatus, default=PlacementStatus.BOOKED)
    from_on: date
    to_on: date | None
    booked_at: datetime = moment()
    arrived_at: datetime | None = moment(default=None)
    left_at: datetime | None = moment(default=None)
    disappeared: bool = False
    ending: Ending | None = code(Ending, default=None)
    moved_because: MoveReason | None = code(MoveReason, default=None)
    moved_to_id: UUID | None = None
    exceptions: list[FitRule] = codes(FitRule, default_factory=list)
    version: int = 1
    leaving: bytes | None = sealed(default=None)
