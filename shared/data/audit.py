"""Who saw or changed what, and who was refused what. An audit row commits with what it tells of: without the row, no data leaves,
and no refusal either."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, Identity, LargeBinary, SmallInteger, String, Uuid, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from shared.contract.codes import Purpose
from shared.contract.organisations import HAVN
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
    issuer: Mapped[str]
    client_id: Mapped[str]
    assurance: Mapped[str]
    criterion: Mapped[list[bytes]] = mapped_column(ARRAY(LargeBinary))
    is_replay: Mapped[bool]
    status: Mapped[int | None] = mapped_column(SmallInteger)
    refusal: Mapped[str | None]


_ABOUT = text("""
    SELECT * FROM audit WHERE subject_id = ANY (:ids) AND position > :after AND org <> :itself ORDER BY position LIMIT :most
""")


async def read_about(work: UnitOfWork, ids: Collection[UUID], *, after: int, most: int) -> Sequence[Mapping[str, Any]]:
    """The rows about these, in order, as far as row level security shows them; without what Havn's own services did with an
    event, which is nobody's looking."""
    asked = {"ids": list(ids), "after": after, "most": most, "itself": HAVN}
    return [*(await work.session.execute(_ABOUT, asked)).mappings()]


def lines(work: UnitOfWork) -> list[dict[str, Any]]:
    """A row for each access and each refusal that was noted, as JSON has it (`end_work` writes them)."""
    refused = [
        _line(work, each.access) | {"outcome": Outcome.REFUSED, "status": each.status, "refusal": each.name}
        for each in work.refusals
    ]
    return [*(_line(work, access) for access in work.accesses), *refused]


def seen_again(accesses: Sequence[Access]) -> list[dict[str, Any]]:
    """These accesses as they are kept with a stored answer, so that giving it again is noted like the first time."""
    return [
        {
            "operation": access.operation,
            "subject_id": str(access.subject_id) if access.subject_id else None,
            "object_ids": [str(each) for each in access.object_ids],
            "fields": list(access.fields),
            "purpose": access.purpose,
            "criterion": [each.hex() for each in access.criterion],
        }
        for access in accesses
    ]


def note_again(work: UnitOfWork, kept: Sequence[dict[str, Any]]) -> None:
    """Note the accesses that were kept with a stored answer, which is given again."""
    for each in kept:
        work.accesses.append(
            Access(
                operation=each["operation"],
                subject_id=UUID(each["subject_id"]) if each["subject_id"] else None,
                object_ids=tuple(UUID(found) for found in each["object_ids"]),
                fields=tuple(each["fields"]),
                purpose=Purpose(each["purpose"]) if each["purpose"] else None,
                criterion=tuple(bytes.fromhex(found) for found in each["criterion"]),
                is_replay=True,
            )
        )


def _line(work: UnitOfWork, access: Access) -> dict[str, Any]:
    return {
        "at": work.now.isoformat(),
        "org": work.actor.org,
        "actor": work.actor.subject,
        "operation": access.operation,
        "purpose": access.purpose,
        "outcome": Outcome.ALLOWED,
        "subject_id": str(access.subject_id) if access.subject_id else None,
        "object_ids": [str(each) for each in access.object_ids],
        "fields": access.fields,
        "trace_id": current_trace_id(),
        "issuer": work.actor.issuer,
        "client_id": work.actor.client_id,
        "assurance": work.actor.assurance,
        "criterion": [f"\\x{each.hex()}" for each in access.criterion],
        "is_replay": access.is_replay,
    }
