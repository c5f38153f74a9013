"""Who saw or changed what. An audit row commits with what it tells of: without the row, no data leaves."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, Identity, String, Uuid, insert
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from shared.contract.codes import Purpose
from shared.data.plumbing import PlumbingTable
from shared.identity.actor import Actor
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


@dataclass(frozen=True, slots=True)
class Access:
    """An access that is about to be written."""

    operation: str
    subject_id: UUID | None
    object_ids: tuple[UUID, ...]
    fields: tuple[str, ...]
    purpose: Purpose | None


def record(
    session: AsyncSession,
    *,
    operation: str,
    subject_id: UUID | None = None,
    object_ids: Iterable[UUID] = (),
    fields: Iterable[str] = (),
    purpose: Purpose | None = None,
) -> None:
    """Note what the session's actor sees or changes; it is written in the same transaction.

    `operation` is the server's word for it (`case.person.read`), `subject_id` the case (or referral) it is about."""
    access = Access(operation, subject_id, tuple(object_ids), tuple(fields), purpose)
    session.info.setdefault("accesses", []).append(access)


async def write(session: AsyncSession) -> None:
    """Write what was recorded; called by the commit. When it fails, the transaction fails, and nothing is shown."""
    accesses: list[Access] = session.info.pop("accesses", [])
    if accesses:
        actor: Actor = session.info["actor"]
        at: datetime = session.info["now"]
        await session.execute(_ADD, [_row(actor, at, access, Outcome.ALLOWED) for access in accesses])


async def write_refusal(session: AsyncSession, *, operation: str, subject_id: UUID | None) -> None:
    """Note that the session's actor was refused; in a transaction of its own, as the refused one left nothing."""
    access = Access(operation, subject_id, (), (), None)
    refusal = _row(session.info["actor"], session.info["now"], access, Outcome.REFUSED)
    await session.execute(_ADD, [refusal])


def _row(actor: Actor, at: datetime, access: Access, outcome: Outcome) -> dict[str, Any]:
    return {
        "at": at,
        "org": actor.org,
        "actor": actor.subject,
        "operation": access.operation,
        "purpose": access.purpose,
        "outcome": outcome,
        "subject_id": access.subject_id,
        "object_ids": list(access.object_ids),
        "fields": list(access.fields),
        "trace_id": current_trace_id(),
    }
