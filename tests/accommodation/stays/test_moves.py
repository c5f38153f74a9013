"""A move is one step: no night without a bed, none with two, and nobody learns where to."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from shared.contract.codes import Authority, ResidenceBasis
from tests.accommodation.housing import LATER, Housing, Shelter, problem, rules_of
from tests.accommodation.stays.test_stays import placements
from tests.feeds import feed_of
from tests.world import World

EVENING = "2026-03-12T20:00:00+01:00"


async def nights_of(havn: World, case_id: str) -> list[tuple[str, date, date | None]]:
    rows = await havn.sql(
        "accommodation",
        "SELECT place_id, during FROM stay WHERE case_id = $1 AND state <> 'ended' ORDER BY lower(during)",
        UUID(case_id),
    )
    return [(str(row["place_id"]), row["during"].lower, row["during"].upper) for row in rows]


@pytest.fixture
async def moving(havn: World, housing: Housing) -> tuple[str, str, Shelter, Shelter]:
    """A woman without legal stay, whom US pays for, in a secret facility in Copenhagen; the operator has one in Jutland."""
    case_id = await housing.case(basis=ResidenceBasis.NO_LEGAL_STAY, routed_to=Authority.US, referred_by="hopenow")
    here = await housing.shelter(2, secret_address=True, municipality="0101")
    there = await housing.shelter(1, secret_address=True)
    placement_id = await housing.there(case_id, here.place_id)
    await havn.set_clock(EVENING)
    return case_id, placement_id, here, there


@pytest.mark.row(72)
async def test_sc10_a_safety_move_goes_to_the_place_that_fits_away_from_the_municipalities_named(
    havn: World, housing: Housing, moving: tuple[str, str, Shelter, Shelter]
) -> None:
    case_id, placement_id, here, there = moving
    moved = await housing.step(
        placement_id, "move", body={"reason": "safety", "avoid_municipalities": ["0101", "0147"]}
    )
    assert moved.status_code == 200, moved.text
    assert (moved.json()["place_id"], moved.json()["status"]) == (there.place_id, "arrived")
    assert await nights_of(havn, case_id) == [
        (here.place_id, date(2026, 3, 9), date(2026, 3, 12)),
        (there.place_id, date(2026, 3, 12), None),
    ]
    (event,) = await havn.events("accommodation", "person-moved")
    assert (event["reason"], event["to_placement_id"]) == ("safety", moved.json()["placement_id"])
    told = str(await havn.events("accommodation"))
    assert not [each for each in (here.place_id, here.facility_id, there.place_id, there.facility_id) if each in told]
    left = (
        await havn.partner("reden").get(f"/accommodation/v1/placements/{placement_id}", purpose="accommodation")
    ).json()
    assert (left["status"], left["ending"], left["to_on"]) == ("moved", "moved", "2026-03-12")
    assert await placements(havn, "hopenow", case_id) == [{"placed": True}]
    assert {seen["region"] for seen in await placements(havn, "us", case_id)} == {"1084", "1082"}
    assert problem(await housing.step(placement_id, "move", body={"reason": "safety"})) == "PlacementDoesNotAllow"


@pytest.mark.row(72)
async def test_who_is_to_know_of_no_move_reads_of_one_stay_under_one_number(havn: World, housing: Housing) -> None:
    case_id = await housing.case(basis=ResidenceBasis.NO_LEGAL_STAY, routed_to=Authority.US, referred_by="hopenow")
    here, there = [await housing.shelter(secret_address=True) for _ in range(2)]
    placement_id = await housing.there(case_id, here.place_id, asks="hopenow")
    await havn.set_clock(EVENING)
    known = await feed_of("/accommodation/v1/events", havn, "hopenow")

    async def shown() -> tuple[Any, list[Any]]:
        read = await havn.partner("hopenow").get(f"/accommodation/v1/placements/{placement_id}", purpose="support")
        events = (await feed_of("/accommodation/v1/events", havn, "hopenow"))[len(known) :]
        return read.json(), [(event["type"].split(".")[3], event["data"]["placement_id"]) for event in events]

    assert await shown() == ({"placed": True}, [])
    moved = await housing.step(placement_id, "move", body={"reason": "safety", "place_id": there.place_id})
    assert moved.status_code == 200, moved.text
    last = moved.json()["placement_id"]
    assert await shown() == ({"placed": True}, [])
    assert (await housing.step(last, "leave", body={"left_at": EVENING})).status_code == 200
    assert await shown() == ({"placed": False}, [("person-left", placement_id)])
    to_us = await feed_of("/accommodation/v1/events", havn, "us")
    assert [event["data"]["placement_id"] for event in to_us if ".person-left." in event["type"]] == [last]


@pytest.mark.row(69)
async def test_what_is_to_be_avoided_since_a_move_is_avoided_by_whatever_is_asked_for_later(
    havn: World, housing: Housing, moving: tuple[str, str, Shelter, Shelter]
) -> None:
    case_id, placement_id, here, there = moving
    waiting = await housing.request(case_id, "hopenow", from_on="2026-05-01")
    avoided: dict[str, Any] = {"reason": "safety", "avoid_municipalities": ["0101"], "place_id": there.place_id}
    moved = await housing.step(placement_id, "move", body=avoided)
    assert moved.status_code == 200, moved.text
    assert (await housing.step(moved.json()["placement_id"], "leave")).status_code == 200
    until = {"expires_at": "2026-03-13T12:00:00+01:00"}
    assert rules_of(await housing.offer(waiting, here.place_id, **until)) == ["distance"]
    anew = await housing.request(case_id, "hopenow", from_on="2026-03-13", to_on="2026-03-20")
    assert rules_of(await housing.offer(anew, here.place_id, **until)) == ["distance"]
    for request_id in (waiting, anew):
        path = f"/accommodation/v1/placement-requests/{request_id}"
        for org, shown in (("cmm", ["0101"]), ("hopenow", [])):
            read = await havn.partner(org).get(path, purpose="accommodation")
            assert read.json()["needs"]["avoid_municipalities"] == shown, "who asks is not shown where she was"
    other = await housing.request(await housing.case(), from_on="2026-03-13", to_on="2026-03-20")
    assert (await housing.offer(other, here.place_id, **until)).status_code == 201


@pytest.mark.row(53)
async def test_a_hold_that_nobody_answered_in_time_is_in_the_way_of_no_move(havn: World, housing: Housing) -> None:
    shelter = await housing.shelter(2)
    placement_id = await housing.there(await housing.case(), shelter.place_ids[0])
    await housing.held(await housing.case(), shelter.place_ids[1])
    to = {"reason": "safety", "place_id": shelter.place_ids[1]}
    assert rules_of(await housing.step(placement_id, "move", body=to)) == ["occupied"]
    havn.development.clock.set(datetime.fromisoformat(LATER) + timedelta(seconds=1))  # no sweep has come by
    moved = await housing.step(placement_id, "move", body=to)
    assert (moved.status_code, moved.json().get("place_id")) == (200, shelter.place_ids[1]), moved.text


@pytest.mark.row(72)
async def test_a_move_is_judged_by_the_rules_of_an_offer_and_a_refusal_changes_nothing(
    havn: World, housing: Housing, moving: tuple[str, str, Shelter, Shelter]
) -> None:
    case_id, placement_id, here, there = moving
    before = await nights_of(havn, case_id)
    avoided = {"reason": "safety", "avoid_municipalities": ["0751"]}
    assert rules_of(await housing.step(placement_id, "move", body=avoided | {"place_id": there.place_id})) == [
        "distance"
    ]
    nowhere = await housing.step(placement_id, "move", body=avoided | {"avoid_municipalities": ["0751", "0101"]})
    assert problem(nowhere) == "NowhereToMove"
    until: dict[str, Any] = {"expires_at": "2026-03-13T12:00:00+01:00"}
    planned = await housing.request(await housing.case(), from_on="2026-03-14")
    assert (await housing.offer(planned, there.place_id, **until)).status_code == 201
    to_jutland = {"reason": "need", "place_id": there.place_id}
    assert rules_of(await housing.step(placement_id, "move", body=to_jutland)) == ["occupied"]
    both = await housing.step(placement_id, "move", body=to_jutland | {"offer_id": there.place_id})
    assert both.status_code == 422
    assert (await housing.step(placement_id, "move", "us", body=to_jutland)).status_code == 404
    assert await nights_of(havn, case_id) == before
    assert await havn.events("accommodation", "person-moved") == []
    within = await housing.step(placement_id, "move", body={"reason": "capacity", "place_id": here.place_ids[1]})
    assert within.status_code == 200, within.text


@pytest.mark.row(72)
async def test_another_operator_takes_somebody_in_by_its_accepted_offer(
    havn: World, housing: Housing, moving: tuple[str, str, Shelter, Shelter]
) -> None:
    case_id, placement_id, here, _ = moving
    theirs = await housing.shelter(operator="amiami")
    by_place = await housing.step(placement_id, "move", body={"reason": "need", "place_id": theirs.place_id})
    assert (by_place.status_code, problem(by_place)) == (409, "OfferNeeded")
    request_id = await housing.request(case_id, from_on="2026-03-12")
    until: dict[str, Any] = {"expires_at": "2026-03-13T12:00:00+01:00"}
    assert rules_of(await housing.offer(request_id, theirs.place_id, **until)) == ["person_elsewhere"]
    wrong = await housing.offer(request_id, theirs.place_id, instead_of=request_id, **until)
    assert (wrong.status_code, problem(wrong)) == (422, "NothingToReplace")
    await fits_instead_of(housing, request_id, theirs, placement_id)
    offered = await housing.offer(request_id, theirs.place_id, instead_of=placement_id, **until)
    assert offered.status_code == 201, offered.text
    by_offer = {"reason": "need", "offer_id": offered.json()["offer_id"]}
    assert problem(await housing.step(placement_id, "move", "cmm", body=by_offer)) == "OfferNeeded"
    accepted = await housing.answer(by_offer["offer_id"], "accept", "amiami")
    assert accepted.status_code == 200, accepted.text
    moved = await housing.step(placement_id, "move", "cmm", body=by_offer)
    assert (moved.status_code, moved.json()["placement_id"]) == (200, accepted.json()["placement_id"])
    assert (moved.json()["status"], moved.json()["place_id"]) == ("arrived", theirs.place_id)
    assert [place for place, *_ in await nights_of(havn, case_id)] == [here.place_id, theirs.place_id]


async def fits_instead_of(housing: Housing, request_id: str, theirs: Shelter, placement_id: str) -> None:
    """What fits in place of where somebody lives is found and checked as an offer of it would be."""
    matches = f"/accommodation/v1/placement-requests/{request_id}/matches"
    check = f"/accommodation/v1/placement-requests/{request_id}/places/{theirs.place_id}"
    cmm = housing.havn.partner("cmm")
    found = (await cmm.get(matches)).json()
    assert found["items"] == []
    assert "person_elsewhere" in found["excluded"]
    assert (await cmm.get(check)).json()["fits"] is False
    for org in ("cmm", "us"):
        instead = (await housing.havn.partner(org).get(matches, instead_of=placement_id)).json()
        assert theirs.place_id in [each["place_id"] for each in instead["items"]], org
        assert "person_elsewhere" not in instead["excluded"]
    assert (await cmm.get(check, instead_of=placement_id)).json()["fits"] is True
    for path in (matches, check):
        wrong = await cmm.get(path, instead_of=request_id)
        assert (wrong.status_code, problem(wrong)) == (422, "NothingToReplace")


async def test_who_may_not_know_where_somebody_lives_learns_of_no_move_by_what_would_fit_instead(
    havn: World, housing: Housing, moving: tuple[str, str, Shelter, Shelter]
) -> None:
    """Their sender is shown one placement that goes on: it asks for what fits instead, before and after a safety move."""
    case_id, placement_id, _, _ = moving
    request_id = await housing.request(case_id, org="hopenow", from_on="2026-03-13")
    sender, path = havn.partner("hopenow"), f"/accommodation/v1/placement-requests/{request_id}/matches"

    async def asked() -> tuple[int, str]:
        answer = await sender.get(path, instead_of=placement_id)
        return answer.status_code, problem(answer)

    before = await asked()
    assert (await housing.step(placement_id, "move", body={"reason": "safety"})).status_code == 200
    assert await asked() == before == (422, "NothingToReplace")


@pytest.mark.parametrize(("planned", "accepted_until"), [("2026-03-14", "2026-03-25"), ("2026-03-25", "2026-03-20")])
async def test_a_move_by_an_offer_has_the_nights_that_were_accepted(
    havn: World, housing: Housing, planned: str, accepted_until: str
) -> None:
    """Whatever was planned where they were; and whoever has the bed from then on is in nobody's way."""
    here, theirs = await housing.shelter(), await housing.shelter(operator="amiami")
    case_id = await housing.case()
    placement_id = await housing.there(case_id, here.place_id, to_on=planned)
    request_id = await housing.request(case_id, from_on="2026-03-12", to_on=accepted_until)
    offered = await housing.offer(request_id, theirs.place_id, instead_of=placement_id)
    offer_id = offered.json()["offer_id"]
    assert (await housing.answer(offer_id, "accept", "amiami")).status_code == 200
    await housing.booked(await housing.case(), theirs.place_id, operator="amiami", from_on=accepted_until)
    await havn.set_clock(EVENING)
    moved = await housing.step(placement_id, "move", "cmm", body={"reason": "safety", "offer_id": offer_id})
    assert moved.status_code == 200, moved.text
    assert (moved.json()["from_on"], moved.json()["to_on"]) == ("2026-03-12", accepted_until)


@pytest.mark.parametrize("asks", ["hopenow", "politi-oestjylland"])
@pytest.mark.parametrize("reason", ["safety", "need"])
async def test_after_a_safety_move_who_asked_for_the_place_knows_no_more_where_they_live_or_lived(
    havn: World, housing: Housing, reason: str, asks: str
) -> None:
    """In open facilities, too: only the operators and CMM do (docs/rules.md, housing-10)."""
    here, there = await housing.shelter(municipality="0101"), await housing.shelter(municipality="0147")
    case_id = await housing.case(referred_by=asks)
    first = await housing.there(case_id, here.place_id, asks=asks)
    moved = await housing.step(first, "move", body={"reason": reason, "place_id": there.place_id})
    second = moved.json()["placement_id"]
    seen = await placements(havn, asks, case_id)
    knows = {each.get("facility_id") for each in seen} - {None}
    assert knows == ({here.facility_id, there.facility_id} if reason == "need" else set())
    for placement_id in (first, second):
        read = await havn.partner(asks).get(f"/accommodation/v1/placements/{placement_id}", purpose="accommodation")
        assert (there.facility_id in read.text or here.facility_id in read.text) is (reason == "need")
        cancelled = await housing.step(placement_id, "cancel", asks, body={"reason": "Not needed."})
        assert cancelled.status_code == (409 if reason == "need" else 404)
    assert len([each for each in await placements(havn, "cmm", case_id) if each.get("facility_id")]) == 2


async def test_us_which_pays_knows_the_region_alone_after_a_safety_move(havn: World, housing: Housing) -> None:
    here, there = await housing.shelter(municipality="0101"), await housing.shelter()
    case_id = await housing.case(basis=ResidenceBasis.NO_LEGAL_STAY, routed_to=Authority.US)
    first = await housing.there(case_id, here.place_id)
    assert "facility_id" in (await placements(havn, "us", case_id))[0]
    await housing.step(first, "move", body={"reason": "safety", "place_id": there.place_id})
    seen = await placements(havn, "us", case_id)
    assert {each["region"] for each in seen} == {"1082", "1084"}
    assert not {"facility_id", "place_id"} & {name for each in seen for name, value in each.items() if value}


# ---------------------------------------------------------------- who comes along


@pytest.mark.parametrize("reason", ["safety", "need"])
async def test_nobody_moves_to_the_place_where_they_are(havn: World, housing: Housing, reason: str) -> None:
    shelter = await housing.shelter(2)
    case_id = await housing.case()
    placement_id = await housing.there(case_id, shelter.place_id)
    to = {"reason": reason, "avoid_municipalities": ["0101"], "place_id": shelter.place_id}
    refused = await housing.step(placement_id, "move", body=to)
    assert (refused.status_code, problem(refused)) == (409, "ThereAlready")
    request_id = await housing.request(case_id)
    offered = await housing.offer(request_id, shelter.place_id, instead_of=placement_id)
    assert rules_of(offered) == ["occupied"], "nor by an offer"
    assert await nights_of(havn, case_id) == [(shelter.place_id, date(2026, 3, 9), None)]
    assert await havn.events("accommodation", "person-moved") == []


async def join(housing: Housing, placement_id: str, **body: Any) -> Any:
    return await housing.step(placement_id, "companions", body={"kind": "child"} | body)


async def test_a_child_under_three_shares_the_bed_and_an_older_one_takes_a_place_of_the_facility(
    havn: World, housing: Housing
) -> None:
    shelter = await housing.shelter(2)
    placement_id = await housing.there(await housing.case(), shelter.place_ids[0])
    small = await join(housing, placement_id, born_on="2023-03-10")
    assert (small.status_code, small.json()["shares_bed"], small.json()["place_id"]) == (
        201,
        True,
        shelter.place_ids[0],
    )
    older = await join(housing, placement_id, born_on="2023-03-09")
    assert (older.json()["shares_bed"], older.json()["place_id"]) == (False, shelter.place_ids[1])
    assert rules_of(await join(housing, placement_id, born_on="2015-01-01")) == ["occupied"]
    await havn.set_clock("2026-03-20T10:00:00+01:00")
    newborn = await join(housing, placement_id, joined_at="2026-03-19T04:00:00+01:00")
    assert newborn.json()["shares_bed"] is True
    assert (await housing.step(placement_id, "leave")).status_code == 200
    assert await havn.sql("accommodation", "SELECT 1 FROM stay WHERE state = 'arrived'") == []


async def test_who_comes_along_has_no_other_bed_and_a_facility_that_takes_no_families_takes_no_child(
    havn: World, housing: Housing
) -> None:
    shelter = await housing.shelter(3, accepts={"families": False})
    placement_id = await housing.there(await housing.case(), shelter.place_ids[0])
    assert rules_of(await join(housing, placement_id, born_on="2026-03-08")) == ["families"]
    born = await join(housing, placement_id, born_on="2026-03-09")
    assert (born.status_code, born.json()["shares_bed"]) == (201, True), "a birth is a fact"
    housed, free = await housing.case(), await housing.case()
    await housing.there(housed, shelter.place_ids[1])
    other: dict[str, Any] = {"kind": "other"}
    twice = await housing.step(placement_id, "companions", "cmm", body=other | {"case_id": housed})
    assert rules_of(twice) == ["person_elsewhere"]
    unknown = await join(housing, placement_id, **other, case_id=free)
    assert unknown.status_code == 404, "the operator has no part in that case"
    joined = await housing.step(placement_id, "companions", "cmm", body=other | {"case_id": free})
    assert (joined.status_code, joined.json()["place_id"]) == (201, shelter.place_ids[2])
    request_id = await housing.request(free)
    assert rules_of(await housing.offer(request_id, shelter.place_ids[2])) == ["person_elsewhere", "occupied"]
    early = await join(housing, placement_id, **other, joined_at="2026-03-08T10:00:00+01:00")
    assert (early.status_code, problem(early)) == (422, "OutsideTheStay")


async def test_a_household_moves_together_or_not_at_all(havn: World, housing: Housing) -> None:
    here, there = await housing.shelter(2), await housing.shelter(1)
    placement_id = await housing.there(await housing.case(), here.place_ids[0])
    await join(housing, placement_id, born_on="2015-01-01")
    to_other = {"reason": "need", "place_id": there.place_id}
    assert rules_of(await housing.step(placement_id, "move", body=to_other)) == ["household"]
    second = await housing.place(there.facility_id)
    moved = await housing.step(placement_id, "move", body=to_other)
    assert moved.status_code == 200, moved.text
    rows = await havn.sql("accommodation", "SELECT place_id FROM stay WHERE state = 'arrived'")
    assert {str(row["place_id"]) for row in rows} == {there.place_id, second}


# ---------------------------------------------------------------- exceptions, and a minor among adults


@pytest.mark.row(69)
async def test_a_minor_in_a_facility_for_adults_takes_two_people(havn: World, housing: Housing) -> None:
    shelter = await housing.shelter(kind="hostel_110", accepts={"genders": ["man", "woman"]})
    request_id = await housing.request(await housing.case(), needs={"minor": True})
    assert rules_of(await housing.offer(request_id, shelter.place_id)) == ["minors"]
    why = {"exceptions": [{"rule": "minors", "reason": "His brother lives there."}]}
    assert rules_of(await housing.offer(request_id, shelter.place_id, **why)) == ["minors"], "not CMM's to set aside"
    first = (await housing.offer(request_id, shelter.place_id, "cmm")).status_code
    assert first == 409
    own = await housing.case(referred_by="reden")
    request_id = await housing.request(own, "reden", needs={"minor": True})
    place = {"place_id": shelter.place_id, "expires_at": "2026-03-10T12:00:00+01:00"}
    offers = f"/accommodation/v1/placement-requests/{request_id}/offers"
    by_machine = await havn.partner("reden", "system").post(offers, place | why)
    assert (by_machine.status_code, problem(by_machine)) == (403, "NotASecondPerson")
    offered = await housing.offer(request_id, shelter.place_id, "reden", subject="anna", **why)
    assert offered.status_code == 201, offered.text
    assert (offered.json()["status"], offered.json()["awaiting"]) == ("held", "second_person")
    path = f"/accommodation/v1/offers/{offered.json()['offer_id']}"
    early = await havn.partner("reden").post(f"{path}/accept")
    assert (early.status_code, problem(early)) == (409, "AwaitsSecondPerson")
    agreed = {"reason": "The municipality has agreed."}
    alone = [havn.partner("reden", subject="anna"), havn.partner("cmm", subject="bo"), havn.partner("reden", "system")]
    for one in alone:
        refused = await one.post(f"{path}/confirm", agreed)
        assert (refused.status_code, problem(refused)) == (403, "NotASecondPerson")
    confirmed = await havn.partner("reden", subject="bo").post(f"{path}/confirm", agreed)
    assert (confirmed.status_code, confirmed.json()["awaiting"]) == (200, None)
    again = await havn.partner("reden", subject="bo").post(f"{path}/confirm", agreed)
    assert (again.status_code, problem(again)) == (409, "OfferDoesNotAllow")
    assert (await havn.partner("reden").post(f"{path}/accept")).status_code == 200
    kept = (await havn.partner("cmm").get(path)).json()
    assert kept["exceptions"] == ["minors"]
    assert [each["reason"] for each in kept["exceptions_why"]] == ["His brother lives there.", agreed["reason"]]
    stored = (await havn.sql("accommodation", "SELECT exceptions_why FROM offer WHERE exceptions_why IS NOT NULL"))[0]
    assert b"brother" not in stored["exceptions_why"]


@pytest.mark.parametrize(
    ("rule", "facility", "needs", "by", "may"),
    [
        ("wheelchair", {"accepts": {"wheelchair": False}}, {"wheelchair": True}, "reden", True),
        ("wheelchair", {"accepts": {"wheelchair": False}}, {"wheelchair": True}, "cmm", False),
        ("distance", {}, {"avoid_municipalities": ["0751"]}, "cmm", True),
        ("distance", {}, {"avoid_municipalities": ["0751"]}, "reden", False),
        ("options", {"kind": "asylum_centre"}, {}, "cmm", True),
        ("options", {"kind": "asylum_centre"}, {}, "reden", False),
    ],
)
async def test_a_rule_is_set_aside_by_who_may_with_a_reason_that_is_kept(
    havn: World, housing: Housing, rule: str, facility: dict[str, Any], needs: dict[str, Any], by: str, may: bool
) -> None:
    shelter = await housing.shelter(**facility)
    request_id = await housing.request(await housing.case(referred_by="reden"), "reden", needs=needs)
    assert rules_of(await housing.offer(request_id, shelter.place_id, by)) == [rule]
    unneeded = {"rule": "lgbt_safe", "reason": "For nothing."}
    why = {"exceptions": [{"rule": rule, "reason": "She has chosen it."}, unneeded]}
    offered = await housing.offer(request_id, shelter.place_id, by, expires_at=LATER, **why)
    if not may:
        assert rules_of(offered) == [rule]
    else:
        assert (offered.status_code, offered.json()["exceptions"]) == (201, [rule])
    never = {"exceptions": [{"rule": "occupied", "reason": "There is a sofa."}]}
    other = await housing.request(await housing.case())
    await housing.shelter()
    if may and rule != "options":
        assert "occupied" in rules_of(await housing.offer(other, shelter.place_id, "cmm", **never))


async def test_one_place_is_checked_against_every_rule_in_both_languages(havn: World, housing: Housing) -> None:
    shelter = await housing.shelter(accepts={"wheelchair": False})
    request_id = await housing.request(await housing.case(), needs={"wheelchair": True})
    path = f"/accommodation/v1/placement-requests/{request_id}/places/{shelter.place_id}"
    checked = (await havn.partner("cmm").get(path, purpose="accommodation")).json()
    assert checked["fits"] is False
    failed = [rule for rule in checked["rules"] if not rule["passes"]]
    assert [rule["rule"] for rule in failed] == ["wheelchair"]
    assert "kørestol" in failed[0]["why_da"]
    assert len(checked["rules"]) == 17
    assert (await havn.partner("hopenow").get(path, purpose="accommodation")).status_code == 404
