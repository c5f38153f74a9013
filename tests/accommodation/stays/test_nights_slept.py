"""Nights that were slept are whose they were, however the bed was booked then."""

from typing import Any

import httpx
import pytest

from tests.accommodation.housing import Housing, Shelter, problem, rules_of
from tests.accommodation.waiting.test_waiting import line
from tests.world import World

STAYS_ON = "2026-03-13T12:00:00+01:00"
UNTIL = "2026-03-14T12:00:00+01:00"


@pytest.mark.parametrize(
    ("next_from", "next_to"), [("2026-03-12", "2026-03-16"), ("2026-03-13", "2026-03-16"), ("2026-03-12", "2026-03-13")]
)
@pytest.mark.parametrize("then", ["is expected", "was cancelled"])
async def test_nights_that_were_slept_are_no_plan_s_however_the_bed_was_booked_then(
    havn: World, housing: Housing, next_from: str, next_to: str, then: str
) -> None:
    shelter = await housing.shelter()
    there, expected = [
        await housing.booked(await housing.case(), shelter.place_id, from_on=from_on, to_on=to_on)
        for from_on, to_on in (("2026-03-10", "2026-03-12"), (next_from, next_to))
    ]
    await havn.set_clock("2026-03-10T18:00:00+01:00")
    assert (await housing.step(there, "arrive")).status_code == 200
    if then == "was cancelled":
        assert (await housing.step(expected, "cancel", body={"reason": "Elsewhere."})).status_code == 200
    await havn.set_clock("2026-03-14T12:00:00+01:00")
    left = await housing.step(there, "leave", body={"left_at": "2026-03-14T11:00:00+01:00"})
    assert (left.status_code, left.json()["to_on"]) == (200, "2026-03-14"), left.text
    days = [f"2026-03-{day:02}" for day in range(9, 14)]
    occupied = [
        (await havn.partner("reden").get("/accommodation/v1/occupancy", on=on)).json()["items"][0] for on in days
    ]
    assert [each["occupied"] for each in occupied] == [0, 1, 1, 1, 1]
    if then == "is expected" and next_to > "2026-03-14":
        assert (await housing.step(expected, "arrive")).status_code == 200, "the bed is theirs from now on"
        assert (await housing.step(expected, "leave")).json()["from_on"] == "2026-03-14"


async def test_nobody_has_slept_in_a_bed_in_which_somebody_else_was(havn: World, housing: Housing) -> None:
    shelter = await housing.shelter()
    first, second = [
        await housing.booked(await housing.case(), shelter.place_id, from_on=from_on, to_on=to_on)
        for from_on, to_on in (("2026-03-10", "2026-03-12"), ("2026-03-12", "2026-03-16"))
    ]
    await havn.set_clock("2026-03-14T12:00:00+01:00")
    assert (await housing.step(first, "arrive", body={"arrived_at": "2026-03-10T18:00:00+01:00"})).status_code == 200
    refused = await housing.step(second, "arrive", body={"arrived_at": "2026-03-12T18:00:00+01:00"})
    assert refused.status_code == 409, "the first is there still"
    left = await housing.step(first, "leave", body={"left_at": "2026-03-12T10:00:00+01:00"})
    assert left.json()["to_on"] == "2026-03-12"
    assert (await housing.step(second, "arrive", body={"arrived_at": "2026-03-12T18:00:00+01:00"})).status_code == 200


class Next:
    """Somebody is to have the bed, or is offered it, from the 12th on; who has it until then leaves on the 13th."""

    def __init__(self, havn: World, housing: Housing) -> None:
        self.havn, self.housing = havn, housing

    async def begin(self, to_on: str, *, is_booked: bool, elsewhere: Shelter | None = None) -> None:
        """In the same bed; `elsewhere` the next one is the same person, who is to have another operator's."""
        housing, first = self.housing, await self.housing.shelter()
        self.shelter, operator = elsewhere or first, "amiami" if elsewhere else "reden"
        case_id = await housing.case()
        self.there = await housing.booked(case_id, first.place_id, from_on="2026-03-09", to_on="2026-03-12")
        of_next = case_id if elsewhere else await housing.case()
        self.request = await housing.request(of_next, from_on="2026-03-12", to_on=to_on)
        offered = await housing.offer(self.request, self.shelter.place_id, expires_at=UNTIL)
        assert offered.status_code == 201, offered.text
        self.offer = str(offered.json()["offer_id"])
        if is_booked:
            accepted = await housing.answer(self.offer, "accept", operator)
            self.placement = str(accepted.json()["placement_id"])
        assert (await housing.step(self.there, "arrive")).status_code == 200

    async def first_leaves(self) -> None:
        self.was = await self.read()
        await self.havn.set_clock(STAYS_ON)
        left = await self.housing.step(self.there, "leave")
        assert (left.status_code, left.json()["to_on"]) == (200, "2026-03-13"), left.text

    async def read(self) -> httpx.Response:
        """What is booked, or where nothing is what is held."""
        path = f"placements/{self.placement}" if hasattr(self, "placement") else f"offers/{self.offer}"
        read = await self.havn.partner("cmm").get(f"/accommodation/v1/{path}", purpose="accommodation")
        assert read.status_code == 200, read.text
        return read

    async def asked(self) -> dict[str, Any]:
        path = f"/accommodation/v1/placement-requests/{self.request}"
        read: dict[str, Any] = (await self.havn.partner("cmm").get(path, purpose="accommodation")).json()
        return read

    async def waits(self) -> bool:
        return self.request in [each["request_id"] for each in await line(self.havn)]

    async def is_offered_on(self) -> None:
        """The bed is another one's for the nights that nobody has, and for none that was slept."""
        other = await self.housing.request(await self.housing.case(), from_on="2026-03-13", to_on="2026-03-16")
        offered = await self.housing.offer(other, self.shelter.place_id, expires_at=UNTIL)
        assert offered.status_code == 201, offered.text
        twice = await self.housing.request(await self.housing.case(), from_on="2026-03-13", to_on="2026-03-14")
        refused = await self.housing.offer(twice, self.shelter.place_id, expires_at=UNTIL)
        assert rules_of(refused) == ["occupied"]


@pytest.fixture
def after(havn: World, housing: Housing) -> Next:
    return Next(havn, housing)


async def test_who_has_no_night_left_of_what_was_booked_waits_again(havn: World, housing: Housing, after: Next) -> None:
    await after.begin("2026-03-13", is_booked=True)
    await after.first_leaves()
    over = await after.read()
    assert (over.json()["status"], over.json()["ending"]) == ("left", "cancelled")
    assert over.headers["etag"] != after.was.headers["etag"]
    (event,) = await havn.events("accommodation", "placement-cancelled")
    assert event["placement_id"] == after.placement
    assert await havn.events("accommodation", "no-show") == [], "nobody was expected in a bed that somebody had"
    assert ((await after.asked())["status"], await after.waits()) == ("open", True)
    for step, body in (
        ("extend", {"to_on": "2026-03-20", "reason": "Not ready."}),
        ("arrive", None),
        ("no-show", None),
    ):
        refused = await housing.step(after.placement, step, body=body)
        assert (refused.status_code, problem(refused)) == (409, "PlacementDoesNotAllow")
    await after.is_offered_on()


async def test_who_has_nights_left_of_what_was_booked_is_expected_on_the_first_of_them(
    housing: Housing, after: Next
) -> None:
    await after.begin("2026-03-16", is_booked=True)
    await after.first_leaves()
    now = await after.read()
    assert [now.json()[name] for name in ("status", "from_on", "to_on")] == ["booked", "2026-03-13", "2026-03-16"]
    assert now.headers["etag"] != after.was.headers["etag"]
    assert ((await after.asked())["status"], await after.waits()) == ("placed", False)
    stale = await housing.step(after.placement, "cancel", body={"reason": "X."}, if_match=after.was.headers["etag"])
    assert stale.status_code == 412, "whoever has read it before is to read it anew"
    assert (await housing.step(after.placement, "no-show", body={"on": "2026-03-12"})).status_code == 422
    came = await housing.step(after.placement, "arrive")
    assert (came.status_code, came.json()["from_on"]) == (200, "2026-03-13"), came.text


async def test_nobody_came_on_the_first_evening_that_was_left(housing: Housing, after: Next) -> None:
    await after.begin("2026-03-16", is_booked=True)
    await after.first_leaves()
    missed = await housing.step(after.placement, "no-show", body={"on": "2026-03-13"})
    assert (missed.status_code, missed.json()["status"]) == (200, "left"), missed.text
    assert ((await after.asked())["status"], await after.waits()) == ("open", True)


async def test_an_offer_of_which_no_night_is_left_has_expired(havn: World, housing: Housing, after: Next) -> None:
    await after.begin("2026-03-13", is_booked=False)
    await after.first_leaves()
    over = (await after.read()).json()
    assert (over["status"], over["expires_at"][:13]) == ("expired", "2026-03-13T11")
    assert [each["offer_id"] for each in await havn.events("accommodation", "offer-expired")] == [after.offer]
    refused = await housing.answer(after.offer, "accept")
    assert (refused.status_code, problem(refused)) == (409, "OfferDoesNotAllow")
    assert ((await after.asked())["status"], await after.waits()) == ("open", True)
    await after.is_offered_on()
    await havn.set_clock("2026-03-15T12:00:00+01:00")
    expired = [each["offer_id"] for each in await havn.events("accommodation", "offer-expired")]
    assert expired.count(after.offer) == 1, "and once only"


async def test_an_offer_is_of_the_nights_that_are_left(housing: Housing, after: Next) -> None:
    await after.begin("2026-03-16", is_booked=False)
    await after.first_leaves()
    now = await after.read()
    assert [now.json()[name] for name in ("status", "from_on", "to_on")] == ["held", "2026-03-13", "2026-03-16"]
    assert now.headers["etag"] != after.was.headers["etag"]
    accepted = await housing.answer(after.offer, "accept")
    assert accepted.status_code == 200, accepted.text
    came = await housing.step(str(accepted.json()["placement_id"]), "arrive")
    assert (came.status_code, came.json()["from_on"]) == (200, "2026-03-13"), came.text


@pytest.mark.parametrize("is_booked", [True, False])
async def test_what_another_operator_has_for_the_person_comes_to_nothing_too(
    housing: Housing, after: Next, *, is_booked: bool
) -> None:
    """It is none of the business of the operator who records the leaving."""
    await after.begin("2026-03-13", is_booked=is_booked, elsewhere=await housing.shelter(operator="amiami"))
    await after.first_leaves()
    over = (await after.read()).json()
    assert over["status"] == ("left" if is_booked else "expired")
    assert (await after.asked())["status"] == "open"
    await after.is_offered_on()


async def test_a_booking_that_holds_no_night_is_not_extended(havn: World, housing: Housing) -> None:
    shelter = await housing.shelter()
    booked = await housing.booked(await housing.case(), shelter.place_id, from_on="2026-03-12", to_on="2026-03-13")
    await havn.sql("accommodation", "UPDATE stay SET state = 'ended'")
    refused = await housing.step(booked, "extend", body={"to_on": "2026-03-20", "reason": "Not ready."})
    assert (refused.status_code, problem(refused)) == (409, "PlacementDoesNotAllow")
    assert "extend" not in refused.json()["allowed"]
    assert (await housing.step(booked, "cancel", body={"reason": "Elsewhere."})).status_code == 200
