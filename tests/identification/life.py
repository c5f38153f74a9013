"""The rest of a case's life, as tests tell it: one call a step."""

from typing import Any

import httpx

from tests.identification.builders import CMM_DECIDES, Opened, open_case
from tests.world import World


async def done(answering: Any, status: int = 200) -> dict[str, Any]:
    """The answer to a call that must succeed."""
    answer: httpx.Response = await answering
    assert answer.status_code == status, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def put(case: Opened, part: str, body: Any, *, by: str = "cmm", role: str = "caseworker") -> httpx.Response:
    """Replace a part of the case, at whatever version it has."""
    return await case.havn.partner(by, role).put(case.path + part, body, if_match="*")


async def decided_case(havn: World, outcome: str = "assessed_trafficked", **person: Any) -> Opened:
    """A case that CMM decided on 2026-03-09."""
    case = await open_case(havn, CMM_DECIDES | person)
    await case.decide("CMM", outcome)
    return case


async def appeal(case: Opened, **said: Any) -> str:
    """File an appeal on 2026-03-20; gives its id."""
    filing = {"filed_on": "2026-03-20", "filed_by": "lawyer", "body": "The board.", "grounds": "Not all was heard."}
    return str((await done(case.post("/appeals", filing | said), 201))["appeal_id"])


async def outcome(case: Opened, appeal_id: str, what: str = "upheld", **said: Any) -> httpx.Response:
    result = {"outcome": what, "decided_on": "2026-05-04", "reasons": "The board has heard her."} | said
    return await case.post(f"/appeals/{appeal_id}/outcome", result)


async def close(case: Opened, on: str = "2026-06-01") -> None:
    await done(case.post("/closure", {"on": on, "reason": "The work has ended."}))


async def plan_return(case: Opened, **said: Any) -> dict[str, Any]:
    plan = {"destination": "ROU", "agreed_on": "2026-06-19", "planned_departure_on": "2026-07-20"} | said
    return await done(put(case, "/return-plan", plan))


async def follow_up(case: Opened, month: int, on: str, *, contacted: bool = True) -> httpx.Response:
    made = {"month": month, "contacted": contacted, "on": on, "note": "By telephone."}
    return await case.post("/return-plan/follow-ups", made)


async def told(case: Opened, type_ending: str) -> list[dict[str, Any]]:
    """The events of that type about this case."""
    return [event for event in await case.havn.events("identification", type_ending) if event["key"] == case.id]
