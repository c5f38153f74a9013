"""The on-call: alerted at once outside hotline hours, every half hour, until somebody has taken it."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.identification.builders import US_DECIDES, Opened, name_of, open_case, open_cases
from tests.world import World

NIGHT = "2026-06-20T23:30:00+02:00"
HELD: dict[str, Any] = {"in_custody": True, "custody_since": NIGHT, "occurred_at": NIGHT}


async def alerts(havn: World, org: str = "cmm") -> list[dict[str, Any]]:
    """What the organisation was alerted of, oldest first."""
    page = await havn.partner(org).get("/identification/v1/alerts")
    assert page.status_code == 200, page.text
    found: list[dict[str, Any]] = page.json()["items"][::-1]
    return found


async def alerted(havn: World) -> list[tuple[int, str]]:
    """The events: which time, and when."""
    return [(each["number"], each["occurred_at"]) for each in await havn.events("identification", "on-call-alerted")]


@pytest.fixture
async def held(havn: World) -> Opened:
    """Saturday night, somebody is held."""
    await havn.set_clock(NIGHT)
    return await open_case(havn, US_DECIDES, **HELD)


# ---------------------------------------------------------------- SC16


@pytest.mark.row(45)
async def test_out_of_hours_the_on_call_is_alerted_at_once_and_again_after_half_an_hour(held: Opened) -> None:
    havn = held.havn
    (first,) = await alerts(havn)
    assert (first["kind"], first["case_id"], first["number"], first["acknowledged_at"]) == ("on_call", held.id, 1, None)
    assert first["due_at"] == "2026-06-23T21:30:00Z", "when the 72 hours are over"
    assert await alerted(havn) == [(1, "2026-06-20T21:30:00Z")]
    await havn.set_clock("2026-06-20T23:59:59+02:00")
    assert len(await alerts(havn)) == 1
    await havn.set_clock("2026-06-21T00:00:00+02:00")
    assert [each["number"] for each in await alerts(havn)] == [1, 2]
    assert (await alerts(havn))[1]["due_at"] == "2026-06-23T21:30:00Z"
    assert await alerted(havn) == [(1, "2026-06-20T21:30:00Z"), (2, "2026-06-20T22:00:00Z")]


async def test_a_jump_over_several_half_hours_alerts_once_and_keeps_the_half_hours(held: Opened) -> None:
    havn = held.havn
    await havn.set_clock("2026-06-21T02:10:00+02:00")
    assert (await alerted(havn))[1:] == [(2, "2026-06-21T00:00:00Z")]
    await havn.set_clock("2026-06-21T02:29:00+02:00")
    assert len(await alerted(havn)) == 2
    await havn.set_clock("2026-06-21T02:31:00+02:00")
    assert (await alerted(havn))[2:] == [(3, "2026-06-21T00:30:00Z")]


async def test_an_acknowledgement_ends_the_alerts(held: Opened) -> None:
    havn = held.havn
    await havn.set_clock("2026-06-21T00:00:00+02:00")
    taken = await held.post("/on-call/acknowledge", None)
    assert taken.status_code == 200, taken.text
    assert taken.json() == {
        "case_id": held.id,
        "alerts": 2,
        "first_alerted_at": "2026-06-20T21:30:00Z",
        "acknowledged_at": "2026-06-20T22:00:00Z",
    }
    assert taken.headers["etag"] == await held.etag()
    await havn.set_clock("2026-06-21T09:00:00+02:00")
    assert [each["acknowledged_at"] for each in await alerts(havn)] == ["2026-06-20T22:00:00Z"] * 2
    assert len(await havn.events("identification", "on-call-acknowledged")) == 1
    again = await held.post("/on-call/acknowledge", None)
    assert (again.status_code, again.json()["acknowledged_at"]) == (200, "2026-06-20T22:00:00Z")
    assert len(await havn.events("identification", "on-call-acknowledged")) == 1
    kinds = {each["kind"] for each in (await held.details())["deadlines"]}
    assert kinds == {"custody", "decision"}, "the on-call's half hour is done, custody runs on"


async def test_the_on_calls_half_hour_is_a_clock_like_any_other(held: Opened) -> None:
    clock = next(each for each in (await held.details())["deadlines"] if each["kind"] == "on_call")
    assert (clock["due_at"], clock["state"], clock["for_org"]) == ("2026-06-20T22:00:00Z", "running", "cmm")
    await held.havn.set_clock("2026-06-21T00:00:00+02:00")
    (told,) = await held.havn.events("identification", "deadline-approaching")
    assert (told["kind"], told["state"], told["occurred_at"]) == ("on_call", "passed", "2026-06-20T22:00:00Z")


async def test_the_end_of_the_custody_ends_the_alerts(held: Opened) -> None:
    havn = held.havn
    await havn.set_clock("2026-06-20T23:45:00+02:00")
    ended = await held.post("/custody/end", {"ended_at": "2026-06-20T23:40:00+02:00", "reason": "released"})
    assert ended.status_code == 200
    await havn.set_clock("2026-06-21T06:00:00+02:00")
    assert len(await alerted(havn)) == 1


async def test_a_second_arrest_at_night_alerts_anew(held: Opened) -> None:
    havn = held.havn
    await held.post("/on-call/acknowledge", None)
    await havn.set_clock("2026-06-21T01:00:00+02:00")
    await held.post("/custody/end", {"ended_at": "2026-06-21T00:30:00+02:00"})
    again = await held.post("/custody", {"since": "2026-06-21T00:45:00+02:00"})
    assert again.status_code == 201, again.text
    assert (await alerted(havn))[1:] == [(1, "2026-06-20T23:00:00Z")]
    await havn.set_clock("2026-06-21T01:30:00+02:00")
    assert (await alerted(havn))[2:] == [(2, "2026-06-20T23:30:00Z")]


async def test_each_of_two_women_is_alerted_of_on_her_own(havn: World) -> None:
    await havn.set_clock(NIGHT)
    one, two = await open_cases(havn, US_DECIDES, US_DECIDES, **HELD)
    await one.post("/on-call/acknowledge", None)
    await havn.set_clock("2026-06-21T00:00:00+02:00")
    assert sorted((each["case_id"], each["number"]) for each in await alerts(havn)) == sorted(
        [(one.id, 1), (two.id, 1), (two.id, 2)]
    )


async def test_only_cmm_acknowledges_and_only_what_it_was_alerted_of(held: Opened) -> None:
    assert name_of(await held.post("/on-call/acknowledge", None, by="us")) == (403, "OnlyTheOnCall")
    assert (await held.post("/on-call/acknowledge", None, by="politi-oestjylland")).status_code == 403
    seen = await held.etag()
    assert (await held.post("/on-call/acknowledge", None, if_match='"0"')).status_code == 412
    assert (await held.post("/on-call/acknowledge", None, if_match=seen)).status_code == 200
    by_day = await open_case(held.havn, US_DECIDES, occurred_at=NIGHT)
    assert name_of(await by_day.post("/on-call/acknowledge", None)) == (409, "OnCallNotAlerted")


async def test_alerts_are_for_whom_they_are_for_and_come_in_pages(held: Opened) -> None:
    havn = held.havn
    for half_hours in range(1, 4):
        moment = datetime.fromisoformat(NIGHT) + timedelta(minutes=30 * half_hours)
        await havn.set_clock(moment)
    for org in ("us", "politi-oestjylland", "reden"):
        assert await alerts(havn, org) == [], org
    cmm = havn.partner("cmm")
    first = (await cmm.get("/identification/v1/alerts", limit=3)).json()
    rest = (await cmm.get("/identification/v1/alerts", limit=3, cursor=first["next_cursor"])).json()
    assert [each["number"] for each in first["items"] + rest["items"]] == [4, 3, 2, 1]
    assert rest["next_cursor"] is None


async def test_an_alert_is_sent_to_the_configured_channel(held: Opened) -> None:
    async with asyncio.timeout(10):
        while not (await alerts(held.havn))[0]["sent_at"]:
            await asyncio.sleep(0.05)
    (alert,) = await alerts(held.havn)
    assert (alert["attempts"], alert["last_error"]) == (1, None)
