"""What a command has shown counts for the commit that it was shown of, until something changes that is started."""

import subprocess
from pathlib import Path

import pytest

from tools.shown import shown, write_down


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    for name in ("services/one.py", "docs/page.txt"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text("as it was\n")
    commit(tmp_path, "init", "-q")
    return tmp_path


def commit(folder: Path, *before: str) -> None:
    who = ["-c", "user.name=somebody", "-c", "user.email=somebody@example", "-c", "commit.gpgsign=false"]
    for command in ([*before], ["add", "-A"], [*who, "commit", "-q", "--allow-empty", "-m", "some"]):
        if command:
            subprocess.run(["git", *command], cwd=folder, check=True)


def test_what_was_shown_counts_with_what_was_seen(clone: Path) -> None:
    assert shown(162, root=clone) is None
    assert write_down(162, "0 requests failed", root=clone)
    seen = shown(162, root=clone)
    assert seen
    assert seen.said == "0 requests failed"
    assert len(seen.commit) == 40
    assert shown(164, root=clone) is None


def test_documents_may_change_and_what_is_started_may_not(clone: Path) -> None:
    write_down(162, "", root=clone)
    (clone / "docs/page.txt").write_text("another\n")
    assert shown(162, root=clone)
    commit(clone)
    assert shown(162, root=clone)
    (clone / "services/one.py").write_text("another\n")
    assert shown(162, root=clone) is None
    commit(clone)
    assert shown(162, root=clone) is None


@pytest.mark.parametrize("name", ["services/one.py", "services/two.py"])
def test_of_a_working_copy_that_is_no_commit_nothing_is_written_down(clone: Path, name: str) -> None:
    (clone / name).write_text("another\n")
    assert not write_down(162, "", root=clone)
    assert shown(162, root=clone) is None
