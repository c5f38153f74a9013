"""Whether the key ring that was given is the one that a database was written with."""

import asyncio
from uuid import UUID

import asyncpg

from shared.data.database import address_of, service_url
from shared.data.keys import KeyRing, MasterKeyMissing
from shared.data.outages import NO_SERVER
from shared.data.vault import SealBroken, Vault

LOOK_SECONDS = 4.0


class MasterKeyWrong(MasterKeyMissing):
    """The key ring opens nothing of what is stored."""


async def check_master_key(server_url: str, service: str, ring: KeyRing) -> None:
    """Try the ring on the newest case key of this service's database. Raises MasterKeyWrong, before anything is changed;
    whoever started with another key would set another password, and seal what nobody else can open. A server that does not
    answer, or a database that has no key yet, says nothing."""
    url = service_url(server_url, service)
    dsn = address_of(url)
    try:
        async with asyncio.timeout(LOOK_SECONDS):
            found = await _newest_key(dsn)
    except NO_SERVER:
        return
    try:
        if found:
            Vault(ring).unwrap(*found)
    except SealBroken:
        raise MasterKeyWrong(
            f"The master key is not the one that the database {url.database} was written with. Nothing was changed; "
            "give Havn the key ring it had, or the backup of it."
        ) from None


async def _newest_key(dsn: str) -> tuple[UUID, bytes, str] | None:
    connection = await asyncpg.connect(dsn, timeout=LOOK_SECONDS)
    try:
        # A key that was destroyed is cut short.
        row = await connection.fetchrow(
            "SELECT owner_id, wrapped, wrapped_by FROM data_key WHERE length(wrapped) > 12 "
            "ORDER BY created_at DESC LIMIT 1"
        )
    finally:
        await connection.close()
    return (row[0], row[1], row[2]) if row else None
