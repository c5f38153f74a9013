"""P7: a shelter's day and CMM's at 100,000 placements beside 1,000, of which as many concern the night: the 95th percentile
of the calls, in one run on one server."""

import asyncio
import statistics
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg

from benchmarks.figures import Figure, spread
from benchmarks.lists import REFERRAL, Caller
from benchmarks.started import Within, havn_within
from services.accommodation.case.nights import night_of
from shared.identity.actor import Role

FEW, MANY, THERE, CALLS = 1_000, 100_000, 20, 200
GOAL = 1.5
HOUSING = "/accommodation/v1"
SHELTER = {
    "name": "Made up",
    "kind": "crisis_centre",
    "municipality": "0751",
    "address": "Made Up Lane 1",
    "secret_address": False,
    "accepts": {"genders": ["woman"]},
}
COPY = """
INSERT INTO placement (id, {names}, from_on, to_on, status)
SELECT gen_random_uuid(), {names}, from_on - {back}, from_on - {back} + {length}, '{status}'
FROM (SELECT * FROM placement ORDER BY booked_at LIMIT 1) AS p, generate_series({begin}, {end}) AS n"""


async def _arrive(havn: Within, cmm: Caller, reden: Caller) -> None:
    """Somebody who is there tonight."""
    woman = {"reference": "P1", "stated_age": 24, "gender": "woman", "citizenships": ["PHL"], "residence_basis": "visa"}
    await cmm.post("/referrals/v1/referrals", REFERRAL | {"subjects": [woman]})
    while not (case_id := await havn.database.fetchval("SELECT case_id FROM known_case WHERE authority IS NOT NULL")):
        await asyncio.sleep(0.1)
    now = datetime.now(UTC)
    tonight = night_of(now).isoformat()
    facility = (await reden.post(f"{HOUSING}/facilities", SHELTER))["facility_id"]
    place = (await reden.post(f"{HOUSING}/facilities/{facility}/places", {"label": "1"}))["place_id"]
    approval = {"supervision": "socialtilsyn-midt", "reference": "made up", "valid_from": "2026-01-01"}
    await cmm.post(f"{HOUSING}/facilities/{facility}/approvals", approval)
    request = await cmm.post(f"{HOUSING}/placement-requests", {"case_id": str(case_id), "from_on": tonight})
    held = {"place_id": place, "expires_at": (now + timedelta(hours=1)).isoformat()}
    offer = await cmm.post(f"{HOUSING}/placement-requests/{request['request_id']}/offers", held)
    accepted = await reden.post(f"{HOUSING}/offers/{offer['offer_id']}/accept", {})
    await reden.post(f"{HOUSING}/placements/{accepted['placement_id']}/arrive", {})


async def _copies(database: "asyncpg.Connection[Any]", begin: int, end: int, *, status: str) -> None:
    """More placements like the first: those who left, each a day earlier than the one before, or who are there."""
    has_left = status == "left"
    rows = await database.fetch(
        "SELECT column_name FROM information_schema.columns WHERE table_name = 'placement'"
        " AND column_name <> ALL ('{id,from_on,to_on,status}')"
    )
    names = ", ".join(row["column_name"] for row in rows)
    back, length = ("(5 + n % 3000)", "3") if has_left else ("(n % 9)", "30")
    text = COPY.format(names=names, back=back, length=length, begin=begin, end=end, status=status)
    await database.execute(text)


async def _p95(caller: Caller, path: str) -> float:
    took = []
    for number in range(CALLS + 20):
        started = time.perf_counter()
        page = await caller.get(path)
        assert len(page["items"]) == THERE, len(page["items"])
        if number >= 20:
            took.append((time.perf_counter() - started) * 1000)
    return statistics.quantiles(took, n=20)[-1]


async def _run(home: Path) -> list[Figure]:
    async with havn_within(home, "accommodation") as havn:
        issuer = havn.development.issuer
        cmm, reden = (
            Caller(havn.client, issuer.token(org, roles=[Role.CASEWORKER, Role.FACILITY_MANAGER]))
            for org in ("cmm", "reden")
        )
        await _arrive(havn, cmm, reden)
        await _copies(havn.database, 2, THERE, status="arrived")
        path = f"{HOUSING}/placements?on={night_of(datetime.now(UTC))}&purpose=accommodation"
        found: dict[int, list[float]] = {}
        for before, size in ((THERE, FEW), (FEW, MANY)):
            await _copies(havn.database, before + 1, size, status="left")
            await havn.database.execute("ANALYZE placement")
            found[size] = [await _p95(caller, path) for caller in (cmm, reden)]
            print(f"P7  {size:,} placements: {', '.join(f'{each:.1f} ms' for each in found[size])}", flush=True)
    ratios = [many / few for many, few in zip(found[MANY], found[FEW], strict=True)]
    return [Figure("P7", f"p95 of a day at {MANY:,} placements", f"the same at {FEW:,}", spread(ratios), f"<= {GOAL}")]


def main() -> list[Figure]:
    with tempfile.TemporaryDirectory(prefix="havn-days-") as folder:
        return asyncio.run(_run(Path(folder)))
