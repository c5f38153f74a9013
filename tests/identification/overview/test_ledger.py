"""What an operator does around a backup: `havn retention ledger` is kept outside it, `havn retention reapply` after it was
restored destroys again what came back with it; and `havn events check` says whether cases and history agree."""

import asyncio
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from click.testing import Result
from typer.testing import CliRunner

from services.cli import app
from tests.identification.builders import CMM_DECIDES, US_DECIDES, Opened, name_of, open_case
from tests.identification.life import done
from tests.identification.retention.test_retention import contact, sweep, victim
from tests.world import World

ERASED_ON = "2031-06-01T03:00:00+02:00"


async def command(havn: World, *words: str, **environment: str) -> Result:
    """What the command says on this Havn's databases."""
    told = {
        "HAVN_HOME": str(havn.application.platform.settings.home),
        "HAVN_DATABASE_URL": havn.server_url,
        "NO_COLOR": "1",
    }
    return await asyncio.to_thread(CliRunner().invoke, app, list(words), env=told | environment)


async def backup(havn: World, case: Opened) -> dict[str, Any]:
    """The key and the sealed person of a case as they are now."""
    (key,) = await havn.sql("identification", "SELECT * FROM data_key WHERE owner_id = $1", UUID(case.id))
    (row,) = await havn.sql("identification", "SELECT person FROM case_file WHERE id = $1", UUID(case.id))
    return {"key": key, "person": row["person"]}


async def restore(havn: World, kept: dict[str, Any]) -> None:
    """A backup is put back that knows nothing of the erasure."""
    key = kept["key"]
    await havn.sql(
        "identification",
        "INSERT INTO data_key VALUES ($1, $2, $3, $4)",
        key["owner_id"],
        key["wrapped"],
        key["wrapped_by"],
        key["created_at"],
    )
    await havn.sql(
        "identification",
        "UPDATE case_file SET person = $1, erased_at = NULL WHERE id = $2",
        kept["person"],
        key["owner_id"],
    )
    await havn.sql("identification", "DELETE FROM erased_key WHERE owner_id = $1", key["owner_id"])


async def keys(havn: World) -> set[str]:
    return {row[0] for row in await havn.sql("identification", "SELECT owner_id::text FROM data_key")}


# ---------------------------------------------------------------- ledger


async def test_the_ledger_of_a_havn_that_erased_nothing_is_empty(havn: World) -> None:
    await victim(havn)
    told = await command(havn, "retention", "ledger")
    assert (told.exit_code, told.stdout) == (0, "")


@pytest.mark.row(148)
async def test_the_ledger_lists_every_erased_case_and_no_other_one_a_line_oldest_first(havn: World) -> None:
    first, second = await contact(havn), await victim(havn)
    kept = await open_case(havn, CMM_DECIDES)
    await sweep(havn, "2026-09-02T10:00:00+02:00")
    await sweep(havn, ERASED_ON)
    told = await command(havn, "retention", "ledger")
    assert (told.exit_code, told.stdout.splitlines()) == (0, [first.id, second.id])
    assert kept.id not in told.stdout


async def test_a_draft_that_was_thrown_away_stands_in_no_ledger(havn: World) -> None:
    cmm = havn.partner("cmm")
    draft = await done(cmm.post("/identification/v1/drafts", {"content": {"channel": "hotline"}}), 201)
    gone = await cmm.request("DELETE", f"/identification/v1/drafts/{draft['draft_id']}")
    assert gone.status_code == 204
    assert (await command(havn, "retention", "ledger")).stdout == ""


# ---------------------------------------------------------------- reapply


@pytest.mark.row(148)
async def test_what_a_backup_brought_back_is_destroyed_again_by_the_ledger(havn: World, tmp_path: Path) -> None:
    case = await victim(havn)
    kept = await backup(havn, case)
    await sweep(havn, ERASED_ON)
    ledger = tmp_path / "ledger.txt"
    ledger.write_text((await command(havn, "retention", "ledger")).stdout)
    await restore(havn, kept)
    assert (await case.get("/person", purpose="support")).json()["given_name"] == "Canaria"
    told = await command(havn, "retention", "reapply", str(ledger))
    assert (told.exit_code, told.stdout) == (0, "1 of 1 keys had come back and were destroyed again.\n")
    assert name_of(await case.get("/person", purpose="support")) == (410, "PersonIsErased")
    assert case.id not in await keys(havn)
    stored = await havn.sql("identification", "SELECT octet_length(person) FROM case_file")
    assert [row[0] for row in stored] == [0]
    again = await command(havn, "retention", "reapply", str(ledger))
    assert again.stdout == "0 of 1 keys had come back and were destroyed again.\n"
    assert (await command(havn, "retention", "ledger")).stdout == f"{case.id}\n", "the ledger goes on from here"


async def test_no_case_is_touched_that_the_ledger_does_not_name(havn: World, tmp_path: Path) -> None:
    named, other = await open_case(havn, CMM_DECIDES), await open_case(havn, US_DECIDES | {"given_name": "Malee"})
    ledger = tmp_path / "ledger.txt"
    ledger.write_text(f"\n{named.id}\n\n  {uuid4()}  \n")
    told = await command(havn, "retention", "reapply", str(ledger))
    assert (told.exit_code, told.stdout) == (0, "1 of 2 keys had come back and were destroyed again.\n")
    assert await keys(havn) == {other.id}
    assert (await other.get("/person", purpose="support")).json()["given_name"] == "Malee"


async def test_an_empty_ledger_destroys_nothing(havn: World, tmp_path: Path) -> None:
    case = await open_case(havn, CMM_DECIDES)
    ledger = tmp_path / "ledger.txt"
    ledger.write_text("")
    told = await command(havn, "retention", "reapply", str(ledger))
    assert (told.exit_code, told.stdout) == (0, "0 of 0 keys had come back and were destroyed again.\n")
    assert await keys(havn) == {case.id}


@pytest.mark.parametrize("spoilt", ["{case}\nnot an id\n", "{case},{case}", "\xff\xfe"])
async def test_a_ledger_that_cannot_be_read_destroys_nothing_at_all(havn: World, tmp_path: Path, spoilt: str) -> None:
    case = await open_case(havn, CMM_DECIDES)
    ledger = tmp_path / "ledger.txt"
    ledger.write_bytes(spoilt.replace("{case}", case.id).encode("latin-1"))
    told = await command(havn, "retention", "reapply", str(ledger))
    assert told.exit_code == 1
    assert told.output.endswith("is no list of ids, one a line; `havn retention ledger` prints one.\n")
    assert told.output.count("\n") == 1
    assert await keys(havn) == {case.id}


async def test_a_ledger_that_is_not_there_or_is_a_folder_is_said_so(havn: World, tmp_path: Path) -> None:
    for path in (tmp_path / "away.txt", tmp_path):
        told = await command(havn, "retention", "reapply", str(path))
        assert (told.exit_code, told.output.startswith(str(path))) == (1, True), told.output
    assert (await command(havn, "retention", "reapply")).exit_code == 2, "which ledger is not guessed"


# ---------------------------------------------------------------- check


async def test_a_havn_without_cases_agrees_with_its_history(havn: World) -> None:
    told = await command(havn, "events", "check")
    assert (told.exit_code, told.stdout) == (0, "0 cases are as their history tells.\n")


async def test_an_erased_case_is_still_as_its_history_tells(havn: World) -> None:
    await victim(havn)
    await sweep(havn, ERASED_ON)
    told = await command(havn, "events", "check")
    assert (told.exit_code, told.stdout) == (0, "1 cases are as their history tells.\n")


@pytest.mark.parametrize(
    ("statement", "field"),
    [
        ("UPDATE case_file SET status = 'decided'", "status"),
        ("UPDATE case_file SET authority = 'US'", "authority"),
        ("UPDATE case_file SET removal_hold = true", "removal_hold"),
        ("UPDATE case_file SET closed_on = '2026-06-02'", "closed_on"),
        ("UPDATE case_file SET erased_at = now()", "is_erased"),
        ("UPDATE decision SET is_current = false", "decisions"),
    ],
)
async def test_whatever_was_changed_past_the_events_is_named_a_case_a_line(
    havn: World, statement: str, field: str
) -> None:
    case = await victim(havn)
    await havn.sql("identification", statement)
    told = await command(havn, "events", "check")
    assert told.exit_code == 1
    assert told.output.splitlines() == [
        f"{case.id}: {field} differ from what was published.",
        "1 of 1 cases are not as their history tells.",
    ]


@pytest.mark.parametrize("words", [("retention", "ledger"), ("events", "check")])
async def test_without_databases_the_operator_is_told_what_to_do(
    havn: World, tmp_path: Path, words: tuple[str, ...]
) -> None:
    nowhere = "postgresql://nobody@127.0.0.1:1/none"
    told = await command(havn, *words, HAVN_DATABASE_URL=nowhere, HAVN_HOME=str(tmp_path))
    assert (told.exit_code, told.output) == (
        1,
        "The database server does not answer (ConnectionRefusedError); look at HAVN_DATABASE_URL.\n",
    )
