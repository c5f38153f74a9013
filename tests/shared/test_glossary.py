"""The glossary and the code hold together: what it lists exists, and what it rules out stands nowhere."""

import ast
import io
import json
import re
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
GLOSSARY = (ROOT / "docs" / "glossary.md").read_text()
CODE = [
    path
    for folder in ("services", "shared")
    for path in sorted((ROOT / folder).rglob("*.py"))
    if "versions" not in path.parts
]
SPAN = re.compile(r"`([^`]+)`")


def section(title: str) -> list[list[str]]:
    """The rows of the table under that heading, without its head."""
    text = GLOSSARY.split(f"## {title}\n", 1)[1].split("\n## ", 1)[0]
    rows = [line.strip("|").split("|") for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in row] for row in rows[2:]]


@dataclass(frozen=True)
class RuledOut:
    """A word or phrase that is not used, below which folders, and whether text must do without it too."""

    phrase: str
    folders: tuple[str, ...]
    in_text: bool

    def holds_for(self, path: Path) -> bool:
        return not self.folders or any(path.is_relative_to(ROOT / folder) for folder in self.folders)


RULED_OUT = [
    RuledOut(phrase, tuple(SPAN.findall(where)), in_text == "yes")
    for words, _, where, in_text in section("Ruled out")
    for phrase in SPAN.findall(words)
]
ALLOWED = {phrase for names, _ in section("Allowed all the same") for phrase in SPAN.findall(names)}


def words_of(name: str) -> list[str]:
    """The words of an identifier: `for_org`, `IfMatch` and `_facts_of` have two each."""
    return [word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", name)]


@cache
def published() -> tuple[frozenset[str], str]:
    """Names of operations and schemas that partners hold, and every sentence of the published documents, as one text."""
    names: set[str] = set()
    sentences: list[str] = []

    def walk(node: object) -> None:
        if isinstance(node, dict):
            if isinstance(operation := node.get("operationId"), str):
                names.add(operation)
            for value in node.values():
                walk(value)
        elif isinstance(node, list):
            for value in node:
                walk(value)
        elif isinstance(node, str):
            sentences.append(" ".join(node.split()))

    for path in [*sorted((ROOT / "docs" / "openapi").glob("*.json")), ROOT / "docs" / "asyncapi.json"]:
        document = json.loads(path.read_text())
        names |= document["components"]["schemas"].keys()
        walk(document)
    return frozenset(names), "\n".join(sentences)


def names_in(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """What this file names itself: functions, classes, parameters, variables; not the fields of classes."""
    fields = {
        target
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
        for each in node.body
        if isinstance(each, ast.Assign | ast.AnnAssign)
        for target in (each.targets if isinstance(each, ast.Assign) else [each.target])
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.lineno, node.name
        elif isinstance(node, ast.arg):
            yield node.lineno, node.arg
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and node not in fields:
            yield node.lineno, node.id
        elif isinstance(node, ast.alias) and node.asname:
            yield node.lineno, node.asname


def text_in(source: str, tree: ast.Module) -> Iterator[tuple[int, str]]:
    """What is written for people: docstrings, comments, sentences of errors, log lines and their keys."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            yield node.lineno, node.value.value
        elif isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
            yield from strings_in(node.exc)
        elif isinstance(node, ast.Call) and ast.unparse(node.func).startswith("log."):
            yield from strings_in(node)
            yield from ((node.lineno, keyword.arg) for keyword in node.keywords if keyword.arg)
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string


def strings_in(call: ast.Call) -> Iterator[tuple[int, str]]:
    for node in ast.walk(call):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.lineno, node.value


def is_published(text: str) -> bool:
    return len(text.split()) > 3 and " ".join(text.split()) in published()[1]


def said(text: str) -> str:
    """The text in small letters, without code spans and without the phrases that are allowed."""
    plain = SPAN.sub(" ", " ".join(text.lower().split()))
    for phrase in ALLOWED:
        plain = plain.replace(phrase.lower(), " ")
    return plain


def speaks(phrase: str, text: str) -> bool:
    return re.search(rf"(?<![\w'-]){re.escape(phrase)}(?![\w-])", text) is not None


@cache
def identifiers() -> frozenset[str]:
    """Every name and every string of one word in the code, and the parts of its paths."""
    found: set[str] = set()
    for path in CODE:
        found |= {*path.relative_to(ROOT).with_suffix("").parts}
        for token in tokenize.generate_tokens(io.StringIO(path.read_text()).readline):
            if token.type == tokenize.NAME:
                found.add(token.string)
            elif token.type == tokenize.STRING:
                found |= set(re.findall(r"[a-z][a-z0-9_]*", token.string)) if " " not in token.string else set()
    return frozenset(found)


TERMS = [name for _, names, _ in section("Danish terms") for name in SPAN.findall(names)]


@pytest.mark.parametrize("term", TERMS)
def test_every_danish_term_is_in_the_code_under_its_name(term: str) -> None:
    written_as = {term, "".join(part.capitalize() for part in term.split("_")), f"{term}s", f"{term.upper()}"}
    assert written_as & identifiers(), f"{term} stands nowhere in services/ and shared/"


def test_each_danish_term_has_one_word() -> None:
    assert len(TERMS) > 40
    assert sorted({term for term in TERMS if TERMS.count(term) > 1}) == []


def test_the_glossary_rules_out_what_it_says() -> None:
    phrases = {ruled.phrase for ruled in RULED_OUT}
    assert phrases >= {"wind", "told", "lent", "leave", "share", "org", "walls", "doors", "front", "house"}
    assert phrases.isdisjoint(TERMS)


@pytest.mark.parametrize("path", CODE, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_name_is_made_of_a_word_that_is_ruled_out(path: Path) -> None:
    ruled_out = {ruled.phrase for ruled in RULED_OUT if ruled.holds_for(path)}
    exempt = ALLOWED | published()[0]
    named = [(0, part) for part in path.relative_to(ROOT).with_suffix("").parts]
    named += names_in(ast.parse(path.read_text()))
    assert [
        f"{path.relative_to(ROOT)}:{line} {name}"
        for line, name in named
        if name not in exempt and ruled_out & set(words_of(name))
    ] == []


@pytest.mark.parametrize("path", CODE, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_text_says_a_word_that_is_ruled_out(path: Path) -> None:
    ruled_out = [ruled.phrase for ruled in RULED_OUT if ruled.in_text and ruled.holds_for(path)]
    source = path.read_text()
    assert [
        f"{path.relative_to(ROOT)}:{line} {phrase}: {' '.join(text.split())[:120]}"
        for line, text in text_in(source, ast.parse(source))
        for phrase in ruled_out
        if speaks(phrase, said(text)) and not is_published(text)
    ] == []
