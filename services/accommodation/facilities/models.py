"""Tables of facilities, their places, when these are closed, approvals and stays."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple, Self
from uuid import UUID, uuid4

from sqlalchemy import ForeignKeyConstraint
from sqlalchemy.dialects.postgresql import DATERANGE
from sqlmodel import Field

from services.accommodation.case.codes import FacilityKind
from services.accommodation.case.models import Table
from services.accommodation.case.nights import Nights
from services.accommodation.facilities.codes import CompanionKind, PlaceKind, Security, StayState
from shared.contract.codes import Gender, Region
from shared.data.columns import code, codes, moment, record_id, sealed, texts


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
    reference: UUID = Field(default_factory=uuid4)
    """As what events name a facility that is a secret: its id is in none."""
    version: int = 1
    unveiling_asked_by: str | None = None
    """Who has asked to drop the secrecy of the address; a second person confirms it. `unveiling` seals why."""
    particulars: bytes = sealed()
    unveiling: bytes | None = sealed(default=None)


class Terms(NamedTuple):
    """What of a facility the rules on places ask. Of many facilities this is read, and no rows: those take ten times as long."""

    id: UUID
    kind: FacilityKind
    operator: str
    region: Region
    municipality: str
    secret_address: bool
    languages: Sequence[str]
    genders: Sequence[Gender]
    minors: bool
    families: bool
    wheelchair: bool
    lgbt_safe: bool
    security: Security

    @classmethod
    def of(cls, facility: Facility) -> Self:
        """Those of this facility."""
        return cls(*(getattr(facility, name) for name in cls._fields))


class Unit(Table, table=True):
    """A part of a facility, open from `available_from` to `available_until`, both included. Whom it accepts is as its facility
    has it where it says nothing, and never more. `name` seals what it is called, under the facility's key."""

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    facility_id: UUID = Field(foreign_key="facility.id")
    genders: list[Gender] | None = codes(Gender, default=None)
    minors: bool | None = None
    families: bool | None = None
    wheelchair: bool | None = None
    lgbt_safe: bool | None = None
    security: Security | None = code(Security, default=None)
    available_from: date | None = None
    available_until: date | None = None
    version: int = 1
    name: bytes = sealed()

    def within(self, facility: Facility) -> Facility:
        """The facility as it is in this unit: whom both accept."""
        return Facility(**facility.model_dump() | self.narrowed(facility))

    def narrowed(self, facility: "Facility | Terms") -> dict[str, Any]:
        """What is otherwise in this unit than it is said of the facility, or may be."""
        is_laxer = self.security is not None and not self.security.at_least(facility.security)
        return {
            "genders": [each for each in facility.genders if self.genders is None or each in self.genders],
            "minors": facility.minors and self.minors is not False,
            "families": facility.families and self.families is not False,
            "wheelchair": facility.wheelchair and self.wheelchair is not False,
            "lgbt_safe": facility.lgbt_safe and self.lgbt_safe is not False,
            "security": self.security if is_laxer else facility.security,
        }


InUnits = Mapping[UUID | None, Facility]
"""A facility as it is in units, by their ids; under None outside any."""


def in_units(facility: Facility, units: Iterable[Unit]) -> InUnits:
    """The facility as it is in each of these units, and outside."""
    return {None: facility, **{unit.id: unit.within(facility) for unit in units}}


class Place(Table, table=True):
    """One bed or room; its facility has it from `available_from` to `available_until`, both included, while its unit is open."""

    __table_args__ = (ForeignKeyConstraint(["unit_id", "facility_id"], ["unit.id", "unit.facility_id"]),)
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    facility_id: UUID = Field(foreign_key="facility.id")
    unit_id: UUID | None = None
    kind: PlaceKind = code(PlaceKind)
    available_from: date | None
    available_until: date | None
    approved_by: str | None = None
    """Of a place for peaks: which organisation has approved it."""
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

    id: UUID = record_id()
    facility_id: UUID = Field(foreign_key="facility.id")
    supervision: str
    during: Nights = Field(sa_type=DATERANGE)
    recorded_by: str
    recorded_at: datetime = moment()
    ended_at: datetime | None = moment(default=None)
    """When it was recorded that it ends before its time; `ending` seals why."""
    ended_by: str | None = None
    reference: bytes = sealed()
    ending: bytes | None = sealed(default=None)


class Stay(Table, table=True):
    """Nights that a place is somebody's. PostgreSQL refuses a second one of the place or of the person for the same night, and
    one that the facility does not have, or is not approved for; see the migrations. Whoever is there has no end but the next
    stay of the place."""

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    place_id: UUID = Field(foreign_key="place.id")
    case_id: UUID | None = Field(default=None, foreign_key="known_case.case_id")
    during: Nights = Field(sa_type=DATERANGE)
    state: StayState = code(StayState)
    held_until: datetime | None = moment(default=None)
    person_id: UUID | None = None
    """The case in which the work on the person goes on; the database keeps it."""
    is_double: bool = False
    """Two cases turned out to be of one person while both had a place on these nights."""
    instead_of_id: UUID | None = Field(default=None, foreign_key="stay.id")
    """The stay that this one is to take the place of, by a move."""
    with_stay_id: UUID | None = Field(default=None, foreign_key="stay.id")
    """A companion's: the stay that it belongs to."""
    shares_bed: bool = False
    joined_as: CompanionKind | None = code(CompanionKind, default=None)
    joined_at: datetime | None = moment(default=None)
