"""The rows that tests claim to show are rows of docs/rows.md, and each of those has a test, or a command that shows it."""

import ast
import re
from functools import cache

import pytest

from tests.rows import commands, numbers_in, rows
from tests.tree import ROOT, nodes, text


@cache  # the whole tree is read once, not once for each row
def claimed() -> set[int]:
    """The numbers in all `@pytest.mark.row(...)`."""
    found: set[int] = set()
    for path in (path for path in (ROOT / "tests").rglob("test_*.py") if "mark.row(" in text(path)):
        for node in nodes(path):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "row":
                assert ast.unparse(node.func) == "pytest.mark.row"
                found |= {argument.value for argument in node.args if isinstance(argument, ast.Constant)}  # type: ignore[misc]
    return found


@pytest.mark.parametrize("number", sorted(rows()))
def test_a_row_has_a_test_that_names_it(number: int) -> None:
    assert number in claimed()


def test_no_test_names_a_row_that_is_not_on_the_page() -> None:
    assert claimed() <= rows().keys()


def test_what_is_shown_by_command_is_shown_by_one_that_there_is_and_by_no_test() -> None:
    makefile = text(ROOT / "Makefile")
    assert commands().keys() >= {162, 164}
    assert commands().keys().isdisjoint(rows().keys())
    for _, command in commands().values():
        assert re.search(rf"^{command.removeprefix('make ')}:", makefile, re.MULTILINE), command


def test_rows_are_asked_for_one_by_one_and_from_to() -> None:
    assert numbers_in("157-159,165") == {157, 158, 159, 165}
    with pytest.raises(ValueError, match="no row 999"):
        numbers_in("157,999")
