"""Optimistic concurrency: a resource's ETag says which version the caller saw, `If-Match` says which one it means to change."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Annotated

from fastapi import Header, Request

from shared.contract.types import Versioned
from shared.data.vault import Vault
from shared.http.openapi import REQUIRED
from shared.kernel.errors import PreconditionFailed, PreconditionRequired


class IfMatchMissing(PreconditionRequired):
    """The change needs an If-Match header."""


class Stale(PreconditionFailed):
    """Somebody has changed the resource since the caller read it."""


def etag_of(vault: Vault, resource: Versioned) -> str:
    """An opaque strong tag for this version of the resource. By a keyed hash: who knows the resource's id could otherwise count
    its changes, also those that are not theirs to know (docs/rules.md, identity-3)."""
    return f'"{vault.hashed_exactly("etag", f"{resource.id}:{resource.version}").hex()[:20]}"'


def _nobody_s(_: Versioned) -> str:
    return '""'


@dataclass(frozen=True, slots=True)
class ExpectedVersion:
    """What the caller says it saw; empty when it said nothing, though it may be `owed`."""

    tags: frozenset[str] = frozenset()
    owed: bool = False
    tag_of: Callable[[Versioned], str] = _nobody_s
    """The tag of a version, where the caller may have said one."""

    def check(self, resource: Versioned, *, read_at: str | None = None) -> None:
        """Raises IfMatchMissing when the caller had to say what it saw and did not, Stale when it saw another version. Ask under
        the row's lock: whether there is such a resource comes first, and what was sent is read before that. `read_at` says where
        the ETag is read, where that is not where one would look."""
        if self.owed and not self.tags:
            if read_at:
                raise IfMatchMissing(
                    f"Send If-Match with the ETag of {read_at}; without it an unseen change could be overwritten.",
                    danish=f"Send If-Match med den ETag, som {read_at} giver; uden den kunne en ændring, du ikke har set, blive "
                    "overskrevet.",
                )
            raise IfMatchMissing(
                "Send If-Match with the ETag you read; without it an unseen change could be overwritten."
            )
        if self.tags and "*" not in self.tags and (tag := self.tag_of(resource)) not in self.tags:
            raise Stale("This was changed since you read it; read it again and decide anew.", headers={"etag": tag})


_LIST_PART = re.compile(r'[ \t]*(?:(?P<weak>W/)?(?P<tag>"[\x21\x23-\x7e\x80-\xff]*"))?[ \t]*(?:,|$)')
_NO_TAG = frozenset({"?"})
"""What no resource has: the caller named something, and none of our versions."""


def _expected(header: str) -> frozenset[str]:
    """The strong tags of an If-Match header, or `*`: RFC 9110, 13.1.1. A weak tag never matches, and what is no list of tags
    names no version."""
    if header.strip() == "*":
        return frozenset({"*"})
    tags, at = set(), 0
    for part in _LIST_PART.finditer(header):
        if part.start() != at:
            return _NO_TAG
        at = part.end()
        if found := part["tag"]:
            tags.add(found if not part["weak"] else "?")
    return frozenset(tags) if at == len(header) and tags else _NO_TAG


async def honoured(request: Request, if_match: Annotated[str | None, Header()] = None) -> ExpectedVersion:
    """For a state change that honours If-Match when it is sent."""
    return _said(request, if_match, owed=False)


async def required(
    request: Request,
    if_match: Annotated[str | None, Header(json_schema_extra={REQUIRED: True, "minLength": 1})] = None,
) -> ExpectedVersion:
    """For PUT, PATCH and decisions: 428 without If-Match, of what is there and the caller's."""
    return _said(request, if_match, owed=True)


def _said(request: Request, if_match: str | None, *, owed: bool) -> ExpectedVersion:
    tags = _expected(if_match) if if_match else frozenset[str]()
    return ExpectedVersion(tags, owed, partial(etag_of, request.app.state.database.vault))
