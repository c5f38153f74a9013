"""What the services of one process stand on: keys, clock, who is trusted, the bus, the neighbours."""

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

import httpx
from starlette.types import ASGIApp

from shared.alerts.channels import Channel, ChannelInvalid, channels_of
from shared.data.database import runtime_password
from shared.data.keys import KeyRing, key_provider
from shared.files.scanning import Scanner
from shared.http.paging import Cursors
from shared.http.peers import IssuedTokens, LocalTokens, Peers, TokenSource
from shared.identity.issuer_keys import KeySource, RemoteKeys
from shared.identity.tokens import TokenVerifier, TrustedIssuer
from shared.kernel.clock import Clock, SystemClock
from shared.kernel.settings import LOOPBACK, Settings
from shared.messaging.in_process import InProcessBus
from shared.messaging.kafka import KafkaBus
from shared.messaging.messages import Bus

NEIGHBOUR_SECONDS = 5.0
SERVICE_CLIENT_SECRET = "dev"  # noqa: S105  (the development issuer's; production configures its own)


class ConfigurationRefused(Exception):
    """Havn cannot run as it is configured; the sentence says what to set."""


class Development(Protocol):
    """What a developer's Havn has besides, handed in by who starts it (`shared/dev/development.py`). Production has none."""

    @property
    def clock(self) -> Clock: ...

    @property
    def trusted(self) -> TrustedIssuer: ...

    @property
    def keys(self) -> KeySource: ...

    def service_token(self, client_id: str) -> str: ...

    def pages(self, *, do_what_is_due: Callable[[], Awaitable[None]]) -> Mapping[str, ASGIApp]: ...


@dataclass(frozen=True, slots=True)
class Platform:
    """Everything that is the same for all services of this process."""

    settings: Settings
    server_url: str
    ring: KeyRing
    clock: Clock
    verifier: TokenVerifier
    bus: Bus
    neighbours: httpx.AsyncClient
    development: Development | None
    cursors: Cursors
    runtime_password: str
    scanner: Scanner
    alert_channels: tuple[Channel, ...]

    def peers_of(self, service: str) -> Peers:
        """The other services, as this one asks them: as itself."""
        return Peers(self.settings, _tokens(self, f"havn-{service}"), self.neighbours)


def make_platform(
    settings: Settings,
    *,
    server_url: str,
    client_id: str,
    transport: httpx.AsyncBaseTransport | None = None,
    development: Development | None = None,
    bus: Bus | None = None,
) -> Platform:
    """A platform from the settings, with a developer's clock and issuer where they are handed in; `transport` reaches neighbours
    in this process instead of over the network. Raises ConfigurationRefused."""
    verifier = TokenVerifier(_trusted(settings, development))
    if development is None and settings.token_url is None:
        raise ConfigurationRefused("Set HAVN_TOKEN_URL, where Havn's own services get their tokens.")
    ring = key_provider(settings).ring()
    return Platform(
        settings=settings,
        server_url=server_url,
        ring=ring,
        clock=development.clock if development else SystemClock(),
        verifier=verifier,
        bus=bus or (KafkaBus(settings.kafka, client_id) if settings.kafka else InProcessBus()),
        neighbours=httpx.AsyncClient(transport=transport, timeout=NEIGHBOUR_SECONDS, trust_env=False),
        development=development,
        cursors=Cursors(ring.derived("cursors")),
        runtime_password=runtime_password(settings, ring),
        scanner=Scanner(settings.clamd),
        alert_channels=_alert_channels(settings),
    )


def check_configuration(settings: Settings, development: Development | None = None) -> None:
    """Refuse settings that no platform can be made from, before anything is made. Raises ConfigurationRefused, and
    MasterKeyMissing for a key that was given; one in a file is made the first time."""
    _alert_channels(settings)
    _trusted(settings, development)
    if settings.master_key or settings.master_key_command:
        key_provider(settings).ring()


def _alert_channels(settings: Settings) -> tuple[Channel, ...]:
    try:
        return channels_of(settings.alerts.get_secret_value())
    except ChannelInvalid as error:
        raise ConfigurationRefused(f"HAVN_ALERTS: {error}") from None


def _trusted(settings: Settings, development: Development | None) -> dict[TrustedIssuer, KeySource]:
    trusted: dict[TrustedIssuer, KeySource] = {}
    if development:
        trusted[development.trusted] = development.keys
    if settings.issuers:
        try:
            configured = [TrustedIssuer.model_validate(entry) for entry in json.loads(settings.issuers.read_text())]
        except (OSError, ValueError, TypeError) as error:
            raise ConfigurationRefused(
                f"HAVN_ISSUERS={settings.issuers} is not a readable list of issuers ({type(error).__name__})."
            ) from None
        plain = LOOPBACK | settings.plain_http_hosts
        trusted |= {issuer: RemoteKeys(issuer.jwks_uri, plain_http_hosts=plain) for issuer in configured}
    if not trusted:
        raise ConfigurationRefused("No token issuer is trusted: set HAVN_ISSUERS to a file that lists them.")
    return trusted


def _tokens(platform: Platform, client_id: str) -> TokenSource:
    settings, development = platform.settings, platform.development
    if development:
        return LocalTokens(lambda: development.service_token(client_id))
    secret = settings.service_client_secret
    return IssuedTokens(
        platform.neighbours,
        str(settings.token_url),
        client_id=client_id,
        secret=secret.get_secret_value() if secret else SERVICE_CLIENT_SECRET,
    )
