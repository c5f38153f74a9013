"""Cases as tests open them: by a referral, through the front door. Everybody in them is made up."""

from dataclasses import dataclass
from typing import Any

import httpx

from tests.referrals.builders import POLICE, send, subject
from tests.world import World

CASES = "/identification/v1/cases"

CMM_DECIDES: dict[str, Any] = {"citizenships": ["PHL"], "residence_basis": "residence_permit"}
US_DECIDES: dict[str, Any] = {"citizenships": ["NGA"], "residence_basis": "no_legal_stay"}
NEEDS_REVIEW: dict[str, Any] = {"citizenships": ["UKR"], "residence_basis": "temporary_protection_ua"}
EUROPEAN: dict[str, Any] = {"citizenships": ["ROU"], "residence_basis": "eu_right_of_residence"}
DANISH_GIRL: dict[str, Any] = {
    "stated_age": 17,
    "age_basis": "documented",
    "gender": "woman",
    "citizenships": ["DNK"],
    "residence_basis": "danish_citizen",
    "given_name": "Mynte",
}


@dataclass
class Opened:
    """A case that was opened."""

    havn: World
    id: str

    @property
    def path(self) -> str:
        return f"{CASES}/{self.id}"

    async def get(self, part: str = "", *, by: str = "cmm", role: str = "caseworker", **asked: Any) -> httpx.Response:
        return await self.havn.partner(by, role).get(self.path + part, **asked)

    async def post(
        self, part: str, body: Any, *, by: str = "cmm", role: str = "caseworker", **headers: str
    ) -> httpx.Response:
        return await self.havn.partner(by, role).post(self.path + part, body, **headers)

    async def details(self) -> dict[str, Any]:
        """The case as CMM sees it."""
        read = await self.get()
        assert read.status_code == 200, read.text
        told: dict[str, Any] = read.json()
        return told

    async def etag(self, *, by: str = "cmm") -> str:
        return (await self.get(by=by)).headers["etag"]

    async def settle(self, authority: str) -> None:
        settled = await self.post(
            "/route", {"authority": authority, "reason": "The whole file was read."}, role="lawyer"
        )
        assert settled.status_code == 200, settled.text

    async def interview(self, held_at: str, **said: Any) -> dict[str, Any]:
        held = await self.post("/interviews", {"held_at": held_at} | said)
        assert held.status_code == 201, held.text
        told: dict[str, Any] = held.json()
        return told

    async def recommend(self, outcome: str = "assessed_trafficked") -> None:
        recommended = await self.post("/recommendation", {"outcome": outcome, "reasons": "The whole picture."})
        assert recommended.status_code == 201, recommended.text

    async def try_deciding(
        self,
        authority: str = "CMM",
        outcome: str = "assessed_trafficked",
        *,
        by: str | None = None,
        role: str = "decider",
        if_match: str = "*",
        **said: Any,
    ) -> httpx.Response:
        """Ask to record a decision of 2026-03-09, as the authority's decider unless told otherwise."""
        body = {"authority": authority, "outcome": outcome, "decided_on": "2026-03-09"} | said
        return await self.post("/decisions", body, by=by or authority.lower(), role=role, if_match=if_match)

    async def decide(self, authority: str = "CMM", outcome: str = "assessed_trafficked", **said: Any) -> str:
        """Recommend, and decide so; gives the decision's id."""
        await self.recommend(outcome)
        decided = await self.try_deciding(authority, outcome, **said)
        assert decided.status_code == 201, decided.text
        return str(decided.json()["decision_id"])

    async def grant(self, requested_on: str = "2026-03-09", *, by: str = "cmm") -> dict[str, Any]:
        granted = await self.post("/periods", {"requested_on": requested_on}, by=by)
        assert granted.status_code == 201, granted.text
        told: dict[str, Any] = granted.json()
        return told


async def open_cases(havn: World, *people: dict[str, Any], sender: str = POLICE, **said: Any) -> list[Opened]:
    """Refer these people together for identification; gives their cases, in that order."""
    subjects = [subject(f"P{number:02}") | person for number, person in enumerate(people, 1)]
    sent = await send(havn, *subjects, sender=sender, **({"kind": "identification"} | said))
    await havn.settled()
    read = await sent.read()
    assert read.status_code == 200, read.text
    return [Opened(havn, told["case_id"]) for told in read.json()["subjects"]]


async def open_case(havn: World, person: dict[str, Any], *, sender: str = POLICE, **said: Any) -> Opened:
    """Refer one person for identification, and give the case."""
    (case,) = await open_cases(havn, person, sender=sender, **said)
    return case


async def listed(havn: World, org: str, role: str = "caseworker", **asked: Any) -> list[dict[str, Any]]:
    """The cases on the organisation's list."""
    page = await havn.partner(org, role).get(CASES, **asked)
    assert page.status_code == 200, page.text
    items: list[dict[str, Any]] = page.json()["items"]
    return items


def name_of(refusal: httpx.Response) -> tuple[int, str]:
    """Status and name of a problem document."""
    return refusal.status_code, refusal.json()["type"].rsplit("/", 1)[-1]
