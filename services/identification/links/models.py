"""What connects people: links between their cases, and suspects whom several cases name."""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import ForeignKeyConstraint
from sqlmodel import Field

from services.identification.case.models import Table
from shared.contract.codes import Relation
from shared.data.columns import code, moment, sealed


class CaseLink(Table, table=True):
    """What the person of another case is to this one; each side has a row of its own."""

    __tablename__ = "case_link"
    case_id: UUID = Field(primary_key=True, foreign_key="case_file.id")
    other_case_id: UUID = Field(primary_key=True, foreign_key="case_file.id")
    relation: Relation = code(Relation)
    linked_at: datetime = moment()


class Suspect(Table, table=True):
    """Somebody whom this case suspects of exploiting the person. The same `suspect_id` in two cases is one suspect."""

    case_id: UUID = Field(primary_key=True, foreign_key="case_file.id")
    suspect_id: UUID = Field(primary_key=True, default_factory=uuid4)
    named_at: datetime = moment()
    named_by: str
    description: bytes = sealed()


class SuspectHash(Table, table=True):
    """A keyed hash of a suspect's telephone number or full name: equality joins cases, the words stay sealed."""

    __tablename__ = "suspect_hash"
    __table_args__ = (
        ForeignKeyConstraint(["case_id", "suspect_id"], ["suspect.case_id", "suspect.suspect_id"], ondelete="CASCADE"),
    )
    hash: bytes = Field(primary_key=True)
    case_id: UUID = Field(primary_key=True)
    suspect_id: UUID = Field(primary_key=True)
