"""Who may know what, where import-linter cannot see it: SQL, words of a service in the plumbing, what is for development."""

import ast
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SESSION_CALLS = {
    *("add", "add_all", "delete", "execute", "expire", "expunge", "flush", "forget", "get", "get_one", "merge"),
    *("refresh", "scalar", "scalars", "stream"),
}
STATEMENTS = {"delete", "exists", "insert", "select", "text", "union", "update"}


@cache
def sources(folder: str) -> dict[str, str]:
    found = {str(path.relative_to(ROOT)): path.read_text() for path in sorted((ROOT / folder).rglob("*.py"))}
    return {name: text for name, text in found.items() if "/versions/" not in name}


def speaks_to_the_session(tree: ast.AST) -> set[int]:
    """The lines of `work.session.add(...)` and the like."""
    return {
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in SESSION_CALLS
        and ast.unparse(node.func.value).rpartition(".")[2] == "session"
    }


def imports_statements(tree: ast.AST) -> set[int]:
    """The lines that import what statements are made of."""
    return {
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        and (node.module or "").split(".")[0] in {"sqlalchemy", "sqlmodel"}
        and STATEMENTS & {each.name for each in node.names}
    }


def may_speak_sql(name: str) -> bool:
    path = Path(name)
    if path.parts[0] == "shared":
        # The alerts' queue is one as the outbox is, on a floor above it.
        return path.parts[1] in {"data", "messaging"} or name == "shared/alerts/queue.py"
    return path.name == "repository.py"


@pytest.mark.parametrize("folder", ["services", "shared"])
def test_sql_and_calls_of_the_session_stand_in_repositories_alone(folder: str) -> None:
    for name, text in sources(folder).items():
        if may_speak_sql(name):
            continue
        tree = ast.parse(text)
        assert speaks_to_the_session(tree) == set(), name
        if Path(name).name not in {"models.py", "queries.py"}:
            assert imports_statements(tree) == set(), name


def test_the_search_for_sql_finds_some() -> None:
    finding = ast.parse("from sqlalchemy import select\nasync def f(work): await work.session.scalars(select(1))")
    assert (imports_statements(finding), speaks_to_the_session(finding)) == ({1}, {2})
    assert any(
        speaks_to_the_session(ast.parse(text)) for name, text in sources("services").items() if may_speak_sql(name)
    )


def test_the_plumbing_knows_no_service() -> None:
    """By content as well: outside the contract nothing in `shared/` speaks of what only services have."""
    known = re.compile(r"\b(case_id|placement_id|DeadlineKind)\b|havn-identification|\"(cmm|us|reden)\"|kommune-")
    speaking = {
        name: sorted({found[0] for found in known.finditer(text)})
        for name, text in sources("shared").items()
        if not name.startswith("shared/contract/") and known.search(text)
    }
    # The table of alerts has a column `case_id` and channels say it; the log's list of keys says which ids may be written.
    assert {name: words for name, words in speaking.items() if words != ["case_id"]} == {
        "shared/observability/logs.py": ["case_id", "placement_id"]
    }
    assert speaking.keys() <= {
        "shared/alerts/channels.py",
        "shared/alerts/queue.py",
        "shared/observability/logs.py",
        "shared/runtime/asyncapi.py",
    }


@pytest.mark.parametrize("started", ["services.cli", "services.identification.__main__", "services.stats.__main__"])
def test_nothing_that_production_starts_imports_what_is_for_development(started: str) -> None:
    code = f"import sys, {started}; print(sorted(name for name in sys.modules if name.startswith('shared.dev')))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_no_signature_is_kept_from_the_formatter() -> None:
    kept = {
        name
        for folder in ("services", "shared", "tests", "benchmarks")
        for name, text in sources(folder).items()
        if "# fmt: " + "skip" in text
    }
    assert kept == set()
