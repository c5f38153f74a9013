"""A note for the municipality that assesses a child is read by that municipality, while it has the task, by its author and by
CMM, and by nobody else (docs/rules.md, duty-2)."""

from typing import Any

import httpx
import pytest

from tests.identification.builders import CMM_DECIDES, DANISH_GIRL, Opened, name_of, open_case
from tests.identification.erasure.test_nothing_left import erase
from tests.identification.finding.people import Met
from tests.world import World

HOME = "kommune-0461"
AWAY = "kommune-0751"
SCHOOL = "hopenow"
NOON = "2026-03-16T12:00:00+01:00"
ONE = "2026-03-16T13:00:00+01:00"
WORDS = "She is afraid of her uncle."
ASSESSED = {"assessed_at": ONE}
STRANGERS = (AWAY, "us", "politi-fyn", "reden", "familieretshuset", "sygehus-aarhus", "anklagemyndigheden", "3f")


@pytest.fixture
async def noon(havn: World) -> World:
    await havn.set_clock(NOON)
    return havn


async def child(havn: World, *, municipality: str | None = "0461", **said: Any) -> Opened:
    case = await open_case(havn, DANISH_GIRL, sender=SCHOOL, municipality=municipality, **said)
    await havn.set_clock(ONE)
    return case


async def write(case: Opened, text: str = WORDS, *, by: str = "cmm", **more: Any) -> httpx.Response:
    return await case.post("/child-notes", {"text": text}, by=by, **more)


async def read(case: Opened, by: str, purpose: str = "support") -> list[dict[str, Any]]:
    page = await case.get("/child-notes", by=by, purpose=purpose)
    assert page.status_code == 200, page.text
    items: list[dict[str, Any]] = page.json()["items"]
    return items


async def test_the_municipality_reads_what_was_written_for_it_and_by_whom(noon: World) -> None:
    case = await child(noon)
    written = await write(case)
    assert written.status_code == 201, written.text
    assert (await write(case, "He has a key to the school.", by=SCHOOL)).status_code == 201
    first, second = await read(case, HOME)
    assert first == {
        "note_id": written.json()["note_id"],
        "text": WORDS,
        "recorded_at": "2026-03-16T12:00:00Z",
        "recorded_by": "cmm",
        "addressed_to": HOME,
    }
    assert (second["text"], second["recorded_by"]) == ("He has a key to the school.", SCHOOL)
    assert [note["text"] for note in await read(case, "cmm")] == [WORDS, "He has a key to the school."]
    short = (await case.get("/child-notes", by=HOME, purpose="support", limit=1)).json()
    rest = await case.get("/child-notes", by=HOME, purpose="support", limit=1, cursor=short["next_cursor"])
    assert [note["note_id"] for note in (*short["items"], *rest.json()["items"])] == [
        first["note_id"],
        second["note_id"],
    ]


async def test_who_has_written_a_note_reads_its_own_and_not_whom_it_was_for(noon: World) -> None:
    case = await child(noon)
    await write(case)
    await write(case, "Hers.", by=SCHOOL)
    (own,) = await read(case, SCHOOL)
    assert (own["text"], own["addressed_to"]) == ("Hers.", None)


@pytest.mark.parametrize("stranger", STRANGERS)
async def test_for_everybody_else_there_is_nothing_as_where_there_is_no_case(noon: World, stranger: str) -> None:
    case, nothing = await child(noon), Opened(noon, "019cadab-2340-7d3e-9a52-3f6f0f0c8e21")
    await write(case)
    for method in ("get", "post"):
        answers = []
        for each in (case, nothing):
            if method == "get":
                answer = await each.get("/child-notes", by=stranger, purpose="support")
            else:
                answer = await write(each, by=stranger)
            assert answer.status_code == 404, answer.text
            hidden = {"instance", "trace_id"}
            answers.append({name: value for name, value in answer.json().items() if name not in hidden})
        assert answers[0] == answers[1]


async def test_before_the_task_and_after_it_the_municipality_reads_nothing(noon: World) -> None:
    case = await child(noon, municipality=None)
    assert (await case.get("/child-notes", by=HOME, purpose="support")).status_code == 404
    assert (await write(case, "Before.", by=SCHOOL)).status_code == 201
    assert name_of(await write(case)) == (409, "NobodyAssesses")
    assert (await case.post("/child-notification", {"municipality": "0461"})).status_code == 200
    assert await read(case, HOME) == [], "what was written before was not written to it"
    assert (await write(case, "Now.")).status_code == 201
    assert [note["text"] for note in await read(case, HOME)] == ["Now."]
    assert (await case.post("/child-assessment", ASSESSED, by=HOME)).status_code == 200
    assert (await case.get("/child-notes", by=HOME, purpose="support")).status_code == 404
    assert name_of(await write(case)) == (409, "NobodyAssesses")
    assert {note["text"]: note["addressed_to"] for note in await read(case, "cmm")} == {"Before.": None, "Now.": HOME}


async def test_another_municipality_reads_nothing_of_what_was_written_to_the_one_before(noon: World) -> None:
    case = await child(noon)
    await write(case)
    assert (await case.post("/child-notification", {"municipality": "0751"})).status_code == 200
    assert (await case.get("/child-notes", by=HOME, purpose="support")).status_code == 404
    assert await read(case, AWAY) == []
    await write(case, "She has moved.")
    assert [note["text"] for note in await read(case, AWAY)] == ["She has moved."]


async def test_who_has_referred_the_child_is_answered_alike_whether_anybody_has_the_task(noon: World) -> None:
    running, over, grown = (await child(noon), await child(noon), await open_case(noon, CMM_DECIDES, sender=SCHOOL))
    assert (await over.post("/child-assessment", ASSESSED)).status_code == 200
    answers = [await write(case, by=SCHOOL) for case in (running, over, grown)]
    assert {answer.status_code for answer in answers} == {201}
    assert [answer.json()["case_id"] for answer in answers] == [running.id, over.id, grown.id]
    assert len({frozenset(answer.json()) for answer in answers}) == 1
    seen = [(await read(case, SCHOOL))[0] for case in (running, over, grown)]
    assert {(note["text"], note["addressed_to"]) for note in seen} == {(WORDS, None)}
    assert [note["addressed_to"] for note in await read(over, "cmm")] == [None], "CMM reads it, and passes it on"


async def test_a_part_that_has_ended_reads_its_notes_no_more(noon: World) -> None:
    case = await child(noon)
    await write(case, by=SCHOOL)
    assert (await case.post(f"/parties/{SCHOOL}/end", {"reason": "A slip."})).status_code == 200
    assert (await case.get("/child-notes", by=SCHOOL, purpose="support")).status_code == 404
    assert (await write(case, by=SCHOOL)).status_code == 404
    assert [note["text"] for note in await read(case, HOME)] == [WORDS]


async def test_each_municipality_with_the_task_for_a_child_of_two_merged_cases_reads_it_in_its_own(noon: World) -> None:
    known = Met(noon, (await child(noon, municipality="0751")).id, [])
    own = Met(noon, (await child(noon)).id, [])
    await write(known, "Before the merge.")
    assert (await own.merge(known)).status_code == 200
    assert name_of(await write(own)) == (409, "CaseIsMerged")
    assert (await write(known)).status_code == 201
    assert [note["text"] for note in await read(own, HOME)] == [WORDS], "and nothing from before the merge"
    assert [note["text"] for note in await read(known, AWAY)] == ["Before the merge.", WORDS]
    assert known.id not in (await case_page(own)).text
    for case, stranger in ((known, HOME), (own, AWAY)):
        assert (await case.get("/child-notes", by=stranger, purpose="support")).status_code == 404


async def case_page(case: Opened) -> httpx.Response:
    return await case.get("/child-notes", by=HOME, purpose="support")


@pytest.mark.parametrize("text", ["", "   ", "\u200b\u2060", "x" * 10_001])
async def test_a_note_says_something_and_is_no_book(noon: World, text: str) -> None:
    case = await child(noon)
    for by in ("cmm", SCHOOL):
        assert (await write(case, text, by=by)).status_code == 422
    assert await read(case, "cmm") == []


async def test_it_is_written_once_for_a_key_and_against_the_version_that_was_seen(noon: World) -> None:
    case = await child(noon)
    seen = await case.etag()
    first = await write(case, idempotency_key="note-1", if_match=seen)
    again = await write(case, idempotency_key="note-1", if_match=seen)
    assert (first.status_code, again.content, again.headers["idempotency-replayed"]) == (201, first.content, "true")
    assert name_of(await write(case, "Another.", idempotency_key="note-1")) == (422, "IdempotencyKeyReused")
    assert (await write(case, if_match=seen)).status_code == 412
    assert len(await read(case, HOME)) == 1


async def test_every_read_says_why_and_is_kept(noon: World) -> None:
    case = await child(noon)
    await write(case)
    assert name_of(await case.get("/child-notes", by=HOME)) == (400, "PurposeMissing")
    assert name_of(await case.get("/child-notes", by=HOME, purpose="investigation")) == (403, "PurposeNotYours")
    assert name_of(await case.get("/child-notes", by=HOME, role="health", purpose="support")) == (403, "RoleMissing")
    await read(case, HOME)
    rows = await noon.sql(
        "identification",
        "SELECT org, operation, purpose FROM audit WHERE operation IN ('child_note.add', 'child_note.list')"
        " AND subject_id::text = $1 AND refusal IS NULL ORDER BY position",
        case.id,
    )
    assert [tuple(row) for row in rows] == [("cmm", "child_note.add", None), (HOME, "child_note.list", "support")]


async def test_the_words_are_sealed_and_go_with_the_case(noon: World) -> None:
    case = await child(noon)
    await write(case)
    (row,) = await noon.sql("identification", "SELECT words FROM child_note")
    assert b"uncle" not in row["words"]
    await erase(noon, [case.id])
    assert await noon.sql("identification", "SELECT * FROM child_note") == []
    assert await read(case, "cmm") == []
    assert (await case.get("/child-notes", by=HOME, purpose="support")).status_code == 404


async def test_behind_the_rule_the_database_shows_the_note_to_those_whom_it_concerns_alone(noon: World) -> None:
    case = await child(noon)
    await write(case)
    for org, count in {HOME: 1, "cmm": 1, SCHOOL: 0, AWAY: 0, "us": 0, "": 0}.items():
        rows = await noon.sql_as_runtime("identification", "SELECT id FROM child_note", org=org)
        assert (org, len(rows)) == (org, count)
