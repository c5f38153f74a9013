"""Whether the time of an answer tells that somebody is known: referrals that carry a number somebody in Havn has, and referrals
that carry one nobody has, in turns of one run. The two lots of times must not be told apart (Kolmogorov and Smirnov)."""

import json
import math
import os
import random
import statistics
import tempfile
import time
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import uuid4

from benchmarks.figures import Figure
from benchmarks.started import havn_at, token_for
from shared.data.embedded import EmbeddedPostgres

PORT = 18302
SAMPLES = int(os.environ.get("HAVN_SAMPLES", "2000"))
NUMBERS_OF_A_PERSON = 20
LEAST_P = 0.01
ORIGIN = f"http://127.0.0.1:{PORT}"


def main() -> list[Figure]:
    with tempfile.TemporaryDirectory(prefix="havn-known-") as home:
        server = EmbeddedPostgres(Path(home))
        try:
            with havn_at(PORT, home=home, database_url=server.url):
                return _measure()
        finally:
            server.stop()


def _refer(token: str, numbers: Sequence[str]) -> float:
    """How many seconds the answer takes to a referral of somebody with these numbers."""
    subject = {"reference": "P1", "identifiers": [{"type": "passport", "value": number} for number in numbers]}
    body: dict[str, Any] = {
        "kind": "identification",
        "channel": "outreach",
        "occurred_at": "2026-03-02T09:30:00+01:00",
        "reason": "Met on the street.",
        "subjects": [subject],
    }
    headers = {
        "authorization": f"Bearer {token}",
        "content-type": "application/json",
        "idempotency-key": str(uuid4()),
    }
    request = urllib.request.Request(f"{ORIGIN}/referrals/v1/referrals", json.dumps(body).encode(), headers)
    started = time.perf_counter()
    with urllib.request.urlopen(request) as answer:
        answer.read()
    return time.perf_counter() - started


def _measure() -> list[Figure]:
    known = [f"TH{number:07}" for number in range(SAMPLES // 2)]
    unknown = [f"NG{number:07}" for number in range(SAMPLES // 2)]
    cmm = token_for("cmm", ORIGIN)
    for first in range(0, len(known), NUMBERS_OF_A_PERSON):
        _refer(cmm, known[first : first + NUMBERS_OF_A_PERSON])
    time.sleep(5)  # until the cases are open
    probes = [(number, True) for number in known] + [(number, False) for number in unknown]
    random.Random(1).shuffle(probes)
    police = token_for("politi-fyn", ORIGIN)
    for _ in range(50):
        _refer(police, [f"XX{random.randrange(10**7):07}"])
    times: dict[bool, list[float]] = {True: [], False: []}
    for number, is_known in probes:
        times[is_known].append(_refer(police, [number]))
    p = probability_of_one_kind(times[True], times[False])
    for is_known, name in ((True, "a number that is known"), (False, "a number that nobody has")):
        ordered = sorted(times[is_known])
        median, p95 = statistics.median(ordered), ordered[int(len(ordered) * 0.95)]
        print(f"{name}: median {median * 1000:.2f} ms, p95 {p95 * 1000:.2f} ms, {len(ordered)} referrals")
    return [Figure("known", "p that a known number is answered as an unknown one", "", f"**{p:.3f}**", f"> {LEAST_P}")]


def probability_of_one_kind(one: Sequence[float], other: Sequence[float]) -> float:
    """How probable so great a distance between two samples is when they are of one kind: the test of Kolmogorov and Smirnov, by
    its limit for large samples."""
    ordered = sorted([(value, 0) for value in one] + [(value, 1) for value in other])
    seen, distance = [0, 0], 0.0
    for _, of in ordered:
        seen[of] += 1
        distance = max(distance, abs(seen[0] / len(one) - seen[1] / len(other)))
    effective = math.sqrt(len(one) * len(other) / (len(one) + len(other)))
    x = (effective + 0.12 + 0.11 / effective) * distance
    if x < 0.2:
        return 1.0
    total: float = 2 * sum((-1) ** (k - 1) * math.exp(-2 * (k * x) ** 2) for k in range(1, 101))
    return max(0.0, min(1.0, total))
