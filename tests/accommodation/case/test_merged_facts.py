"""What is held of a person under a merged case follows the facts of the case where the work on them goes on."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from shared.contract.codes import AgeGroup, Authority, Gender, ResidenceBasis
from shared.contract.events import CaseMerged, CaseUnmerged, DecisionReplaced
from tests.accommodation.case.test_merged_cases import merged
from tests.accommodation.housing import Housing, decision, rules_of
from tests.accommodation.offers.test_asked_again import described
from tests.accommodation.stays.test_payer_history import answered, status
from tests.accommodation.stays.test_stays import placements
from tests.world import World

MERGED = datetime(2026, 3, 12, 9, tzinfo=UTC)
PARTED = datetime(2026, 3, 14, 9, tzinfo=UTC)


def joined(case_id: str, into: str) -> CaseMerged:
    return merged(case_id, into, at=MERGED)


def parted(case_id: str, out_of: str) -> CaseUnmerged:
    return CaseUnmerged.model_validate({"case_id": case_id, "out_of": out_of, "occurred_at": PARTED})


async def request_of(havn: World, request_id: str, org: str = "cmm") -> dict[str, Any]:
    read = await havn.partner(org).get(f"/accommodation/v1/placement-requests/{request_id}", purpose="accommodation")
    assert read.status_code == 200, read.text
    answer: dict[str, Any] = read.json()
    return answer


async def row_of(havn: World, request_id: str) -> tuple[str, str]:
    responsible = (await request_of(havn, request_id))["responsibility"]
    return responsible["row"], responsible["payer"]


@pytest.mark.row(14)
async def test_who_is_placed_or_waits_under_a_merged_case_is_answered_for_by_the_facts_of_the_other(
    havn: World, housing: Housing
) -> None:
    shelter = await housing.shelter()
    merged_one = await housing.case()
    other = await housing.case(basis=ResidenceBasis.NO_LEGAL_STAY, routed_to=Authority.US)
    placement_id = await housing.there(merged_one, shelter.place_id, to_on="2026-03-30")
    waiting = await housing.request(merged_one, from_on="2026-04-01")
    assert await placements(havn, "us", other) == []
    await havn.set_clock("2026-03-12T12:00:00+01:00")
    await housing.tell(joined(merged_one, other))
    assert await answered(havn, placement_id) == [
        ("2026-03-09", "D", "CMM", "CMM"),
        ("2026-03-12", "B3", "US", "US"),
    ]
    assert await row_of(havn, waiting) == ("B3", "US")
    (seen,) = await placements(havn, "us", other)
    assert seen["placement_id"] == placement_id
    assert len(await havn.events("accommodation", "responsibility-changed")) == 2
    await havn.set_clock("2026-03-14T12:00:00+01:00")
    await housing.tell(parted(merged_one, other))
    assert await answered(havn, placement_id) == [("2026-03-09", "D", "CMM", "CMM")]
    assert await row_of(havn, waiting) == ("D", "CMM")
    assert await placements(havn, "us", other) == []


@pytest.mark.row(14)
async def test_no_place_among_adults_is_held_for_a_child_whose_age_the_other_case_knows(
    havn: World, housing: Housing
) -> None:
    shelter = await housing.shelter(places=2)
    merged_one, other = await housing.case(), await housing.case(age_group=AgeGroup.MINOR)
    waiting = await housing.request(merged_one)
    offer_id = await housing.held(merged_one, shelter.place_id)
    await housing.tell(joined(merged_one, other))
    assert rules_of(await housing.answer(offer_id, "accept")) == ["minors", "options"]
    assert rules_of(await housing.offer(waiting, shelter.place_ids[1])) == ["minors", "options", "person_elsewhere"]
    assert (await request_of(havn, waiting))["needs"]["minor"] is True
    await housing.tell(parted(merged_one, other))
    assert (await request_of(havn, waiting))["needs"]["minor"] is False
    assert (await housing.answer(offer_id, "accept")).status_code == 200


@pytest.mark.row(14)
async def test_what_is_recorded_later_where_the_work_goes_on_reaches_every_case_of_the_person(
    havn: World, housing: Housing
) -> None:
    shelter = await housing.shelter()
    first, second, third = [await housing.case() for _ in range(3)]
    placement_id = await housing.there(first, shelter.place_id, to_on="2026-04-30")
    waiting = await housing.request(second, from_on="2026-05-01")
    await havn.set_clock("2026-03-12T12:00:00+01:00")
    await housing.tell(joined(first, second), joined(second, third))
    assert await answered(havn, placement_id) == [("2026-03-09", "D", "CMM", "CMM")]
    await housing.tell(decision(third).model_copy(update={"occurred_at": MERGED, "decided_on": date(2026, 3, 12)}))
    assert await row_of(havn, waiting) == ("A1", "CMM")
    await havn.set_clock("2026-03-13T12:00:00+01:00")
    await housing.tell(status(third, ResidenceBasis.NO_LEGAL_STAY, date(2026, 3, 20)))
    assert await answered(havn, placement_id) == [
        ("2026-03-09", "D", "CMM", "CMM"),
        ("2026-03-12", "A1", "CMM", "CMM"),
        ("2026-03-20", "B3", "US", "US"),
    ]
    await havn.set_clock("2026-03-20T12:00:00+01:00")
    assert await row_of(havn, waiting) == ("B3", "US")
    await housing.tell(described(third, gender=Gender.MAN, at="2026-03-20T12:30:00+01:00"))
    assert (await request_of(havn, waiting))["needs"]["gender"] == "man"
    extended = await housing.step(placement_id, "extend", body={"to_on": "2026-05-02", "reason": "Not ready."})
    assert "gender" in rules_of(extended)
    await housing.tell(parted(second, third))
    assert await answered(havn, placement_id) == [("2026-03-09", "D", "CMM", "CMM")]
    await housing.tell(status(third, ResidenceBasis.DANISH_CITIZEN, date(2026, 3, 21)))
    assert await row_of(havn, waiting) == ("D", "CMM"), "the two are nobody's any more"


@pytest.mark.row(14)
async def test_a_decision_that_is_replaced_in_the_other_case_stands_nowhere(havn: World, housing: Housing) -> None:
    merged_one, other = await housing.case(), await housing.case()
    shelter = await housing.shelter()
    placement_id = await housing.there(merged_one, shelter.place_id)
    made = decision(other)
    await housing.tell(made, joined(merged_one, other))
    assert [each[1] for each in await answered(havn, placement_id)] == ["D", "A1"]
    replaced = {"case_id": other, "occurred_at": PARTED, "decision_id": made.decision_id}
    fields = DecisionReplaced.model_fields
    if "replaced_by" in fields:
        replaced["replaced_by"] = made.decision_id
    await housing.tell(DecisionReplaced.model_validate(replaced))
    assert [each[1] for each in await answered(havn, placement_id)] == ["D"]


@pytest.mark.row(14)
async def test_the_surviving_case_lists_the_requests_of_those_merged_into_it(havn: World, housing: Housing) -> None:
    merged_one, other = await housing.case(referred_by="hopenow"), await housing.case(referred_by="politi-fyn")
    request_id = await housing.request(merged_one, "hopenow")
    await housing.tell(joined(merged_one, other))

    async def listed(org: str, case_id: str) -> list[str]:
        read = await havn.partner(org).get(
            "/accommodation/v1/placement-requests", case_id=case_id, purpose="accommodation"
        )
        return [each["request_id"] for each in read.json()["items"]]

    assert await listed("cmm", other) == await listed("cmm", merged_one) == [request_id]
    assert await listed("hopenow", merged_one) == [request_id]
    assert await listed("politi-fyn", other) == [], "a merge gives nobody a part"
    await housing.tell(parted(merged_one, other))
    assert await listed("cmm", other) == []


@pytest.mark.row(14)
async def test_who_asks_under_a_merged_case_as_before_asks_by_the_facts_of_the_other_and_is_shown_none(
    housing: Housing,
) -> None:
    shelter = await housing.shelter()
    merged_one = await housing.case(referred_by="hopenow")
    other = await housing.case(referred_by="politi-fyn", age_group=AgeGroup.MINOR)
    await housing.tell(joined(merged_one, other))
    asked = await housing.ask(merged_one, "hopenow")
    assert (asked.status_code, asked.json()["responsibility"].keys()) == (201, {"authority"})
    assert rules_of(await housing.offer(asked.json()["request_id"], shelter.place_id)) == ["minors", "options"]


@pytest.mark.row(14)
async def test_who_was_given_a_place_by_the_facts_of_the_other_case_is_answered_for_by_their_own_once_the_two_are_parted(
    havn: World, housing: Housing
) -> None:
    shelter = await housing.shelter()
    merged_one = await housing.case()
    other = await housing.case(basis=ResidenceBasis.NO_LEGAL_STAY, routed_to=Authority.US)
    request_id = await housing.request(merged_one, from_on="2026-03-12")
    await havn.set_clock("2026-03-12T12:00:00+01:00")
    await housing.tell(joined(merged_one, other))
    offered = await housing.offer(request_id, shelter.place_id, expires_at="2026-03-13T12:00:00+01:00")
    accepted = await housing.answer(offered.json()["offer_id"], "accept")
    placement_id = accepted.json()["placement_id"]
    assert await answered(havn, placement_id) == [("2026-03-12", "B3", "US", "US")]
    await havn.set_clock("2026-03-14T12:00:00+01:00")
    await housing.tell(parted(merged_one, other))
    assert (await answered(havn, placement_id))[-1] == ("2026-03-14", "D", "CMM", "CMM")
    assert (await havn.sql("accommodation", "SELECT payer FROM placement"))[0]["payer"] == "CMM"


@pytest.mark.row(14)
async def test_who_knows_the_merged_case_alone_is_shown_nothing_of_what_follows_from_the_merge(
    havn: World, housing: Housing
) -> None:
    shelter = await housing.shelter()
    merged_one = await housing.case(referred_by="hopenow")
    other = await housing.case(basis=ResidenceBasis.NO_LEGAL_STAY, routed_to=Authority.US, referred_by="politi-fyn")
    placement_id = await housing.there(merged_one, shelter.place_id, to_on="2026-03-30", asks="hopenow")
    waiting = await housing.request(merged_one, "hopenow", from_on="2026-04-01")
    paths = {
        "request": f"/accommodation/v1/placement-requests/{waiting}",
        "placement": f"/accommodation/v1/placements/{placement_id}",
        "responsibility": f"/accommodation/v1/placements/{placement_id}/responsibility",
        "events": "/accommodation/v1/events",
    }

    async def shown() -> dict[str, Any]:
        read = {
            name: await havn.partner("hopenow").get(path, **({} if name == "events" else {"purpose": "support"}))
            for name, path in paths.items()
        }
        assert {each.status_code for each in read.values()} == {200}
        answers = {name: (each.json(), each.headers.get("etag")) for name, each in read.items()}
        answers["events"] = (answers["events"][0].get("items"), None)
        return answers

    before = await shown()
    await havn.set_clock("2026-03-12T12:00:00+01:00")
    before["events"] = (await shown())["events"]
    await housing.tell(joined(merged_one, other))
    assert await row_of(havn, waiting) == ("B3", "US"), "the rules follow the other case"
    assert await shown() == before
    asked = await housing.ask(merged_one, "hopenow", from_on="2026-05-01")
    assert asked.json()["responsibility"] == {"authority": "CMM"}
    assert await row_of(havn, asked.json()["request_id"]) == ("B3", "US")
    await housing.tell(parted(merged_one, other))
    assert (await shown())["responsibility"] == before["responsibility"]
