"""The drill of backup and restore finds what did not come back. The drill itself is a command: `make restore-drill` (row 164)."""

import subprocess
import sys
from pathlib import Path

import pytest

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


DYING = """
import pathlib, signal, sys, time
folder = pathlib.Path(sys.argv[1])
def end(*_):
    time.sleep(0.5)
    (folder.parent / "ended").write_text("its data still there" if folder.exists() else "its data gone before it")
    sys.exit()
signal.signal(signal.SIGQUIT, end)
(folder / "postmaster.pid").write_text(f"{__import__('os').getpid()}\\nits data\\n")
print("begun", flush=True)
time.sleep(60)
"""


def test_a_lost_server_is_gone_before_its_disk_is_and_before_another_takes_its_place(tmp_path: Path) -> None:
    folder = tmp_path / "postgres"
    folder.mkdir()
    with subprocess.Popen([sys.executable, "-c", DYING, folder], stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout
        assert server.stdout.readline() == "begun\n"
        restore_drill.lose(folder)
    assert (tmp_path / "ended").read_text() == "its data still there"
    assert not folder.exists()


def test_a_lost_server_that_does_not_end_fails_the_drill(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(restore_drill, "ENDED_SECONDS", 0.1)
    with subprocess.Popen([sys.executable, "-c", DYING, tmp_path], stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout
        server.stdout.readline()
        with pytest.raises(restore_drill.DrillFailed, match="did not end"):
            restore_drill.lose(tmp_path)
        server.kill()
