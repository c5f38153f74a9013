"""First answers to requests, kept sealed under the caller's own Idempotency-Key."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import DateTime, LargeBinary, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from shared.data.plumbing import PlumbingTable
from shared.data.unit_of_work import FirstAnswer, UnitOfWork


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


_FORGET_ABOUT = text("SELECT forget_answers_about(:named)").bindparams(bindparam("named", type_=ARRAY(LargeBinary)))


def keep(work: UnitOfWork, *, key_hash: bytes, request_hash: bytes, answer: bytes, about: Collection[UUID]) -> None:
    """Keep an answer with what it says something of, when this unit of work commits; which raises KeyTaken where the key has been
    used meanwhile."""
    work.answers.append(FirstAnswer(key_hash, request_hash, answer, tuple(_hashed(work, about))))


async def forget_about(work: UnitOfWork, ids: Collection[UUID]) -> None:
    """Erase the stored answers that name one of these. Their keys stay used: nothing takes effect twice."""
    await work.session.execute(_FORGET_ABOUT, {"named": _hashed(work, ids)})


def _hashed(work: UnitOfWork, ids: Collection[UUID]) -> list[bytes]:
    # Of the database alone nobody finds out whose answers are kept.
    return sorted(work.vault.hashed_exactly("about", str(each))[:16] for each in ids)
