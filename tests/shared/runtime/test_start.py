"""Starting Havn as a person at a keyboard does: what goes wrong is one sentence, a status that is not 0, and nothing changed."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from shared.data.embedded import EmbeddedPostgres, PostgresRefused
from shared.data.migrations import head_of
from tests.parts import skip_or_fail

HAVN = [sys.executable, "-m", "services"]
ROOT = Path(__file__).parents[3]
PATIENCE_SECONDS = 90


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment(home: Path, port: int, **others: str) -> dict[str, str]:
    return {key: value for key, value in os.environ.items() if not key.startswith("HAVN_")} | {
        "HAVN_HOME": str(home),
        "HAVN_PORT": str(port),
        **others,
    }


def start(home: Path, port: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        HAVN, cwd=ROOT, env=environment(home, port), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def wait_until_ready(process: subprocess.Popen[str], port: int) -> None:
    until = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < until and process.poll() is None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/stats/health/ready", timeout=2) as answer:
                assert answer.status == 200
                return
        except OSError:
            time.sleep(0.1)
    process.kill()
    raise AssertionError(f"not ready: {process.communicate()}")


def refuse(home: Path, port: int, **others: str) -> str:
    """What a start that fails says."""
    ended = subprocess.run(
        HAVN, cwd=ROOT, env=environment(home, port, **others), capture_output=True, text=True, timeout=PATIENCE_SECONDS
    )
    assert ended.returncode != 0
    assert "Traceback" not in ended.stderr
    assert len(ended.stderr.strip().splitlines()) == 1, ended.stderr
    return ended.stderr.strip()


@pytest.fixture(scope="module")
def used_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home in which Havn has run, been given a referral, and been stopped by SIGTERM."""
    home = tmp_path_factory.mktemp("home")
    port = free_port()
    process = start(home, port)
    wait_until_ready(process, port)
    submit(port)
    process.send_signal(signal.SIGTERM)
    said, complained = process.communicate(timeout=15)
    assert process.returncode == 0, complained
    assert f"http://127.0.0.1:{port}" in said
    return home


def token(port: int, org: str) -> str:
    asked = f"grant_type=client_credentials&client_id={org}&client_secret=dev".encode()
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/oidc/token", asked, timeout=10) as answer:
        return str(json.load(answer)["access_token"])


def submit(port: int) -> None:
    body = {
        "kind": "support",
        "channel": "outreach",
        "occurred_at": "2026-03-02T09:30:00+01:00",
        "reason": "A made-up reason.",
        "subjects": [{"reference": "P01"}],
    }
    headers = {
        "authorization": f"Bearer {token(port, 'reden')}",
        "idempotency-key": "1",
        "content-type": "application/json",
    }
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/referrals/v1/referrals", json.dumps(body).encode(), headers
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        assert answer.status == 201


def test_a_second_start_finds_its_data_again(used_home: Path) -> None:
    port = free_port()
    process = start(used_home, port)
    try:
        wait_until_ready(process, port)
        request = urllib.request.Request(
            f"http://127.0.0.1:{port}/referrals/v1/referrals?box=outgoing",
            headers={"authorization": f"Bearer {token(port, 'reden')}"},
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            assert len(json.load(answer)["items"]) == 1
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=15)


def test_a_taken_port_is_one_sentence_and_makes_no_home(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        said = refuse(tmp_path / "new", port)
    assert f"Port {port} is taken" in said
    assert not (tmp_path / "new").exists()


def test_a_home_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    assert "cannot be read and written" in refuse(tmp_path / "file", free_port())


def test_an_unreadable_home_is_refused(tmp_path: Path) -> None:
    if os.geteuid() == 0:
        # Root reads everything: the check is then that of the folder's own version file.
        (tmp_path / "postgres").mkdir()
        (tmp_path / "postgres" / "PG_VERSION").mkdir()
    else:
        tmp_path.chmod(0o000)
    try:
        with pytest.raises(PostgresRefused, match=r"cannot be read"):
            EmbeddedPostgres(tmp_path)
    finally:
        tmp_path.chmod(0o700)


@pytest.mark.parametrize(("major", "age"), [("19", "newer"), ("17", "older")])
def test_a_cluster_of_another_postgresql_is_refused_and_left_alone(tmp_path: Path, major: str, age: str) -> None:
    folder = tmp_path / "postgres"
    folder.mkdir()
    (folder / "PG_VERSION").write_text(major)
    with pytest.raises(PostgresRefused, match=f"{age} PostgreSQL {major}"):
        EmbeddedPostgres(tmp_path)
    assert [path.name for path in folder.iterdir()] == ["PG_VERSION"]


def test_a_folder_that_is_no_cluster_is_refused(tmp_path: Path) -> None:
    (tmp_path / "postgres").mkdir()
    (tmp_path / "postgres" / "photo.jpg").write_bytes(b"")
    with pytest.raises(PostgresRefused, match="not a PostgreSQL data folder"):
        EmbeddedPostgres(tmp_path)


async def test_a_database_of_a_newer_havn_is_refused_and_left_alone(used_home: Path) -> None:
    import asyncpg

    server = EmbeddedPostgres(used_home)
    address = server.url.replace("/postgres?", "/havn_referrals?")
    try:
        connection = await asyncpg.connect(address)
        await connection.execute("UPDATE alembic_version SET version_num = '9999'")
        said = refuse(used_home, free_port())
        assert "havn_referrals is at revision 9999, newer than this Havn" in said
        assert await connection.fetchval("SELECT version_num FROM alembic_version") == "9999"
        await connection.execute("UPDATE alembic_version SET version_num = $1", head_of("referrals"))
        await connection.close()
    finally:
        server.stop()


def test_production_refuses_to_start_on_the_defaults(tmp_path: Path) -> None:
    said = refuse(tmp_path / "new", free_port(), HAVN_ENV="production")
    assert "Production needs HAVN_DATABASE_URL, HAVN_ISSUERS" in said
    assert not (tmp_path / "new").exists()


def test_a_mistyped_setting_is_named(tmp_path: Path) -> None:
    assert "HAVN_PORT" in refuse(tmp_path / "new", 70000)


def test_make_is_there_for_the_first_command() -> None:
    if subprocess.run(["which", "make"], capture_output=True).returncode:
        skip_or_fail("make is not installed")
    told = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert "make run" in told
    assert "make test" in told
