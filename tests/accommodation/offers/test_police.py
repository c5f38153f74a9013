"""Police place whom they hold (udlændingeloven § 34(1) no. 3): US pays and sees it at once, and it ends with their hours."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from shared.contract.codes import Authority, ResidenceBasis
from shared.contract.events import CustodyBegan, CustodyEnded
from tests.accommodation.housing import Housing, problem
from tests.world import World

POLICE = "politi-oestjylland"
ARREST = datetime(2026, 3, 9, 2, 0, tzinfo=UTC)
"""Three in the morning in Copenhagen; the hours end on the twelfth at three."""


async def held(housing: Housing, **case: Any) -> str:
    """A woman without legal stay whom police hold."""
    facts: dict[str, Any] = {"basis": ResidenceBasis.NO_LEGAL_STAY, "routed_to": Authority.US, "referred_by": POLICE}
    case_id = await housing.case(**(facts | case))
    await housing.tell(CustodyBegan(case_id=UUID(case_id), occurred_at=ARREST, since=ARREST))
    return case_id


async def test_from_the_request_to_the_place_us_pays_and_sees_it_at_once_and_it_ends_with_the_hours(
    havn: World, housing: Housing
) -> None:
    shelter = await housing.shelter()
    case_id = await held(housing)
    request_id = await housing.request(case_id, POLICE)
    assert [each["place_id"] for each in (await housing.matches(request_id, POLICE))["items"]] == [shelter.place_id]
    offered = await housing.offer(request_id, shelter.place_id, POLICE, expires_at="2026-03-15T12:00:00+01:00")
    assert offered.status_code == 201, offered.text
    told = offered.json()
    assert (told["from_on"], told["to_on"]) == ("2026-03-09", "2026-03-12"), "the request was open ended"
    assert told["police_until"] == told["expires_at"] == "2026-03-12T02:00:00Z", "nobody holds it for longer"
    for org in ("us", "cmm"):
        (seen,) = (await havn.partner(org).get("/accommodation/v1/offers", status="held")).json()["items"]
        assert (seen["offer_id"], seen["police_until"]) == (told["offer_id"], "2026-03-12T02:00:00Z"), org
        (due,) = await deadlines(havn, org)
        assert (due["due_at"], due["for_org"], due["state"]) == ("2026-03-12T02:00:00Z", "us", "running")
    taken = await housing.answer(told["offer_id"], "accept")
    placement_id = taken.json()["placement_id"]
    await housing.step(placement_id, "arrive")
    payer = await havn.partner("us").get(
        f"/accommodation/v1/placements/{placement_id}/responsibility", purpose="accommodation"
    )
    assert [item["payer"] for item in payer.json()["items"]] == ["US"]
    await havn.set_clock("2026-03-12T12:00:00+01:00")
    (due,) = await deadlines(havn, "us")
    assert (due["state"], due["placement_id"]) == ("passed", placement_id), "nothing ends by itself: she is still there"
    ending = {event["to_on"] for event in await havn.events("accommodation", "stay-ending")}
    assert ending == {"2026-03-12"}
    longer = await housing.step(placement_id, "extend", "us", {"to_on": "2026-03-20", "reason": "She stays."})
    assert longer.status_code == 200, longer.text
    assert await deadlines(havn, "us") == [], "it is US's placement from then on"
    assert await deadlines(havn, "hopenow") == []


async def deadlines(havn: World, org: str) -> list[dict[str, Any]]:
    read = await havn.partner(org).get("/accommodation/v1/deadlines", kind="police_placement")
    assert read.status_code == 200, read.text
    items: list[dict[str, Any]] = read.json()["items"]
    return items


async def test_whom_they_do_not_hold_or_us_does_not_house_police_do_not_place(housing: Housing) -> None:
    shelter = await housing.shelter()
    free = await housing.case(basis=ResidenceBasis.NO_LEGAL_STAY, routed_to=Authority.US, referred_by=POLICE)
    with_visa = await held(housing, basis=ResidenceBasis.VISA, routed_to=Authority.CMM)
    released = await held(housing)
    await housing.tell(CustodyEnded(case_id=UUID(released), occurred_at=ARREST, ended_at=ARREST))
    for case_id in (free, with_visa, released):
        refused = await housing.offer(await housing.request(case_id, POLICE), shelter.place_id, POLICE)
        assert (refused.status_code, problem(refused)) == (403, "NotHeld")
    elsewhere = await held(housing, referred_by="politi-fyn")
    theirs = await housing.request(elsewhere, "cmm")
    other = await housing.offer(theirs, shelter.place_id, POLICE)
    assert other.status_code == 404, "another district holds her"
    own = await housing.offer(theirs, shelter.place_id, "politi-fyn")
    assert (own.status_code, problem(own)) == (403, "NotYourOffer"), "police offer for what they have asked for"


@pytest.mark.parametrize(
    ("now", "from_on"), [("2026-03-12T04:00:00+01:00", "2026-03-12"), ("2026-03-09T12:00:00+01:00", "2026-03-12")]
)
async def test_after_the_hours_police_place_nobody(havn: World, housing: Housing, now: str, from_on: str) -> None:
    shelter = await housing.shelter()
    request_id = await housing.request(await held(housing), POLICE, from_on=from_on)
    await havn.set_clock(now)
    refused = await housing.offer(request_id, shelter.place_id, POLICE, expires_at="2026-03-12T20:00:00+01:00")
    assert (refused.status_code, problem(refused)) == (409, "HoursAreOver")


async def test_where_the_rules_leave_it_to_the_police_no_hours_end_it(housing: Housing) -> None:
    """An asylum claim lodged and not registered yet (B4)."""
    shelter = await housing.shelter(kind="asylum_centre")
    case_id = await housing.case(basis=ResidenceBasis.ASYLUM_SEEKER, referred_by=POLICE)
    request_id = await housing.request(case_id, POLICE, responsibility={"asylum_registered": False}, to_on="2026-03-20")
    offered = await housing.offer(request_id, shelter.place_id, POLICE)
    assert offered.status_code == 201, offered.text
    assert (offered.json()["to_on"], offered.json()["police_until"]) == ("2026-03-20", None)
