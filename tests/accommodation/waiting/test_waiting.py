"""The waiting list says where a request stands and why; what nobody answers is recalled and goes to CMM."""

from typing import Any
from uuid import UUID

import pytest
from pydantic import ValidationError

from services.accommodation.deadlines import domain as deadlines
from services.accommodation.waiting import stalled
from services.accommodation.waiting.domain import order_on
from services.accommodation.waiting.stalled import Patience
from shared.contract.codes import AgeGroup
from shared.identity.actor import Actor
from shared.runtime.service import Sweep
from tests.accommodation.housing import Housing
from tests.accommodation.offers.test_asked_again import described
from tests.world import World

MINOR = {"minor": True}


async def line(havn: World, org: str = "cmm") -> list[dict[str, Any]]:
    read = await havn.partner(org).get("/accommodation/v1/waiting-list", purpose="accommodation")
    assert read.status_code == 200, read.text
    items: list[dict[str, Any]] = read.json()["items"]
    return items


@pytest.mark.row(64)
async def test_a_position_on_the_waiting_list_is_explained(havn: World, housing: Housing) -> None:
    later = {"from_on": "2026-03-20"}
    first = await housing.request(await housing.case(), "politi-oestjylland", **later)
    await havn.set_clock("2026-03-09T13:00:00+01:00")
    second = await housing.request(await housing.case(), **later)
    pregnant = await housing.request(await housing.case(), needs={"pregnant": True}, **later)
    found = await line(havn)
    assert [each["request_id"] for each in found] == [pregnant, first, second]
    assert [(each["position"], each["of"]) for each in found] == [(1, 3), (2, 3), (3, 3)]
    assert found[0]["points"] == {"pregnant": 60}
    assert found[2]["why"] == "Number 3 of 3: 1 more urgent, 1 as urgent that asked earlier."
    assert found[0]["why_da"].endswith("Tæller som presserende: gravid.")
    assert found[0]["rules"] == order_on(havn_today(havn)).version == "waiting-2021"
    (own,) = await line(havn, "politi-oestjylland")
    assert (own["request_id"], own["position"], own["of"]) == (first, 2, 3), "how many there are, not who"
    assert pregnant not in str(own)
    assert await line(havn, "hopenow") == []


async def test_who_asked_for_nights_that_are_all_over_stands_before_nobody(havn: World, housing: Housing) -> None:
    over = await housing.request(await housing.case(), from_on="2026-03-09", to_on="2026-03-12")
    waits = await housing.request(await housing.case(), from_on="2026-03-09")
    assert [each["request_id"] for each in await line(havn)] == [over, waits]
    await havn.set_clock("2026-03-12T05:00:00+01:00")
    assert len(await line(havn)) == 2, "the last night is not over"
    await havn.set_clock("2026-03-13T12:00:00+01:00")
    (left,) = await line(havn)
    assert (left["request_id"], left["position"], left["of"]) == (waits, 1, 1)


@pytest.mark.row(64)
async def test_the_waiting_list_tells_nobody_that_somebody_is_a_minor(havn: World, housing: Housing) -> None:
    later = {"from_on": "2026-03-20"}
    adult = await housing.request(await housing.case(), **later)
    await havn.set_clock("2026-03-09T13:00:00+01:00")
    of_child = await housing.case(age_group=AgeGroup.MINOR)
    child, said = [await housing.request(of_child, "politi-oestjylland", needs=needs, **later) for needs in ({}, MINOR)]
    assert [each["request_id"] for each in await line(havn)][2] == adult
    assert [each["points"] for each in await line(havn)] == [{"minor": 100}, {"minor": 100}, {}]
    shown = {each["request_id"]: each for each in await line(havn, "politi-oestjylland")}
    assert (shown[child]["points"], shown[child]["position"], shown[child]["more_urgent"]) == ({}, 3, 1)
    assert shown[child]["why"] == "Number 3 of 3: 1 more urgent, 1 as urgent that asked earlier."
    assert (shown[said]["points"], shown[said]["more_urgent"]) == ({"minor": 100}, 0)


@pytest.mark.row(64)
async def test_who_turns_out_to_be_a_minor_comes_first_from_then_on(havn: World, housing: Housing) -> None:
    later = {"from_on": "2026-03-20"}
    adult = await housing.request(await housing.case(), **later)
    await havn.set_clock("2026-03-09T13:00:00+01:00")
    case_id = await housing.case()
    young = await housing.request(case_id, **later)
    assert [each["request_id"] for each in await line(havn)] == [adult, young]
    await housing.tell(described(case_id, age_group=AgeGroup.MINOR, at="2026-03-09T13:30:00+01:00"))
    assert [each["request_id"] for each in await line(havn)] == [young, adult]


def havn_today(havn: World) -> Any:
    return havn.application.platform.clock.now().date()


@pytest.mark.row(63)
async def test_after_the_person_s_own_no_others_come_first_for_some_days_and_a_held_place_is_off_the_list(
    havn: World, housing: Housing
) -> None:
    shelter = await housing.shelter()
    said_no = await housing.request(await housing.case(), from_on="2026-03-20")
    housing.move_clock("2026-03-09T12:30:00+01:00")
    waits = await housing.request(await housing.case(), from_on="2026-03-20")
    offer = (await housing.offer(said_no, shelter.place_id)).json()["offer_id"]
    assert [each["request_id"] for each in await line(havn)] == [waits], "a place is held for the other"
    declined = await havn.partner("cmm").post(
        f"/accommodation/v1/offers/{offer}/decline", {"reason": "Too far.", "code": "persons_own_no"}
    )
    assert declined.status_code == 200
    parked = (await line(havn))[1]
    assert (parked["request_id"], parked["parked_until"]) == (said_no, "2026-03-12")
    assert "after the person's own no" in parked["why"]
    kept = await havn.sql("accommodation", "SELECT declined_because, reason IS NOT NULL FROM offer")
    assert [tuple(row) for row in kept] == [("persons_own_no", True)]
    await havn.set_clock("2026-03-12T12:00:00+01:00")
    assert [each["request_id"] for each in await line(havn)] == [said_no, waits]


@pytest.mark.row(65)
async def test_what_nobody_answers_is_recalled_at_intervals_and_escalates_once(havn: World, housing: Housing) -> None:
    shelter = await housing.shelter()
    request = await housing.request(await housing.case())
    held = await housing.offer(request, shelter.place_id, expires_at="2026-03-12T12:00:00+01:00")
    assert held.status_code == 201, held.text

    async def recalled(kind: str) -> list[tuple[str, int]]:
        query = "SELECT payload->>'level', (payload->>'waited_hours')::int FROM event_history WHERE type LIKE $1"
        query += " ORDER BY position"
        return [tuple(row) for row in await havn.sql("accommodation", query, f"%.{kind}.%")]

    assert await recalled("offer-stalled") == []
    for moment in ("09T14:30", "09T15:00", "09T20:30", "10T12:30", "10T18:00", "11T13:00"):
        await havn.set_clock(f"2026-03-{moment}:00+01:00")
    assert await recalled("offer-stalled") == [("reminder", 2), ("reminder", 8), ("escalation", 24)]
    assert await recalled("request-stalled") == [("reminder", 6), ("reminder", 24), ("escalation", 48)]


async def test_what_has_waited_longest_is_recalled_first_wherever_its_row_lies(havn: World, housing: Housing) -> None:
    case_id = await housing.case()
    asked = []
    for minute, org in enumerate(("politi-oestjylland", "cmm")):
        await havn.set_clock(f"2026-03-09T13:0{minute}:00+01:00")
        asked.append(await housing.request(case_id, org))
    await havn.sql("accommodation", "UPDATE placement_request SET version = version WHERE id = $1", UUID(asked[0]))
    await havn.set_clock("2026-03-09T20:00:00+01:00")
    query = "SELECT payload->>'request_id' FROM event_history WHERE type LIKE '%.request-stalled.%' ORDER BY position"
    assert [row[0] for row in await havn.sql("accommodation", query)] == asked


@pytest.mark.parametrize("sweep", [stalled.recall, deadlines.alert_of_unapproved, deadlines.announce_ends])
async def test_what_was_announced_is_read_at_once_and_not_written_anew_by_each_sweep(
    havn: World, housing: Housing, sweep: Sweep
) -> None:
    shelter = await housing.shelter()
    await housing.there(await housing.case(), shelter.place_id, to_on="2026-03-11")
    approvals = f"/accommodation/v1/facilities/{shelter.facility_id}/approvals"
    (approval,) = (await havn.partner("cmm").get(approvals)).json()["items"]
    end = {"on": "2026-03-12", "reason": "The fire exits are blocked."}
    await havn.partner("cmm").post(f"{approvals}/{approval['approval_id']}/end", end)
    for _ in range(2):
        await housing.request(await housing.case(), from_on="2026-03-20")
    await havn.set_clock("2026-03-12T20:00:00+01:00")
    announced = await havn.sql("accommodation", "SELECT count(*) FROM announcement")
    assert announced[0][0] > 2
    with havn.statements("accommodation") as sent:
        async with havn.application.databases["accommodation"].transaction(Actor.system("accommodation")) as work:
            await sweep(work)
    assert not [statement for statement in sent if statement.startswith("INSERT INTO announcement")]
    assert len([statement for statement in sent if "FROM announcement" in statement]) == 1


def test_reminders_come_one_after_the_other_and_the_escalation_last() -> None:
    with pytest.raises(ValidationError, match="one after the other"):
        Patience(remind_after_hours=(8, 2), escalate_after_hours=24)
    with pytest.raises(ValidationError, match="one after the other"):
        Patience(remind_after_hours=(2, 8), escalate_after_hours=8)


async def test_who_asked_first_in_one_instant_stands_first_in_line_and_last_in_the_list(
    havn: World, housing: Housing
) -> None:
    """The clock stands still, as a test's does."""
    asked = [await housing.request(await housing.case()) for _ in range(8)]
    cmm = havn.partner("cmm")
    line = (await cmm.get("/accommodation/v1/waiting-list", purpose="accommodation")).json()["items"]
    assert [each["request_id"] for each in line] == asked
    newest_first = (await cmm.get("/accommodation/v1/placement-requests", purpose="accommodation")).json()["items"]
    assert [each["request_id"] for each in newest_first] == asked[::-1]
