"""What a request named, whatever became of it: for the line that every refusal leaves, and to find what is kept of an answer."""

import re
from collections.abc import Iterable, Iterator
from typing import Any, Final
from uuid import UUID

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from shared.contract.codes import Purpose
from shared.contract.types import SUBJECTS
from shared.data.unit_of_work import Access, Refusal
from shared.data.vault import Vault
from shared.http.handling import NOTHING, body_said
from shared.kernel import strict_json
from shared.kernel.errors import DomainError

MOST_IDS: Final = 100
UNNAMED: Final = frozenset({"draft_id"})
"""As which parameters paths name what is gone one day without a line anywhere that names it."""
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")

Refused = DomainError | RequestValidationError | HTTPException
REFUSALS: Final = (DomainError, RequestValidationError, HTTPException)


async def searches() -> None:
    """As a dependency of an endpoint that searches for people: what was sought is noted with it, as keyed hashes."""


def status_of(refused: Refused) -> int:
    """The status of the answer that the error becomes."""
    if isinstance(refused, RequestValidationError):
        return 422
    return refused.status if isinstance(refused, DomainError) else refused.status_code


async def refusal_of(
    request: Request, *, operation: str, status: int, name: str, vault: Vault, is_search: bool
) -> Refusal:
    """What is noted of a refused request: what it named and why it was asked, never a word of what was sent."""
    body = await body_of(request)
    subject_id = _subject_of(request)
    path = [value for name, value in request.path_params.items() if name not in UNNAMED]
    named = set(ids_in([path, [*request.query_params.values()], body])) - {subject_id}
    purposes = (found for found in Purpose if found == request.query_params.get("purpose"))
    access = Access(
        operation=operation,
        subject_id=subject_id,
        object_ids=tuple(sorted(named)),
        fields=(),
        purpose=next(purposes, None),
        criterion=criterion_of(vault, body) if is_search else (),
    )
    return Refusal(access, status, name)


async def body_of(request: Request) -> Any:
    """The body as JSON; None where there is none, or where it cannot be read: then that is why it was refused."""
    if (said := body_said(request)) is not NOTHING:
        return said
    try:
        return strict_json.loads(await request.body() or b"null")
    except (DomainError, HTTPException, ClientDisconnect):
        return None


def ids_in(value: Any) -> list[UUID]:
    """The ids that stand alone anywhere in a JSON value, the first of them where there are very many."""
    found: dict[UUID, None] = {}
    for text in _texts(value):
        if _UUID.fullmatch(text):
            found[UUID(text)] = None
        if len(found) == MOST_IDS:
            break
    return list(found)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, UUID):
        yield str(value)
    elif isinstance(value, dict | list | tuple):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _texts(inner)


def criterion_of(vault: Vault, body: Any) -> tuple[bytes, ...]:
    """A keyed hash for each thing that a search names, by the field that names it. Whoever asks who searched for somebody hashes
    the same words; nobody reads them back."""
    return tuple(sorted({vault.hashed("criterion", f"{field}={text}") for field, text in _named(body, "")}))


def _named(value: Any, field: str) -> Iterable[tuple[str, str]]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _named(inner, name)
    elif isinstance(value, list):
        for inner in value:
            yield from _named(inner, field)
    elif value is not None:
        yield field, str(value)


def _subject_of(request: Request) -> UUID | None:
    """What the path says it is about, so that the log of that shows refusals too; None where it names nothing."""
    for name in SUBJECTS:
        try:
            return UUID(request.path_params[name])
        except (KeyError, ValueError, AttributeError, TypeError):
            continue
    return None
