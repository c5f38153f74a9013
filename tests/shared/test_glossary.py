"""The glossary and the code hold together: what it lists exists, and what it rules out stands nowhere."""

import ast
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from tests.tree import ROOT, looked_at, name, nodes, text

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


def names_in(path: Path) -> Iterator[tuple[int, str]]:
    """What this file names itself: functions, classes, parameters, variables; not the fields of classes."""
    fields = {
        target
        for node in nodes(path)
        if isinstance(node, ast.ClassDef)
        for each in node.body
        if isinstance(each, ast.Assign | ast.AnnAssign)
        for target in (each.targets if isinstance(each, ast.Assign) else [each.target])
    }
    for node in nodes(path):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.lineno, node.name
        elif isinstance(node, ast.arg):
            yield node.lineno, node.arg
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and node not in fields:
            yield node.lineno, node.id
        elif isinstance(node, ast.alias) and node.asname:
            yield node.lineno, node.asname


def text_in(path: Path) -> Iterator[tuple[int, str]]:
    """What is written for people: docstrings, comments, sentences of errors, log lines and their keys."""
    for node in nodes(path):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            yield node.lineno, node.value.value
        elif isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
            yield from strings_in(node.exc)
        elif isinstance(node, ast.Call) and ast.unparse(node.func).startswith("log."):
            yield from strings_in(node)
            yield from ((node.lineno, keyword.arg) for keyword in node.keywords if keyword.arg)
    yield from comments_in(path)


def comments_in(path: Path) -> Iterator[tuple[int, str]]:
    """From each number sign that stands in no string to the end of its line."""
    strings = [
        ((node.lineno, node.col_offset), (node.end_lineno or 0, node.end_col_offset or 0))
        for node in nodes(path)
        if isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str | bytes))
    ]
    for number, line in enumerate(text(path).splitlines(), 1):
        for sign in re.finditer("#", line):
            place = (number, len(line[: sign.start()].encode()))
            if not any(begin <= place < end for begin, end in strings):
                yield number, line[sign.start() :]
                break


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
    """Every name and every string without a space in the code, and the parts of its paths."""
    found: set[str] = set()
    for path in CODE:
        found |= {*path.relative_to(ROOT).with_suffix("").parts}
        for node in nodes(path):
            match node:
                case ast.Constant(value=str(written)) if " " not in written:
                    found |= set(re.findall(r"[a-z][a-z0-9_]*", written))
                case ast.Name(id=written) | ast.Attribute(attr=written) | ast.arg(arg=written):
                    found.add(written)
                case ast.FunctionDef(name=written) | ast.AsyncFunctionDef(name=written) | ast.ClassDef(name=written):
                    found.add(written)
                case ast.keyword(arg=str(written)) | ast.alias(name=written):
                    found.add(written)
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


@pytest.mark.parametrize("path", looked_at(CODE), ids=name)
def test_no_name_is_made_of_a_word_that_is_ruled_out(path: Path) -> None:
    ruled_out = {ruled.phrase for ruled in RULED_OUT if ruled.holds_for(path)}
    exempt = ALLOWED | published()[0]
    named = [(0, part) for part in path.relative_to(ROOT).with_suffix("").parts]
    assert [
        f"{name(path)}:{line} {given}"
        for line, given in [*named, *names_in(path)]
        if given not in exempt and ruled_out & set(words_of(given))
    ] == []


@pytest.mark.parametrize("path", looked_at(CODE), ids=name)
def test_no_text_says_a_word_that_is_ruled_out(path: Path) -> None:
    ruled_out = [ruled.phrase for ruled in RULED_OUT if ruled.in_text and ruled.holds_for(path)]
    spoken = [(line, written, said(written)) for line, written in text_in(path)]
    assert [
        f"{name(path)}:{line} {phrase}: {' '.join(written.split())[:120]}"
        for line, written, plain in spoken
        for phrase in ruled_out
        if phrase in plain and speaks(phrase, plain) and not is_published(written)
    ] == []
