"""Whoever is told of what an opening brings is woken by it, and nobody else."""

import pytest

from tests.identification.builders import CMM_DECIDES, open_case
from tests.world import World


@pytest.mark.parametrize("held", [{}, {"in_custody": True, "custody_since": "2026-03-10T09:30:00+01:00"}])
async def test_an_opening_wakes_who_sends_alerts_where_there_is_one(
    havn: World, held: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    worker, woken = havn.application.workers["identification"], list[str]()
    for name, wakes in (("relay", worker.relay), ("alerts", worker.alerts)):
        wake = wakes.wake
        monkeypatch.setattr(wakes, "wake", lambda name=name, wake=wake: woken.append(name) or wake())
    await open_case(havn, CMM_DECIDES, **held)
    await havn.settled()
    assert "relay" in woken
    assert ("alerts" in woken) is bool(held)
