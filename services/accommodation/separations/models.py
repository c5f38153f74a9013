"""Table of who is kept apart from whom; `reason` is sealed under the case's key."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Field

from services.accommodation.case.models import Table
from services.accommodation.separations.codes import ApartBecause
from shared.data.columns import code, moment, record_id, sealed


class Separation(Table, table=True):
    """Two people who never live in one facility, until somebody has ended it."""

    id: UUID = record_id()
    case_id: UUID = Field(foreign_key="known_case.case_id")
    other_case_id: UUID = Field(foreign_key="known_case.case_id")
    because: ApartBecause = code(ApartBecause)
    noted_by: str
    noted_at: datetime = moment()
    ended_at: datetime | None = moment(default=None)
    version: int = 1
    reason: bytes = sealed()
