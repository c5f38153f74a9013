"""Errors as partners see them: RFC 9457 problem documents."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.routing import Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.data.outages import is_outage
from shared.http.handling import body_said
from shared.http.language import ask_for, spoken
from shared.http.refusals import REFUSALS
from shared.kernel.errors import DomainError, NotFound, SpokenValueError, Unprocessable
from shared.observability.logs import log
from shared.observability.tracing import current_trace_id, route_of

PROBLEM_TYPE = "https://havn.dk/problems/"
PROBLEM_MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_SECONDS = 5
_METHODS = ("DELETE", "GET", "OPTIONS", "PATCH", "POST", "PUT")


def problem(
    *,
    name: str,
    status: int,
    detail: str,
    danish: str | None = None,
    headers: Mapping[str, str] | None = None,
    **extra: Any,
) -> JSONResponse:
    """An RFC 9457 document; `type` ends in the error's name, which partners may rely on. A 422 always has `errors`: what
    concerns no single field stands for the whole body."""
    body = document(name=name, status=status, detail=detail, danish=danish, trace_id=current_trace_id()) | extra
    if status == 422:
        body.setdefault("errors", [{"loc": ["body"], "msg": detail}])
    fixed = {"cache-control": "no-store"} | dict(headers or {})
    return JSONResponse(body, status, headers=fixed, media_type=PROBLEM_MEDIA_TYPE)


def document(*, name: str, status: int, detail: str, trace_id: str, danish: str | None = None) -> dict[str, Any]:
    """The members that every problem document has, in the language that was asked for."""
    title, detail = spoken(name, title=title_of(name), detail=detail, danish=danish)
    return {
        "type": PROBLEM_TYPE + name,
        "title": title,
        "status": status,
        "detail": detail,
        "instance": f"urn:trace:{trace_id}",
        "trace_id": trace_id,
    }


def title_of(name: str) -> str:
    """An error's name in words: each capital begins one, also a word of one letter (NothingGrantsAPeriod)."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", name).capitalize()


def answer_to(error: DomainError, *, has_body: bool = True) -> JSONResponse:
    """The problem document of this error; of a request without a body a 422 is about its query."""
    extra = dict(error.extra)
    if isinstance(error, Unprocessable) and not has_body:
        place = ["query", error.parameter] if error.parameter else ["query"]
        extra.setdefault("errors", [{"loc": place, "msg": error.detail}])
    return problem(
        name=_public_name(error),
        status=error.status,
        detail=error.detail,
        danish=error.danish,
        headers=error.headers,
        **extra,
    )


async def answered(request: Request, error: Exception) -> JSONResponse:
    """The problem document of what a request was refused with: a DomainError, a RequestValidationError or an HTTPException."""
    if isinstance(error, DomainError):
        return answer_to(error, has_body=request.method not in ("GET", "DELETE"))
    if isinstance(error, RequestValidationError):
        return _invalid_input(error, body_said(request))
    if isinstance(error, HTTPException):
        return _http_exception(request, error)
    raise error


def _public_name(error: DomainError) -> str:
    # Which thing was not found must not be readable from the answer: "not yours" and "does not exist" are the same bytes.
    return "NotFound" if isinstance(error, NotFound) and not error.is_public else type(error).__name__


def _invalid_input(error: RequestValidationError, body: Any) -> JSONResponse:
    """422: where and why, never what was sent (FastAPI's own answer would echo it: a CPR number, a name)."""
    return problem(
        name="InvalidInput",
        status=422,
        detail="The request is not as the contract says; see `errors`.",
        errors=speakable(error.errors(), body),
    )


def speakable(errors: Sequence[Any], body: Any = None) -> list[dict[str, Any]]:
    """Pydantic's errors as they may be shown: the place, in the `body` where that is given, and the rule, never the value."""
    shown: list[dict[str, Any]] = []
    for found in errors:
        error = {"loc": [place_of(part) for part in _place(body, found)], "msg": _message(found)}
        if error not in shown:
            shown.append(error)
    return shown


def _place(body: Any, found: Mapping[str, Any]) -> Sequence[Any]:
    part, *rest = found["loc"]
    if part in ("query", "path", "header"):
        # A parameter has no parts but the items of a list: pydantic names which of several forms it tried.
        return [part, *rest[:1], *(each for each in rest[1:] if isinstance(each, int))]
    return _place_in(body, found) if isinstance(body, dict) and part == "body" else found["loc"]


def _place_in(body: Any, found: Mapping[str, Any]) -> list[Any]:
    """The place as the body has it: where a value may have one of several forms, pydantic names the form that it tried, too."""
    place, here, last = ["body"], body, found["loc"][-1]
    for part in found["loc"][1:]:
        if (isinstance(here, dict) and part in here) or (isinstance(here, list) and part in range(len(here))):
            place.append(part)
            here = here[part]
        elif isinstance(here, dict) and part is last and found["type"] == "missing":
            place.append(part)
    return place


def place_of(part: Any) -> Any:
    """A place in the body or query. A name that the caller invented (an unknown field) may itself be personal: it is cut down."""
    return part if isinstance(part, int) or re.fullmatch(r"[a-zA-Z_\-]{1,40}", str(part)) else "?"


def _message(found: Mapping[str, Any]) -> str:
    """Pydantic's sentence where it speaks of the rule only; a general one where it could quote the value."""
    quoting = {"json_invalid", "value_error", "assertion_error", "date_from_datetime_inexact", "union_tag_invalid"}
    kind = str(found["type"])
    if kind == "value_error" and isinstance(found.get("ctx", {}).get("error"), SpokenValueError):
        return str(found["ctx"]["error"])
    if kind in quoting or kind.endswith(("_parsing", "_from_datetime_parsing")):
        return f"Not a valid value here ({kind.replace('_', ' ')})."
    return str(found["msg"])


def _http_exception(request: Request, error: HTTPException) -> JSONResponse:
    if error.status_code == 404:
        return no_such_path()
    names = {400: "BadRequest", 405: "MethodNotAllowed", 413: "PayloadTooLarge"}
    details = {
        400: "The request could not be read.",
        405: "This path does not know that method; see the Allow header.",
        413: "The body is larger than 1 MiB.",
    }
    name = names.get(error.status_code, "RequestRefused")
    detail = details.get(error.status_code, "The request was refused.")
    headers = {key.lower(): value for key, value in (error.headers or {}).items()}
    if error.status_code == 405:
        headers["allow"] = ", ".join(_methods_at(request.app, request.url.path))
    return problem(name=name, status=error.status_code, detail=detail, headers=headers)


def no_such_path() -> JSONResponse:
    """404 for a path that no operation has: the address is mistyped, whoever asks. What is not the caller's is NotFound."""
    return problem(
        name="NoSuchPath",
        status=404,
        detail="No operation has this path; compare it with the contract (docs/openapi).",
    )


def _methods_at(app: FastAPI, path: str) -> list[str]:
    """All methods that the path is served with, whichever of our routes serves it."""
    asked: dict[str, Any] = {"type": "http", "path": path, "root_path": "", "headers": [], "query_string": b""}
    found = {
        method
        for method in _METHODS
        if any(route.matches(asked | {"method": method})[0] is Match.FULL for route in app.router.routes)
    }
    return sorted(found | ({"HEAD"} if "GET" in found else set()))


def _unforeseen(error: Exception, route: str) -> JSONResponse:
    if is_outage(error):
        log.warning("something we need is away", exc_info=error, route=route)
        return problem(
            name="Unavailable",
            status=503,
            detail="Something Havn needs does not answer; send the same request again, with the same Idempotency-Key.",
            headers={"retry-after": str(RETRY_AFTER_SECONDS)},
        )
    if isinstance(error, ClientDisconnect):  # nobody reads this answer; it is none of our failures in log and metrics
        return problem(
            name="RequestIncomplete", status=400, detail="The connection ended before the request was whole."
        )
    log.error("unforeseen error", exc_info=error, route=route)
    return problem(
        name="InternalError",
        status=500,
        detail="Something failed on our side; nothing was changed. Quote the trace id.",
    )


class LastResort:
    """ASGI middleware: what nobody foresaw leaves as a problem document too. It stands inside the request's span (FastAPI's
    own handler for `Exception` stands outside), so that the answer has the trace id that the log has."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        has_begun = False
        if scope["type"] == "http":
            ask_for(Headers(scope=scope).get("accept-language", ""))

        async def send_noting(message: Message) -> None:
            nonlocal has_begun
            has_begun = True
            await send(message)

        try:
            await self._app(scope, receive, send_noting)
        except Exception as error:
            if scope["type"] != "http" or has_begun:
                raise
            await _unforeseen(error, route_of(scope))(scope, receive, send)


def render_errors(app: FastAPI) -> None:
    """Every way to fail leaves `app` as a problem document."""
    for kind in REFUSALS:
        app.add_exception_handler(kind, answered)
    app.add_middleware(LastResort)
