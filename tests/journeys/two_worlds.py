"""Two Havns that differ in one thing: whether somebody who is known in them has the number, the name and the birth date that
probes carry, or others that no probe carries. What is asked of them is the same, and so must be all that they answer."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from typing import Any, Final

import httpx

from tests.accommodation.housing import Housing
from tests.identification.builders import CMM_DECIDES, DANISH_GIRL, US_DECIDES, Opened, open_case
from tests.identification.finding.people import QUESTIONS
from tests.world import Partner, World

NOW: Final = "2026-03-09T12:00:00+01:00"
AFTER: Final = "2026-03-10T12:00:00+01:00"
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

UNPROBED: Final = {
    "given_name": "Chinwe",
    "family_name": "Okonkwoji",
    "birth_date": "1994-11-02",
    "identifiers": [{"type": "passport", "value": "NG5583013"}, {"type": "x_ecpr", "value": "0211941CD3"}],
}
"""Somebody of whom no probe says anything; as long in every field."""


_ON_A_VISA: Final = {"citizenships": ["THA"], "residence_basis": "visa"}


@dataclass(frozen=True)
class Known:
    """Somebody whom Havn knows before anybody probes: who decided, and whether she is placed, decided, closed."""

    facts: dict[str, Any]
    sender: str
    authority: str | None
    is_placed: bool = False
    is_closed: bool = False


KNOWN: Final = {
    "a Danish girl, assessed": Known(DANISH_GIRL, "kommune-0461", "CMM"),
    "a Danish woman, undecided": Known(DANISH_GIRL | {"stated_age": 24}, "hopenow", None),
    "a woman with a permit, assessed and placed": Known(CMM_DECIDES, "hopenow", "CMM", is_placed=True),
    "a woman without legal stay, decided and closed": Known(US_DECIDES, "hopenow", "US", is_closed=True),
}


@dataclass
class Answer:
    """What somebody was answered, with all that chance decides replaced by the order in which it was first seen."""

    call: str
    status: int
    headers: list[tuple[str, str]]
    body: str


@dataclass
class Transcript:
    """Everything that one world has answered to its outsiders."""

    havn: World
    has_etags: bool = True
    """Whether they are compared. Of a closed case the newer one goes on, which is the outsider's own: what CMM takes in there
    makes a new version of it, as all that CMM does in it."""
    answers: list[Answer] = field(default_factory=list)
    _names: dict[str, str] = field(default_factory=dict)

    def tick(self) -> None:
        """A second goes by, so that nothing is left to the order of ids."""
        clock = self.havn.development.clock
        clock.set(clock.now() + timedelta(seconds=1))

    def keep(self, call: str, answer: httpx.Response) -> None:
        headers = [
            (name, self._masked(value))
            for name, value in sorted(answer.headers.items())
            if name not in (_CHANCE if self.has_etags else {*_CHANCE, "etag"})
        ]
        text = answer.text
        if call.endswith("/deadlines"):  # of one instant in the order of their cases' ids
            items, _, rest = text.removeprefix('{"items":[').partition('],"next_cursor"')
            text = "".join(sorted(items.strip("{}").split("},{"), key=self._as_far_as_seen)) + rest
        body = self._masked(text)
        self.answers.append(Answer(self._masked(call), answer.status_code, headers, body))

    def _as_far_as_seen(self, text: str) -> str:
        return _ID.sub(lambda found: self._names.get(found[0], "(id)"), text)

    def _masked(self, text: str) -> str:
        text = _TRACE.sub("(trace)", _CURSOR.sub('"next_cursor":"(cursor)"', text))
        return _ID.sub(lambda found: self._names.setdefault(found[0], f"(id {len(self._names)})"), text)


_CHANCE: Final = frozenset({"traceparent", "x-request-id"})
_TRACE: Final = re.compile(r"(?<=urn:trace:)[0-9a-f]{32}|(?<=\"trace_id\":\")[0-9a-f]{32}")
_CURSOR: Final = re.compile(r'"next_cursor":"[^"]+"')
_ID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|(?<=\")[0-9a-f]{16,32}(?=\")")
"""Ids, and what ETags are made of."""


async def people_with(havn: World, known: Known, identity: dict[str, Any]) -> Opened:
    """A Havn in which somebody of this identity is known, and a shelter that has room."""
    await havn.forget_everything()
    await havn.set_clock(NOW)
    housing = Housing(havn)
    shelter = await housing.shelter(places=3)
    who = {"gender": "woman"} | known.facts | identity
    case = await open_case(havn, who, sender=known.sender, municipality="0461")
    if known.authority:
        await case.decide(known.authority)
    if known.is_placed:
        await housing.booked(case.id, shelter.place_id)
    if known.is_closed:
        closed = await case.post("/closure", {"on": "2026-03-09", "reason": "All is done."})
        assert closed.status_code < 300, closed.text
    await havn.settled()
    return case


# ---------------------------------------------------------------- what outsiders do


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
        "/identification/v1/deadlines",
        "/identification/v1/withdrawals",
        "/accommodation/v1/placement-requests",
        "/stats/v1/victims?by=year",
    ):
        await outsider.get(path)
    if (
        outsider.organisation != "us"
    ):  # which sees of the questions about cases of its own that somebody has answered them
        await outsider.get(QUESTIONS)
    await outsider.get("/accommodation/v1/availability?from=2026-03-09&to=2026-03-16")
    await outsider.get("/accommodation/v1/occupancy?on=2026-03-09")
    await outsider.get("/accommodation/v1/forecast")


async def follow_events(outsider: Outsider) -> None:
    await outsider.transcript.havn.settled()
    for service in ("identification", "referrals", "accommodation"):
        await outsider.get(f"/{service}/v1/events", limit=100)
    await outsider.get("/stats/v1/events", limit=100)


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


async def search(outsider: Outsider) -> None:
    somebody = outsider.somebody()
    sought = {name: somebody[name] for name in PROBED if name in somebody} or {"given_name": "Malee"}
    await outsider.post("/identification/v1/persons/search?purpose=identification", sought)


async def ask_for_a_place(outsider: Outsider) -> None:
    if outsider.cases:
        case_id = outsider.chance.choice(outsider.cases)
        asked = {"case_id": case_id, "from_on": "2026-03-10"}
        await outsider.post("/accommodation/v1/placement-requests", asked)
        await outsider.get("/accommodation/v1/placements", case_id=case_id, purpose="accommodation")


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
        cmm = outsider.transcript.havn.partner("cmm")
        await cmm.post(f"{path}/recommendation", {"outcome": "assessed_trafficked", "reasons": "The whole picture."})
        report = {"authority": "US", "outcome": "assessed_trafficked", "exploitation_forms": ["SEXUAL"]}
        decided = {"decided_on": "2026-03-09", "notified_on": "2026-03-09", "reasons": "As recommended."}
        await outsider.post(f"{path}/decisions", report | decided, if_match="*")


DOINGS: Final[tuple[Doing, ...]] = (
    *(refer, refer, poll, withdraw, list_everything, follow_events, read_a_case, search, ask_for_a_place),
    *(open_a_case, decide, write_a_note),
)


# ---------------------------------------------------------------- what CMM does


async def answer_every_question(havn: World, known: Opened, *, is_closed: bool) -> int:
    """CMM says of every question about the known person that the two are the same. Says how many there were."""
    await havn.settled()
    cmm, answered = havn.partner("cmm"), 0
    while True:
        items = (await cmm.get(QUESTIONS, case_id=known.id)).json()["items"]
        open_ones = [each for each in items if known.id in {case["case_id"] for case in each["cases"]}]
        if not open_ones:
            return answered
        question = open_ones[0]
        path = f"{QUESTIONS}/{question['question_id']}"
        differs = (await cmm.get(path, purpose="identification")).json()["differs"]
        own, hers = (case["case_id"] for case in question["cases"])
        keep = {name: _whose(name, number, own, hers, is_closed) for number, name in enumerate(sorted(differs))}
        said = {"answer": "same", "keep": keep, "reason": "The interpreter has met her in both places."}
        done = await cmm.post(f"{path}/answer", said)
        assert done.status_code == 200, done.text
        answered += 1


def _whose(name: str, number: int, own: str, hers: str, is_closed: bool) -> str:
    """Of a closed case the newer one goes on, which is the outsider's own: CMM leaves it what it says. Otherwise CMM keeps on
    what she stays, and of the rest now the one's and now the other's."""
    if is_closed:
        return own
    return hers if name in ("citizenships", "residence_basis") else (own, hers)[number % 2]


async def probe(
    havn: World, known: Known, identity: dict[str, Any], organisations: tuple[str, ...], *, seed: int, calls: int
) -> tuple[Transcript, int]:
    """What a world answers to its outsiders, before and after CMM has answered every question; and how many there were."""
    case = await people_with(havn, known, identity)
    transcript = Transcript(havn, has_etags=not known.is_closed)
    outsiders = [Outsider(transcript, organisation, Random(f"{seed} {organisation}")) for organisation in organisations]
    turns = Random(seed)
    for outsider in outsiders:
        await refer(outsider)
    for _ in range(calls):
        await turns.choice(outsiders).act()
    answered = await answer_every_question(havn, case, is_closed=known.is_closed)
    await havn.set_clock(AFTER)
    for outsider in outsiders:
        await follow_events(outsider)
        await read_a_case(outsider)
    for _ in range(calls):
        await turns.choice(outsiders).act()
    return transcript, answered


def differences(one: Transcript, other: Transcript) -> Iterator[str]:
    """Where the two worlds have answered otherwise, in words."""
    if len(one.answers) != len(other.answers):
        yield f"{len(one.answers)} calls in one world, {len(other.answers)} in the other"
    for number, (mine, theirs) in enumerate(zip(one.answers, other.answers, strict=False)):
        if mine != theirs:
            told, instead = (f"{each.status} {each.body} {each.headers}" for each in (mine, theirs))
            at = next((place for place, pair in enumerate(zip(told, instead, strict=False)) if len(set(pair)) > 1), 0)
            around = slice(max(0, at - 150), at + 150)
            yield f"call {number}, {mine.call}: ...{told[around]}... and not ...{instead[around]}..."
