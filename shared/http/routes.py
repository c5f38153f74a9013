"""Which of our endpoints a request is for: found by the parts of its path, however many there are.

FastAPI keeps the endpoints and describes them; what none of them takes (documentation, health, a path or method that is not
there) it answers itself (docs/adr/0027)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.http.endpoint import Endpoint
from shared.http.problems import answered
from shared.http.refusals import REFUSALS
from shared.http.server import MAX_BODY_BYTES, body_too_large
from shared.observability.tracing import TEMPLATE


@dataclass(frozen=True, slots=True)
class Found:
    """An endpoint, and what the path says in the place of each parameter."""

    template: str
    endpoint: Endpoint
    parameters: dict[str, str]


@dataclass(frozen=True, slots=True)
class _Ending:
    """What a path ends at."""

    template: str
    endpoint: Endpoint
    places: Mapping[str, int]
    """Which part each parameter is."""


@dataclass(slots=True)
class _Place:
    """What comes after the first parts of a path."""

    named: dict[str, "_Place"] = field(default_factory=dict)
    any: "_Place | None" = None
    """After a part that a parameter stands for."""
    endings: dict[str, _Ending] = field(default_factory=dict)
    """What ends here, by its method."""

    def next(self, part: str) -> "_Place":
        """What comes after this part of a template."""
        if not part.startswith("{"):
            return self.named.setdefault(part, _Place())
        self.any = self.any or _Place()
        return self.any

    def find(self, method: str, parts: Sequence[str], at: int = 0) -> _Ending | None:
        """What is taken for the parts from here on; a name goes before a parameter."""
        if at == len(parts):
            return self.endings.get(method)
        named = self.named.get(parts[at])
        if named and (found := named.find(method, parts, at + 1)):
            return found
        return self.any.find(method, parts, at + 1) if self.any and parts[at] else None


class Routes:
    """ASGI middleware: answers a request that one of the endpoints takes, and hands on every other."""

    def __init__(self, app: ASGIApp, *, prefix: str, endpoints: Iterable[Endpoint]) -> None:
        self._app = app
        self._first = _Place()
        for endpoint in endpoints:
            template = prefix + endpoint.path
            place, places = self._first, dict[str, int]()
            for at, part in enumerate(template.split("/")):
                place = place.next(part)
                if part.startswith("{"):
                    places[part[1:-1]] = at
            for method in endpoint.methods or ():
                place.endings.setdefault(method, _Ending(template, endpoint, places))

    def find(self, method: str, path: str) -> Found | None:
        """The endpoint for a path that is no longer percent-encoded; None where there is none."""
        parts = path.split("/")
        ending = self._first.find(method, parts)
        if ending is None:
            return None
        return Found(ending.template, ending.endpoint, {name: parts[at] for name, at in ending.places.items()})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        found = self.find(scope["method"], scope["path"]) if scope["type"] == "http" else None
        if found is None:
            await self._app(scope, receive, send)
            return
        scope[TEMPLATE], scope["path_params"] = found.template, found.parameters
        request = Request(scope, receive if scope["method"] == "GET" else _limited(receive), send)
        try:
            response = await found.endpoint.answer(request)
        except REFUSALS as error:
            response = await answered(request, error)
        await response(scope, receive, send)


def _limited(receive: Receive) -> Receive:
    """A body as it comes in. Raises BodyTooLarge where it is longer than Havn takes, whatever server it stands behind."""
    bytes_seen = 0

    async def receive_limited() -> Message:
        nonlocal bytes_seen
        message = await receive()
        bytes_seen += len(message.get("body", b""))
        if bytes_seen > MAX_BODY_BYTES:
            raise body_too_large(MAX_BODY_BYTES)
        return message

    return receive_limited
