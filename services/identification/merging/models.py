"""What a merge has given, so that its undoing takes exactly that back."""

from uuid import UUID

from sqlmodel import Field

from services.identification.case.models import Part, Table
from shared.data.columns import code


class MergedPart(Table, table=True):
    """An organisation has this part in a case because another case, in which it has a part, was merged into it."""

    __tablename__ = "lent_part"
    case_id: UUID = Field(primary_key=True, foreign_key="case_file.id")
    org: str = Field(primary_key=True)
    part: Part = code(Part)
    own_part: Part | None = code(Part, default=None)
    """The part it had of itself; None where it had none."""
