"""GET /stats/v1/flow: what came in, and what was done."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from shared.contract.events import (
    ReferralAccepted,
    ReferralAcknowledged,
    ReferralCompleted,
    ReferralDeclined,
    ReferralEvent,
    ReferralForwarded,
    ReferralWithdrawn,
)
from shared.kernel.clock import COPENHAGEN
from tests.stats.story import EARLY, Story
from tests.world import World


async def flow(havn: World, **params: str) -> dict[str, Any]:
    answer = await havn.partner("cmm", "statistician").get("/stats/v1/flow", **params)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_referrals_are_counted_by_sender_and_status(havn: World) -> None:
    story = Story()
    accepted = story.referral("politi-oestjylland")
    story.referral("politi-oestjylland")
    story.referral("3f")
    story.step(ReferralAcknowledged, accepted, at=EARLY + timedelta(hours=1))
    story.step(ReferralAccepted, accepted, at=EARLY + timedelta(hours=2))
    await story.reaches(havn)
    assert (await flow(havn))["referrals"] == [
        {"referred_by": "3f", "kind": "labour", "count": 1, "statuses": {"submitted": 1}},
        {
            "referred_by": "politi-oestjylland",
            "kind": "police",
            "count": 2,
            "statuses": {"accepted": 1, "submitted": 1},
        },
    ]


@pytest.mark.parametrize(
    ("event", "status"),
    [
        (ReferralAcknowledged, "acknowledged"),
        (ReferralAccepted, "accepted"),
        (ReferralDeclined, "declined"),
        (ReferralForwarded, "forwarded"),
        (ReferralCompleted, "completed"),
        (ReferralWithdrawn, "withdrawn"),
    ],
)
async def test_each_step_of_a_referral_is_its_new_status(havn: World, event: type[ReferralEvent], status: str) -> None:
    story = Story()
    more = {"forwarded_by": "cmm"} if event is ReferralForwarded else {}
    story.step(event, story.referral(), at=EARLY + timedelta(hours=1), **more)
    await story.reaches(havn)
    assert (await flow(havn))["referrals"][0]["statuses"] == {status: 1}


async def test_people_are_counted_not_interviews(havn: World) -> None:
    story = Story()
    first, second = story.case(), story.case()
    for case_id in (first, first, first, second):
        story.interviewed(case_id)
    story.case()
    await story.reaches(havn)
    assert (await flow(havn))["interviewed"] == 2


async def test_the_period_is_danish_days_the_last_included(havn: World) -> None:
    story = Story()
    for moment in (
        datetime(2025, 12, 31, 23, 59, tzinfo=COPENHAGEN),
        datetime(2026, 1, 1, 0, 0, tzinfo=COPENHAGEN),
        datetime(2026, 12, 31, 23, 59, tzinfo=COPENHAGEN),
        datetime(2027, 1, 1, 0, 0, tzinfo=COPENHAGEN),
    ):
        story.referral(at=moment)
        story.interviewed(story.case(), at=moment)
    await story.reaches(havn)
    for period, count in (
        ({"from": "2026", "to": "2026"}, 2),
        ({"from": "2026-01-01", "to": "2026-12-30"}, 1),
        ({"from": "2026-12-31"}, 2),
        ({"to": "2025"}, 1),
        ({}, 4),
    ):
        found = await flow(havn, **period)
        assert ([row["count"] for row in found["referrals"]], found["interviewed"]) == ([count], count), period


async def test_a_period_that_ends_before_it_begins_is_refused(havn: World) -> None:
    answer = await havn.partner("cmm", "statistician").get("/stats/v1/flow", **{"from": "2026", "to": "2025"})
    assert answer.status_code == 422


async def test_nothing_told_is_nothing_counted(havn: World) -> None:
    await havn.set_clock("2026-11-22T12:00:00+01:00")
    assert await flow(havn) == {
        "recorded_from": 2026,
        "referrals": [],
        "interviewed": 0,
        "prepared_returns": 0,
        "status": "exact",
    }


async def test_what_was_done_before_the_records_begin_and_what_lies_ahead_is_unknown(havn: World) -> None:
    await havn.set_clock("2026-11-22T12:00:00+01:00")
    story = Story()
    story.case(at=datetime(2025, 6, 2, 9, tzinfo=COPENHAGEN))
    await story.reaches(havn)
    periods = {
        "before": {"from": "2007-01-01", "to": "2024-12-31"},
        "into": {"from": "2007-01-01", "to": "2025-01-01"},
        "until today": {"from": "2026-11-22"},
        "ahead": {"from": "2026-11-23"},
    }
    found = {name: await flow(havn, **period) for name, period in periods.items()}
    assert {name: each["status"] for name, each in found.items()} == {
        "before": "unknown",
        "into": "exact",
        "until today": "exact",
        "ahead": "unknown",
    }
    assert {each["recorded_from"] for each in found.values()} == {2025}
