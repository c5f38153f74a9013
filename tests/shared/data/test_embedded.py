"""The embedded server ends with the last process that uses it, whatever became of those before."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from shared.data.embedded import EmbeddedPostgres, forget_the_dead

KILLED = """
import os, signal, sys
from pathlib import Path
from shared.data.embedded import EmbeddedPostgres

print(EmbeddedPostgres(Path(sys.argv[1])).url, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_server_whose_user_was_killed_ends_with_the_next(tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", KILLED, str(tmp_path)], cwd=Path(__file__).parents[3], check=False
    )
    assert ended.returncode < 0
    running = tmp_path / "postgres" / "postmaster.pid"
    assert running.exists(), "it runs on, and the next Havn finds it"
    EmbeddedPostgres(tmp_path).stop()
    assert not running.exists()


@pytest.mark.parametrize("written", ["", "[", "[999999999]"])
def test_nobody_who_is_no_more_is_waited_for(tmp_path: Path, written: str) -> None:
    counted = tmp_path / "counted.json"
    counted.write_text(written)
    forget_the_dead(counted, tmp_path / "locks" / "lock")
    assert json.loads(counted.read_text()) == []


def test_who_still_uses_it_stays_counted(tmp_path: Path) -> None:
    counted = tmp_path / "counted.json"
    counted.write_text(json.dumps([1, os.getpid(), 999_999_999]))
    forget_the_dead(counted, tmp_path / "lock")
    assert json.loads(counted.read_text()) == [1, os.getpid()]
