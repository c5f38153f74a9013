"""What is added to Havn for development alone: the issuer that gives anyone any identity, and the clock that can be set.

Whoever starts Havn makes a `Development` and hands it in (`havn up` does, the tests do); nothing that production starts
imports this room."""

from collections.abc import Awaitable, Callable, Mapping

from fastapi import FastAPI
from starlette.types import ASGIApp

from shared.contract.organisations import OrganisationKind
from shared.dev.clock import DevelopmentClock, clock_router
from shared.dev.issuer import DevIssuer
from shared.http.wire import speaks_http
from shared.kernel.settings import Settings


class Development:
    """The issuer at `/oidc` for these organisations, and the clock at `/dev/clock`; DevelopmentOnly in production."""

    def __init__(self, settings: Settings, organisations: Mapping[str, OrganisationKind]) -> None:
        self.issuer = DevIssuer(f"{settings.origin}/oidc", organisations, environment=settings.env)
        self.clock = DevelopmentClock()
        self.trusted = self.issuer.trusted
        self.keys = self.issuer.keys

    def service_token(self, client_id: str) -> str:
        """The token that one of Havn's services shows to the others."""
        return self.issuer.service_token(client_id)

    def pages(self, *, do_what_is_due: Callable[[], Awaitable[None]]) -> Mapping[str, ASGIApp]:
        """Web applications by the first part of the paths that they answer."""
        app = FastAPI(title="Havn development", openapi_url=None)
        speaks_http(app, service="development")
        app.include_router(self.issuer.router)
        app.include_router(clock_router(self.clock, do_what_is_due=do_what_is_due))
        return {"oidc": app, "dev": app}
