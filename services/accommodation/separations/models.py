"""Table of who is kept apart from whom; `reason` is sealed under the case's key."""

from datetime import datetime
from uuid import UUID, uuid4

from sqlmodel import Field

from services.accommodation.case.models import Table
from services.accommodation.separations.codes import ApartBecause
from shared.data.columns import code, moment, sealed


class Separation(Table, table=True):
    """Two people who never live in one facility, until somebody has ended it."""

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    case_id: UUID = Field(foreign_key="known_case.case_id")
    other_case_id: UUID = Field(foreign_key="known_case.case_id")
    because: ApartBecause = code(ApartBecause)
    noted_by: str
    noted_at: datetime = moment()
    ended_at: datetime | None = moment(default=None)
    version: int = 1
    reason: bytes = sealed()
