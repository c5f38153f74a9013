"""A question is to be answered by a day: a deadline for those who may answer it, and for nobody else."""

from typing import Any

from tests.identification.builders import CMM_DECIDES, US_DECIDES, Opened, open_case
from tests.identification.finding.people import ecpr
from tests.world import World

NOON = "2026-03-16T12:00:00+01:00"
NUMBER = {"identifiers": [ecpr("XE-204715")]}
POLICE = "politi-oestjylland"


async def deadlines_of(havn: World, org: str, **asked: Any) -> list[dict[str, Any]]:
    page = await havn.partner(org).get("/identification/v1/deadlines", **asked)
    assert page.status_code == 200, page.text
    items: list[dict[str, Any]] = page.json()["items"]
    return items


async def two_alike(havn: World, person: dict[str, Any]) -> tuple[Opened, Opened]:
    await havn.set_clock(NOON)
    older = await open_case(havn, person | NUMBER, sender="hopenow")
    newer = await open_case(havn, person | NUMBER)
    await havn.settled()
    return older, newer


async def test_cmm_has_seven_days_to_answer_and_the_question_is_among_its_deadlines(havn: World) -> None:
    older, newer = await two_alike(havn, CMM_DECIDES)
    (deadline,) = await deadlines_of(havn, "cmm", kind="question")
    assert deadline == {
        "kind": "question",
        "case_id": newer.id,
        "due_at": "2026-03-23T23:00:00Z",
        "due_on": "2026-03-23",
        "state": "running",
        "for_org": "cmm",
    }
    assert [each["case_id"] for each in await deadlines_of(havn, "cmm", kind="question", case_id=older.id)] == [
        older.id
    ]
    assert deadline in await deadlines_of(havn, "cmm", until="2026-03-23")
    assert deadline not in await deadlines_of(havn, "cmm", until="2026-03-22")
    kinds = [each["kind"] for each in await deadlines_of(havn, "cmm")]
    assert kinds == ["question", "decision", "decision"], "soonest first, among the others"


async def test_nobody_else_has_that_deadline_and_the_deciding_authority_only_where_it_decides_both(havn: World) -> None:
    await two_alike(havn, CMM_DECIDES)
    for organisation in ("us", POLICE, "hopenow"):
        assert await deadlines_of(havn, organisation, kind="question") == []
    await havn.forget_everything()
    older, newer = await two_alike(havn, US_DECIDES)
    assert [each["for_org"] for each in await deadlines_of(havn, "us", kind="question")] == ["us"]
    for organisation in (POLICE, "hopenow"):
        assert await deadlines_of(havn, organisation, kind="question") == []
    for case in (older, newer):
        seen = (await case.get(by="us")).json()
        assert "question" not in {each["kind"] for each in seen["deadlines"]}, "the case itself says nothing of it"


async def test_the_deadline_is_due_passed_and_done_and_cmm_is_alerted_twice_and_no_event_says_so(havn: World) -> None:
    _, newer = await two_alike(havn, CMM_DECIDES)
    before = len(await havn.events("identification"))
    states = {"2026-03-22T23:00:00+01:00": "due", "2026-03-24T09:00:00+01:00": "passed"}
    for at, state in states.items():
        await havn.set_clock(at)
        assert [each["state"] for each in await deadlines_of(havn, "cmm", kind="question")] == [state]
        assert len(await deadlines_of(havn, "cmm", kind="question", state=state)) == 1
    alerts = (await havn.partner("cmm").get("/identification/v1/alerts")).json()["items"]
    assert [(each["kind"], each["case_id"], each["number"]) for each in alerts if each["kind"] == "question"] == [
        ("question", newer.id, 2),
        ("question", newer.id, 1),
    ]
    assert len(await havn.events("identification")) == before
    (question,) = (await havn.partner("cmm").get("/identification/v1/questions")).json()["items"]
    said = {"answer": "different", "reason": "Two people."}
    answered = await havn.partner("cmm").post(
        f"/identification/v1/questions/{question['question_id']}/answer", said, if_match="*"
    )
    assert answered.status_code == 200, answered.text
    assert await deadlines_of(havn, "cmm", kind="question") == []
    assert [each["state"] for each in await deadlines_of(havn, "cmm", kind="question", state="done")] == ["done"]


async def test_what_is_asked_anew_after_nothing_spoke_for_it_has_its_days_anew(havn: World) -> None:
    older, newer = await two_alike(havn, CMM_DECIDES)
    cmm = havn.partner("cmm")

    async def describe(person: dict[str, Any]) -> None:
        described = await cmm.put(f"{newer.path}/person", CMM_DECIDES | person, if_match="*")
        assert described.status_code == 200, described.text
        await havn.settled()

    await describe({})
    assert await deadlines_of(havn, "cmm", kind="question") == []
    await havn.set_clock("2026-05-04T12:00:00+02:00")
    await describe(NUMBER)
    (deadline,) = await deadlines_of(havn, "cmm", kind="question")
    assert (deadline["state"], deadline["due_on"]) == ("running", "2026-05-11")
    assert (await older.post("/merge", {"into": newer.id})).status_code == 200
    await havn.set_clock("2026-06-01T12:00:00+02:00")
    assert (await older.post("/unmerge", None)).status_code == 200
    (deadline,) = await deadlines_of(havn, "cmm", kind="question")
    assert (deadline["state"], deadline["due_on"]) == ("running", "2026-06-08"), "the two are two again"
