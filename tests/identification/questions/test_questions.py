"""Who is who: a number is a claim. Every subject has a case of its own, a resemblance is a question, and people answer it."""

import asyncio
import random
from typing import Any
from uuid import UUID

import pytest

from services.identification.questions import domain as questions
from shared.identity.actor import Actor
from tests.identification.builders import CMM_DECIDES, DANISH_GIRL, US_DECIDES, Opened, name_of, open_case
from tests.identification.finding.people import QUESTIONS, Met, ecpr, meet
from tests.identification.life import done
from tests.world import World

MALEE = {"given_name": "Malee", "family_name": "Suwan", "birth_date": "2001-05-17"}
ALIKE = {"given_name": "Mali", "family_name": "Suvan", "birth_date": "2001-05-17"}
NUMBER: dict[str, Any] = {"identifiers": [ecpr("1405981AB2")]}


def as_met(case: Opened) -> Met:
    return Met(case.havn, case.id, [])


async def decided(case: Met) -> tuple[int, str]:
    await case.recommend()
    made = await case.try_deciding("CMM")
    return (201, "") if made.status_code == 201 else name_of(made)


# ---------------------------------------------------------------- what is asked


async def test_two_strangers_under_one_number_are_two_cases_and_a_question(havn: World) -> None:
    """Each has its own deadlines, authority and protection at once (docs/rules.md, identity-1)."""
    adult = as_met(await open_case(havn, {"stated_age": 24, "residence_basis": "visa"} | NUMBER))
    child = as_met(await open_case(havn, US_DECIDES | {"stated_age": 15} | NUMBER, sender="hopenow"))
    assert adult.id != child.id
    details = await child.details()
    assert (details["age_group"], details["routing"]["authority"]) == ("presumed_minor", "US")
    assert {"decision", "child_notification"} <= {deadline["kind"] for deadline in details["deadlines"]}
    (question,) = await child.questions()
    assert question["matched_on"] == ["number"]
    assert [case["case_id"] for case in question["cases"]] == [child.id, adult.id], "the newer one first"
    assert [case["sender"] for case in question["cases"]] == ["hopenow", "politi-oestjylland"]


@pytest.mark.row(13)
async def test_opening_a_case_warns_whom_it_may_be_one_with_and_asks(havn: World) -> None:
    first = await meet(havn, **MALEE)
    assert first.possible_duplicates == []
    second = await meet(havn, **ALIKE)
    (warning,) = second.possible_duplicates
    assert warning["case_id"] == first.id
    assert warning["matched_on"] == ["given_name", "family_name", "birth_date"]
    (question,) = await second.questions()
    assert (question["state"], question["score"]) == ("open", warning["score"])
    assert question["matched_on"] == ["name", "birth_date"]
    assert await first.questions() == [question]


async def test_after_an_opening_nobody_looks_twice(havn: World) -> None:
    """Where events wait, the sweep has looked before the event of the opening comes: that is most of what an opening takes."""
    first, second = await meet(havn, **MALEE), await meet(havn, **ALIKE)
    assert await second.asked_about() == {first.id}
    await havn.sql("identification", "DELETE FROM question")
    for is_to_compare, asked in ((False, set()), (True, {first.id})):
        await havn.sql("identification", "UPDATE case_file SET is_to_compare = $1", is_to_compare)
        async with havn.application.databases["identification"].transaction(Actor.system("identification")) as work:
            await questions.look_once_open(work, case_id=UUID(second.id))
        assert await second.asked_about() == asked


async def test_who_declines_is_compared_with_nobody_and_waits_for_it_no_longer(havn: World) -> None:
    """Or every sweep would come upon them first, and fifty of them would keep it from all that comes after."""
    case, _ = await meet(havn, **MALEE), await meet(havn, **ALIKE)
    assert len(await case.questions()) == 1
    await done(case.post("/refusal", {"on": "2026-03-02"}))
    person = (await case.get("/person", purpose="identification")).json()
    described = {name: value for name, value in person.items() if value not in (None, [])} | {"gender": "woman"}
    path = f"{case.path}/person"
    await done(havn.partner("cmm").put(path, described, if_match="*"))
    await havn.sql("identification", "UPDATE case_file SET is_to_compare = true WHERE refused_on IS NOT NULL")
    async with havn.application.databases["identification"].transaction(Actor.system("identification")) as work:
        assert not await questions.look_where_due(work)
    assert not await havn.sql("identification", "SELECT FROM case_file WHERE is_to_compare")
    assert await case.questions() == []


@pytest.mark.row(13)
async def test_a_description_that_is_corrected_asks_anew_and_asks_no_longer(havn: World) -> None:
    first, second = await meet(havn, **MALEE), await meet(havn, given_name="Ngozi", family_name="Eze")
    assert await second.questions() == []
    await second.describe(ALIKE)
    assert await second.asked_about() == {first.id}
    await second.describe({"given_name": "Ngozi", "family_name": "Eze"})
    assert await second.questions() == await first.questions() == []
    await second.describe(ALIKE)
    assert await second.asked_about() == {first.id}, "as before"


async def look(havn: World, case: Met) -> None:
    async with havn.application.databases["identification"].transaction(Actor.system("identification")) as work:
        await questions.look(work, case_id=UUID(case.id))


async def test_to_ask_and_to_merge_wait_for_each_other(havn: World) -> None:
    """Both are about the same two cases, and lock them in one order: neither is broken off for the other."""
    newer, older = await two_of_which_the_newer_has_the_greater_id(havn)
    await havn.sql("identification", "DELETE FROM question")
    lock = "SELECT FROM case_file WHERE id = $1 FOR UPDATE"
    async with havn.meanwhile("identification") as merging:
        await merging.execute(lock, UUID(older.id))
        asking = asyncio.create_task(look(havn, newer))
        await asyncio.sleep(0.5)
        await merging.execute(lock, UUID(newer.id))
    await asking
    assert len(await newer.questions()) == 1


async def two_of_which_the_newer_has_the_greater_id(havn: World) -> tuple[Met, Met]:
    """Two cases of one number; other ones are tried until chance has it so."""
    while True:
        number = {"identifiers": [ecpr(f"1405{random.randint(100000, 999999)}")]}
        older, newer = [as_met(await open_case(havn, CMM_DECIDES | number)) for _ in range(2)]
        await havn.settled()
        if newer.id > older.id:
            return newer, older


async def test_who_us_describes_anew_is_looked_for_later(havn: World) -> None:
    first = await meet(havn, by="us", **(US_DECIDES | MALEE))
    second = await meet(havn, by="us", **(US_DECIDES | {"given_name": "Ngozi"}))
    assert await second.questions() == []
    await second.describe(US_DECIDES | ALIKE, by="us")
    assert await second.questions() == []
    await havn.application.sweep()
    assert await second.asked_about() == {first.id}
    await second.describe(US_DECIDES | {"given_name": "Ngozi", "family_name": "Eze"}, by="us")
    await havn.application.sweep()
    assert await second.questions() == await first.questions() == [], "it rests on nothing any more"


async def test_a_sender_may_say_itself_that_it_is_the_same_person(havn: World) -> None:
    known = as_met(await open_case(havn, CMM_DECIDES | {"given_name": "Malee"}, sender="hopenow"))
    theirs = as_met(await open_case(havn, CMM_DECIDES | {"given_name": "Rosa"}, sender="hopenow", case_id=known.id))
    (question,) = await theirs.questions()
    assert (question["matched_on"], question["score"]) == (["sender_says"], 1.0)
    assert await theirs.asked_about() == {known.id}


async def test_the_word_of_a_sender_counts_only_for_a_case_that_it_has_to_do_with(havn: World) -> None:
    known = await open_case(havn, CMM_DECIDES | {"given_name": "Malee"}, sender="hopenow")
    for claimed, name in ((known.id, "Rosa"), ("01234567-89ab-4def-8123-456789abcdef", "Ngozi")):
        theirs = as_met(await open_case(havn, CMM_DECIDES | {"given_name": name}, sender="reden", case_id=claimed))
        assert await theirs.questions() == []


async def test_at_most_the_ten_strongest_are_asked_about(havn: World) -> None:
    for _ in range(11):
        await meet(havn, **MALEE)
    await havn.settled()  # or one of them might be looked at late, and ask about the last as well
    last = await meet(havn, **MALEE)
    newer = [each for each in await last.questions() if each["cases"][0]["case_id"] == last.id]
    assert len(newer) == len(last.possible_duplicates) == 10


async def test_a_question_changes_nothing_that_others_see(havn: World) -> None:
    """No number of a case's events, no ETag, no event (docs/rules.md, identity-3)."""
    first = as_met(await open_case(havn, CMM_DECIDES | MALEE | NUMBER))
    before = await first.etag(), len(await havn.events("identification"))
    second = as_met(await open_case(havn, CMM_DECIDES | MALEE | NUMBER, sender="hopenow"))
    assert await second.questions() != []
    assert await first.etag() == before[0]
    assert {event["key"] for event in (await havn.events("identification"))[before[1] :]} == {second.id}


# ---------------------------------------------------------------- who is asked


@pytest.mark.parametrize("stranger", ["politi-oestjylland", "reden", "us", "kommune-0751"])
async def test_others_neither_see_nor_answer_questions(havn: World, stranger: str) -> None:
    first, second = await meet(havn, **MALEE), await meet(havn, **ALIKE)
    (question,) = await second.questions()
    partner = havn.partner(stranger)
    assert (await partner.get(QUESTIONS)).json()["items"] == []
    path = f"{QUESTIONS}/{question['question_id']}"
    assert (await partner.get(path, purpose="identification")).status_code == 404
    said = {"answer": "different", "reason": "Met both."}
    assert (await partner.post(f"{path}/answer", said)).status_code in (403, 404)
    assert (await partner.post(f"{path}/undo")).status_code in (403, 404)
    assert await first.asked_about() == {second.id}


async def test_us_answers_only_where_it_decides_in_both(havn: World) -> None:
    ours = await meet(havn, **MALEE)
    first = await meet(havn, by="us", **(US_DECIDES | MALEE))
    second = await meet(havn, by="us", **(US_DECIDES | ALIKE))
    assert first.possible_duplicates == []
    assert [each["case_id"] for each in second.possible_duplicates] == [first.id]
    assert await second.asked_about(by="us") == {first.id}
    assert await second.asked_about() == {ours.id, first.id}
    assert (await second.answer(first, "different", by="us")).status_code == 200


DANISH = {"citizenships": ["DNK"], "residence_basis": "danish_citizen", "given_name": "Mynte"}


async def is_said_to_be(case: Met, other: Met) -> None:
    """CMM answers that they are one, and keeps what the other case says."""
    path = f"{QUESTIONS}/{(await case.question_with(other))['question_id']}"
    differs = (await case.havn.partner("cmm").get(path, purpose="identification")).json()["differs"]
    answered = await case.answer(other, "same", keep=dict.fromkeys(differs, other.id))
    assert answered.status_code == 200, answered.text
    await case.havn.settled()


async def what_us_sees(havn: World) -> dict[str, Any]:
    """Its questions, as open, and their deadlines; and what it is told who opens a further case."""
    us = havn.partner("us")
    items = (await us.get(QUESTIONS)).json()["items"]
    due = (await us.get("/identification/v1/deadlines", kind="question")).json()["items"]
    return {"questions": items, "deadlines": due}


async def test_no_merge_into_a_case_that_us_knows_nothing_of_takes_a_question_away_from_us(havn: World) -> None:
    """US has opened two cases under one number, which a third has too: CMM answers for both (docs/rules.md, identity-7)."""
    ours = await meet(havn, **(DANISH | NUMBER))
    first, second = [
        await meet(havn, by="us", **(US_DECIDES | NUMBER | {"given_name": name})) for name in ("Mai", "Bo")
    ]
    await second.recommend()
    await havn.settled()
    before = await what_us_sees(havn)
    assert [{case["case_id"] for case in each["cases"]} for each in before["questions"]] == [{first.id, second.id}]
    assert len(before["deadlines"]) == 1
    for case in (first, second):
        await is_said_to_be(case, ours)
        assert await what_us_sees(havn) == before
    assert name_of(await second.try_deciding("US")) == (409, "QuestionOpen"), "as while nobody had answered"
    assert (await havn.partner("cmm").get(QUESTIONS)).json()["items"] == [], "CMM has answered it"
    assert (await havn.partner("cmm").get("/identification/v1/deadlines", kind="question")).json()["items"] == []

    third = await meet(havn, by="us", **(US_DECIDES | NUMBER))
    await havn.settled()
    assert {each["case_id"] for each in third.possible_duplicates} == {first.id, second.id}
    assert await third.asked_about(by="us") == {first.id, second.id}
    assert await third.asked_about() >= {ours.id}
    settled = await second.answer(first, "same", by="us", keep={"given_name": first.id})
    assert settled.status_code == 200, settled.text
    (gone,) = [each for each in (await what_us_sees(havn))["questions"] if third.id not in str(each)] or [None]
    assert gone is None


async def test_what_us_merges_into_a_case_of_its_own_that_goes_on_elsewhere_is_protected_there(havn: World) -> None:
    await havn.set_clock("2026-03-02T10:00:00+01:00")
    ours = await meet(havn, **(DANISH | NUMBER))
    first, second = [await meet(havn, by="us", **(US_DECIDES | NUMBER)) for _ in range(2)]
    await havn.settled()
    await is_said_to_be(first, ours)
    assert (await second.post("/custody", {"since": "2026-03-02T07:00:00+01:00"}, by="us")).status_code == 201
    assert "custody" not in {each["kind"] for each in (await ours.details())["deadlines"]}
    merged = await second.answer(first, "same", by="us")
    assert merged.status_code == 200, merged.text
    assert (await second.get(by="us")).json()["merged_into"] == first.id
    assert "custody" in {each["kind"] for each in (await ours.details())["deadlines"]}
    assert (await second.undo(first, by="us")).status_code == 200
    assert "custody" not in {each["kind"] for each in (await ours.details())["deadlines"]}


async def test_cmm_answers_between_two_cases_of_us_where_the_work_goes_on(havn: World) -> None:
    ours = await meet(havn, **DANISH)
    first, second = [await meet(havn, by="us", **(US_DECIDES | NUMBER)) for _ in range(2)]
    await havn.settled()
    assert (await first.merge(ours)).status_code == 200
    assert await second.asked_about() == {first.id}
    keep = dict.fromkeys(["citizenships", "residence_basis", "given_name"], ours.id)
    answered = await second.answer(first, "same", keep=keep)
    assert answered.status_code == 200, answered.text
    assert answered.json()["case_id"] == ours.id
    assert (await second.details())["merged_into"] == ours.id


async def test_how_many_of_its_questions_us_sees_does_not_say_who_else_is_known(havn: World) -> None:
    """Ten are asked at most; those that are not put to US take no place among them."""
    await meet(havn, **MALEE)
    for _ in range(10):
        await meet(havn, by="us", **(US_DECIDES | MALEE))
    await havn.settled()
    last = await meet(havn, by="us", **(US_DECIDES | MALEE))
    await havn.settled()
    theirs = (await havn.partner("us").get(QUESTIONS, case_id=last.id)).json()["items"]
    assert len(theirs) == 10
    assert len(await last.questions()) == 11


async def test_the_questions_are_listed_the_oldest_and_the_strongest_first(havn: World) -> None:
    await havn.set_clock("2026-03-02T10:00:00+01:00")
    await meet(havn, **MALEE)
    await meet(havn, given_name="Mali", family_name="Suwan", birth_date="2001-05-18")
    await havn.settled()
    await havn.set_clock("2026-03-02T11:00:00+01:00")
    await meet(havn, **MALEE)
    await havn.settled()
    partner = havn.partner("cmm")
    items = (await partner.get(QUESTIONS)).json()["items"]
    assert len(items) == 3
    assert [item["asked_at"] for item in items] == sorted(item["asked_at"] for item in items)
    assert items[1]["score"] > items[2]["score"]
    page, walked = (await partner.get(QUESTIONS, limit=1)).json(), []
    while True:
        walked += page["items"]
        if page["next_cursor"] is None:
            break
        page = (await partner.get(QUESTIONS, limit=1, cursor=page["next_cursor"])).json()
    assert walked == items


async def test_a_question_is_read_with_what_differs_and_for_a_purpose(havn: World) -> None:
    first, second = await meet(havn, **MALEE), await meet(havn, **(ALIKE | {"stated_age": 15}))
    question = await second.question_with(first)
    path = f"{QUESTIONS}/{question['question_id']}"
    assert name_of(await havn.partner("cmm").get(path)) == (400, "PurposeMissing")
    read = await havn.partner("cmm").get(path, purpose="identification")
    assert read.status_code == 200, read.text
    assert read.headers["etag"]
    assert read.json()["differs"] == {
        "given_name": {first.id: "Malee", second.id: "Mali"},
        "family_name": {first.id: "Suwan", second.id: "Suvan"},
        "stated_age": {first.id: 24, second.id: 15},
    }
    assert "differs" not in question


# ---------------------------------------------------------------- a decision and its questions


@pytest.mark.row(13)
async def test_nobody_is_decided_about_twice_under_one_number(havn: World) -> None:
    first = await meet(havn, given_name="Malee", **NUMBER)
    second = await meet(havn, given_name="Lily", **NUMBER)
    question = await second.question_with(first)
    await second.recommend()
    refused = await second.try_deciding("CMM")
    assert name_of(refused) == (409, "QuestionOpen")
    assert refused.json()["questions"] == [question["question_id"]]
    assert name_of(await second.try_deciding("CMM", "declined")) == (409, "QuestionOpen")
    assert (await second.answer(first, "different")).status_code == 200
    assert (await second.try_deciding("CMM")).status_code == 201


async def test_a_name_alone_holds_no_decision_up(havn: World) -> None:
    await meet(havn, **MALEE)
    second = await meet(havn, **ALIKE)
    assert await second.questions() != []
    assert await decided(second) == (201, "")


async def test_a_court_waits_for_no_answer(havn: World) -> None:
    await meet(havn, given_name="Malee", **NUMBER)
    second = await meet(havn, given_name="Lily", **NUMBER)
    assert await second.questions() != []
    assert (await second.try_deciding("COURT", by="cmm")).status_code == 201


async def test_us_decides_though_a_danish_citizen_has_the_number(havn: World) -> None:
    """What it may not know cannot hold it up (docs/rules.md, identity-7)."""
    danish = as_met(await open_case(havn, DANISH_GIRL | NUMBER, sender="kommune-0751"))
    theirs = await meet(havn, by="us", **(US_DECIDES | MALEE | NUMBER))
    assert theirs.possible_duplicates == []
    assert await theirs.asked_about() == {danish.id}, "CMM is asked"
    assert await theirs.questions(by="us") == []
    for reader, told in (("us", False), ("cmm", True)):
        log = (await theirs.get("/access-log", by=reader)).json()["items"]
        assert any(each["operation"].startswith("question.") for each in log) is told
    await theirs.recommend()
    assert (await theirs.try_deciding("US")).status_code == 201
    assert (await theirs.get("/earlier-identifications", by="us", purpose="identification")).json()["items"] == []


# ---------------------------------------------------------------- different


@pytest.mark.row(15)
@pytest.mark.parametrize("by_the_first", [True, False])
async def test_a_pair_that_is_different_is_not_asked_about_again(havn: World, by_the_first: bool) -> None:
    first, second = await meet(havn, **MALEE, **NUMBER), await meet(havn, **ALIKE)
    answering, other = (first, second) if by_the_first else (second, first)
    answered = await answering.answer(other, "different")
    assert answered.status_code == 200, answered.text
    question = answered.json()["question"]
    assert (question["state"], question["answer"], question["answered_by"]) == ("answered", "different", "cmm")
    assert await first.questions() == await second.questions() == []
    await second.describe(MALEE | NUMBER)
    await first.describe(ALIKE | NUMBER)
    assert await first.questions() == await second.questions() == []
    third = await meet(havn, **MALEE)
    assert await third.asked_about() == {first.id, second.id}, "a later one is a question of its own"


async def test_an_answer_is_audited_and_its_reason_sealed(havn: World) -> None:
    first, second = await meet(havn, **MALEE), await meet(havn, **ALIKE)
    assert (await second.answer(first, "different")).status_code == 200
    rows = await havn.sql("identification", "SELECT subject_id FROM audit WHERE operation = 'question.answer'")
    assert [str(row["subject_id"]) for row in rows] == [second.id]
    (question,) = await havn.sql("identification", "SELECT reason FROM question")
    assert b"Met both" not in question["reason"]


async def test_an_answer_is_given_once_and_can_be_taken_back(havn: World) -> None:
    first, second = await meet(havn, **MALEE, **NUMBER), await meet(havn, **ALIKE, **NUMBER)
    question = await second.question_with(first)
    path = f"{QUESTIONS}/{question['question_id']}"
    partner = havn.partner("cmm")
    assert name_of(await partner.post(f"{path}/undo")) == (409, "QuestionNotAnswered")
    assert (await second.answer(first, "different")).status_code == 200
    said = {"answer": "same", "reason": "Changed my mind."}
    assert name_of(await partner.post(f"{path}/answer", said)) == (409, "QuestionAnswered")
    undone = await second.undo(first)
    assert undone.status_code == 200, undone.text
    assert undone.json()["question"]["state"] == "undone"
    assert await decided(second) == (201, ""), "it holds nothing up until it is asked anew"
    assert (await partner.post(f"{path}/answer", said | {"answer": "different"})).status_code == 200


async def test_a_stale_answer_is_refused(havn: World) -> None:
    first, second = await meet(havn, **MALEE), await meet(havn, **ALIKE)
    question = await second.question_with(first)
    path = f"{QUESTIONS}/{question['question_id']}"
    partner = havn.partner("cmm")
    seen = (await partner.get(path, purpose="identification")).headers["etag"]
    said = {"answer": "different", "reason": "Met both."}
    assert (await partner.post(f"{path}/answer", said)).status_code == 200
    assert (await partner.post(f"{path}/undo")).status_code == 200
    assert name_of(await partner.post(f"{path}/answer", said, if_match=seen)) == (412, "Stale")
