"""P9: 50 who want one place at once, asked as a server asks: one of them gets it and 49 are refused, round after round."""

import asyncio
import json
import os
import statistics
import tempfile
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import uvloop

from benchmarks.figures import Figure, spread
from benchmarks.lists import REFERRAL, Caller
from benchmarks.started import as_in_production, asking, havn_within
from shared.identity.actor import Role
from shared.runtime.running import Application

ROUNDS = int(os.environ.get("HAVN_ROUNDS", "1000"))
AT_ONCE = 50
GOAL_MS = 300
HOUSING = "/accommodation/v1"
FACILITY = {
    "name": "The benchmark's",
    "kind": "crisis_centre",
    "operator": "reden",
    "municipality": "0751",
    "address": "Nowhere 1",
    "secret_address": True,
    "accepts": {"genders": ["woman"]},
}


async def _seed(cmm: Caller, database: "asyncpg.Connection[Any]") -> tuple[str, list[str]]:
    """One place, and fifty requests for one, of as many women."""
    today = datetime.now(UTC).date()
    woman = {"stated_age": 24, "gender": "woman", "citizenships": ["PHL"], "residence_basis": "residence_permit"}
    subjects = [woman | {"reference": f"P{number}"} for number in range(AT_ONCE)]
    await cmm.post("/referrals/v1/referrals", REFERRAL | {"subjects": subjects})
    while await database.fetchval("SELECT count(*) FROM known_case WHERE authority IS NOT NULL") < AT_ONCE:
        await asyncio.sleep(0.1)
    facility = (await cmm.post(f"{HOUSING}/facilities", FACILITY))["facility_id"]
    place = (await cmm.post(f"{HOUSING}/facilities/{facility}/places", {"label": "1"}))["place_id"]
    approval = {"supervision": "socialtilsyn-midt", "reference": "1", "valid_from": today.isoformat()}
    await cmm.post(f"{HOUSING}/facilities/{facility}/approvals", approval)
    cases = [str(row["case_id"]) for row in await database.fetch("SELECT case_id FROM known_case")]
    wanted = {"from_on": today.isoformat(), "to_on": (today + timedelta(days=30)).isoformat()}
    made = [await cmm.post(f"{HOUSING}/placement-requests", wanted | {"case_id": case_id}) for case_id in cases]
    return place, [each["request_id"] for each in made]


async def _hold(application: Application, token: str, request_id: str, place: str) -> tuple[int, float, str]:
    wanted = {"place_id": place, "expires_at": (datetime.now(UTC) + timedelta(hours=1)).isoformat()}
    ask = asking(application, token, f"{HOUSING}/placement-requests/{request_id}/offers", "POST", wanted)
    started = time.perf_counter()
    status, answer = await ask()
    return status, (time.perf_counter() - started) * 1000, json.loads(answer).get("offer_id", "")


async def _run(home: Path, rounds: int) -> list[Figure]:
    took: list[float] = []
    slow: list[float] = []
    outcomes: Counter[tuple[tuple[int, int], ...]] = Counter()
    async with havn_within(home, "accommodation") as havn:
        token = havn.development.issuer.token("cmm", roles=[Role.CASEWORKER])
        place, requests = await _seed(Caller(havn.client, token), havn.database)
        operator = Caller(havn.client, havn.development.issuer.token("reden", roles=[Role.CASEWORKER]))
        with as_in_production():
            for _ in range(rounds):
                answers = await asyncio.gather(*(_hold(havn.application, token, each, place) for each in requests))
                took += [each[1] for each in answers]
                slow.append(statistics.quantiles([each[1] for each in answers], n=20)[-1])
                outcomes[tuple(sorted(Counter(each[0] for each in answers).items()))] += 1
                for offer_id in (each[2] for each in answers if each[2]):
                    await operator.post(f"{HOUSING}/offers/{offer_id}/decline", {"reason": "The next round."})
    print(
        f"\nP9  {AT_ONCE} concurrent holds on one place, {rounds:,} rounds, p95 {statistics.quantiles(took, n=20)[-1]:.0f} ms"
    )
    for outcome, number in outcomes.most_common():
        print(f"  {number:,} rounds: " + ", ".join(f"{count} x {status}" for status, count in outcome))
    won = outcomes[((201, 1), (409, AT_ONCE - 1))]
    return [
        Figure("P9", f"one 201 and {AT_ONCE - 1} of 409", "", f"**{won:,}** of {rounds:,} rounds", "all"),
        Figure(
            "P9", f"p95 of {AT_ONCE} holds on one place", "", spread(slow, unit=" ms", places=0), f"<= {GOAL_MS} ms"
        ),
    ]


def main(rounds: int = ROUNDS) -> list[Figure]:
    with tempfile.TemporaryDirectory(prefix="havn-holds-") as folder:
        return uvloop.run(_run(Path(folder), rounds))  # as Havn runs
