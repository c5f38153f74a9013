"""What the house promises about its own code, read from the code."""

import ast
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.tree import ROOT, looked_at, name, nodes, text

CODE = sorted(path for folder in ("shared", "services") for path in (ROOT / folder).rglob("*.py"))
EVERYTHING = [*CODE, *sorted((ROOT / "tests").rglob("*.py")), *sorted((ROOT / "benchmarks").rglob("*.py"))]
LONGEST_FILE, LONGEST_FUNCTION = 450, 60


def calls(path: Path, *wanted: str) -> list[ast.Call]:
    """The calls of these names in the file; only files in which one of them stands are parsed."""
    if not any(each in text(path) for each in wanted):
        return []
    found = [node for node in nodes(path) if isinstance(node, ast.Call)]
    return [call for call in found if called(call) in wanted or ast.unparse(call.func) in wanted]


def called(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


@pytest.mark.parametrize("path", looked_at(EVERYTHING), ids=name)
def test_no_file_and_no_function_is_too_long_to_read(path: Path) -> None:
    assert len(text(path).splitlines()) <= LONGEST_FILE
    for node in nodes(path):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert (node.end_lineno or 0) - node.lineno < LONGEST_FUNCTION, f"{name(path)}: {node.name}"


def test_only_the_database_module_commits() -> None:
    committing = {name(path) for path in CODE if calls(path, "commit", "begin_nested")}
    assert committing <= {"shared/data/database.py", "shared/messaging/kafka_reader.py"}  # the latter commits offsets


def test_only_the_bus_knows_a_kafka_producer() -> None:
    knowing = {name(path) for path in CODE if "AIOKafkaProducer" in text(path)}
    assert knowing == {"shared/messaging/kafka.py"}


def test_events_are_recorded_by_domain_code_and_published_by_the_relay_alone() -> None:
    publishing = {name(path) for path in CODE if calls(path, "publish")}
    assert publishing <= {"shared/messaging/relay.py", "shared/messaging/kafka.py"}


def test_the_domain_asks_no_clock_of_its_own() -> None:
    clocks = {"datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time"}
    services = [path for path in CODE if path.is_relative_to(ROOT / "services") and path.parent.name != "services"]
    assert {name(path): found for path in services if (found := calls(path, *clocks))} == {}


def test_tests_are_at_least_as_long_as_the_code() -> None:
    tests = [path for path in EVERYTHING if path.is_relative_to(ROOT / "tests")]
    code = [path for path in CODE if "migrations" not in path.parts]
    assert sum(len(text(path).splitlines()) for path in tests) >= sum(len(text(path).splitlines()) for path in code)


def test_no_lock_file_names_a_package_registry() -> None:
    for lock in ("requirements.lock", "requirements-dev.lock"):
        assert "://" not in (ROOT / lock).read_text()


def test_nothing_that_is_kept_holds_a_key() -> None:
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    for path in tracked:
        text = (ROOT / path).read_bytes() if (ROOT / path).is_file() else b""
        assert b"-----BEGIN " + b"PRIVATE KEY" not in text, path


# ---------------------------------------------------------------- queries are made once

MAKES_A_QUERY = frozenset({"select", "exists", "insert", "update", "delete", "text", "union", "union_all"})


def is_kept(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Whether what it gives is made once for each form: by `cache` or `lru_cache`."""
    return any("cache" in ast.unparse(each) for each in function.decorator_list)


Name = tuple[str, str]
"""A function by its module and its own name."""


def module_of(path: Path) -> str:
    return name(path).removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def calls_within(path: Path) -> dict[Name, set[Name]]:
    """The functions of a file that do not keep what they give, and what each calls: functions of its own, and imported ones."""
    module, imported, modules = module_of(path), dict[str, Name](), dict[str, str]()
    for node in nodes(path):
        if isinstance(node, ast.ImportFrom) and node.module:
            for each in node.names:
                imported[each.asname or each.name] = (node.module, each.name)
                modules[each.asname or each.name] = f"{node.module}.{each.name}"

    def called_in(function: ast.AST) -> Iterator[Name]:
        for call in ast.walk(function):
            match call:
                case ast.Call(func=ast.Name(id=of)):
                    yield imported.get(of, (module, of))
                case ast.Call(func=ast.Attribute(value=ast.Name(id=of), attr=attribute)) if of in modules:
                    yield modules[of], attribute

    return {(module, each.name): set(called_in(each)) for each in functions_of(path) if not is_kept(each)}


def functions_of(path: Path) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    return [node for node in nodes(path) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


@cache
def building_anew() -> dict[str, set[str]]:
    """The functions, by file, that build a query each time: those that a request or an event passes through, where they do it
    themselves or call one that does, in whichever file. What is built at a module's own level, or in a function that keeps it,
    is built once."""
    files = [path for path in CODE if "migrations" not in path.parts]
    plain = {
        (module_of(path), each.name)
        for path in files
        for each in functions_of(path)
        if isinstance(each, ast.FunctionDef)
    }
    called_in = {function: called for path in files for function, called in calls_within(path).items()}
    building = {each for each, called in called_in.items() if any(makes in MAKES_A_QUERY for _, makes in called)}
    while further := {each for each, called in called_in.items() if called & building & plain} - building:
        building |= further
    return {
        name(path): found
        for path in files
        if (found := {each for module, each in building - plain if module == module_of(path)})
    }


def test_a_query_is_made_once_and_sent_with_what_differs() -> None:
    """Building a query, and finding what was made ready from one like it, costs more than sending it (docs/adr/0021): it is a
    named constant, or given by a function that keeps it for each of its forms, and is sent with its values by name."""
    assert building_anew() == {}
