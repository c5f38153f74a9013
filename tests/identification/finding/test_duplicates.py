"""Who may be the same person: asked when a case is opened or its person described, answered by people alone."""

from typing import Any

import pytest

from tests.identification.builders import CMM_DECIDES, US_DECIDES, Opened, name_of, open_case
from tests.identification.finding.people import Met, ecpr, meet
from tests.world import World

MALEE = {"given_name": "Malee", "family_name": "Suwan", "birth_date": "2001-05-17"}
ALIKE = {"given_name": "Mali", "family_name": "Suvan", "birth_date": "2001-05-17"}
NUMBER = {"identifiers": [ecpr("1405981AB2")]}


def ids(items: list[dict[str, Any]]) -> list[str]:
    return [item["case_id"] for item in items]


def as_met(case: Opened) -> Met:
    return Met(case.havn, case.id, [])


@pytest.mark.row(13)
async def test_opening_a_case_warns_of_possible_duplicates(havn: World) -> None:
    first = await meet(havn, **MALEE)
    assert first.possible_duplicates == []
    second = await meet(havn, **ALIKE)
    (warning,) = second.possible_duplicates
    assert warning["case_id"] == first.id
    assert warning["score"] > 0.6
    assert warning["matched_on"] == ["given_name", "family_name", "birth_date"]
    for case, other in ((first, second), (second, first)):
        (question,) = await case.questions()
        assert (question["case_id"], question["status"]) == (other.id, "open")


@pytest.mark.row(13)
async def test_a_referral_that_opens_a_case_asks_the_same_question(havn: World) -> None:
    first = await meet(havn, **MALEE)
    second = as_met(await open_case(havn, CMM_DECIDES | ALIKE))
    assert ids(await second.questions()) == [first.id]


@pytest.mark.row(13)
async def test_a_description_that_is_corrected_asks_anew_and_asks_no_longer(havn: World) -> None:
    first, second = await meet(havn, **MALEE), await meet(havn, given_name="Ngozi", family_name="Eze")
    assert await second.questions() == []
    await second.describe(ALIKE)
    assert ids(await second.questions()) == [first.id]
    await second.describe({"given_name": "Ngozi", "family_name": "Eze"})
    assert await second.questions() == await first.questions() == []


@pytest.mark.row(13)
async def test_an_override_is_explicit_and_audited_and_its_reason_sealed(havn: World) -> None:
    first, second = await meet(havn, **MALEE), await meet(havn, **ALIKE)
    overridden = await second.override(first, reason="I met Malee and Mali on one day.")
    assert overridden.status_code == 200, overridden.text
    assert overridden.json()["status"] == "overridden"
    assert overridden.json()["overridden_by"] == "cmm"
    (row,) = await havn.sql("identification", "SELECT * FROM audit WHERE operation = 'duplicate.override'")
    assert (str(row["subject_id"]), [str(each) for each in row["object_ids"]]) == (second.id, [first.id])
    (question,) = await havn.sql("identification", "SELECT * FROM duplicate_question")
    assert b"Malee" not in question["reason"]
    assert ids(await second.questions(status="overridden")) == [first.id]


@pytest.mark.row(15)
@pytest.mark.parametrize("by_the_first", [True, False])
async def test_a_pair_that_is_never_the_same_is_not_proposed_again(havn: World, by_the_first: bool) -> None:
    first, second = await meet(havn, **MALEE, **NUMBER), await meet(havn, **ALIKE)
    overriding, other = (first, second) if by_the_first else (second, first)
    assert (await overriding.override(other)).status_code == 200
    assert await first.questions() == await second.questions() == []
    await second.describe(MALEE | NUMBER)
    await first.describe(ALIKE | NUMBER)
    assert await first.questions() == await second.questions() == []
    third = await meet(havn, **MALEE)
    assert set(ids(third.possible_duplicates)) == {first.id, second.id}


@pytest.mark.row(15)
async def test_a_pair_that_nobody_asked_about_can_be_kept_apart_beforehand(havn: World) -> None:
    first, second = await meet(havn, **MALEE), await meet(havn, given_name="Ngozi")
    assert (await first.override(second)).status_code == 200
    await second.describe(MALEE)
    assert await second.questions() == []


async def decided(case: Met) -> tuple[int, str]:
    await case.recommend()
    made = await case.try_deciding("CMM")
    return (201, "") if made.status_code == 201 else name_of(made)


@pytest.mark.row(13)
async def test_nobody_is_decided_about_twice_under_one_number(havn: World) -> None:
    first = await meet(havn, given_name="Malee", **NUMBER)
    second = await meet(havn, given_name="Lily", **NUMBER)
    (warning,) = second.possible_duplicates
    assert warning["case_id"] == first.id
    assert "identifiers" in warning["matched_on"]
    await second.recommend()
    refused = await second.try_deciding("CMM")
    assert name_of(refused) == (409, "DuplicateUnresolved")
    assert "merge" in refused.json()["detail"]
    assert name_of(await second.try_deciding("CMM", "declined")) == (409, "DuplicateUnresolved")
    assert (await second.override(first)).status_code == 200
    assert (await second.try_deciding("CMM")).status_code == 201


async def test_a_merge_answers_the_question_too(havn: World) -> None:
    first, second = await meet(havn, given_name="Malee", **NUMBER), await meet(havn, given_name="Lily", **NUMBER)
    assert (await first.merge(second)).status_code == 200
    assert await second.questions() == []
    assert ids(await second.questions(status="merged")) == [first.id]
    assert await decided(second) == (201, "")


async def test_an_undone_merge_opens_the_question_again(havn: World) -> None:
    first, second = await meet(havn, given_name="Malee", **NUMBER), await meet(havn, given_name="Lily", **NUMBER)
    assert (await first.merge(second)).status_code == 200
    assert (await first.unmerge()).status_code == 200
    assert ids(await second.questions()) == [first.id]
    assert await decided(second) == (409, "DuplicateUnresolved")


async def test_a_court_waits_for_no_answer(havn: World) -> None:
    await meet(havn, given_name="Malee", **NUMBER)
    second = await meet(havn, given_name="Lily", **NUMBER)
    assert (await second.try_deciding("COURT", by="cmm")).status_code == 201


async def test_a_name_alone_only_warns(havn: World) -> None:
    await meet(havn, **MALEE)
    second = await meet(havn, **ALIKE)
    assert await decided(second) == (201, "")


async def test_us_learns_of_no_case_that_is_not_its_own(havn: World) -> None:
    await meet(havn, **MALEE, **NUMBER)
    theirs = await meet(havn, by="us", **(US_DECIDES | ALIKE), identifiers=[ecpr("9")])
    assert theirs.possible_duplicates == []
    assert await theirs.questions(by="us") == []
    assert len(await theirs.questions(by="cmm")) == 1


async def test_us_cannot_decide_about_a_number_that_cmm_knows_and_learns_no_id(havn: World) -> None:
    ours = await meet(havn, given_name="Lily", **NUMBER)
    theirs = await meet(havn, by="us", **(US_DECIDES | MALEE | NUMBER))
    assert theirs.possible_duplicates == []
    await theirs.recommend()
    refused = await theirs.try_deciding("US")
    assert name_of(refused) == (409, "DuplicateUnresolved")
    assert ours.id not in refused.text
    assert (await theirs.override(ours, by="us")).status_code == 404
    assert (await theirs.override(ours, by="cmm")).status_code == 200
    assert (await theirs.try_deciding("US")).status_code == 201


@pytest.mark.parametrize("stranger", ["politi-oestjylland", "reden", "us", "kommune-0751"])
async def test_others_neither_see_nor_answer_questions(havn: World, stranger: str) -> None:
    first, second = await meet(havn, **MALEE), await meet(havn, **ALIKE)
    assert (await first.get("/possible-duplicates", by=stranger)).status_code == 404
    assert (await first.override(second, by=stranger)).status_code in (403, 404)
    assert ids(await first.questions()) == [second.id]


async def test_a_case_is_not_told_from_itself(havn: World) -> None:
    first, second = await meet(havn, **MALEE), await meet(havn, **ALIKE)
    assert name_of(await first.override(first)) == (409, "NotAPair")
    assert (await first.merge(second)).status_code == 200
    assert name_of(await second.override(first)) in {(409, "NotAPair"), (409, "CaseIsMerged")}


async def test_an_earlier_ended_case_of_the_person_is_no_question(havn: World) -> None:
    first = as_met(await open_case(havn, CMM_DECIDES | MALEE | NUMBER))
    await first.decide("CMM")
    closed = await first.post("/closure", {"on": "2026-03-20", "reason": "All is done."})
    assert closed.status_code in (200, 201), closed.text
    second = as_met(await open_case(havn, CMM_DECIDES | MALEE | NUMBER))
    assert second.id != first.id
    assert await second.questions() == []
    assert await decided(second) == (201, "")


async def test_who_declined_is_asked_about_no_longer(havn: World) -> None:
    first, second = await meet(havn, **MALEE), await meet(havn, **ALIKE)
    refused = await first.post("/refusal", {"on": "2026-03-03"})
    assert refused.status_code == 200, refused.text
    assert await second.questions() == await first.questions() == []
