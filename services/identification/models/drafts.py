"""Table of drafts: half-entered cases that survive a lost session, for some days."""

from datetime import date, datetime
from uuid import UUID, uuid4

from sqlmodel import Field

from services.identification.models.base import Table
from shared.columns import moment, sealed


class Draft(Table, table=True):
    """A case somebody has begun to enter, sealed under the draft's own key. It is that one user's."""

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    org: str
    subject: str
    saved_at: datetime = moment()
    remind_on: date
    delete_on: date
    reminded_at: datetime | None = moment(default=None)
    answer_key: bytes | None = None
    """The stored answer to the request that made the draft: it names the draft, and goes with it."""
    version: int = 1
    content: bytes = sealed()
