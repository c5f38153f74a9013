"""Finding people: precision and recall on 10,000 made-up people as somebody else types them in, and among them people whose names
are written in another script than they are sought in; and how the time of a search grows from 1,000 to 100,000 people."""

import asyncio
import math
import random
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx

from benchmarks.figures import Figure
from benchmarks.people import ON, SLIPS, Person, person, retyped
from benchmarks.scripts import PEOPLE, STRANGERS, WrittenTwice, spelt, written_twice
from benchmarks.started import havn_within
from services.identification.case.schemas import CasePerson
from services.identification.finding import names
from services.identification.finding.likeness import Known, compare
from services.identification.finding.search import LEAST_SHOWN, tokens_of
from services.identification.questions.domain import LEAST_ASKED
from shared.data.vault import DataKey, Vault
from shared.identity.actor import Role
from shared.runtime.platform import Platform

SIZES = (1_000, 10_000, 100_000)
JUDGED, QUERIES, TIMED = 10_000, 500, 150
PER_SCRIPT, QUERIES_PER_SCRIPT = 200, 80
GOAL = 0.2
OPENING = {
    "channel": "outreach",
    "occurred_at": "2026-03-02T09:30:00+01:00",
    "municipality": "0751",
    "reason": "Met.",
    "person": {"reference": "P01", "stated_age": 24},
}
Found = list[dict[str, Any]]


class Caller:
    """CMM, over HTTP within the process."""

    def __init__(self, client: httpx.AsyncClient, token: str) -> None:
        self._client = client
        self._headers = {"authorization": f"Bearer {token}"}

    async def open(self) -> UUID:
        headers = self._headers | {"idempotency-key": str(uuid4())}
        opened = await self._client.post("/identification/v1/cases", json=OPENING, headers=headers)
        assert opened.status_code == 201, opened.text
        return UUID(opened.json()["case_id"])

    async def search(self, sought: dict[str, Any]) -> Found:
        path = "/identification/v1/persons/search?purpose=identification"
        answer = await self._client.post(path, json=sought | {"limit": 100}, headers=self._headers)
        assert answer.status_code == 200, answer.text
        found: Found = answer.json()["items"]
        return found


async def _store(
    database: "asyncpg.Connection[Any]", platform: Platform, model: UUID, people: Sequence[Person | WrittenTwice]
) -> Any:
    """Cases of these people, past the front door: each sealed under a key of its own, as the service does it."""
    vault, now = Vault(platform.ring), platform.clock.now()
    like = dict((await database.fetch("SELECT * FROM case_file WHERE id = $1", model))[0])
    keys, cases, tokens, ids = [], [], [], []
    fold, names.fold = names.fold, cache(names.fold)  # only while storing: the same names come again and again
    for one in people:
        case_id, secret = uuid4(), random.randbytes(32)
        described = CasePerson.model_validate(one.recorded)
        sealed = DataKey(case_id, secret).seal(described, table="case_file", column="person", row=case_id)
        keys.append((case_id, *vault.wrap(case_id, secret), now))
        cases.append(tuple((like | {"id": case_id, "person": sealed, "opening": None}).values()))
        tokens += [(token, case_id) for token in tokens_of(vault, described, now=now)]
        ids.append(case_id)
    names.fold = fold
    columns = ["owner_id", "wrapped", "wrapped_by", "created_at"]
    await database.copy_records_to_table("data_key", records=keys, columns=columns)
    await database.copy_records_to_table("case_file", records=cases, columns=list(like))
    parties = [(case_id, "cmm", "centre", datetime.now(UTC)) for case_id in ids]
    await database.copy_records_to_table("case_party", records=parties, columns=["case_id", "org", "part", "since"])
    await database.copy_records_to_table("search_token", records=sorted(tokens), columns=["token", "case_id"])
    return ids


async def _time(caller: Caller, people: Sequence[Person], chance: random.Random) -> list[float]:
    """Milliseconds of each search, after a warm-up."""
    took = []
    for turn in range(TIMED + 30):
        sought, _ = retyped(chance.choice(people), chance)
        started = time.perf_counter()
        await caller.search(sought)
        if turn >= 30:
            took.append((time.perf_counter() - started) * 1000)
    return took


async def _judge(caller: Caller, people: Sequence[Person], ids: Sequence[UUID], chance: random.Random) -> None:
    """Precision and recall, and which slips were overcome, at the scores at which people are asked about and shown."""
    answers = []
    for number in chance.sample(range(len(people)), QUERIES):
        sought, slips = retyped(people[number], chance)
        answers.append((str(ids[number]), slips, await caller.search(sought)))
    print(f"\nFinding: {QUERIES:,} of {len(people):,} people as somebody else types them in, without their numbers")
    for least in sorted({LEAST_SHOWN, 0.5, LEAST_ASKED, 0.7, 0.8}):
        name = {LEAST_SHOWN: "shown to who searches", LEAST_ASKED: "asked about as questions"}.get(least, "")
        proposed = [[item["case_id"] for item in found if item["score"] >= least] for _, _, found in answers]
        right = sum(who in ids for (who, _, _), ids in zip(answers, proposed, strict=True))
        shown = sum(map(len, proposed))
        print(
            f"  {name:26} score >= {least}   recall {right / QUERIES:.3f}   precision {right / max(1, shown):.3f}   "
            f"{shown / QUERIES:.1f} a search"
        )
    first = sum(bool(found) and found[0]["case_id"] == who for who, _, found in answers)
    print(f"  the right one comes first: {first / QUERIES:.3f}")
    tried, found_by = Counter[str](), Counter[str]()
    for who, slips, found in answers:
        tried.update(slips)
        found_by.update(slips if who in {item["case_id"] for item in found} else ())
    for slip in SLIPS:
        print(f"  {slip:26} shown {found_by[slip] / tried[slip]:.3f} of {tried[slip]}")


async def _judge_scripts(
    caller: Caller, people: Sequence[WrittenTwice], ids: Sequence[UUID], chance: random.Random
) -> None:
    """Of each script: recorded in one writing and sought in the other, by name alone, whatever the way; and as a measure the same
    people recorded and sought in Latin letters."""
    print(
        f"\nAcross scripts: {QUERIES_PER_SCRIPT} searches of each, by name alone, among {len(people) + JUDGED:,} people"
    )
    for kind in dict.fromkeys(one.kind for one in people):
        of_kind = [(str(case_id), one) for case_id, one in zip(ids, people, strict=True) if one.kind == kind]
        right, shown, first, took = 0, 0, 0, []
        for case_id, one in chance.sample(of_kind, QUERIES_PER_SCRIPT):
            begun = time.perf_counter()
            found = await caller.search(one.sought)
            took.append((time.perf_counter() - begun) * 1000)
            right += case_id in {item["case_id"] for item in found}
            shown += len(found)
            first += bool(found) and case_id in {
                item["case_id"] for item in found if item["score"] == found[0]["score"]
            }
        print(
            f"  {kind:28} recall {right / QUERIES_PER_SCRIPT:.3f}   precision {right / max(1, shown):.3f}   "
            f"first {first / QUERIES_PER_SCRIPT:.3f}   median {statistics.median(took):5.1f} ms"
        )
    _tell_strangers()


def _tell_strangers() -> None:
    """How many names that resemble another pass for it, written in its script and written in Latin letters."""
    print("  names that resemble another and pass for it, of how many:")
    for script, pairs in STRANGERS.items():
        usual = dict(spelt(PEOPLE[script][0]))
        as_written, as_usual = 0, 0
        for written, (other,) in spelt(pairs):
            as_written += passes_for(other, written)
            as_usual += any(passes_for(other, latin) for latin in usual[written])
        print(f"    {script:12} {as_written} as it is written, {as_usual} in Latin letters, of {len(spelt(pairs))}")


def passes_for(one: str, other: str) -> bool:
    """Whether two given names would be asked about, had they the same family name."""
    first, second = (Known.of(CasePerson(given_name=name, family_name="Xu"), on=ON) for name in (one, other))  # type: ignore[arg-type]
    return compare(first, second).score >= LEAST_ASKED


async def _run(home: Path) -> list[Figure]:
    chance = random.Random(20260302)
    people: list[Person] = []
    ids: list[UUID] = []
    times: dict[int, list[float]] = {}
    async with havn_within(home, "identification") as havn:
        token = havn.development.issuer.token("cmm", roles=[Role.CASEWORKER])
        caller = Caller(havn.client, token)
        model = await caller.open()
        for size in SIZES:
            while len(people) < size:
                batch = [person(chance) for _ in range(min(10_000, size - len(people)))]
                people += batch
                ids += await _store(havn.database, havn.application.platform, model, batch)
            await havn.database.execute("VACUUM ANALYZE")
            times[size] = await _time(caller, people, chance)
            print(f"{size:,} people: median {statistics.median(times[size]):.1f} ms", flush=True)
            if size == JUDGED:
                await _judge(caller, people, ids, chance)
                others = written_twice(PER_SCRIPT, chance)
                stored = await _store(havn.database, havn.application.platform, model, others)
                await havn.database.execute("VACUUM ANALYZE")
                await _judge_scripts(caller, others, stored, chance)
    return _tell(times)


def _tell(times: dict[int, list[float]]) -> list[Figure]:
    print(f"\nTime of a search, milliseconds over {TIMED} calls (goal of the growth exponent: {GOAL})")
    for size, took in times.items():
        print(
            f"  {size:9,} people   median {statistics.median(took):6.1f}   p95 {statistics.quantiles(took, n=20)[-1]:6.1f}"
        )
    few, many = (statistics.median(times[size]) for size in (SIZES[0], SIZES[-1]))
    exponent = math.log(many / few) / math.log(SIZES[-1] / SIZES[0])
    what = f"growth exponent of a search, {SIZES[0]:,} to {SIZES[-1]:,} people"
    return [Figure("finding", what, "", f"**{exponent:.2f}**", f"<= {GOAL}")]


def main() -> list[Figure]:
    with tempfile.TemporaryDirectory(prefix="havn-finding-") as folder:
        return asyncio.run(_run(Path(folder)))
