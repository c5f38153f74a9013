"""Matching: which places fit, why, in which order, and what excludes the others."""

from collections import Counter
from typing import Any

import pytest

from shared.contract.codes import AgeGroup, Gender, ResidenceBasis
from tests.accommodation.housing import Housing, decision, rules_of
from tests.world import World


@pytest.mark.parametrize(
    ("shelter", "needs", "reason"),
    [
        ({"accepts": {"genders": ["man", "trans_woman"]}}, {}, "gender"),
        ({"accepts": {"minors": False}}, {"minor": True}, "minors"),
        ({"accepts": {"families": False}}, {"children": 1}, "families"),
        ({"accepts": {"families": False}}, {"children": True}, "families"),
        ({"accepts": {"wheelchair": False}}, {"wheelchair": True}, "wheelchair"),
        ({"accepts": {"lgbt_safe": False}}, {"lgbt_safe": True}, "lgbt_safe"),
        ({"accepts": {"security": "raised"}}, {"security": "high"}, "security"),
        ({"kind": "asylum_centre"}, {}, "options"),
        ({}, {"avoid_municipalities": ["0101", "0751"]}, "distance"),
    ],
)
async def test_each_need_that_a_place_does_not_meet_excludes_it_with_its_reason(
    housing: Housing, shelter: dict[str, Any], needs: dict[str, Any], reason: str
) -> None:
    await housing.shelter(places=2, **shelter)
    fitting = await housing.shelter(
        municipality="0101", accepts={"minors": True, "security": "high", "genders": ["woman", "trans_woman"]}
    )
    needs = needs | {"avoid_municipalities": ["0751"]} if "avoid_municipalities" in needs else needs
    found = await housing.matches(await housing.request(await housing.case(), needs=needs))
    assert [match["place_id"] for match in found["items"]] == [fitting.place_id]
    assert found["excluded"] == {reason: 2}


async def test_a_place_is_counted_once_and_occupied_only_when_it_would_have_fitted(housing: Housing) -> None:
    for gender, kind in ((Gender.MAN, "mens_crisis_centre"), (Gender.WOMAN, "crisis_centre")):
        shelter = await housing.shelter(kind=kind, accepts={"genders": [gender]})
        await housing.held(await housing.case(gender), shelter.place_id)
    unapproved = await housing.facility(accepts={"genders": ["man"]})
    await housing.place(unapproved)
    found = await housing.matches(await housing.request(await housing.case()))
    assert found["items"] == []
    assert found["excluded"] == {"gender": 1, "no_approval": 1, "occupied": 1}


async def test_a_place_by_itself_is_judged_as_among_all(havn: World, housing: Housing) -> None:
    """An offer asks about one place with a statement of its own: what that says is what the matches say of all."""
    shelter = await housing.shelter(places=4)
    free, held, there, closed = shelter.place_ids
    await housing.held(await housing.case(), held, to_on="2026-03-12")
    await housing.there(await housing.case(), there, to_on="2026-03-11")
    dated = await housing.place(shelter.facility_id, available_until="2026-03-11")
    out = {"from_on": "2026-03-10", "to_on": "2026-03-11", "reason": "Painting."}
    closing = f"/accommodation/v1/places/{closed}/out-of-service"
    assert (await havn.partner("reden").post(closing, out)).status_code == 201
    unapproved = await housing.place(await housing.facility())
    alone = {}
    for from_on, to_on in (("2026-03-09", "2026-03-20"), ("2026-03-12", "2026-03-13"), ("2026-03-11", None)):
        request_id = await housing.request(await housing.case(), from_on=from_on, to_on=to_on)
        found = await housing.matches(request_id)
        for place_id in (free, held, there, closed, dated, unapproved):
            path = f"/accommodation/v1/placement-requests/{request_id}/places/{place_id}"
            checked = (await havn.partner("cmm").get(path)).json()
            alone[place_id] = [rule["rule"] for rule in checked["rules"] if not rule["passes"]]
            assert checked["fits"] is not bool(alone[place_id])
        assert {each["place_id"] for each in found["items"]} == {each for each, rules in alone.items() if not rules}
        assert found["excluded"] == Counter(rules[0] for rules in alone.values() if rules), alone
        assert alone[there] == ["occupied"], "whoever is there has it without an end"


@pytest.mark.row(58)
async def test_a_place_is_free_again_for_the_nights_after_a_stay(housing: Housing) -> None:
    shelter = await housing.shelter()
    await housing.booked(await housing.case(), shelter.place_id, to_on="2026-03-20")
    overlapping = await housing.request(await housing.case(), from_on="2026-03-19", to_on="2026-04-01")
    following = await housing.request(await housing.case(), from_on="2026-03-20")
    before = await housing.request(await housing.case(), from_on="2026-03-01", to_on="2026-03-09")
    assert (await housing.matches(overlapping))["excluded"] == {"occupied": 1}
    assert [match["place_id"] for match in (await housing.matches(following))["items"]] == [shelter.place_id]
    assert (await housing.matches(before))["excluded"] == {"past": 1}
    assert rules_of(await housing.offer(before, shelter.place_id)) == ["past"]


async def test_trans_people_are_matched_by_their_own_gender_only(housing: Housing) -> None:
    women = await housing.shelter(accepts={"genders": ["woman"]})
    men = await housing.shelter(accepts={"genders": ["man"]})
    hers = await housing.shelter(accepts={"genders": ["woman", "trans_woman"]})
    found = await housing.matches(await housing.request(await housing.case(Gender.TRANS_WOMAN)))
    assert [match["facility_id"] for match in found["items"]] == [hers.facility_id]
    assert found["excluded"] == {"gender": 2}
    assert "lgbt_safe" in found["items"][0]["speaks_for"]
    woman = await housing.matches(await housing.request(await housing.case(Gender.WOMAN)))
    assert {match["facility_id"] for match in woman["items"]} == {women.facility_id, hers.facility_id}
    assert men.facility_id not in str(found)


async def test_who_has_not_said_a_gender_is_taken_in_where_women_and_men_both_are(housing: Housing) -> None:
    await housing.shelter(accepts={"genders": ["woman"]})
    mixed = await housing.shelter(accepts={"genders": ["woman", "man"]})
    found = await housing.matches(await housing.request(await housing.case(Gender.UNKNOWN)))
    assert [match["facility_id"] for match in found["items"]] == [mixed.facility_id]
    for gender in (Gender.TRANS_WOMAN, Gender.TRANS_MAN, Gender.NON_BINARY):
        theirs = await housing.matches(await housing.request(await housing.case(gender)))
        assert (theirs["items"], theirs["excluded"]) == ([], {"gender": 2})


async def test_whoever_is_presumed_a_minor_is_matched_as_one(housing: Housing) -> None:
    await housing.shelter()
    case_id = await housing.case(basis=ResidenceBasis.DANISH_CITIZEN, age_group=AgeGroup.PRESUMED_MINOR)
    assert (await housing.matches(await housing.request(case_id)))["excluded"] == {"minors": 1}


async def test_the_matches_say_what_speaks_for_each_in_ranked_order(housing: Housing) -> None:
    plain = await housing.shelter(languages=["dan"], accepts={"wheelchair": False})
    peak_place = await housing.place(plain.facility_id, kind="peak")
    flat = await housing.shelter(kind="safe_flat", languages=["tha", "eng"])
    thai = await housing.shelter(languages=["tha", "eng", "dan"], accepts={"wheelchair": False})
    secret = await housing.shelter(languages=["dan"], secret_address=True)
    case_id = await housing.case()
    await housing.tell(decision(case_id))
    found_for = await housing.request(case_id, needs={"languages": ["tha", "eng"]})
    found = await housing.matches(found_for)
    assert [(match["rank"], match["place_id"]) for match in found["items"]] == [
        (1, secret.place_id),
        (2, thai.place_id),
        (3, plain.place_id),
        (4, flat.place_id),
    ]
    assert found["excluded"] == {"peak": 1}, "a place for peaks waits while an ordinary one of its facility fits"
    assert rules_of(await housing.offer(found_for, peak_place)) == ["peak"]
    assert [match["speaks_for"] for match in found["items"]] == [
        ["same_kind_preferred", "secret_address", "ordinary_place"],
        ["language:eng", "language:tha", "same_kind_preferred", "ordinary_place"],
        ["same_kind_preferred", "ordinary_place"],
        ["language:eng", "language:tha", "ordinary_place"],
    ]
    assert found["as_of"] == "2026-03-09T11:00:00Z"


async def test_the_same_rows_give_the_same_order_to_everybody(housing: Housing) -> None:
    await housing.shelter(places=3)
    await housing.shelter(places=3)
    case_id = await housing.case(referred_by="hopenow")
    request_id = await housing.request(case_id, "hopenow")
    found = await housing.matches(request_id)
    assert await housing.matches(request_id) == found
    theirs = (await housing.matches(request_id, "hopenow"))["items"]
    assert [match["place_id"] for match in theirs] == [match["place_id"] for match in found["items"]]
    assert "same_kind_preferred" not in str(theirs), "which kind is preferred tells the row"
    order = [(match["facility_id"], match["place_id"]) for match in found["items"]]
    assert order == sorted(order)


async def test_of_places_that_are_worth_the_same_the_ids_decide_whatever_else_they_differ_in(housing: Housing) -> None:
    """Places in a unit and outside stand apart until they are ranked: they are mixed then, as their ids are."""
    facility_id = await housing.facility()
    await housing.approve(facility_id)
    places = [await housing.place(facility_id, unit="Loftet" if number % 2 else None) for number in range(12)]
    found = await housing.matches(await housing.request(await housing.case()))
    assert [match["place_id"] for match in found["items"]] == sorted(places)
    assert [match["rank"] for match in found["items"]] == list(range(1, 13))


async def test_a_secret_facility_is_neither_matched_nor_counted_for_those_who_may_not_know_it(
    housing: Housing,
) -> None:
    secret = await housing.shelter(secret_address=True)
    await housing.shelter(secret_address=True, accepts={"genders": ["man"]})
    case_id = await housing.case(referred_by="hopenow")
    request_id = await housing.request(case_id, "hopenow")
    theirs = await housing.matches(request_id, "hopenow")
    assert (theirs["items"], theirs["excluded"]) == ([], {})
    ours = await housing.matches(request_id, "cmm")
    assert [match["place_id"] for match in ours["items"]] == [secret.place_id]
    offered = await housing.offer(request_id, secret.place_id, "hopenow")
    assert offered.status_code == 404


async def test_looking_for_matches_takes_the_same_number_of_statements_however_many_places(
    havn: World, housing: Housing
) -> None:
    request_id = await housing.request(await housing.case())
    await housing.shelter()
    with havn.statements("accommodation") as few:
        await housing.matches(request_id)
    for _ in range(3):
        await housing.shelter(places=3)
    with havn.statements("accommodation") as many:
        await housing.matches(request_id)
    assert len(many) == len(few)
