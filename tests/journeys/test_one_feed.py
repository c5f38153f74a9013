"""One feed over all four services (`GET /stats/v1/events`): what an organisation may know, in order, never skipping."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from shared.contract.organisations import Scope
from tests.accommodation.housing import NOW, Housing
from tests.away import away_from
from tests.identification.builders import DANISH_GIRL, US_DECIDES, Opened, name_of, open_case
from tests.identification.erasure.test_nothing_left import erase
from tests.referrals.builders import POLICE, send, subject
from tests.world import World

EVENTS = "/stats/v1/events"
SERVICES = ("accommodation", "identification", "referrals", "stats")


async def pages(
    havn: World, org: str, *roles: str, limit: int = 100, cursor: str | None = None
) -> tuple[list[Any], Any]:
    """All that is new after the cursor, and the cursor from there."""
    partner, found = havn.partner(org, *roles), list[dict[str, Any]]()
    while True:
        page = await partner.get(EVENTS, limit=limit, cursor=cursor)
        assert page.status_code == 200, page.text
        items, following = page.json()["items"], page.json()["next_cursor"]
        found += items
        if following is None:
            assert items == []
            return found, cursor
        cursor = following


def kinds(items: list[dict[str, Any]]) -> list[str]:
    return [item["type"].split(".")[3] for item in items]


async def raid(havn: World) -> tuple[Opened, str]:
    """Police refer a woman without legal stay; CMM takes it on; a shelter takes her in; US decides."""
    await havn.set_clock(NOW)
    sent = await send(havn, subject(**US_DECIDES, gender="woman"), kind="identification")
    await havn.settled()
    await sent.step("acknowledge")
    await sent.step("accept")
    case = Opened(havn, (await sent.read()).json()["subjects"][0]["case_id"])
    housing = Housing(havn)
    shelter = await housing.shelter(secret_address=True)
    await housing.there(case.id, shelter.place_id)
    await case.decide("US")
    await havn.settled()
    return case, sent.id


async def test_the_centre_gets_the_whole_story_of_all_four_services_in_order(havn: World) -> None:
    case, _ = await raid(havn)
    found, _ = await pages(havn, "cmm")
    recorded = [event for service in SERVICES for event in await havn.events(service)]
    assert len(found) == len(recorded) == len({item["id"] for item in found})
    story = [name for name in kinds(found) if name != "facility-changed"]
    before = [
        *("referral-submitted", "case-opened", "case-routed", "referral-acknowledged", "referral-accepted"),
        *("placement-requested", "place-offered", "offer-accepted", "person-arrived", "recommendation-made"),
    ]
    assert story[: len(before)] == before
    assert "decision-made" in story
    assert {item["source"] for item in found if item["subject"] == case.id} == {"/identification", "/accommodation"}
    for service in SERVICES:
        own = [item["id"] for item in found if item["source"] == f"/{service}"]
        rows = await havn.sql(service, "SELECT event_id FROM event_history ORDER BY position")
        assert own == [str(row["event_id"]) for row in rows]


async def test_each_organisation_gets_what_each_service_lets_it_know(havn: World) -> None:
    case, referral_id = await raid(havn)
    for org, roles in (("cmm", ()), ("us", ()), (POLICE, ()), ("reden", ()), (POLICE, ("dashboard",))):
        partner = havn.partner(org, *roles)
        found, _ = await pages(havn, org, *roles)
        for service in SERVICES[:3]:
            alone = (await partner.get(f"/{service}/v1/events", limit=100)).json()["items"]
            assert [item for item in found if item["source"] == f"/{service}"] == alone, (org, service)
    of_police, _ = await pages(havn, POLICE)
    assert {item["subject"] for item in of_police} == {case.id, referral_id}
    assert not {"outcome", "residence_basis", "row", "placement_id"} & {
        name for item in of_police for name in item["data"]
    }


async def test_who_has_nothing_to_do_with_it_gets_nothing(havn: World) -> None:
    await raid(havn)
    for org in ("politi-fyn", "amiami", "kommune-0751", "sygehus-odense", "3f", "iom", "anklagemyndigheden"):
        assert await pages(havn, org) == ([], None), org
    for role in ("statistician", "auditor", "health", "admin"):
        assert (await havn.partner("cmm", role).get(EVENTS)).status_code == 403
    nobody = havn.partner("cmm", scopes=[Scope.CASES_READ])
    assert name_of(await nobody.get(EVENTS)) == (403, "ScopeMissing")


@pytest.mark.row(42)
async def test_sc04_no_event_of_any_service_tells_us_of_the_danish_girl(havn: World) -> None:
    girl = await open_case(havn, DANISH_GIRL, sender="cmm", channel="school")
    await girl.decide()
    assert await pages(havn, "us") == ([], None)
    assert kinds((await pages(havn, "cmm"))[0])


async def test_a_reader_goes_on_for_ever_in_pages_of_any_size(havn: World) -> None:
    await raid(havn)
    whole, _ = await pages(havn, "cmm")
    for limit in (1, 3):
        assert (await pages(havn, "cmm", limit=limit))[0] == whole
    _, cursor = await pages(havn, "cmm")
    assert await pages(havn, "cmm", cursor=cursor) == ([], cursor), "nothing is new"
    sent = await send(havn)
    new, cursor = await pages(havn, "cmm", cursor=cursor)
    assert [(kinds([item])[0], item["subject"]) for item in new] == [("referral-submitted", sent.id)]
    assert await pages(havn, "cmm", cursor=cursor) == ([], cursor)


async def test_a_cursor_is_its_organisation_s_alone_and_cannot_be_made_up(havn: World) -> None:
    await raid(havn)
    _, cursor = await pages(havn, "cmm")
    for asked, by in ((cursor, "us"), (f"{cursor}A", "cmm"), ("AAAA", "cmm")):
        refused = await havn.partner(by).get(EVENTS, cursor=asked)
        assert name_of(refused) == (400, "CursorInvalid")


@pytest.mark.parametrize("service", SERVICES)
async def test_an_event_that_is_committed_late_is_not_passed_by(havn: World, service: str) -> None:
    """A transaction draws a position and waits; later ones are committed first. Its service's are shown once it has ended, the
    others' meanwhile; none is lost, none comes twice."""
    sent = await send(havn)
    _, cursor = await pages(havn, "cmm")
    insert = (
        "INSERT INTO event_history (key, sequence, type, occurred_at, actor_org, payload)"
        f" VALUES ($1, 900, 'dk.havn.{service}.erasure-confirmed.v1', now(), 'havn', jsonb_build_object('case_id', $1::varchar))"
    )
    late = "11111111-1111-4111-8111-111111111111"
    if service == "identification":
        case = await open_case(havn, US_DECIDES)
        late, insert = case.id, insert.replace("erasure-confirmed", "case-closed")
        _, cursor = await pages(havn, "cmm")
    async with havn.meanwhile(service) as connection:
        await connection.execute(insert, late)
        await sent.step("acknowledge")
        meanwhile, cursor = await pages(havn, "cmm", cursor=cursor)
        assert kinds(meanwhile) == ([] if service == "referrals" else ["referral-acknowledged"])
    found = meanwhile + (await pages(havn, "cmm", cursor=cursor))[0]
    assert sorted(item["subject"] for item in found) == sorted([late, sent.id])


async def test_under_concurrent_writers_a_polling_reader_misses_nothing_and_gets_nothing_twice(havn: World) -> None:
    await havn.set_clock(NOW)
    housing = Housing(havn)
    shelter = await housing.shelter(places=4)
    cases = [await open_case(havn, US_DECIDES | {"gender": "woman"}) for _ in range(4)]
    seen, cursor = await pages(havn, "cmm")
    is_done = False

    async def poll() -> None:
        nonlocal cursor
        while True:
            was_done = is_done
            new, cursor = await pages(havn, "cmm", limit=7, cursor=cursor)
            seen.extend(new)
            if was_done and not new:
                return
            await asyncio.sleep(0)

    async def write(number: int) -> None:
        for minute in range(4):
            await cases[number].interview(f"2026-03-03T10:{minute:02}:00+01:00")
            await (await send(havn)).bring_to("acknowledged")
        await housing.there(cases[number].id, shelter.place_ids[number])

    reader = asyncio.create_task(poll())
    await asyncio.gather(*(write(number) for number in range(4)))
    await havn.settled()
    is_done = True
    await reader
    for service in SERVICES:
        rows = await havn.sql(service, "SELECT event_id FROM event_history ORDER BY position")
        own = [item["id"] for item in seen if item["source"] == f"/{service}"]
        assert own == [str(row["event_id"]) for row in rows], service


@pytest.mark.parametrize("service", SERVICES[:3])
async def test_while_a_service_is_away_there_is_no_page_and_no_gap(havn: World, service: str) -> None:
    await raid(havn)
    whole, _ = await pages(havn, "cmm")
    first = (await havn.partner("cmm").get(EVENTS, limit=3)).json()
    async with away_from(havn, "stats", service):
        refused = await havn.partner("cmm").get(EVENTS, cursor=first["next_cursor"])
    assert name_of(refused) == (503, "ServiceAway")
    assert refused.headers["retry-after"]
    assert service in refused.json()["detail"]
    rest, _ = await pages(havn, "cmm", cursor=first["next_cursor"])
    assert first["items"] + rest == whole


async def test_of_an_erased_case_nobody_but_the_centre_gets_anything_any_more(havn: World) -> None:
    case, referral_id = await raid(havn)
    await erase(havn, [UUID(case.id)])
    await havn.settled()
    for org in (POLICE, "us", "reden"):
        found, _ = await pages(havn, org)
        assert {item["subject"] for item in found if item["source"] == "/identification"} == set(), org
    of_police, _ = await pages(havn, POLICE)
    assert {item["subject"] for item in of_police} == {referral_id}, "its own referral it keeps"
    confirmed = [item["source"] for item in (await pages(havn, "cmm"))[0] if "erasure-confirmed" in item["type"]]
    assert sorted(confirmed) == ["/accommodation", "/referrals", "/stats"]


async def test_what_a_list_gives_as_next_cursor_it_takes_as_cursor_and_as_after(havn: World) -> None:
    """The parts of the feed, and of the access log, that each service has for itself."""
    case, _ = await raid(havn)
    cmm = havn.partner("cmm")
    for path, asked in (
        *((f"/{service}/v1/events", dict[str, str]()) for service in ("referrals", "identification", "accommodation")),
        *((f"/{service}/v1/access-log", {"case_id": case.id}) for service in ("referrals", "accommodation")),
    ):
        first = (await cmm.get(path, limit=1, **asked)).json()
        then = [
            (await cmm.get(path, limit=1, **asked, **dict.fromkeys(names, first["next_cursor"]))).json()["items"]
            for names in (["after"], ["cursor"], ["after", "cursor"])
        ]
        assert then[0] != first["items"], path
        assert then == [then[0]] * 3, path
        other = first["next_cursor"][:-1] + ("1" if first["next_cursor"][-1] != "1" else "2")
        refused = await cmm.get(path, **asked, after=first["next_cursor"], cursor=other)
        assert name_of(refused) == (422, "CursorsDiffer")
        assert refused.json()["errors"][0]["loc"] == ["query", "cursor"]
