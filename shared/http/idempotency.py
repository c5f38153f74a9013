"""Idempotency-Key: the same request from the same organisation takes effect once and gets the first answer again.

The stored answer is sealed under a key made from the caller's own Idempotency-Key, of which only a keyed hash is kept:
who does not present the key again cannot read the answer. (draft-ietf-httpapi-idempotency-key-header-07)
"""

import hashlib
import json
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import DateTime, LargeBinary, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column
from starlette.responses import Response

from shared.data.plumbing import PlumbingTable
from shared.data.sealed import vault_of
from shared.identity.actor import Actor
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
    """One request that carries a key."""

    org: str
    key: str
    request_hash: bytes

    @classmethod
    def of(cls, actor: Actor, key: str, *, operation: str, body: bytes) -> "Attempt":
        """The attempt that these make; IdempotencyKeyInvalid when the key is no key."""
        if not key.strip() or len(key) > LONGEST_KEY or not key.isprintable():
            raise IdempotencyKeyInvalid(f"An Idempotency-Key has 1 to {LONGEST_KEY} printable characters.")
        return cls(actor.org, key, hashlib.sha256(operation.encode() + b"\0" + body).digest())


# The advisory lock is tried, not waited for: a twin that is still at work is answered 409 at once. Should the twin have
# committed between this statement's snapshot and its lock, `remember` finds the key taken and answers the same.
_FIND = text("""
    SELECT pg_try_advisory_xact_lock(hashtextextended(:lock, 0)) AS is_ours,
           (SELECT request_hash FROM idempotency WHERE org = :org AND key_hash = :key_hash) AS request_hash,
           (SELECT answer FROM idempotency WHERE org = :org AND key_hash = :key_hash) AS answer
""")


_KEEP = insert(PlumbingTable.metadata.tables["idempotency"]).on_conflict_do_nothing().returning(StoredAnswer.org)


async def find(session: AsyncSession, attempt: Attempt) -> Response | None:
    """The first answer, if there is one; None when this attempt is the first, which then holds the key until it ends."""
    key_hash = vault_of(session).hashed_exactly("idempotency", attempt.key)
    session.info["answer_key"] = key_hash
    values = {"lock": f"{attempt.org}:{key_hash.hex()}", "org": attempt.org, "key_hash": key_hash}
    found = (await session.execute(_FIND, values)).one()
    if found.request_hash is not None:
        if found.request_hash != attempt.request_hash:
            raise IdempotencyKeyReused(
                "This Idempotency-Key was used for another request; use a new key for a new request."
            )
        return _replay(_open(session, attempt, found.answer))
    if not found.is_ours:
        raise RequestInProgress(_STILL_AT_WORK)
    return None


def answer_key(session: AsyncSession) -> bytes | None:
    """What the answer to this request is kept under, for who must be able to take it away; None where none is kept."""
    key: bytes | None = session.info.get("answer_key")
    return key


async def remember(session: AsyncSession, attempt: Attempt, response: Response, *, now: datetime) -> None:
    """Keep the answer, in the transaction whose effect it tells. Raises RequestInProgress when a twin was quicker."""
    kept = {
        "status": response.status_code,
        "headers": {name: response.headers[name] for name in _REPLAYED_HEADERS if name in response.headers},
        "body": bytes(response.body).decode(),
    }
    answer = {
        "org": attempt.org,
        "key_hash": vault_of(session).hashed_exactly("idempotency", attempt.key),
        "request_hash": attempt.request_hash,
        "answer": _seal(session, attempt, kept),
        "created_at": now,
    }
    if (await session.execute(_KEEP, answer)).first() is None:
        raise RequestInProgress(_STILL_AT_WORK)


def _cipher(session: AsyncSession, attempt: Attempt) -> AESGCM:
    return AESGCM(vault_of(session).hashed_exactly("answer", f"{attempt.org} {attempt.key}"))


def _seal(session: AsyncSession, attempt: Attempt, kept: dict[str, Any]) -> bytes:
    nonce = secrets.token_bytes(12)
    return nonce + _cipher(session, attempt).encrypt(nonce, json.dumps(kept).encode(), attempt.request_hash)


def _open(session: AsyncSession, attempt: Attempt, answer: bytes) -> dict[str, Any]:
    kept: dict[str, Any] = json.loads(_cipher(session, attempt).decrypt(answer[:12], answer[12:], attempt.request_hash))
    return kept


def _replay(kept: dict[str, Any]) -> Response:
    return Response(kept["body"], kept["status"], headers=kept["headers"] | {"idempotency-replayed": "true"})
