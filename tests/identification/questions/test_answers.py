"""Two cases are one person, people have said: the newer goes on in the older, facts are chosen, and it can be undone."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from services.identification.merging import answers
from tests.identification.builders import name_of
from tests.identification.finding.people import QUESTIONS, Met, meet
from tests.identification.life import close
from tests.identification.questions.test_questions import ALIKE, MALEE, NUMBER, decided
from tests.world import World

# ---------------------------------------------------------------- same


async def test_the_newer_case_goes_on_in_the_older_and_differing_facts_are_chosen(havn: World) -> None:
    older = await meet(havn, **(MALEE | {"residence_basis": "visa"}))
    newer = await meet(havn, **(ALIKE | {"aliases": ["Fon"], "languages": ["tha"]}))
    refused = await newer.answer(older, "same", keep={"given_name": newer.id})
    assert name_of(refused) == (409, "ChoiceMissing")
    assert refused.json()["fields"] == ["family_name", "residence_basis"]
    assert (await newer.details())["merged_into"] is None
    keep = {"given_name": newer.id, "family_name": older.id, "residence_basis": newer.id}
    answered = await newer.answer(older, "same", keep=keep)
    assert answered.status_code == 200, answered.text
    assert answered.json()["case_id"] == older.id
    assert (await newer.details())["merged_into"] == older.id
    about = [each["case_id"] for each in answered.json()["question"]["cases"]]
    assert about == [newer.id, older.id], "which two are one, should anybody take that back"
    assert await newer.asked_about(state="answered") == {older.id}
    person = (await older.get("/person", purpose="identification")).json()
    assert (person["given_name"], person["family_name"]) == ("Mali", "Suwan")
    assert (person["aliases"], person["languages"]) == (["Fon"], ["tha"]), "what only one of them said is taken in"
    details = await older.details()
    assert (details["residence_basis"], details["routing"]["rule"]) == ("residence_permit", "R5")
    assert (await newer.get("/person", purpose="identification")).json()["given_name"] == "Mali", "as it was"


async def test_keep_takes_only_facts_and_the_two_cases(havn: World) -> None:
    first, second = await meet(havn, **MALEE), await meet(havn, **ALIKE)
    stranger = await meet(havn, given_name="Ngozi")
    both = {"given_name": first.id, "family_name": first.id}
    for wrong in ({"given_name": stranger.id}, {"consents": first.id}, {"shoe_size": first.id}):
        refused = await second.answer(first, "same", keep=both | wrong)
        assert name_of(refused) == (422, "NotAChoice"), wrong


async def test_of_two_different_people_nothing_is_chosen(havn: World) -> None:
    first, second = await meet(havn, **MALEE), await meet(havn, **ALIKE)
    refused = await second.answer(first, "different", keep={"given_name": first.id})
    assert (refused.status_code, "leave keep out" in refused.text) == (422, True)
    assert (await second.answer(first, "different", keep={})).status_code == 200, (
        "nothing was changed by what was refused"
    )


async def test_a_merge_keeps_the_minor_and_the_earlier_hours_which_the_municipality_ends_in_its_own_case(
    havn: World,
) -> None:
    await havn.set_clock("2026-03-02T10:00:00+01:00")
    older = await meet(havn, **(MALEE | NUMBER | {"birth_date": None, "stated_age": 24}))
    newer = await meet(havn, **(MALEE | NUMBER | {"birth_date": None, "stated_age": 15}))
    await havn.set_clock("2026-03-02T14:00:00+01:00")
    answered = await newer.answer(older, "same", keep={"stated_age": older.id})
    assert answered.status_code == 200, answered.text
    assert (await older.details())["age_group"] == "presumed_minor"

    async def hours(case: Met) -> list[str]:
        deadlines = (await case.details())["deadlines"]
        return [each["due_at"] for each in deadlines if each["kind"] == "child_notification"]

    assert await hours(older) == ["2026-03-03T09:00:00Z"], "since the municipality was notified"
    report = {"assessed_at": "2026-03-02T13:00:00+01:00"}
    assert (await older.get(by="kommune-0751")).status_code == 404
    assessed = await newer.post("/child-assessment", report, by="kommune-0751")
    assert assessed.status_code == 200, assessed.text
    assert await hours(older) == []
    assert (await newer.undo(older)).status_code == 200
    details = await older.details()
    assert (details["age_group"], details["child_protection"]) == ("adult", None)


async def test_an_age_assessment_of_one_of_them_holds(havn: World) -> None:
    older = await meet(havn, **(MALEE | NUMBER | {"birth_date": None, "stated_age": 19, "age_basis": "assessed"}))
    newer = await meet(havn, **(MALEE | NUMBER | {"birth_date": None, "stated_age": 15}))
    answered = await newer.answer(older, "same")
    assert answered.status_code == 200, answered.text
    assert (await older.details())["age_group"] == "adult"
    assert (await older.get("/person", purpose="identification")).json()["stated_age"] == 19


async def test_the_older_goes_on_unless_only_the_newer_is_decided(havn: World) -> None:
    older, newer = await meet(havn, **MALEE), await meet(havn, **MALEE)
    assert await decided(newer) == (201, "")
    assert (await newer.answer(older, "same")).json()["case_id"] == newer.id
    assert (await older.details())["merged_into"] == newer.id


async def test_a_closed_case_never_goes_on(havn: World) -> None:
    older = await meet(havn, **MALEE)
    assert await decided(older) == (201, "")
    await close(older)
    newer = await meet(havn, **MALEE)
    assert (await newer.answer(older, "same")).json()["case_id"] == newer.id
    earlier = await newer.get("/earlier-identifications", purpose="identification")
    assert [item["case_id"] for item in earlier.json()["items"]] == [older.id]


async def test_of_two_closed_cases_one_is_opened_again_first(havn: World) -> None:
    older, newer = await meet(havn, **MALEE), await meet(havn, **MALEE)
    for case in (older, newer):
        assert await decided(case) == (201, "")
        await close(case)
    assert name_of(await newer.answer(older, "same")) == (409, "BothCasesClosed")


async def test_who_is_anonymous_gets_nobodys_identity(havn: World) -> None:
    older = await meet(havn, **MALEE)
    newer = await meet(havn, **MALEE, **NUMBER)
    question = await newer.question_with(older)
    refused = await older.post("/refusal", {"on": "2026-03-03"})
    assert refused.status_code == 200, refused.text
    await havn.sql("identification", "UPDATE question SET state = 'open'")
    said = {"answer": "same", "reason": "The same interpreter."}
    path = f"{QUESTIONS}/{question['question_id']}/answer"
    answered = await havn.partner("cmm").post(path, said)
    assert answered.status_code == 200, answered.text
    person = (await older.get("/person", purpose="identification")).json()
    assert (person["given_name"], person["identifiers"]) == (None, [])


async def test_undoing_gives_back_everything(havn: World) -> None:
    older = await meet(havn, **(MALEE | {"residence_basis": "visa"}))
    newer = await meet(havn, **(ALIKE | NUMBER | {"stated_age": 15}))
    cases = (older, newer)

    async def seen(case: Met) -> dict[str, Any]:
        details = await case.details()
        details.pop("deadlines")
        return details | {"person": (await case.get("/person", purpose="identification")).json()}

    before = [await seen(case) for case in cases]
    keep = dict.fromkeys(("given_name", "family_name", "residence_basis", "stated_age"), newer.id)
    answered = await newer.answer(older, "same", keep=keep)
    assert answered.status_code == 200, answered.text
    assert await seen(older) != before[0]
    undone = await newer.undo(older)
    assert undone.status_code == 200, undone.text
    after = [await seen(case) for case in cases]
    for mine, then in zip(after, before, strict=True):
        for details in (mine, then):
            for name in ("routing", "child_protection"):
                details.pop(name)
        assert mine == then


async def test_what_somebody_changed_after_the_merge_stays_when_it_is_undone(havn: World) -> None:
    older, newer = await meet(havn, **MALEE), await meet(havn, **ALIKE)
    keep = {"given_name": newer.id, "family_name": newer.id}
    assert (await newer.answer(older, "same", keep=keep)).status_code == 200
    await older.describe(ALIKE | {"given_name": "Rosa"})
    assert (await newer.undo(older)).status_code == 200
    person = (await older.get("/person", purpose="identification")).json()
    assert (person["given_name"], person["family_name"]) == ("Rosa", "Suwan")


# ---------------------------------------------------------------- several questions


async def three_of_one_number(havn: World) -> list[Met]:
    return [await meet(havn, given_name=name, **NUMBER) for name in ("Malee", "Lily", "Rosa")]


async def test_after_a_merge_questions_go_on_with_the_survivor_and_doubles_are_moot(havn: World) -> None:
    first, second, other = await three_of_one_number(havn)
    assert await other.asked_about() == {first.id, second.id}
    assert (await second.merge(first)).status_code == 200
    assert await other.asked_about() == {first.id}
    assert len(await other.questions(state="moot")) == 1
    assert (await other.answer(first, "different")).status_code == 200
    assert await decided(first) == (201, "")


async def test_an_undone_merge_asks_again_what_only_the_merge_had_answered(havn: World) -> None:
    first, second, other = await three_of_one_number(havn)
    assert (await second.merge(first)).status_code == 200
    assert (await other.answer(first, "different")).status_code == 200
    assert (await second.unmerge()).status_code == 200
    assert first.id in await second.asked_about()
    assert len(await other.questions()) <= 1
    assert await decided(second) == (409, "QuestionOpen")


async def test_what_rests_on_nothing_any_more_stands_for_no_other_question(havn: World) -> None:
    """Looked for once more where the work goes on: what was asked about the merged case falls, what is asked there stands."""
    first, second, other = await three_of_one_number(havn)
    assert await other.asked_about() == {first.id, second.id}
    assert (await second.merge(first)).status_code == 200
    await other.describe({"given_name": "Rosita"} | NUMBER)
    assert await other.asked_about() == {first.id}
    assert (await second.unmerge()).status_code == 200
    assert await other.asked_about() == {first.id, second.id}


async def test_a_merge_by_hand_leaves_nothing_to_ask(havn: World) -> None:
    first, second = await meet(havn, given_name="Malee", **NUMBER), await meet(havn, given_name="Lily", **NUMBER)
    assert (await second.merge(first)).status_code == 200
    assert await first.questions() == []
    assert len(await first.questions(state="moot")) == 1
    assert await decided(first) == (201, "")


@pytest.mark.parametrize("answer", ["different", "same"])
async def test_an_answer_changes_the_tag_of_no_case_of_which_nothing_has_changed(havn: World, answer: str) -> None:
    """Who has a part in one of the two learns nothing from the answer (docs/rules.md, identity-3)."""
    older, newer = await meet(havn, **MALEE), await meet(havn, **MALEE)

    async def tags() -> list[str]:
        return [await case.etag() for case in (older, newer)]

    before = await tags()
    assert (await newer.answer(older, answer)).status_code == 200
    assert await tags() == before
    assert (await newer.undo(older)).status_code == 200
    assert await tags() == before, "and undone"


async def test_a_case_that_takes_a_fact_in_has_a_new_version(havn: World) -> None:
    older, newer = await meet(havn, **MALEE), await meet(havn, **ALIKE)
    before = await older.etag(), await newer.etag()
    keep = {"given_name": newer.id, "family_name": older.id}
    assert (await newer.answer(older, "same", keep=keep)).status_code == 200
    after = await older.etag(), await newer.etag()
    assert (before[0] == after[0], before[1] == after[1]) == (False, True)


@pytest.mark.parametrize("answer", ["different", "same"])
async def test_of_two_that_are_one_by_now_nothing_is_asked_any_more(havn: World, answer: str) -> None:
    """Answered, taken back, and merged by hand: whatever is said then, nothing is done to the one case that there is."""
    older, newer = await meet(havn, **MALEE), await meet(havn, **MALEE)
    assert (await newer.answer(older, "different")).status_code == 200
    assert (await newer.undo(older)).status_code == 200
    assert (await newer.merge(older)).status_code == 200
    before = await older.etag(), await newer.etag()
    (question,) = await newer.questions(state="undone")
    said = {"answer": answer, "reason": "Met both on one day."}
    again = await havn.partner("cmm").post(f"{QUESTIONS}/{question['question_id']}/answer", said)
    assert name_of(again) == (409, "QuestionAnswered")
    assert (await older.etag(), await newer.etag()) == before
    assert (await older.details())["merged_into"] is None


@pytest.mark.parametrize("step", ["answer", "undo"])
async def test_an_answer_and_a_merge_of_the_same_two_wait_for_each_other(havn: World, step: str) -> None:
    """Both lock the cases before the question about them: neither is broken off for the other."""
    older, newer = await meet(havn, **MALEE), await meet(havn, **MALEE)
    (question,) = await newer.questions()
    if step == "undo":
        assert (await newer.answer(older, "same")).status_code == 200
    said = {"answer": "different", "reason": "Met both on one day."} if step == "answer" else None
    async with havn.meanwhile("identification") as merging:
        await merging.execute("SELECT FROM case_file WHERE id = $1 FOR UPDATE", UUID(older.id))
        path = f"{QUESTIONS}/{question['question_id']}/{step}"
        answering = asyncio.create_task(havn.partner("cmm").post(path, said))
        await asyncio.sleep(0.5)
        await merging.execute("SELECT FROM question FOR UPDATE")
    assert (await answering).status_code == 200


async def test_what_was_merged_while_somebody_answered_is_read_again(
    havn: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    older, newer = await meet(havn, **MALEE), await meet(havn, **MALEE)
    third = await meet(havn, given_name="Ngozi")
    locked = answers.cases.lock_pair

    async def lock_late(*given: Any, **named: Any) -> Any:
        monkeypatch.setattr(answers.cases, "lock_pair", locked)
        assert (await older.merge(third)).status_code == 200
        return await locked(*given, **named)

    (question,) = await newer.questions()
    monkeypatch.setattr(answers.cases, "lock_pair", lock_late)
    said = {"answer": "different", "reason": "Met both on one day."}
    answered = await havn.partner("cmm").post(f"{QUESTIONS}/{question['question_id']}/answer", said)
    assert answered.status_code == 409, answered.text
    (still,) = await newer.questions()
    assert (still["state"], {each["case_id"] for each in still["cases"]}) == ("open", {newer.id, third.id})


@pytest.mark.parametrize("by", ["undo", "unmerge"])
async def test_who_was_referred_while_two_cases_were_one_is_asked_about_with_each_once_they_are_two(
    havn: World, by: str
) -> None:
    first, second = [await meet(havn, **NUMBER, given_name=name) for name in ("Malee", "Somsri")]
    assert (await second.answer(first, "same", keep={"given_name": first.id})).status_code == 200
    third = await meet(havn, **NUMBER, given_name="Kanya")
    assert [each["cases"][1]["case_id"] for each in await third.questions()] == [first.id]
    assert (await (second.undo(first) if by == "undo" else second.unmerge())).status_code == 200
    asked = {frozenset(case["case_id"] for case in each["cases"]) for each in await third.questions()}
    assert asked == {frozenset({third.id, first.id}), frozenset({third.id, second.id})}
    assert (await third.answer(first, "different")).status_code == 200
    assert await decided(third) == (409, "QuestionOpen"), "whether it is the second is not known"
