"""A proposed routing table is tried on what was known of every case when it was routed; nothing is changed by it."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from services.cli import app
from services.identification import tables
from tests.identification.builders import CMM_DECIDES, NEEDS_REVIEW, US_DECIDES
from tests.identification.opening.doors import describe, open_door
from tests.world import World

IN_FORCE = json.loads((tables.FOLDER / "routing-2021.json").read_text())


def proposed(folder: Path, **changes: Any) -> Path:
    """A file with the table in force, but for these changes."""
    path = folder / "routing-2027.json"
    path.write_text(json.dumps(IN_FORCE | {"version": "routing-2027"} | changes))
    return path


async def replay(havn: World, table: Path) -> Result:
    """What the command says on this Havn's databases."""
    environment = {
        "HAVN_HOME": str(havn.application.platform.settings.home),
        "HAVN_DATABASE_URL": havn.server_url,
        "NO_COLOR": "1",
    }
    return await asyncio.to_thread(
        CliRunner().invoke, app, ["routing", "replay", "--table", str(table)], env=environment
    )


@pytest.mark.row(9)
async def test_the_table_in_force_changes_nothing(havn: World, tmp_path: Path) -> None:
    for person in (CMM_DECIDES, US_DECIDES, NEEDS_REVIEW):
        await open_door(havn, person)
    told = await replay(havn, proposed(tmp_path))
    assert (told.exit_code, told.stdout) == (0, "routing-2027: 0 of 3 cases would be routed differently.\n")


@pytest.mark.row(9)
async def test_a_changed_rule_shows_whom_it_concerns(havn: World, tmp_path: Path) -> None:
    await open_door(havn, CMM_DECIDES)
    overstayed = await open_door(havn, US_DECIDES)
    settled = await open_door(havn, NEEDS_REVIEW)
    await settled.settle("CMM")
    await havn.settled()
    before = await havn.sql("identification", "SELECT f::text FROM case_file f ORDER BY 1")
    rules = [rule | ({"authority": "CMM"} if rule["id"] == "R6" else {}) for rule in IN_FORCE["rules"]]
    told = await replay(havn, proposed(tmp_path, rules=rules))
    assert told.exit_code == 0
    assert told.stdout.splitlines() == [
        f"{overstayed.id}: US R6 -> CMM R6",
        "routing-2027: 1 of 3 cases would be routed differently.",
    ]
    assert await havn.sql("identification", "SELECT f::text FROM case_file f ORDER BY 1") == before


async def test_it_goes_by_what_was_known_when_the_case_was_routed(havn: World, tmp_path: Path) -> None:
    case = await open_door(havn, CMM_DECIDES)
    await case.decide()
    await describe(case, US_DECIDES)
    told = await replay(havn, proposed(tmp_path))
    assert told.stdout == "routing-2027: 0 of 1 cases would be routed differently.\n"


async def test_what_was_erased_is_compared_with_nothing(havn: World, tmp_path: Path) -> None:
    case = await open_door(havn, US_DECIDES | {"residence_basis": "visa", "residence_valid_until": "2026-01-01"})
    await havn.sql(
        "identification", "UPDATE case_file SET erased_at = now(), routing_facts = NULL, residence_valid_until = NULL"
    )
    told = await replay(havn, proposed(tmp_path))
    assert told.stdout == "routing-2027: 0 of 0 cases would be routed differently.\n", case.id


@pytest.mark.parametrize(
    "content", ['{"rules": []}', "no table", json.dumps(IN_FORCE | {"rules": IN_FORCE["rules"][:-1]})]
)
async def test_a_bad_file_is_refused_with_one_sentence(havn: World, tmp_path: Path, content: str) -> None:
    path = tmp_path / "bad.json"
    path.write_text(content)
    told = await replay(havn, path)
    assert told.exit_code == 1
    assert told.output.startswith("bad.json")
    assert told.output.count("\n") == 1
    missing = await replay(havn, tmp_path / "away.json")
    assert (missing.exit_code, missing.output) == (1, "away.json cannot be read.\n")
