"""The hotline's hours, and the on-call: at once, every half hour, until somebody has taken it."""

import asyncio
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.identification.domain.hotline import HotlineHours, is_open
from shared.clock import COPENHAGEN
from shared.decision_tables import TableInvalid, load
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


# ---------------------------------------------------------------- hours

moments = st.dates(date(2021, 1, 1), date(2060, 1, 1)).flatmap(
    lambda day: st.times().map(lambda at: datetime.combine(day, at, tzinfo=COPENHAGEN))
)


@pytest.mark.parametrize(
    ("moment", "somebody_answers"),
    [
        ("2026-06-22T08:29:59", False),  # Monday
        ("2026-06-22T08:30:00", True),
        ("2026-06-22T15:59:59", True),
        ("2026-06-22T16:00:00", False),
        ("2026-06-20T08:59:59", False),  # Saturday
        ("2026-06-20T09:00:00", True),
        ("2026-06-20T14:59:59", True),
        ("2026-06-20T15:00:00", False),
        ("2026-06-20T23:30:00", False),
        ("2026-06-21T12:00:00", True),  # Sunday
        ("2026-12-25T08:45:00", False),  # a Friday, and Christmas Day
        ("2026-12-25T15:30:00", False),
        ("2026-12-25T09:00:00", True),
        ("2026-06-05T15:30:00", True),  # Grundlovsdag is a weekday like any other
        ("2026-12-24T08:45:00", True),
        ("2024-04-26T15:30:00", True),  # store bededag is none any more
        ("2023-05-05T15:30:00", False),
        ("2026-03-29T09:00:00", True),  # the clocks have gone forward
        ("2026-03-29T15:00:00", False),
        ("2026-10-25T08:59:00", False),  # and back
        ("2026-10-25T09:00:00", True),
    ],
)
def test_the_hours_of_the_hotline(moment: str, somebody_answers: bool) -> None:
    assert is_open(datetime.fromisoformat(moment).replace(tzinfo=COPENHAGEN)) is somebody_answers


@given(moments)
def test_it_is_never_open_before_half_past_eight_nor_after_four(moment: datetime) -> None:
    if is_open(moment):
        assert time(8, 30) <= moment.time() < time(16)


def test_nobody_is_known_to_answer_on_a_day_that_no_table_covers() -> None:
    assert not is_open(datetime(2019, 6, 3, 12, tzinfo=COPENHAGEN))


def test_other_hours_are_another_table() -> None:
    hours = HotlineHours.model_validate(
        {
            "version": "t",
            "valid_from": "2030-01-01",
            "weekdays": ["00:00", "23:59"],
            "weekends_and_holidays": ["10:00", "12:00"],
        }
    )
    assert is_open(datetime(2026, 6, 22, 3, tzinfo=COPENHAGEN), hours)
    assert not is_open(datetime(2026, 6, 21, 9, tzinfo=COPENHAGEN), hours)


@pytest.mark.parametrize("wrong", [["16:00", "08:30"], ["08:30", "08:30"]])
def test_hours_that_close_before_they_open_are_refused(tmp_path: Path, wrong: list[str]) -> None:
    table = tmp_path / "hotline-2030.json"
    told = {"version": "t", "valid_from": "2030-01-01", "weekdays": wrong, "weekends_and_holidays": ["09:00", "15:00"]}
    table.write_text(str(told).replace("'", '"'), encoding="utf-8")
    with pytest.raises(TableInvalid, match="closes after it opens"):
        load(table, HotlineHours)


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
