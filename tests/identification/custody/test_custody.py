"""In custody: 72 hours, who is told, and what is proposed instead."""

from typing import Any

import pytest

from tests.identification.builders import (
    CMM_DECIDES,
    DANISH_GIRL,
    EUROPEAN,
    NEEDS_REVIEW,
    US_DECIDES,
    Opened,
    name_of,
    open_case,
)
from tests.referrals.builders import POLICE, send, subject
from tests.world import World

NOON = "2026-06-22T12:00:00+02:00"
HELD: dict[str, Any] = {
    "in_custody": True,
    "custody_since": "2026-06-22T10:00:00+02:00",
    "occurred_at": "2026-06-22T10:00:00+02:00",
}
SINCE = {"since": "2026-06-22T10:00:00+02:00"}
OUT = {"ended_at": "2026-06-22T11:00:00+02:00", "reason": "placed_34"}


async def deadlines(case: Opened) -> dict[str, str]:
    """What runs in the case: kind and when it is over."""
    return {each["kind"]: each["due_at"] for each in (await case.details())["deadlines"]}


@pytest.fixture
async def noon(havn: World) -> World:
    await havn.set_clock(NOON)
    return havn


@pytest.mark.row(45)
async def test_a_referral_of_somebody_who_is_held_starts_the_72_hours_and_alerts_cmm(noon: World) -> None:
    case = await open_case(noon, US_DECIDES, **HELD)
    assert (await deadlines(case))["custody"] == "2026-06-25T08:00:00Z"
    (alert,) = (await noon.partner("cmm").get("/identification/v1/alerts")).json()["items"]
    assert (alert["kind"], alert["case_id"], alert["for_org"], alert["number"]) == ("custody", case.id, "cmm", 1)
    assert (alert["due_at"], alert["raised_at"]) == ("2026-06-25T08:00:00Z", "2026-06-22T10:00:00Z")
    (began,) = await noon.events("identification", "custody-began")
    assert began["since"] == "2026-06-22T08:00:00Z"
    assert await noon.events("identification", "on-call") == [], "the hotline is open on a Monday at noon"


async def test_custody_can_begin_and_end_in_the_middle_of_a_case(noon: World) -> None:
    case = await open_case(noon, US_DECIDES, occurred_at=HELD["occurred_at"])
    assert "custody" not in await deadlines(case)
    held = await case.post("/custody", SINCE | {"place": "Station City"})
    assert (held.status_code, held.json()["since"], held.json()["ended_at"]) == (201, "2026-06-22T08:00:00Z", None)
    assert held.json()["proposals"] == ["placement_34_1_3"]
    assert held.headers["etag"] == await case.etag()
    assert (await deadlines(case))["custody"] == "2026-06-25T08:00:00Z"
    out = await case.post("/custody/end", OUT)
    assert (out.status_code, out.json()["reason"], out.json()["proposals"]) == (200, "placed_34", [])
    assert "custody" not in await deadlines(case)
    (ended,) = await noon.events("identification", "custody-ended")
    assert ended["ended_at"] == "2026-06-22T09:00:00Z"
    rows = await noon.sql("identification", "SELECT custody_place FROM case_file")
    assert b"Station" not in rows[0]["custody_place"]
    done = (await noon.partner("cmm").get("/identification/v1/deadlines", state="done")).json()["items"]
    assert [(each["kind"], each["state"]) for each in done] == [("custody", "done")]


async def test_only_those_who_work_on_the_case_and_the_police_that_has_referred_the_person_tell_of_custody(
    noon: World,
) -> None:
    case = await open_case(noon, US_DECIDES, sender="reden", occurred_at=HELD["occurred_at"])
    for other in (POLICE, "politi-fyn", "reden", "kommune-0751"):
        assert (await case.post("/custody", SINCE, by=other)).status_code in (403, 404), other
        assert (await case.post("/custody/end", OUT, by=other)).status_code in (403, 404), other
    assert (await case.post("/custody", SINCE, by="us")).status_code == 201
    assert (await case.post("/custody/end", OUT, by="us")).status_code == 200
    not_theirs = await open_case(noon, CMM_DECIDES, occurred_at=HELD["occurred_at"])
    assert (await not_theirs.post("/custody", SINCE, by="us")).status_code == 404
    assert (await not_theirs.post("/custody/end", OUT, by="us")).status_code == 404


async def hours(case: Opened, org: str, **asked: str) -> list[tuple[str, str, str]]:
    """The hours of custody in the case that are listed for the organisation."""
    listed = await case.havn.partner(org).get("/identification/v1/deadlines", case_id=case.id, kind="custody", **asked)
    assert listed.status_code == 200, listed.text
    return [(each["due_at"], each["state"], each["for_org"]) for each in listed.json()["items"]]


@pytest.mark.row(45)
async def test_the_police_that_holds_the_person_reads_its_hours_until_it_reports_their_end(noon: World) -> None:
    running = [("2026-06-25T08:00:00Z", "running", POLICE)]
    for case in (
        await open_case(noon, US_DECIDES, **HELD),
        await open_case(noon, US_DECIDES, **HELD | {"in_custody": False, "custody_since": None}),
    ):
        if not await hours(case, POLICE):
            assert (await case.post("/custody", SINCE, by=POLICE)).status_code == 201
        assert await hours(case, POLICE) == running
        assert await hours(case, "cmm") == [("2026-06-25T08:00:00Z", "running", "cmm")]
        for other in ("politi-fyn", "reden", "kommune-0751"):
            assert await hours(case, other) == [], other
        assert (await case.post("/custody/end", OUT, by=POLICE)).status_code == 200
        assert (await hours(case, POLICE), await hours(case, POLICE, state="passed")) == ([], [])
        assert [state for _, state, _ in await hours(case, POLICE, state="done")] == ["done"]
    ngo = await open_case(noon, US_DECIDES, sender="reden", **HELD)
    assert await hours(ngo, "reden") == [], "who has referred and is no police holds nobody"


async def test_a_merge_ends_no_hours_of_the_police_that_holds_and_shows_it_none_of_another_arrest(noon: World) -> None:
    case = await open_case(noon, US_DECIDES, occurred_at=HELD["occurred_at"], sender="politi-fyn")
    again = await open_case(noon, US_DECIDES, **HELD)
    assert (await again.post("/merge", {"into": case.id})).status_code == 200
    assert (await deadlines(case))["custody"] == "2026-06-25T08:00:00Z"
    assert await hours(again, POLICE) == [("2026-06-25T08:00:00Z", "running", POLICE)]
    assert await hours(case, "politi-fyn") == []
    (referral_id,) = (await again.details())["referral_ids"]
    withdrawn = await noon.partner(POLICE).post(
        f"/referrals/v1/referrals/{referral_id}/withdraw", {"reason": "Sent twice."}
    )
    assert withdrawn.status_code == 200, withdrawn.text
    await noon.settled()
    assert await hours(again, POLICE) == [], "who has no part any more reaches no deadline of the case"


async def test_a_further_referral_that_says_so_has_its_own_72_hours_at_once(noon: World) -> None:
    known = {"identifiers": [{"type": "passport", "value": "P1234567"}]}
    case = await open_case(noon, US_DECIDES | known, occurred_at=HELD["occurred_at"])
    again = await open_case(noon, US_DECIDES | known, **HELD)
    assert again.id != case.id
    assert (await deadlines(again))["custody"] == "2026-06-25T08:00:00Z"
    assert "custody" not in await deadlines(case)
    (alert,) = (await noon.partner("cmm").get("/identification/v1/alerts")).json()["items"]
    assert alert["case_id"] == again.id


async def test_of_two_arrests_of_one_person_the_first_counts_while_it_lasts(noon: World) -> None:
    late = HELD | {"custody_since": "2026-06-22T11:30:00+02:00", "occurred_at": "2026-06-22T11:30:00+02:00"}
    case, again = await open_case(noon, US_DECIDES, **late), await open_case(noon, US_DECIDES, **HELD)
    assert (await deadlines(case))["custody"] == "2026-06-25T09:30:00Z"
    assert (await again.post("/merge", {"into": case.id})).status_code == 200
    assert (await deadlines(case))["custody"] == "2026-06-25T08:00:00Z"
    assert (await again.post("/unmerge", None)).status_code == 200
    assert (await deadlines(case))["custody"] == "2026-06-25T09:30:00Z"
    assert (await deadlines(again))["custody"] == "2026-06-25T08:00:00Z"


async def test_what_was_told_wrong_is_corrected_without_a_second_alert(noon: World) -> None:
    case = await open_case(noon, US_DECIDES, **HELD)
    earlier = await case.post("/custody", {"since": "2026-06-22T08:30:00+02:00"})
    assert earlier.status_code == 201
    assert (await deadlines(case))["custody"] == "2026-06-25T06:30:00Z"
    assert len((await noon.partner("cmm").get("/identification/v1/alerts")).json()["items"]) == 1
    assert len(await noon.events("identification", "custody-began")) == 2


async def test_a_second_detention_is_a_new_clock_and_a_new_alert(noon: World) -> None:
    case = await open_case(noon, US_DECIDES, **HELD)
    assert (await case.post("/custody/end", OUT)).status_code == 200
    assert name_of(await case.post("/custody", {"since": "2026-06-22T10:30:00+02:00"})) == (422, "CustodyOutOfOrder")
    assert (await case.post("/custody", {"since": "2026-06-22T11:30:00+02:00"})).status_code == 201
    assert (await deadlines(case))["custody"] == "2026-06-25T09:30:00Z"
    assert len((await noon.partner("cmm").get("/identification/v1/alerts")).json()["items"]) == 2


async def test_times_that_cannot_be_are_refused_with_what_to_do(noon: World) -> None:
    case = await open_case(noon, US_DECIDES, occurred_at=HELD["occurred_at"])
    tomorrow = "2026-06-23T12:00:00+02:00"
    assert name_of(await case.post("/custody", {"since": tomorrow})) == (422, "InvalidInput")
    assert name_of(await case.post("/custody/end", OUT)) == (409, "NotInCustody")
    await case.post("/custody", SINCE)
    assert name_of(await case.post("/custody/end", {"ended_at": tomorrow})) == (422, "InvalidInput")
    before = {"ended_at": "2026-06-22T09:00:00+02:00"}
    assert name_of(await case.post("/custody/end", before)) == (422, "CustodyOutOfOrder")
    assert name_of(await case.post("/custody/end", OUT | {"reason": "bored"})) == (422, "InvalidInput")
    assert (await case.post("/custody/end", OUT)).status_code == 200
    assert name_of(await case.post("/custody/end", OUT)) == (409, "NotInCustody")


async def test_if_match_is_honoured(noon: World) -> None:
    case = await open_case(noon, US_DECIDES, occurred_at=HELD["occurred_at"])
    seen = await case.etag()
    assert (await case.post("/custody", SINCE, if_match=seen)).status_code == 201
    assert (await case.post("/custody/end", OUT, if_match=seen)).status_code == 412


async def test_the_clock_ends_with_the_decision_and_the_proposal_with_it(noon: World) -> None:
    case = await open_case(noon, US_DECIDES, **HELD)
    assert (await case.details())["proposals"] == ["placement_34_1_3"]
    await case.decide("US", "insufficient_basis", decided_on="2026-06-22")
    told = await case.details()
    assert told["proposals"] == []
    assert {each["kind"] for each in told["deadlines"]} == set()


@pytest.mark.parametrize(
    ("person", "proposed"),
    [
        (US_DECIDES, True),
        (NEEDS_REVIEW, True),
        ({"citizenships": ["CHN"]}, True),
        ({"citizenships": ["THA"], "residence_basis": "visa", "residence_valid_until": "2026-06-01"}, True),
        (CMM_DECIDES, False),
        (EUROPEAN, False),
        (DANISH_GIRL, False),
    ],
)
async def test_a_place_at_a_shelter_is_proposed_for_who_has_no_clear_stay(
    noon: World, person: dict[str, Any], proposed: bool
) -> None:
    case = await open_case(noon, person, **(HELD | {"municipality": "0751"}))
    assert (await case.details())["proposals"] == (["placement_34_1_3"] if proposed else [])


async def test_who_is_not_held_gets_no_proposal(noon: World) -> None:
    case = await open_case(noon, US_DECIDES, occurred_at=HELD["occurred_at"])
    assert (await case.details())["proposals"] == []


async def test_a_case_of_an_earlier_havn_gets_its_clocks_and_no_stale_alert(noon: World) -> None:
    case = await open_case(noon, US_DECIDES, **HELD)
    await noon.settled()
    for table in ("deadline", "alert", "on_call"):
        await noon.sql("identification", f"DELETE FROM {table}")
    await noon.sql("identification", "UPDATE case_file SET is_wound = false")
    await noon.set_clock("2026-06-26T12:00:00+02:00")
    assert set(await deadlines(case)) == {"custody", "decision"}
    assert (await noon.partner("cmm").get("/identification/v1/alerts")).json()["items"] == []
    told = await noon.events("identification", "deadline-approaching")
    assert [(each["kind"], each["state"]) for each in told] == [("custody", "due"), ("custody", "passed")]
    began = await noon.events("identification", "custody-began")
    assert len(began) == 1, "it was published when it was reported, not again by the sweep"


async def test_a_referral_that_needs_no_identification_starts_no_clock(noon: World) -> None:
    await send(noon, subject("P01"), kind="police_report", **HELD)
    await noon.settled()
    assert await noon.sql("identification", "SELECT * FROM deadline") == []


async def test_the_hours_go_on_in_the_case_that_a_held_persons_case_is_merged_into(noon: World) -> None:
    held = await open_case(noon, US_DECIDES, **HELD)
    known = await open_case(noon, US_DECIDES, occurred_at=HELD["occurred_at"])
    before = (await deadlines(held))["custody"]
    merged = await held.post("/merge", {"into": known.id})
    assert merged.status_code == 200, merged.text
    assert (await deadlines(known))["custody"] == before
    assert "custody" not in await deadlines(held)


async def test_a_merge_leaves_the_hours_of_a_surviving_case_as_they_are(noon: World) -> None:
    held = await open_case(noon, US_DECIDES, **HELD)
    known = await open_case(noon, US_DECIDES, occurred_at=HELD["occurred_at"])
    hours = (await deadlines(held))["custody"]
    assert (await known.post("/merge", {"into": held.id})).status_code == 200
    assert (await deadlines(held))["custody"] == hours


async def two_merged(havn: World, **known_said: Any) -> tuple[Opened, Opened]:
    """The case of a held person, merged into another one."""
    held = await open_case(havn, US_DECIDES, **HELD)
    known = await open_case(havn, US_DECIDES, **{"occurred_at": HELD["occurred_at"]} | known_said)
    assert (await held.post("/merge", {"into": known.id})).status_code == 200
    return held, known


async def test_undoing_the_merge_gives_the_hours_back_to_whom_they_are(noon: World) -> None:
    held, known = await two_merged(noon)
    assert (await held.post("/unmerge", {})).status_code == 200
    assert "custody" not in await deadlines(known)
    assert (await deadlines(held))["custody"] == "2026-06-25T08:00:00Z"
    assert (await known.post("/custody/end", OUT)).status_code == 409, "nobody holds this one"


async def test_a_custody_that_ended_meanwhile_has_ended_for_the_person_who_was_held(noon: World) -> None:
    held, known = await two_merged(noon)
    assert (await known.post("/custody/end", OUT)).status_code == 200
    assert (await held.post("/unmerge", {})).status_code == 200
    assert "custody" not in await deadlines(held)
    again = await held.post("/custody/end", OUT)
    assert (again.status_code, again.json()["detail"]) == (
        409,
        "The person is not recorded as held: POST .../custody first.",
    )


async def test_a_custody_of_its_own_stays_with_the_surviving_case(noon: World) -> None:
    both_held, own = await two_merged(noon, **HELD)
    assert (await both_held.post("/unmerge", {})).status_code == 200
    for case in (both_held, own):
        assert (await deadlines(case))["custody"] == "2026-06-25T08:00:00Z", "arrested together, each for itself"
    held, known = await two_merged(noon)
    anew = {"since": "2026-06-22T11:30:00+02:00"}
    assert (await known.post("/custody/end", OUT)).status_code == 200
    assert (await known.post("/custody", anew)).status_code == 201
    assert (await held.post("/unmerge", {})).status_code == 200
    assert (await deadlines(known))["custody"] == "2026-06-25T09:30:00Z"
