"""A socialtilsyn sees what it approves, approves in its own region alone, and ends what it has approved."""

from typing import Any

import pytest

from shared.contract.codes import Purpose
from shared.identity.actor import Assurance
from tests.accommodation.housing import APPROVAL, SHELTER, Housing, problem
from tests.world import World

FACILITIES = "/accommodation/v1/facilities"
MIDT, SYD = "socialtilsyn-midt", "socialtilsyn-syd"
END = {"on": "2026-03-20", "reason": "The fire exits are blocked."}


async def approved(housing: Housing, **changes: Any) -> tuple[str, str]:
    """A facility in Midtjylland and its approval."""
    facility_id = await housing.facility(**changes)
    made = await housing.havn.partner(MIDT).post(f"{FACILITIES}/{facility_id}/approvals", APPROVAL)
    assert made.status_code == 201, made.text
    return facility_id, made.json()["approval_id"]


async def test_it_lists_and_reads_those_of_its_region_secret_ones_too(havn: World, housing: Housing) -> None:
    secret = await housing.facility(secret_address=True)
    elsewhere = await housing.facility(region="1083", municipality="0461")
    for org, found in {MIDT: secret, SYD: elsewhere}.items():
        items = (await havn.partner(org).get(FACILITIES)).json()["items"]
        assert [item["facility_id"] for item in items] == [found]
        for facility_id in (secret, elsewhere):
            read = await havn.partner(org).get(f"{FACILITIES}/{facility_id}")
            assert read.status_code == (200 if facility_id == found else 404)


async def test_it_reads_the_address_for_supervision_and_a_secret_one_after_a_sure_login(
    havn: World, housing: Housing
) -> None:
    facility_id = await housing.facility(secret_address=True)
    path = f"{FACILITIES}/{facility_id}"
    assert problem(await havn.partner(MIDT).get(path, purpose="supervision")) == "AssuranceTooLow"
    sure = havn.partner(MIDT, assurance=Assurance.HIGH)
    assert (await sure.get(path, purpose="supervision")).json()["address"] == SHELTER["address"]
    assert problem(await sure.get(path, purpose="accommodation")) == "PurposeNotYours"


@pytest.mark.parametrize(
    ("org", "role"), [("reden", "admin"), ("cmm", "admin"), ("reden", "health"), ("cmm", "caseworker")]
)
async def test_statistics_opens_no_address_and_neither_does_every_role(
    havn: World, housing: Housing, org: str, role: str
) -> None:
    facility_id = await housing.facility(secret_address=True)
    partner = havn.partner(org, role, assurance=Assurance.HIGH)
    purposes = [Purpose.STATISTICS] if role == "caseworker" else list(Purpose)
    for purpose in purposes:
        read = await partner.get(f"{FACILITIES}/{facility_id}", purpose=purpose)
        assert SHELTER["address"] not in read.text
        assert read.status_code == 200 or problem(read) == "PurposeNotYours"
    assert (await partner.get(f"{FACILITIES}/{facility_id}")).status_code == 200


async def test_it_approves_in_its_own_region_alone(havn: World, housing: Housing) -> None:
    facility_id = await housing.facility()
    path = f"{FACILITIES}/{facility_id}/approvals"
    elsewhere = await havn.partner(SYD).post(path, APPROVAL | {"supervision": SYD})
    assert elsewhere.status_code == 404
    unknown = await havn.partner("cmm").post(path, APPROVAL | {"supervision": "socialtilsyn-mars"})
    assert (unknown.status_code, problem(unknown)) == (422, "NotASupervision")
    assert (await havn.partner("cmm").get(path)).json()["items"] == []


@pytest.mark.parametrize("org", [MIDT, "cmm"])
async def test_an_approval_that_was_ended_receives_nobody_from_that_day(
    havn: World, housing: Housing, org: str
) -> None:
    facility_id, approval_id = await approved(housing)
    await housing.place(facility_id)
    ended = await havn.partner(org).post(f"{FACILITIES}/{facility_id}/approvals/{approval_id}/end", END)
    assert (ended.status_code, ended.json()["valid_until"]) == (200, "2026-03-19")
    before = await housing.request(await housing.case(), from_on="2026-03-18", to_on="2026-03-20")
    after = await housing.request(await housing.case(), from_on="2026-03-18", to_on="2026-03-21")
    assert len((await housing.matches(before))["items"]) == 1
    assert (await housing.matches(after))["excluded"] == {"no_approval": 1}
    sealed = (await havn.sql("accommodation", "SELECT ended_by, ending FROM approval"))[0]
    assert sealed["ended_by"] == org
    assert b"fire" not in sealed["ending"]
    kept = await havn.sql("accommodation", "SELECT org FROM audit WHERE operation = 'facility.end_approval'")
    assert [row["org"] for row in kept] == [org]


@pytest.mark.parametrize(
    ("org", "body", "name"),
    [
        ("reden", END, (403, "NotYourApproval")),
        ("us", END, (403, "NotYourApproval")),
        (SYD, END, (404, "NotFound")),
        (MIDT, END | {"on": "2026-01-01"}, (422, "EndsBeforeItBegins")),
        (MIDT, END | {"on": "2027-01-02"}, (409, "ApprovalIsEnded")),
        (MIDT, {"on": "2026-03-20"}, (422, "InvalidInput")),
    ],
)
async def test_an_end_that_is_refused_changes_nothing(
    havn: World, housing: Housing, org: str, body: dict[str, str], name: tuple[int, str]
) -> None:
    facility_id, approval_id = await approved(housing)
    refused = await havn.partner(org).post(f"{FACILITIES}/{facility_id}/approvals/{approval_id}/end", body)
    assert (refused.status_code, problem(refused)) == name
    (item,) = (await havn.partner("cmm").get(f"{FACILITIES}/{facility_id}/approvals")).json()["items"]
    assert item["valid_until"] == "2027-01-01"


async def test_an_end_that_was_said_is_brought_forward_and_not_put_off(havn: World, housing: Housing) -> None:
    facility_id, approval_id = await approved(housing)
    path, midt = f"{FACILITIES}/{facility_id}/approvals/{approval_id}/end", havn.partner(MIDT)
    assert (await midt.post(path, END)).status_code == 200
    later = await midt.post(path, END | {"on": "2026-03-25"})
    assert (later.status_code, problem(later)) == (409, "ApprovalIsEnded")
    sooner = await midt.post(path, END | {"on": "2026-03-12", "reason": "It is worse than it looked."})
    assert (sooner.status_code, sooner.json()["valid_until"]) == (200, "2026-03-11")


async def test_an_approval_ends_once_and_under_its_own_facility(havn: World, housing: Housing) -> None:
    facility_id, approval_id = await approved(housing)
    other = await housing.facility()
    midt = havn.partner(MIDT)
    assert (await midt.post(f"{FACILITIES}/{other}/approvals/{approval_id}/end", END)).status_code == 404
    path = f"{FACILITIES}/{facility_id}/approvals/{approval_id}/end"
    assert (await midt.post(path, END)).status_code == 200
    again = await midt.post(path, END)
    assert (again.status_code, problem(again)) == (409, "ApprovalIsEnded")


@pytest.mark.row(59)
async def test_a_facility_is_approved_by_the_supervision_of_its_region(havn: World, housing: Housing) -> None:
    cmm = havn.partner("cmm")
    for municipality, its_own in (("0101", "socialtilsyn-hovedstaden"), ("0851", "socialtilsyn-nord"), ("0461", SYD)):
        path = f"{FACILITIES}/{await housing.facility(municipality=municipality)}/approvals"
        refused = await cmm.post(path, APPROVAL)
        assert (refused.status_code, problem(refused)) == (422, "NotItsSupervision")
        assert its_own in refused.json()["detail"]
        assert (await cmm.get(path)).json()["items"] == []
        assert (await cmm.post(path, APPROVAL | {"supervision": its_own})).status_code == 201


@pytest.mark.row(59)
async def test_a_facility_goes_to_another_region_when_no_approval_of_the_old_one_runs(
    havn: World, housing: Housing
) -> None:
    facility_id, approval_id = await approved(housing)
    path = f"{FACILITIES}/{facility_id}"
    reden = havn.partner("reden")

    async def put(body: dict[str, Any]) -> Any:
        return await reden.put(path, body, if_match=(await reden.get(path)).headers["etag"])

    there = SHELTER | {"municipality": "0461", "region": None}
    refused = await put(there)
    assert (refused.status_code, problem(refused)) == (409, "ApprovedElsewhere")
    assert MIDT in refused.json()["detail"]
    assert "ended first" in refused.json()["detail"]
    assert (await reden.get(path)).json()["municipality"] == "0751"
    assert (await put(there | {"municipality": "0657"})).status_code == 200, "in the same region"
    ended = await havn.partner(MIDT).post(f"{path}/approvals/{approval_id}/end", END | {"on": "2026-03-09"})
    assert ended.status_code == 200, ended.text
    assert (await put(there)).status_code == 200
    assert (await havn.partner(SYD).post(f"{path}/approvals", APPROVAL | {"supervision": SYD})).status_code == 201
    back = await put(SHELTER)
    assert (back.status_code, problem(back)) == (409, "ApprovedElsewhere")
