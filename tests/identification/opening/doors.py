"""Cases opened without a referral, and what tests of the doors ask of them."""

from typing import Any

import httpx

from tests.identification.builders import CASES, Opened
from tests.world import World

CPR = "690188-0001"  # a day of 61 to 91 is nobody's


def opening(person: dict[str, Any] | None = None, **said: Any) -> dict[str, Any]:
    """What POST /cases takes at least, in a case that says nothing of the person unless `person` does."""
    return {
        "channel": "outreach",
        "occurred_at": "2026-02-28T09:30:00+01:00",
        "reason": "She asked the street nurse for help.",
        "person": person or {},
    } | said


async def try_opening(
    havn: World, person: dict[str, Any] | None = None, *, by: str = "cmm", role: str = "caseworker", **said: Any
) -> httpx.Response:
    return await havn.partner(by, role).post(CASES, opening(person, **said))


async def open_door(havn: World, person: dict[str, Any] | None = None, *, by: str = "cmm", **said: Any) -> Opened:
    """A case without a referral."""
    opened = await try_opening(havn, person, by=by, **said)
    assert opened.status_code == 201, opened.text
    return Opened(havn, opened.json()["case_id"])


async def person_of(case: Opened, *, by: str = "cmm") -> dict[str, Any]:
    read = await case.get("/person", by=by, purpose="identification")
    assert read.status_code == 200, read.text
    told: dict[str, Any] = read.json()
    return told


async def describe(case: Opened, person: dict[str, Any], *, by: str = "cmm") -> httpx.Response:
    return await case.havn.partner(by).put(f"{case.path}/person", person, if_match=await case.etag(by=by))


def places(refusal: httpx.Response) -> set[str]:
    """The fields that a 422 names."""
    return {str(error["loc"][-1]) for error in refusal.json()["errors"]}
