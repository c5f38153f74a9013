"""People as tests meet them on outreach, look for them, and find that two cases are one. Everybody is made up."""

from dataclasses import dataclass
from typing import Any

import httpx

from tests.identification.builders import CASES, CMM_DECIDES, Opened
from tests.world import World

SEARCH = "/identification/v1/persons/search"
QUESTIONS = "/identification/v1/questions"


@dataclass
class Met(Opened):
    """A case that was opened without a referral; with the cases of whom its person might be the same."""

    possible_duplicates: list[dict[str, Any]]

    async def merge(self, into: Opened, *, by: str = "cmm") -> httpx.Response:
        return await self.post("/merge", {"into": into.id}, by=by)

    async def unmerge(self, *, by: str = "cmm") -> httpx.Response:
        return await self.post("/unmerge", None, by=by)

    async def questions(self, *, by: str = "cmm", state: str = "open") -> list[dict[str, Any]]:
        """The questions whether another case is about the same person, as `by` may answer them."""
        await self.havn.settled()
        told = await self.havn.partner(by).get(QUESTIONS, case_id=self.id, state=state)
        assert told.status_code == 200, told.text
        items: list[dict[str, Any]] = told.json()["items"]
        return items

    async def asked_about(self, **asked: Any) -> set[str]:
        """The other cases in the questions about this one."""
        return {case["case_id"] for item in await self.questions(**asked) for case in item["cases"]} - {self.id}

    async def question_with(self, other: Opened, **asked: Any) -> dict[str, Any]:
        """The question about this case and the other one."""
        (found,) = [
            each for each in await self.questions(**asked) if other.id in {case["case_id"] for case in each["cases"]}
        ]
        return found

    async def answer(
        self, other: Opened, answer: str, *, by: str = "cmm", keep: dict[str, str] | None = None
    ) -> httpx.Response:
        """Answer the question about this case and the other one."""
        question = await self.question_with(other, by=by)
        said = {"answer": answer, "keep": keep or {}, "reason": "Met both on one day."}
        return await self.havn.partner(by).post(f"{QUESTIONS}/{question['question_id']}/answer", said)

    async def undo(self, other: Opened, *, by: str = "cmm") -> httpx.Response:
        """Take the answer to the question about this case and the other one back."""
        question = await self.question_with(other, by=by, state="answered")
        return await self.havn.partner(by).post(f"{QUESTIONS}/{question['question_id']}/undo")

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
