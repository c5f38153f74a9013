"""People as tests meet them on outreach, look for them, and find that two cases are one. Everybody is made up."""

from dataclasses import dataclass
from typing import Any

import httpx

from tests.identification.builders import CASES, CMM_DECIDES, Opened
from tests.world import World

SEARCH = "/identification/v1/persons/search"


@dataclass
class Met(Opened):
    """A case that was opened without a referral; with the cases of whom its person might be the same."""

    possible_duplicates: list[dict[str, Any]]

    async def merge(self, into: Opened, *, by: str = "cmm") -> httpx.Response:
        return await self.post("/merge", {"into": into.id}, by=by)

    async def unmerge(self, *, by: str = "cmm") -> httpx.Response:
        return await self.post("/unmerge", None, by=by)

    async def questions(self, *, by: str = "cmm", **asked: Any) -> list[dict[str, Any]]:
        """The open questions whether another case is about the same person."""
        told = await self.get("/possible-duplicates", by=by, **asked)
        assert told.status_code == 200, told.text
        items: list[dict[str, Any]] = told.json()["items"]
        return items

    async def override(self, other: Opened, *, by: str = "cmm", reason: str = "Met both on one day.") -> httpx.Response:
        return await self.post(f"/possible-duplicates/{other.id}/override", {"reason": reason}, by=by)

    async def describe(self, person: dict[str, Any], *, by: str = "cmm") -> None:
        """Replace the description of the person."""
        partner = self.havn.partner(by)
        described = await partner.put(f"{self.path}/person", CMM_DECIDES | person, if_match=await self.etag(by=by))
        assert described.status_code == 200, described.text


async def meet(havn: World, *, by: str = "cmm", linked: tuple[str, str] | None = None, **person: Any) -> Met:
    """Open a case of somebody whom `by` has met; CMM decides in it unless the person says otherwise."""
    body = {
        "channel": "outreach",
        "occurred_at": "2026-03-02T09:30:00+01:00",
        "municipality": "0751",
        "reason": "Met at the drop-in.",
        "person": {"reference": "P01", "stated_age": 24} | CMM_DECIDES | person,
    }
    if linked:
        body |= {"linked_case_id": linked[0], "relation": linked[1]}
    opened = await havn.partner(by).post(CASES, body)
    assert opened.status_code == 201, opened.text
    return Met(havn, opened.json()["case_id"], opened.json()["possible_duplicates"])


async def look_for(havn: World, *, by: str = "cmm", **sought: Any) -> list[dict[str, Any]]:
    """Who is found by what is sought, the best match first."""
    answer = await havn.partner(by).request("POST", SEARCH, json=sought, params={"purpose": "identification"})
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def ids_found(havn: World, *, by: str = "cmm", **sought: Any) -> list[str]:
    return [item["case_id"] for item in await look_for(havn, by=by, **sought)]


def ecpr(value: str) -> dict[str, str]:
    """An identifier that can be nobody's."""
    return {"type": "x_ecpr", "value": value}
