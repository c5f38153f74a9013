"""What an OAuth 2.0 endpoint reads and refuses: form bodies under a limit, and errors as RFC 6749 says them."""

import base64
from collections.abc import Callable, Coroutine
from typing import Any, Final
from urllib.parse import parse_qsl, unquote_plus, urlencode

from fastapi import Request, Response
from fastapi.responses import JSONResponse, RedirectResponse
from fastapi.routing import APIRoute

LARGEST_FORM: Final = 8 * 1024
_MOST_PARAMETERS: Final = 64
_NOT_STORED: Final = {"cache-control": "no-store", "pragma": "no-cache"}


class OAuthError(Exception):
    """A refusal with one of RFC 6749's error codes, as JSON, or at the client's address once that is trusted."""

    def __init__(self, error: str, description: str, *, status: int = 400) -> None:
        super().__init__(error)
        self.error = error
        self.description = description
        self.status = status

    def answer(self) -> Response:
        headers = dict(_NOT_STORED)
        if self.status == 401:
            headers["www-authenticate"] = 'Basic realm="havn", charset="UTF-8"'
        body = {"error": self.error, "error_description": self.description}
        return JSONResponse(body, self.status, headers=headers)


class SignInRefused(OAuthError):
    """A refusal that is sent to the client at its own, already trusted, redirect address."""

    def __init__(self, refused: OAuthError, *, redirect_uri: str, state: str | None, issuer: str) -> None:
        super().__init__(refused.error, refused.description)
        self._address = back_to(
            redirect_uri, error=refused.error, error_description=refused.description, state=state, iss=issuer
        )

    def answer(self) -> Response:
        return RedirectResponse(self._address, 303, headers=_NOT_STORED)


class OAuthRoute(APIRoute):
    """A route that answers an OAuthError itself: at these endpoints errors are RFC 6749's, not problem documents."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handler = super().get_route_handler()

        async def answer(request: Request) -> Response:
            try:
                return await handler(request)
            except OAuthError as refused:
                return refused.answer()

        return answer


class Parameters:
    """The parameters of a form or a query. One without a value counts as left out (RFC 6749, 3.1)."""

    def __init__(self, encoded: bytes) -> None:
        if len(encoded) > LARGEST_FORM:
            raise OAuthError("invalid_request", "The request is larger than 8 KiB.", status=413)
        try:
            text = encoded.decode("ascii")
            self._pairs = parse_qsl(text, errors="strict", max_num_fields=_MOST_PARAMETERS)
        except ValueError:
            raise OAuthError("invalid_request", "The parameters are not form-encoded UTF-8.") from None

    @classmethod
    async def of_form(cls, request: Request) -> "Parameters":
        content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if content_type != "application/x-www-form-urlencoded":
            raise OAuthError("invalid_request", "Send the parameters as application/x-www-form-urlencoded.")
        if request.url.query:
            raise OAuthError("invalid_request", "Send the parameters in the body: an address is logged on its way.")
        body = bytearray()
        async for chunk in request.stream():
            body += chunk
            if len(body) > LARGEST_FORM:
                break
        return cls(bytes(body))

    def many(self, name: str) -> list[str]:
        return [value for key, value in self._pairs if key == name]

    def one(self, name: str) -> str | None:
        values = self.many(name)
        if len(values) > 1:
            raise OAuthError("invalid_request", f"The parameter {name} may be sent once.")
        return values[0] if values else None

    def required(self, name: str) -> str:
        value = self.one(name)
        if value is None:
            raise OAuthError("invalid_request", f"The parameter {name} is missing.")
        return value


def basic_credentials(authorization: str) -> tuple[str, str]:
    """Client id and secret of an HTTP Basic header, decoded as RFC 6749, 2.3.1 encodes them."""
    scheme, _, encoded = authorization.partition(" ")
    try:
        client_id, colon, secret = base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
    except ValueError:
        colon = ""
    if scheme.lower() != "basic" or not colon:
        raise invalid_client()
    return unquote_plus(client_id), unquote_plus(secret)


def invalid_client() -> OAuthError:
    return OAuthError("invalid_client", "The client is unknown or its secret is wrong.", status=401)


def back_to(redirect_uri: str, **members: str | None) -> str:
    """The client's address with the members that have a value."""
    return f"{redirect_uri}?{urlencode({name: value for name, value in members.items() if value is not None})}"


def token_answer(members: dict[str, str | int]) -> Response:
    return JSONResponse(members, headers=_NOT_STORED)
