"""The keys of a unit of work: a new one for a new owner, those of owners whose documents it opens.

A key is destroyed by the database's own `erase_case`. What a backup or the write-ahead log still holds of it goes with them
(docs/adr/0017-erasure-reaches-everybody.md)."""

from collections.abc import Iterable
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import select

from shared.data.columns import any_asked
from shared.data.unit_of_work import UnitOfWork
from shared.data.vault import DataKey, KeyDestroyed, StoredKey


def new_key(work: UnitOfWork, owner_id: UUID) -> DataKey:
    """A fresh key for an owner, stored wrapped in this transaction."""
    secret = AESGCM.generate_key(256)
    wrapped, wrapped_by = work.vault.wrap(owner_id, secret)
    work.session.add(StoredKey(owner_id=owner_id, wrapped=wrapped, wrapped_by=wrapped_by, created_at=work.now))
    key = DataKey(owner_id, secret)
    work.keys[owner_id] = key
    return key


def new_key_instead(work: UnitOfWork, owner_id: UUID) -> DataKey:
    """A fresh key for an owner whose key was destroyed in this transaction, past what the session remembers of it."""
    work.keys.pop(owner_id, None)
    for known in work.session.known(StoredKey):
        if known.owner_id == owner_id:
            work.session.expunge(known)
    return new_key(work, owner_id)


_KEYS = select(StoredKey.owner_id, StoredKey.wrapped, StoredKey.wrapped_by).where(
    any_asked(StoredKey.owner_id, "owner_ids")
)


async def key_of(work: UnitOfWork, owner_id: UUID) -> DataKey:
    """The owner's key; SealBroken when it was destroyed."""
    return (await keys_of(work, [owner_id]))[owner_id]


async def keys_of(work: UnitOfWork, owner_ids: Iterable[UUID]) -> dict[UUID, DataKey]:
    """The keys of all these owners, with one statement; SealBroken when one of them was destroyed."""
    opened = work.keys
    wanted = set(owner_ids)
    if missing := wanted - opened.keys():
        for owner_id, wrapped, wrapped_by in await work.session.execute(_KEYS, {"owner_ids": list(missing)}):
            opened[owner_id] = work.vault.unwrap(owner_id, wrapped, wrapped_by)
    if wanted - opened.keys():
        raise KeyDestroyed("What was sealed here has been erased: its key was destroyed.")
    return {owner_id: opened[owner_id] for owner_id in wanted}
