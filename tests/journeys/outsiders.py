"""Organisations that have no part in the case of somebody who is known, and all that they can ask a Havn."""

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final

import httpx

from tests.identification.builders import CMM_DECIDES, US_DECIDES
from tests.identification.finding.people import QUESTIONS
from tests.journeys.transcript import Transcript
from tests.world import Partner

OUTSIDERS: Final = (
    *("politi-fyn", "kommune-0101", "amiami", "roede-kors", "sygehus-odense", "3f", "iom"),
    *("familieretshuset", "socialtilsyn-midt"),
)
"""An organisation of every kind, none of which has a part in the case of anybody who is known."""

OF_A_CHILD: Final = ("child-notes", "whereabouts")
PROBED: Final = {
    "given_name": "Malee",
    "family_name": "Suwannarat",
    "birth_date": "2001-05-17",
    "identifiers": [{"type": "passport", "value": "TH4471902"}, {"type": "x_ecpr", "value": "1705011AB2"}],
}
"""Who the probes say that somebody is."""

_ON_A_VISA: Final = {"citizenships": ["THA"], "residence_basis": "visa"}

Doing = Callable[["Outsider"], Any]


@dataclass
class Outsider:
    """An organisation with no part in the case of anybody who is known. What it does is drawn from the same chance in both
    worlds."""

    transcript: Transcript
    organisation: str
    chance: Random
    referrals: list[str] = field(default_factory=list)
    cases: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    @property
    def partner(self) -> Partner:
        return self.transcript.havn.partner(self.organisation, "caseworker", "decider")

    async def act(self) -> None:
        """Do one of the things that an organisation does."""
        await self.chance.choice(DOINGS)(self)

    async def get(self, path: str, **asked: Any) -> httpx.Response:
        self.transcript.tick()
        answer = await self.partner.get(path, **asked)
        self.transcript.keep(f"{self.organisation} GET {path}", answer)
        return answer

    async def get_all(self, path: str, *, onward: str = "cursor") -> None:
        """Read a list to its end."""
        items: list[dict[str, Any]] = []
        asked: dict[str, Any] = {"limit": 100}
        self.transcript.tick()
        while True:
            answer = await self.partner.get(path, **asked)
            if answer.status_code != 200:
                return self.transcript.keep(f"{self.organisation} GET {path}", answer)
            page = answer.json()
            items += page["items"]
            if page["next_cursor"] is None:
                return self.transcript.keep_list(f"{self.organisation} GET {path}", answer, items)
            asked[onward] = page["next_cursor"]

    async def post(self, path: str, body: Any = None, **headers: str) -> httpx.Response:
        self.transcript.tick()
        answer = await self.partner.post(path, body, **headers)
        self.transcript.keep(f"{self.organisation} POST {path}", answer)
        return answer

    def somebody(self) -> dict[str, Any]:
        """The probed person, as far as the sender knows of her."""
        told = {name: PROBED[name] for name in PROBED if self.chance.random() < 0.8}
        facts = self.chance.choice((CMM_DECIDES, US_DECIDES, _ON_A_VISA, US_DECIDES | {"stated_age": 15}))
        return {"reference": "P01", "stated_age": 24} | facts | told


async def refer(outsider: Outsider) -> None:
    chance = outsider.chance
    body = {
        "kind": "identification",
        "channel": "outreach",
        "occurred_at": "2026-03-09T09:30:00+01:00",
        "reason": "She asked for help.",
        "municipality": chance.choice(("0751", "0101", None)),
        "in_custody": chance.random() < 0.2,
        "subjects": [outsider.somebody()],
    }
    if chance.random() < 0.3:
        consents = [{"recipient": outsider.organisation, "purpose": "identification"}]
        body["subjects"] = [outsider.somebody() | {"consents": consents}]
    answer = await outsider.post("/referrals/v1/referrals", body)
    if answer.status_code == 201:
        outsider.referrals.append(answer.json()["referral_id"])
        await poll(outsider)


async def poll(outsider: Outsider) -> None:
    """Read what became of a referral, once it has its case."""
    await outsider.transcript.havn.settled()
    if outsider.referrals:
        path = f"/referrals/v1/referrals/{outsider.chance.choice(outsider.referrals)}"
        await outsider.get(f"{path}/status")
        read = await outsider.get(path, purpose="identification")
        if read.status_code == 200:
            found = [each["case_id"] for each in read.json()["subjects"] if each["case_id"]]
            outsider.cases += [each for each in found if each not in outsider.cases]


async def withdraw(outsider: Outsider) -> None:
    if outsider.referrals:
        path = f"/referrals/v1/referrals/{outsider.chance.choice(outsider.referrals)}/withdraw"
        await outsider.post(path, {"reason": "Sent by mistake."})
        await outsider.transcript.havn.settled()


async def list_everything(outsider: Outsider) -> None:
    for path in (
        "/referrals/v1/referrals",
        "/identification/v1/cases",
        "/identification/v1/withdrawals",
        "/accommodation/v1/placement-requests?purpose=accommodation",
        "/accommodation/v1/waiting-list?purpose=accommodation",
        "/accommodation/v1/move-proposals?purpose=accommodation",
        "/stats/v1/victims?by=year",
    ):
        await outsider.get(path)
    for path in ("/identification/v1/deadlines", QUESTIONS):
        await outsider.get_all(path)
    await outsider.get("/accommodation/v1/availability?from=2026-03-09&to=2026-03-16")
    await outsider.get("/accommodation/v1/occupancy?on=2026-03-09")
    await outsider.get("/accommodation/v1/forecast")


async def follow_events(outsider: Outsider) -> None:
    await outsider.transcript.havn.settled()
    for service in ("identification", "referrals", "accommodation", "stats"):
        await outsider.get_all(f"/{service}/v1/events", onward="after")


async def read_a_case(outsider: Outsider) -> None:
    if outsider.cases:
        case_id = outsider.chance.choice(outsider.cases)
        path = f"/identification/v1/cases/{case_id}"
        await outsider.get(path)
        for part in ("status", "person", "timeline", "earlier-identifications", "consents", "access-log", *OF_A_CHILD):
            await outsider.get(f"{path}/{part}", purpose="identification")
        await outsider.get("/accommodation/v1/whereabouts", case_id=case_id, purpose="identification")


async def write_a_note(outsider: Outsider) -> None:
    """For the municipality of a child, which may be the outsider itself."""
    if outsider.cases:
        path = f"/identification/v1/cases/{outsider.chance.choice(outsider.cases)}/child-notes"
        await outsider.post(path, {"text": "She is afraid of her uncle."})


async def hold_or_release(outsider: Outsider) -> None:
    """What the police say of somebody whom they have referred, also where CMM has answered since who it is."""
    if outsider.cases:
        path = f"/identification/v1/cases/{outsider.chance.choice(outsider.cases)}/custody"
        held = await outsider.post(path, {"since": "2026-03-09T09:00:00+01:00"})
        if held.status_code == 409:
            await outsider.post(f"{path}/end", {"ended_at": "2026-03-09T10:00:00+01:00", "reason": "released"})
        await follow_events(outsider)


async def refer_about_a_case(outsider: Outsider) -> None:
    """A later word about somebody whom the outsider has referred."""
    if outsider.cases:
        body = {
            "kind": "support",
            "channel": "outreach",
            "occurred_at": "2026-03-09T10:30:00+01:00",
            "reason": "She needs a doctor.",
            "case_id": outsider.chance.choice(outsider.cases),
            "subjects": [{"reference": "P01", **outsider.chance.choice((_ON_A_VISA, {"stated_age": 16}))}],
        }
        await outsider.post("/referrals/v1/referrals", body)
        await follow_events(outsider)


async def search(outsider: Outsider) -> None:
    somebody = outsider.somebody()
    sought = {name: somebody[name] for name in PROBED if name in somebody} or {"given_name": "Malee"}
    await outsider.post("/identification/v1/persons/search?purpose=identification", sought)


async def ask_for_a_place(outsider: Outsider) -> None:
    if outsider.cases:
        case_id = outsider.chance.choice(outsider.cases)
        needs = outsider.chance.choice(({}, {"gender": "woman"}, {"gender": "man"}, {"minor": True}))
        asked = {"case_id": case_id, "from_on": "2026-03-10", "needs": needs}
        answer = await outsider.post("/accommodation/v1/placement-requests", asked)
        if answer.status_code == 201:
            outsider.requests.append(answer.json()["request_id"])
        await outsider.get("/accommodation/v1/placements", case_id=case_id, purpose="accommodation")


async def read_a_request(outsider: Outsider) -> None:
    """What waits for a place, what is needed of one, and what would fit."""
    if outsider.requests:
        path = f"/accommodation/v1/placement-requests/{outsider.chance.choice(outsider.requests)}"
        await outsider.get(path, purpose="accommodation")
        await outsider.get(f"{path}/matches", purpose="accommodation")


async def open_a_case(outsider: Outsider) -> None:
    """What US does, and everybody else is refused."""
    body = {
        "channel": "asylum_interview",
        "occurred_at": "2026-03-09T09:30:00+01:00",
        "municipality": "0751",
        "reason": "She told it in the interview.",
        "person": outsider.somebody(),
    }
    opened = await outsider.post("/identification/v1/cases", body)
    if opened.status_code == 201:
        outsider.cases.append(opened.json()["case_id"])
        await outsider.transcript.havn.settled()


async def decide(outsider: Outsider) -> None:
    """CMM recommends in a case of the outsider's, and the outsider decides, which is US's to do."""
    if outsider.cases:
        case_id = outsider.chance.choice(outsider.cases)
        path = f"/identification/v1/cases/{case_id}"
        if not outsider.transcript.is_answered:
            cmm = outsider.transcript.havn.partner("cmm")
            recommended = {"outcome": "assessed_trafficked", "reasons": "The whole picture."}
            await cmm.post(f"{path}/recommendation", recommended)
        report = {"authority": "US", "outcome": "assessed_trafficked", "exploitation_forms": ["SEXUAL"]}
        decided = {"decided_on": "2026-03-09", "notified_on": "2026-03-09", "reasons": "As recommended."}
        await outsider.post(f"{path}/decisions", report | decided, if_match="*")


DOINGS: Final[tuple[Doing, ...]] = (
    *(refer, refer, poll, withdraw, list_everything, follow_events, read_a_case, search, ask_for_a_place),
    *(read_a_request, open_a_case, decide, write_a_note, hold_or_release, refer_about_a_case),
)
