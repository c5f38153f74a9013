"""A referral opens a case for each person, or finds the one there is."""

import asyncio
from typing import Any

import pytest

from shared.contract.codes import ReferralKind
from shared.http.peers import Peers
from tests.identification.builders import (
    CASES,
    CMM_DECIDES,
    DANISH_GIRL,
    EUROPEAN,
    NEEDS_REVIEW,
    US_DECIDES,
    listed,
    open_case,
    open_cases,
)
from tests.referrals.builders import POLICE, send, subject
from tests.world import World

ECPR = {"identifiers": [{"type": "x_ecpr", "value": "1405981AB2"}]}
PASSPORT = {"identifiers": [{"type": "passport", "value": "AA 123456"}]}


async def parties_of(havn: World, case_id: str) -> dict[str, str]:
    rows = await havn.sql("identification", "SELECT org, part FROM case_party WHERE case_id = $1", case_id)
    return {row["org"]: row["part"] for row in rows}


async def test_each_subject_gets_a_case_of_its_own(havn: World) -> None:
    await havn.set_clock("2026-03-02T23:30:00+01:00")
    cases = await open_cases(havn, {"gender": "woman"}, {"gender": "man"}, {}, municipality="0751")
    assert len({case.id for case in cases}) == 3
    told = [await case.details() for case in cases]
    assert [each["gender"] for each in told] == ["woman", "man", "unknown"]
    assert {each["status"] for each in told} == {"referred"}
    assert {each["opened_on"] for each in told} == {"2026-03-02"}, "a day is a Danish day"
    assert {(each["channel"], each["municipality"]) for each in told} == {("police_operation", "0751")}
    assert len({tuple(each["referral_ids"]) for each in told}) == 1
    assert all(each["identification_pending"] for each in told)


async def test_a_referral_that_asks_for_something_else_opens_none(havn: World) -> None:
    kinds = [kind.value for kind in ReferralKind if kind is not ReferralKind.IDENTIFICATION]
    sent = [await send(havn, kind=kind) for kind in kinds]
    await havn.settled()
    assert [(await each.read()).json()["subjects"][0]["case_id"] for each in sent] == [None] * len(kinds)
    assert await listed(havn, "cmm") == []


async def test_a_referral_is_read_where_an_earlier_release_of_referrals_answers(
    havn: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = Peers.get

    async def of_the_last_release(peers: Peers, service: str, path: str, **asked: Any) -> dict[str, Any]:
        referral = await whole(peers, service, path, **asked)
        new = {"languages", "communication_needs", "interpreter"}
        subjects = [{name: each[name] for name in each.keys() - new} for each in referral["subjects"]]
        return referral | {"subjects": subjects}

    monkeypatch.setattr(Peers, "get", of_the_last_release)
    (case,) = await open_cases(havn, ECPR)
    assert (await case.details())["status"] == "referred"


async def test_one_person_named_twice_in_a_referral_has_two_cases(havn: World) -> None:
    """Their sender has counted them."""
    first, second = await open_cases(havn, ECPR, ECPR | {"gender": "woman"})
    assert first.id != second.id
    assert len(await havn.events("identification", "case-opened")) == 2


async def test_people_without_identifiers_are_never_taken_for_each_other(havn: World) -> None:
    alike = {"given_name": "Malee", "stated_age": 24, "citizenships": ["THA"]}
    first, second = await open_cases(havn, alike, alike)
    assert first.id != second.id


async def test_referrals_of_the_same_people_at_the_same_time_open_a_case_for_each_subject(havn: World) -> None:
    """In whatever order they name them: nobody waits for somebody who waits for them, and every pair is asked about."""
    first, second = subject("P01", **ECPR), subject("P02", **PASSPORT)
    orders = ([first, second], [second, first]) * 2
    await asyncio.gather(*(send(havn, *order, kind="identification", sender="hopenow") for order in orders))
    await havn.settled()
    assert len(await listed(havn, "cmm")) == 8
    assert await havn.sql("identification", "SELECT reason FROM dead_letter") == []
    (asked,) = await havn.sql(
        "identification", "SELECT count(*) AS pairs FROM question WHERE 'number' = ANY (matched_on)"
    )
    assert asked["pairs"] == 2 * 6


# ---------------------------------------------------------------- age


AGES: list[tuple[dict[str, Any], str]] = [
    ({"stated_age": None}, "unknown"),
    ({"stated_age": 18}, "adult"),
    ({"stated_age": 17}, "presumed_minor"),
    ({"stated_age": 17, "age_basis": "stated"}, "presumed_minor"),
    ({"stated_age": 17, "age_basis": "documented"}, "minor"),
    ({"stated_age": 17, "age_basis": "assessed"}, "presumed_minor"),
    ({"stated_age": 19, "age_basis": "assessed"}, "adult"),
    ({"stated_age": None, "age_basis": "presumed_minor"}, "presumed_minor"),
    ({"stated_age": 20, "age_basis": "presumed_minor"}, "presumed_minor"),
    ({"stated_age": None, "birth_date": "2008-03-02"}, "adult"),
    ({"stated_age": None, "birth_date": "2008-03-03"}, "presumed_minor"),
    ({"stated_age": None, "birth_date": "2008-03-03", "age_basis": "documented"}, "minor"),
    ({"stated_age": 15, "birth_date": "2007-06-01", "age_basis": "documented"}, "presumed_minor"),
    ({"stated_age": 15, "birth_date": "2007-06-01", "age_basis": "assessed"}, "presumed_minor"),
    ({"stated_age": 20, "birth_date": "2010-06-01", "age_basis": "stated"}, "presumed_minor"),
    ({"stated_age": 20, "birth_date": "2010-06-01", "age_basis": "documented"}, "minor"),
]
"""What is told on 2026-03-02, and the age group that follows."""


async def test_whoever_states_an_age_under_18_is_presumed_a_minor_until_assessed(havn: World) -> None:
    await havn.set_clock("2026-03-02T10:00:00+01:00")
    cases = await open_cases(havn, *(told for told, _ in AGES))
    found = [(told, (await case.details())["age_group"]) for (told, _), case in zip(AGES, cases, strict=True)]
    assert found == AGES


# ---------------------------------------------------------------- who has to do with it


PART_OF_US: list[tuple[dict[str, Any], str | None]] = [
    (US_DECIDES, "authority"),
    (NEEDS_REVIEW, None),
    (CMM_DECIDES, None),
    (EUROPEAN, None),
    (EUROPEAN | {"residence_basis": "unknown"}, None),
    (DANISH_GIRL, None),
    ({"citizenships": ["DNK", "THA"], "residence_basis": "unknown"}, None),
    ({"citizenships": ["THA"], "residence_basis": "danish_citizen"}, None),
]


async def test_a_case_has_cmm_its_referrer_and_us_where_us_decides(havn: World) -> None:
    cases = await open_cases(havn, *(person for person, _ in PART_OF_US), sender="hopenow")
    for (person, part), case in zip(PART_OF_US, cases, strict=True):
        expected = {"cmm": "centre", "hopenow": "referrer", "anklagemyndigheden": "prosecution"}
        assert await parties_of(havn, case.id) == expected | ({"us": part} if part else {}), person


async def test_us_as_the_referrer_is_one_whoever_decides(havn: World) -> None:
    for person, part in ((US_DECIDES, "authority"), (NEEDS_REVIEW, "referrer"), (EUROPEAN, "referrer")):
        case = await open_case(havn, person, sender="us")
        assert (await parties_of(havn, case.id))["us"] == part


async def test_cmm_and_the_prosecution_may_refer_too(havn: World) -> None:
    case = await open_case(havn, CMM_DECIDES, sender="cmm")
    assert (await parties_of(havn, case.id))["cmm"] == "centre"
    case = await open_case(havn, CMM_DECIDES, sender="anklagemyndigheden")
    assert (await parties_of(havn, case.id))["anklagemyndigheden"] == "referrer"


async def test_opening_is_told_with_codes_alone(havn: World) -> None:
    await open_case(havn, ECPR | CMM_DECIDES | {"given_name": "Malee", "gender": "woman"}, municipality="0751")
    opened, routed = await havn.events("identification")
    assert (opened["sequence"], routed["sequence"]) == (1, 2)
    assert (opened["gender"], opened["citizenships"]) == ("woman", ["PHL"])
    assert (opened["referred_by"], opened["municipality"], opened["age_group"]) == (POLICE, "0751", "adult")
    assert (routed["authority"], routed["rule"], routed["settled_by"]) == ("CMM", "R5", None)
    for table in ("event_history", "audit", "case_file", "known_identifier"):
        rows = str([list(row.values()) for row in await havn.sql("identification", f"SELECT * FROM {table}")])
        assert "Malee" not in rows
        assert "1405981AB2" not in rows


@pytest.mark.parametrize("came_alone", [None, True, False])
async def test_whether_a_child_came_alone_is_published_and_so_is_what_is_found_out(
    havn: World, came_alone: bool | None
) -> None:
    """It decides who houses the child."""
    child = US_DECIDES | {"stated_age": 15, "unaccompanied": came_alone}
    case = await open_case(havn, child)
    (opened,) = await havn.events("identification", "case-opened")
    assert opened["unaccompanied"] is came_alone
    found_out = child | {"unaccompanied": not came_alone}
    described = await havn.partner("cmm").put(f"{case.path}/person", found_out, if_match=await case.etag())
    assert described.status_code == 200, described.text
    (told,) = await havn.events("identification", "person-described")
    assert told["unaccompanied"] is not came_alone


async def test_a_case_that_does_not_exist_is_not_found(havn: World) -> None:
    missing = f"{CASES}/00000000-0000-4000-8000-000000000000"
    assert (await havn.partner("cmm").get(missing)).status_code == 404
    assert (await havn.partner("cmm").get(f"{CASES}/P01")).status_code == 422
