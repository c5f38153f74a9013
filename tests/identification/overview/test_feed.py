"""The events a partner may fetch: those of the cases it may know, each cut to what it may know when it asks."""

import asyncio
from functools import partial

import pytest

from services.identification.overview import repository as overview_repository
from tests.feeds import feed_of, kinds
from tests.identification.builders import CMM_DECIDES, DANISH_GIRL, NEEDS_REVIEW, US_DECIDES, name_of, open_case
from tests.identification.consents.test_consents import consent, withdraw
from tests.identification.life import close
from tests.referrals.builders import POLICE
from tests.world import World

EVENTS = "/identification/v1/events"


@pytest.fixture(autouse=True, params=[200, 0], ids=["of few cases", "of many"])
def how_many_are_few(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """The feed of who has to do with many cases is read another way, and is the same."""
    monkeypatch.setattr(overview_repository, "_FEW", request.param)


feed = partial(feed_of, EVENTS)


async def test_those_who_work_on_the_case_get_every_event_as_it_was_told(havn: World) -> None:
    case = await open_case(havn, US_DECIDES)
    await case.decide("US")
    told = await havn.events("identification")
    for org in ("cmm", "us"):
        items = await feed(havn, org)
        assert [item["type"] for item in items] == [event["type"] for event in told]
        assert all(item["subject"] == case.id for item in items)
        assert [item["sequence"] for item in items] == [str(event["sequence"]) for event in told]
    opened = items[0]
    assert (opened["specversion"], opened["source"]) == ("1.0", "/identification")
    assert opened["data"]["citizenships"] == ["NGA"]


@pytest.mark.parametrize("sender", ["politi-oestjylland", "hopenow", "kommune-0751", "3f", "sygehus-randers"])
async def test_no_number_that_is_missing_says_what_else_was_recorded(havn: World, sender: str) -> None:
    """A period is given after a positive decision alone, and is alerted of: its events would tell the outcome."""
    read = list[list[tuple[str, str]]]()
    for is_positive in (True, False):
        await havn.set_clock("2026-03-09T10:00:00+01:00")
        case = await open_case(havn, CMM_DECIDES, sender=sender)
        if is_positive:
            await case.interview("2026-03-08T10:00:00+01:00")
            await case.decide()
            await case.grant()
        else:
            await case.decide(outcome="not_trafficked")
        await havn.set_clock("2026-04-20T12:00:00+02:00")
        await close(case, "2026-04-20")
        items = [item for item in await feed(havn, sender) if item["subject"] == case.id]
        read.append([(kind, item["sequence"]) for kind, item in zip(kinds(items), items, strict=True)])
    assert read[0] == read[1]
    assert [kind for kind, _ in read[0]][-1] == "case-closed"
    assert [number for _, number in read[0]] == [str(each + 1) for each in range(len(read[0]))], "it grows by one"


@pytest.mark.parametrize("recipient", ["lgbt-asyl", "kommune-0751", "iom", "sygehus-aarhus", "politi-fyn"])
@pytest.mark.parametrize("scope", [["status"], ["status", "outcome"], ["contact"]])
async def test_no_number_tells_whom_the_person_lets_know_that_another_authority_decides(
    havn: World, recipient: str, scope: list[str]
) -> None:
    """To who may not know the authority it would tell the legal status, or that she seeks asylum."""
    await havn.set_clock("2026-03-09T10:00:00+01:00")
    read = list[list[tuple[str, str]]]()
    for basis in ("eu_right_of_residence", "no_legal_stay"):
        case = await open_case(havn, {"citizenships": ["ROU"], "residence_basis": "eu_right_of_residence"})
        allowed = {"recipient": recipient, "purpose": "support", "scope": scope}
        assert (await case.post("/consents", allowed)).status_code == 201
        said = {"residence_basis": basis, "valid_from": "2026-03-09"}
        assert (await case.post("/legal-status", said)).status_code == 201
        await case.recommend("not_trafficked")
        items = [item for item in await feed(havn, recipient) if item["subject"] == case.id]
        assert (await case.get(by=recipient)).json().get("deciding_authority") is None
        read.append([(kind, item["sequence"]) for kind, item in zip(kinds(items), items, strict=True)])
    assert read[0] == read[1]
    assert [number for _, number in read[0]] == [str(each + 1) for each in range(len(read[0]))]


async def test_a_routing_is_news_to_a_sender_where_another_authority_decides(havn: World) -> None:
    """A legal status that is recorded is not the sender's to know, nor when it was."""
    await havn.set_clock("2026-03-09T10:00:00+01:00")
    case = await open_case(havn, CMM_DECIDES, sender="hopenow")

    async def record(basis: str) -> list[tuple[str, str]]:
        said = {"residence_basis": basis, "valid_from": "2026-03-09", "valid_until": "2026-12-31", "source": "US"}
        assert (await case.post("/legal-status", said)).status_code == 201
        return [(item["data"].get("authority", ""), item["sequence"]) for item in await feed(havn, "hopenow")]

    assert await record("visa") == [("", "1"), ("CMM", "2")]
    assert await record("no_legal_stay") == [("", "1"), ("CMM", "2"), ("US", "3")]
    assert await record("residence_permit") == [("", "1"), ("CMM", "2"), ("US", "3"), ("CMM", "4")]
    all_of_it = [item for item in await feed(havn, "cmm") if "case-routed" in item["type"]]
    assert len(all_of_it) == 4, "who works on it is shown each"


async def test_others_get_what_the_table_lets_them_know(havn: World) -> None:
    case = await open_case(havn, NEEDS_REVIEW, sender="hopenow")
    await case.settle("CMM")
    await case.interview("2026-03-03T10:00:00+01:00")
    await case.decide()
    hopenow = await feed(havn, "hopenow")
    assert kinds(hopenow) == ["case-opened", "case-routed", "case-routed", "recommendation-made", "decision-made"]
    always = {"case_id", "occurred_at"}
    assert [set(item["data"]) - always for item in hopenow] == [
        {"opened_on"},
        {"authority"},
        {"authority"},
        set(),
        {"authority"},
    ]
    assert await feed(havn, "us") == [], "it has no part in what CMM decides"
    assert await feed(havn, "anklagemyndigheden") == [], "no list shows the keyhole"
    assert await feed(havn, "politi-fyn") == []


async def test_sc04_no_event_about_the_danish_girl_reaches_us(havn: World) -> None:
    case = await open_case(havn, DANISH_GIRL, sender="cmm", channel="school")
    await case.decide()
    await case.grant()
    assert await feed(havn, "us") == []
    assert kinds(await feed(havn, "cmm"))[0] == "case-opened"


@pytest.mark.row(42)
async def test_sc08_a_withdrawal_takes_back_what_was_not_fetched_yet(havn: World) -> None:
    case = await open_case(havn, CMM_DECIDES)
    await withdraw(case, await consent(case, POLICE, "investigation"))
    assert await feed(havn, POLICE) == []
    await consent(case, POLICE, "investigation", scope=["outcome"])
    await case.decide()
    made = (await feed(havn, POLICE))[-1]
    assert made["data"]["outcome"] == "assessed_trafficked"


async def test_whoever_works_on_the_case_reads_its_events(havn: World) -> None:
    await open_case(havn, US_DECIDES)
    told = kinds(await feed(havn, "us"))
    assert told
    for role in ("decider", "lawyer", "system"):
        assert kinds(await feed(havn, "us", role)) == told, role


async def test_a_dashboard_sees_how_far_cases_are_and_no_more(havn: World) -> None:
    case = await open_case(havn, CMM_DECIDES)
    await case.decide()
    items = await feed(havn, "cmm", "dashboard")
    assert kinds(items) == ["case-opened", "recommendation-made", "decision-made"]
    assert all(set(item["data"]) <= {"case_id", "occurred_at", "opened_on"} for item in items)
    for role in ("statistician", "auditor", "facility_manager"):
        assert (await havn.partner("cmm", role).get(EVENTS)).status_code == 403


async def test_a_reader_goes_on_from_the_last_event_it_has(havn: World) -> None:
    for _ in range(3):
        await open_case(havn, CMM_DECIDES)
    whole = await feed(havn, "cmm")
    cmm = havn.partner("cmm")
    page = (await cmm.get(EVENTS, limit=2)).json()
    read = page["items"]
    while page["next_cursor"]:
        page = (await cmm.get(EVENTS, limit=2, after=page["next_cursor"])).json()
        read += page["items"]
    assert read == whole
    assert await feed(havn, "cmm", after=whole[-1]["id"]) == []
    await open_case(havn, CMM_DECIDES)
    assert kinds(await feed(havn, "cmm", after=whole[-1]["id"]))[0] == "case-opened"
    unknown = await cmm.get(EVENTS, after="00000000-0000-7000-8000-000000000000")
    assert name_of(unknown) == (400, "CursorInvalid")


async def test_an_event_that_commits_late_is_not_passed_by(havn: World) -> None:
    """A transaction draws a position and waits; a later one commits first. Nothing is told before the first has ended."""
    slow, quick = await open_case(havn, CMM_DECIDES), await open_case(havn, CMM_DECIDES)
    last = (await feed(havn, "cmm"))[-1]["id"]
    insert = (
        "INSERT INTO event_history (key, sequence, type, occurred_at, actor_org, payload)"
        " VALUES ($1, 900, 'dk.havn.identification.case-closed.v1', now(), 'cmm', '{\"on\": \"2026-03-09\"}')"
    )
    async with havn.meanwhile("identification") as late:
        await late.execute(insert, slow.id)
        await quick.recommend()
        assert await feed(havn, "cmm", after=last) == []
    read = await feed(havn, "cmm", after=last)
    assert [item["subject"] for item in read] == [slow.id, quick.id]


async def test_under_concurrent_writers_a_polling_reader_misses_nothing_and_gets_nothing_twice(havn: World) -> None:
    cases = [await open_case(havn, CMM_DECIDES) for _ in range(4)]
    seen: list[str] = [item["id"] for item in await feed(havn, "cmm")]
    is_done = False

    async def poll() -> None:
        while True:
            was_done = is_done
            new = await feed(havn, "cmm", after=seen[-1], limit=7)
            seen.extend(item["id"] for item in new)
            if was_done and not new:
                return
            await asyncio.sleep(0)

    async def write(number: int) -> None:
        for minute in range(6):
            await cases[number].interview(f"2026-03-03T10:{minute:02}:00+01:00")

    reader = asyncio.create_task(poll())
    await asyncio.gather(*(write(number) for number in range(4)))
    is_done = True
    await reader
    told = await havn.sql("identification", "SELECT event_id FROM event_history ORDER BY position")
    assert seen == [str(row["event_id"]) for row in told]


@pytest.mark.row(23)
async def test_no_event_tells_of_an_earlier_identification(havn: World) -> None:
    known = US_DECIDES | {"identifiers": [{"type": "x_ecpr", "value": "1405981AB2"}]}
    earlier = await open_case(havn, known)
    await earlier.decide("US", "not_trafficked")
    assert (await earlier.post("/closure", {"on": "2026-06-01", "reason": "Nothing more to do."})).status_code == 200
    again = await open_case(havn, known)
    assert again.id != earlier.id
    for org in ("cmm", "us", POLICE):
        told = [event for event in await feed(havn, org) if event["subject"] == again.id]
        assert told, org
        assert earlier.id not in str(told)


async def test_sc04_no_event_of_another_case_says_to_us_that_there_is_a_danish_girl(havn: World) -> None:
    girl = await open_case(havn, DANISH_GIRL, sender="cmm", channel="school")
    friend = await open_case(havn, US_DECIDES)
    assert (await friend.post("/links", {"case_id": girl.id, "relation": "co_victim"})).status_code == 201
    events = await feed(havn, "us")
    assert kinds(events) == ["case-opened", "case-routed"], "not even that there is somebody"
    timeline = (await friend.get("/timeline", by="us")).json()["items"]
    assert [entry["kind"] for entry in timeline] == ["case-opened", "case-routed"]
    linked = next(event for event in await feed(havn, "cmm") if ".case-linked." in event["type"])
    assert {linked["subject"], linked["data"]["other_case_id"]} == {girl.id, friend.id}
