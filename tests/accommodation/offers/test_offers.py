"""Offers: a place is held for one person at a time, until somebody answers or time is up."""

import asyncio
from collections import Counter
from typing import Any
from uuid import UUID

import pytest

from services.accommodation.offers import domain as offers
from shared.contract.codes import Authority, ResidenceBasis
from shared.contract.events import CustodyBegan
from tests.accommodation.housing import LATER, NOW, Housing, problem, rules_of
from tests.accommodation.offers.test_police import ARREST
from tests.world import World


async def test_an_offer_holds_the_place_and_accepting_it_books_the_place(havn: World, housing: Housing) -> None:
    shelter = await housing.shelter()
    request_id = await housing.request(await housing.case())
    offered = await housing.offer(request_id, shelter.place_id)
    assert (offered.status_code, offered.json()["status"]) == (201, "held")
    assert offered.json()["expires_at"] == "2026-03-10T11:00:00Z"
    request = await havn.partner("cmm").get(
        f"/accommodation/v1/placement-requests/{request_id}", purpose="accommodation"
    )
    assert request.json()["status"] == "offered"
    accepted = await housing.answer(offered.json()["offer_id"], "accept")
    assert accepted.status_code == 200, accepted.text
    assert accepted.json()["status"] == "accepted"
    placement = await havn.partner("reden").get(
        f"/accommodation/v1/placements/{accepted.json()['placement_id']}", purpose="accommodation"
    )
    assert (placement.json()["status"], placement.json()["place_id"]) == ("booked", shelter.place_id)
    request = await havn.partner("cmm").get(
        f"/accommodation/v1/placement-requests/{request_id}", purpose="accommodation"
    )
    assert request.json()["status"] == "placed"


async def test_an_offer_shows_the_nights_for_which_it_was_made_and_never_when_the_stay_ended(
    havn: World, housing: Housing
) -> None:
    shelter = await housing.shelter()
    placement_id = await housing.booked(
        await housing.case(), shelter.place_id, asks="politi-oestjylland", from_on="2026-03-10", to_on="2026-03-20"
    )

    async def shown() -> list[Any]:
        seen = [
            await havn.partner(org).get("/accommodation/v1/offers") for org in ("politi-oestjylland", "reden", "cmm")
        ]
        return [(item["from_on"], item["to_on"]) for answer in seen for item in answer.json()["items"]]

    assert await shown() == [("2026-03-10", "2026-03-20")] * 3
    for moment, step in (("2026-03-10T18:00:00+01:00", "arrive"), ("2026-03-12T09:00:00+01:00", "leave")):
        housing.move_clock(moment)
        done = await housing.step(placement_id, step)
        assert done.status_code == 200, done.text
        assert await shown() == [("2026-03-10", "2026-03-20")] * 3, step


@pytest.mark.row(54, 62)
async def test_of_thirty_who_want_one_place_at_once_one_gets_it(housing: Housing) -> None:
    shelter = await housing.shelter()
    request_ids = [await housing.request(await housing.case()) for _ in range(30)]
    answers = await asyncio.gather(*(housing.offer(request_id, shelter.place_id) for request_id in request_ids))
    assert Counter(answer.status_code for answer in answers) == {201: 1, 409: 29}
    assert {str(rules_of(answer)) for answer in answers if answer.status_code == 409} == {"['occupied']"}


async def test_whoever_is_refused_a_taken_place_does_not_learn_who_has_it(housing: Housing) -> None:
    shelter = await housing.shelter()
    theirs = await housing.case()
    await housing.held(theirs, shelter.place_id)
    refused = await housing.offer(await housing.request(await housing.case()), shelter.place_id)
    assert rules_of(refused) == ["occupied"]
    assert theirs not in refused.text
    assert "politi" not in refused.text


@pytest.mark.row(53)
async def test_an_expired_hold_is_free_at_once_without_any_job(havn: World, housing: Housing) -> None:
    shelter = await housing.shelter()
    first = await housing.held(await housing.case(), shelter.place_id)
    second = await housing.request(await housing.case())
    housing.move_clock("2026-03-10T11:59:59+01:00")
    assert rules_of(await housing.offer(second, shelter.place_id, expires_at="2026-03-11T12:00:00Z")) == ["occupied"]
    assert (await housing.matches(second))["excluded"] == {"occupied": 1}

    housing.move_clock(LATER)
    read = await havn.partner("cmm").get(f"/accommodation/v1/offers/{first}")
    assert read.json()["status"] == "expired"
    assert [match["place_id"] for match in (await housing.matches(second))["items"]] == [shelter.place_id]
    late = await housing.answer(first, "accept")
    assert (late.status_code, late.json()["current_status"], late.json()["allowed"]) == (409, "expired", [])
    again = await housing.offer(second, shelter.place_id, expires_at="2026-03-11T12:00:00Z")
    assert again.status_code == 201, again.text
    assert await havn.events("accommodation", "offer-expired") == []


async def test_an_expiry_is_told_once_however_often_the_clock_is_looked_at(havn: World, housing: Housing) -> None:
    shelter = await housing.shelter()
    offer_id = await housing.held(await housing.case(), shelter.place_id)
    kept = await housing.held(await housing.case(), (await housing.shelter()).place_id)
    await housing.answer(kept, "accept")
    for moment in ("2026-03-10T11:59:59+01:00", LATER, "2026-03-11T12:00:00+01:00"):
        await havn.set_clock(moment)
    told = await havn.events("accommodation", "offer-expired")
    assert [event["offer_id"] for event in told] == [offer_id]
    stays = await havn.sql("accommodation", "SELECT state, count(*) FROM stay GROUP BY state ORDER BY state")
    assert [tuple(row) for row in stays] == [("booked", 1), ("ended", 1)]


@pytest.mark.parametrize("due", [2, 3, 5])
async def test_one_sweep_expires_all_that_is_due_batch_by_batch(
    havn: World, housing: Housing, monkeypatch: pytest.MonkeyPatch, due: int
) -> None:
    monkeypatch.setattr(offers, "BATCH", 2)
    shelter = await housing.shelter(places=due)
    held = {await housing.held(await housing.case(), place_id) for place_id in shelter.place_ids}
    housing.move_clock(LATER)
    await havn.application.workers["accommodation"].sweep()
    expired = [event["offer_id"] for event in await havn.events("accommodation", "offer-expired")]
    assert (len(expired), set(expired)) == (due, held)


async def test_a_hold_that_somebody_else_ended_stays_expired_when_the_clock_is_set_back(
    havn: World, housing: Housing
) -> None:
    shelter = await housing.shelter()
    first = await housing.held(await housing.case(), shelter.place_id)
    second = await housing.request(await housing.case())
    housing.move_clock(LATER)
    assert (await housing.offer(second, shelter.place_id, expires_at="2026-03-11T12:00:00Z")).status_code == 201
    housing.move_clock(NOW)
    late = await housing.answer(first, "accept")
    assert (late.status_code, late.json()["current_status"]) == (409, "expired")


@pytest.mark.parametrize("expires_at", [NOW, "2026-03-09T11:00:00+01:00", "2026-03-23T12:00:01+01:00"])
async def test_a_hold_ends_in_the_future_and_within_fourteen_days(housing: Housing, expires_at: str) -> None:
    shelter = await housing.shelter()
    request_id = await housing.request(await housing.case())
    refused = await housing.offer(request_id, shelter.place_id, expires_at=expires_at)
    assert (refused.status_code, problem(refused)) == (422, "ExpiryOutOfRange")
    longest = await housing.offer(request_id, shelter.place_id, expires_at="2026-03-23T12:00:00+01:00")
    assert longest.status_code == 201


@pytest.mark.row(56)
async def test_a_declined_place_is_free_again_and_the_reason_is_sealed(havn: World, housing: Housing) -> None:
    shelter = await housing.shelter()
    offer_id = await housing.held(await housing.case(), shelter.place_id)
    declined = await housing.answer(offer_id, "decline")
    assert (declined.status_code, declined.json()["status"]) == (200, "declined")
    rows = await havn.sql("accommodation", "SELECT * FROM offer")
    assert b"painted" not in rows[0]["reason"]
    assert [event["offer_id"] for event in await havn.events("accommodation", "offer-declined")] == [offer_id]
    await housing.held(await housing.case(), shelter.place_id)


@pytest.mark.parametrize(("step", "noted"), [("accept", "offer.accepted"), ("decline", "offer.declined")])
async def test_an_answer_is_on_record_and_so_is_that_the_offer_was_then_shown(
    havn: World, housing: Housing, step: str, noted: str
) -> None:
    offer_id = await housing.held(await housing.case(), (await housing.shelter()).place_id)
    await housing.answer(offer_id, step)
    rows = await havn.sql(
        "accommodation",
        "SELECT operation, org FROM audit WHERE org = 'reden' AND operation LIKE 'offer.%' ORDER BY position",
    )
    assert [tuple(row) for row in rows] == [(noted, "reden"), ("offer.read", "reden")]


@pytest.mark.parametrize("first", ["accept", "decline"])
@pytest.mark.parametrize("second", ["accept", "decline"])
async def test_an_answered_offer_takes_no_second_answer(housing: Housing, first: str, second: str) -> None:
    offer_id = await housing.held(await housing.case(), (await housing.shelter()).place_id)
    assert (await housing.answer(offer_id, first)).status_code == 200
    refused = await housing.answer(offer_id, second)
    assert (refused.status_code, problem(refused)) == (409, "OfferDoesNotAllow")
    assert refused.json()["current_status"] == {"accept": "accepted", "decline": "declined"}[first]
    assert refused.json()["allowed"] == []


@pytest.mark.row(62)
async def test_one_person_has_one_place_at_a_time_held_or_booked(housing: Housing) -> None:
    shelter = await housing.shelter(places=2)
    case_id = await housing.case()
    first, second = [await housing.request(case_id) for _ in range(2)]
    offer_id = (await housing.offer(first, shelter.place_ids[0])).json()["offer_id"]
    for request_id in (first, second):
        assert rules_of(await housing.offer(request_id, shelter.place_ids[1])) == ["person_elsewhere"]
    assert (await housing.answer(offer_id, "accept")).status_code == 200
    assert rules_of(await housing.offer(second, shelter.place_ids[1])) == ["person_elsewhere"]


@pytest.mark.row(62)
async def test_two_requests_for_one_person_wait_at_most(havn: World, housing: Housing) -> None:
    case_id = await housing.case()
    first, _ = [await housing.request(case_id) for _ in range(2)]
    third = await housing.ask(case_id)
    assert (third.status_code, problem(third)) == (409, "RequestsWait")
    police = "politi-oestjylland"
    asked = [await housing.ask(case_id, police) for _ in range(3)]
    assert [each.status_code for each in asked] == [201, 201, 409], "others' requests are none of its business"
    for each in asked[:2]:
        await havn.partner(police).post(f"/accommodation/v1/placement-requests/{each.json()['request_id']}/withdraw")
    path = f"/accommodation/v1/placement-requests/{first}/withdraw"
    withdrawn = await havn.partner("cmm").post(path, {"reason": "She stays with her sister."})
    assert (withdrawn.status_code, withdrawn.json()["status"]) == (200, "withdrawn")
    assert (await housing.ask(case_id)).status_code == 201
    again = await havn.partner("cmm").post(path)
    assert (again.status_code, problem(again)) == (409, "RequestSettled")
    assert again.json()["detail"] == "The request is withdrawn."


async def test_a_request_that_is_withdrawn_frees_what_was_held_for_it(havn: World, housing: Housing) -> None:
    shelter = await housing.shelter()
    case_id = await housing.case(referred_by="hopenow")
    request_id = await housing.request(case_id, "hopenow")
    offer_id = (await housing.offer(request_id, shelter.place_id)).json()["offer_id"]
    path = f"/accommodation/v1/placement-requests/{request_id}/withdraw"
    for org, status in {"reden": 403, "amiami": 404, "hopenow": 200}.items():
        assert (await havn.partner(org).post(path)).status_code == status, org
    assert (await havn.partner("cmm").get(f"/accommodation/v1/offers/{offer_id}")).json()["status"] == "declined"
    await housing.held(await housing.case(), shelter.place_id)


async def test_a_request_that_has_its_place_takes_no_further_offer(housing: Housing) -> None:
    shelter = await housing.shelter(places=2)
    request_id = await housing.request(await housing.case())
    offered = await housing.offer(request_id, shelter.place_ids[0])
    await housing.answer(offered.json()["offer_id"], "accept")
    refused = await housing.offer(request_id, shelter.place_ids[1])
    assert (refused.status_code, refused.json()["current_status"]) == (409, "placed")


async def test_a_facility_without_an_approval_over_the_stay_receives_nobody(housing: Housing) -> None:
    facility_id = await housing.facility()
    place_id = await housing.place(facility_id)
    request_id = await housing.request(await housing.case(), to_on="2026-06-01")
    assert rules_of(await housing.offer(request_id, place_id)) == ["no_approval"]
    await housing.approve(facility_id, valid_until="2026-05-30")
    assert rules_of(await housing.offer(request_id, place_id)) == ["no_approval"]
    assert (await housing.matches(request_id))["excluded"] == {"no_approval": 1}
    await housing.approve(facility_id, valid_from="2026-05-31", valid_until="2026-05-31")
    assert (await housing.offer(request_id, place_id)).status_code == 201


async def test_a_stay_without_an_end_needs_an_approval_that_does_not_end_before_that_was_announced(
    housing: Housing,
) -> None:
    facility_id = await housing.facility()
    place_id = await housing.place(facility_id)
    await housing.approve(facility_id, valid_until="2026-05-06")
    request_id = await housing.request(await housing.case())
    assert rules_of(await housing.offer(request_id, place_id)) == ["no_approval"]
    await housing.approve(facility_id, valid_from="2026-05-07", valid_until="2026-05-07")
    assert (await housing.offer(request_id, place_id)).status_code == 201


async def test_no_place_is_offered_in_a_municipality_that_the_person_must_avoid(housing: Housing) -> None:
    shelter = await housing.shelter()
    request_id = await housing.request(await housing.case(), needs={"avoid_municipalities": ["0751"]})
    assert rules_of(await housing.offer(request_id, shelter.place_id)) == ["distance"]


@pytest.mark.row(49, 58)
async def test_no_place_is_offered_on_nights_when_the_facility_does_not_have_it(housing: Housing) -> None:
    facility_id = await housing.facility()
    await housing.approve(facility_id)
    from_tomorrow = await housing.place(facility_id, available_from="2026-03-10", available_until="2026-03-12")
    early = await housing.request(await housing.case(), to_on="2026-03-11")
    late = await housing.request(await housing.case(), from_on="2026-03-10", to_on="2026-03-14")
    fits = await housing.request(await housing.case(), from_on="2026-03-10", to_on="2026-03-13")
    for request_id in (early, late):
        assert rules_of(await housing.offer(request_id, from_tomorrow)) == ["place_dates"]
    assert (await housing.offer(fits, from_tomorrow)).status_code == 201, "the last day is part of it"


async def test_a_request_that_has_waited_is_given_the_nights_that_are_left(housing: Housing) -> None:
    shelter = await housing.shelter()
    request_id = await housing.request(await housing.case(), to_on="2026-03-20")
    housing.move_clock("2026-03-12T12:00:00+01:00")
    offered = await housing.offer(request_id, shelter.place_id, expires_at="2026-03-13T12:00:00+01:00")
    assert (offered.json()["from_on"], offered.json()["to_on"]) == ("2026-03-12", "2026-03-20")


async def test_a_place_is_offered_by_its_operator_who_coordinates_and_who_places_people_itself(
    housing: Housing,
) -> None:
    shelter = await housing.shelter(places=4)
    facts: dict[str, Any] = {"basis": ResidenceBasis.NO_LEGAL_STAY, "routed_to": Authority.US}
    by_police = await housing.case(referred_by="politi-oestjylland", **facts)
    await housing.tell(CustodyBegan(case_id=UUID(by_police), occurred_at=ARREST, since=ARREST))
    theirs = await housing.request(by_police, "cmm")
    party = await housing.offer(theirs, shelter.place_ids[0], "politi-oestjylland")
    assert (party.status_code, problem(party)) == (403, "NotYourOffer")
    assert (await housing.offer(theirs, shelter.place_ids[0], "amiami")).status_code == 404
    mine = await housing.request(by_police, "politi-oestjylland")
    assert (await housing.offer(mine, shelter.place_ids[0], "politi-oestjylland")).status_code == 201
    by_ngo = await housing.request(await housing.case(referred_by="hopenow"), "hopenow")
    refused = await housing.offer(by_ngo, shelter.place_ids[1], "hopenow")
    assert (refused.status_code, problem(refused)) == (403, "NotYourOffer"), "it asks, and others offer"
    own = await housing.request(await housing.case(referred_by="reden"), "reden")
    assert (await housing.offer(own, shelter.place_ids[1], "reden")).status_code == 201


@pytest.mark.parametrize(
    ("by", "answers", "does_not"),
    [("cmm", "reden", ["cmm", "hopenow"]), ("reden", "hopenow", ["cmm", "reden"])],
)
async def test_who_did_not_make_the_offer_answers_it(
    housing: Housing, by: str, answers: str, does_not: list[str]
) -> None:
    shelter = await housing.shelter(places=2)
    request_id = await housing.request(await housing.case(referred_by="hopenow"), "hopenow")
    if by == "reden":  # a facility knows a request when a place of its own was offered for it
        first = (await housing.offer(request_id, shelter.place_ids[1])).json()["offer_id"]
        assert (await housing.answer(first, "decline")).status_code == 200
    offered = await housing.offer(request_id, shelter.place_id, by)
    assert offered.status_code == 201, offered.text
    for step in ("accept", "decline"):
        for org in does_not:
            refused = await housing.answer(offered.json()["offer_id"], step, org)
            assert (refused.status_code, problem(refused)) == (403, "NotYourOffer"), org
        assert (await housing.answer(offered.json()["offer_id"], step, "amiami")).status_code == 404
    assert (await housing.answer(offered.json()["offer_id"], "accept", answers)).status_code == 200


@pytest.mark.parametrize(
    ("by", "may_not"), [("cmm", ["reden", "hopenow"]), ("us", ["reden", "hopenow"]), ("reden", ["hopenow", "us"])]
)
async def test_who_made_an_offer_takes_it_back_and_the_place_is_free_again(
    havn: World, housing: Housing, by: str, may_not: list[str]
) -> None:
    shelter = await housing.shelter(places=2)
    facts: dict[str, Any] = {"basis": ResidenceBasis.NO_LEGAL_STAY, "routed_to": Authority.US}
    request_id = await housing.request(await housing.case(referred_by="hopenow", **facts), "hopenow")
    if by == "reden":  # a facility knows a request when a place of its own was offered for it
        await housing.answer((await housing.offer(request_id, shelter.place_ids[1])).json()["offer_id"], "decline")
    offer_id = (await housing.offer(request_id, shelter.place_id, by)).json()["offer_id"]
    path = f"/accommodation/v1/offers/{offer_id}/withdraw"
    for org in may_not:
        refused = await havn.partner(org).post(path, {"reason": "No."})
        assert (refused.status_code, problem(refused)) == (403, "NotYourOffer"), org
    assert (await havn.partner("amiami").post(path)).status_code == 404
    taken_back = await havn.partner(by).post(path, {"reason": "The wrong room."})
    assert (taken_back.status_code, taken_back.json()["status"]) == (200, "expired")
    assert [each["offer_id"] for each in await havn.events("accommodation", "offer-expired")] == [offer_id]
    (row,) = await havn.sql("accommodation", "SELECT reason FROM offer WHERE id = $1", UUID(offer_id))
    assert b"wrong room" not in row["reason"]
    again = await havn.partner(by).post(path)
    assert (again.status_code, problem(again)) == (409, "OfferDoesNotAllow")
    assert (await housing.answer(offer_id, "accept")).status_code in (403, 409)
    assert (await housing.offer(request_id, shelter.place_id)).status_code == 201


async def test_cmm_takes_back_what_anybody_has_offered_and_an_accepted_offer_is_taken_back_by_nobody(
    havn: World, housing: Housing
) -> None:
    shelter = await housing.shelter(places=2)
    facts: dict[str, Any] = {"basis": ResidenceBasis.NO_LEGAL_STAY, "routed_to": Authority.US}
    request_id = await housing.request(await housing.case(**facts))
    cmm = havn.partner("cmm")
    theirs = (await housing.offer(request_id, shelter.place_id, "us")).json()["offer_id"]
    assert (await cmm.post(f"/accommodation/v1/offers/{theirs}/withdraw")).status_code == 200
    accepted = (await housing.offer(request_id, shelter.place_id)).json()["offer_id"]
    assert (await housing.answer(accepted, "accept")).status_code == 200
    late = await cmm.post(f"/accommodation/v1/offers/{accepted}/withdraw")
    assert (late.status_code, late.json()["current_status"]) == (409, "accepted")


async def test_the_persons_own_no_is_said_by_who_works_with_them_and_others_come_first_then(
    havn: World, housing: Housing
) -> None:
    shelter = await housing.shelter()
    request_id = await housing.request(await housing.case())
    offer_id = (await housing.offer(request_id, shelter.place_id)).json()["offer_id"]
    own_no = {"reason": "She does not dare to live there.", "code": "persons_own_no"}
    declined = await havn.partner("cmm").post(f"/accommodation/v1/offers/{offer_id}/decline", own_no)
    assert (declined.status_code, declined.json()["status"]) == (200, "declined")
    kept = (await havn.sql("accommodation", "SELECT declined_because, reason FROM offer"))[0]
    assert kept["declined_because"] == "persons_own_no"
    assert b"dare" not in kept["reason"]
    path = f"/accommodation/v1/placement-requests/{request_id}"
    read = (await havn.partner("cmm").get(path, purpose="accommodation")).json()
    assert (read["status"], read["parked_until"]) == ("open", "2026-03-12")
    assert (await housing.offer(request_id, shelter.place_id)).status_code == 201, "an urgent need does not wait"


async def test_an_answer_to_an_offer_that_has_changed_since_is_refused(havn: World, housing: Housing) -> None:
    offer_id = await housing.held(await housing.case(), (await housing.shelter()).place_id)
    etag = (await havn.partner("reden").get(f"/accommodation/v1/offers/{offer_id}")).headers["etag"]
    assert (await housing.answer(offer_id, "accept", if_match='"stale"')).status_code == 412
    assert (await housing.answer(offer_id, "accept", if_match=etag)).status_code == 200


async def test_the_life_of_an_offer_is_told_in_events_that_name_no_place(havn: World, housing: Housing) -> None:
    shelter = await housing.shelter()
    case_id = await housing.case()
    placement_id = await housing.booked(case_id, shelter.place_id)
    told = [event for event in await havn.events("accommodation") if "facility" not in event["type"]]
    kinds = [event["type"].split(".")[3] for event in told]
    assert kinds == ["placement-requested", "place-offered", "offer-accepted"]
    assert {event["key"] for event in told} == {case_id}
    assert told[2]["placement_id"] == placement_id
    assert shelter.place_id not in str(told)
    assert shelter.facility_id not in str(told)


async def test_a_request_that_fails_leaves_neither_stay_nor_event(havn: World, housing: Housing) -> None:
    shelter = await housing.shelter()
    await housing.held(await housing.case(), shelter.place_id)
    request_id = await housing.request(await housing.case())
    before = await _counts(havn)
    assert (await housing.offer(request_id, shelter.place_id)).status_code == 409
    assert await _counts(havn) == before


async def _counts(havn: World) -> list[Any]:
    return [
        (await havn.sql("accommodation", f"SELECT count(*) FROM {table}"))[0][0]
        for table in ("stay", "offer", "event_history")
    ]
