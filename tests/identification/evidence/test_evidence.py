"""Evidence: judged by its content, limited in size, scanned or held back, and every download is kept."""

import asyncio
import hashlib
from base64 import b64encode
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from shared.kernel.settings import Settings
from tests.identification.builders import CMM_DECIDES, US_DECIDES, Opened, name_of, open_case
from tests.identification.evidence.test_scanning import PDF, Clamd, listening, picture
from tests.identification.retention.test_retention import sweep
from tests.parts import EICAR
from tests.world import World

pytestmark = pytest.mark.row(19)

LETTER = b"Kom paa fredag, ellers ...\n"
PURPOSE = "identification"


def encoded(content: bytes) -> str:
    return b64encode(content).decode()


async def send(case: Opened, content: bytes = PDF, **said: Any) -> httpx.Response:
    return await case.post("/evidence", {"content": encoded(content)} | said)


async def sent(case: Opened, content: bytes = PDF, **said: Any) -> dict[str, Any]:
    answer = await send(case, content, **said)
    assert answer.status_code == 201, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def download(case: Opened, evidence_id: str, *, by: str = "cmm", purpose: str = PURPOSE) -> httpx.Response:
    return await case.get(f"/evidence/{evidence_id}/content", by=by, purpose=purpose)


async def release(case: Opened, evidence_id: str, subject: str, *, by: str = "cmm") -> httpx.Response:
    person = case.havn.partner(by, subject=subject)
    return await person.post(f"{case.path}/evidence/{evidence_id}/release", {"reason": "Opened on a machine apart."})


async def listed(case: Opened) -> list[dict[str, Any]]:
    page = await case.get("/evidence", purpose=PURPOSE)
    assert page.status_code == 200, page.text
    items: list[dict[str, Any]] = page.json()["items"]
    return items


async def parts_kept(havn: World) -> int:
    (row,) = await havn.sql("identification", "SELECT count(*) AS kept FROM evidence_part")
    return int(row["kept"])


@pytest.fixture
async def clamd(havn: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A clamd that Havn is configured to use."""
    fake = Clamd()
    async with listening(fake, tmp_path) as address:
        monkeypatch.setattr(havn.application.platform.scanner, "address", address)
        yield fake


# ---------------------------------------------------------------- taken in, and what it is


async def test_a_clean_file_can_be_had_again_byte_for_byte(havn: World, clamd: Clamd) -> None:
    case = await open_case(havn, CMM_DECIDES)
    told = await sent(case, name="Kvittering 7.PDF", description="A receipt.", obtained_on="2026-03-01")
    assert told == {
        "evidence_id": told["evidence_id"],
        "status": "available",
        "scan": "clean",
        "media_type": "application/pdf",
        "size": len(PDF),
        "releases_needed": 0,
    }
    assert clamd.seen == [PDF]
    found = await download(case, told["evidence_id"])
    assert (found.status_code, found.content) == (200, PDF)
    (item,) = await listed(case)
    assert (item["name"], item["description"], item["obtained_on"]) == ("Kvittering 7.PDF", "A receipt.", "2026-03-01")
    assert (item["recorded_by"], item["releases"], item["removal"]) == ("cmm", [], None)


async def test_a_download_is_never_shown_or_run_by_a_browser(havn: World, clamd: Clamd) -> None:
    case = await open_case(havn, CMM_DECIDES)
    told = await sent(case, b"<script>alert(1)</script>", name="../Æble\\kage.html")
    assert told["media_type"] == "text/plain"
    headers = (await download(case, told["evidence_id"])).headers
    assert headers["content-type"] == "application/octet-stream"
    assert headers["content-disposition"] == "attachment; filename*=UTF-8''.._%C3%86ble_kage.html.txt"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "no-store"
    assert headers["content-security-policy"] == "default-src 'none'; sandbox"
    unnamed = await sent(case)
    said = (await download(case, unnamed["evidence_id"])).headers["content-disposition"]
    assert said == f"attachment; filename*=UTF-8''evidence-{unnamed['evidence_id']}.pdf"


@pytest.mark.parametrize("claimed", ["letter.pdf", "picture.png", "song.mp3"])
async def test_a_claimed_name_is_not_believed(havn: World, clamd: Clamd, claimed: str) -> None:
    case = await open_case(havn, CMM_DECIDES)
    refused = await send(case, b"MZ" + b"\0" * 300, name=claimed)
    assert name_of(refused) == (422, "EvidenceKindRefused")
    assert "application/pdf" in refused.json()["allowed"]
    assert clamd.seen == []
    assert (await sent(case, picture(), name=claimed))["media_type"] == "image/png"


async def test_a_file_that_is_refused_is_destroyed_and_stays_on_record(havn: World, clamd: Clamd) -> None:
    case = await open_case(havn, CMM_DECIDES)
    refused = await send(case, b"MZ" + b"\0" * 300, name="letter.pdf")
    assert await parts_kept(havn) == 0
    (item,) = await listed(case)
    assert (item["evidence_id"], item["status"], item["media_type"]) == (refused.json()["evidence_id"], "refused", None)
    assert name_of(await download(case, item["evidence_id"])) == (409, "EvidenceNotThere")
    (row,) = await havn.sql("identification", "SELECT org FROM audit WHERE operation = 'evidence.refuse'")
    assert row["org"] == "cmm"
    assert await havn.events("identification", "evidence-added") == []


async def test_an_infected_file_is_destroyed_and_stays_on_record(havn: World, clamd: Clamd) -> None:
    case = await open_case(havn, CMM_DECIDES)
    refused = await send(case, b"Read this: " + EICAR, name="letter.txt")
    assert name_of(refused) == (422, "EvidenceInfected")
    assert await parts_kept(havn) == 0
    (item,) = await listed(case)
    assert (item["status"], item["scan"], item["media_type"]) == ("refused", "infected", "text/plain")
    assert name_of(await download(case, item["evidence_id"])) == (409, "EvidenceNotThere")
    assert name_of(await release(case, item["evidence_id"], "karen")) == (409, "EvidenceNotHeld")
    assert await havn.sql("identification", "SELECT FROM audit WHERE operation = 'evidence.refuse'")
    assert await havn.events("identification", "evidence-added") == []


async def test_a_repeated_request_is_refused_alike_and_recorded_once(havn: World, clamd: Clamd) -> None:
    case = await open_case(havn, CMM_DECIDES)
    key = str(uuid4())
    answers = [await case.post("/evidence", {"content": encoded(EICAR)}, idempotency_key=key) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [422, 422]
    assert answers[0].json() == answers[1].json()
    assert answers[1].headers["idempotency-replayed"] == "true"
    assert len(await listed(case)) == 1


async def test_a_repeated_file_is_stored_once_and_the_stored_answer_is_small(havn: World, clamd: Clamd) -> None:
    case = await open_case(havn, CMM_DECIDES)
    key = str(uuid4())
    body = {"content": encoded(b"a" * 600_000)}
    first, second = [await case.post("/evidence", body, idempotency_key=key) for _ in range(2)]
    assert (first.status_code, first.json()) == (second.status_code, second.json())
    assert len(await listed(case)) == 1
    (row,) = await havn.sql("identification", "SELECT max(length(answer)) AS longest FROM idempotency")
    assert row["longest"] < 5_000


async def test_everything_about_a_file_is_sealed_and_the_event_says_its_id_alone(havn: World, clamd: Clamd) -> None:
    case = await open_case(havn, CMM_DECIDES)
    told = await sent(case, LETTER, name="Fra Tomas", description="He threatens her.")
    (row,) = await havn.sql("identification", "SELECT * FROM evidence")
    (part,) = await havn.sql("identification", "SELECT * FROM evidence_part")
    assert b"Tomas" not in row["description"]
    assert b"threatens" not in row["description"]
    assert b"fredag" not in part["content"]
    (event,) = await havn.events("identification", "evidence-added")
    assert event["evidence_id"] == told["evidence_id"]
    assert "Tomas" not in str(event)


async def test_evidence_moves_the_case_nowhere_and_is_not_added_to_a_closed_one(havn: World, clamd: Clamd) -> None:
    case = await open_case(havn, CMM_DECIDES)
    await sent(case)
    assert (await case.details())["status"] == "referred"
    await case.decide(outcome="not_trafficked")
    await sent(case)
    assert (await case.post("/closure", {"on": "2026-03-10", "reason": "Nothing more to do."})).status_code == 200
    assert name_of(await send(case)) == (409, "CaseStatusDoesNotAllow")


# ---------------------------------------------------------------- not scanned: held back


async def test_what_was_not_scanned_is_held_back_until_two_different_people_have_released_it(havn: World) -> None:
    case = await open_case(havn, US_DECIDES)
    told = await sent(case)
    assert (told["status"], told["scan"], told["releases_needed"]) == ("held", "not_scanned", 2)
    evidence_id = told["evidence_id"]
    assert name_of(await download(case, evidence_id)) == (409, "EvidenceHeldBack")

    first = await release(case, evidence_id, "karen")
    assert (first.status_code, first.json()["status"], first.json()["releases_needed"]) == (200, "held", 1)
    assert name_of(await release(case, evidence_id, "karen")) == (409, "ReleasedByYouAlready")
    assert name_of(await download(case, evidence_id)) == (409, "EvidenceHeldBack")

    second = await release(case, evidence_id, "karen", by="us")  # another organisation's karen is another person
    assert (second.status_code, second.json()["status"], second.json()["releases_needed"]) == (200, "available", 0)
    assert (await download(case, evidence_id)).content == PDF
    assert name_of(await release(case, evidence_id, "jens")) == (409, "EvidenceNotHeld")
    (item,) = await listed(case)
    assert [(each["recorded_by"], each["recorded_by_subject"]) for each in item["releases"]] == [
        ("cmm", "karen"),
        ("us", "karen"),
    ]
    assert item["releases"][0]["reason"] == "Opened on a machine apart."
    assert item["scan"] == "not_scanned"
    (row,) = await havn.sql("identification", "SELECT reason FROM evidence_release LIMIT 1")
    assert b"machine" not in row["reason"]


async def test_a_clamd_that_is_away_holds_a_file_back_and_refuses_none(
    havn: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = await open_case(havn, CMM_DECIDES)
    monkeypatch.setattr(havn.application.platform.scanner, "address", "tcp:127.0.0.1:9")
    told = await sent(case)
    assert (told["status"], told["scan"]) == ("held", "not_scanned")


async def test_when_clamd_is_back_a_held_file_is_scanned_again(havn: World, tmp_path: Path, monkeypatch: Any) -> None:
    case = await open_case(havn, CMM_DECIDES)
    clean, infected, waiting = [(await sent(case, text))["evidence_id"] for text in (LETTER, EICAR, PDF)]
    still = await case.post(f"/evidence/{waiting}/scan", None)
    assert (still.status_code, still.json()["status"]) == (200, "held")
    async with listening(Clamd(), tmp_path) as address:
        monkeypatch.setattr(havn.application.platform.scanner, "address", address)
        found = await case.post(f"/evidence/{clean}/scan", None)
        assert (found.json()["status"], found.json()["scan"]) == ("available", "clean")
        assert name_of(await case.post(f"/evidence/{infected}/scan", None)) == (422, "EvidenceInfected")
        assert name_of(await case.post(f"/evidence/{clean}/scan", None)) == (409, "EvidenceNotHeld")
    assert {item["evidence_id"]: item["status"] for item in await listed(case)} == {
        clean: "available",
        infected: "refused",
        waiting: "held",
    }
    assert (await download(case, clean)).content == LETTER


# ---------------------------------------------------------------- in parts


async def begun(case: Opened) -> str:
    answer = await case.post("/evidence", {"name": "Film"})
    assert (answer.status_code, answer.json()["status"]) == (201, "uploading")
    return str(answer.json()["evidence_id"])


async def send_part(case: Opened, evidence_id: str, number: int, content: bytes) -> httpx.Response:
    return await case.post(f"/evidence/{evidence_id}/parts", {"number": number, "content": encoded(content)})


async def complete(case: Opened, evidence_id: str, **said: Any) -> httpx.Response:
    return await case.post(f"/evidence/{evidence_id}/complete", said or None)


async def test_a_large_file_comes_in_parts_in_any_order(havn: World, clamd: Clamd) -> None:
    case = await open_case(havn, CMM_DECIDES)
    content = PDF + bytes(range(256)) * 8000
    pieces = {
        number: content[start : start + 700_000] for number, start in enumerate(range(0, len(content), 700_000), 1)
    }
    evidence_id = await begun(case)
    for number in sorted(pieces, reverse=True):
        assert (await send_part(case, evidence_id, number, pieces[number])).status_code == 201
    assert name_of(await download(case, evidence_id)) == (409, "EvidenceNotThere")
    done = await complete(case, evidence_id, sha256=hashlib.sha256(content).hexdigest())
    assert done.status_code == 200, done.text
    assert (done.json()["status"], done.json()["size"]) == ("available", len(content))
    assert done.json()["media_type"] == "application/pdf"
    assert (await download(case, evidence_id)).content == content
    assert clamd.seen == [content]
    assert name_of(await send_part(case, evidence_id, 9, b"more")) == (409, "EvidenceIsWhole")
    assert name_of(await complete(case, evidence_id)) == (409, "EvidenceIsWhole")
    assert len(await havn.events("identification", "evidence-added")) == 1


async def test_a_part_that_is_sent_again_replaces_the_earlier(havn: World, clamd: Clamd) -> None:
    case = await open_case(havn, CMM_DECIDES)
    evidence_id = await begun(case)
    assert (await send_part(case, evidence_id, 1, b"Kom paa mandag")).json()["size"] == 14
    assert (await send_part(case, evidence_id, 2, b", ellers ...")).json()["size"] == 26
    assert (await send_part(case, evidence_id, 1, b"Kom nu")).json()["size"] == 18
    assert (await complete(case, evidence_id)).status_code == 200
    assert (await download(case, evidence_id)).content == b"Kom nu, ellers ..."


async def test_what_was_never_sent_whole_is_destroyed_after_a_week(havn: World, clamd: Clamd) -> None:
    await havn.set_clock("2026-03-02T10:00:00+01:00")
    case, kept = await open_case(havn, CMM_DECIDES), await open_case(havn, CMM_DECIDES)
    left, whole = await begun(case), await sent(case)
    on_hold = await begun(kept)
    assert (await kept.post("/legal-hold", {"reason": "The court asks for it."}, role="lawyer")).status_code == 201
    for each, evidence_id in ((case, left), (kept, on_hold)):
        assert (await send_part(each, evidence_id, 1, b"Kom paa mandag")).status_code == 201
    await sweep(havn, "2026-03-09T09:59:00+01:00")
    assert (await send_part(case, left, 2, b", ellers ...")).status_code == 201, "the week is not over"
    await sweep(havn, "2026-03-10T10:00:00+01:00")
    assert name_of(await send_part(case, left, 3, b"!")) == (409, "EvidenceIsWhole")
    assert {item["evidence_id"]: item["status"] for item in await listed(case)} == {
        left: "removed",
        whole["evidence_id"]: "available",
    }
    assert (await download(case, whole["evidence_id"])).content == PDF
    assert (await send_part(kept, on_hold, 2, b", ellers ...")).status_code == 201, "a legal hold keeps it"
    assert await parts_kept(havn) == 3


async def test_a_gap_or_damage_is_found_and_can_be_mended(havn: World, clamd: Clamd) -> None:
    case = await open_case(havn, CMM_DECIDES)
    evidence_id = await begun(case)
    assert (await complete(case, evidence_id)).json()["missing"] == [1]
    await send_part(case, evidence_id, 3, b"!")
    gap = await complete(case, evidence_id)
    assert name_of(gap) == (409, "EvidencePartsMissing")
    assert gap.json()["missing"] == [1, 2]
    await send_part(case, evidence_id, 1, b"Kom nu")
    await send_part(case, evidence_id, 2, b"X")
    meant = hashlib.sha256(b"Kom nu ...!").hexdigest()
    assert name_of(await complete(case, evidence_id, sha256=meant)) == (422, "EvidenceDamaged")
    await send_part(case, evidence_id, 2, b" ...")
    assert (await complete(case, evidence_id, sha256=meant)).status_code == 200


async def test_a_whole_of_a_kind_that_is_not_kept_is_destroyed_with_its_parts(havn: World, clamd: Clamd) -> None:
    case = await open_case(havn, CMM_DECIDES)
    evidence_id = await begun(case)
    await send_part(case, evidence_id, 1, b"MZ")
    await send_part(case, evidence_id, 2, b"\0" * 300)
    assert name_of(await complete(case, evidence_id)) == (422, "EvidenceKindRefused")
    assert await parts_kept(havn) == 0
    assert name_of(await complete(case, evidence_id)) == (409, "EvidenceIsWhole")


async def test_a_file_has_a_largest_size(havn: World, clamd: Clamd, monkeypatch: pytest.MonkeyPatch) -> None:
    assert Settings().evidence_max_bytes == 25 * 1024 * 1024
    monkeypatch.setitem(havn.application.platform.settings.__dict__, "evidence_max_bytes", 1000)
    case = await open_case(havn, CMM_DECIDES)
    assert name_of(await send(case, b"a" * 1001)) == (413, "EvidenceTooLarge")
    assert await listed(case) == []
    await sent(case, b"a" * 1000)
    evidence_id = await begun(case)
    assert (await send_part(case, evidence_id, 1, b"a" * 600)).status_code == 201
    over = await send_part(case, evidence_id, 2, b"a" * 401)
    assert name_of(over) == (413, "EvidenceTooLarge")
    assert "1,000" in over.json()["detail"]
    assert (await send_part(case, evidence_id, 1, b"a" * 700)).status_code == 201
    assert (await send_part(case, evidence_id, 2, b"a" * 300)).status_code == 201


async def test_a_body_above_a_mebibyte_is_refused(havn: World) -> None:
    case = await open_case(havn, CMM_DECIDES)
    answer = await case.post("/evidence", {"content": encoded(b"a" * 800_000)})
    assert answer.status_code in (413, 422)
    assert await listed(case) == []


@pytest.mark.parametrize("content", ["", "AAA", "A===", "not base64!", "AAAA\n", "AAAA AAAA", 7, "AA=="[:3]])
async def test_what_is_no_base64_is_refused(havn: World, content: Any) -> None:
    case = await open_case(havn, CMM_DECIDES)
    assert (await case.post("/evidence", {"content": content})).status_code == 422


@pytest.mark.parametrize("number", [0, -1, 1001, "1", 1.5])
async def test_parts_are_numbered_from_one_to_a_thousand(havn: World, number: Any) -> None:
    case = await open_case(havn, CMM_DECIDES)
    evidence_id = await begun(case)
    answer = await case.post(f"/evidence/{evidence_id}/parts", {"number": number, "content": "AAAA"})
    assert answer.status_code == 422


# ---------------------------------------------------------------- removed, read, by whom


async def test_a_file_in_the_wrong_case_is_taken_out_and_why_stays(havn: World, clamd: Clamd) -> None:
    case = await open_case(havn, CMM_DECIDES)
    told, unfinished = await sent(case, name="Fra Tomas"), await begun(case)
    for evidence_id in (told["evidence_id"], unfinished):
        removed = await case.post(f"/evidence/{evidence_id}/remove", {"reason": "It is about somebody else."})
        assert (removed.status_code, removed.json()["status"]) == (200, "removed")
        assert name_of(await download(case, evidence_id)) == (409, "EvidenceNotThere")
        again = await case.post(f"/evidence/{evidence_id}/remove", {"reason": "Again."})
        assert name_of(again) == (409, "EvidenceNotThere")
    assert await parts_kept(havn) == 0
    items = await listed(case)
    assert [(item["name"], item["removal"]) for item in items] == [
        ("Fra Tomas", "It is about somebody else."),
        ("Film", "It is about somebody else."),
    ]
    assert await havn.sql("identification", "SELECT FROM audit WHERE operation = 'evidence.remove'")


async def test_every_download_is_kept_with_who_and_why(havn: World, clamd: Clamd) -> None:
    case = await open_case(havn, US_DECIDES)
    evidence_id = (await sent(case))["evidence_id"]
    assert name_of(await case.get(f"/evidence/{evidence_id}/content")) == (400, "PurposeMissing")
    assert name_of(await case.get("/evidence")) == (400, "PurposeMissing")
    for org in ("cmm", "us"):
        assert (await download(case, evidence_id, by=org, purpose="legal")).status_code == 200
    rows = await havn.sql(
        "identification",
        "SELECT org, purpose, outcome, subject_id, object_ids FROM audit WHERE operation = 'evidence.download' ORDER BY at",
    )
    assert [(row["org"], row["purpose"], row["outcome"]) for row in rows] == [
        ("cmm", "legal", "allowed"),
        ("us", "legal", "allowed"),
    ]
    assert {str(row["subject_id"]) for row in rows} == {case.id}
    assert {str(found) for row in rows for found in row["object_ids"]} == {evidence_id}


async def test_evidence_is_there_for_those_who_work_on_the_case_only(havn: World, clamd: Clamd) -> None:
    case = await open_case(havn, US_DECIDES)
    other = await open_case(havn, CMM_DECIDES)
    evidence_id = (await sent(case))["evidence_id"]
    for org, status in {"us": 200, "politi-oestjylland": 404, "reden": 404, "anklagemyndigheden": 404}.items():
        assert (await case.get("/evidence", by=org, purpose=PURPOSE)).status_code == status, org
        assert (await download(case, evidence_id, by=org)).status_code == status, org
    bodies = {"/parts": {"number": 1, "content": "AAAA"}, "/complete": {}, "/scan": None}
    bodies |= {"/release": {"reason": "R."}, "/remove": {"reason": "R."}}
    for part, body in bodies.items():
        path = f"/evidence/{evidence_id}{part}"
        assert (await case.post(path, body, by="anklagemyndigheden")).status_code == 404, part
        assert (await case.post(path, body, by="politi-oestjylland")).status_code == 403, part
        assert (await other.post(path, body)).status_code == 404, f"{part} under another case"
    assert (await download(other, evidence_id)).status_code == 404
    assert (await case.post("/evidence", {}, by="anklagemyndigheden")).status_code == 404


async def test_two_who_release_at_once_are_two(havn: World) -> None:
    case = await open_case(havn, CMM_DECIDES)
    evidence_id = (await sent(case))["evidence_id"]
    answers = await asyncio.gather(*(release(case, evidence_id, name) for name in ("karen", "jens", "karen")))
    assert sorted(answer.status_code for answer in answers) == [200, 200, 409]
    assert (await listed(case))[0]["status"] == "available"
