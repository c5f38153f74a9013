"""The domain's clock may be set in development; tokens are never judged by it, and production has none."""

import asyncio
from datetime import UTC, date, datetime, timedelta

import pytest

from shared.dev.clock import DevelopmentClock
from shared.dev.development import Development
from shared.dev.issuer import DevelopmentOnly
from shared.kernel.clock import SystemClock, on_date
from tests.journeys.sc01 import Story
from tests.world import ORGANISATIONS, World


def test_a_set_clock_stands_still_until_it_is_let_go() -> None:
    clock = DevelopmentClock()
    moment = datetime.fromisoformat("2026-03-02T10:00:00+01:00")
    clock.set(moment)
    assert clock.now() == clock.now() == moment
    assert clock.now().tzinfo is UTC
    clock.set(None)
    assert abs(clock.now() - SystemClock().now()) < timedelta(minutes=1)


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        ("2026-03-02T22:59:59+00:00", date(2026, 3, 2)),
        ("2026-03-02T23:00:00+00:00", date(2026, 3, 3)),
        ("2026-07-01T21:59:59+00:00", date(2026, 7, 1)),
        ("2026-07-01T22:00:00+00:00", date(2026, 7, 2)),
    ],
)
def test_a_day_begins_at_midnight_in_copenhagen_in_winter_and_summer(moment: str, day: date) -> None:
    assert on_date(datetime.fromisoformat(moment)) == day


async def test_the_clock_that_is_set_is_the_one_that_is_read(havn: World) -> None:
    await havn.set_clock("2026-03-02T10:00:00+01:00")
    read = [(await havn.client.get("/dev/clock")).json() for _ in range(2)]
    assert read == [{"now": "2026-03-02T09:00:00Z"}] * 2


@pytest.mark.parametrize(
    "body", [{"now": "2026-03-02T10:00:00"}, {"now": "tomorrow"}, {"now": 5}, {}, {"now": None, "x": 1}]
)
async def test_a_clock_is_set_to_a_moment_with_a_zone(havn: World, body: dict[str, object]) -> None:
    assert (await havn.client.put("/dev/clock", json=body)).status_code == 422


async def test_a_token_outlives_every_setting_of_the_clock(havn: World) -> None:
    cmm = havn.partner("cmm")
    for moment in ("2020-01-01T00:00:00Z", "2099-01-01T00:00:00Z"):
        await havn.set_clock(moment)
        assert (await cmm.get("/identification/v1/cases")).status_code == 200


async def test_what_is_recorded_has_the_clocks_time(havn: World) -> None:
    await Story(havn).refer()
    (told,) = await havn.events("referrals", "referral-submitted")
    assert told["occurred_at"] == "2026-03-02T09:00:00Z"


async def test_what_is_due_is_done_before_the_setting_is_answered(havn: World, monkeypatch: pytest.MonkeyPatch) -> None:
    swept: list[str] = []
    for name, worker in havn.application.workers.items():

        async def sweep(name: str = name) -> None:
            await asyncio.sleep(0)
            swept.append(f"{name} {havn.application.platform.clock.now():%Y}")

        monkeypatch.setattr(worker, "sweep", sweep)
    await havn.set_clock("2031-01-01T00:00:00Z")
    assert sorted(swept) == sorted(f"{name} 2031" for name in havn.application.workers)


async def test_in_production_there_is_no_clock_to_set(havn: World) -> None:
    production = havn.application.platform.settings.model_copy(update={"env": "production"})
    with pytest.raises(DevelopmentOnly):
        Development(production, ORGANISATIONS)
