"""Where a person lives shows under the case in which the work goes on, whichever of their cases the place was asked under."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from shared.contract.events import CaseMerged, CaseUnmerged
from tests.accommodation.case.test_cases import parties
from tests.accommodation.housing import Housing, further_referral, opening, problem
from tests.accommodation.placements.test_placements import placements
from tests.world import World


def merged(case_id: str, into: str) -> CaseMerged:
    return CaseMerged(case_id=UUID(case_id), into=UUID(into), occurred_at=datetime.now(UTC))


def unmerged(case_id: str, out_of: str) -> CaseUnmerged:
    return CaseUnmerged(case_id=UUID(case_id), out_of=UUID(out_of), occurred_at=datetime.now(UTC))


@pytest.mark.row(14)
async def test_the_surviving_case_shows_the_placements_of_those_merged_into_it(havn: World, housing: Housing) -> None:
    shelter = await housing.shelter(places=2)
    first, second, third = [await housing.case() for _ in range(3)]
    of_first = await housing.booked(first, shelter.place_ids[0])
    of_third = await housing.booked(third, shelter.place_ids[1], from_on="2026-03-10")

    async def shown(case_id: str) -> list[str]:
        return [item["placement_id"] for item in await placements(havn, "cmm", case_id)]

    await housing.tell(merged(first, second), merged(second, third))
    assert await shown(third) == [of_third, of_first]
    assert await shown(second) == await shown(first) == [of_first]
    await housing.tell(unmerged(first, second))
    assert await shown(third) == [of_third]
    assert await shown(first) == [of_first]


@pytest.mark.row(14)
async def test_no_place_is_asked_for_under_a_merged_case(housing: Housing) -> None:
    first, second = await housing.case(), await housing.case()
    await housing.tell(merged(first, second))
    refused = await housing.ask(first)
    assert (refused.status_code, problem(refused)) == (409, "CaseIsMerged")
    assert second in refused.json()["detail"]
    assert (await housing.ask(second)).status_code == 201
    await housing.tell(unmerged(first, second))
    assert (await housing.ask(first)).status_code == 201


@pytest.mark.row(14)
async def test_a_party_of_the_survivor_learns_of_what_is_recorded_anew_until_they_are_two_again(
    havn: World, housing: Housing
) -> None:
    shelter = await housing.shelter(places=2, secret_address=True)
    first, second = await housing.case(referred_by="hopenow"), await housing.case(referred_by="politi-fyn")
    await housing.booked(first, shelter.place_ids[0], to_on="2026-03-20")
    before: Any = [await parties(havn, case_id) for case_id in (first, second)]
    assert await placements(havn, "politi-fyn", second) == []
    at_one = datetime.fromisoformat("2026-03-09T13:00:00+01:00")
    await housing.tell(merged(first, second).model_copy(update={"occurred_at": at_one}))
    assert await placements(havn, "hopenow", first) == [{"placed": True}]
    assert await placements(havn, "politi-fyn", second) == [], "a stay of before tells it nothing"
    assert len(await placements(havn, "cmm", second)) == 1
    housing.move_clock("2026-03-09T14:00:00+01:00")
    request_id = await housing.request(second, from_on="2026-03-20")
    offered = await housing.offer(request_id, shelter.place_ids[1])
    await housing.answer(offered.json()["offer_id"], "accept")
    assert await placements(havn, "politi-fyn", second) == [{"placed": True}]
    await housing.tell(unmerged(first, second))
    assert await placements(havn, "politi-fyn", second) == [{"placed": True}], "it was recorded in its own case"
    assert await placements(havn, "hopenow", second) == 404
    assert [await parties(havn, case_id) for case_id in (first, second)] == before


@pytest.mark.parametrize("order", [(0, 1, 2), (1, 0, 2), (1, 2, 0)])
async def test_the_order_in_which_the_two_cases_events_come_makes_no_difference(
    havn: World, housing: Housing, order: tuple[int, ...]
) -> None:
    one, other = opening(referred_by="hopenow"), opening(referred_by="reden")
    first, second = str(one.case_id), str(other.case_id)
    told = [
        [housing.next_message(event) for event in (one, merged(first, second))],
        [housing.next_message(other)],
        [housing.next_message(further_referral(second, "politi-fyn"))],
    ]
    for number in order:
        await havn.application.workers["accommodation"].consumer.deliver(told[number])
    for case_id in (first, second):
        assert {org for org, _ in await parties(havn, case_id)} == {"cmm", "hopenow", "reden", "politi-fyn"}
