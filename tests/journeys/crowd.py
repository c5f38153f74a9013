"""A stream of referrals about people whom nobody knows, to keep Havn busy while something breaks."""

import asyncio
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import httpx

from tests.world import Partner


def referral(subjects: int = 2) -> dict[str, Any]:
    """A referral of so many people, none of whom has an identifier: each gets a case of her own."""
    return {
        "kind": "identification",
        "channel": "outreach",
        "occurred_at": "2026-03-02T09:30:00+01:00",
        "reason": "Met on the street; nothing more is known.",
        "subjects": [
            {
                "reference": f"P{number:02}",
                "gender": "woman",
                "citizenships": ["NGA"],
                "residence_basis": "no_legal_stay",
            }
            for number in range(1, subjects + 1)
        ],
    }


class Crowd:
    """What a partner's system sends, and what it was answered. It repeats, with the same key, what it does not know the
    end of; so a promise is a 201 that was received."""

    def __init__(self, partner: Callable[[], Partner]) -> None:
        self._partner = partner
        self.promised: list[str] = []
        self.statuses: list[int] = []

    async def refer(self, count: int, *, pause: float = 0.0) -> None:
        """Send so many referrals, one after the other; each until it was taken."""
        for number in range(count):
            await self.refer_one(subjects=1 + number % 2)
            await asyncio.sleep(pause)

    async def refer_one(self, *, subjects: int = 1) -> None:
        key, body = str(uuid4()), referral(subjects)
        while True:
            try:
                answer = await self._partner().post("/referrals/v1/referrals", body, idempotency_key=key)
            except httpx.TransportError:
                await asyncio.sleep(0.1)
                continue
            self.statuses.append(answer.status_code)
            if answer.status_code == 201:
                self.promised.append(answer.json()["referral_id"])
                return
            assert answer.status_code == 503, answer.text
            assert answer.headers["content-type"] == "application/problem+json"
            await asyncio.sleep(0.1)
