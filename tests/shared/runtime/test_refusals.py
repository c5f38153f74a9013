"""What keeps Havn from starting is said in a sentence, soon, and leaves nothing behind."""

import asyncio
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import SecretStr

from shared.data.embedded import EmbeddedPostgres, PostgresRefused
from shared.data.keys import MasterKeyMissing
from shared.dev.development import Development
from shared.kernel.settings import Settings, SettingsInvalid, read_settings
from shared.messaging import kafka
from shared.messaging.kafka import KafkaAway
from shared.runtime.platform import ConfigurationRefused
from shared.runtime.running import PortTaken, check_surroundings, take_port
from tests.shared.runtime.test_start import ROOT, environment, free_port

UP = ("-m", "services")
CLI = ("-m", "services.cli")
PATIENCE_SECONDS = 60
"""Mostly for loading Python's modules on a machine that tests share; of our own, nothing waits longer than ten seconds."""
MOST_LINES = 5
NOWHERE = "/proc/havn" if Path("/proc").is_dir() else "/dev/null/havn"
"""A home that nobody can make: root neither, whom no rights hold."""


def refused(command: tuple[str, ...], home: str | Path, **others: str) -> str:
    """What is said by a command that fails as it should."""
    ended = subprocess.run(
        [sys.executable, *command],
        cwd=ROOT,
        env=environment(Path(home), free_port(), **others),
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    said = (ended.stdout + ended.stderr).strip()
    assert ended.returncode not in {0, -9}
    assert "Traceback" not in said
    assert 0 < len(said.splitlines()) <= MOST_LINES, said
    return said


@pytest.mark.parametrize("command", [UP, (*CLI, "migrate")])
def test_a_kafka_that_is_away_is_a_sentence_and_makes_no_home(tmp_path: Path, command: tuple[str, ...]) -> None:
    said = refused(command, tmp_path / "new", HAVN_KAFKA="127.0.0.1:1")
    assert "No Kafka answers at 127.0.0.1:1" in said
    assert "HAVN_KAFKA" in said
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", [UP, (*CLI, "migrate")])
def test_a_home_that_cannot_be_made_is_a_sentence(command: tuple[str, ...]) -> None:
    said = refused(command, NOWHERE)
    assert f"The data folder {NOWHERE} cannot be read and written; mend its rights or set HAVN_HOME." in said


@pytest.mark.parametrize("command", [UP, (*CLI, "migrate")])
def test_what_keeps_havn_from_starting_is_said_before_a_service_is_loaded(command: tuple[str, ...]) -> None:
    ended = subprocess.run(
        [sys.executable, "-X", "importtime", *command],
        cwd=ROOT,
        env=environment(Path(NOWHERE), free_port()),
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    assert "shared.runtime.running" in ended.stderr
    assert "services.referrals" not in ended.stderr


def test_a_home_below_a_file_is_refused_and_the_file_stays(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("a file")
    with pytest.raises(PostgresRefused, match="cannot be read and written"):
        EmbeddedPostgres(tmp_path / "file" / "home")
    assert (tmp_path / "file").read_text() == "a file"


def test_starting_everything_takes_no_arguments(tmp_path: Path) -> None:
    said = refused((*UP, "contract"), tmp_path / "new")
    assert "takes no arguments" in said
    assert "havn --help" in said
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("command", "wrong", "status"),
    [
        ((*CLI, "migrate"), {"HAVN_KAFKA": "127.0.0.1:1"}, 1),
        ((*CLI, "migrate"), {"HAVN_MASTER_KEY": "nonsense"}, 78),
        ((*CLI, "migrate"), {"HAVN_PORT": "many"}, 78),
        (("-m", "services.stats", "worker"), {"HAVN_ENV": "production"}, 78),
    ],
)
def test_the_status_says_whether_to_try_again_is_of_use(
    tmp_path: Path, command: tuple[str, ...], wrong: dict[str, str], status: int
) -> None:
    given = environment(tmp_path / "new", free_port(), HAVN_DATABASE_URL="postgresql://127.0.0.1:1/havn", **wrong)
    ended = subprocess.run([sys.executable, *command], cwd=ROOT, env=given, capture_output=True, text=True, check=False)
    assert ended.returncode == status, ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_wrong_key_is_refused_before_anything_is_made(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "new", master_key=SecretStr("nonsense"))
    with pytest.raises(MasterKeyMissing):
        asyncio.run(check_surroundings(settings, Development(settings, {})))
    assert list(tmp_path.iterdir()) == []


def test_settings_that_no_platform_can_be_made_from_are_refused_before_anything_is_made(tmp_path: Path) -> None:
    for settings in (
        Settings(home=tmp_path / "new", issuers=tmp_path / "none.json"),
        Settings(home=tmp_path / "new"),
        Settings(home=tmp_path / "new", alerts=SecretStr("pigeon:")),
    ):
        with pytest.raises(ConfigurationRefused):
            asyncio.run(check_surroundings(settings))
    assert list(tmp_path.iterdir()) == []


async def test_what_listens_but_is_no_kafka_is_away_too(monkeypatch: pytest.MonkeyPatch) -> None:
    assert kafka.REACH_SECONDS <= 10
    monkeypatch.setattr(kafka, "REACH_SECONDS", 0.5)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        with pytest.raises(KafkaAway, match="No Kafka answers"):
            await kafka.reach_kafka(f"127.0.0.1:{silent.getsockname()[1]}")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HAVN_SERVICE_URLS", "nonsense"),
        ("HAVN_PLAIN_HTTP_HOSTS", "issuer"),
        ("HAVN_DATABASE_URL", "db.example"),
        ("HAVN_PORT", "many"),
        ("HAVN_OTLP_ENDPOINT", "otel:4318"),
        ("HAVN_CLAMD", "clamd:3310"),
        ("HAVN_RATE_LIMIT", "fast"),
    ],
)
def test_a_setting_that_cannot_be_read_is_named(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsInvalid, match=name) as refusal:
        read_settings()
    assert value not in str(refusal.value).replace(name, "")
    assert not any(word in str(refusal.value) for word in ("pattern", "Value error"))


def test_an_address_that_is_not_ours_is_not_called_taken() -> None:
    with pytest.raises(PortTaken, match=r"cannot listen at 192\.0\.2\.1"):
        take_port(Settings(host="192.0.2.1"))
