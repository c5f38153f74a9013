"""Asking who is responsible, and asking for a place."""

from typing import Any
from uuid import uuid4

import pytest

from shared.contract.codes import AgeGroup, Authority, Gender, ResidenceBasis
from shared.contract.events import PersonDescribed
from shared.contract.municipalities import MUNICIPALITIES
from tests.accommodation.housing import Housing, decision, opening, problem, rules_of
from tests.world import World

QUESTION: dict[str, Any] = {
    "gender": "woman",
    "minor": False,
    "unaccompanied": None,
    "residence_basis": "visa",
    "asylum_pending": False,
    "asylum_registered": None,
    "decided": True,
}
REQUESTS = "/accommodation/v1/placement-requests"


async def test_responsibility_is_answered_without_leaving_anything_behind(havn: World, housing: Housing) -> None:
    answers: list[tuple[dict[str, Any], str, str]] = [
        ({}, "A1", "CMM"),
        ({"residence_basis": "no_legal_stay"}, "B3", "US"),
        ({"decided": False}, "D", "CMM"),
        ({"minor": True, "unaccompanied": True}, "C2", "municipality"),
    ]
    for change, row, payer in answers:
        answer = await havn.partner("politi-fyn").post("/accommodation/v1/responsibility", QUESTION | change)
        assert answer.status_code == 200, answer.text
        assert (answer.json()["row"], answer.json()["payer"]) == (row, payer)
        assert answer.json()["why"]
    assert await havn.sql("accommodation", "SELECT 1 FROM audit") == []


@pytest.mark.parametrize(
    "change", [{"decided": "yes"}, {"gender": "female"}, {"minor": 0}, {"registered_sex": "man"}, {"minor": None}]
)
async def test_a_question_of_responsibility_is_strict(havn: World, housing: Housing, change: dict[str, Any]) -> None:
    refused = await havn.partner("cmm").post("/accommodation/v1/responsibility", QUESTION | change)
    assert refused.status_code == 422


async def test_responsibility_is_not_for_those_who_house_nobody(havn: World, housing: Housing) -> None:
    assert (await havn.partner("3f").post("/accommodation/v1/responsibility", QUESTION)).status_code == 403
    assert (
        await havn.partner("cmm", "dashboard").post("/accommodation/v1/responsibility", QUESTION)
    ).status_code == 403


async def test_a_party_of_the_case_asks_for_a_place_and_is_told_who_is_responsible(
    havn: World, housing: Housing
) -> None:
    case_id = await housing.case()
    asked = await housing.ask(case_id, "politi-oestjylland", needs={"pregnant": True, "languages": ["tha"]})
    assert asked.status_code == 201
    assert asked.json()["status"] == "open"
    assert asked.json()["responsibility"] == {"authority": "CMM"}, "the row would tell the police of the outcome"
    told = await havn.events("accommodation", "placement-requested")
    assert [(event["key"], event["requested_by"], event["row"]) for event in told] == [
        (case_id, "politi-oestjylland", "D")
    ]


@pytest.mark.parametrize("role", ["health", "admin", "statistician"])
async def test_who_may_read_no_request_makes_none_and_offers_nothing(havn: World, housing: Housing, role: str) -> None:
    shelter, case_id = await housing.shelter(), await housing.case()
    request_id, theirs = await housing.request(case_id), havn.partner("cmm", role)
    asked = await theirs.post(REQUESTS, {"case_id": case_id, "from_on": "2026-03-09"})
    offered = await theirs.post(
        f"{REQUESTS}/{request_id}/offers", {"place_id": shelter.place_id, "expires_at": "2026-03-10T12:00:00+01:00"}
    )
    withdrawn = await theirs.post(f"{REQUESTS}/{request_id}/withdraw")
    for refused in (asked, offered, withdrawn):
        assert (refused.status_code, problem(refused)) == (403, "RoleMissing")
    assert (await housing.offer(request_id, shelter.place_id)).status_code == 201, "the place is free"


async def test_a_case_that_is_not_yours_cannot_be_housed_by_you(housing: Housing) -> None:
    case_id = await housing.case(referred_by="politi-oestjylland")
    for org in ("us", "hopenow", "politi-fyn", "kommune-0751"):
        assert (await housing.ask(case_id, org)).status_code == 404


async def test_the_case_answers_what_the_request_does_not_say(housing: Housing) -> None:
    asylum = await housing.case(Gender.MAN, ResidenceBasis.ASYLUM_SEEKER, routed_to=Authority.US)
    assert (await housing.ask(asylum)).json()["responsibility"]["row"] == "B2"
    child = await housing.case(basis=ResidenceBasis.EU_RIGHT_OF_RESIDENCE, age_group=AgeGroup.PRESUMED_MINOR)
    alone = await housing.ask(child, responsibility={"unaccompanied": True})
    assert alone.json()["responsibility"]["row"] == "C2"
    decided = await housing.case()
    await housing.tell(decision(decided))
    assert (await housing.ask(decided)).json()["responsibility"]["row"] == "A1"


async def test_what_is_not_recorded_the_requester_says(housing: Housing) -> None:
    case_id = await housing.case(Gender.UNKNOWN, ResidenceBasis.UNKNOWN)
    facts = {"gender": "man", "residence_basis": "no_legal_stay", "minor": False}
    found = (await housing.ask(case_id, responsibility=facts)).json()["responsibility"]
    assert (found["row"], found["payer"], found["differs"]) == ("B3", "US", [])


async def test_what_is_recorded_decides_and_where_the_requester_s_word_differs_is_marked(housing: Housing) -> None:
    recorded = (await housing.ask(await housing.case())).json()["responsibility"]
    facts = {"residence_basis": "danish_citizen", "minor": True, "gender": "man", "decided": True}
    found = (await housing.ask(await housing.case(), responsibility=facts)).json()["responsibility"]
    assert found == recorded | {"differs": ["decided", "gender", "minor", "residence_basis"]}
    said_in_needs = (await housing.ask(await housing.case(), needs={"gender": "man"})).json()["responsibility"]
    assert said_in_needs["differs"] == ["gender"]


async def test_nobodys_word_makes_an_adult_of_a_child_and_anybodys_makes_a_child_of_an_adult(housing: Housing) -> None:
    shelter = await housing.shelter(kind="residential_institution")
    child = await housing.case(age_group=AgeGroup.PRESUMED_MINOR)
    said_adult = await housing.ask(child, needs={"minor": False}, responsibility={"minor": False})
    assert (said_adult.json()["responsibility"]["row"], said_adult.json()["responsibility"]["differs"]) == (
        "C2",
        ["minor"],
    )
    adult = await housing.case()
    said_child = await housing.ask(adult, needs={"minor": True})
    assert said_child.json()["responsibility"]["payer"] == "CMM"
    for asked in (said_adult, said_child):
        assert "minors" in rules_of(await housing.offer(asked.json()["request_id"], shelter.place_id))


async def test_who_came_with_a_parent_is_housed_as_they_are_and_who_is_found_to_have_come_alone_is_not(
    housing: Housing,
) -> None:
    """As the case has it, whatever the requester says; where nobody has said, a child counts as one that came alone."""
    opened = opening(basis=ResidenceBasis.ASYLUM_SEEKER, age_group=AgeGroup.MINOR)
    for said, row in ((None, "C1"), (False, "C3"), (True, "C1")):
        told = opened.model_copy(update={"case_id": uuid4(), "unaccompanied": said})
        await housing.tell(told)
        asked = (await housing.ask(str(told.case_id))).json()["responsibility"]
        assert (asked["row"], asked["differs"]) == (row, []), said
        contrary = {"unaccompanied": not said} if said is not None else {}
        asked = (await housing.ask(str(told.case_id), responsibility=contrary)).json()["responsibility"]
        assert (asked["row"], asked["differs"]) == (row, [*contrary]), said
    alone = PersonDescribed(
        case_id=told.case_id,
        occurred_at=opened.occurred_at,
        gender=opened.gender,
        age_group=opened.age_group,
        age_group_at_exploitation=None,
        citizenships=opened.citizenships,
        residence_basis=opened.residence_basis,
        unaccompanied=False,
    )
    await housing.tell(alone)
    waiting = (
        await housing.havn.partner("cmm").get(REQUESTS, case_id=str(told.case_id), purpose="accommodation")
    ).json()
    assert {each["responsibility"]["row"] for each in waiting["items"]} == {"C3"}, "what waits is asked again"


async def test_nobodys_word_makes_a_danish_citizens_case_one_of_us(housing: Housing) -> None:
    case_id = await housing.case(basis=ResidenceBasis.DANISH_CITIZEN)
    facts = {"residence_basis": "asylum_seeker", "asylum_pending": True}
    found = (await housing.ask(case_id, responsibility=facts)).json()["responsibility"]
    assert (found["authority"], found["payer"], found["needs_review"]) == ("CMM", "CMM", True)
    assert found["differs"] == ["residence_basis"]


async def test_that_no_asylum_is_pending_is_what_the_routing_found(housing: Housing) -> None:
    routed = await housing.case(routed_to=Authority.CMM)
    found = (await housing.ask(routed, responsibility={"asylum_pending": True})).json()["responsibility"]
    assert (found["row"], found["payer"], found["differs"]) == ("D", "CMM", ["asylum_pending"])


async def test_needs_are_sealed_and_shown_to_those_who_say_why(havn: World, housing: Housing) -> None:
    request_id = await housing.request(await housing.case(), needs={"pregnant": True, "children": 2})
    silent = await havn.partner("cmm").get(f"{REQUESTS}/{request_id}")
    assert (silent.status_code, problem(silent)) == (400, "PurposeMissing")
    told = await havn.partner("cmm").get(f"{REQUESTS}/{request_id}", purpose="health")
    assert (told.json()["needs"]["pregnant"], told.json()["needs"]["children"]) == (True, 2)
    rows = await havn.sql("accommodation", "SELECT needs FROM placement_request")
    assert b"pregnant" not in rows[0]["needs"]
    reads = await havn.sql("accommodation", "SELECT purpose FROM audit WHERE operation = 'placement_request.needs'")
    assert [row["purpose"] for row in reads] == ["health"]


async def test_a_request_is_read_by_whoever_asked_cmm_and_us_where_the_case_is_its_own_or_it_pays(
    havn: World, housing: Housing
) -> None:
    request_id = await housing.request(await housing.case(referred_by="politi-fyn"), "cmm")
    without_stay = await housing.case(basis=ResidenceBasis.NO_LEGAL_STAY, referred_by="politi-fyn")
    paid = await housing.request(without_stay, "cmm")
    theirs = await housing.request(await housing.case(routed_to=Authority.US), "cmm")
    for org, readable in {"cmm": 3, "us": 2, "politi-fyn": 0, "reden": 0, "hopenow": 0}.items():
        statuses = [
            (await havn.partner(org).get(f"{REQUESTS}/{found}", purpose="accommodation")).status_code
            for found in (request_id, paid, theirs)
        ]
        assert statuses.count(200) == readable, org
        assert statuses.count(404) == 3 - readable, org
        for found, status in zip((request_id, paid, theirs), statuses, strict=True):
            assert (await havn.partner(org).get(f"{REQUESTS}/{found}/matches")).status_code == status


async def test_the_operator_reads_the_needs_of_whom_it_is_asked_to_take_in(havn: World, housing: Housing) -> None:
    shelter = await housing.shelter()
    request_id = await housing.request(await housing.case(), needs={"wheelchair": True})
    path = f"{REQUESTS}/{request_id}"
    assert (await havn.partner("reden").get(path, purpose="accommodation")).status_code == 404
    await housing.offer(request_id, shelter.place_id)
    read = await havn.partner("reden").get(path, purpose="accommodation")
    assert read.json()["needs"]["wheelchair"] is True
    assert (await havn.partner("roede-kors").get(path, purpose="accommodation")).status_code == 404


@pytest.mark.parametrize(
    "change",
    [
        {"to_on": "2026-03-09"},
        {"from_on": "9 March"},
        {"needs": {"gender": "female"}},
        {"needs": {"children": -1}},
        {"needs": {"avoid_municipalities": ["0000"]}},
        {"needs": {"name": "Malee"}},
        {"responsibility": {"decided": "true"}},
    ],
)
async def test_a_request_that_is_not_as_the_contract_says_is_refused(housing: Housing, change: dict[str, Any]) -> None:
    case_id = await housing.case()
    refused = await housing.ask(case_id, **change)
    assert refused.status_code == 422
    assert "Malee" not in refused.text


@pytest.mark.row(66)
async def test_what_is_left_by_the_municipalities_to_avoid_does_not_say_where(housing: Housing) -> None:
    by_region: dict[str, list[str]] = {}
    for code, each in sorted(MUNICIPALITIES.items()):
        by_region.setdefault(each.region, []).append(code)
    *others, last = by_region.values()
    case_id = await housing.case(referred_by="hopenow")
    all_but_one_region = [code for region in others for code in region]
    most_of_one = last[1:]
    for avoided in (all_but_one_region, most_of_one, all_but_one_region + most_of_one):
        refused = await housing.ask(case_id, "hopenow", needs={"avoid_municipalities": avoided})
        assert (refused.status_code, problem(refused)) == (422, "ZonesShowWhere")
    half, two_open = last[: len(last) // 2], [code for region in others[1:] for code in region]
    for avoided in (half, two_open):
        assert (await housing.ask(case_id, "hopenow", needs={"avoid_municipalities": avoided})).status_code == 201
    by_centre = await housing.ask(await housing.case(), needs={"avoid_municipalities": all_but_one_region})
    assert by_centre.status_code == 201, "CMM knows where the person is anyway"
