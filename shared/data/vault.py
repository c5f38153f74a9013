"""Personal data at rest: sealed with AES-256-GCM under one key per case, bound to its table, column and row.

Destroying a case's key makes everything sealed under it unreadable in this database. A backup made before holds the wrapped key
beside what it seals, and so does the write-ahead log until it is recycled: with the master key they open until they expire
(docs/adr/0017-erasure-reaches-everybody.md). Equality is judged by keyed hash.
"""

import hmac
import secrets
import unicodedata
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pydantic import BaseModel
from sqlalchemy import DateTime, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from shared.data.keys import KeyRing
from shared.data.plumbing import PlumbingTable
from shared.kernel.errors import Unavailable
from shared.kernel.text import AS_STORED

DocumentT = TypeVar("DocumentT", bound=BaseModel)
_NONCE_BYTES = 12


class SealBroken(Unavailable):
    """A sealed field does not open where it lies: moved, altered, or its key is gone."""


class KeyDestroyed(SealBroken):
    """The time of keeping is over: what was sealed under this key can no longer be read, by anybody."""

    status = 410


class StoredKey(PlumbingTable):
    """A case's (or referral's, or facility's) data key, wrapped by the master key that `wrapped_by` names."""

    __tablename__ = "data_key"
    owner_id: Mapped[UUID] = mapped_column(primary_key=True)
    wrapped: Mapped[bytes] = mapped_column(LargeBinary)
    wrapped_by: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


@dataclass(frozen=True, slots=True)
class DataKey:
    """Seals and opens documents of one owner."""

    owner_id: UUID
    secret: bytes = field(repr=False)

    def seal(self, document: BaseModel, *, table: str, column: str, row: UUID) -> bytes:
        """The document's JSON, sealed for exactly that place."""
        plain = document.model_dump_json(exclude_none=True).encode()
        return self.seal_bytes(plain, table=table, column=column, row=row)

    def seal_bytes(self, plain: bytes, *, table: str, column: str, row: UUID) -> bytes:
        """A file's bytes, sealed for exactly that place."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + AESGCM(self.secret).encrypt(nonce, plain, _place(table, column, row))

    def open(self, sealed: bytes, kind: type[DocumentT], *, table: str, column: str, row: UUID) -> DocumentT:
        """The document that was sealed at that place; SealBroken when these bytes were sealed for another. What a newer release
        has sealed besides is left out: this one goes on while it is replaced."""
        plain = self.open_bytes(sealed, table=table, column=column, row=row)
        return kind.model_validate_json(plain, context=AS_STORED, extra="ignore")

    def open_bytes(self, sealed: bytes, *, table: str, column: str, row: UUID) -> bytes:
        """The bytes that were sealed at that place; SealBroken when these were sealed for another."""
        try:
            return AESGCM(self.secret).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], _place(table, column, row))
        except (InvalidTag, ValueError):  # altered, or cut too short to have a nonce
            raise SealBroken("A sealed field could not be opened; the matter has been logged.") from None


def _place(table: str, column: str, row: UUID) -> bytes:
    return f"{table}|{column}|{row}".encode()


class Vault:
    """What one service needs to seal and open; every unit of work has it."""

    def __init__(self, ring: KeyRing) -> None:
        self._ring = ring

    def wrap(self, owner_id: UUID, secret: bytes) -> tuple[bytes, str]:
        """The key, sealed by the current master key for this owner alone, and the master key's name."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        wrapping = AESGCM(self._ring.wrapping[self._ring.current])
        return nonce + wrapping.encrypt(nonce, secret, owner_id.bytes), self._ring.current

    def unwrap(self, owner_id: UUID, wrapped: bytes, wrapped_by: str) -> DataKey:
        """The owner's key, as `wrap` gave it. Raises SealBroken."""
        wrapping = self._ring.wrapping.get(wrapped_by)
        if wrapping is None:
            raise SealBroken("The master key of a sealed field is not on this machine's key ring.")
        try:
            secret = AESGCM(wrapping).decrypt(wrapped[:_NONCE_BYTES], wrapped[_NONCE_BYTES:], owner_id.bytes)
        except (InvalidTag, ValueError):
            raise SealBroken("A case's key could not be unwrapped; the matter has been logged.") from None
        return DataKey(owner_id, secret)

    def hashed(self, use: str, value: str) -> bytes:
        """A keyed hash for equality: the same for the same value and use, and worthless without the key.

        The value is compared without case, spaces, hyphens and accents' encoding, as people write numbers."""
        plain = "".join(unicodedata.normalize("NFKC", value).casefold().split()).replace("-", "")
        return self.hashed_exactly(use, plain)

    def hashed_exactly(self, use: str, value: str) -> bytes:
        """A keyed hash for equality to the letter."""
        return hmac.digest(self._ring.derived(f"hash:{use}"), value.encode(), "sha256")
