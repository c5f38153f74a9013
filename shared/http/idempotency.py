"""Idempotency-Key: the same request from the same person and client takes effect once and gets the first answer again.

A key belongs to who sent it (issuer, client, organisation, person) and to what was asked (method, path and query): elsewhere the
same key is another one. The stored answer is sealed under a key made from all that, of which only a keyed hash is kept:
who does not present the key again cannot read the answer. (draft-ietf-httpapi-idempotency-key-header-07)
"""

import hmac
import json
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pydantic_core import from_json, to_json
from starlette.responses import Response

from shared.data import answers, audit
from shared.data.unit_of_work import Access, UnitOfWork
from shared.data.vault import Vault
from shared.http import refusals
from shared.identity.actor import Actor
from shared.kernel.errors import BadRequest, Conflict, Gone, Unprocessable

LONGEST_KEY = 255
_REPLAYED_HEADERS = ("content-type", "etag", "location")
_STILL_AT_WORK = "The first request with this Idempotency-Key is still at work; ask again in a moment."
_IN_A_MOMENT = {"retry-after": "1"}


class IdempotencyKeyMissing(BadRequest):
    """This request must carry an Idempotency-Key."""


class IdempotencyKeyInvalid(BadRequest):
    """The key is empty, too long, or not printable."""


class IdempotencyKeyReused(Unprocessable):
    """The key was used for another request."""


class RequestInProgress(Conflict):
    """The first request with this key has not been answered yet."""

    def __init__(self) -> None:
        super().__init__(_STILL_AT_WORK, headers=_IN_A_MOMENT)


class AnswerErased(Gone):
    """The request took effect, and what it was about has been erased since, its answer included."""


def as_said(body: bytes) -> bytes:
    """A JSON text as everybody would write it who says the same: without white space, in the order of its names, without what is
    null where it could be left out. 1, 1.0 and true are three things. Of what is no JSON, or says a name twice, its bytes."""
    try:
        said = json.loads(body, object_pairs_hook=_without_nulls)
        return json.dumps(said, separators=(",", ":"), sort_keys=True, allow_nan=False).encode("ascii")
    except (ValueError, RecursionError):
        return body


def _without_nulls(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({name for name, _ in pairs}) < len(pairs):
        raise ValueError("a name stands twice")
    return {name: value for name, value in pairs if value is not None}


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request with a key asks."""

    method: str
    path: str
    query: str
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One request that carries a key. Of the key itself only what is made of it goes further."""

    key_hash: bytes
    request_hash: bytes
    """Of what the body says, however it is written."""
    body: bytes = field(repr=False)
    secret: bytes = field(repr=False)
    """What the answer is sealed with."""

    @classmethod
    def of(cls, actor: Actor, vault: Vault, key: str, asked: Asked) -> "Attempt":
        """The attempt that these make; IdempotencyKeyInvalid when the key is no key."""
        if not key.strip() or len(key) > LONGEST_KEY or not key.isprintable():
            raise IdempotencyKeyInvalid(f"An Idempotency-Key has 1 to {LONGEST_KEY} printable characters.")
        owner = [actor.issuer, actor.client_id, actor.org, actor.subject, asked.method, asked.path, asked.query]
        place = json.dumps([*owner, key])
        secret = vault.hashed_exactly("answer", place)
        said = hmac.digest(secret, as_said(asked.body), "sha256")
        return cls(vault.hashed_exactly("idempotency", place), said, asked.body, secret)

    def is_again(self, request_hash: bytes) -> bool:
        """Whether that is the hash of a request that asks the same: of what its body says, or of the body's bytes, as they were
        kept by Havn before it compared what is said."""
        return request_hash in (self.request_hash, hmac.digest(self.secret, self.body, "sha256"))


@dataclass(frozen=True, slots=True)
class First:
    """The first answer to a request; `refusal` names the error where it was one."""

    response: Response
    refusal: str | None


def find(work: UnitOfWork, attempt: Attempt) -> First | None:
    """The first answer, if there is one, noted as it was the first time; None when this attempt is the first, which then holds
    the key until it ends."""
    found = work.kept_before
    if found.request_hash is not None:
        if not attempt.is_again(found.request_hash):
            raise IdempotencyKeyReused(
                "This Idempotency-Key was used for another request; use a new key for a new request."
            )
        if found.answer is None:
            raise AnswerErased("This request took effect, and what it was about has been erased since.")
        return _replay(work, _open(attempt, found.answer, found.request_hash))
    if not found.is_ours:
        raise RequestInProgress
    return None


def remember(work: UnitOfWork, attempt: Attempt, response: Response, *, named: Iterable[UUID]) -> None:
    """Keep the answer, in the transaction whose effect it is; an erasure finds it by the ids that the request (`named`), the
    answer or its accesses name."""
    body = bytes(response.body).decode()
    kept = {
        "status": response.status_code,
        "headers": {name: response.headers[name] for name in _REPLAYED_HEADERS if name in response.headers},
        "body": body,
        "accesses": audit.seen_again(work.accesses),
    }
    about = {*named, *_ids_of(work.accesses), *refusals.ids_in(from_json(body or "null"))}
    answer = _seal(attempt, kept)
    answers.keep(work, key_hash=attempt.key_hash, request_hash=attempt.request_hash, answer=answer, about=about)


def _ids_of(accesses: Iterable[Access]) -> Iterable[UUID]:
    for access in accesses:
        yield from (each for each in (access.subject_id, *access.object_ids) if each)


def _seal(attempt: Attempt, kept: dict[str, Any]) -> bytes:
    nonce = secrets.token_bytes(12)
    return nonce + AESGCM(attempt.secret).encrypt(nonce, to_json(kept), attempt.request_hash)


def _open(attempt: Attempt, answer: bytes, request_hash: bytes) -> dict[str, Any]:
    kept: dict[str, Any] = from_json(AESGCM(attempt.secret).decrypt(answer[:12], answer[12:], request_hash))
    return kept


def _replay(work: UnitOfWork, kept: dict[str, Any]) -> First:
    audit.note_again(work, kept["accesses"])
    headers = kept["headers"] | {"idempotency-replayed": "true"}
    refusal = from_json(kept["body"])["type"].rpartition("/")[2] if kept["status"] >= 400 else None
    return First(Response(kept["body"], kept["status"], headers=headers), refusal)
