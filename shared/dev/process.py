"""python -m shared.dev.process: the development issuer as a process of its own, for services that run apart.

It listens at HAVN_HOST and HAVN_PORT, calls itself HAVN_PUBLIC_ORIGIN/oidc, and keeps nothing: its key is made at every
start. The services trust it through HAVN_ISSUERS (`trusted_issuers` writes the entry) and HAVN_TOKEN_URL.
"""

import json
import sys

import uvloop
from fastapi import FastAPI

from shared.contract.organisations import EVERY_PARTNER, HAVN
from shared.dev.issuer import LIFETIME_SECONDS, DevelopmentOnly, DevIssuer
from shared.http.wire import speaks_http
from shared.kernel.settings import LOOPBACK_NAMES, Settings, SettingsInvalid, host_of, read_settings
from shared.observability.logs import configure_logging, log
from shared.runtime.platform import ConfigurationRefused, certificate_of, check_exposure
from shared.runtime.serving import PortTaken, serve, take_port


def issuer_app(settings: Settings) -> FastAPI:
    """The issuer's web application, at `/oidc`. DevelopmentOnly in production."""
    app = FastAPI(title="Havn development issuer", openapi_url=None)
    app.include_router(DevIssuer(f"{settings.origin}/oidc", environment=settings.env).router)
    return speaks_http(app, service="issuer")


def trusted_issuers(origin: str) -> str:
    """What a file named by HAVN_ISSUERS holds for services that trust the development issuer at this origin."""
    issuer = {
        "issuer": f"{origin}/oidc",
        "jwks_uri": f"{origin}/oidc/jwks",
        "organisations": [*EVERY_PARTNER, HAVN],
        "max_lifetime_seconds": LIFETIME_SECONDS,
    }
    return json.dumps([issuer], indent=2) + "\n"


async def run_issuer(settings: Settings) -> None:
    """Answer until SIGINT or SIGTERM."""
    check_exposure(settings)
    app = issuer_app(settings)
    # By the name that the services know, and by that of the machine on which a developer asks for tokens.
    hosts = {host_of(origin) for origin in settings.origins} | LOOPBACK_NAMES
    certificate = certificate_of(settings)
    with take_port(settings) as listener:
        await serve(
            app, settings, listener, ready=lambda: log.info("issuer ready"), certificate=certificate, hosts=hosts
        )


def main() -> None:
    try:
        settings = read_settings()
        configure_logging(settings.env)
        uvloop.run(run_issuer(settings))
    except (ConfigurationRefused, DevelopmentOnly, PortTaken, SettingsInvalid) as refusal:
        sys.exit(str(refusal))


if __name__ == "__main__":
    main()
