"""A half-entered case survives a lost session, is its author's alone, and is gone without a trace on the day that was said."""

from typing import Any

import httpx
import pytest

from tests.identification.builders import CMM_DECIDES, listed, name_of
from tests.identification.opening.doors import opening, places
from tests.world import Partner, World

DRAFTS = "/identification/v1/drafts"
HALF: dict[str, Any] = {"channel": "hotline", "person": {"given_name": "Malee", "stated_age": "about 20"}}


@pytest.fixture(autouse=True)
async def first_of_march(havn: World) -> None:
    await havn.set_clock("2026-03-01T12:00:00+01:00")


@pytest.fixture
def author(havn: World) -> Partner:
    return havn.partner("cmm")


async def save(author: Partner, content: dict[str, Any] = HALF, **headers: str) -> dict[str, Any]:
    saved = await author.post(DRAFTS, {"content": content}, **headers)
    assert saved.status_code == 201, saved.text
    told: dict[str, Any] = saved.json()
    return told


async def read(author: Partner, draft: dict[str, Any]) -> httpx.Response:
    return await author.get(f"{DRAFTS}/{draft['draft_id']}")


async def everything(havn: World) -> str:
    """Every row of every table of the service, as text."""
    tables = await havn.sql("identification", "SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    rows = [await havn.sql("identification", f"SELECT t::text FROM {name} t") for (name,) in tables]
    return "\n".join(row[0] for found in rows for row in found)


@pytest.mark.row(20)
async def test_what_was_half_entered_is_there_again(author: Partner) -> None:
    draft = await save(author)
    assert (draft["remind_on"], draft["delete_on"]) == ("2026-03-28", "2026-03-31")
    told = (await read(author, draft)).json()
    assert told["content"] == HALF
    listed_drafts = (await author.get(DRAFTS)).json()
    assert [each["draft_id"] for each in listed_drafts["items"]] == [draft["draft_id"]]
    assert "Malee" not in str(listed_drafts)


async def test_it_is_saved_again_on_a_fresh_copy_only_and_its_day_stays(havn: World, author: Partner) -> None:
    draft = await save(author)
    path = f"{DRAFTS}/{draft['draft_id']}"
    await havn.set_clock("2026-03-10T12:00:00+01:00")
    more = HALF | {"reason": "She called at night."}
    assert (await author.put(path, {"content": more})).status_code == 428
    tag = (await read(author, draft)).headers["etag"]
    again = await author.put(path, {"content": more}, if_match=tag)
    assert (again.status_code, again.json()["delete_on"]) == (200, "2026-03-31")
    assert (await author.put(path, {"content": HALF}, if_match=tag)).status_code == 412
    assert (await read(author, draft)).json()["content"] == more


@pytest.mark.parametrize(
    "content",
    [{"shoe_size": 38}, {"person": {"shoe_size": 38}}, {"person": []}, {"reason": "x" * 70_000}, "Malee", None],
)
async def test_a_draft_has_the_fields_of_a_case_and_no_others(author: Partner, content: Any) -> None:
    refused = await author.post(DRAFTS, {"content": content})
    assert refused.status_code == 422
    assert "Malee" not in refused.text


async def test_a_draft_is_its_authors_alone(havn: World, author: Partner) -> None:
    draft = await save(author)
    colleague = havn.partner("cmm", subject="cmm-colleague")
    for other in (colleague, havn.partner("us")):
        assert (await read(other, draft)).status_code == 404
        assert (await other.get(DRAFTS)).json()["items"] == []
        path = f"{DRAFTS}/{draft['draft_id']}"
        assert (await other.put(path, {"content": {}}, if_match="*")).status_code == 404
        assert (await other.request("DELETE", path)).status_code == 404
        assert (await other.post(f"{path}/open")).status_code == 404
    assert name_of(await havn.partner("anklagemyndigheden").post(DRAFTS, {"content": {}})) == (403, "OpenedByOthers")
    assert await havn.sql_as_runtime("identification", "SELECT FROM draft", org="us") == []


@pytest.mark.row(20)
async def test_the_reminder_comes_once_before_the_deletion(havn: World, author: Partner) -> None:
    draft = await save(author)
    await havn.set_clock("2026-03-27T23:59:59+01:00")
    assert await havn.sql("identification", "SELECT FROM alert") == []
    for moment in ("2026-03-28T00:00:00+01:00", "2026-03-29T08:00:00+02:00"):
        await havn.set_clock(moment)
    (alert,) = await havn.sql("identification", "SELECT kind, case_id::text, for_org, due_at FROM alert")
    assert (alert["kind"], alert["case_id"], alert["for_org"]) == ("draft", draft["draft_id"], "cmm")
    assert alert["due_at"].isoformat() == "2026-03-30T22:00:00+00:00"


@pytest.mark.row(20)
async def test_on_its_day_a_draft_is_gone_without_a_trace(havn: World, author: Partner) -> None:
    draft = await save(author, idempotency_key="draft-1")
    kept = await save(author, idempotency_key="draft-2")
    await read(author, draft)
    await havn.set_clock("2026-03-28T12:00:00+01:00")
    await havn.set_clock("2026-03-30T23:59:59+02:00")
    assert (await read(author, draft)).status_code == 200
    assert draft["draft_id"] in await everything(havn)
    await havn.sql("identification", "UPDATE draft SET delete_on = '2026-04-30' WHERE id::text = $1", kept["draft_id"])
    await havn.set_clock("2026-03-31T00:00:00+02:00")
    assert (await read(author, draft)).status_code == 404
    assert draft["draft_id"] not in await everything(havn)
    owners = await havn.sql("identification", "SELECT owner_id::text FROM data_key")
    answers = await havn.sql("identification", "SELECT FROM idempotency")
    assert ([row[0] for row in owners], len(answers)) == ([kept["draft_id"]], 1)
    assert (await read(author, kept)).json()["content"] == HALF


async def test_who_throws_it_away_leaves_as_little(havn: World, author: Partner) -> None:
    draft = await save(author)
    gone = await author.request("DELETE", f"{DRAFTS}/{draft['draft_id']}")
    assert (gone.status_code, gone.content) == (204, b"")
    assert draft["draft_id"] not in await everything(havn)
    assert await havn.sql("identification", "SELECT FROM data_key") == []


async def test_a_draft_becomes_a_case_when_nothing_is_missing(havn: World, author: Partner) -> None:
    draft = await save(author)
    path = f"{DRAFTS}/{draft['draft_id']}"
    early = await author.post(f"{path}/open")
    assert name_of(early) == (422, "DraftIncomplete")
    assert {"occurred_at", "reason", "stated_age"} <= places(early)
    await author.put(path, {"content": opening(CMM_DECIDES | {"given_name": "Malee"})}, if_match="*")
    opened = await author.post(f"{path}/open")
    assert opened.status_code == 201, opened.text
    assert [case["case_id"] for case in await listed(havn, "cmm")] == [opened.json()["case_id"]]
    assert (await read(author, draft)).status_code == 404
    assert draft["draft_id"] not in await everything(havn)


async def test_no_key_but_a_drafts_can_be_deleted(havn: World, author: Partner) -> None:
    await author.post("/identification/v1/cases", opening(CMM_DECIDES))
    (case_id,) = (await havn.sql("identification", "SELECT id::text FROM case_file"))[0]
    forgotten = await havn.sql_as_runtime("identification", f"SELECT forget_draft('{case_id}')", org="cmm")
    assert forgotten[0][0] is False
    assert len(await havn.sql("identification", "SELECT FROM data_key")) == 1


async def test_what_is_kept_of_a_draft_is_sealed(havn: World, author: Partner) -> None:
    await save(author)
    assert "Malee" not in await everything(havn)
    assert b"Malee" not in (await havn.sql("identification", "SELECT content FROM draft"))[0]["content"]
