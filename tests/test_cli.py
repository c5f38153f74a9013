"""The command line as a newcomer meets it."""

import subprocess
import sys
import tomllib
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from services import NAMES
from services.cli import app
from services.everything import SERVICES

ROOT = Path(__file__).parent.parent
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
LATE = ("sqlalchemy", "fastapi", "aiokafka", "uvicorn", "services.everything", "httpx")
"""What is slow to load, and what help has no use for."""


def test_help_says_what_to_try_first_and_which_command_is_for_what() -> None:
    told = CliRunner().invoke(app, ["--help"], env={"COLUMNS": "200"}).stdout
    assert "Try first: `havn up` in one terminal, `havn demo` in another" in told
    panels = [line for line in told.splitlines() if line.startswith("╭─")]
    for name, line in zip(("To try it", "To run it", "To work on it"), panels[1:], strict=True):
        assert name in line
    for command in ("up", "demo", "token", "migrate", "dead-letters", "events", "retention", "contract", "routing"):
        assert f"│ {command} " in told


@pytest.mark.parametrize(("commit", "said"), [("", "a working copy"), ("0123abc", "0123abc"), ("0123abc-dirty",) * 2])
def test_it_says_its_version_and_the_commit_that_it_was_built_from(
    commit: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if commit:
        monkeypatch.setenv("HAVN_COMMIT", commit)
    else:
        monkeypatch.delenv("HAVN_COMMIT", raising=False)
    assert CliRunner().invoke(app, ["--version"]).stdout == f"havn {VERSION} ({said})\n"


def test_the_names_are_those_of_the_services() -> None:
    assert tuple(service.name for service in SERVICES) == NAMES


def test_help_loads_no_service() -> None:
    script = f"""
import sys
from services.cli import app
try:
    app(["--help"])
except SystemExit:
    pass
print([name for name in {LATE!r} if name in sys.modules])
"""
    ended = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ended.stdout.strip().endswith("[]"), ended.stdout[-200:]


@pytest.mark.parametrize("answer", [httpx.Response(200, html="<p>Another server.</p>"), httpx.ConnectError("away")])
def test_a_token_where_no_havn_answers_is_a_sentence(
    answer: httpx.Response | httpx.HTTPError, monkeypatch: pytest.MonkeyPatch
) -> None:
    def post(*_: object, **__: object) -> httpx.Response:
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(httpx, "post", post)
    ended = CliRunner().invoke(app, ["token", "cmm"])
    assert ended.exit_code == 1
    assert "start one with `havn up`" in ended.stderr


@pytest.mark.parametrize(
    "command",
    [
        ["dead-letters", "list"],
        ["dead-letters", "replay"],
        ["events", "replay"],
        ["events", "rebuild"],
        ["events", "check"],
        ["routing", "replay", "--table", "services/identification/tables/routing-2021.json"],
        ["retention", "ledger"],
    ],
    ids=" ".join,
)
def test_who_looks_into_a_havn_that_is_not_there_is_told_and_makes_none(command: list[str], tmp_path: Path) -> None:
    mistyped = tmp_path / "havm"
    environment = {"HAVN_HOME": str(mistyped), "PATH": "/usr/bin:/bin"}
    ended = subprocess.run(
        [Path(sys.executable).with_name("havn"), *command], cwd=ROOT, env=environment, capture_output=True, text=True
    )
    assert (ended.returncode, ended.stderr.split(":")[0]) == (1, f"There is no Havn at {mistyped}")
    assert not mistyped.exists()


def test_a_contract_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    ended = CliRunner().invoke(app, ["contract", "--folder", str(tmp_path / "file" / "docs")])
    assert ended.exit_code == 1
    assert "cannot be written" in ended.stderr
