"""An earlier Havn, with people in it, becomes this one: its databases are migrated while it runs, it goes on working on them,
and then this one takes over.

    python -m tools.upgrade_check REF     says what it does, with seconds; status 0 if all of it was so

REF is a commit or tag of this repository: the release that is to be replaced, started from its own files with its own lock
(make upgrade-test SINCE=REF)."""

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.started import havn_at
from shared.data.embedded import EmbeddedPostgres
from tests.journeys.processes import free_ports
from tools.restore_drill import Rows, rows
from tools.shown import git, write_down

ROOT = Path(__file__).parents[1]
PLUMBING = {"outbox", "client_rate", "client_miss", "idempotency", "alembic_version"}
"""What is emptied by itself, or changes with every migration."""


class UpgradeFailed(Exception):
    """The earlier Havn did not become this one, or did not go on meanwhile."""


class Upgrade:
    """One upgrade, in a folder of its own."""

    def __init__(self, ref: str, folder: Path) -> None:
        self.ref, self.home, self.earlier = ref, folder / "home", folder / "earlier"
        self.began = time.monotonic()
        for each in (self.home, self.earlier):
            each.mkdir(parents=True)

    def say(self, what: str) -> None:
        print(f"{time.monotonic() - self.began:5.1f} s  {what}", flush=True)

    def run(self) -> str:
        """All of it; what was seen. Raises UpgradeFailed."""
        commit = self._fetch()
        server = EmbeddedPostgres(self.home)
        try:
            return self._upgrade(server.url, commit)
        finally:
            server.stop()

    def _upgrade(self, url: str, commit: str) -> str:
        (port,) = free_ports(1)
        with havn_at(port, home=str(self.home), database_url=url, folder=self.earlier):
            havn(self.earlier, "demo", home=self.home, port=port)
            self.say(f"a story was played in {self.ref} ({commit})")
            # Whoever serves is not disturbed by the migration: what it does afterwards it does on the new tables.
            said = havn(ROOT, "migrate", home=self.home, url=url).strip()
            before = asyncio.run(rows(url))
            self.say(f"migrated under it: {said}")
            havn(self.earlier, "demo", home=self.home, port=port)
            self.say("and another one in it, on the migrated databases")
            between = asyncio.run(rows(url))
        with havn_at(port, home=str(self.home), database_url=url):
            havn(ROOT, "demo", home=self.home, port=port)
            self.say("this Havn took over, and a story was played in it")
            after = asyncio.run(rows(url))
        if fewer := [*lost(before, between), *lost(between, after)]:
            raise UpgradeFailed(f"rows are gone: {', '.join(fewer)}")
        checked = havn(ROOT, "events", "check", home=self.home, url=url).strip()
        self.say(checked)
        letters = havn(ROOT, "dead-letters", "list", home=self.home, url=url).strip()
        if letters != "No dead letters.":
            raise UpgradeFailed(f"events could not be handled: {letters}")
        return f"from {commit}, {sum(count for count, _ in before.values())} rows in {len(before)} tables; {checked}"

    def _fetch(self) -> str:
        """The earlier Havn's files and its own environment; which commit it is."""
        found = git("rev-parse", "--short", "--verify", f"{self.ref}^{{commit}}", root=ROOT)
        if found.returncode:
            raise UpgradeFailed(f"there is no {self.ref} here: {found.stderr.strip()}")
        commit = found.stdout.strip()
        packed = subprocess.run(["git", "archive", commit], cwd=ROOT, capture_output=True, check=True).stdout
        subprocess.run(["tar", "-x"], cwd=self.earlier, input=packed, check=True)
        made = subprocess.run(["make", ".venv/.runtime"], cwd=self.earlier, capture_output=True, text=True, check=False)
        if made.returncode:
            raise UpgradeFailed(f"the environment of {self.ref}: {made.stdout}{made.stderr}")
        self.say(f"{self.ref} is there, with what its lock names")
        return commit


def havn(folder: Path, *command: str, home: Path, port: int = 8000, url: str = "") -> str:
    """What the command of the Havn in that folder says. Raises UpgradeFailed where it fails."""
    environment = os.environ | {"HAVN_HOME": str(home), "HAVN_PORT": str(port), "HAVN_DATABASE_URL": url}
    program = folder / ".venv" / "bin" / "havn"
    ended = subprocess.run(
        [program, *command], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    if ended.returncode:
        raise UpgradeFailed(f"havn {' '.join(command)} in {folder}: {ended.stdout}{ended.stderr}")
    return ended.stdout


def lost(before: Rows, after: Rows) -> list[str]:
    """The tables that have fewer rows than before, or are no more. What is emptied by itself is not asked."""
    kept = {name: count for name, (count, _) in before.items() if name.split()[-1] not in PLUMBING}
    return [name for name, count in kept.items() if after.get(name, (0, ""))[0] < count]


@contextmanager
def folder_apart() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="havn-upgrade-") as folder:
        # Whom PostgreSQL runs as must come through.
        Path(folder).chmod(0o755)
        yield Path(folder)


def main(arguments: list[str]) -> int:
    if len(arguments) != 1:
        print("From which release? python -m tools.upgrade_check REF, for example a tag.", file=sys.stderr)
        return 2
    with folder_apart() as folder:
        try:
            found = Upgrade(arguments[0], folder).run()
        except UpgradeFailed as failed:
            print(f"FAILED: {failed}", file=sys.stderr)
            return 1
    write_down(163, found)
    print("upgrade-check passed")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
