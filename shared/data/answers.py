"""First answers to requests, kept sealed under the caller's own Idempotency-Key."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, LargeBinary, Row, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.orm import Mapped, mapped_column

from shared.data.plumbing import PlumbingTable
from shared.data.unit_of_work import UnitOfWork


class StoredAnswer(PlumbingTable):
    """The first answer to a request, sealed; without `answer` where what it was about has been erased. `about` are keyed
    hashes of the ids that request and answer named, by which an erasure finds it."""

    __tablename__ = "idempotency"
    org: Mapped[str] = mapped_column(primary_key=True)
    key_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    request_hash: Mapped[bytes] = mapped_column(LargeBinary)
    answer: Mapped[bytes | None] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    about: Mapped[list[bytes]] = mapped_column(ARRAY(LargeBinary))


# The advisory lock is tried, not waited for: a twin that is still at work is answered 409 at once. Should the twin have
# committed between this statement's snapshot and its lock, `keep` finds the key taken.
_FIND = text("""
    SELECT pg_try_advisory_xact_lock(hashtextextended(:lock, 0)) AS is_ours,
           (SELECT request_hash FROM idempotency WHERE org = :org AND key_hash = :key_hash) AS request_hash,
           (SELECT answer FROM idempotency WHERE org = :org AND key_hash = :key_hash) AS answer
""")
_KEEP = insert(PlumbingTable.metadata.tables["idempotency"]).on_conflict_do_nothing().returning(StoredAnswer.org)


_FORGET_ABOUT = text("SELECT forget_answers_about(:named)").bindparams(bindparam("named", type_=ARRAY(LargeBinary)))
KEPT = timedelta(days=30)
"""How long an answer is kept for a repeated request (docs/operations.md)."""


async def find(work: UnitOfWork, *, key_hash: bytes) -> Row[Any]:
    """What is kept under the key of the actor's organisation: `request_hash`, None where nothing is, and `answer`, None too where
    it was erased; and `is_ours`, whether the key is held by this unit of work until it ends."""
    organisation = work.actor.org
    values = {"lock": f"{organisation}:{key_hash.hex()}", "org": organisation, "key_hash": key_hash}
    return (await work.session.execute(_FIND, values)).one()


async def keep(
    work: UnitOfWork, *, key_hash: bytes, request_hash: bytes, answer: bytes, about: Collection[UUID]
) -> bool:
    """Keep an answer with what it tells of; False when the key is taken already."""
    row: dict[str, Any] = {"org": work.actor.org, "key_hash": key_hash, "request_hash": request_hash, "answer": answer}
    row |= {"created_at": work.now, "about": _hashed(work, about)}
    return (await work.session.execute(_KEEP, row)).first() is not None


async def forget_about(work: UnitOfWork, ids: Collection[UUID]) -> None:
    """Erase the stored answers that name one of these. Their keys stay used: nothing takes effect twice."""
    await work.session.execute(_FORGET_ABOUT, {"named": _hashed(work, ids)})


async def forget_before(work: UnitOfWork, before: datetime) -> None:
    """Delete the answers that were given earlier than that."""
    await work.session.execute(text("SELECT forget_answers(:before)"), {"before": before})


async def forget_old(work: UnitOfWork) -> None:
    """Delete the answers that nobody can be waiting for any more; a sweep of every service that has no terms of its own."""
    await forget_before(work, work.now - KEPT)


def _hashed(work: UnitOfWork, ids: Collection[UUID]) -> list[bytes]:
    # Of the database alone nobody finds out whose answers are kept.
    return sorted(work.vault.hashed_exactly("about", str(each))[:16] for each in ids)
