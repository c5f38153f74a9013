"""What RFC 9110 lets a client write in more than one way, read in one, before any application sees it."""

import asyncio
from typing import Any

from fastapi import FastAPI
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.http.problems import render_errors
from shared.observability.tracing import Telemetry

GRACE_SECONDS = 0.05
"""So long an application that has answered a HEAD may take to end."""
_WHITE_SPACE = b" \t"
_LISTS = frozenset({b"if-match", b"accept-language"})
"""Headers that hold a list: several lines of one are one line with commas."""


class Wire:
    """ASGI middleware: header values without the white space around them, a list on several lines as one, and HEAD as the GET
    that it asks about, whose body stays here."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        scope["headers"] = _in_one_spelling(scope["headers"])
        if scope["method"] != "HEAD":
            await self._app(scope, receive, send)
            return
        await self._head(scope, receive, send)

    async def _head(self, scope: Scope, receive: Receive, send: Send) -> None:
        answered = asyncio.Event()

        async def send_head(message: Message) -> None:
            if answered.is_set():
                await asyncio.Event().wait()  # the rest has no reader; what never ends is ended below
            scope["method"] = "HEAD"  # the server, which holds the same scope, goes by it
            if message["type"] == "http.response.body":
                await send({"type": "http.response.body", "body": b""})
                answered.set()
            else:
                await send(message)

        scope["method"] = "GET"
        running = asyncio.ensure_future(self._app(scope, receive, send_head))
        heard = asyncio.ensure_future(answered.wait())
        try:
            await asyncio.wait({running, heard}, return_when=asyncio.FIRST_COMPLETED)
            if not running.done():
                await asyncio.wait({running}, timeout=GRACE_SECONDS)
        finally:
            scope["method"] = "HEAD"
            heard.cancel()
            if not running.done():
                running.cancel()
        if running.done():
            running.result()


def _in_one_spelling(headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    found = [(name, value.strip(_WHITE_SPACE)) for name, value in headers]
    for listed in _LISTS:
        values = [value for name, value in found if name == listed]
        if len(values) > 1:
            found = [(name, value) for name, value in found if name != listed]
            found.append((listed, b", ".join(values)))
    return found


class WithinOurs(FastAPI):
    """FastAPI's application within the middleware that it is given, which FastAPI would have within its own: what one of ours
    answers passes through none of FastAPI's. Its telemetry is off: ours says what may be said (`shared/observability/`)."""

    def __init__(self, **said: Any) -> None:
        super().__init__(**said, telemetry={"tracing": False, "metrics": False, "logs": False})

    def build_middleware_stack(self) -> ASGIApp:
        ours, self.user_middleware = self.user_middleware, []
        app = super().build_middleware_stack()
        for middleware, positional, named in reversed(ours):
            app = middleware(app, *positional, **named)
        return app


def speaks_http(app: FastAPI, *, service: str) -> FastAPI:
    """The application as every one of ours speaks: errors as problem documents, one reading of headers, HEAD, and a trace."""
    render_errors(app)
    app.add_middleware(Wire)
    app.add_middleware(Telemetry, service=service)
    return app
