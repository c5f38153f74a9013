"""What the code cites stands in the repository: docs/rules.md numbers the rules, docs/contract.md names the conventions."""

import json
import re
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
RULES, CONTRACT = ROOT / "docs" / "rules.md", ROOT / "docs" / "contract.md"
FOLDERS = ("services", "shared", "tests", "docs", "benchmarks", "tools")
WRITTEN = {".py", ".md", ".json", ".toml", ""}
READ = [
    path
    for folder in FOLDERS
    for path in sorted((ROOT / folder).rglob("*"))
    if path.is_file() and path.suffix in WRITTEN and "__pycache__" not in path.parts and path != Path(__file__)
]
ROW = re.compile(r"^\| ([a-z]+-[0-9]+|[A-D][0-9]?|R[1-7]) \| (.+) \|$", re.MULTILINE)
CITED = re.compile(r"docs/(rules|contract)\.md,\s+([^)]+)\)")
PAGE = re.compile(r"(?<![\w*/-])(?:[\w-]+/)*[\w-]+\.md\b")
OF_ANOTHER_PLACE = re.compile(r"\bdomain,\s+section\b|\b(?:api|domain)\.md\b")
MARK = re.compile(r"\[[SAD]\]")


def rows() -> list[tuple[str, list[str]]]:
    """Each rule's id and the cells beside it."""
    return [(found, cells.split(" | ")) for found, cells in ROW.findall(RULES.read_text())]


def matters() -> set[str]:
    """What docs/contract.md can be cited for: the first cells of its tables, and its headings."""
    text = CONTRACT.read_text()
    headings = re.findall(r"^## (.+)$", text, re.MULTILINE)
    return set(re.findall(r"^\| \*\*([a-z-]+)\*\* \|", text, re.MULTILINE)) | {each.lower() for each in headings}


def citations() -> list[tuple[str, str, str]]:
    """Page, id and the file that cites it."""
    found = []
    for path in READ:
        for page, ids in CITED.findall(path.read_text()):
            name = str(path.relative_to(ROOT))
            found += [(page, " ".join(each.split()), name) for each in re.split(r",|\band\b", ids)]
    return found


def test_each_rule_has_an_id_of_its_own_a_source_and_a_mark() -> None:
    assert len(rows()) > 100
    assert [each for each, times in Counter(each for each, _ in rows()).items() if times > 1] == []
    assert [each for each, cells in rows() if not MARK.search(" ".join(cells[1:]))] == []
    assert [each for each, cells in rows() if not all(cell.strip() for cell in cells)] == []


def test_the_rows_of_the_decision_tables_are_all_there() -> None:
    ids = {each for each, _ in rows()}
    assert ids >= {
        *(f"R{number}" for number in range(1, 8)),
        "A1",
        "A2",
        "A3",
        "B1",
        "B2",
        "B3",
        "B4",
        "C1",
        "C2",
        "C3",
        "D",
    }


def test_every_rule_that_is_cited_exists() -> None:
    known = {"rules": {each for each, _ in rows()}, "contract": matters()}
    cited = citations()
    assert len(cited) >= 15, "the code cites its rules"
    assert [(page, each, name) for page, each, name in cited if each not in known[page]] == []


def test_every_file_that_holds_a_rule_exists() -> None:
    tables = {path.name for path in ROOT.glob("services/*/tables/*.json")}
    named = re.findall(r"`((?:services|shared)/[^`*]+?|[a-z0-9.-]+\.json)`", RULES.read_text())
    assert len(named) > 40
    assert [each for each in named if each not in tables and not (ROOT / each).exists()] == []


@pytest.mark.parametrize(
    ("table", "key", "value", "rule", "written"),
    [
        ("periods-2021", "days", 30, "deadline-1", "30 days"),
        ("periods-2021", "cap_days", 120, "deadline-1", "120 days"),
        ("periods-2021", "alert_days", [20, 25, 30], "deadline-13", "20, 25 and 30"),
        ("periods-2021", "alert_days_before_cap", 14, "deadline-13", "14 days before its cap"),
        ("clocks-2021", "custody_hours", 72, "deadline-5", "72 hours"),
        ("clocks-2021", "on_call_repeat_minutes", 30, "deadline-6", "30 minutes"),
        ("clocks-2021", "child_assessment_hours", 24, "deadline-10", "24 hours"),
        ("clocks-2021", "decision_days", 30, "deadline-11", "30 days"),
        ("clocks-2021", "warn_at_percent", 80, "deadline-13", "80 percent"),
        ("clocks-2026", "custody_hours", 72, "deadline-5", "72 hours"),
        ("clocks-2026", "on_call_repeat_minutes", 30, "deadline-6", "30 minutes"),
        ("clocks-2026", "child_assessment_hours", 24, "deadline-10", "24 hours"),
        ("clocks-2026", "decision_days", 30, "deadline-11", "30 days"),
        ("clocks-2026", "warn_at_percent", 80, "deadline-13", "80 percent"),
        ("clocks-2026", "representative_days", 7, "deadline-16", "7 days"),
        ("questions-2026", "answer_days", 7, "deadline-17", "7 days"),
        ("questions-2026", "warn_at_percent", 80, "deadline-13", "80 percent"),
        ("access-2018", "answer_months", 1, "deadline-18", "1 month"),
        ("access-2018", "granted_days", 30, "privacy-8", "30 days"),
        ("hotline-2021", "weekdays", ["08:30", "16:00"], "deadline-7", "08:30 to 16:00"),
        ("hotline-2021", "weekends_and_holidays", ["09:00", "15:00"], "deadline-7", "09:00 to 15:00"),
        ("reintegration-2007", "months", 6, "deadline-12", "6 months"),
        ("drafts-2021", "deleted_after_days", 30, "deadline-15", "30 days"),
        ("drafts-2021", "reminded_days_before", 3, "deadline-15", "3 days"),
        ("retention-2021", "unlinked_contact_months", 6, "retention-1", "6 months"),
        ("retention-2021", "not_identified_months", 24, "retention-2", "24 months"),
        ("retention-2021", "closed_victim_months", 60, "retention-3", "60 months"),
        ("retention-2021", "unfinished_uploads_days", 7, "retention-6", "7 days"),
        ("kept-2021", "stored_answers_days", 30, "retention-6", "30 days"),
        ("kept-2021", "audit_months", 60, "retention-6", "60 months"),
    ],
)
def test_a_rule_says_what_its_dated_table_says(table: str, key: str, value: object, rule: str, written: str) -> None:
    (path,) = [*ROOT.glob(f"services/identification/tables/{table}.json"), *ROOT.glob(f"shared/data/{table}.json")]
    assert json.loads(path.read_text())[key] == value
    assert written in dict(rows())[rule][0]


def test_nothing_cites_a_page_that_is_not_in_the_repository() -> None:
    pages = {path.name for path in ROOT.rglob("*.md") if not {".venv", "node_modules", ".git"} & set(path.parts)}
    missing = []
    for path in READ:
        text = path.read_text()
        missing += [(str(path.relative_to(ROOT)), page) for page in PAGE.findall(text) if Path(page).name not in pages]
        missing += [(str(path.relative_to(ROOT)), hit.group(0)) for hit in OF_ANOTHER_PLACE.finditer(text)]
    assert missing == []


ASSUMED_CONSTANT = re.compile(r'^[A-Z_]+: Final\b[^\n]*=[^\n]*\n"""[^"]*\[A\]', re.MULTILINE)


def test_what_is_assumed_stands_in_a_dated_table_and_in_no_constant() -> None:
    """Whoever decides otherwise writes another version of the table, and what was before stays as it was."""
    found = [path for path in READ if path.suffix == ".py" and ASSUMED_CONSTANT.search(path.read_text())]
    assert ASSUMED_CONSTANT.search('MORNING: Final = 6\n"""Who comes before (docs/rules.md, housing-6) [A]."""\n')
    assert found == []
