"""For every deadline of every organisation, the one for whom it runs reaches the case and is done with it through Havn
(docs/rules.md, duty-1). Of accommodation's the same is shown in tests/accommodation/deadlines/test_duties.py."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

import httpx
import pytest

from shared.contract.codes import DeadlineKind
from tests.identification.builders import CMM_DECIDES, DANISH_GIRL, US_DECIDES, Opened, open_case
from tests.identification.finding.people import ecpr
from tests.identification.life import follow_up, plan_return
from tests.world import World

NIGHT, MORNING = "2026-03-16T22:00:00+01:00", "2026-03-17T09:00:00+01:00"
NEXT_YEAR = "2027-03-01T12:00:00+01:00"
NO_DEADLINE: Final = frozenset(
    {
        DeadlineKind.DRAFT,
        DeadlineKind.MISSING_CHILD,
        DeadlineKind.MISSING_QUESTION,
        DeadlineKind.MISSING_ARRIVED,
        DeadlineKind.ENDED_WHILE_HOUSED,
        DeadlineKind.SUPPORT_OFFER,
        DeadlineKind.ERASURE,
    }
)
"""Of these somebody is alerted, and no deadline runs."""

Item = Mapping[str, Any]
Finish = Callable[[Opened, str, Item], Awaitable[httpx.Response]]
CLOSED = {"on": "2026-03-17", "reason": "The work has ended."}


async def _assess_child(case: Opened, org: str, item: Item) -> httpx.Response:
    if org != "cmm":
        return await case.post("/child-assessment", {"assessed_at": MORNING, "note": "Safe."}, by=org)
    found = await case.post("/child-notification", {"municipality": "0101"})
    assert found.status_code == 200, found.text
    return await case.get()


async def _decide(case: Opened, org: str, item: Item) -> httpx.Response:
    await case.recommend("not_trafficked")
    return await case.try_deciding(org.upper(), "not_trafficked")


async def _close(case: Opened, org: str, item: Item) -> httpx.Response:
    return await case.post("/closure", CLOSED, by=org)


async def _assess_risk(case: Opened, org: str, item: Item) -> httpx.Response:
    return await case.post("/risk-assessments", {"level": "low", "assessed_on": "2026-03-17"}, by=org)


async def _appoint(case: Opened, org: str, item: Item) -> httpx.Response:
    return await case.post("/representative", {"appointed_on": "2026-03-17", "name": "Rigmor Opdigtet"}, by=org)


async def _release(case: Opened, org: str, item: Item) -> httpx.Response:
    return await case.post("/custody/end", {"ended_at": MORNING, "reason": "released"}, by=org)


async def _take_the_call(case: Opened, org: str, item: Item) -> httpx.Response:
    return await case.post("/on-call/acknowledge", None, by=org)


async def _answer(case: Opened, org: str, item: Item) -> httpx.Response:
    partner = case.havn.partner(org)
    (question,) = (await partner.get("/identification/v1/questions", case_id=case.id)).json()["items"]
    path = f"/identification/v1/questions/{question['question_id']}"
    assert (await partner.get(path, purpose="identification")).status_code == 200
    return await partner.post(f"{path}/answer", {"answer": "different", "reason": "Two sisters."})


async def _refuse_access(case: Opened, org: str, item: Item) -> httpx.Response:
    (asked,) = (await case.get("/access-requests", by=org, purpose="legal")).json()["items"]
    path = f"{case.path}/access-requests/{asked['access_request_id']}/review"
    second_person = case.havn.partner(org, subject="Bo")
    return await second_person.post(path, {"outcome": "refused", "reason": "She has not asked for it."})


async def _follow_up(case: Opened, org: str, item: Item) -> httpx.Response:
    made = [await follow_up(case, month, "2027-02-20") for month in range(1, 7)]
    return next((each for each in made if each.is_error), made[-1])


FINISH: Final[Mapping[DeadlineKind, Finish]] = {
    DeadlineKind.QUESTION: _answer,  # before a decision that waits for the answer
    DeadlineKind.ON_CALL: _take_the_call,
    DeadlineKind.CUSTODY: _release,
    DeadlineKind.CHILD_NOTIFICATION: _assess_child,
    DeadlineKind.REPRESENTATIVE: _appoint,
    DeadlineKind.RISK_REASSESSMENT: _assess_risk,
    DeadlineKind.ACCESS_REQUEST: _refuse_access,
    DeadlineKind.DECISION: _decide,
    DeadlineKind.REFLECTION_PERIOD: _close,
    DeadlineKind.RESTITUTION_PERIOD: _close,
    DeadlineKind.PERIOD_CAP: _close,
    DeadlineKind.DEPARTURE: _close,
    DeadlineKind.FOLLOW_UP: _follow_up,
    DeadlineKind.REINTEGRATION: _follow_up,
}
"""How each is done with, by the one for whom it runs."""
AFTER_A_YEAR: Final = frozenset({DeadlineKind.FOLLOW_UP, DeadlineKind.REINTEGRATION})


def test_every_kind_of_deadline_is_here() -> None:
    assert set(FINISH) | NO_DEADLINE == set(DeadlineKind)
    assert not set(FINISH) & NO_DEADLINE


async def _deadlines_of_every_kind(havn: World) -> None:
    """In cases of CMM's and of US's, of children with and without a municipality."""
    await havn.set_clock(NIGHT)
    await open_case(havn, CMM_DECIDES, in_custody=True, custody_since="2026-03-16T21:30:00+01:00")
    child = await open_case(havn, DANISH_GIRL, sender="hopenow", municipality="0461")
    asked = await child.post("/representative", {"requested_on": "2026-03-16"})
    assert asked.status_code == 200, asked.text
    await open_case(havn, US_DECIDES | {"stated_age": 16}, sender="hopenow", municipality=None)
    for authority, person in (("US", US_DECIDES), ("CMM", CMM_DECIDES)):
        decided = await open_case(havn, person, sender="hopenow")
        await decided.decide(authority)
        await decided.grant("2026-03-16", by=authority.lower())
    in_danger = await open_case(havn, CMM_DECIDES, sender="hopenow")
    assessed = await in_danger.post("/risk-assessments", {"level": "acute", "assessed_on": "2026-03-16"})
    assert assessed.status_code == 201, assessed.text
    asks = {"requested_on": "2026-03-16", "asked_by": "on_behalf", "relation": "partner"}
    asked_for = await in_danger.post("/access-requests", asks)
    assert asked_for.status_code == 201, asked_for.text
    for _ in range(2):
        await open_case(havn, CMM_DECIDES | {"identifiers": [ecpr("1405981AB2")]}, sender="hopenow")
    departed = await open_case(havn, CMM_DECIDES, sender="hopenow")
    await departed.decide("CMM")
    await plan_return(departed, agreed_on="2026-03-10", planned_departure_on="2026-03-16", departed_on="2026-03-16")
    await havn.settled()


async def _running(havn: World, org: str) -> list[dict[str, Any]]:
    page = await havn.partner(org).get("/identification/v1/deadlines", limit=100)
    assert page.status_code == 200, page.text
    return [item for item in page.json()["items"] if item["for_org"] == org]


@pytest.mark.slow
async def test_whoever_has_a_deadline_reaches_the_case_and_is_done_with_it(havn: World) -> None:
    await _deadlines_of_every_kind(havn)
    await havn.set_clock(MORNING)
    rows = await havn.sql("identification", "SELECT DISTINCT for_org FROM deadline WHERE done_at IS NULL")
    organisations = sorted(row["for_org"] for row in rows)
    assert organisations == ["cmm", "familieretshuset", "kommune-0461", "us"]
    finished: set[tuple[str, DeadlineKind]] = set()
    for org in organisations:
        for kind, finish in FINISH.items():
            if kind in AFTER_A_YEAR:
                await havn.set_clock(NEXT_YEAR)
            for item in [each for each in await _running(havn, org) if each["kind"] == kind]:
                if item not in await _running(havn, org):
                    continue  # done with another one of its case
                case = Opened(havn, item["case_id"])
                assert (await case.get(by=org)).status_code == 200, (org, kind)
                answer = await finish(case, org, item)
                assert answer.status_code in (200, 201), (org, kind, answer.text)
                assert item not in await _running(havn, org), (org, kind)
                finished.add((org, kind))
        await havn.set_clock(MORNING)
    assert {kind for _, kind in finished} | {DeadlineKind.PERIOD_CAP, DeadlineKind.DEPARTURE} >= set(FINISH) - {
        DeadlineKind.REINTEGRATION
    }
    for org in organisations:
        assert {item["kind"] for item in await _running(havn, org)} <= {"risk_reassessment", "follow_up"}, org
