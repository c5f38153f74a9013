"""The drill of backup and restore finds what did not come back. The drill itself is a command: `make restore-drill` (row 164)."""

from tests.world import World
from tools import restore_drill


async def test_a_row_that_is_another_or_missing_is_found(havn: World) -> None:
    letter = "INSERT INTO dead_letter SELECT $1, 'identification', 'k', 1, 't', '', 'why', 3, now(), NULL"
    await havn.sql("referrals", letter, "one")
    before = await restore_drill.rows(havn.server_url)
    assert before["referrals dead_letter"][0] == 1
    assert await restore_drill.rows(havn.server_url) == before
    await havn.sql("referrals", "UPDATE dead_letter SET reason = 'another'")
    changed = await restore_drill.rows(havn.server_url)
    assert [name for name in before if before[name] != changed[name]] == ["referrals dead_letter"]
    await havn.sql("referrals", "DELETE FROM dead_letter")
    assert (await restore_drill.rows(havn.server_url))["referrals dead_letter"][0] == 0
