"""docs/pattern.md walks through the code as it is: every file and function that it names exists."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "pattern.md").read_text()
SPAN = re.compile(r"`([^`]+)`")
PATH = re.compile(r"(?:services|shared|tests|docs|deploy)/[\w./-]*|[\w-]+\.(?:py|toml|md)|[a-z_]+/")
NAME = re.compile(r"_?[A-Za-z]\w*(?:\(\))?")
LONGEST_PAGE = 90


def items() -> list[str]:
    """The numbered steps of the walk, each in one line."""
    walk = PAGE.split("## One referral", 1)[1].split("\n## ", 1)[0]
    return [" ".join(item.split()) for item in re.split(r"\n(?=\d+\. )", walk)[1:]]


def rows() -> list[str]:
    """The rows of "where a new thing goes" that name files of code."""
    table = PAGE.split("| new | goes to |", 1)[1].split("\n\n", 1)[0]
    return [row for row in table.splitlines() if re.search(r"`(services|shared)/[\w./]+\.py`", row)]


def steps() -> list[tuple[str, str]]:
    """File and function, for each function that is named right after a file: "`path`, `function`"."""
    named = re.compile(r"`((?:services|shared|tests)/[\w./]+\.py)`,\s+`(\w+)`")
    return [pair for item in items() for pair in named.findall(item)]


def spans() -> list[str]:
    return SPAN.findall(PAGE)


def defined_in(path: Path) -> set[str]:
    """What the file defines, and what its classes and functions take: fields, methods and parameters."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.arg):
            found.add(node.arg)
        elif isinstance(node, ast.Name):
            found.add(node.id)
        elif isinstance(node, ast.alias):
            found.add((node.asname or node.name).split(".")[-1])
    return found


def test_the_page_is_short_and_walks_through_every_room() -> None:
    assert len(PAGE.splitlines()) <= LONGEST_PAGE
    assert len(items()) >= 10
    visited = {file.split("/")[1] for file, _ in steps()}
    assert visited >= {"referrals", "http", "data", "messaging", "identification"}


@pytest.mark.parametrize("path", sorted({span for span in spans() if PATH.fullmatch(span) and "/" in span}))
def test_every_path_on_the_page_exists(path: str) -> None:
    places = [ROOT, *(ROOT / "services").iterdir(), ROOT / "shared"]
    assert any((place / path).exists() for place in places), f"{path} is named in docs/pattern.md and does not exist"


@pytest.mark.parametrize("name", sorted({span for span in spans() if PATH.fullmatch(span) and "/" not in span}))
def test_every_file_of_a_package_that_the_page_names_is_one_that_packages_have(name: str) -> None:
    assert any(True for _ in ROOT.glob(name)) or any(True for _ in (ROOT / "services").rglob(name))


@pytest.mark.parametrize(("path", "function"), steps())
def test_every_function_stands_in_the_file_it_is_named_after(path: str, function: str) -> None:
    tree = ast.parse((ROOT / path).read_text())
    defined = {
        node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
    }
    assert function in defined, f"{path} defines no {function}"


@pytest.mark.parametrize("item", [*items(), *rows()], ids=range(1, len(items()) + len(rows()) + 1))
def test_every_other_name_in_a_step_is_known_to_a_file_of_that_step(item: str) -> None:
    files = [
        ROOT / span for span in SPAN.findall(item) if PATH.fullmatch(span) and span.endswith(".py") and "/" in span
    ]
    known = set().union(*(defined_in(path) for path in files))
    names = {span.split(":")[0] for span in SPAN.findall(item) if NAME.fullmatch(span.split(":")[0])}
    elsewhere = {"ETag", "CaseOpened", "case_id", "example", "is_wound"}
    assert files
    assert names - known - elsewhere == set()


def test_every_package_of_the_floors_exists() -> None:
    floors = PAGE.split("## The floors", 1)[1].split("\n## ", 1)[0]
    ground, rest = floors.split("In accommodation:", 1)
    for service, text in (
        ("identification", ground.split("from the ground:", 1)[1]),
        ("accommodation", rest.split(". ", 1)[0]),
    ):
        packages = SPAN.findall(text)
        assert len(packages) >= 4
        assert [each for each in packages if not (ROOT / "services" / service / each / "__init__.py").exists()] == []
