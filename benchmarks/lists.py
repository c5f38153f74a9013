"""Lists and status at 100,000 cases beside the same at 1,000: the ratio of the 95th percentiles, in one run on one server."""

import asyncio
import hashlib
import statistics
import tempfile
import time
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx

from benchmarks.figures import Figure, spread
from benchmarks.started import havn_within
from shared.identity.actor import Role

FEW, MANY, CALLS = 1_000, 100_000, 400
GOAL = 1.5
CASES = "/identification/v1/cases"
DISTRICT = "politi-fyn"
REFERRAL = {
    "kind": "identification",
    "channel": "police_operation",
    "occurred_at": "2026-03-02T09:30:00+01:00",
    "municipality": "0751",
    "reason": "Passports held.",
    "subjects": [
        {"reference": "P01", "stated_age": 24, "citizenships": ["PHL"], "residence_basis": "residence_permit"}
    ],
}
# What hangs on a case, parents first.
TABLES = ("case_file", "case_party", "case_referral", "interview", "recommendation", "decision", "period", "deadline")


class Caller:
    """An organisation, over HTTP within the process."""

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


async def one_case(caller: Caller, database: "asyncpg.Connection[Any]") -> UUID:
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


async def copy(database: "asyncpg.Connection[Any]", case_id: UUID, numbers: range) -> None:
    """Copies of everything that hangs on the case, past the front door."""
    for table in TABLES:
        of_case = "id" if table == "case_file" else "case_id"
        found = await database.fetch(f"SELECT * FROM {table} WHERE {of_case} = $1", case_id)
        rows = [row for row in found if row.get("org") != DISTRICT]  # it has fifty, however many there are
        if not rows:
            continue

        def copies(rows: list[Any] = rows) -> Iterator[tuple[Any, ...]]:
            return (tuple(_another(value, number) for value in row.values()) for number in numbers for row in rows)

        await database.copy_records_to_table(table, records=copies(), columns=list(rows[0].keys()))
        print(f"  {table}: {len(numbers) * len(rows):,} rows", flush=True)


async def share_out(database: "asyncpg.Connection[Any]") -> None:
    """US decides two of five cases, the police of one district referred the newest fifty, and every case has its history."""
    numbered = "SELECT id, row_number() OVER (ORDER BY opened_at DESC) AS number FROM case_file"
    await database.execute(
        f"UPDATE case_party SET part = CASE WHEN number % 5 < 2 THEN 'authority' ELSE 'removal' END"
        f" FROM ({numbered}) AS f WHERE case_id = f.id AND org = 'us'"
    )
    await database.execute(
        f"INSERT INTO case_party (case_id, org, part, since) SELECT id, '{DISTRICT}', 'referrer', now()"
        f" FROM ({numbered}) AS f WHERE number <= 50"
        " ON CONFLICT DO NOTHING"
    )
    await database.execute(
        "INSERT INTO event_history (key, sequence, type, occurred_at, actor_org, payload)"
        " SELECT f.id::text, h.sequence, h.type, h.occurred_at, h.actor_org, h.payload"
        " FROM (SELECT DISTINCT ON (sequence) * FROM event_history ORDER BY sequence, position) AS h, case_file AS f"
        " WHERE NOT EXISTS (SELECT FROM event_history t WHERE t.key = f.id::text)"
    )
    await database.execute("VACUUM ANALYZE")  # what PostgreSQL would do beside the first calls, and only of many


async def _p95(caller: Caller, paths: list[str]) -> float:
    """Milliseconds below which 95 of 100 calls stay, after a warm-up."""
    took = []
    for turn in range(CALLS + 40):
        started = time.perf_counter()
        await caller.get(paths[turn % len(paths)])
        if turn >= 40:
            took.append((time.perf_counter() - started) * 1000)
    return statistics.quantiles(took, n=20)[-1]


async def _measure(callers: Mapping[str, Caller], database: "asyncpg.Connection[Any]") -> dict[str, float]:
    """By organisation and question."""
    some = await database.fetch("SELECT id FROM case_file TABLESAMPLE bernoulli (10) ORDER BY random() LIMIT 50")
    last = await database.fetchval("SELECT event_id FROM event_history ORDER BY position DESC OFFSET 300 LIMIT 1")
    status = [f"/cases/{row['id']}/status?purpose=identification" for row in some]
    asked = {
        ("cmm", "cases"): ["/cases"],
        ("cmm", "cases, decided"): ["/cases?status=decided"],
        ("cmm", "cases, none of that status"): ["/cases?status=closed"],
        ("cmm", "status"): status,
        ("cmm", "deadlines"): ["/deadlines?until=2026-12-31"],
        ("cmm", "deadlines, none of that kind"): ["/deadlines?kind=custody"],
        ("cmm", "events, the newest"): [f"/events?after={last}"],
        ("us", "cases"): ["/cases"],
        ("us", "deadlines"): ["/deadlines?until=2026-12-31"],
        (DISTRICT, "cases"): ["/cases"],
        (DISTRICT, "deadlines"): ["/deadlines"],
        (DISTRICT, "events, from the beginning"): ["/events"],
        ("anklagemyndigheden", "cases"): ["/cases"],
    }
    return {
        f"{org}: {what}": await _p95(callers[org], [f"/identification/v1{path}" for path in paths])
        for (org, what), paths in asked.items()
    }


async def _run(home: Path) -> list[Figure]:
    async with havn_within(home, "identification") as havn:
        issuer = havn.development.issuer
        callers = {
            org: Caller(havn.client, issuer.token(org, roles=[Role.CASEWORKER, Role.DECIDER]))
            for org in ("cmm", "us", DISTRICT, "anklagemyndigheden")
        }
        case_id = await one_case(callers["cmm"], havn.database)
        figures = {}
        for before, size in ((1, FEW), (FEW, MANY)):
            print(f"{size:,} cases ...", flush=True)
            await copy(havn.database, case_id, range(before, size))
            await share_out(havn.database)
            figures[size] = await _measure(callers, havn.database)
    return _tell(figures)


def _tell(figures: dict[int, dict[str, float]]) -> list[Figure]:
    print(f"\nLists and status: 95th percentile of {CALLS} calls, milliseconds")
    ratios = {name: figures[MANY][name] / few for name, few in figures[FEW].items()}
    for name, each in ratios.items():
        few, many = figures[FEW][name], figures[MANY][name]
        print(f"  {name:38} {FEW:,} cases {few:6.1f}   {MANY:,} cases {many:6.1f}   ratio {each:.2f}")
    what = f"p95 of {len(ratios)} lists and a status at {MANY:,} cases"
    return [Figure("lists", what, f"the same at {FEW:,}", spread(ratios.values()), f"<= {GOAL} each")]


def main() -> list[Figure]:
    with tempfile.TemporaryDirectory(prefix="havn-lists-") as folder:
        return asyncio.run(_run(Path(folder)))
