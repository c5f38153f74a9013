"""What is known of a request while it is handled: an object with names and types, where FastAPI's `request.state` is searched for
each anew."""

from dataclasses import dataclass, field
from typing import Any, Final

from fastapi import Request

from shared.data.unit_of_work import UnitOfWork
from shared.identity.actor import Actor

NOTHING: Final = object()
"""What is read where nothing was sent; null is something."""
_KEY: Final = "havn.handling"


@dataclass(slots=True)
class Handling:
    """What its endpoint says of the request, and what is found out of it on the way."""

    query: frozenset[str]
    """The query parameters that the operation has."""
    pool: str
    """The limit that it counts for."""
    is_search: bool
    """Whether what is asked is a criterion, of which the audit keeps hashes."""
    token: str = field(init=False, repr=False)
    actor: Actor = field(init=False)
    """Who asks, once the token was believed."""
    allowance: list[tuple[bytes, bytes]] = field(default_factory=list)
    """What the answer's headers say of the limit."""
    body: Any = field(default=NOTHING, repr=False)
    """What the body says, once it was read."""
    work: UnitOfWork = field(init=False)
    """Once its transaction has begun."""

    def begin(self, request: Request) -> None:
        """From now on `handling_of` the request is this."""
        request.scope[_KEY] = self


def handling_of(request: Request) -> Handling:
    """What is known of the request. KeyError where no endpoint handles it."""
    found: Handling = request.scope[_KEY]
    return found


def body_said(request: Request) -> Any:
    """What the request's body says; NOTHING where there is none, it was not read, or no endpoint handles the request."""
    found: Handling | None = request.scope.get(_KEY)
    return found.body if found else NOTHING
