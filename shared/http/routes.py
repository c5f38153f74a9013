"""Which of our endpoints a request is for: found by the parts of its path, however many there are.

FastAPI keeps the endpoints and describes them; what none of them takes (documentation, health, a path or method that is not
there) it answers itself (docs/adr/0027)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from shared.http.endpoint import Endpoint
from shared.http.problems import answered
from shared.http.refusals import REFUSALS
from shared.observability.tracing import TEMPLATE


@dataclass(frozen=True, slots=True)
class Found:
    """An endpoint, and what the path says in the place of each parameter."""

    template: str
    endpoint: Endpoint
    parameters: dict[str, str]


@dataclass(slots=True)
class _Place:
    """What comes after the first parts of a path."""

    named: dict[str, "_Place"] = field(default_factory=dict)
    any: "_Place | None" = None
    """After a part that a parameter stands for."""
    endpoints: dict[str, tuple[str, Endpoint]] = field(default_factory=dict)
    """What ends here, by its method, with its template."""

    def next(self, part: str) -> "_Place":
        """What comes after this part of a template."""
        if not part.startswith("{"):
            return self.named.setdefault(part, _Place())
        self.any = self.any or _Place()
        return self.any

    def find(self, parts: Sequence[str], method: str) -> tuple[str, Endpoint] | None:
        """What is taken for these parts; a name goes before a parameter."""
        if not parts:
            return self.endpoints.get(method)
        here, *after = parts
        named = self.named.get(here)
        if named and (found := named.find(after, method)):
            return found
        return self.any.find(after, method) if self.any and here else None


class Routes:
    """ASGI middleware: answers a request that one of the endpoints takes, and hands on every other."""

    def __init__(self, app: ASGIApp, *, prefix: str, endpoints: Iterable[Endpoint]) -> None:
        self._app = app
        self._first = _Place()
        for endpoint in endpoints:
            template = prefix + endpoint.path
            place = self._first
            for part in template.split("/"):
                place = place.next(part)
            for method in endpoint.methods or ():
                place.endpoints.setdefault(method, (template, endpoint))

    def find(self, method: str, path: str) -> Found | None:
        """The endpoint for a path that is no longer percent-encoded; None where there is none."""
        parts = path.split("/")
        found = self._first.find(parts, method)
        if found is None:
            return None
        template, endpoint = found
        named = {part[1:-1]: parts[at] for at, part in enumerate(template.split("/")) if part.startswith("{")}
        return Found(template, endpoint, named)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        found = self.find(scope["method"], scope["path"]) if scope["type"] == "http" else None
        if found is None:
            await self._app(scope, receive, send)
            return
        scope[TEMPLATE], scope["path_params"] = found.template, found.parameters
        request = Request(scope, receive, send)
        try:
            response = await found.endpoint.answer(request)
        except REFUSALS as error:
            response = await answered(request, error)
        await response(scope, receive, send)
