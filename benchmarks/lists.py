"""Lists and status at 100,000 cases beside the same at 1,000: the ratio of the 95th percentiles, in one run on one server."""

import asyncio
import hashlib
import statistics
import tempfile
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx

from services.everything import SERVICES
from services.referrals.directory import organisations
from shared.auth import Role
from shared.db import service_url
from shared.postgres import EmbeddedPostgres
from shared.running import migrate_all, open_house
from shared.settings import Settings

FEW, MANY, CALLS = 1_000, 100_000, 400
GOAL = 1.5
CASES = "/identification/v1/cases"
REFERRAL = {
    "kind": "identification", "channel": "police_operation", "occurred_at": "2026-03-02T09:30:00+01:00",
    "municipality": "0751", "reason": "Passports held.",
    "subjects": [{"reference": "P01", "stated_age": 24, "citizenships": ["PHL"], "residence_basis": "residence_permit"}],
}  # fmt: skip
# What hangs on a case, parents first.
TABLES = ("case_file", "case_party", "case_referral", "interview", "recommendation", "decision", "period", "deadline")


class Caller:
    """CMM, over HTTP within the process."""

    def __init__(self, client: httpx.AsyncClient, token: str) -> None:
        self._client = client
        self._headers = {"authorization": f"Bearer {token}"}

    async def get(self, path: str) -> Any:
        answer = await self._client.get(path, headers=self._headers)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def post(self, path: str, body: dict[str, Any]) -> Any:
        headers = self._headers | {"idempotency-key": str(uuid4()), "if-match": "*"}
        answer = await self._client.post(path, json=body, headers=headers)
        assert answer.status_code in (200, 201), answer.text
        return answer.json()


async def _one_case(caller: Caller, database: "asyncpg.Connection[Any]") -> UUID:
    """A case with an interview, a decision and a period, made through the front door."""
    await caller.post("/referrals/v1/referrals", REFERRAL)
    while not (made := await database.fetchval("SELECT id FROM case_file LIMIT 1")):
        await asyncio.sleep(0.05)
    path = f"{CASES}/{made}"
    await caller.post(f"{path}/interviews", {"held_at": "2026-03-03T10:00:00+01:00"})
    await caller.post(f"{path}/recommendation", {"outcome": "assessed_trafficked", "reasons": "The whole picture."})
    decision = {"authority": "CMM", "outcome": "assessed_trafficked", "decided_on": "2026-03-09"}
    await caller.post(f"{path}/decisions", decision)
    await caller.post(f"{path}/periods", {"requested_on": "2026-03-09"})
    return UUID(str(made))


def _another(value: Any, number: int) -> Any:
    """The value for the case's copy of that number: ids are its own, and it was opened another minute."""
    if isinstance(value, UUID):
        return UUID(bytes=hashlib.md5(f"{number}|{value}".encode(), usedforsecurity=False).digest())
    if isinstance(value, datetime):
        return value - timedelta(minutes=number)
    return value


async def _copy(database: "asyncpg.Connection[Any]", case_id: UUID, numbers: range) -> None:
    """Copies of everything that hangs on the case, past the front door."""
    for table in TABLES:
        of_case = "id" if table == "case_file" else "case_id"
        rows = await database.fetch(f"SELECT * FROM {table} WHERE {of_case} = $1", case_id)
        if not rows:
            continue

        def copies(rows: list[Any] = rows) -> Iterator[tuple[Any, ...]]:
            return (tuple(_another(value, number) for value in row.values()) for number in numbers for row in rows)

        await database.copy_records_to_table(table, records=copies(), columns=list(rows[0].keys()))
        print(f"  {table}: {len(numbers) * len(rows):,} rows", flush=True)


async def _p95(caller: Caller, paths: list[str]) -> float:
    """Milliseconds below which 95 of 100 calls stay, after a warm-up."""
    took = []
    for turn in range(CALLS + 40):
        started = time.perf_counter()
        await caller.get(paths[turn % len(paths)])
        if turn >= 40:
            took.append((time.perf_counter() - started) * 1000)
    return statistics.quantiles(took, n=20)[-1]


async def _measure(caller: Caller, case_id: UUID, size: int) -> dict[str, float]:
    step = max(1, size // 50)
    some = [_another(case_id, number) for number in range(1, size, step)]
    return {
        "list of 50": await _p95(caller, [f"{CASES}?limit=50"]),
        "list of 50, decided": await _p95(caller, [f"{CASES}?limit=50&status=decided"]),
        "status": await _p95(caller, [f"{CASES}/{each}/status?purpose=identification" for each in some]),
        "deadlines": await _p95(caller, ["/identification/v1/deadlines?limit=50&until=2026-12-31"]),
    }


async def _run(home: Path) -> None:
    server = EmbeddedPostgres(home)
    settings = Settings(home=home, sweep_seconds=3600)
    known = {entry.id: entry.kind for entry in organisations()}
    try:
        await migrate_all([service.name for service in SERVICES], settings, server.url)
        url = service_url(server.url, "identification").set(drivername="postgresql")
        database = await asyncpg.connect(url.render_as_string(hide_password=False))
        async with open_house(SERVICES, settings, server.url, organisations=known) as house:
            assert house.platform.dev_issuer
            token = house.platform.dev_issuer.token("cmm", roles=[Role.CASEWORKER, Role.DECIDER])
            transport = httpx.ASGITransport(house.front)
            async with httpx.AsyncClient(transport=transport, base_url="http://havn", timeout=60) as client:
                caller = Caller(client, token)
                case_id = await _one_case(caller, database)
                figures = {}
                for before, size in ((1, FEW), (FEW, MANY)):
                    print(f"{size:,} cases ...", flush=True)
                    await _copy(database, case_id, range(before, size))
                    await database.execute("ANALYZE")
                    figures[size] = await _measure(caller, case_id, size)
        await database.close()
    finally:
        server.stop()
    _tell(figures)


def _tell(figures: dict[int, dict[str, float]]) -> None:
    print(f"\nLists and status: 95th percentile of {CALLS} calls, milliseconds (goal of the ratio: {GOAL})")
    for name, few in figures[FEW].items():
        many = figures[MANY][name]
        print(f"  {name:20} {FEW:,} cases {few:7.1f}   {MANY:,} cases {many:7.1f}   ratio {many / few:.2f}")


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="havn-lists-") as folder:
        asyncio.run(_run(Path(folder)))
