"""Referrals as tests submit them, and partners who take steps with them. Everybody in them is made up."""

from dataclasses import dataclass
from typing import Any

import httpx

from tests.world import Partner, World

PATH = "/referrals/v1/referrals"
POLICE = "politi-oestjylland"
REASON = "Fourteen hours a day, passports held."
SAFE_CONTACT = "Only through the blue bakery, in the morning."

BODIES: dict[str, dict[str, str] | None] = {
    "acknowledge": None,
    "accept": None,
    "decline": {"reason": "Nobody here speaks the language."},
    "forward": {"recipient": "reden", "reason": "Reden knows her."},
    "complete": {"outcome": "She has a bed."},
    "withdraw": {"reason": "Sent to the wrong people."},
}
"""What each step sends."""

STEPS_TO: dict[str, tuple[str, ...]] = {
    "submitted": (),
    "acknowledged": ("acknowledge",),
    "accepted": ("acknowledge", "accept"),
    "declined": ("acknowledge", "decline"),
    "forwarded": ("acknowledge", "forward"),
    "completed": ("acknowledge", "accept", "complete"),
    "withdrawn": ("withdraw",),
}
"""How a referral comes to each status."""


def subject(reference: str = "P01", **said: Any) -> dict[str, Any]:
    """A person of whom little is known."""
    return {"reference": reference, "stated_age": 24} | said


def referral(*subjects: dict[str, Any], **said: Any) -> dict[str, Any]:
    """A referral that asks CMM for support, so that identification has no part in it, unless `said` otherwise."""
    return {
        "kind": "support",
        "channel": "police_operation",
        "occurred_at": "2026-03-02T09:30:00+01:00",
        "reason": REASON,
        "subjects": list(subjects) or [subject()],
    } | said


@dataclass
class Sent:
    """A referral that was submitted."""

    havn: World
    id: str
    sender: str
    recipient: str
    receipt: dict[str, Any]

    @property
    def path(self) -> str:
        return f"{PATH}/{self.id}"

    async def step(self, step: str, *, by: str | None = None, **headers: str) -> httpx.Response:
        """Ask for the step, as the party whose step it is unless `by` another."""
        party = by or (self.sender if step == "withdraw" else self.recipient)
        return await self.havn.partner(party).post(f"{self.path}/{step}", BODIES[step], **headers)

    async def bring_to(self, status: str) -> None:
        """Take the steps that lead there; a forwarded one then is its new recipient's."""
        for step in STEPS_TO[status]:
            done = await self.step(step)
            assert done.status_code == 200, done.text
            if step == "forward":
                self.recipient = "reden"

    async def status(self, *, by: str | None = None) -> httpx.Response:
        return await self.havn.partner(by or self.sender).get(f"{self.path}/status")

    async def read(self, *, by: str | None = None) -> httpx.Response:
        return await self.havn.partner(by or self.sender).get(self.path, purpose="support")


async def send(havn: World, *subjects: dict[str, Any], sender: str = POLICE, **said: Any) -> Sent:
    """Submit a referral."""
    submitted = await havn.partner(sender).post(PATH, referral(*subjects, **said))
    assert submitted.status_code == 201, submitted.text
    receipt = submitted.json()
    return Sent(havn, receipt["referral_id"], sender, said.get("recipient", "cmm"), receipt)


async def listed(partner: Partner, **asked: Any) -> list[str]:
    """The ids on one page of the partner's list."""
    page = await partner.get(PATH, **asked)
    assert page.status_code == 200, page.text
    return [item["referral_id"] for item in page.json()["items"]]


ONE_TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


async def answer_in_one_trace(
    partner: Partner, path: str, *, method: str = "GET", body: Any = None, purpose: str = "identification"
) -> tuple[int, bytes]:
    """Status and bytes of an answer, with a trace id that does not set it apart from the next one."""
    answer = await partner.request(
        method, path, json=body, params={"purpose": purpose}, headers={"traceparent": ONE_TRACE}
    )
    return answer.status_code, answer.content


def warned(answer: dict[str, Any]) -> list[tuple[str, str]]:
    """Where there are warnings, and of what."""
    return [(".".join(map(str, each["loc"])), each["code"]) for each in answer["warnings"]]
