"""The template from which each test process copies its databases: made once, never taken half made, never out of date."""

import ast
import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests import template

ROOT = Path(__file__).parents[1]
MIGRATIONS = sorted(ROOT.glob("services/*/migrations/**/*.py"))


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Templates in a folder of this test; the homes in which one was migrated, as it happens."""
    homes: list[Path] = []

    async def migrate(home: Path) -> None:
        homes.append(home)
        await asyncio.sleep(0.05)
        (home / "postgres").mkdir()
        (home / "postgres" / "PG_VERSION").write_text("18")

    monkeypatch.setattr(template, "TEMPLATES", tmp_path / "templates")
    monkeypatch.setattr(template, "_migrate", migrate)
    return homes


def laid_out(home: Path) -> Path:
    home.mkdir()
    template.lay_out(home)
    assert (home / "postgres" / "PG_VERSION").read_text() == "18"
    return home / "postgres"


def kept() -> list[str]:
    return sorted(path.name for path in template.TEMPLATES.iterdir() if path.is_dir())


def test_it_is_made_once_and_copied_ever_after(made: list[Path], tmp_path: Path) -> None:
    first, second = laid_out(tmp_path / "first"), laid_out(tmp_path / "second")
    (first / "PG_VERSION").write_text("17")
    assert (second / "PG_VERSION").read_text() == "18"
    assert laid_out(tmp_path / "third") == tmp_path / "third" / "postgres"
    assert len(made) == 1


def test_processes_that_start_at_once_wait_for_the_one_that_makes_it(made: list[Path], tmp_path: Path) -> None:
    # To the lock, which belongs to the opened file, threads are as strange to each other as processes.
    with ThreadPoolExecutor(6) as many:
        list(many.map(laid_out, (tmp_path / str(number) for number in range(6))))
    assert len(made) == 1


def test_what_a_crash_left_half_made_is_no_template(
    made: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = template._copy

    def dies_half_way(source: Path, target: Path) -> None:
        target.mkdir()
        raise KeyboardInterrupt

    monkeypatch.setattr(template, "_copy", dies_half_way)
    (tmp_path / "first").mkdir()
    with pytest.raises(KeyboardInterrupt):
        template.lay_out(tmp_path / "first")
    assert all(name.endswith(".part") for name in kept())

    monkeypatch.setattr(template, "_copy", copy)
    laid_out(tmp_path / "second")
    assert len(made) == 2
    assert [name for name in kept() if name.endswith(".part")] == []


def test_the_templates_used_last_are_kept(made: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = []
    for number in range(template.KEPT + 2):
        monkeypatch.setenv("TZ", f"UTC-{number}")
        keys.append(template.key_of(template.sources()))
        laid_out(tmp_path / str(number))
    assert kept() == sorted(keys[-template.KEPT :])


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A small copy of what a template is made from."""
    for path in (
        "services/referrals/migrations/versions/0001_first.py",
        "shared/contract/directory.py",
        "tests/template.py",
    ):
        (tmp_path / path).parent.mkdir(parents=True)
        (tmp_path / path).write_text("first")
    (tmp_path / "services/referrals/api.py").write_text("first")
    return tmp_path


def key(tree: Path) -> str:
    return template.key_of(template.sources(tree), tree)


@pytest.mark.parametrize(
    "path",
    [
        "services/referrals/migrations/versions/0001_first.py",
        "services/referrals/migrations/versions/0002_new.py",
        "services/statistics/migrations/versions/0001_new_service.py",
        "shared/contract/directory.py",
        "shared/contract/municipalities.json",
        "tests/template.py",
    ],
)
def test_another_content_leads_to_another_template(tree: Path, path: str) -> None:
    before = key(tree)
    assert key(tree) == before
    (tree / path).parent.mkdir(parents=True, exist_ok=True)
    (tree / path).write_text("second")
    assert key(tree) != before


def test_a_file_by_another_name_leads_to_another_template(tree: Path) -> None:
    before, versions = key(tree), tree / "services/referrals/migrations/versions"
    (versions / "0001_first.py").rename(versions / "0002_first.py")
    assert key(tree) != before


def test_what_no_migration_reads_leaves_the_template_as_it_is(tree: Path) -> None:
    before = key(tree)
    (tree / "services/referrals/api.py").write_text("second")
    assert key(tree) == before


@pytest.mark.parametrize("variable", template.ENVIRONMENT)
def test_another_locale_or_time_zone_leads_to_another_template(
    tree: Path, variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = key(tree)
    monkeypatch.setenv(variable, "other")
    assert key(tree) != before


@pytest.mark.parametrize("package", template.MADE_BY)
def test_another_version_leads_to_another_template(tree: Path, package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    before, version = key(tree), template.version
    monkeypatch.setattr(template, "version", lambda name: "0.1" if name == package else version(name))
    assert key(tree) != before


@pytest.mark.parametrize("path", MIGRATIONS, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_migration_takes_nothing_from_outside_of_what_the_template_is_named_by(path: Path) -> None:
    if path.name == "env.py":
        return  # it hands the models to Alembic, which compares with them and makes nothing from them
    covered = ("shared", f"services.{path.relative_to(ROOT).parts[1]}.migrations")
    ours = {
        node.module
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] in {"services", "shared"}
    }
    assert [module for module in ours if not module.startswith(covered)] == []
    assert not any(isinstance(node, ast.ImportFrom) and node.level for node in ast.walk(ast.parse(path.read_text())))


@pytest.mark.parametrize("path", sorted((ROOT / "tests").rglob("conftest.py")), ids=lambda path: path.parent.name)
def test_a_conftest_imports_what_is_ours_only_where_it_is_asked_for(path: Path) -> None:
    """Otherwise a test of a rule waits seconds for four services that it does not need."""
    imported = {node.module for node in ast.parse(path.read_text()).body if isinstance(node, ast.ImportFrom)}
    assert {module.split(".")[0] for module in imported if module} <= {"collections", "pathlib", "typing", "tests"}
    assert {module for module in imported if module and module.startswith("tests")} <= {"tests"}
