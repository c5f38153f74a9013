"""Beds in the journeys: a person's case gets a place, as the partners of the story ask, offer, answer and receive."""

from datetime import datetime, timedelta
from typing import Any

from tests.accommodation.housing import Housing, Shelter
from tests.identification.builders import Opened
from tests.world import World

REQUESTS = "/accommodation/v1/placement-requests"


async def shelter(havn: World, operator: str, places: int = 1, **facility: Any) -> Shelter:
    """An approved facility of the operator."""
    return await Housing(havn).shelter(places, operator, **facility)


async def ask(case: Opened, by: str, at: str, **body: Any) -> dict[str, Any]:
    """Ask for a place from that evening on; what is answered."""
    await case.havn.set_clock(at)
    asked = await case.havn.partner(by).post(REQUESTS, {"case_id": case.id, "from_on": at[:10]} | body)
    assert asked.status_code == 201, asked.text
    told: dict[str, Any] = asked.json()
    return told


async def matches(case: Opened, request_id: str, by: str) -> dict[str, Any]:
    found = await case.havn.partner(by).get(f"{REQUESTS}/{request_id}/matches", purpose="accommodation")
    assert found.status_code == 200, found.text
    told: dict[str, Any] = found.json()
    return told


async def place(
    case: Opened, request_id: str, place_id: str, at: str, *, by: str, operator: str, **offer: Any
) -> dict[str, Any]:
    """Offer the place, have the operator accept, and the person arrive; the placement as the operator sees it."""
    until = (datetime.fromisoformat(at) + timedelta(hours=2)).isoformat()
    offered = await case.havn.partner(by).post(
        f"{REQUESTS}/{request_id}/offers", {"place_id": place_id, "expires_at": until} | offer
    )
    assert offered.status_code == 201, offered.text
    house = case.havn.partner(operator)
    accepted = await house.post(f"/accommodation/v1/offers/{offered.json()['offer_id']}/accept")
    assert accepted.status_code == 200, accepted.text
    arrived = await house.post(f"/accommodation/v1/placements/{accepted.json()['placement_id']}/arrive", {})
    assert arrived.status_code == 200, arrived.text
    await case.havn.settled()
    told: dict[str, Any] = arrived.json()
    return told


async def seen(case: Opened, by: str) -> list[dict[str, Any]]:
    """Where the person is, as far as the organisation may know."""
    found = await case.havn.partner(by).get("/accommodation/v1/placements", case_id=case.id, purpose="accommodation")
    assert found.status_code == 200, found.text
    items: list[dict[str, Any]] = found.json()["items"]
    return items
