"""Row 160: who has cloned Havn has a running one with people in it by one command."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import httpx
import pytest

from shared.kernel.clock import COPENHAGEN
from tests.journeys.processes import free_ports

ROOT = Path(__file__).parent.parent
MINUTES = 5
pytestmark = [pytest.mark.slow, pytest.mark.row(160)]


def clone(folder: Path) -> Path:
    """What git would give to somebody else, with what is not committed yet."""
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0")
    for name in (name for name in names if (ROOT / name).is_file()):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, folder / name)
    return folder


def with_uv(folder: Path) -> None:
    """The first step of the environment, an empty one with uv in it: the next takes what uv has kept of the packages."""
    environment = folder / ".venv"
    subprocess.run(["python3", "-m", "venv", "--without-pip", environment], check=True)
    shutil.copy2(ROOT / ".venv" / "bin" / "uv", environment / "bin" / "uv")
    (environment / ".uv").touch()


@contextmanager
def made(folder: Path, target: str, port: int) -> Iterator[httpx.Client]:
    """Havn as `make TARGET` runs it there, asked at its port; ended as Ctrl-C ends it."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("HAVN_", "VIRTUAL_ENV"))}
    with (folder / "said.txt").open("w") as said:
        process = subprocess.Popen(
            ["make", target],
            cwd=folder,
            env=environment | {"HAVN_PORT": str(port), "COLUMNS": "200", "UV_LINK_MODE": "hardlink"},
            stdout=said,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=10) as client:
            yield client
        os.killpg(process.pid, signal.SIGINT)
        process.wait(30)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def until(folder: Path, words: str, seconds: float) -> str:
    """What Havn has said, when these words are in it."""
    end = time.monotonic() + seconds
    while words not in (said := (folder / "said.txt").read_text()):
        assert time.monotonic() < end, said
        time.sleep(0.1)
    return said


def ask(client: httpx.Client, organisation: str, path: str, role: str = "caseworker") -> httpx.Response:
    asked = {"grant_type": "client_credentials", "client_id": organisation, "client_secret": "dev", "role": role}
    token = client.post("/oidc/token", data=asked).json()["access_token"]
    return client.get(path, headers={"authorization": f"Bearer {token}"})


def test_a_fresh_clone_is_a_havn_with_people_in_it_by_one_command(tmp_path: Path) -> None:
    folder, (port,) = clone(tmp_path / "havn"), free_ports(1)
    with_uv(folder)
    began = time.monotonic()
    with made(folder, "run-seeded", port) as client:
        said = until(folder, "seeded ", 60 * MINUTES)
        assert "two in a shelter" in said
        assert time.monotonic() - began < 60 * MINUTES
        cases = ask(client, "cmm", "/identification/v1/cases").json()["items"]
        assert sorted(case["status"] for case in cases) == ["decided", "decided", "decided"]
        assert f"{folder}/" in (folder / "said.txt").read_text(), "its data are in the clone"
        year = datetime.now(COPENHAGEN).year
        figure = f"/stats/v1/victims?by=year&from={year}&to={year}&audience=internal"
        assert [row["count"] for row in ask(client, "cmm", figure, "statistician").json()["rows"]] == [2]
    with made(folder, "run-seeded", port) as client:
        until(folder, "a story ", 60)
        time.sleep(1)
        assert len(ask(client, "cmm", "/identification/v1/cases").json()["items"]) == 3, "seeded once"
    assert "seeded " not in (folder / "said.txt").read_text()
