"""Tables of the accommodation service. What names a person, a place or an address is sealed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import BigInteger, Uuid
from sqlalchemy.dialects.postgresql import ARRAY, DATERANGE, JSONB, Range
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from shared.contract.codes import (
    AgeGroup,
    Authority,
    FacilityKind,
    Gender,
    HousingAuthority,
    PlacementRow,
    Region,
    ResidenceBasis,
)
from shared.data.columns import code, codes, moment, sealed, texts

Nights = Range[date]
"""The nights from the first day to the last, which is not slept: `[from_on, to_on)`, open where nobody has set an end."""


def nights(from_on: date | None, to_on: date | None) -> Nights:
    """The nights from the one day until, but not on, the other; None where that end is open."""
    return Range(from_on, to_on, bounds="[)")


def first_of(found: Nights) -> date:
    """The first night of a stay or an approval, which always has one."""
    if found.lower is None:
        raise ValueError("These nights have no beginning.")
    return found.lower


class Security(StrEnum):
    """How well a facility is guarded."""

    NONE = "none"
    RAISED = "raised"
    HIGH = "high"

    def at_least(self, other: "Security") -> bool:
        return _ASCENDING.index(self) >= _ASCENDING.index(other)


_ASCENDING = (Security.NONE, Security.RAISED, Security.HIGH)


class PlaceKind(StrEnum):
    """An ordinary place, or one that a facility adds at peaks."""

    ORDINARY = "ordinary"
    PEAK = "peak"


class RequestStatus(StrEnum):
    """Where a placement request stands. `offered` is never stored: it holds while a place is held for the request."""

    OPEN = "open"
    OFFERED = "offered"
    PLACED = "placed"
    WITHDRAWN = "withdrawn"


class OfferStatus(StrEnum):
    HELD = "held"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    EXPIRED = "expired"


class PlacementStatus(StrEnum):
    BOOKED = "booked"
    ARRIVED = "arrived"
    LEFT = "left"
    MOVED = "moved"


class StayState(StrEnum):
    """What a stay does to its place: held for an answer, booked, or no longer there. Nights once slept stay booked."""

    HELD = "held"
    BOOKED = "booked"
    ENDED = "ended"


class Part(StrEnum):
    """What makes an organisation a party of a case."""

    CENTRE = "centre"
    REFERRER = "referrer"
    AUTHORITY = "authority"
    DECIDER = "decider"
    MERGED = "merged"
    """It is a party of another case of the same person."""


class Table(SQLModel, registry=registry()):
    """Base of this service's tables: one metadata of its own."""


metadata = Table.metadata


class Facility(Table, table=True):
    """Where people are housed. `particulars` seals its name, address and contact under the facility's own key."""

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    kind: FacilityKind = code(FacilityKind)
    operator: str
    region: Region = code(Region)
    municipality: str
    secret_address: bool
    languages: list[str] = texts()
    genders: list[Gender] = codes(Gender)
    minors: bool
    families: bool
    wheelchair: bool
    lgbt_safe: bool
    security: Security = code(Security)
    version: int = 1
    particulars: bytes = sealed()


class Place(Table, table=True):
    """One bed or room; its facility has it from `available_from` until, but not on, `available_until`."""

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    facility_id: UUID = Field(foreign_key="facility.id")
    kind: PlaceKind = code(PlaceKind)
    available_from: date | None
    available_until: date | None
    label: bytes = sealed()


class OutOfService(Table, table=True):
    """Nights on which a place cannot be used."""

    __tablename__ = "out_of_service"
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    place_id: UUID = Field(foreign_key="place.id")
    during: Nights = Field(sa_type=DATERANGE)
    reason: bytes = sealed()


class Approval(Table, table=True):
    """Socialtilsynet's approval of a facility, with its days."""

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    facility_id: UUID = Field(foreign_key="facility.id")
    supervision: str
    during: Nights = Field(sa_type=DATERANGE)
    recorded_by: str
    recorded_at: datetime = moment()
    reference: bytes = sealed()


@dataclass(frozen=True, slots=True)
class Candidate:
    """A place as it stands for the nights that are asked for."""

    place: Place
    facility: Facility
    approvals: Sequence[Nights]
    is_out_of_service: bool
    is_taken: bool


class KnownCase(Table, table=True):
    """What identification has told of a case, as far as housing asks for it."""

    __tablename__ = "known_case"
    case_id: UUID = Field(primary_key=True)
    gender: Gender = code(Gender)
    age_group: AgeGroup = code(AgeGroup)
    residence_basis: ResidenceBasis = code(ResidenceBasis)
    authority: Authority | None = code(Authority, default=None)
    positive_decisions: list[UUID] = Field(default_factory=list, sa_type=ARRAY(Uuid))

    @property
    def is_minor(self) -> bool:
        """Whoever is presumed a minor is treated as one."""
        return self.age_group in (AgeGroup.MINOR, AgeGroup.PRESUMED_MINOR)

    @property
    def is_assessed_trafficked(self) -> bool:
        return bool(self.positive_decisions)


class CaseMerge(Table, table=True):
    """A case that is about the person of another one."""

    __tablename__ = "case_merge"
    case_id: UUID = Field(primary_key=True)
    into_id: UUID


class CaseTurn(Table, table=True):
    """From a day on the stay rests on something else, or the person is assessed as trafficked (`decision_id`)."""

    __tablename__ = "case_turn"
    case_id: UUID = Field(primary_key=True)
    sequence: int = Field(primary_key=True, sa_type=BigInteger)
    from_on: date
    residence_basis: ResidenceBasis | None = code(ResidenceBasis, default=None)
    asylum_pending: bool | None = None
    decision_id: UUID | None = None
    recorded_at: datetime = moment()


class CaseParty(Table, table=True):
    """An organisation that a case concerns, and why."""

    __tablename__ = "case_party"
    case_id: UUID = Field(primary_key=True, foreign_key="known_case.case_id")
    org: str = Field(primary_key=True)
    part: Part = code(Part, primary_key=True)


class WithdrawnShare(Table, table=True):
    """The person has taken consent back from an organisation: the case is no longer shared with it."""

    __tablename__ = "withdrawn_share"
    org: str = Field(primary_key=True)
    case_id: UUID = Field(primary_key=True)
    was_referrer: bool


class PlacementRequest(Table, table=True):
    """Somebody asks for a place for a person; `needs` seals what the person needs, under the case's key."""

    __tablename__ = "placement_request"
    id: UUID = Field(default_factory=uuid4, primary_key=True)
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
    """What the answer rests on, so that it can be found anew when one of them turns."""
    version: int = 1
    needs: bytes = sealed()


class Stay(Table, table=True):
    """Nights that a place is somebody's. PostgreSQL refuses a second one for the same night; see the migration."""

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    place_id: UUID = Field(foreign_key="place.id")
    case_id: UUID = Field(foreign_key="known_case.case_id")
    during: Nights = Field(sa_type=DATERANGE)
    state: StayState = code(StayState)
    held_until: datetime | None = moment(default=None)


class Offer(Table, table=True):
    """A place held for a request until `expires_at`. `reason` seals why it was declined."""

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    request_id: UUID = Field(foreign_key="placement_request.id")
    case_id: UUID
    facility_id: UUID = Field(foreign_key="facility.id")
    place_id: UUID
    stay_id: UUID = Field(foreign_key="stay.id")
    requested_by: str
    payer: HousingAuthority = code(HousingAuthority)
    offered_by: str
    offered_at: datetime = moment()
    expires_at: datetime = moment()
    status: OfferStatus = code(OfferStatus, default=OfferStatus.HELD)
    placement_id: UUID | None = None
    version: int = 1
    reason: bytes | None = sealed(default=None)


class Placement(Table, table=True):
    """A person's stay at a place, from the booking to the leaving. `leaving` seals the reason."""

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
    version: int = 1
    leaving: bytes | None = sealed(default=None)
