"""P7: a night's lists at 100,000 placements beside 1,000, of which the same twenty concern the night: the 95th percentiles of the
calls, in one run on one server. The others are the same people's earlier stays, each with its nights, one after the other."""

import asyncio
import os
import statistics
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from benchmarks.figures import Figure
from benchmarks.lists import REFERRAL, Caller
from benchmarks.started import Within, havn_within
from services.accommodation.case.nights import night_of
from shared.identity.actor import Role

FEW, MANY = 1_000, int(os.environ.get("HAVN_PLACEMENTS", "100000"))
THERE, CALLS, WARM = 20, 200, 20
GOAL = 1.5
HOUSING = "/accommodation/v1"
SHELTER = {
    "name": "The benchmark's",
    "kind": "crisis_centre",
    "municipality": "0751",
    "address": "Nowhere 1",
    "secret_address": True,
    "accepts": {"genders": ["woman"]},
}
# Of each who is there a stay of three nights at the same place, and another before it, and so on.
EARLIER = """
WITH earlier AS (
    SELECT p.*, gen_random_uuid() AS earlier_stay, $3::date - 5 - 3 * n AS until
    FROM placement p, generate_series($1::int, $2::int) AS n WHERE p.status = 'arrived'),
stays AS (
    INSERT INTO stay (id, place_id, case_id, during, state, is_double, shares_bed)
    SELECT earlier_stay, place_id, case_id, daterange(until - 3, until), 'left', false, false FROM earlier)
INSERT INTO placement (id, case_id, request_id, facility_id, place_id, stay_id, requested_by, payer, status, from_on, to_on,
    booked_at, arrived_at, left_at, disappeared, ending, exceptions, version)
SELECT gen_random_uuid(), case_id, request_id, facility_id, place_id, earlier_stay, requested_by, payer, 'left', until - 3, until,
    until - 4, until - 3, until, false, 'left', exceptions, version FROM earlier"""
ALONE = "SELECT count(*) FROM placement p WHERE NOT EXISTS (SELECT FROM stay s WHERE s.id = p.stay_id AND s.case_id = p.case_id)"


async def _are_there(havn: Within, cmm: Caller, reden: Caller) -> str:
    """Twenty women who are in a shelter tonight, by every step; gives the night."""
    now = datetime.now(UTC)
    tonight = night_of(now).isoformat()
    woman = {"stated_age": 24, "gender": "woman", "citizenships": ["PHL"], "residence_basis": "visa"}
    await cmm.post(
        "/referrals/v1/referrals", REFERRAL | {"subjects": [woman | {"reference": f"P{n}"} for n in range(THERE)]}
    )
    while await havn.database.fetchval("SELECT count(*) FROM known_case WHERE authority IS NOT NULL") < THERE:
        await asyncio.sleep(0.1)
    facility = (await reden.post(f"{HOUSING}/facilities", SHELTER))["facility_id"]
    approval = {"supervision": "socialtilsyn-midt", "reference": "1", "valid_from": "2026-01-01"}
    await cmm.post(f"{HOUSING}/facilities/{facility}/approvals", approval)
    for number, row in enumerate(await havn.database.fetch("SELECT case_id FROM known_case")):
        place = (await reden.post(f"{HOUSING}/facilities/{facility}/places", {"label": str(number)}))["place_id"]
        asked = {"case_id": str(row["case_id"]), "from_on": tonight}
        request = (await cmm.post(f"{HOUSING}/placement-requests", asked))["request_id"]
        held = {"place_id": place, "expires_at": (now + timedelta(hours=1)).isoformat()}
        offer = (await cmm.post(f"{HOUSING}/placement-requests/{request}/offers", held))["offer_id"]
        placement = (await reden.post(f"{HOUSING}/offers/{offer}/accept", {}))["placement_id"]
        await reden.post(f"{HOUSING}/placements/{placement}/arrive", {})
    return tonight


async def _grow(havn: Within, size: int) -> None:
    """So many placements, each with its nights."""
    of_each = await havn.database.fetchval("SELECT count(*) FROM placement") // THERE
    await havn.database.execute(EARLIER, of_each, size // THERE - 1, datetime.now(UTC).date())
    found, alone = await havn.database.fetchval("SELECT count(*) FROM placement"), await havn.database.fetchval(ALONE)
    if (found, alone) != (size, 0):
        raise RuntimeError(f"{found} placements of {size}, {alone} without their nights")
    await havn.database.execute("ANALYZE")


async def _p95(caller: Caller, path: str, expected: int) -> float:
    """Milliseconds below which 95 of 100 calls stay, after some to warm up."""
    took = []
    for number in range(CALLS + WARM):
        started = time.perf_counter()
        items: list[Any] = (await caller.get(path))["items"]
        if len(items) != expected:
            raise RuntimeError(f"{path}: {len(items)} of {expected}")
        if number >= WARM:
            took.append((time.perf_counter() - started) * 1000)
    return statistics.quantiles(took, n=20)[-1]


async def _run(home: Path) -> list[Figure]:
    async with havn_within(home, "accommodation") as havn:
        cmm, reden = (
            Caller(havn.client, havn.development.issuer.token(org, roles=[Role.CASEWORKER, Role.FACILITY_MANAGER]))
            for org in ("cmm", "reden")
        )
        tonight = await _are_there(havn, cmm, reden)
        day, used = f"{HOUSING}/placements?on={tonight}&purpose=accommodation", f"{HOUSING}/occupancy?on={tonight}"
        asked = {
            "a shelter's day": (reden, day, THERE),
            "CMM's day": (cmm, day, THERE),
            "use of capacity": (cmm, used, 1),
        }
        took: dict[str, list[float]] = {name: [] for name in asked}
        for size in (FEW, MANY):
            await _grow(havn, size)
            for name, question in asked.items():
                took[name].append(await _p95(*question))
            print(f"P7  {size:,} placements: {', '.join(f'{each[-1]:.1f} ms' for each in took.values())}", flush=True)
    return [
        Figure(
            "P7", f"p95, {name}, at {MANY:,} placements", f"the same at {FEW:,}", f"**{many / few:.2f}**", f"<= {GOAL}"
        )
        for name, (few, many) in took.items()
    ]


def main() -> list[Figure]:
    with tempfile.TemporaryDirectory(prefix="havn-days-") as folder:
        return asyncio.run(_run(Path(folder)))
