"""The files of this repository, each read and parsed once in a session, however many tests look at it.

`make quick` says what was changed: tests that look at each file by itself then look at those alone (`looked_at`)."""

import ast
import os
from collections.abc import Iterable
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
CHANGED = "HAVN_CHANGED"
"""The environment variable in which `tools/quick.py` names the changed files, a line each. Not set: all are looked at."""


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


@cache
def text(path: Path) -> str:
    return path.read_text()


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(text(path))


@cache
def nodes(path: Path) -> tuple[ast.AST, ...]:
    """All that stands in the file, as `ast.walk` gives it."""
    return tuple(ast.walk(tree(path)))


def looked_at(paths: Iterable[Path]) -> list[Path]:
    """Of files that are judged one by one those to judge: all, but in `make quick` only what was changed."""
    changed = os.environ.get(CHANGED)
    return [path for path in paths if changed is None or name(path) in changed.splitlines()]
