"""The events of referrals that a partner may fetch: those of its own referrals, from when it became a party."""

from functools import partial
from typing import Any

import pytest

from services.referrals import repository
from shared.identity.actor import Role
from tests.feeds import feed_of, kinds
from tests.identification.builders import name_of
from tests.referrals.builders import POLICE, send, subject
from tests.referrals.test_withdrawn_consent import allow, identified, withdraw_from
from tests.world import World

EVENTS = "/referrals/v1/events"


@pytest.fixture(autouse=True, params=[200, 0], ids=["of few referrals", "of many"])
def how_many_are_few(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """The feed of who is party to many referrals is read another way, and is the same."""
    monkeypatch.setattr(repository, "_FEW", request.param)


feed = partial(feed_of, EVENTS)


async def test_sender_and_recipient_get_every_event_as_it_was_recorded(havn: World) -> None:
    sent = await send(havn)
    await sent.bring_to("completed")
    recorded = await havn.events("referrals")
    for org in (POLICE, "cmm"):
        items = await feed(havn, org)
        assert [(item["type"], item["sequence"]) for item in items] == [
            (event["type"], str(event["sequence"])) for event in recorded
        ]
        assert {item["subject"] for item in items} == {sent.id}
    assert items[0]["source"] == "/referrals"
    assert items[0]["data"]["subject_ids"] == [sent.receipt["subjects"][0]["subject_id"]]


async def test_nobody_else_gets_any(havn: World) -> None:
    await send(havn)
    for org in ("reden", "us", "politi-fyn", "kommune-0751", "sygehus-odense"):
        assert await feed(havn, org) == [], org
    for role in ("statistician", "auditor", "facility_manager", "health", "admin"):
        assert (await havn.partner("cmm", role).get(EVENTS)).status_code == 403


async def test_who_may_know_the_standing_alone_sees_it(havn: World) -> None:
    await send(havn)
    for role in (Role.DASHBOARD, Role.SYSTEM, Role.DECIDER, Role.LAWYER):
        assert kinds(await feed(havn, "cmm", role)) == ["referral-submitted"]


async def test_a_part_begins_with_the_forwarding_that_gave_it_and_ends_with_it(havn: World) -> None:
    sent = await send(havn, subject(consents=[{"recipient": "reden", "purpose": "support"}]))
    await sent.bring_to("forwarded")
    await sent.step("acknowledge", by="reden")
    assert kinds(await feed(havn, "reden")) == ["referral-forwarded", "referral-acknowledged"]
    assert await feed(havn, "cmm") == [], "it is no longer CMM's"
    assert kinds(await feed(havn, POLICE)) == [
        *("referral-submitted", "referral-acknowledged", "referral-forwarded", "referral-acknowledged")
    ]


async def test_of_what_was_withdrawn_its_recipient_learns_that_alone(havn: World) -> None:
    sent = await send(havn)
    await sent.bring_to("acknowledged")
    await sent.step("withdraw")
    assert kinds(await feed(havn, "cmm")) == ["referral-withdrawn"]
    assert kinds(await feed(havn, POLICE)) == ["referral-submitted", "referral-acknowledged", "referral-withdrawn"]


@pytest.mark.row(42)
async def test_a_consent_that_is_taken_back_closes_the_feed_to_the_recipient(havn: World) -> None:
    case, _ = await identified(havn)
    await send(havn, subject(), sender="cmm", recipient="hopenow", case_id=case.id)
    assert kinds(await feed(havn, "hopenow")) == ["referral-submitted"]
    await withdraw_from(case, "hopenow")
    assert await feed(havn, "hopenow") == []
    await allow(case, "hopenow")
    assert kinds(await feed(havn, "hopenow")) == ["referral-submitted"]


@pytest.mark.row(42)
async def test_to_the_sender_the_feed_stays_as_it_stood_when_consent_was_taken_back(havn: World) -> None:
    await havn.set_clock("2026-06-10T10:00:00+02:00")
    case, sent = await identified(havn)
    await sent.step("acknowledge")
    await havn.set_clock("2026-06-12T10:00:00+02:00")
    await withdraw_from(case, POLICE, purpose="investigation")
    await havn.set_clock("2026-06-13T10:00:00+02:00")
    await sent.step("accept")
    assert kinds(await feed(havn, POLICE)) == ["referral-submitted", "referral-acknowledged"]
    assert kinds(await feed(havn, "cmm"))[-1] == "referral-accepted"
    await sent.step("withdraw")
    assert kinds(await feed(havn, POLICE))[-1] == "referral-withdrawn", "what it does itself it knows"


async def test_a_reader_goes_on_from_the_last_event_it_has(havn: World) -> None:
    for _ in range(3):
        await (await send(havn)).bring_to("acknowledged")
    whole = await feed(havn, POLICE)
    police, read, after = havn.partner(POLICE), list[dict[str, Any]](), None
    while True:
        page = (await police.get(EVENTS, limit=2, after=after)).json()
        read += page["items"]
        if page["next_cursor"] is None:
            break
        after = page["next_cursor"]
    assert read == whole
    assert len(whole) == 6
    assert await feed(havn, POLICE, after=whole[-1]["id"]) == []
    unknown = await police.get(EVENTS, after="00000000-0000-7000-8000-000000000000")
    assert name_of(unknown) == (400, "CursorInvalid")


async def test_row_level_security_shows_each_its_own_events(havn: World) -> None:
    sent = await send(havn)
    await send(havn, sender="hopenow")
    keys = "SELECT DISTINCT key FROM event_history"
    assert [row["key"] for row in await havn.sql_as_runtime("referrals", keys, org=POLICE)] == [sent.id]
    assert len(await havn.sql_as_runtime("referrals", keys, org="cmm")) == 2
    for org in ("reden", "us", ""):
        assert await havn.sql_as_runtime("referrals", keys, org=org) == []
