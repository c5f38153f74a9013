"""Row 164: the drill of backup and restore is played, and finds what did not come back."""

import re
from pathlib import Path

import pytest

from shared.kernel.settings import Settings
from tests.world import World
from tools import restore_drill

pytestmark = pytest.mark.row(164)


@pytest.mark.slow
def test_what_was_backed_up_and_archived_comes_back_and_what_was_lost_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for folder in [tmp_path, *tmp_path.parents][:3]:  # whom PostgreSQL runs as must come through
        folder.chmod(0o755)
    assert restore_drill.main([str(tmp_path / "drill")]) == 0, capsys.readouterr().err
    said = capsys.readouterr().out
    assert re.search(r"every row of every table is as it was, \d+ of the audit", said)
    assert "6 cases are as their history tells." in said
    assert re.search(r"RPO \d+\.\d s .*, RTO \d+\.\d s", said)
    assert said.endswith("restore-drill passed\n")


async def test_a_row_that_is_another_or_missing_is_found(havn: World, settings: Settings) -> None:
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
