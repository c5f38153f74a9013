"""Errors are Danish for who asks for Danish; what a program goes by never changes with the language."""

import ast
import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import httpx
import pytest

import services
import shared
from shared.http.language import in_danish, preferred
from shared.http.problems import title_of
from shared.kernel.errors import DomainError, NotFound
from tests import tree
from tests.identification.builders import CMM_DECIDES, open_case
from tests.world import World

CASE = "/identification/v1/cases/0b9f7a52-3a50-4c53-9a0e-6b1c3d5f2a11/person"
WORDS = {"title", "detail", "instance", "trace_id"}


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        *(
            ("da", "da"),
            ("DA", "da"),
            ("da-DK", "da"),
            ("da, en;q=0.9", "da"),
            ("en;q=0.1, da", "da"),
            ("fr, da;q=0.3", "da"),
        ),
        *(
            ("", "en"),
            ("en", "en"),
            ("*", "en"),
            ("fr", "en"),
            ("da;q=0", "en"),
            ("en, da;q=0.5", "en"),
            ("en, da", "en"),
        ),
        *(("da;q=much", "en"), ("da;level=1", "en"), ("da, en", "da"), ("dan", "en"), (",,", "en"), ("da;q=nan", "en")),
    ],
)
def test_the_language_that_is_rather_had(accepted: str, language: str) -> None:
    assert preferred(accepted) == language


def requests() -> list[tuple[str, str, dict[str, Any], int]]:
    referral = "/referrals/v1/referrals"
    return [
        ("GET", CASE, {"params": {"purpose": "identification"}}, 404),
        ("GET", CASE, {}, 400),
        ("GET", CASE, {"params": {"purpos": "identification"}}, 422),
        ("GET", referral, {"params": {"limit": "0"}}, 422),
        ("GET", "/referrals/v1/nowhere", {}, 404),
        ("PATCH", referral, {}, 405),
        ("POST", referral, {"json": {}}, 400),
        ("POST", referral, {"content": b"{", "headers": {"content-type": "application/json"}}, 400),
        (
            "POST",
            f"{referral}/{UUID(int=1)}/withdraw",
            {"content": b"x", "headers": {"content-type": "text/plain"}},
            415,
        ),
        ("GET", "/stats/v1/victims", {"params": {"by": "year", "audience": "public"}}, 404),
    ]


@pytest.mark.parametrize(("method", "path", "sent", "status"), requests())
async def test_title_and_detail_are_danish_and_nothing_else_is_another(
    havn: World, method: str, path: str, sent: dict[str, Any], status: int
) -> None:
    async def ask(language: str) -> httpx.Response:
        headers = sent.get("headers", {}) | {"accept-language": language}
        answer = await havn.partner("cmm").request(method, path, **(sent | {"headers": headers}))
        assert answer.status_code == status, answer.text
        return answer

    danish, english = (await ask("da-DK, en;q=0.5")).json(), (await ask("en")).json()
    name = english["type"].rpartition("/")[2]
    assert (danish["title"], danish["detail"]) == in_danish()[name]
    assert english["title"] == title_of(name)
    assert danish["detail"] != english["detail"]
    assert {key: danish[key] for key in danish.keys() - WORDS} == {key: english[key] for key in english.keys() - WORDS}


def errors_of(kind: type[DomainError]) -> Iterator[type[DomainError]]:
    for found in kind.__subclasses__():
        if found.__module__.startswith(("shared.", "services.")):
            yield found
        yield from errors_of(found)


def names_in_the_code() -> Iterator[str]:
    """The names that are written where a problem document is made of no error of ours."""
    for package in (shared, services):
        for path in Path(str(package.__path__[0])).rglob("*.py"):
            for call in ast.walk(ast.parse(path.read_text())):
                if isinstance(call, ast.Call) and getattr(call.func, "id", "") in ("problem", "no_such_path"):
                    said = {word.arg: word.value for word in call.keywords}
                    if isinstance(name := said.get("name"), ast.Constant):
                        yield str(name.value)


def test_every_error_has_its_danish_words(havn: World) -> None:
    public = {found.__name__ for found in errors_of(DomainError) if not issubclass(found, NotFound) or found.is_public}
    missing = (public | {"NotFound"} | set(names_in_the_code())) - in_danish().keys()
    assert missing == set()
    for name, (title, detail) in in_danish().items():
        assert title[0].isupper(), name
        assert title != title_of(name), name
        assert detail[0].isupper() or detail.startswith("`"), name
        assert detail.endswith((".", "...")), name


GENERIC: Final[Mapping[str, str]] = {
    "AlreadyOnHold": "says that it is, and what that means",
    "AuthorityNotSettled": "a lawyer settles it first, whatever was to be done",
    "ConsentMissing": "record one or name the law, in a case as in a referral",
    "CursorInvalid": "begin again, whatever was wrong with it",
    "EvidenceNotThere": "see its status",
    "FollowUpOutOfTime": "names both ends of the time",
    "HoursAreOver": "over, or over before that night",
    "MalformedJson": "no JSON as the contract has it; the place is not what a person reads in a sentence",
    "MalformedRequest": "for who writes the client",
    "NotYourApproval": "names who records and who ends one",
    "NotYourFacility": "names who registers and who changes one",
    "NotYourNotice": "names who gives and who acknowledges one",
    "NoticeIsGiven": "given or acknowledged",
    "PlaceDoesNotFit": "the rules have a sentence in each language",
    "PlaceInUse": "another place for the person first, whatever was to be done with it",
    "PurposeMissing": "say why",
    "RecipientUnknown": "the directory has it, whoever asked",
    "RoleDoesNotSee": "for who works with the case",
    "SealBroken": "could not be opened, and was logged",
    "UnsupportedMediaType": "names all that the body must be",
}
"""The errors whose one Danish text in `problems-da.json` is true of all their English sentences, and why."""


def sentences() -> dict[str, dict[str, bool]]:
    """Of each error, by its name, the English sentences that it is raised with (values cut out), and whether each has a Danish
    text of its own. Two services may have an error of one name."""
    names = {found.__name__ for found in errors_of(DomainError)}
    found: defaultdict[str, dict[str, bool]] = defaultdict(dict)
    for package in (shared, services):
        for path in Path(str(package.__path__[0])).rglob("*.py"):
            for call in tree.nodes(path):
                if isinstance(call, ast.Call):
                    said = {word.arg: word.value for word in call.keywords}
                    name, sentence = named(call, said)
                    if name in names and sentence is not None:
                        assert not is_two(sentence), f"{tree.name(path)}: two sentences, so raise {name} twice"
                        found[name][without_values(sentence)] = "danish" in said
    return found


def named(call: ast.Call, said: Mapping[str | None, ast.expr]) -> tuple[str, ast.expr | None]:
    """The error that the call makes, and its sentence."""
    called = getattr(call.func, "id", None) or getattr(call.func, "attr", "")
    if called == "problem" and isinstance(name := said.get("name"), ast.Constant):
        return str(name.value), said.get("detail")
    return called, call.args[0] if call.args else None


def is_two(sentence: ast.expr) -> bool:
    return isinstance(sentence, ast.IfExp) and isinstance(sentence.body, ast.Constant | ast.JoinedStr)


def without_values(sentence: ast.expr) -> str:
    if isinstance(sentence, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in sentence.values)
    return str(sentence.value) if isinstance(sentence, ast.Constant) else ast.unparse(sentence)


def test_no_sentence_has_the_danish_of_another(havn: World) -> None:
    """The Danish text of an error's name is that of one sentence; each further one brings its own (`danish=`)."""
    several = {name: said for name, said in sentences().items() if len(said) > 1}
    shared_text = {name: [each for each, has_own in said.items() if not has_own] for name, said in several.items()}
    assert {name: said for name, said in shared_text.items() if len(said) > 1 and name not in GENERIC} == {}
    assert GENERIC.keys() - {name for name, said in shared_text.items() if len(said) > 1} == set()


def test_no_error_stands_twice_in_the_danish_texts() -> None:
    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        assert [name for name, count in Counter(name for name, _ in pairs).items() if count > 1] == []
        return dict(pairs)

    json.loads((Path(shared.__path__[0]) / "http/problems-da.json").read_text(), object_pairs_hook=once)


async def test_two_errors_of_one_name_say_each_its_own_in_danish(havn: World) -> None:
    """A grown person is no child of whom a municipality is notified: nothing is said of who comes along to a place."""
    case = await open_case(havn, CMM_DECIDES)
    refused = await case.post("/child-notification", {"municipality": "0461"}, accept_language="da")
    assert refused.json()["type"].endswith("/NotAChild")
    assert "PUT .../person" in refused.json()["detail"]
