"""Errors are Danish for who asks for Danish; what a program goes by never changes with the language."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest

import services
import shared
from shared.http.language import in_danish, preferred
from shared.http.problems import title_of
from shared.kernel.errors import DomainError, NotFound
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
