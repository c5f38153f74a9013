"""Detention in order: what a second one begins anew, what a further referral may say of it, and where nothing is proposed."""

from typing import Any

import pytest

from tests.identification.builders import CMM_DECIDES, NEEDS_REVIEW, US_DECIDES, Opened, name_of, open_case
from tests.identification.consents.test_consents import consent, status, withdraw
from tests.identification.consents.test_disclosures import BY_LAW, disclose
from tests.identification.custody.test_custody import HELD, NOON, OUT, SINCE, deadlines
from tests.identification.life import close, done
from tests.referrals.builders import POLICE
from tests.world import World

KNOWN: dict[str, Any] = US_DECIDES | {"identifiers": [{"type": "passport", "value": "P1234567"}]}


@pytest.fixture(autouse=True)
async def noon(havn: World) -> None:
    await havn.set_clock(NOON)


async def began(case: Opened) -> list[str]:
    """Since when the person was held, each time that it was told."""
    return [event["since"] for event in await case.havn.events("identification", "custody-began")]


async def referred_again(havn: World, since: str) -> Opened:
    return await open_case(havn, KNOWN, **(HELD | {"custody_since": since, "occurred_at": since}))


async def test_a_new_detention_forgets_how_the_last_one_ended_and_may_begin_as_it_did(havn: World) -> None:
    case = await open_case(havn, US_DECIDES, **HELD)
    assert (await done(case.post("/custody/end", OUT)))["reason"] == "placed_34"
    again = await done(case.post("/custody", {"since": OUT["ended_at"]}), 201)
    assert (again["since"], again["ended_at"], again["reason"]) == ("2026-06-22T09:00:00Z", None, None)
    ended = await done(case.post("/custody/end", {"ended_at": OUT["ended_at"]}))
    assert (ended["ended_at"], ended["reason"]) == ("2026-06-22T09:00:00Z", None), "held for no time at all"


async def test_each_detention_is_told_once_and_each_correction_too(havn: World) -> None:
    case = await open_case(havn, US_DECIDES, occurred_at=HELD["occurred_at"])
    await done(case.post("/custody", SINCE), 201)
    assert await began(case) == ["2026-06-22T08:00:00Z"]
    await done(case.post("/custody", {"since": "2026-06-22T09:30:00+02:00"}), 201)
    assert await began(case) == ["2026-06-22T08:00:00Z", "2026-06-22T07:30:00Z"]
    await done(case.post("/custody/end", OUT))
    await done(case.post("/custody", {"since": "2026-06-22T11:30:00+02:00"}), 201)
    assert (await began(case))[2:] == ["2026-06-22T09:30:00Z"]
    kinds = [entry["kind"] for entry in (await done(case.get("/timeline")))["items"] if "custody" in entry["kind"]]
    assert kinds == ["custody-began", "custody-began", "custody-ended", "custody-began"]


async def test_what_a_further_referral_says_of_an_arrest_holds_for_its_own_case_and_after_a_merge_for_the_person(
    havn: World,
) -> None:
    case = await open_case(havn, KNOWN, **HELD)
    await done(case.post("/custody/end", OUT))
    again = await referred_again(havn, "2026-06-22T10:30:00+02:00")
    assert "custody" not in await deadlines(case)
    assert (await deadlines(again))["custody"] == "2026-06-25T08:30:00Z"
    await done(again.post("/merge", {"into": case.id}))
    assert (await deadlines(case))["custody"] == "2026-06-25T08:30:00Z", "of whom nobody has said that they are out"
    await done(case.post("/custody/end", OUT))
    assert "custody" not in await deadlines(case)


async def test_where_somebody_is_held_is_kept_sealed(havn: World) -> None:
    case = await open_case(havn, US_DECIDES, occurred_at=HELD["occurred_at"])
    await done(case.post("/custody", SINCE), 201)
    assert (await havn.sql("identification", "SELECT custody_place FROM case_file"))[0][0] is None
    await done(case.post("/custody", SINCE | {"place": "Station City"}), 201)
    (row,) = await havn.sql("identification", "SELECT custody_place, case_file::text AS whole FROM case_file")
    assert row["custody_place"]
    assert "Station" not in row["whole"]
    assert "Station" not in str(await havn.events("identification"))


async def test_nobody_is_detained_in_a_closed_case_but_who_is_released_is_recorded(havn: World) -> None:
    case = await open_case(havn, CMM_DECIDES, **HELD)
    await case.decide(decided_on="2026-06-22")
    await close(case, "2026-06-22")
    refused = await case.post("/custody", {"since": "2026-06-22T11:30:00+02:00"})
    assert name_of(refused) == (409, "CaseStatusDoesNotAllow")
    ended = await done(case.post("/custody/end", OUT))
    assert ended["since"] == "2026-06-22T08:00:00Z"
    assert (ended["ended_at"], ended["reason"]) == ("2026-06-22T09:00:00Z", "placed_34")


@pytest.mark.parametrize(
    ("person", "settled", "proposed"),
    [
        ({"citizenships": ["UKR"], "residence_basis": "temporary_protection_ua"}, "", True),
        ({"citizenships": ["UKR"], "residence_basis": "temporary_protection_ua"}, "CMM", False),
        ({"citizenships": ["CHN"], "residence_basis": "unknown"}, "CMM", True),
        ({"citizenships": ["NGA"], "residence_basis": "no_legal_stay"}, "", True),
        ({"citizenships": ["DNK"], "residence_basis": "unknown"}, "", False),
        ({"citizenships": ["DNK", "THA"], "residence_basis": "no_legal_stay"}, "", False),
    ],
    ids=[
        "silent table",
        "a lawyer has settled it",
        "settled, and the stay unknown",
        "no stay",
        "a citizen",
        "one of two",
    ],
)
async def test_a_shelter_is_proposed_while_the_stay_or_who_decides_is_open(
    havn: World, person: dict[str, Any], settled: str, *, proposed: bool
) -> None:
    case = await open_case(havn, person, **HELD)
    if settled:
        await case.settle(settled)
    assert (await case.details())["proposals"] == (["placement_34_1_3"] if proposed else [])


async def test_police_whom_the_person_lets_know_no_more_still_says_when_they_are_let_go_and_sees_no_more(
    havn: World,
) -> None:
    """A duty is a part of its own, and nobody is removed while the identification runs (docs/rules.md, duty-1, privacy-1)."""
    case = await open_case(havn, CMM_DECIDES, **HELD)
    await withdraw(case, await consent(case, POLICE, "identification", given_at=NOON), withdrawn_at=NOON)
    code, told = await status(case, POLICE)
    assert (code, told["identification_pending"]) == (200, True)
    assert {name for name, value in told.items() if value is not None} == {
        "case_id",
        "as_of",
        "identification_pending",
        "removal_hold",
    }
    police = havn.partner(POLICE)
    assert (await police.get("/identification/v1/cases")).json()["items"] == []
    assert (await police.get("/identification/v1/events")).json()["items"] == []
    assert (await case.get("/person", by=POLICE, purpose="identification")).status_code in (403, 404)
    running = (await police.get("/identification/v1/deadlines")).json()["items"]
    assert [(each["kind"], each["case_id"]) for each in running] == [("custody", case.id)]
    ended = await case.post(f"/parties/{POLICE}/end", {"reason": "They have nothing to do with it."})
    assert name_of(ended) == (409, "PartIsADuty")
    await done(case.post("/custody/end", OUT, by=POLICE))
    assert (await status(case, POLICE))[0] == 404
    assert name_of(await case.post("/custody/end", OUT, by=POLICE)) == (404, "NotFound")


async def test_a_law_that_lets_the_police_know_takes_no_task_from_them(havn: World) -> None:
    case = await open_case(havn, CMM_DECIDES, **HELD)
    await withdraw(case, await consent(case, POLICE, "identification", given_at=NOON), withdrawn_at=NOON)
    await disclose(case, POLICE, purpose="identification", **BY_LAW)
    assert (await status(case, POLICE))[1]["status"] == "referred", "and they know what it lets them"
    assert (await case.post("/custody/end", OUT, by=POLICE)).status_code == 200


async def test_the_task_ends_in_every_case_of_the_person(havn: World) -> None:
    """Whoever says so, and wherever: nothing of the case is left to police that hold nobody."""
    merged = await open_case(havn, US_DECIDES, **HELD)
    goes_on = await open_case(havn, US_DECIDES, **HELD)
    await done(merged.post("/merge", {"into": goes_on.id}))
    await withdraw(goes_on, await consent(goes_on, POLICE, "identification", given_at=NOON), withdrawn_at=NOON)
    assert [(await status(case, POLICE))[0] for case in (merged, goes_on)] == [200, 200]
    await done(goes_on.post("/custody/end", OUT))
    assert [(await status(case, POLICE))[0] for case in (merged, goes_on)] == [404, 404]


@pytest.mark.parametrize("org", [POLICE, "hopenow"])
async def test_who_holds_nobody_has_no_such_task(havn: World, org: str) -> None:
    """SC08: the answer is as of what is not theirs."""
    case = await open_case(
        havn, CMM_DECIDES, sender=org, **(HELD if org != POLICE else {"occurred_at": HELD["occurred_at"]})
    )
    await withdraw(case, await consent(case, org, "identification", given_at=NOON), withdrawn_at=NOON)
    assert (await status(case, org))[0] == 404
    assert (await case.post("/custody/end", OUT, by=org)).status_code in (403, 404)


async def test_an_end_that_is_refused_changes_nothing(havn: World) -> None:
    case = await open_case(havn, NEEDS_REVIEW, **HELD)
    before = await deadlines(case)
    for body in ({}, {"ended_at": "soon"}, {"ended_at": "2026-06-22T11:00:00"}, OUT | {"cell": 7}):
        assert (await case.post("/custody/end", body)).status_code == 422
    assert await deadlines(case) == before
    assert await havn.events("identification", "custody-ended") == []


async def test_the_police_that_holds_the_person_does_not_begin_the_hours_anew(havn: World) -> None:
    case = await open_case(havn, US_DECIDES, sender=POLICE, **HELD)
    began_at = (await case.details())["custody"]["since"]
    before = await deadlines(case)
    refused = await case.post("/custody", {"since": "2026-06-22T11:00:00+02:00"}, by=POLICE)
    assert name_of(refused) == (422, "CustodyOutOfOrder")
    assert ((await case.details())["custody"]["since"], await deadlines(case)) == (began_at, before)
    await done(case.post("/custody", {"since": "2026-06-19T22:00:00+02:00"}, by=POLICE), 201)
    await done(case.post("/custody", {"since": began_at}, by="cmm"), 201)
    await done(case.post("/custody/end", OUT, by=POLICE))
    await done(case.post("/custody", {"since": "2026-06-22T11:30:00+02:00"}, by=POLICE), 201)
