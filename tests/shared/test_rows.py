"""The rows that tests claim to show are rows of docs/rows.md, and each of those has a test."""

import ast
from functools import cache

import pytest

from tests.rows import rows
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
