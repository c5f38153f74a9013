"""`havn up --seed`: what a newcomer finds in a new Havn has happened up to today, and is as real as any."""

import os
from datetime import datetime, timedelta

import pytest
from typer.testing import CliRunner

from services.cli import app
from services.demo.seed import END_OF_SC01, moved, seed
from shared.kernel.clock import COPENHAGEN
from tests.journeys.sc01 import Story
from tests.world import World


async def test_the_raid_has_happened_up_to_today_and_its_people_are_in_the_shelter(havn: World) -> None:
    raid = await seed(Story(havn)._ask, lambda: datetime.now(COPENHAGEN))
    await havn.settled()
    today = datetime.now(COPENHAGEN).date()
    cmm = havn.partner("cmm")
    cases = (await cmm.get("/identification/v1/cases")).json()["items"]
    assert {case["case_id"] for case in cases} == set(raid.cases.values())
    assert {case["status"] for case in cases} == {"decided"}
    decided = await havn.sql("identification", "SELECT decided_on FROM decision")
    assert {row["decided_on"] for row in decided} == {today}
    day = await havn.partner("reden").get(
        f"/accommodation/v1/placements?facility_id={raid.facility_id}&on={today}&purpose=accommodation"
    )
    assert [each["placement"]["status"] for each in day.json()["items"]] == ["arrived", "arrived"], day.text
    since = datetime.now(COPENHAGEN) - havn.development.clock.now()
    assert since < timedelta(minutes=1), "the clock was left alone"


def test_days_and_moments_move_and_nothing_else() -> None:
    now = END_OF_SC01 + timedelta(days=400, hours=-5)
    said = {"on": "2026-03-09", "at": ["2026-03-09T17:00:00+01:00"], "age": 24, "code": "0751", "text": "on 2026-03-09"}
    assert moved(said, now) == {
        "on": "2027-04-13",
        "at": ["2027-04-13T12:00:00+02:00"],
        "age": 24,
        "code": "0751",
        "text": "on 2026-03-09",
    }


@pytest.mark.parametrize("at", ["2026-03-09T09:00:00+01:00", "2026-03-09T18:00:00+01:00"])
def test_what_is_said_of_today_stays_on_it_shortly_after_midnight(at: str) -> None:
    now = datetime(2026, 11, 27, 0, 10, tzinfo=COPENHAGEN)
    told = datetime.fromisoformat(moved(at, now))
    assert told.date() == now.date()
    assert told <= now


def test_production_is_never_seeded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HAVN_ENV", "production")
    monkeypatch.setenv("HAVN_DATABASE_URL", "postgresql://db.example/havn")
    monkeypatch.setenv("HAVN_ISSUERS", "issuers.json")
    monkeypatch.setenv("HAVN_MASTER_KEY", "set")
    ended = CliRunner().invoke(app, ["up", "--seed"])
    assert ended.exit_code == os.EX_CONFIG
    assert "made up" in ended.stderr
