"""The 24 hours of a child's municipality, in the list of deadlines and by its notification."""

from typing import Any

import pytest

from tests.identification.builders import US_DECIDES, Opened, open_case
from tests.identification.deadlines.test_deadlines import OPENED, listed, told
from tests.referrals.builders import PATH, Sent, referral, send, subject
from tests.world import World

CHILD: dict[str, Any] = {"stated_age": 15, "citizenships": ["ROU"], "residence_basis": "eu_right_of_residence"}


@pytest.mark.row(3)
async def test_a_municipality_sees_the_clock_of_its_child_and_nothing_else(havn: World) -> None:
    await havn.set_clock(OPENED)
    case = await open_case(havn, CHILD, municipality="0751", occurred_at=OPENED)
    await open_case(havn, US_DECIDES, occurred_at=OPENED)
    (shown,) = await listed(havn, "kommune-0751")
    assert (shown["kind"], shown["case_id"], shown["for_org"]) == ("child_notification", case.id, "kommune-0751")
    assert (shown["due_at"], shown["due_on"]) == ("2026-03-03T08:30:00Z", "2026-03-03")
    assert await listed(havn, "kommune-0101") == []
    glimpse = (await case.get(by="kommune-0751")).json()
    assert {name: value for name, value in glimpse.items() if value is not None} == {"case_id": case.id}
    kinds = {each["kind"] for each in await listed(havn) if each["case_id"] == case.id}
    assert kinds == {"child_notification", "decision"}


async def notify(havn: World, case: Opened) -> Sent:
    """CMM's notification of the child to its municipality."""
    notice = await send(
        havn,
        subject("P01") | CHILD,
        sender="cmm",
        recipient="kommune-0751",
        kind="child_notification",
        case_id=case.id,
        municipality="0751",
        occurred_at=OPENED,
    )
    await havn.settled()
    return notice


async def test_its_24_hours_end_when_it_completes_the_notification(havn: World) -> None:
    await havn.set_clock(OPENED)
    case = await open_case(havn, CHILD, municipality="0751", occurred_at=OPENED)
    notice = await notify(havn, case)
    assert len(await listed(havn, "kommune-0751")) == 1
    municipality = havn.partner("kommune-0751")
    path = f"/referrals/v1/referrals/{notice.id}"
    for step, body in (("acknowledge", None), ("accept", None), ("complete", {"outcome": "A place was found."})):
        moved = await municipality.post(f"{path}/{step}", body)
        assert moved.status_code == 200, moved.text
    await havn.settled()
    assert await listed(havn, "kommune-0751") == []
    (assessed,) = await havn.events("identification", "child-assessed")
    assert assessed["case_id"] == case.id
    await havn.set_clock("2026-03-05T12:00:00+01:00")
    assert await told(havn, "child_notification") == []


async def test_what_the_first_municipality_completes_ends_no_hours_of_the_second(havn: World) -> None:
    await havn.set_clock(OPENED)
    case = await open_case(havn, CHILD, municipality="0751", occurred_at=OPENED)
    notice = await notify(havn, case)
    assert (await case.post("/child-notification", {"municipality": "0101"})).status_code == 200
    path = f"/referrals/v1/referrals/{notice.id}"
    for step, body in (("acknowledge", None), ("accept", None), ("complete", {"outcome": "She lives there no more."})):
        moved = await havn.partner("kommune-0751").post(f"{path}/{step}", body)
        assert moved.status_code == 200, moved.text
    await havn.settled()
    assert len(await listed(havn, "kommune-0101")) == 1
    assert await havn.events("identification", "child-assessed") == []


async def test_a_notification_tells_the_municipality_of_a_child_that_had_none(havn: World) -> None:
    await havn.set_clock(OPENED)
    case = await open_case(havn, CHILD, municipality=None, occurred_at=OPENED)
    assert {(each["kind"], each["for_org"]) for each in (await case.details())["deadlines"]} == {
        ("decision", "cmm"),
        ("child_notification", "cmm"),
    }
    notice = referral(
        subject("P01") | CHILD, kind="child_notification", recipient="kommune-0461", case_id=case.id, occurred_at=OPENED
    )
    refused = await havn.partner("reden").post(PATH, notice)
    assert refused.status_code == 404, "who has nothing to do with the case names none"
    assert await listed(havn, "kommune-0461") == []
    assert (await havn.partner("cmm").post(PATH, notice)).status_code == 201
    await havn.settled()
    assert len(await listed(havn, "kommune-0461")) == 1
