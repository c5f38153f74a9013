"""`make quick`: which tests a change asks for, what counts as a change, and that a failure is one."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.tree import ROOT, looked_at
from tools import quick
from tools.quick import (
    Check,
    NoSuchCommit,
    changed_files,
    checks_of,
    environment_for,
    find_tests,
    find_tests_of_rules,
    run,
)

FILES = (
    "services/identification/consents/domain.py",
    "tests/deploy/test_alerts.py",
    "tests/deploy/test_compose.py",
    "tests/deploy/test_kubernetes.py",
    "tests/test_cli.py",
    "tests/conftest.py",
    "tests/identification/builders.py",
    "tests/identification/test_bad_input.py",
    "tests/identification/consents/people.py",
    "tests/identification/consents/test_consents.py",
    "tests/identification/consents/test_disclosures.py",
    "tests/identification/routing/test_routing.py",
    "tests/referrals/test_submit.py",
    "tests/shared/test_habits.py",
    "tests/shared/test_rows.py",
    "tests/shared/http/test_etag.py",
    "tests/shared/data/test_migrations.py",
    "tests/test_template.py",
    "tests/contracts/test_golden.py",
    "tests/tools/test_quick.py",
)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A small repository of the same shape."""
    for name in FILES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    return tmp_path


CONSENTS = ["tests/identification/consents/test_consents.py", "tests/identification/consents/test_disclosures.py"]
DEPLOY = [f"tests/deploy/test_{name}.py" for name in ("alerts", "compose", "kubernetes")]
GOLDEN = "tests/contracts/test_golden.py"


@pytest.mark.parametrize(
    ("changed", "tests"),
    [
        ("services/identification/consents/domain.py", CONSENTS),
        ("services/identification/consents/gone.py", CONSENTS),
        ("services/identification/consents/api.py", [GOLDEN, *CONSENTS]),
        ("services/identification/records/repository.py", ["tests/identification/test_bad_input.py"]),
        ("services/identification/app.py", ["tests/identification/test_bad_input.py"]),
        ("services/identification/tables/routing-2021.json", ["tests/identification/test_bad_input.py"]),
        ("services/referrals/domain.py", ["tests/referrals/test_submit.py"]),
        ("services/referrals/schemas.py", [GOLDEN, "tests/referrals/test_submit.py"]),
        (
            "services/referrals/migrations/versions/0003_new.py",
            ["tests/referrals/test_submit.py", "tests/shared/data/test_migrations.py", "tests/test_template.py"],
        ),
        ("services/cli.py", ["tests/test_cli.py", "tests/test_template.py"]),
        ("shared/http/etag.py", ["tests/shared/http/test_etag.py"]),
        ("shared/files/scanning.py", ["tests/shared/test_habits.py", "tests/shared/test_rows.py"]),
        ("tests/identification/consents/test_consents.py", CONSENTS[:1]),
        ("tests/identification/consents/test_gone.py", []),
        ("tests/identification/consents/people.py", CONSENTS),
        ("tests/identification/builders.py", ["tests/identification/test_bad_input.py"]),
        ("tests/conftest.py", ["tests/test_cli.py", "tests/test_template.py"]),
        ("tools/quick.py", ["tests/tools/test_quick.py"]),
        ("docs/rows.md", ["tests/shared/test_rows.py"]),
        ("docs/openapi/identification.json", [GOLDEN]),
        ("deploy/compose/otel.yml", DEPLOY),
        ("README.md", []),
    ],
)
def test_a_change_asks_for_the_tests_that_stand_where_it_stands(tree: Path, changed: str, tests: list[str]) -> None:
    assert find_tests(changed, tree) == tests


def test_every_test_that_stands_elsewhere_is_there() -> None:
    assert [test for tests in quick.ELSEWHERE.values() for test in tests if not (quick.ROOT / test).is_file()] == []


RULES = {
    "tests/conftest.py": """
import pytest
@pytest.fixture(scope="session")
def server_url(): ...
@pytest.fixture
async def havn(server_url): ...
@pytest.fixture
def numbers(): ...
""",
    "tests/a/conftest.py": """
import pytest
@pytest.fixture
async def housing(havn): ...
@pytest.fixture
def either(request): return request.getfixturevalue("havn")
""",
    "tests/a/test_by_itself.py": "def test_it(): ...",
    "tests/a/test_with_numbers.py": "def test_it(numbers): ...",
    "tests/a/test_on_the_database.py": "async def test_it(havn): ...",
    "tests/a/test_through_a_fixture.py": "async def test_it(housing): ...",
    "tests/a/test_by_name.py": "async def test_it(either): ...",
    "tests/a/test_with_its_own.py": """
import pytest
@pytest.fixture
async def own(housing): ...
async def test_it(own): ...
""",
    "tests/a/test_starts_a_server.py": "def test_it(tmp_path): EmbeddedPostgres(tmp_path)",
    "tests/a/test_starts_python.py": "def test_it(): subprocess.run([sys.executable])",
    "tests/a/test_slow.py": "pytestmark = [pytest.mark.kafka, pytest.mark.slow]\ndef test_it(): ...",
    "tests/b/test_another_housing.py": "import pytest\n@pytest.fixture\ndef housing(): ...\ndef test_it(housing): ...",
    "tests/b/helpers.py": "def no_test(): ...",
}


def test_rules_are_tested_where_no_fixture_leads_to_the_database(tmp_path: Path) -> None:
    for name, text in RULES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    assert find_tests_of_rules(tmp_path) == [
        "tests/a/test_by_itself.py",
        "tests/a/test_with_numbers.py",
        "tests/b/test_another_housing.py",
    ]


def test_the_rules_of_days_and_authorities_are_among_those_always_tested() -> None:
    found = find_tests_of_rules()
    assert {"tests/shared/rules/test_working_days.py", "tests/identification/routing/test_routing.py"} <= {*found}
    assert "tests/identification/consents/test_consents.py" not in found


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two commits on main, the first of `a`, the second of `b`."""
    for variable in ("GIT_AUTHOR", "GIT_COMMITTER"):
        monkeypatch.setenv(f"{variable}_NAME", "Havn")
        monkeypatch.setenv(f"{variable}_EMAIL", "havn@example.org")
    git(tmp_path, "init", "-q", "-b", "main")
    for name in ("a", "b"):
        commit(tmp_path, name)
    return tmp_path


def git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True)


def commit(folder: Path, name: str) -> None:
    (folder / name).write_text(name)
    git(folder, "add", name)
    git(folder, "commit", "-q", "-m", name)


def test_on_a_clean_main_the_last_commit_is_looked_at(repository: Path) -> None:
    assert changed_files(None, repository) == ("since HEAD~1", ["b"])


def test_what_is_not_committed_comes_first_new_and_deleted_files_with_it(repository: Path) -> None:
    (repository / "a").write_text("changed")
    (repository / "b").unlink()
    (repository / "new").write_text("new")
    git(repository, "add", "a")
    assert changed_files(None, repository) == ("what is not committed", ["a", "b", "new"])


def test_on_a_clean_branch_all_that_main_has_not_got(repository: Path) -> None:
    git(repository, "checkout", "-q", "-b", "branch")
    commit(repository, "c")
    commit(repository, "d")
    git(repository, "checkout", "-q", "main")
    commit(repository, "e")
    git(repository, "checkout", "-q", "branch")
    since, changed = changed_files(None, repository)
    assert since.startswith("since ")
    assert changed == ["c", "d"]


def test_a_given_commit_counts_with_what_is_not_committed(repository: Path) -> None:
    (repository / "new").write_text("new")
    assert changed_files("HEAD~1", repository) == ("since HEAD~1", ["b", "new"])
    with pytest.raises(NoSuchCommit):
        changed_files("nowhere", repository)


def test_a_check_that_fails_says_so_and_what_it_said(capsys: pytest.CaptureFixture[str]) -> None:
    fails = Check("a check", [sys.executable, "-c", "print('why'); print('last'); raise SystemExit(1)"])
    assert not run(fails).is_fine
    said = capsys.readouterr().out
    assert said.startswith("FAILED")
    assert "why" in said
    assert run(Check("another", [sys.executable, "-c", "print('not shown'); print('last')"])).is_fine
    assert "not shown" not in capsys.readouterr().out


@pytest.mark.parametrize(("code", "status"), [(0, 0), (1, 1)])
def test_one_failure_is_enough_to_fail(code: int, status: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def some(touched: object, rules: object) -> list[Check]:
        return [Check(str(each), [sys.executable, "-c", f"raise SystemExit({each})"]) for each in (0, code)]

    monkeypatch.setattr(quick, "checks_of", some)
    assert quick.main(["HEAD"]) == status


def test_an_unknown_commit_is_told_from_a_failure() -> None:
    assert quick.main(["no-such-commit"]) == 2


def test_everything_is_run_and_no_test_twice() -> None:
    ran = {check.name: check.command for check in checks_of(["tests/a.py"], ["tests/a.py", "tests/b.py"])}
    assert {"mypy", "ruff check", "ruff format", "import-linter"} <= ran.keys()
    assert [name for name, command in ran.items() if "tests/a.py" in command] == ["tests of 1 files touched"]
    assert [name for name, command in ran.items() if "tests/b.py" in command] == ["tests of rules in 1 files"]


def test_only_what_was_changed_is_judged_file_by_file_and_all_of_it_in_every_other_run(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    files = [ROOT / "tools" / "quick.py", ROOT / "tests" / "tree.py"]
    monkeypatch.delenv("HAVN_CHANGED", raising=False)
    assert looked_at(files) == files
    for name, value in environment_for(["tools/quick.py", "README.md"]).items():
        monkeypatch.setenv(name, value)
    assert looked_at(files) == files[:1]


@pytest.mark.parametrize("judge", quick.JUDGE_EACH_FILE)
def test_what_judges_is_tried_on_every_file(judge: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HAVN_CHANGED", raising=False)
    assert (ROOT / judge).is_file()
    assert "HAVN_CHANGED" not in environment_for([judge, "services/cli.py"])


def test_properties_are_tried_on_fewer_examples_by_make_quick_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HAVN_EXAMPLES", raising=False)
    examples = "from tests import conftest; import hypothesis; print(hypothesis.settings.default.max_examples)"
    said = [
        run(Check("examples", [sys.executable, "-c", examples]), environment).said
        for environment in (None, environment_for([]))
    ]
    assert said == ["100", "15"]
