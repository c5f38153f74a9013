"""Asking a neighbour service for what the bus may not carry: over HTTP, as oneself, authorised and audited there."""

from collections.abc import Callable
from time import time
from typing import Any, Protocol

import httpx

from shared.contract.codes import Purpose
from shared.kernel.errors import Unavailable
from shared.kernel.settings import Settings
from shared.observability.tracing import current_traceparent

_RETRY_SECONDS = "5"


class PeerAway(Exception):
    """The neighbour (or the token issuer) does not answer; what needed it waits."""


class PeerRefused(Exception):
    """The neighbour answered, and not with what was asked for; `status` is its answer."""

    def __init__(self, service: str, status: int) -> None:
        super().__init__(f"{service} answered {status}")
        self.status = status


class ServiceAway(Unavailable):
    """One of the services does not answer, and what it alone has would be missing."""

    def __init__(self, service: str, missing: str) -> None:
        super().__init__(
            f"The {service} service does not answer, and {missing} would be missing: ask again with the same cursor.",
            headers={"retry-after": _RETRY_SECONDS},
        )


class TokenSource(Protocol):
    async def token(self) -> str:
        """A valid access token of this service; PeerAway when none can be had."""

    def forget(self) -> None:
        """The token was refused although its time is not up; the next one is new."""


class LocalTokens:
    """Tokens made in this process by the development issuer."""

    def __init__(self, make: Callable[[], str]) -> None:
        self._make = make

    async def token(self) -> str:
        return self._make()

    def forget(self) -> None:
        pass


class CallersToken:
    """The token of who is asking, as it came."""

    def __init__(self, token: str) -> None:
        self._token = token

    async def token(self) -> str:
        return self._token

    def forget(self) -> None:
        pass


class IssuedTokens:
    """Tokens from the issuer's token endpoint, by client credentials, kept until shortly before they end."""

    def __init__(self, client: httpx.AsyncClient, url: str, *, client_id: str, secret: str) -> None:
        self._client = client
        self._url = url
        self._credentials = (client_id, secret)
        self._token = ""
        self._good_until = 0.0

    async def token(self) -> str:
        if time() >= self._good_until:
            try:
                answer = await self._client.post(
                    self._url, data={"grant_type": "client_credentials"}, auth=self._credentials
                )
                granted = answer.raise_for_status().json()
                token, lifetime = str(granted["access_token"]), float(granted.get("expires_in", 60))
            except httpx.HTTPStatusError as error:
                raise PeerAway(
                    f"The token issuer refuses {self._credentials[0]} (HTTP {error.response.status_code})."
                ) from None
            except (httpx.HTTPError, ValueError, KeyError, TypeError, AttributeError) as error:
                raise PeerAway(
                    f"No token from the issuer for {self._credentials[0]} ({type(error).__name__})."
                ) from None
            self._token = token
            self._good_until = time() + lifetime - 30
        return self._token

    def forget(self) -> None:
        self._good_until = 0.0


class Peers:
    """The other services: in this process through `app`, or at the addresses the settings name."""

    def __init__(self, settings: Settings, tokens: TokenSource, client: httpx.AsyncClient) -> None:
        self._settings = settings
        self._tokens = tokens
        self._client = client

    def for_caller(self, token: str) -> "Peers":
        """The other services, as who asks us would ask them: they judge it by its own token, and write it down."""
        return Peers(self._settings, CallersToken(token), self._client)

    async def get(
        self, service: str, path: str, *, purpose: Purpose | None = None, **asked: str | int | None
    ) -> dict[str, Any]:
        """The JSON at this path of the service, for what is asked in the query. PeerAway when it does not answer, or with 5xx,
        429, or 401 (as after a change of keys); PeerRefused for any other status."""
        base = self._settings.service_urls.get(service, self._settings.origin)
        headers = {"authorization": f"Bearer {await self._tokens.token()}"}
        if traceparent := current_traceparent():
            headers["traceparent"] = traceparent
        try:
            query = {name: value for name, value in {"purpose": purpose, **asked}.items() if value is not None}
            answer = await self._client.get(base + path, params=query or None, headers=headers)
        except httpx.HTTPError as error:
            raise PeerAway(f"{service} does not answer ({type(error).__name__}).") from None
        if answer.status_code == 401:
            # The issuer may have changed its keys. That is nothing an event should become a dead letter for.
            self._tokens.forget()
        if answer.status_code >= 500 or answer.status_code in (401, 429):
            raise PeerAway(f"{service} answered {answer.status_code}.")
        if answer.status_code != 200:
            raise PeerRefused(service, answer.status_code)
        found: dict[str, Any] = answer.json()
        return found
