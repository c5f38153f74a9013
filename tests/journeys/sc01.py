"""SC01 for tests: the story that `havn demo` tells, played by a World's partners."""

from typing import Any

import httpx

from services.demo.raid import Raid
from tests.world import World

__all__ = ["PLANTED", "Story"]

PLANTED = (
    "Malee",
    "Sukhumwong",
    "1405981AB2",
    "Fourteen hours a day, passports held",
    "the blue bakery",
    "Kanok",
    "passports are kept in a safe",
    "Harbour Lane 5",
    "The night bell",
    "The whole picture",
)
"""What must never be found outside a sealed column: names, an identifier, addresses, sentences."""


class Story(Raid):
    """SC01 as far as it has been played, on this World."""

    def __init__(self, havn: World, *, sets_clock: bool = True) -> None:
        super().__init__(self._ask, sets_clock=sets_clock)
        self.havn = havn

    async def _ask(self, org: str, role: str, method: str, path: str, body: Any, **options: str) -> httpx.Response:
        partner = self.havn.partner(org, role)
        if method == "POST":
            return await partner.post(path, body, **options)
        return await (partner.put(path, body, **options) if method == "PUT" else partner.get(path))

    async def play(self) -> None:
        """All of it, up to two placed persons, and every event through."""
        await self.refer()
        await self.settle()
        await self.interview()
        await self.decide()
        await self.grant()
        await self.havn.settled()
        await self.open_shelter()
        await self.place("cmm", "P01")
        await self.place("us", "P03")
        await self.havn.settled()
