"""Tables of the cases that identification has published."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import BigInteger, Uuid
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import registry
from sqlmodel import Field

from shared.contract.codes import AgeGroup, Authority, Gender, Relation, ResidenceBasis
from shared.data.columns import code, moment
from shared.data.row import Row


class Part(StrEnum):
    """What makes an organisation a party of a case."""

    CENTRE = "centre"
    REFERRER = "referrer"
    AUTHORITY = "authority"
    DECIDER = "decider"


class Table(Row, registry=registry()):
    """Base of this service's tables: one metadata of its own."""


metadata = Table.metadata


class KnownCase(Table, table=True):
    """What identification has published of a case, as far as accommodation asks for it."""

    __tablename__ = "known_case"
    case_id: UUID = Field(primary_key=True)
    gender: Gender = code(Gender)
    age_group: AgeGroup = code(AgeGroup)
    residence_basis: ResidenceBasis = code(ResidenceBasis)
    danish_citizen: bool = False
    authority: Authority | None = code(Authority, default=None)
    asylum_pending: bool | None = None
    """As the routing has found; None where a lawyer has settled it, or nobody yet."""
    municipality: str | None = None
    """Which acts for the person, as far as the referral said."""
    positive_decisions: list[UUID] = Field(default_factory=list, sa_type=ARRAY(Uuid))
    unaccompanied: bool | None = None
    """Whether a minor came alone; None, which counts as alone, where nobody has said."""
    age_assessed: bool = False
    """CMM or US has assessed the age, which holds against what others say of it."""
    held_since: datetime | None = moment(default=None)
    """Since when police hold the person; None while nobody does."""

    @property
    def is_minor(self) -> bool:
        """Whoever is presumed a minor is treated as one."""
        return self.age_group in (AgeGroup.MINOR, AgeGroup.PRESUMED_MINOR)

    @property
    def is_assessed_adult(self) -> bool:
        """Whether nobody's word makes a minor of the person, until the age is assessed anew."""
        return self.age_assessed and self.age_group is AgeGroup.ADULT

    @property
    def is_assessed_trafficked(self) -> bool:
        return bool(self.positive_decisions)


class CaseMerge(Table, table=True):
    """A case that is about the person of another one."""

    __tablename__ = "case_merge"
    case_id: UUID = Field(primary_key=True)
    into_id: UUID
    merged_at: datetime = moment()


class ShownEvent(Table, table=True):
    """Something that an organisation was shown of a case through a merge that is undone: it keeps its number."""

    __tablename__ = "shown_event"
    org: str = Field(primary_key=True)
    case_id: UUID = Field(primary_key=True)
    position: int = Field(primary_key=True, sa_type=BigInteger)


class CaseChange(Table, table=True):
    """From a day on the stay rests on something else, the person is assessed as trafficked (`decision_id`), or is known to be of
    another gender or age."""

    __tablename__ = "case_turn"
    case_id: UUID = Field(primary_key=True)
    sequence: int = Field(primary_key=True, sa_type=BigInteger)
    from_on: date
    residence_basis: ResidenceBasis | None = code(ResidenceBasis, default=None)
    asylum_pending: bool | None = None
    decision_id: UUID | None = None
    gender: Gender | None = code(Gender, default=None)
    minor: bool | None = None
    is_end: bool = False
    """What the stay rested on has ended, and nothing else was recorded."""
    recorded_at: datetime = moment()
    through: UUID | None = None
    """The case where it was recorded, of which this one is a part by a merge; None where it is this one's own."""


class CaseParty(Table, table=True):
    """An organisation that a case concerns, and why."""

    __tablename__ = "case_party"
    case_id: UUID = Field(primary_key=True, foreign_key="known_case.case_id")
    org: str = Field(primary_key=True)
    part: Part = code(Part, primary_key=True)
    since: datetime = moment()


class CaseLink(Table, table=True):
    """What the person of another case is to this one."""

    __tablename__ = "case_link"
    case_id: UUID = Field(primary_key=True)
    other_case_id: UUID = Field(primary_key=True)
    relation: Relation = code(Relation)


class WithdrawnConsent(Table, table=True):
    """The person has taken consent back from an organisation: the case is no longer disclosed to it."""

    __tablename__ = "withdrawn_share"
    org: str = Field(primary_key=True)
    case_id: UUID = Field(primary_key=True)
    was_referrer: bool
