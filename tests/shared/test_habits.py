"""What the house promises about its own code, read from the code."""

import ast
import subprocess
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CODE = sorted(path for folder in ("shared", "services") for path in (ROOT / folder).rglob("*.py"))
EVERYTHING = [*CODE, *sorted((ROOT / "tests").rglob("*.py")), *sorted((ROOT / "benchmarks").rglob("*.py"))]
LONGEST_FILE, LONGEST_FUNCTION = 450, 60


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


@cache
def lines(path: Path) -> list[str]:
    return path.read_text().splitlines()


@cache  # each file is read once, however many habits are looked for in it
def tree(path: Path) -> ast.Module:
    return ast.parse("\n".join(lines(path)))


@cache
def calls(path: Path) -> list[ast.Call]:
    return [node for node in ast.walk(tree(path)) if isinstance(node, ast.Call)]


def called(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


@pytest.mark.parametrize("path", EVERYTHING, ids=name)
def test_no_file_and_no_function_is_too_long_to_read(path: Path) -> None:
    assert len(lines(path)) <= LONGEST_FILE
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert (node.end_lineno or 0) - node.lineno < LONGEST_FUNCTION, f"{name(path)}: {node.name}"


def test_only_the_database_module_commits() -> None:
    committing = {name(path) for path in CODE for call in calls(path) if called(call) in {"commit", "begin_nested"}}
    assert committing <= {"shared/data/database.py", "shared/messaging/kafka_reader.py"}  # the latter commits offsets


def test_only_the_bus_knows_a_kafka_producer() -> None:
    knowing = {name(path) for path in CODE if any("AIOKafkaProducer" in line for line in lines(path))}
    assert knowing == {"shared/messaging/kafka.py"}


def test_events_are_recorded_by_domain_code_and_published_by_the_relay_alone() -> None:
    publishing = {name(path) for path in CODE for call in calls(path) if called(call) == "publish"}
    assert publishing <= {"shared/messaging/relay.py", "shared/messaging/kafka.py"}


def test_the_domain_asks_no_clock_of_its_own() -> None:
    clocks = {"datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time"}
    services = [path for path in CODE if path.is_relative_to(ROOT / "services") and path.parent.name != "services"]
    asked = {clock.rpartition(".")[2] for clock in clocks}
    asking = [(path, call) for path in services for call in calls(path) if called(call) in asked]
    assert {name(path): call for path, call in asking if ast.unparse(call.func) in clocks} == {}


def test_tests_are_at_least_as_long_as_the_code() -> None:
    tests = [path for path in EVERYTHING if path.is_relative_to(ROOT / "tests")]
    code = [path for path in CODE if "migrations" not in path.parts]
    assert sum(len(lines(path)) for path in tests) >= sum(len(lines(path)) for path in code)


def test_no_lock_file_names_a_package_registry() -> None:
    for lock in ("requirements.lock", "requirements-dev.lock"):
        assert "://" not in (ROOT / lock).read_text()


def test_nothing_that_is_kept_holds_a_key() -> None:
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    for path in tracked:
        text = (ROOT / path).read_bytes() if (ROOT / path).is_file() else b""
        assert b"-----BEGIN " + b"PRIVATE KEY" not in text, path
