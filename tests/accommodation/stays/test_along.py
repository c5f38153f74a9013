"""Who comes along is housed by the rules of an offer and by what is recorded of them; a child comes with its parent."""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

from shared.contract.codes import AgeGroup, Authority, Gender, Relation, ResidenceBasis
from shared.contract.events import CaseLinked, CaseMerged
from shared.http.peers import PeerAway, Peers
from tests.accommodation.housing import NOW, Housing, problem, rules_of
from tests.identification.builders import DANISH_GIRL, open_case
from tests.world import World

SEPARATIONS = "/accommodation/v1/separations"
TEEN: dict[str, Any] = {"basis": ResidenceBasis.DANISH_CITIZEN, "age_group": AgeGroup.MINOR}


def parent_of(case_id: str, parent_id: str) -> CaseLinked:
    """The person of the other case is their parent."""
    return CaseLinked(
        case_id=UUID(case_id),
        occurred_at=datetime.fromisoformat(NOW),
        other_case_id=UUID(parent_id),
        relation=Relation.PARENT,
    )


async def join(housing: Housing, placement_id: str, org: str = "cmm", **body: Any) -> Any:
    return await housing.step(placement_id, "companions", org, body={"kind": "other"} | body)


async def kept_apart(housing: Housing, one: str, other: str) -> None:
    said = {"case_id": one, "other_case_id": other, "because": "suspect", "reason": "She has named him."}
    assert (await housing.havn.partner("cmm").post(SEPARATIONS, said)).status_code == 201


async def avoiding(housing: Housing, case_id: str) -> None:
    await housing.request(case_id, needs={"avoid_municipalities": ["0751"]})


async def companions(havn: World) -> list[Any]:
    return await havn.sql(
        "accommodation", "SELECT place_id FROM stay WHERE with_stay_id IS NOT NULL AND state = 'arrived'"
    )


@pytest.mark.row(69)
@pytest.mark.parametrize(
    ("who", "needs", "rules"),
    [
        ({"gender": Gender.MAN}, {}, ["gender", "options"]),
        ({"gender": Gender.UNKNOWN}, {}, ["gender"]),
        (TEEN, {}, ["minors", "options"]),
        ({"basis": ResidenceBasis.NO_LEGAL_STAY, "age_group": AgeGroup.MINOR}, {}, ["minors", "options"]),
        ({}, {"wheelchair": True}, ["wheelchair"]),
        ({}, {"security": "high"}, ["security"]),
        ({}, {"avoid_municipalities": ["0751"]}, ["distance"]),
    ],
)
async def test_who_comes_along_is_refused_for_what_an_offer_is(
    havn: World, housing: Housing, who: dict[str, Any], needs: dict[str, Any], rules: list[str]
) -> None:
    shelter = await housing.shelter(2, accepts={"wheelchair": False})
    placement_id = await housing.there(await housing.case(), shelter.place_ids[0])
    other = await housing.case(**who)
    request_id = await housing.request(other, needs=needs)
    assert rules_of(await housing.offer(request_id, shelter.place_ids[1])) == rules
    refused = await join(housing, placement_id, case_id=other)
    assert rules_of(refused) == rules
    assert "place of their own" in refused.json()["detail"]
    assert refused.json()["instead_da"]
    assert await companions(havn) == []


@pytest.mark.row(74)
@pytest.mark.parametrize("kind", ["child", "other"])
async def test_nobody_comes_along_to_where_somebody_lives_from_whom_they_are_kept_apart(
    housing: Housing, kind: str
) -> None:
    shelter = await housing.shelter(3)
    guest, neighbour = await housing.case(), await housing.case()
    placement_id = await housing.there(guest, shelter.place_ids[0])
    await housing.there(neighbour, shelter.place_ids[1])
    for lives_there in (guest, neighbour):
        comes = await housing.case(**({} if kind == "other" else TEEN))
        await kept_apart(housing, comes, lives_there)
        refused = await join(housing, placement_id, case_id=comes, kind=kind)
        assert rules_of(refused) == ["co_placement"]
        assert lives_there not in refused.text


@pytest.mark.row(69)
async def test_a_boy_comes_with_his_mother_where_families_are_taken_in_and_takes_no_second_person(
    housing: Housing,
) -> None:
    shelter, without = await housing.shelter(3), await housing.shelter(2, accepts={"families": False})
    boy = {"gender": Gender.MAN, **TEEN}
    placement_id = await housing.there(await housing.case(), shelter.place_ids[0])
    joined = await join(housing, placement_id, case_id=await housing.case(**boy), kind="child")
    assert (joined.status_code, joined.json()["place_id"]) == (201, min(shelter.place_ids[1:])), joined.text
    mother, son = await housing.case(), await housing.case(**boy)
    await housing.tell(parent_of(son, mother))
    there = await housing.there(mother, max(shelter.place_ids[1:]))
    last = await housing.place(shelter.facility_id)
    linked = await join(housing, there, case_id=son)
    assert (linked.status_code, linked.json()["place_id"]) == (201, last), "the link says that it is her child"
    alone = await housing.there(await housing.case(), without.place_ids[0])
    assert rules_of(await join(housing, alone, case_id=await housing.case(**boy), kind="child")) == ["families"]
    far = await housing.case(**boy)
    await avoiding(housing, far)
    assert rules_of(await join(housing, placement_id, case_id=far, kind="child")) == ["distance"]


@pytest.mark.row(69)
async def test_the_callers_word_counts_where_nothing_is_recorded_and_nowhere_else(housing: Housing) -> None:
    shelter = await housing.shelter(5)
    placement_id = await housing.there(await housing.case(), shelter.place_ids[0])
    unknown, man = await housing.case(Gender.UNKNOWN), await housing.case(Gender.MAN)
    assert rules_of(await join(housing, placement_id, case_id=unknown)) == ["gender"]
    assert (await join(housing, placement_id, case_id=unknown, gender="woman")).status_code == 201
    assert rules_of(await join(housing, placement_id, case_id=man, gender="woman")) == ["gender", "options"]
    assert rules_of(await join(housing, placement_id, gender="man")) == ["gender"], "no case: what is said"
    assert rules_of(await join(housing, placement_id, born_on="2010-01-01")) == ["minors"]
    assert (await join(housing, placement_id, "reden")).status_code == 201, "of whom nothing is known nothing is asked"


@pytest.mark.row(66)
async def test_which_rule_it_is_shows_itself_to_who_may_know_it_alone(housing: Housing) -> None:
    shelter = await housing.shelter(2)
    guest = await housing.case(referred_by="hopenow")
    placement_id = await housing.there(guest, shelter.place_ids[0], asks="hopenow", org="cmm")
    comes = await housing.case(Gender.MAN, referred_by="hopenow")
    refused = await join(housing, placement_id, "hopenow", case_id=comes)
    assert (refused.status_code, problem(refused)) == (409, "NotTakenAlong")
    assert "rules" not in refused.json()
    assert rules_of(await join(housing, placement_id, case_id=comes)) == ["gender", "options"]


# ---------------------------------------------------------------- how old a child is


@pytest.mark.row(53)
@pytest.mark.parametrize(
    ("recorded", "said", "shares"),
    [
        ({"birth_date": "2010-05-05"}, "2025-01-01", False),
        ({"birth_date": "2025-02-02"}, None, True),
        ({"birth_date": "2025-02-02"}, "2010-01-01", True),
        ({"birth_date": "1900-01-01", "age_basis": "presumed_minor"}, "2025-01-01", True),
        ({"stated_age": 9}, "2025-01-01", False),
        ({"stated_age": 1}, None, True),
        ({"stated_age": 1}, "2020-01-01", False),
        ({"age_basis": "presumed_minor"}, "2025-01-01", True),
        ({"age_basis": "presumed_minor"}, None, False),
    ],
)
async def test_how_old_a_child_is_its_case_says_and_the_caller_where_nothing_is_recorded(
    havn: World, housing: Housing, recorded: dict[str, Any], said: str | None, shares: bool
) -> None:
    shelter = await housing.shelter(2)
    placement_id = await housing.there(await housing.case(), shelter.place_ids[0])
    case = await open_case(havn, DANISH_GIRL | {"stated_age": None, "age_basis": "stated"} | recorded)
    joined = await join(housing, placement_id, kind="child", case_id=case.id, born_on=said)
    assert (joined.status_code, joined.json().get("shares_bed")) == (201, shares), joined.text


@pytest.mark.row(53)
async def test_while_identification_does_not_answer_the_callers_word_counts(
    havn: World, housing: Housing, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: Any, **__: Any) -> dict[str, Any]:
        raise PeerAway("identification does not answer.")

    placement_id = await housing.there(await housing.case(), (await housing.shelter()).place_id)
    case = await open_case(havn, DANISH_GIRL | {"stated_age": None, "birth_date": "2010-05-05"})
    monkeypatch.setattr(Peers, "get", away)
    joined = await join(housing, placement_id, kind="child", case_id=case.id, born_on="2025-01-01")
    assert (joined.status_code, joined.json()["shares_bed"]) == (201, True), joined.text


@pytest.mark.row(53)
async def test_an_adult_is_no_child_and_a_child_that_shares_a_bed_has_no_place(havn: World, housing: Housing) -> None:
    shelter = await housing.shelter(2)
    placement_id = await housing.there(await housing.case(), shelter.place_ids[0])
    recorded = {"case_id": await housing.case(age_group=AgeGroup.ADULT), "born_on": "2025-01-01"}
    for adult in (recorded, {"born_on": "1990-01-01"}):
        refused = await join(housing, placement_id, kind="child", **adult)
        assert (refused.status_code, problem(refused)) == (422, "NotAChild")
    small = {"kind": "child", "born_on": "2025-01-01"}
    for place_id in (str(uuid4()), shelter.place_ids[1]):
        refused = await join(housing, placement_id, **small, place_id=place_id)
        assert (refused.status_code, problem(refused)) == (422, "NoPlaceOfItsOwn")
    assert await companions(havn) == []
    assert (await join(housing, placement_id, **small, place_id=shelter.place_ids[0])).status_code == 201


# ---------------------------------------------------------------- moves


@pytest.mark.row(72)
@pytest.mark.parametrize("why", ["apart", "avoids", "minor", "kept apart from the guest"])
async def test_a_household_moves_to_where_all_of_it_may_be(havn: World, housing: Housing, why: str) -> None:
    here = await housing.shelter(2, municipality="0101", accepts={"minors": True}, kind="residential_institution")
    there = await housing.shelter(3, operator="reden")
    guest = await housing.case()
    reasons = [{"rule": "options", "reason": "Nothing else is free."}]
    offered = await housing.offer(await housing.request(guest), here.place_ids[0], exceptions=reasons)
    placed = await housing.answer(offered.json()["offer_id"], "accept")
    placement_id = placed.json()["placement_id"]
    assert (await housing.step(placement_id, "arrive")).status_code == 200
    comes = await housing.case(**TEEN)
    joined = await join(housing, placement_id, case_id=comes, kind="other" if why == "minor" else "child")
    assert joined.status_code == 201, joined.text
    if why == "apart":
        await kept_apart(housing, comes, neighbour := await housing.case())
        await housing.there(neighbour, there.place_ids[2])
    elif why == "avoids":
        await avoiding(housing, comes)
    elif why == "kept apart from the guest":
        await kept_apart(housing, comes, guest)
    named = await housing.step(placement_id, "move", body={"reason": "need", "place_id": there.place_id})
    rules = {"avoids": ["distance"], "minor": ["minors", "options"]}.get(why, ["co_placement"])
    assert rules_of(named) == rules
    assert "a place that fits them all" in named.json()["detail"]
    best = await housing.step(placement_id, "move", body={"reason": "need"})
    assert best.status_code == 409, "nor is it chosen by itself"
    (still,) = await companions(havn)
    assert str(still["place_id"]) == joined.json()["place_id"]


@pytest.mark.row(72)
async def test_the_best_place_is_the_best_of_those_that_fit_them_all(housing: Housing) -> None:
    here = await housing.shelter(2, municipality="0101")
    best, other = await housing.shelter(2, secret_address=True), await housing.shelter(2, municipality="0461")
    placement_id = await housing.there(mother := await housing.case(), here.place_ids[0])
    daughter = await housing.case()
    await housing.tell(parent_of(daughter, mother))
    assert (await join(housing, placement_id, case_id=daughter)).status_code == 201
    first = await housing.step(placement_id, "move", "cmm", body={"reason": "need"})
    assert first.json()["facility_id"] == best.facility_id, "who moves along is parted from nobody"
    await avoiding(housing, daughter)
    within = {"reason": "need", "place_id": await housing.place(best.facility_id)}
    second = await housing.step(first.json()["placement_id"], "move", body=within)
    assert second.status_code == 200, "what holds where they are is in the way of no other room there"
    third = await housing.step(
        second.json()["placement_id"], "move", body={"reason": "safety", "avoid_municipalities": ["0101"]}
    )
    assert (third.status_code, third.json().get("facility_id")) == (200, other.facility_id), third.text


@pytest.mark.row(72)
async def test_who_has_a_child_with_her_moves_to_no_facility_that_takes_in_no_families(housing: Housing) -> None:
    here, there = await housing.shelter(2), await housing.shelter(2, accepts={"families": False})
    placement_id = await housing.there(await housing.case(), here.place_ids[0])
    assert (await join(housing, placement_id, kind="child", born_on="2025-01-01")).status_code == 201
    to = {"reason": "need", "place_id": there.place_id}
    assert rules_of(await housing.step(placement_id, "move", body=to)) == ["families"]
    why = {"exceptions": [{"rule": "families", "reason": "For one night."}]}
    moved = await housing.step(placement_id, "move", body=to | why)
    assert (moved.status_code, moved.json().get("exceptions")) == (200, ["families"]), moved.text


# ---------------------------------------------------------------- a day with them, and who leaves alone


async def day(havn: World, on: str, org: str = "reden") -> list[Any]:
    read = await havn.partner(org).get("/accommodation/v1/placements", on=on, purpose="accommodation")
    assert read.status_code == 200, read.text
    items: list[Any] = read.json()["items"]
    return items


@pytest.mark.row(53)
async def test_a_shelters_day_says_who_is_there_with_whom_and_names_nobody(havn: World, housing: Housing) -> None:
    shelter = await housing.shelter(3)
    mother = await housing.case()
    placement_id = await housing.there(mother, shelter.place_ids[0])
    await housing.there(await housing.case(), shelter.place_ids[1])
    small = (await join(housing, placement_id, kind="child", born_on="2025-01-01")).json()
    await havn.set_clock("2026-03-11T10:00:00+01:00")
    child = await housing.case(**TEEN)
    older = (await join(housing, placement_id, kind="child", case_id=child)).json()
    shown = [
        {name: each[name] for name in ("companion_id", "kind", "place_id", "shares_bed")} for each in (small, older)
    ]
    for on, there in (("2026-03-10", shown[:1]), ("2026-03-11", shown), ("2026-03-20", shown)):
        companions_of = {item["placement"]["case_id"]: item["companions"] for item in await day(havn, on)}
        assert companions_of.pop(mother) == there
        assert [*companions_of.values()] == [[]]
    assert child not in str(await day(havn, "2026-03-11"))
    printed = await havn.partner("reden").get(
        f"/accommodation/v1/facilities/{shelter.facility_id}/night", purpose="accommodation"
    )
    assert "2: barn i samme seng · child in the same bed, barn · child" in printed.text
    assert "<p>4 · Udskrevet" in printed.text, "four people sleep there"


@pytest.mark.row(53)
async def test_who_came_along_leaves_alone_and_the_place_is_free(havn: World, housing: Housing) -> None:
    shelter = await housing.shelter(2)
    mother, child = await housing.case(), await housing.case(**TEEN)
    placement_id = await housing.there(mother, shelter.place_ids[0])
    await havn.set_clock("2026-03-12T10:00:00+01:00")
    joined = await join(housing, placement_id, kind="child", case_id=child, joined_at="2026-03-12T09:00:00+01:00")
    companion_id = joined.json()["companion_id"]
    path = f"companions/{companion_id}/leave"
    early = await housing.step(placement_id, path, body={"left_at": "2026-03-10T10:00:00+01:00"})
    assert (early.status_code, problem(early)) == (422, "OutsideTheStay")
    for org, status in (("amiami", 404), ("us", 404)):
        assert (await housing.step(placement_id, path, org)).status_code == status
    assert (await housing.step(placement_id, f"companions/{uuid4()}/leave")).status_code == 404
    await havn.set_clock("2026-03-14T10:00:00+01:00")
    left = await housing.step(placement_id, path)
    assert (left.status_code, left.json()["companion_id"]) == (200, companion_id), left.text
    assert (await housing.step(placement_id, path)).status_code == 404, "they have left already"
    assert [len(item["companions"]) for on in ("2026-03-13", "2026-03-14") for item in await day(havn, on)] == [1, 0]
    request_id = await housing.request(await housing.case(), from_on="2026-03-14")
    until = {"expires_at": "2026-03-15T12:00:00+01:00"}
    assert (await housing.offer(request_id, joined.json()["place_id"], **until)).status_code == 201
    assert (await housing.step(placement_id, "leave")).status_code == 200
    assert problem(await housing.step(placement_id, path)) == "PlacementDoesNotAllow"


@pytest.mark.row(53)
async def test_whether_who_left_alone_without_notice_is_missing_is_asked_in_their_own_case(
    havn: World, housing: Housing
) -> None:
    placement_id = await housing.there(await housing.case(), (await housing.shelter(2)).place_id)
    child = await housing.case(**TEEN)
    joined = (await join(housing, placement_id, kind="child", case_id=child)).json()
    left = await housing.step(placement_id, f"companions/{joined['companion_id']}/leave", body={"disappeared": True})
    assert left.status_code == 200, left.text
    (event,) = await havn.events("accommodation", "person-left")
    assert (event["case_id"], event["disappeared"]) == (child, True)


@pytest.mark.row(66)
async def test_who_came_along_is_found_by_their_own_case_by_who_may_know(havn: World, housing: Housing) -> None:
    shelter, mother = await housing.shelter(3), await housing.case(referred_by="hopenow", routed_to=Authority.US)
    placement_id = await housing.there(mother, shelter.place_ids[0])
    child = await housing.case(**TEEN, referred_by="kommune-0751")
    joined = await join(housing, placement_id, kind="child", case_id=child)
    assert joined.status_code == 201, joined.text

    async def found(org: str, case_id: str = child, **asked: Any) -> Any:
        read = await havn.partner(org).get(
            "/accommodation/v1/placements", case_id=case_id, purpose="accommodation", **asked
        )
        return read.json()["items"] if read.status_code == 200 else read.status_code

    for org in ("cmm", "reden"):
        assert [item["placement_id"] for item in await found(org)] == [placement_id]
        in_it = await found(org, facility_id=shelter.facility_id)
        assert [item["placement_id"] for item in in_it] == [placement_id]
        assert len(await found(org, mother)) == 1
    assert await found("kommune-0751") == [{"placed": True}], "a party of the child's case alone"
    for org in ("us", "hopenow", "amiami"):
        assert await found(org) == 404, "who has to do with the mother learns nothing of whose child it is"
    assert await found("kommune-0751", mother) == 404
    path = f"companions/{joined.json()['companion_id']}/leave"
    assert (await housing.step(placement_id, path)).status_code == 200
    assert await found("cmm") == await found("kommune-0751") == []
    assert await found("reden") == 404


@pytest.mark.row(66)
async def test_a_party_of_both_cases_is_shown_the_one_place_once(havn: World, housing: Housing) -> None:
    mother = await housing.case(routed_to=Authority.US)
    placement_id = await housing.there(mother, (await housing.shelter(2)).place_id)
    child = await housing.case(**TEEN, routed_to=Authority.US)
    assert (await join(housing, placement_id, kind="child", case_id=child)).status_code == 201
    read = await havn.partner("us").get("/accommodation/v1/placements", case_id=child, purpose="accommodation")
    assert [item["placement_id"] for item in read.json()["items"]] == [placement_id]


@pytest.mark.row(14)
async def test_who_came_along_before_a_merge_shows_it_to_nobody_who_has_a_part_in_the_other_case_alone(
    havn: World, housing: Housing
) -> None:
    shelter = await housing.shelter(2)
    placement_id = await housing.there(await housing.case(), shelter.place_ids[0])
    earlier, goes_on = await housing.case(**TEEN), await housing.case(**TEEN, referred_by="kommune-0751")
    assert (await join(housing, placement_id, kind="child", case_id=earlier)).status_code == 201
    await housing.tell(
        CaseMerged(
            case_id=UUID(earlier), into=UUID(goes_on), occurred_at=datetime.fromisoformat("2026-03-09T13:00:00+01:00")
        )
    )
    for org, number in (("cmm", 1), ("reden", 1), ("kommune-0751", 0)):
        read = await havn.partner(org).get("/accommodation/v1/placements", case_id=goes_on, purpose="accommodation")
        assert len(read.json()["items"]) == number, org
