"""Table of drafts: half-entered cases that survive a lost session, for some days."""

from datetime import date, datetime
from uuid import UUID

from services.identification.case.models import Table
from shared.data.columns import moment, record_id, sealed


class Draft(Table, table=True):
    """A case somebody has begun to enter, sealed under the draft's own key. It is that one user's."""

    id: UUID = record_id()
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
