"""Two Havns that differ in one thing: whether somebody who is known in them has the number, the name and the birth date that
probes carry, or others that no probe carries. What is asked of them is the same, and so must be all that they answer."""

from dataclasses import dataclass
from random import Random
from typing import Any, Final

from tests.accommodation.housing import Housing
from tests.identification.builders import CMM_DECIDES, DANISH_GIRL, US_DECIDES, Opened, open_case
from tests.identification.finding.people import QUESTIONS
from tests.journeys.outsiders import Outsider, follow_events, read_a_case, refer
from tests.journeys.transcript import Transcript
from tests.world import World

NOW: Final = "2026-03-09T12:00:00+01:00"
AFTER: Final = "2026-03-10T12:00:00+01:00"
UNPROBED: Final = {
    "given_name": "Chinwe",
    "family_name": "Okonkwoji",
    "birth_date": "1994-11-02",
    "identifiers": [{"type": "passport", "value": "NG5583013"}, {"type": "x_ecpr", "value": "0211941CD3"}],
}
"""Somebody of whom no probe says anything; as long in every field."""


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
    transcript.is_answered = True
    await havn.set_clock(AFTER)
    for outsider in outsiders:
        await follow_events(outsider)
        await read_a_case(outsider)
    for _ in range(calls):
        await turns.choice(outsiders).act()
    return transcript, answered
