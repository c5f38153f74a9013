"""Who saw or changed what. An audit row commits with what it tells of: without the row, no data leaves."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, Identity, String, Uuid, insert
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from shared.data.plumbing import PlumbingTable
from shared.data.unit_of_work import Access, UnitOfWork
from shared.observability.tracing import current_trace_id


class Outcome(StrEnum):
    ALLOWED = "allowed"
    REFUSED = "refused"


class AuditRow(PlumbingTable):
    """One access. The runtime role may add rows and read them; it can neither change nor delete one."""

    __tablename__ = "audit"
    position: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    org: Mapped[str]
    actor: Mapped[str]
    operation: Mapped[str]
    purpose: Mapped[str | None]
    outcome: Mapped[str]
    subject_id: Mapped[UUID | None]
    object_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid))
    fields: Mapped[list[str]] = mapped_column(ARRAY(String))
    trace_id: Mapped[str]


# Of the table, not of the class: nothing of the row is wanted back, and every request pays for this.
_ADD = insert(PlumbingTable.metadata.tables["audit"])


async def write(work: UnitOfWork) -> None:
    """Write the accesses that were noted; called by the commit. When it fails, the transaction fails, and nothing is shown."""
    if work.accesses:
        await work.session.execute(_ADD, [_row(work, access, Outcome.ALLOWED) for access in work.accesses])


async def write_refusal(work: UnitOfWork, *, operation: str, subject_id: UUID | None) -> None:
    """Note that the actor was refused; in a unit of work of its own, as the refused one left nothing."""
    access = Access(operation, subject_id, (), (), None)
    await work.session.execute(_ADD, [_row(work, access, Outcome.REFUSED)])


def _row(work: UnitOfWork, access: Access, outcome: Outcome) -> dict[str, Any]:
    return {
        "at": work.now,
        "org": work.actor.org,
        "actor": work.actor.subject,
        "operation": access.operation,
        "purpose": access.purpose,
        "outcome": outcome,
        "subject_id": access.subject_id,
        "object_ids": list(access.object_ids),
        "fields": list(access.fields),
        "trace_id": current_trace_id(),
    }
