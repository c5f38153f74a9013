"""First answers to requests, kept sealed under the caller's own Idempotency-Key."""

from datetime import datetime
from typing import Any

from sqlalchemy import DateTime, LargeBinary, Row, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from shared.data.plumbing import PlumbingTable
from shared.data.unit_of_work import UnitOfWork


class StoredAnswer(PlumbingTable):
    """The first answer to a request, sealed."""

    __tablename__ = "idempotency"
    org: Mapped[str] = mapped_column(primary_key=True)
    key_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    request_hash: Mapped[bytes] = mapped_column(LargeBinary)
    answer: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


# The advisory lock is tried, not waited for: a twin that is still at work is answered 409 at once. Should the twin have
# committed between this statement's snapshot and its lock, `keep` finds the key taken.
_FIND = text("""
    SELECT pg_try_advisory_xact_lock(hashtextextended(:lock, 0)) AS is_ours,
           (SELECT request_hash FROM idempotency WHERE org = :org AND key_hash = :key_hash) AS request_hash,
           (SELECT answer FROM idempotency WHERE org = :org AND key_hash = :key_hash) AS answer
""")
_KEEP = insert(PlumbingTable.metadata.tables["idempotency"]).on_conflict_do_nothing().returning(StoredAnswer.org)


async def find(work: UnitOfWork, *, key_hash: bytes) -> Row[Any]:
    """What is kept under the key of the actor's organisation: `request_hash` and `answer`, both None where nothing is; and
    `is_ours`, whether the key is held by this unit of work until it ends."""
    organisation = work.actor.org
    values = {"lock": f"{organisation}:{key_hash.hex()}", "org": organisation, "key_hash": key_hash}
    return (await work.session.execute(_FIND, values)).one()


async def keep(work: UnitOfWork, *, key_hash: bytes, request_hash: bytes, answer: bytes) -> bool:
    """Keep an answer with what it tells of; False when the key is taken already."""
    row = {"org": work.actor.org, "key_hash": key_hash, "request_hash": request_hash, "answer": answer}
    return (await work.session.execute(_KEEP, row | {"created_at": work.now})).first() is not None
