"""The contract in docs/ is what the code says, and holds for everybody who relies on the one committed before.

`havn contract` writes the files. A change that adds passes and is printed; one that breaks fails, files rewritten or not.
Where breaking is meant (nobody relies on it yet), say from where on it counts: HAVN_CONTRACT_BASE=HEAD.
"""

import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from services.everything import SERVICES
from shared.runtime.published import contract_files, write_contract
from tests.contracts.compatibility import Change, asyncapi_changes, openapi_changes

ROOT = Path(__file__).parent.parent.parent
NAMES = (*(f"openapi/{service.name}.json" for service in SERVICES), "asyncapi.json", "events.md")


@cache
def made() -> dict[str, str]:
    """The files as the code makes them: when a test asks, not in each process that collects tests."""
    return contract_files(SERVICES)


def committed(revision: str, name: str) -> str | None:
    """The file in that commit; None when there is no such commit, no such file, or no git."""
    try:
        shown = subprocess.run(
            ["git", "show", f"{revision}:docs/{name}"], cwd=ROOT, capture_output=True, check=False, timeout=30
        )
    except FileNotFoundError:
        return None
    return shown.stdout.decode("utf-8") if shown.returncode == 0 else None


def base(name: str) -> str | None:
    """What partners have: the commit of HAVN_CONTRACT_BASE; or HEAD, and when HEAD is what we have here, its parent."""
    if named := os.environ.get("HAVN_CONTRACT_BASE"):
        return committed(named, name)
    head = committed("HEAD", name)
    return committed("HEAD~1", name) if head == made()[name] else head


def changes_of(name: str, old: str, new: str) -> list[Change]:
    compare = asyncapi_changes if name == "asyncapi.json" else openapi_changes
    return compare(json.loads(old), json.loads(new))


@pytest.mark.parametrize("name", NAMES)
def test_the_published_contract_is_what_the_code_says(name: str) -> None:
    published = ROOT / "docs" / name
    assert published.exists(), f"docs/{name} is missing: run `havn contract`."
    assert published.read_text(encoding="utf-8") == made()[name], f"docs/{name} is out of date: run `havn contract`."


@pytest.mark.parametrize("name", [name for name in NAMES if name.endswith(".json")])
def test_the_contract_is_changed_by_addition_only(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    old = base(name)
    changes = changes_of(name, old, made()[name]) if old else []
    with capsys.disabled():
        for change in changes:
            sys.stdout.write(f"\ndocs/{name}  {change}")
    assert not [str(change) for change in changes if change.breaks]


def test_the_same_code_makes_the_same_bytes(tmp_path: Path) -> None:
    assert {*made()} == {*NAMES}
    written = write_contract(tmp_path, SERVICES)
    assert {str(path.relative_to(tmp_path)): path.read_text(encoding="utf-8") for path in written} == made()
    assert contract_files(tuple(reversed(SERVICES))) == made()


def test_a_file_that_was_never_committed_is_all_new() -> None:
    assert committed("HEAD", "openapi/no-such-service.json") is None
