"""Which tests of rules a change can be felt in, by what they import."""

from pathlib import Path

import pytest

from tools.reach import Reach

FILES = {
    "services/__init__.py": "",
    "services/a/__init__.py": "",
    "services/a/rules.py": "from shared.days import (\n    add,\n    start as begin,\n)\n",
    "services/a/table.json": "{}",
    "services/b/__init__.py": "",
    "services/b/rules.py": "import json, shared.weeks\n",
    "shared/__init__.py": "",
    "shared/days.py": "",
    "shared/weeks.py": "def late():\n    from shared import months\n",
    "shared/months.py": "import shared.weeks  # in a circle\n",
    "tests/test_a.py": "from services.a import rules\n",
    "tests/test_b.py": "from services.b.rules import count\n",
    "tests/test_tree.py": "from tests.tree import ROOT\n",
}


@pytest.fixture
def reach(tmp_path: Path) -> Reach:
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return Reach(tmp_path)


@pytest.mark.parametrize(
    ("changed", "tests"),
    [
        ("services/a/rules.py", ["tests/test_a.py"]),
        ("shared/days.py", ["tests/test_a.py"]),
        ("shared/months.py", ["tests/test_b.py"]),
        ("services/a/__init__.py", ["tests/test_a.py"]),
        ("shared/__init__.py", ["tests/test_a.py", "tests/test_b.py"]),
        ("tests/test_b.py", ["tests/test_b.py"]),
        ("docs/rules.md", []),
    ],
)
def test_a_change_is_felt_where_imports_lead_to_it_and_where_files_are_read(
    reach: Reach, changed: str, tests: list[str]
) -> None:
    felt = [test for test in FILES if test.startswith("tests/") and reach.feels(test, {changed})]
    assert felt == [*tests, "tests/test_tree.py"]


def test_of_a_table_nobody_says_where_it_is_read(reach: Reach) -> None:
    assert all(reach.feels(test, {"services/a/table.json"}) for test in FILES if test.startswith("tests/"))


def test_in_this_repository_a_rule_leads_to_what_it_is_made_of() -> None:
    found = Reach(Path(__file__).parents[2]).leads_to("tests/identification/periods/test_periods.py")
    assert {"services/identification/periods/lengths.py", "services/identification/case/models.py"} <= found
    assert "services/referrals/api.py" not in found
