"""A database is never opened, nor begun anew, with a key ring that it was not written with."""

import secrets
from base64 import b64encode
from uuid import uuid4

import pytest

from shared.data.keys import read_ring
from shared.data.known_key import MasterKeyWrong, check_master_key
from shared.data.vault import Vault
from tests.shared.lone_service import LoneService

STORE = "INSERT INTO data_key (owner_id, wrapped, wrapped_by, created_at) VALUES ('{}', '\\x{}', '{}', now())"


async def test_the_ring_that_wrote_is_known_and_another_is_refused(lone: LoneService) -> None:
    address = lone.owner.set(database="lone").render_as_string(hide_password=False)
    mine, others = (read_ring(b64encode(secrets.token_bytes(32)).decode()) for _ in range(2))
    await lone.sql("DELETE FROM data_key")
    await check_master_key(address, "referrals", others)
    owner = uuid4()
    wrapped, by = Vault(mine).wrap(owner, secrets.token_bytes(32))
    await lone.sql(STORE.format(owner, wrapped.hex(), by))
    await check_master_key(address, "referrals", mine)
    with pytest.raises(MasterKeyWrong, match="not the one that the database lone_referrals was written with"):
        await check_master_key(address, "referrals", others)
    await lone.sql("DELETE FROM data_key")


async def test_a_key_that_was_destroyed_says_nothing_of_the_ring(lone: LoneService) -> None:
    address = lone.owner.set(database="lone").render_as_string(hide_password=False)
    await lone.sql("DELETE FROM data_key")
    await lone.sql(STORE.format(uuid4(), "", "1"))
    await check_master_key(address, "referrals", read_ring(b64encode(secrets.token_bytes(32)).decode()))
    await lone.sql("DELETE FROM data_key")


async def test_where_nothing_answers_nothing_is_said() -> None:
    await check_master_key("postgresql://127.0.0.1:9/havn", "referrals", read_ring(b64encode(bytes(32)).decode()))
