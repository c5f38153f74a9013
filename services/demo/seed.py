"""`havn up --seed`: the raid of SC01 in a Havn that is new, moved so that it ends now and needs no clock of its own."""

import re
from collections.abc import Callable
from datetime import date, datetime, time
from typing import Any, Final

import httpx

from services.demo.facilities import open_facilities
from services.demo.raid import Ask, Raid
from shared.kernel.clock import COPENHAGEN

END_OF_SC01: Final = datetime(2026, 3, 9, 18, 0, tzinfo=COPENHAGEN)


async def seed(ask: Ask, now: Callable[[], datetime]) -> Raid:
    """Play the raid up to two placed persons; `now` says what time it is. Gives the raid, by whose ids all of it is found.

    Raises StepFailed where an answer is another than the story's."""

    async def ask_now(
        organisation: str, role: str, method: str, path: str, body: Any, **options: str
    ) -> httpx.Response:
        return await ask(organisation, role, method, path, moved(body, now()), **options)

    raid = Raid(ask_now, sets_clock=False)
    await raid.refer()
    await raid.settle()
    await raid.interview()
    await raid.decide()
    await raid.grant()
    await raid.figure(year=now().astimezone(COPENHAGEN).year)
    await raid.open_shelter()
    await raid.place("cmm", "P01")
    await raid.place("us", "P03")
    await open_facilities(raid)
    return raid


def moved(said: Any, now: datetime) -> Any:
    """The same, with every day and moment moved so that SC01 ends now."""
    now = now.astimezone(COPENHAGEN)
    match said:
        case dict():
            return {name: moved(value, now) for name, value in said.items()}
        case list():
            return [moved(value, now) for value in said]
        case str() if re.fullmatch(r"\d{4}-\d\d-\d\d", said):
            return (date.fromisoformat(said) + (now.date() - END_OF_SC01.date())).isoformat()
        case str() if re.fullmatch(r"\d{4}-\d\d-\d\dT.*", said):
            moment = datetime.fromisoformat(said).astimezone(COPENHAGEN)
            # Shortly after midnight the hours before now are yesterday's; what is said of a day stays on it.
            day = datetime.combine(moment.date() + (now.date() - END_OF_SC01.date()), time(), COPENHAGEN)
            return max(moment + (now - END_OF_SC01), day).isoformat()
        case _:
            return said
