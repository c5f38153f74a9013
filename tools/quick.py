"""The quick loop: what is wrong with what I have just changed? `make quick` answers in under a minute, on two cores.

    make quick                  what is not committed; where nothing is, the commits that `main` has not got; on main, the last
    make quick SINCE=HEAD~3     everything since that commit, and what is not committed

It runs ruff, import-linter, mypy, the tests of rules (no database) that a change can be felt in, and the tests of the packages
that were touched. A package's tests stand where the package stands: services/identification/consents/ has
tests/identification/consents/. What it leaves out it names; `make test` leaves nothing out. Exits with 1 where a check failed,
with 2 where git does not know the commit."""

import ast
import os
import re
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from fnmatch import fnmatch
from functools import partial
from pathlib import Path

from tools.reach import Reach

Function = ast.FunctionDef | ast.AsyncFunctionDef
ROOT = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent
PYTEST = (sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-m", "not slow and not kafka")
ELSEWHERE = {
    "docs/rows.md": ("tests/shared/test_rows.py",),
    "docs/openapi": ("tests/contracts/test_golden.py",),
    "docs/asyncapi.json": ("tests/contracts/test_golden.py",),
    "docs/events.md": ("tests/contracts/test_golden.py",),
    "services/*/api.py": ("tests/contracts/test_golden.py",),
    "services/*/schemas.py": ("tests/contracts/test_golden.py",),
    "services/*/migrations": ("tests/shared/data/test_migrations.py", "tests/test_template.py"),
    "deploy": ("tests/deploy/test_alerts.py", "tests/deploy/test_compose.py", "tests/deploy/test_kubernetes.py"),
    "docker-compose.yml": ("tests/deploy/test_compose.py",),
    "Dockerfile": ("tests/deploy/test_image.py",),
}
"""Tests that stand elsewhere than what they are about (`*` stands for any number of folders)."""
JUDGE_EACH_FILE = ("docs/glossary.md", "tests/tree.py", "tests/shared/test_glossary.py", "tests/shared/test_habits.py")
"""Where one of these was changed, every file is judged by it anew; else only those that were changed."""
LEADS_TO_THE_DATABASE = "server_url"
PARTS = {"EmbeddedPostgres", "SERVICES", "executable", "mock_kafka", "real_clamd", "real_kafka"}
"""Who names one of these brings something up (a server, all services, another Python) and takes longer than a rule does."""


def find_tests(path: str, root: Path = ROOT) -> list[str]:
    """The test files that a change of this file asks for; none where no test stands for it.

    A test file asks for itself. A source file asks for those that stand directly in its mirrored folder, or in the nearest above
    that there is; so does what test files share (`builders.py`, `conftest.py`), for those beside it."""
    here = Path(path)
    found = {
        test
        for place, tests in ELSEWHERE.items()
        if fnmatch(path, place) or fnmatch(path, f"{place}/*")
        for test in tests
    }
    if here.parts[0] == "tests" and here.name.startswith("test_"):
        found |= {path}
    elif here.parts[0] in {"services", "shared", "tests", "tools"}:
        folder = Path("tests", *here.parent.parts[here.parts[0] in {"services", "tests"} :])
        while not (root / folder).is_dir():
            folder = folder.parent
        found |= {str(test.relative_to(root)) for test in (root / folder).glob("test_*.py")}
    return sorted(test for test in found if (root / test).is_file())


def find_tests_of_rules(root: Path = ROOT) -> list[str]:
    """The test files in which nothing needs a database or another part: they take no fixture that leads to one."""
    fixtures = {
        path.parent: _fixtures(ast.parse(path.read_text())) for path in sorted((root / "tests").rglob("conftest.py"))
    }
    return [
        str(path.relative_to(root))
        for path in sorted((root / "tests").rglob("test_*.py"))
        if not _brings_something_up(path, [fixture for folder in path.parents for fixture in fixtures.get(folder, ())])
    ]


def _brings_something_up(path: Path, shared: Sequence[Function]) -> bool:
    """Whether the tests of this file are slow, or take a fixture (of its own, or `shared`) that leads to the database."""
    text = path.read_text()
    slow = _leading_to_the_database(shared, {LEADS_TO_THE_DATABASE})
    if _takes(text, slow):
        return True
    tree = ast.parse(text)
    return _is_marked_slow(tree) or _asks_for(tree, _leading_to_the_database(_fixtures(tree), slow))


def _leading_to_the_database(fixtures: Sequence[Function], slow: set[str]) -> set[str]:
    while further := {fixture.name for fixture in fixtures if _asks_for(fixture, slow)} - slow:
        slow = slow | further
    return slow


def _takes(text: str, fixtures: set[str]) -> bool:
    """Whether a test plainly takes one of these, as most do: seen without parsing the file."""
    return (
        re.search(rf"^(?:async )?def test_\w+\(\s*(?:\w+: \w+,\s*)*(?:{'|'.join(fixtures)})\b", text, re.MULTILINE)
        is not None
    )


def _fixtures(tree: ast.AST) -> list[Function]:
    functions = (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    return [function for function in functions if _is_fixture(function)]


def _is_fixture(function: Function) -> bool:
    return any("fixture" in ast.unparse(decorator) for decorator in function.decorator_list)


def _asks_for(tree: ast.AST, fixtures: set[str]) -> bool:
    """Whether it takes one of these fixtures (by a parameter, or by its name in `getfixturevalue`), or names one of the PARTS."""
    for node in ast.walk(tree):
        match node:
            case ast.arg(arg=name) | ast.Constant(value=str(name)) if name in fixtures:
                return True
            case ast.Name(id=name) | ast.Attribute(attr=name) if name in PARTS:
                return True
    return False


def _is_marked_slow(tree: ast.Module) -> bool:
    marks = (ast.unparse(node.value) for node in tree.body if isinstance(node, ast.Assign))
    return any("pytest.mark.slow" in mark for mark in marks)


class NoSuchCommit(Exception):
    """Git does not know the commit that the changes should be counted from."""


def changed_files(since: str | None, root: Path = ROOT) -> tuple[str, list[str]]:
    """Since when, in words, and the files that were changed, made or deleted since then. NoSuchCommit."""
    uncommitted = [
        *_git(root, "diff", "--name-only", "HEAD"),
        *_git(root, "ls-files", "--others", "--exclude-standard"),
    ]
    if since is None and uncommitted:
        return "what is not committed", sorted(uncommitted)
    base = since or _fork_of(root)
    return f"since {base}", sorted({*_git(root, "diff", "--name-only", base, "--"), *uncommitted})


def _fork_of(root: Path) -> str:
    """Where this branch left main; on main itself, the commit before the last."""
    (head,) = _git(root, "rev-parse", "HEAD")
    for main in ("origin/main", "main", "origin/master", "master"):
        try:
            (fork,) = _git(root, "merge-base", "HEAD", main)
        except NoSuchCommit:
            continue
        if fork != head:
            return fork[:12]
    return "HEAD~1"


def _git(root: Path, *arguments: str) -> list[str]:
    ended = subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True, check=False)
    if ended.returncode != 0:
        raise NoSuchCommit(ended.stderr.strip())
    return ended.stdout.splitlines()


@dataclass(frozen=True)
class Check:
    """A command, by the name that it is reported under."""

    name: str
    command: Sequence[str | Path]
    fine: tuple[int, ...] = (0,)


@dataclass(frozen=True)
class Outcome:
    check: Check
    is_fine: bool
    seconds: float
    said: str


def run(check: Check, environment: Mapping[str, str] | None = None) -> Outcome:
    """Run it to its end, and say at once how it went: what it wrote only where it failed."""
    begun = time.monotonic()
    ended = subprocess.run(
        check.command,
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    outcome = Outcome(check, ended.returncode in check.fine, time.monotonic() - begun, ended.stdout.strip())
    last = outcome.said.splitlines()[-1] if outcome.said else ""
    print(f"{'ok    ' if outcome.is_fine else 'FAILED'} {outcome.seconds:5.1f} s  {check.name}   {last}", flush=True)
    if not outcome.is_fine:
        print(outcome.said, flush=True)
    return outcome


def checks_of(touched: Sequence[str], rules: Sequence[str]) -> list[Check]:
    """What to run for these test files, the longest first: two run at a time."""
    halves = [half for half in (touched[::2], touched[1::2]) if half]
    checks = [Check(f"tests of {len(half)} files touched", [*PYTEST, *half], fine=(0, 5)) for half in halves]
    others = sorted({*rules} - {*touched})
    return [
        *checks,
        Check("mypy", [BIN / "mypy"]),
        Check("ruff check", [BIN / "ruff", "check", "-q", "."]),
        Check("ruff format", [BIN / "ruff", "format", "--check", "-q", "."]),
        Check("import-linter", [BIN / "lint-imports"]),
        Check(f"tests of rules in {len(others)} files", [*PYTEST, *others]),
    ]


def environment_for(changed: Sequence[str]) -> dict[str, str]:
    """What tells the tests to be quick: fewer examples of each property, and only changed files judged one by one."""
    quick = {"HAVN_EXAMPLES": "quick"}
    if not {*changed} & {*JUDGE_EACH_FILE}:
        quick["HAVN_CHANGED"] = "\n".join(changed)
    return {**os.environ, **quick}


def main(arguments: Sequence[str]) -> int:
    try:
        since, changed = changed_files(arguments[0] if arguments and arguments[0] else None)
    except NoSuchCommit as unknown:
        print(unknown, file=sys.stderr)
        return 2
    wanted = {path: find_tests(path) for path in changed}
    touched = sorted({test for tests in wanted.values() for test in tests})
    print(f"{since}: {len(changed)} files changed; their tests: {', '.join(touched) or 'none'}", flush=True)
    reach = Reach(ROOT)
    rules = [test for test in find_tests_of_rules() if reach.feels(test, {*changed})]
    with ThreadPoolExecutor(2) as two:
        outcomes = [*two.map(partial(run, environment=environment_for(changed)), checks_of(touched, rules))]
    for path in (path for path, tests in wanted.items() if not tests):
        print(f"left out: no test stands for {path}")
    print(
        "left out: what is marked slow or needs Kafka, rules that import nothing of what was changed, and everything that the",
        "changes may do elsewhere.",
        "`make test` leaves nothing out.",
    )
    return 0 if all(outcome.is_fine for outcome in outcomes) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
