"""Idempotency-Key: the same request from the same organisation takes effect once and gets the first answer again.

The stored answer is sealed under a key made from the caller's own Idempotency-Key, of which only a keyed hash is kept:
who does not present the key again cannot read the answer. (draft-ietf-httpapi-idempotency-key-header-07)
"""

import hashlib
import json
import secrets
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import DateTime, LargeBinary, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column
from starlette.responses import Response

from shared.data.plumbing import PlumbingTable
from shared.data.unit_of_work import UnitOfWork
from shared.kernel.errors import BadRequest, Conflict, Unprocessable

LONGEST_KEY = 255
_REPLAYED_HEADERS = ("content-type", "etag", "location")
_STILL_AT_WORK = "The first request with this Idempotency-Key is still at work; ask again in a moment."


class IdempotencyKeyMissing(BadRequest):
    """This request must carry an Idempotency-Key."""


class IdempotencyKeyInvalid(BadRequest):
    """The key is empty, too long, or not printable."""


class IdempotencyKeyReused(Unprocessable):
    """The key was used for another request."""


class RequestInProgress(Conflict):
    """The first request with this key has not been answered yet."""


class StoredAnswer(PlumbingTable):
    """The first answer to a request, sealed."""

    __tablename__ = "idempotency"
    org: Mapped[str] = mapped_column(primary_key=True)
    key_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    request_hash: Mapped[bytes] = mapped_column(LargeBinary)
    answer: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


@dataclass(frozen=True, slots=True)
class Attempt:
    """One request that carries a key. Of the key itself only what is made of it goes further."""

    org: str
    key_hash: bytes
    request_hash: bytes
    secret: bytes = field(repr=False)
    """What the answer is sealed with."""

    @classmethod
    def of(cls, work: UnitOfWork, key: str, *, operation: str, body: bytes) -> "Attempt":
        """The attempt that these make; IdempotencyKeyInvalid when the key is no key."""
        if not key.strip() or len(key) > LONGEST_KEY or not key.isprintable():
            raise IdempotencyKeyInvalid(f"An Idempotency-Key has 1 to {LONGEST_KEY} printable characters.")
        org = work.actor.org
        return cls(
            org,
            work.vault.hashed_exactly("idempotency", key),
            hashlib.sha256(operation.encode() + b"\0" + body).digest(),
            work.vault.hashed_exactly("answer", f"{org} {key}"),
        )


# The advisory lock is tried, not waited for: a twin that is still at work is answered 409 at once. Should the twin have
# committed between this statement's snapshot and its lock, `remember` finds the key taken and answers the same.
_FIND = text("""
    SELECT pg_try_advisory_xact_lock(hashtextextended(:lock, 0)) AS is_ours,
           (SELECT request_hash FROM idempotency WHERE org = :org AND key_hash = :key_hash) AS request_hash,
           (SELECT answer FROM idempotency WHERE org = :org AND key_hash = :key_hash) AS answer
""")


_KEEP = insert(PlumbingTable.metadata.tables["idempotency"]).on_conflict_do_nothing().returning(StoredAnswer.org)


async def find(work: UnitOfWork, attempt: Attempt) -> Response | None:
    """The first answer, if there is one; None when this attempt is the first, which then holds the key until it ends."""
    lock = f"{attempt.org}:{attempt.key_hash.hex()}"
    values = {"lock": lock, "org": attempt.org, "key_hash": attempt.key_hash}
    found = (await work.session.execute(_FIND, values)).one()
    if found.request_hash is not None:
        if found.request_hash != attempt.request_hash:
            raise IdempotencyKeyReused(
                "This Idempotency-Key was used for another request; use a new key for a new request."
            )
        return _replay(_open(attempt, found.answer))
    if not found.is_ours:
        raise RequestInProgress(_STILL_AT_WORK)
    return None


async def remember(work: UnitOfWork, attempt: Attempt, response: Response) -> None:
    """Keep the answer, in the transaction whose effect it tells. Raises RequestInProgress when a twin was quicker."""
    kept = {
        "status": response.status_code,
        "headers": {name: response.headers[name] for name in _REPLAYED_HEADERS if name in response.headers},
        "body": bytes(response.body).decode(),
    }
    answer = {
        "org": attempt.org,
        "key_hash": attempt.key_hash,
        "request_hash": attempt.request_hash,
        "answer": _seal(attempt, kept),
        "created_at": work.now,
    }
    if (await work.session.execute(_KEEP, answer)).first() is None:
        raise RequestInProgress(_STILL_AT_WORK)


def _seal(attempt: Attempt, kept: dict[str, Any]) -> bytes:
    nonce = secrets.token_bytes(12)
    return nonce + AESGCM(attempt.secret).encrypt(nonce, json.dumps(kept).encode(), attempt.request_hash)


def _open(attempt: Attempt, answer: bytes) -> dict[str, Any]:
    kept: dict[str, Any] = json.loads(AESGCM(attempt.secret).decrypt(answer[:12], answer[12:], attempt.request_hash))
    return kept


def _replay(kept: dict[str, Any]) -> Response:
    return Response(kept["body"], kept["status"], headers=kept["headers"] | {"idempotency-replayed": "true"})
