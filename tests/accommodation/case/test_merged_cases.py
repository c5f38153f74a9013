"""Where a person lives shows under the case in which the work goes on, whichever of their cases the place was asked under."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from shared.contract.codes import Authority
from shared.contract.events import CaseMerged, CaseUnmerged
from tests.accommodation.case.test_cases import parties
from tests.accommodation.housing import Housing, opening, problem, rules_of
from tests.accommodation.stays.test_stays import placements
from tests.world import World


def merged(case_id: str, into: str, *, at: datetime | None = None) -> CaseMerged:
    return CaseMerged(case_id=UUID(case_id), into=UUID(into), occurred_at=at or datetime.now(UTC))


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
@pytest.mark.parametrize("has_come", [True, False], ids=["there already", "booked"])
async def test_an_offer_from_before_a_merge_gives_nobody_a_second_bed(housing: Housing, has_come: bool) -> None:
    """Two cases are one person by the time that it is answered; what is only held for them besides is in nobody's way."""
    shelter = await housing.shelter(3)
    first, second = await housing.case(), await housing.case()
    offers = [
        (await housing.offer(await housing.request(second), place_id)).json()["offer_id"]
        for place_id in shelter.place_ids[1:2]
    ]
    if has_come:
        await housing.there(first, shelter.place_ids[0])
    else:
        await housing.booked(first, shelter.place_ids[0])
    await housing.tell(merged(second, first))
    refused = await housing.answer(offers[0], "accept")
    assert (refused.status_code, rules_of(refused)) == (409, ["person_elsewhere"])
    assert (await housing.answer(offers[0], "decline")).status_code == 200


@pytest.mark.row(14)
@pytest.mark.parametrize("turned", [1, -1])
async def test_of_two_offers_that_were_held_before_a_merge_one_is_accepted(housing: Housing, turned: int) -> None:
    shelter = await housing.shelter(2)
    first, second = await housing.case(), await housing.case()
    held = [
        (await housing.offer(await housing.request(case_id), place_id)).json()["offer_id"]
        for case_id, place_id in zip((first, second), shelter.place_ids, strict=True)
    ]
    await housing.tell(merged(second, first))
    answered = [await housing.answer(offer_id, "accept") for offer_id in held[::turned]]
    assert sorted(each.status_code for each in answered) == [200, 409]
    assert [rules_of(each) for each in answered if each.status_code == 409] == [["person_elsewhere"]]


@pytest.mark.row(14)
async def test_who_has_no_part_in_the_other_case_is_told_of_no_merge_and_goes_on_as_if_there_were_none(
    havn: World, housing: Housing
) -> None:
    first, second = await housing.case(referred_by="hopenow"), await housing.case(referred_by="politi-fyn")
    await housing.tell(merged(first, second))
    asked = await housing.ask(first, "hopenow")
    assert asked.status_code == 201
    assert second not in asked.text
    assert (await housing.ask(second, "hopenow")).status_code == 404
    assert (await housing.ask(second, "politi-fyn")).status_code == 201


@pytest.mark.row(14)
async def test_a_merge_gives_nobody_a_part_in_the_other_case(havn: World, housing: Housing) -> None:
    shelter = await housing.shelter(secret_address=True)
    first, second = await housing.case(referred_by="hopenow"), await housing.case(referred_by="politi-fyn")
    await housing.booked(first, shelter.place_ids[0], to_on="2026-03-20")
    before: Any = [await parties(havn, case_id) for case_id in (first, second)]
    for event in (merged(first, second), unmerged(first, second)):
        await housing.tell(event)
        assert [await parties(havn, case_id) for case_id in (first, second)] == before
        assert await placements(havn, "hopenow", first) == [{"booked": True}]
        assert await placements(havn, "hopenow", second) == 404
        assert await placements(havn, "politi-fyn", first) == 404


@pytest.mark.row(14)
async def test_a_place_under_the_other_case_is_shown_to_those_alone_who_have_a_part_in_both(
    havn: World, housing: Housing
) -> None:
    shelter = await housing.shelter(secret_address=True)
    first = await housing.case(referred_by="hopenow", routed_to=Authority.US)
    second = await housing.case(referred_by="politi-fyn", routed_to=Authority.US)
    await housing.booked(first, shelter.place_id)
    await housing.tell(merged(first, second))
    for org in ("cmm", "us"):
        assert len(await placements(havn, org, second)) == 1
    assert await placements(havn, "politi-fyn", second) == []


@pytest.mark.row(14)
async def test_who_has_referred_the_person_sees_under_its_own_case_that_they_were_placed_since_the_merge_and_no_more(
    havn: World, housing: Housing
) -> None:
    shelter = await housing.shelter(places=2, secret_address=True)
    own, known, further = [await housing.case(referred_by=org) for org in ("hopenow", "politi-fyn", "reden")]
    before = await housing.booked(known, shelter.place_ids[0], to_on="2026-03-20")
    now = havn.development.clock.now
    housing.move_clock("2026-03-09T18:00:00+01:00")
    await housing.tell(merged(own, known, at=now()))
    assert await placements(havn, "hopenow", own) == [], "what was recorded there before stays unseen"
    cancelled = await housing.step(before, "cancel", body={"reason": "She has found something else."})
    assert cancelled.status_code == 200, cancelled.text
    await housing.booked(known, shelter.place_ids[1], to_on="2026-03-20")
    assert await placements(havn, "hopenow", own) == [{"booked": True}]
    assert await placements(havn, "hopenow", known) == 404
    assert await placements(havn, "amiami", own) == 404
    await housing.tell(unmerged(own, known))
    assert await placements(havn, "hopenow", own) == []
    housing.move_clock("2026-03-10T12:00:00+01:00")
    await housing.tell(merged(own, further, at=now()), merged(further, known, at=now()))
    assert await placements(havn, "hopenow", own) == [], "the place was given before this merge"


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
async def test_the_order_in_which_the_two_cases_events_come_makes_no_difference(
    havn: World, housing: Housing, order: tuple[int, ...]
) -> None:
    one, other = opening(referred_by="hopenow"), opening(referred_by="reden")
    first, second = str(one.case_id), str(other.case_id)
    told = [
        [housing.next_message(event) for event in (one, merged(first, second))],
        [housing.next_message(other)],
    ]
    for number in order:
        await havn.application.workers["accommodation"].consumer.deliver(told[number])
    assert {org for org, _ in await parties(havn, first)} == {"cmm", "hopenow"}
    assert {org for org, _ in await parties(havn, second)} == {"cmm", "reden"}
    refused = await housing.ask(first)
    assert (refused.status_code, refused.json()["merged_into"]) == (409, second)
