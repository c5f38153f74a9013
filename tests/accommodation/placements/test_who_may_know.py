"""Who may know what of a request and a stay, and that nothing of the case is read back from what follows from it."""

import re
from datetime import datetime, timedelta
from typing import Any

import pytest

from shared.contract.codes import AgeGroup, Authority, Gender, Purpose, ResidenceBasis
from tests.accommodation.case.test_merged_cases import merged
from tests.accommodation.housing import Housing, decision, problem

REQUESTS = "/accommodation/v1/placement-requests"
PLACEMENTS = "/accommodation/v1/placements"
POLICE = "politi-oestjylland"


def without_ids(answer: dict[str, Any], *ids: str) -> str:
    return re.sub("|".join(ids), "id", str({name: value for name, value in answer.items() if name != "as_of"}))


async def what_police_read(housing: Housing, case_id: str) -> list[str]:
    """All that is answered to police who ask for a place for the person of this case."""
    police = housing.havn.partner(POLICE)
    asked = (await housing.ask(case_id, POLICE, needs={"languages": ["tha"]})).json()
    path = f"{REQUESTS}/{asked['request_id']}"
    read = (await police.get(path, purpose="accommodation")).json()
    found = (await police.get(f"{path}/matches")).json()
    (listed,) = (await police.get(REQUESTS, case_id=case_id, purpose="accommodation")).json()["items"]
    answers = (asked, read | {"requested_at": None}, found, listed | {"requested_at": None})
    return [without_ids(answer, case_id, asked["request_id"]) for answer in answers]


async def test_nothing_of_the_case_is_read_back_from_a_request(housing: Housing) -> None:
    await housing.shelter()
    await housing.shelter(accepts={"genders": ["man"], "minors": True})
    await housing.shelter(kind="mens_crisis_centre", accepts={"genders": ["man"]})
    undecided = await housing.case()
    decided = await housing.case()
    await housing.tell(decision(decided))
    boy = await housing.case(Gender.MAN, age_group=AgeGroup.MINOR, basis=ResidenceBasis.RESIDENCE_PERMIT)
    first = await what_police_read(housing, undecided)
    assert await what_police_read(housing, decided) == first
    for answer, other in zip(first, await what_police_read(housing, boy), strict=True):
        # Who decides on the accommodation of a child alone may be known: it is not what was decided.
        assert answer.replace("CMM", "authority") == other.replace("municipality", "authority").replace(
            "CMM", "authority"
        )
    assert "'gender': None, 'minor': None" in first[1]


async def test_who_may_know_outcome_and_legal_status_reads_row_payer_and_options(housing: Housing) -> None:
    case_id = await housing.case(routed_to=Authority.US)
    request_id = await housing.request(case_id, POLICE)
    rows = {}
    for org, role in [("cmm", "caseworker"), ("us", "decider"), (POLICE, "caseworker"), ("cmm", "facility_manager")]:
        read = await housing.havn.partner(org, role).get(f"{REQUESTS}/{request_id}", purpose="accommodation")
        rows[org, role] = set(read.json()["responsibility"])
    assert rows.pop(("cmm", "caseworker")) == rows.pop(("us", "decider")) > {"row", "payer", "options", "why"}
    assert set(map(frozenset, rows.values())) == {frozenset({"authority"})}


async def test_a_house_that_is_asked_knows_gender_and_age_and_not_who_pays(housing: Housing) -> None:
    shelter = await housing.shelter()
    request_id = await housing.request(await housing.case(), POLICE)
    await housing.offer(request_id, shelter.place_id)
    read = (await housing.havn.partner("reden").get(f"{REQUESTS}/{request_id}", purpose="accommodation")).json()
    assert (read["needs"]["gender"], read["needs"]["minor"]) == ("woman", False)
    assert read["responsibility"] == {"authority": "CMM"}


async def test_requests_are_listed_to_whom_they_concern(housing: Housing) -> None:
    havn, shelter = housing.havn, await housing.shelter()
    theirs = await housing.case(routed_to=Authority.US)
    of_police = await housing.request(theirs, POLICE)
    housing.move_clock("2026-03-09T12:05:00+01:00")
    of_cmm = await housing.request(await housing.case(), "cmm")
    await housing.offer(of_cmm, shelter.place_id)

    async def listed(org: str, **asked: Any) -> list[str]:
        page = await havn.partner(org).get(REQUESTS, **{"purpose": "accommodation"} | asked)
        assert page.status_code == 200, page.text
        return [item["request_id"] for item in page.json()["items"]]

    assert await listed("cmm") == [of_cmm, of_police]
    assert await listed("us") == [of_police]
    assert await listed(POLICE) == [of_police]
    assert await listed("reden") == [of_cmm]
    assert await listed("hopenow") == await listed("roede-kors") == []
    assert await listed("cmm", status="offered") == [of_cmm]
    assert await listed("cmm", status="open") == await listed("cmm", case_id=theirs) == [of_police]
    assert await listed("cmm", status="withdrawn") == []
    first = (await havn.partner("cmm").get(REQUESTS, purpose="accommodation", limit=1)).json()
    rest = await listed("cmm", cursor=first["next_cursor"])
    assert [first["items"][0]["request_id"], *rest] == [of_cmm, of_police]
    assert "needs" not in first["items"][0]


@pytest.mark.parametrize(
    ("org", "role", "purpose", "name"),
    [
        (POLICE, "caseworker", None, (400, "PurposeMissing")),
        ("hopenow", "caseworker", None, (400, "PurposeMissing")),
        ("hopenow", "caseworker", "prosecution", (404, "NotFound")),
        (POLICE, "caseworker", "prosecution", (403, "PurposeNotYours")),
        ("cmm", "admin", "accommodation", (403, "PurposeNotYours")),
        ("cmm", "health", "health", (403, "RoleDoesNotSee")),
    ],
)
async def test_the_purpose_of_a_request_is_judged_for_whom_it_concerns(
    housing: Housing, org: str, role: str, purpose: str | None, name: tuple[int, str]
) -> None:
    request_id = await housing.request(await housing.case(), POLICE)
    read = await housing.havn.partner(org, role).get(f"{REQUESTS}/{request_id}", purpose=purpose)
    assert (read.status_code, problem(read)) == name


async def test_us_learns_the_region_of_a_secret_place_where_it_pays_and_nowhere_else(housing: Housing) -> None:
    havn, secret = housing.havn, await housing.shelter(2, secret_address=True)
    paid = await housing.case(basis=ResidenceBasis.NO_LEGAL_STAY, routed_to=Authority.US)
    await housing.tell(decision(paid, Authority.US, legal_status=ResidenceBasis.NO_LEGAL_STAY))
    unpaid = await housing.case(routed_to=Authority.US)
    in_paid = await housing.booked(paid, secret.place_ids[0])
    in_unpaid = await housing.booked(unpaid, secret.place_ids[1])
    us = havn.partner("us")
    read = (await us.get(f"{PLACEMENTS}/{in_paid}", purpose="accommodation")).json()
    assert read == {
        "placed": False,
        "booked": True,
        "placement_id": in_paid,
        "case_id": paid,
        "region": "1082",
        "status": "booked",
        "from_on": "2026-03-09",
        "to_on": None,
    }
    assert (await us.get(PLACEMENTS, case_id=paid, purpose="accommodation")).json()["items"] == [read]
    assert (await us.get(f"{PLACEMENTS}/{in_unpaid}", purpose="accommodation")).json() == {"booked": True}
    assert (await us.get(PLACEMENTS, case_id=unpaid, purpose="accommodation")).json()["items"] == [{"booked": True}]
    for path in ("", "/places", "/approvals"):
        hidden = await us.get(f"/accommodation/v1/facilities/{secret.facility_id}{path}")
        assert hidden.status_code == 404
    assert (await us.get("/accommodation/v1/facilities")).json()["items"] == []
    request_id = await housing.request(paid, "us", from_on="2026-05-01")
    assert (await housing.matches(request_id, "us"))["items"] == []
    assert problem(await housing.offer(request_id, secret.place_ids[0], "us")) == "NotFound"


@pytest.mark.parametrize("role", ["admin", "health"])
async def test_where_somebody_is_is_not_for_every_role(housing: Housing, role: str) -> None:
    shelter = await housing.shelter()
    case_id = await housing.case()
    placement_id = await housing.booked(case_id, shelter.place_id)
    for purpose in Purpose:
        for path, asked in ((f"{PLACEMENTS}/{placement_id}", {}), (PLACEMENTS, {"case_id": case_id})):
            read = await housing.havn.partner("cmm", role).get(path, purpose=purpose, **asked)
            assert shelter.facility_id not in read.text
            assert shelter.place_id not in read.text
    assert (await housing.step(placement_id, "arrive", "cmm")).status_code == 200


async def test_who_answers_for_a_placed_person_is_the_authority_alone_to_the_others(housing: Housing) -> None:
    shelter = await housing.shelter()
    case_id = await housing.case()
    placement_id = await housing.booked(case_id, shelter.place_id)
    await housing.tell(decision(case_id))
    answers = {
        org: (
            await housing.havn.partner(org).get(f"{PLACEMENTS}/{placement_id}/responsibility", purpose="accommodation")
        ).json()["items"]
        for org in ("cmm", "reden", POLICE)
    }
    assert [item["row"] for item in answers["cmm"]] == ["A1"]
    assert answers["reden"] == answers[POLICE] == [{"authority": "CMM"}]


async def test_who_asks_under_a_merged_case_is_not_told_of_the_merge(housing: Housing) -> None:
    first, second = await housing.case(), await housing.case(referred_by="hopenow")
    before = (await housing.ask(first, POLICE)).json()
    await housing.tell(merged(first, second))
    after = await housing.ask(first, POLICE)
    assert after.status_code == 201
    assert after.json() | {"request_id": None} == before | {"request_id": None}
    assert second not in after.text
    assert problem(await housing.ask(first, "cmm")) == "CaseIsMerged"


# ---------------------------------------------------------------- what is free

AVAILABILITY = "/accommodation/v1/availability"


@pytest.mark.row(50, 51, 52)
async def test_cmm_us_and_operators_count_what_is_free_among_what_they_may_know(housing: Housing) -> None:
    havn = housing.havn
    open_one = await housing.shelter(2)
    secret = await housing.shelter(3, secret_address=True)
    await housing.held(await housing.case(), open_one.place_ids[0], to_on="2026-03-20")
    nights = {"from": "2026-03-10", "to": "2026-03-12", "gender": "woman"}

    async def free(org: str, **asked: Any) -> list[tuple[int, list[str]]]:
        read = await havn.partner(org).get(AVAILABILITY, **nights | asked)
        assert read.status_code == 200, read.text
        as_of = datetime.fromisoformat(read.json()["as_of"])
        assert abs(havn.development.clock.now() - as_of) <= timedelta(seconds=5), "counted when it was asked"
        return [(item["free"], sorted(item["facility_ids"])) for item in read.json()["items"]]

    both = sorted([open_one.facility_id, secret.facility_id])
    assert await free("cmm") == await free("reden") == [(4, both)]
    assert await free("us") == [(1, [open_one.facility_id])]
    assert await free("cmm", to="2026-04-01", **{"from": "2026-03-20"}) == [(5, both)]
    assert await free("cmm", gender="man") == await free("cmm", avoid_municipalities="0101,0751") == []


@pytest.mark.row(51, 52)
async def test_everybody_else_learns_whether_any_is_free_and_nothing_of_where(housing: Housing) -> None:
    await housing.shelter(2)
    await housing.shelter(3, "roede-kors", kind="safe_flat", secret_address=True)
    for org in (POLICE, "hopenow", "kommune-0751"):
        read = (await housing.havn.partner(org).get(AVAILABILITY, **{"from": "2026-03-10"})).json()
        assert {item["kind"] for item in read["items"] if item["free"] is True} == {"crisis_centre"}
        assert all(set(item) == {"kind", "free"} for item in read["items"])


@pytest.mark.row(50)
async def test_how_many_children_come_along_is_asked_as_in_a_request(housing: Housing) -> None:
    families = await housing.shelter()
    alone = await housing.shelter(accepts={"families": False})
    both = {families.facility_id, alone.facility_id}
    for children, found in (("2", {families.facility_id}), ("true", {families.facility_id}), ("0", both)):
        read = await housing.havn.partner("cmm").get(AVAILABILITY, **{"from": "2026-03-10", "children": children})
        assert read.status_code == 200, read.text
        assert {each for item in read.json()["items"] for each in item["facility_ids"]} == found


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"from": "9 March"},
        {"from": "2026-03-10", "to": "2026-03-10"},
        {"from": "2026-03-10", "gender": "female"},
        {"from": "2026-03-10", "children": "21"},
        {"from": "2026-03-10", "children": "-1"},
        {"from": "2026-03-10", "children": "some"},
        {"from": "2026-03-10", "avoid_municipalities": "0000"},
    ],
)
async def test_a_question_that_says_nothing_is_refused(housing: Housing, asked: dict[str, str]) -> None:
    assert (await housing.havn.partner("cmm").get(AVAILABILITY, **asked)).status_code == 422
