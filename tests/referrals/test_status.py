"""Where a referral stands: four fields, and the clock of a person in custody."""

from typing import Any

import pytest

from tests.referrals.builders import POLICE, send
from tests.world import World


async def test_the_status_is_four_fields_and_nothing_else(havn: World) -> None:
    await havn.set_clock("2026-03-02T10:00:00+01:00")
    sent = await send(havn)
    for party in (POLICE, "cmm"):
        told = await sent.status(by=party)
        assert told.json() == {
            "referral_id": sent.id,
            "status": "submitted",
            "updated_at": "2026-03-02T09:00:00Z",
            "next_deadline": None,
        }
        assert "etag" in told.headers


async def test_each_step_moves_the_time_of_the_last_change(havn: World) -> None:
    await havn.set_clock("2026-03-02T10:00:00+01:00")
    sent = await send(havn)
    await havn.set_clock("2026-03-02T11:30:00+01:00")
    await sent.step("acknowledge")
    assert (await sent.status()).json()["updated_at"] == "2026-03-02T10:30:00Z"


async def test_sc16_custody_ends_72_hours_after_it_began(havn: World) -> None:
    sent = await send(
        havn,
        occurred_at="2026-06-20T23:00:00+02:00",
        in_custody=True,
        custody_since="2026-06-20T23:30:00+02:00",
    )
    assert (await sent.status()).json()["next_deadline"] == "2026-06-23T21:30:00Z"


async def test_the_72_hours_are_hours_also_over_the_change_to_summer_time(havn: World) -> None:
    sent = await send(havn, in_custody=True, custody_since="2026-03-28T12:00:00+01:00")
    assert (await sent.status()).json()["next_deadline"] == "2026-03-31T11:00:00Z"


async def test_custody_without_an_hour_runs_from_what_happened(havn: World) -> None:
    sent = await send(havn, occurred_at="2026-06-20T23:30:00+02:00", in_custody=True)
    assert (await sent.status()).json()["next_deadline"] == "2026-06-23T21:30:00Z"


@pytest.mark.parametrize("said", [{}, {"in_custody": False, "custody_since": None}])
async def test_nobody_in_custody_has_no_deadline(havn: World, said: dict[str, Any]) -> None:
    sent = await send(havn, **said)
    assert (await sent.status()).json()["next_deadline"] is None


async def test_the_clock_stops_when_the_referral_has_ended(havn: World) -> None:
    for status, runs in {"acknowledged": True, "accepted": True, "declined": False, "withdrawn": False}.items():
        sent = await send(havn, in_custody=True)
        await sent.bring_to(status)
        assert ((await sent.status()).json()["next_deadline"] is not None) == runs, status
