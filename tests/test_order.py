"""Several test processes: what belongs together stays together, and what takes long begins first."""

import re
import subprocess
import sys
from pathlib import Path

from tests.order import Scheduling

ROOT = Path(__file__).parents[1]
FILE = """
import pytest

@pytest.mark.parametrize("number", range(8))
def test_quick(number): ...

@pytest.mark.xdist_group("kafka")
@pytest.mark.parametrize("number", range(4))
def test_shares_a_kafka(number): ...

@pytest.mark.slow
def test_slow(): ...
"""


def run(folder: Path, *options: str) -> list[str]:
    """The lines in which pytest says which test ended, in order, and in which process."""
    path = folder / "test_many.py"
    path.write_text(FILE)
    plugins = ("-p", "tests.conftest", "-p", "no:randomly", "-p", "no:cacheprovider")
    command = [sys.executable, "-m", "pytest", "-v", "-c", str(ROOT / "pyproject.toml"), *plugins, *options, str(path)]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return [line for line in ended.stdout.splitlines() if "PASSED" in line]


def test_a_group_stays_in_one_process(tmp_path: Path) -> None:
    ended = run(tmp_path, "-n", "2", "--dist", "loadgroup")
    where = {line.split("]")[0] for line in ended if "test_shares_a_kafka" in line}
    assert len(ended) == 13
    assert len(where) == 1


def test_what_is_slow_begins_first(tmp_path: Path) -> None:
    first, *others = run(tmp_path)
    assert re.search("::test_slow ", first)
    assert len(others) == 12


def test_what_is_done_is_not_counted_again() -> None:
    work = {"a": {"a": True}, "kafka": {"b": True, "c": False}, "d": {"d": False}}
    assert Scheduling._pending_of(object.__new__(Scheduling), work) == 2
    assert work == {"kafka": {"b": True, "c": False}, "d": {"d": False}}


def test_no_run_takes_the_data_of_another_run_away(tmp_path: Path) -> None:
    """Where both are root: the second may shut no folder in which the first one's PostgreSQL, another user, has its data."""
    (tmp_path / "test_folder.py").write_text("def test_folder(tmp_path): print('in', tmp_path.parent)")
    plugins = ("-p", "tests.conftest", "-p", "no:cacheprovider")
    command = [sys.executable, "-m", "pytest", "-s", "-c", str(ROOT / "pyproject.toml"), *plugins, str(tmp_path)]
    runs = [subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout for _ in range(2)]
    first, second = (Path(re.findall("in (.+)", said)[0]) for said in runs)
    assert first != second
    assert {first.name[:11], second.name[:11]} == {"havn-tests-"}
    assert not first.exists()
    assert not second.exists()
