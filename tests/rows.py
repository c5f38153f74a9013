"""Which rows of docs/rows.md are met: `make rows`. A test says which row it shows: `@pytest.mark.row(12)`; what a command shows
it writes down itself (tools/shown.py)."""

import re
from collections import defaultdict
from pathlib import Path

import pytest

from tools.shown import shown

ROWS = Path(__file__).parents[1] / "docs" / "rows.md"
_shown: dict[int, list[bool]] = defaultdict(list)


def rows() -> dict[int, str]:
    """What each row asks for that tests show, by its number."""
    found = re.findall(r"^\| (\d+) \| ([^|]+) \|$", ROWS.read_text(), re.MULTILINE)
    return {int(number): sentence for number, sentence in found}


def commands() -> dict[int, tuple[str, str]]:
    """What each row asks for that a command shows, and the command, by its number."""
    found = re.findall(r"^\| (\d+) \| ([^|]+) \| `(make [a-z-]+)` \|$", ROWS.read_text(), re.MULTILINE)
    return {int(number): (sentence, command) for number, sentence, command in found}


def numbers_in(text: str) -> set[int]:
    """The rows that `157-162,165` names. Raises ValueError for what is no row."""
    asked: set[int] = set()
    for part in text.split(","):
        first, _, last = part.partition("-")
        asked |= set(range(int(first), int(last or first) + 1))
    if unknown := asked - rows().keys() - commands().keys():
        raise ValueError(f"docs/rows.md has no row {', '.join(map(str, sorted(unknown)))}")
    return asked


def asked_for(config: pytest.Config) -> set[int]:
    text: str = config.getoption("--rows")
    try:
        return numbers_in(text) if text else rows().keys() | commands().keys()
    except ValueError as error:
        raise pytest.UsageError(f"--rows {text}: {error}") from error


def numbers_of(item: pytest.Item) -> list[int]:
    return [number for marker in item.iter_markers("row") for number in marker.args]


def verdict(number: int) -> tuple[bool, str]:
    """Whether the row is met, and the line that says so."""
    if number not in rows():
        sentence, command = commands()[number]
        seen = shown(number)
        by = f"{command}, {seen.at}, {seen.commit[:9]}: {seen.said}" if seen else f"{command} shows it"
        return seen is not None, f"{sentence} ({by})"
    tests = _shown[number]
    return bool(tests) and all(tests), f"{len(tests):>3} tests  {rows()[number]}"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--rows", default="", help="only these rows, e.g. 157-162,165")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    asked = asked_for(config)
    others = [item for item in items if asked.isdisjoint(numbers_of(item))]
    if others:
        config.hook.pytest_deselected(items=others)
        items[:] = [item for item in items if not asked.isdisjoint(numbers_of(item))]
    for item in items:
        # As a property it travels with the report, also from the processes of xdist.
        item.user_properties.extend(("row", number) for number in numbers_of(item))


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.when == "call" or not report.passed:
        for name, number in report.user_properties:
            if name == "row" and isinstance(number, int):
                _shown[number].append(report.passed)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    terminalreporter.section("rows")
    for number in sorted(asked_for(config)):
        is_met, line = verdict(number)
        terminalreporter.write_line(f"row {number:>3}  {'met' if is_met else 'NOT MET':<7}  {line}")


def pytest_sessionfinish(session: pytest.Session) -> None:
    is_reporting = not hasattr(session.config, "workerinput")
    if is_reporting and not all(verdict(number)[0] for number in asked_for(session.config)):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
