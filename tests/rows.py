"""Which rows of docs/rows.md the tests show to be met: `make rows`. A test says which row it shows: `@pytest.mark.row(12)`."""

import re
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import pytest

ROWS = Path(__file__).parents[1] / "docs" / "rows.md"
_shown: dict[int, list[bool]] = defaultdict(list)


def rows() -> dict[int, str]:
    """What each row asks for, by its number."""
    found = re.findall(r"^\| (\d+) \| (.+?) \|", ROWS.read_text(), re.MULTILINE)
    return {int(number): sentence for number, sentence in found}


def numbers_of(item: pytest.Item) -> list[int]:
    return [number for marker in item.iter_markers("row") for number in marker.args]


def pytest_collection_modifyitems(items: Sequence[pytest.Item]) -> None:
    for item in items:
        # As a property it travels with the report, also from the processes of xdist.
        item.user_properties.extend(("row", number) for number in numbers_of(item))


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.when == "call" or not report.passed:
        for name, number in report.user_properties:
            if name == "row" and isinstance(number, int):
                _shown[number].append(report.passed)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    terminalreporter.section("rows")
    for number, sentence in rows().items():
        tests = _shown[number]
        verdict = "met" if tests and all(tests) else "NOT MET"
        terminalreporter.write_line(f"row {number:>3}  {verdict:<7}  {len(tests):>3} tests  {sentence}")


def pytest_sessionfinish(session: pytest.Session) -> None:
    is_reporting = not hasattr(session.config, "workerinput")
    if is_reporting and not all(_shown[number] and all(_shown[number]) for number in rows()):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
